/* journal_index_mask.c - identity numbers in texts that people see.
 * Not a search: it knows digits and nothing of messages.
 * For what the index takes in, what it is asked for, and what commands print. */
#include "journal_index.h"

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* The size of the hash written at `at`, or 0: 32 or more lower-case hexadecimal digits with a letter among them. One in
 * ten of SHA-256 has nine digits in a row, and is evidence. */
static size_t hash_size(struct bytes text, size_t at)
{
    enum { HASH_CHARACTERS_MIN = 32 };
    size_t end = at;
    bool letters = false;
    while (end < text.size && (is_digit(text.data[end]) || (text.data[end] >= 'a' && text.data[end] <= 'f')))
        letters |= !is_digit(text.data[end++]);
    return letters && end - at >= HASH_CHARACTERS_MIN ? end - at : 0;
}

void journal_index_mask(struct bytes text, struct buffer *out)
{
    enum { CITIZEN_DIGITS = 12, OLD_CARD_DIGITS = 9, SHOWN_DIGITS = 3 };
    for (size_t at = 0, hash; at < text.size;) {
        if ((hash = hash_size(text, at)) > 0) {
            buffer_append(out, text.data + at, hash);
            at += hash;
            continue;
        }
        size_t end = at;
        while (end < text.size && is_digit(text.data[end]))
            end++;
        size_t digits = end - at;
        if (digits == CITIZEN_DIGITS || digits == OLD_CARD_DIGITS) {
            for (size_t i = 0; i < digits - SHOWN_DIGITS; i++)
                buffer_append_byte(out, '*');
            buffer_append(out, text.data + end - SHOWN_DIGITS, SHOWN_DIGITS);
        } else if (digits > 0) {
            buffer_append(out, text.data + at, digits);
        } else {
            buffer_append_byte(out, text.data[end++]);
        }
        at = end;
    }
}
