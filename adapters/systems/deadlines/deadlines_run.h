/* deadlines_run.h - the adapter as a process: settings, store, session, signals, and a sleep that ends at the next due instant.
 * No logic of deadlines here (watch.h).
 * In the flow: deadlines_main -> this until SIGTERM. */
#ifndef DEADLINES_RUN_H
#define DEADLINES_RUN_H

#include "deadlines_load.h"

struct deadlines_run_options {
    const char *settings; /* of the SDK */
    const char *store;
    const char *where; /* file to write once the session is open; NULL: none */
};

uint64_t deadlines_clock(void *context); /* the wall clock, UTC nanoseconds */

/* Until SIGTERM or SIGINT, then until drained. 0, or what is wrong: TRUC_E_CONFIG for files. */
int deadlines_run(const struct deadlines_book *book, const struct deadlines_run_options *options,
                  struct truc_fault *fault);

#endif
