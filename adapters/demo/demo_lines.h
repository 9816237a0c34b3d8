/* demo_lines.h - whole lines out of a child's pipe, read without blocking.
 * What is not yet a whole line is kept for the next time.
 * Used by demo_feed.c. */
#ifndef TRUC_DEMO_LINES_H
#define TRUC_DEMO_LINES_H

#include <stddef.h>
#include <truc/error.h>

#include "buffer.h"

/* Takes one line without its end; a negative result stops the reading. */
typedef int (*lines_taker)(void *context, const char *line, size_t size, struct truc_fault *fault);

/* Reads what is there into `partial` and hands out its lines: 1 when something came, 0 when nothing was there,
 * TRUC_E_DISCONNECTED at the end, else what the taker returned, or IO, MEMORY. */
int lines_read(struct buffer *partial, int descriptor, lines_taker take, void *context, struct truc_fault *fault);

#endif
