/* log_bound.h - how many lines a minute something that strangers can cause may put into the log; the rest is counted.
 * Not the log itself: it says only whether a line may be written. Systems that are known are bounded by the core (guard.h).
 * Used by zap_handler.c and zmq_server.c. */
#ifndef TRUC_LOG_BOUND_H
#define TRUC_LOG_BOUND_H

#include <stdbool.h>
#include <stdint.h>

enum { LOG_BOUND_LINES_MAX = 10, LOG_BOUND_SPAN_S = 60 };

/* Start with {0}. */
struct log_bound {
    uint64_t start_up_ns;
    unsigned lines;
    uint64_t unwritten; /* since the last line */
};

/* Begins a new span when the present one is over: then how many were not written in it, to be said now. */
uint64_t log_bound_begin(struct log_bound *bound, uint64_t up_ns);
/* Whether one line more may be written; otherwise it is counted. */
bool log_bound_take(struct log_bound *bound);

#endif
