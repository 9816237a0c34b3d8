/* exec_lines.c - see exec_lines.h.
 * Each byte is looked at once, however slowly a long line comes.
 * In the flow: called by exec_process.c. */
#include "exec_lines.h"

void exec_lines_free(struct exec_lines *lines)
{
    buffer_free(&lines->buffer);
    lines->start = lines->searched = 0;
}

int exec_lines_add(struct exec_lines *lines, struct bytes data)
{
    struct buffer *buffer = &lines->buffer;
    if (lines->start) {
        memmove(buffer->data, buffer->data + lines->start, buffer->size - lines->start);
        buffer->size -= lines->start;
        lines->searched -= lines->start;
        lines->start = 0;
    }
    buffer_append_bytes(buffer, data);
    return buffer_failed(buffer) ? TRUC_E_MEMORY : 0;
}

/* The place of the next line's end; NULL when it is not there yet. */
static const uint8_t *find_end(struct exec_lines *lines)
{
    const struct buffer *buffer = &lines->buffer;
    size_t left = buffer->size - lines->searched;
    const uint8_t *end = left ? memchr(buffer->data + lines->searched, '\n', left) : NULL;
    lines->searched = end ? (size_t)(end - buffer->data) : buffer->size;
    return end;
}

static void skip(struct exec_lines *lines)
{
    bool has_end = find_end(lines) != NULL;
    lines->skips = !has_end;
    lines->start = lines->searched += has_end;
}

int exec_lines_next(struct exec_lines *lines, struct bytes *ret_line)
{
    if (lines->skips)
        skip(lines);
    bool has_end = find_end(lines) != NULL;
    struct bytes line = bytes_of(lines->buffer.data + lines->start, lines->searched - lines->start);
    bool is_too_long = line.size > lines->line_bytes_max;
    if (!has_end && !is_too_long)
        return 0;
    *ret_line = is_too_long ? bytes_of(line.data, lines->line_bytes_max) : line;
    lines->skips = is_too_long && !has_end;
    lines->start = lines->searched += has_end;
    return is_too_long ? TRUC_E_TOO_LARGE : 1;
}

struct bytes exec_lines_rest(struct exec_lines *lines)
{
    struct bytes rest = bytes_of(lines->buffer.data + lines->start, lines->buffer.size - lines->start);
    lines->start = lines->searched = lines->buffer.size;
    return rest;
}
