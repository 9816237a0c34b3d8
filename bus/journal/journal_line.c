/* journal_line.c - takes the journal's small texts apart: lines, words, whole numbers. Strict: one form of each.
 * Not YAML, JSON or anything that people write.
 * Under the format file, checkpoints and their history. */
#include "journal_private.h"

bool line_take(struct bytes *text, struct bytes *ret_line)
{
    const uint8_t *end = text->size > 0 ? memchr(text->data, '\n', text->size) : NULL;
    if (end == NULL)
        return false;
    size_t size = (size_t)(end - text->data);
    *ret_line = bytes_of(text->data, size);
    *text = bytes_of(end + 1, text->size - size - 1);
    return true;
}

bool word_take(struct bytes *line, struct bytes *ret_word)
{
    const uint8_t *end = line->size > 0 ? memchr(line->data, ' ', line->size) : NULL;
    if (end == NULL)
        return false;
    size_t size = (size_t)(end - line->data);
    *ret_word = bytes_of(line->data, size);
    *line = bytes_of(end + 1, line->size - size - 1);
    return true;
}

bool decimal_read(struct bytes text, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text.size == 0 || text.size > 19 || (text.data[0] == '0' && text.size > 1))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret_value = value;
    return true;
}
