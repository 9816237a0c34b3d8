/* connector_mask.c - see connector_mask.h.
 * Digits are ASCII: that is how numbers are stored and printed.
 * In the flow: pure. */
#include "connector_mask.h"

#include "text.h"

enum { OLD_NUMBER_DIGITS = 9, NUMBER_DIGITS = 12, SHOWN_DIGITS = 3 };

static size_t digits_at(struct bytes text, size_t at)
{
    size_t end = at;
    while (end < text.size && text.data[end] >= '0' && text.data[end] <= '9')
        end++;
    return end - at;
}

/* The size of the character at @at, 0 when it is none. */
static size_t character_at(struct bytes text, size_t at)
{
    for (size_t size = 1; size <= 4 && at + size <= text.size; size++) {
        if (text_is_utf8(bytes_of(text.data + at, size)))
            return size;
    }
    return 0;
}

void connector_mask_append(struct buffer *out, struct bytes text)
{
    for (size_t at = 0; at < text.size;) {
        size_t digits = digits_at(text, at), size = digits ? digits : character_at(text, at);
        struct bytes part = bytes_of(text.data + at, size);
        at += size ? size : 1;
        if (digits == OLD_NUMBER_DIGITS || digits == NUMBER_DIGITS) {
            buffer_append_string(out, "…");
            buffer_append(out, part.data + digits - SHOWN_DIGITS, SHOWN_DIGITS);
        } else if (size == 0) {
            buffer_append_string(out, "\xef\xbf\xbd");
        } else if (text_has_control(part)) {
            buffer_append_byte(out, ' ');
        } else {
            buffer_append_bytes(out, part);
        }
    }
}
