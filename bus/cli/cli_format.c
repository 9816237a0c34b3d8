/* cli_format.c - see cli_format.h.
 * Not locale-dependent: numbers and dates read in two offices are the same in both, in every language. Times are GMT+7, which has no summer time.
 * Pure functions over the caller's memory. */
#include "cli_format.h"

#include "cli_words.h"
#include "journal_index.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

enum { PEOPLE_OFFSET_MINUTES = 7 * 60 };

const char *cli_format_count(uint64_t count, char out[CLI_NUMBER_BYTES])
{
    char plain[CLI_NUMBER_BYTES];
    int digits = snprintf(plain, sizeof plain, "%" PRIu64, count);
    char *to = out;
    for (int i = 0; i < digits; i++) {
        if (i > 0 && (digits - i) % 3 == 0)
            *to++ = '.';
        *to++ = plain[i];
    }
    *to = '\0';
    return out;
}

const char *cli_format_bytes(uint64_t size, char out[CLI_NUMBER_BYTES])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    uint64_t whole = size, tenths = 0;
    while (whole >= 1024) {
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit++;
    }
    if (unit == 0 || whole >= 100)
        snprintf(out, CLI_NUMBER_BYTES, "%" PRIu64 " %s", whole, units[unit]);
    else
        snprintf(out, CLI_NUMBER_BYTES, "%" PRIu64 ",%" PRIu64 " %s", whole, tenths, units[unit]);
    return out;
}

/* yyyyMMddHHmmss of that instant in GMT+7. */
static void digits_of(uint64_t time_ns, char digits[TIME_TEXT_BYTES])
{
    time_format_compact(time_ns, PEOPLE_OFFSET_MINUTES, digits);
}

const char *cli_format_time(uint64_t time_ns, char out[TIME_TEXT_BYTES])
{
    char at[TIME_TEXT_BYTES];
    if (time_ns == 0) {
        snprintf(out, TIME_TEXT_BYTES, "-");
        return out;
    }
    digits_of(time_ns, at);
    snprintf(out, TIME_TEXT_BYTES, "%.2s/%.2s/%.4s %.2s:%.2s GMT+7", at + 6, at + 4, at, at + 8, at + 10);
    return out;
}

const char *cli_format_moment(uint64_t time_ns, char out[TIME_TEXT_BYTES])
{
    char at[TIME_TEXT_BYTES];
    digits_of(time_ns, at);
    snprintf(out, TIME_TEXT_BYTES, "%.2s/%.2s/%.4s %.2s:%.2s:%.2s.%03u", at + 6, at + 4, at, at + 8, at + 10, at + 12,
             (unsigned)(time_ns / TIME_NS_PER_MS % 1000));
    return out;
}

const char *cli_format_clock(uint64_t time_ns, char out[TIME_TEXT_BYTES])
{
    char at[TIME_TEXT_BYTES];
    digits_of(time_ns, at);
    snprintf(out, TIME_TEXT_BYTES, "%.2s:%.2s:%.2s.%03u", at + 8, at + 10, at + 12,
             (unsigned)(time_ns / TIME_NS_PER_MS % 1000));
    return out;
}

const char *cli_format_uptime(uint64_t span_ns, char out[TIME_TEXT_BYTES])
{
    uint64_t seconds = span_ns / TIME_NS_PER_S, days = seconds / 86400;
    unsigned hour = (unsigned)(seconds / 3600 % 24), minute = (unsigned)(seconds / 60 % 60),
             second = (unsigned)(seconds % 60);
    if (days > 0)
        snprintf(out, TIME_TEXT_BYTES, _("%llud %02u:%02u:%02u"), (unsigned long long)days, hour, minute, second);
    else
        snprintf(out, TIME_TEXT_BYTES, "%02u:%02u:%02u", hour, minute, second);
    return out;
}

/* Bytes of the UTF-8 character at `at`, or 0 when there is none. */
static size_t character_size(struct bytes text, size_t at)
{
    for (size_t size = 1; size <= 4 && at + size <= text.size; size++)
        if (text_is_utf8(bytes_of(text.data + at, size)))
            return size;
    return 0;
}

void cli_append_safe(struct buffer *out, struct bytes from)
{
    BUFFER_CLEANUP struct buffer masked = {0};
    journal_index_mask(from, &masked);
    if (buffer_failed(&masked))
        out->failed = buffer_failed(&masked);
    struct bytes text = buffer_view(&masked);
    for (size_t at = 0; at < text.size;) {
        size_t size = character_size(text, at);
        struct bytes character = bytes_of(text.data + at, size);
        if (size == 0 || text_has_control(character))
            buffer_append_string(out, REPLACEMENT);
        else
            buffer_append_bytes(out, character);
        at += size ? size : 1;
    }
}

void cli_append_short(struct buffer *out, struct bytes text)
{
    enum { HASH_CHARACTERS_MIN = 32, SHOWN_CHARACTERS = 8 /* as much as logs show */ };
    static const char digits[] = "0123456789abcdef";
    BUFFER_CLEANUP struct buffer shortened = {0};
    for (size_t at = 0; at < text.size;) {
        size_t size = 0;
        while (at + size < text.size && memchr(digits, text.data[at + size], sizeof digits - 1))
            size++;
        bool is_hash = size >= HASH_CHARACTERS_MIN;
        size_t taken = size ? size : 1;
        buffer_append(&shortened, text.data + at, is_hash ? SHOWN_CHARACTERS : taken);
        buffer_append_string(&shortened, is_hash ? "…" : "");
        at += taken;
    }
    if (buffer_failed(&shortened))
        out->failed = buffer_failed(&shortened);
    cli_append_safe(out, buffer_view(&shortened));
}

/* Marks that stand on the character before them: U+0300..U+036F, as in Vietnamese text that is not NFC. */
static bool is_combining(const uint8_t *at)
{
    return at[0] == 0xcc || (at[0] == 0xcd && at[1] <= 0xaf);
}

size_t cli_text_width(struct bytes text)
{
    size_t width = 0;
    for (size_t at = 0; at < text.size; at++)
        if ((text.data[at] & 0xc0) != 0x80 && !(at + 1 < text.size && is_combining(text.data + at)))
            width++;
    return width;
}

void cli_append_padded(struct buffer *out, struct bytes text, size_t width)
{
    cli_append_safe(out, text);
    for (size_t used = cli_text_width(text); used < width; used++)
        buffer_append_byte(out, ' ');
}

int cli_text_print(struct buffer *text, FILE *out)
{
    const char *whole = buffer_string(text);
    if (whole == NULL)
        return TRUC_E_MEMORY;
    fputs(whole, out);
    return 0;
}
