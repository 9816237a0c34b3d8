/* explain.h - every step of one matter's clock, its end and verdict by each rule, and what was said about it.
 * For the officer who asks "why is this one late?"; it decides nothing.
 * In the flow: store -> dossier_clock's trace -> text for people. */
#ifndef DEADLINES_EXPLAIN_H
#define DEADLINES_EXPLAIN_H

#include "buffer.h"
#include "deadlines_load.h"
#include "store.h"

/* A dossier by its code, or a document's task by document and unit. TRUC_E_NOT_FOUND. */
int explain(struct store *store, const struct deadlines_book *book, const char *code, uint64_t now_ns,
            struct buffer *out, struct truc_fault *fault);

#endif
