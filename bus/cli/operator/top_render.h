/* top_render.h - a screen of `truc top` as lines of text.
 * Not: a terminal (top_terminal.h). A pure function: the same model and view give the same lines.
 * In the flow: cmd_top draws what it gives, or prints it where there is no terminal. */
#ifndef TRUC_TOP_RENDER_H
#define TRUC_TOP_RENDER_H

#include "top_model.h"

enum { TOP_ENDLESS = 100000 }; /* rows and columns of a pipe */

enum top_sort { TOP_BY_TROUBLE, TOP_BY_SYSTEM, TOP_BY_QUEUED, TOP_BY_RATE, TOP_BY_DEAD };

struct top_view {
    size_t columns, rows;
    enum top_sort sort;
    size_t first;  /* queues scrolled past */
    bool has_keys; /* a terminal: the last line says which keys there are */
};

/* Appends at most view->rows lines of at most view->columns characters, each ended by '\n'. */
void top_render(const struct top_model *model, const struct top_view *view, struct buffer *out);
/* The largest `first` that still fills the screen. */
size_t top_first_max(const struct top_model *model, const struct top_view *view);

#endif
