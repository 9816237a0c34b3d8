/* yaml_edit.c - see yaml_edit.h.
 * Lines and columns to bytes, and bytes in other bytes' place.
 * Used by what edits single keys of the configuration. */
#include "yaml_edit.h"

#include <string.h>

size_t yaml_edit_line_end(struct bytes content, size_t at)
{
    const uint8_t *end = at < content.size ? memchr(content.data + at, '\n', content.size - at) : NULL;
    return end ? (size_t)(end - content.data) + 1 : content.size;
}

size_t yaml_edit_offset(struct bytes content, uint32_t line, uint32_t column)
{
    size_t at = 0;
    for (uint32_t i = 1; i < line && at < content.size; i++)
        at = yaml_edit_line_end(content, at);
    for (uint32_t i = 1; i < column && at < content.size; i++)
        for (at++; at < content.size && (content.data[at] & 0xC0) == 0x80;)
            at++;
    return at;
}

size_t yaml_edit_begin(struct bytes content, const struct yaml_node *node)
{
    return yaml_edit_offset(content, node->line, node->column);
}

size_t yaml_edit_end(struct bytes content, const struct yaml_node *text)
{
    return yaml_edit_offset(content, text->line, text->column + text->width);
}

void yaml_edit_put(struct buffer *out, struct bytes content, size_t at, size_t size, struct bytes text)
{
    buffer_append_bytes(out, bytes_of(content.data, at));
    buffer_append_bytes(out, text);
    buffer_append_bytes(out, bytes_of(content.data + at + size, content.size - at - size));
}
