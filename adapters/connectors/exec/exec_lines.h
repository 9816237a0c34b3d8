/* exec_lines.h - a stream of bytes cut into lines of a bounded length.
 * Knows nothing of what the lines say and reads from no file.
 * In the flow: what a pipe gave -> this -> one line at a time. */
#ifndef TRUC_EXEC_LINES_H
#define TRUC_EXEC_LINES_H

#include "buffer.h"
#include <truc/error.h>

struct exec_lines {
    struct buffer buffer;
    size_t line_bytes_max; /* without the line's end */
    size_t start;          /* of the line to come */
    size_t searched;       /* no line's end before this */
    bool skips;            /* the end of a line that was too long is still to come */
};

void exec_lines_free(struct exec_lines *lines);
/* TRUC_E_MEMORY. */
int exec_lines_add(struct exec_lines *lines, struct bytes data);
/* 1: a line, without its end, valid until the next call of exec_lines_add. 0: none yet. TRUC_E_TOO_LARGE: a line is longer
 * than allowed; ret_line is its beginning, the rest of it is left out. */
int exec_lines_next(struct exec_lines *lines, struct bytes *ret_line);
/* What there is of the line to come; it is taken. Empty when there is nothing. */
struct bytes exec_lines_rest(struct exec_lines *lines);

#endif
