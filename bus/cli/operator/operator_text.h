/* operator_text.h - the words for what a broker answers, the same wherever they are shown.
 * Not: tables or JSON.
 * Used by status, queue list, queue show and top. */
#ifndef TRUC_OPERATOR_TEXT_H
#define TRUC_OPERATOR_TEXT_H

#include "buffer.h"
#include "operator_answer.h"

/* Appends "connected", "away 8 s", "away 3 h". */
/* "paused, away 8 s"; "removed, …": it is no system of the configuration any more. */
void operator_queue_state(const struct operator_queue *queue, struct buffer *out);
/* Appends a line or two: who paused it, since when, why, and how to end that; or why the broker did. Nothing when it is not
 * paused. */
void operator_queue_pause(const struct operator_queue *queue, struct buffer *out);

#endif
