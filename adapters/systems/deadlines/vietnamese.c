/* vietnamese.c - see vietnamese.h.
 * Letters with marks are one character each in NFC, which is how this program writes them.
 * Pure text. */
#include "vietnamese.h"

#include "calendar.h"
#include "time_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void vietnamese_number(uint64_t number, char out[VIETNAMESE_BYTES])
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, number), at = 0;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            out[at++] = '.';
        out[at++] = digits[i];
    }
    out[at] = 0;
}

void vietnamese_share(uint64_t part, uint64_t whole, char out[VIETNAMESE_BYTES])
{
    enum { HUNDREDTHS = 10000 };
    if (whole == 0) {
        (void)snprintf(out, VIETNAMESE_BYTES, "không có");
        return;
    }
    uint64_t hundredths = part * HUNDREDTHS / whole;
    (void)snprintf(out, VIETNAMESE_BYTES, "%" PRIu64 ",%02" PRIu64 " %%", hundredths / 100, hundredths % 100);
}

void vietnamese_day(uint64_t time_ns, char out[VIETNAMESE_BYTES])
{
    char text[TIME_TEXT_BYTES]; /* 2026-11-23 14:03:07.118 +07:00 */
    if (time_ns == 0) {
        (void)snprintf(out, VIETNAMESE_BYTES, "không có");
        return;
    }
    time_format_full(time_ns, text);
    (void)snprintf(out, VIETNAMESE_BYTES, "%.2s/%.2s/%.4s", text + 8, text + 5, text);
}

void vietnamese_time(uint64_t time_ns, char out[VIETNAMESE_BYTES])
{
    char text[TIME_TEXT_BYTES], day[VIETNAMESE_BYTES];
    vietnamese_day(time_ns, day);
    time_format_full(time_ns, text);
    if (time_ns == 0)
        (void)snprintf(out, VIETNAMESE_BYTES, "%s", day);
    else
        (void)snprintf(out, VIETNAMESE_BYTES, "%.10s %.5s GMT+7", day, text + 11);
}

int vietnamese_parse_day(const char *text, uint64_t *ret_time_ns)
{
    enum { DAY_BYTES = 10 };
    char ordered[DAY_BYTES + 1];
    if (strlen(text) == DAY_BYTES && text[2] == '/' && text[5] == '/') {
        (void)snprintf(ordered, sizeof ordered, "%.4s-%.2s-%.2s", text + 6, text + 3, text);
        text = ordered;
    }
    return time_parse_date(bytes_string(text), CALENDAR_OFFSET_S / 60, ret_time_ns);
}

void vietnamese_working_span(uint64_t span_ns, char out[VIETNAMESE_BYTES])
{
    uint64_t minutes = span_ns / (60 * TIME_NS_PER_S), rest = minutes % 60;
    uint64_t days = minutes / 60 / 8, hours = minutes / 60 % 8;
    size_t size = 0;
    out[0] = 0;
    if (days)
        size += (size_t)snprintf(out + size, VIETNAMESE_BYTES - size, "%" PRIu64 " ngày ", days);
    if (hours)
        size += (size_t)snprintf(out + size, VIETNAMESE_BYTES - size, "%" PRIu64 " giờ ", hours);
    if (rest || size == 0)
        size += (size_t)snprintf(out + size, VIETNAMESE_BYTES - size, "%" PRIu64 " phút ", rest);
    out[size < VIETNAMESE_BYTES ? size - 1 : VIETNAMESE_BYTES - 1] = 0;
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static void fill(struct buffer *out, const char *text, size_t columns)
{
    for (size_t i = characters(text); i < columns; i++)
        buffer_append_byte(out, ' ');
}

void vietnamese_left(struct buffer *out, const char *text, size_t columns)
{
    buffer_append_string(out, text);
    fill(out, text, columns);
}

void vietnamese_right(struct buffer *out, const char *text, size_t columns)
{
    fill(out, text, columns);
    buffer_append_string(out, text);
}
