/* yaml_edit.h - changes the text of a YAML file where its reader says that a node stands.
 * Not: what may be changed (system_edit.h, system_edit_end.c), which is read again afterwards.
 * In the flow: content and nodes → here → content. */
#ifndef TRUC_YAML_EDIT_H
#define TRUC_YAML_EDIT_H

#include "buffer.h"
#include "yaml_document.h"

/* Where a line and column (both from 1, columns in characters) begin. */
size_t yaml_edit_offset(struct bytes content, uint32_t line, uint32_t column);
/* Where a text that stands on one line begins, and where what is behind it does. */
size_t yaml_edit_begin(struct bytes content, const struct yaml_node *node);
size_t yaml_edit_end(struct bytes content, const struct yaml_node *text);
/* The begin of the next line. */
size_t yaml_edit_line_end(struct bytes content, size_t at);
/* Appends the content with `text` in place of the `size` bytes at `at`. */
void yaml_edit_put(struct buffer *out, struct bytes content, size_t at, size_t size, struct bytes text);

#endif
