/* watch.h - the adapter at work: takes messages into the store, plans what has become due, publishes it, once.
 * Not a clock: the program says what time it is. Not the loop either (deadlines_run.c).
 * In the flow: bus -> store -> reminder_plan -> store -> bus. */
#ifndef DEADLINES_WATCH_H
#define DEADLINES_WATCH_H

#include "deadlines_load.h"
#include "store.h"

#include <truc/truc.h>

enum { WATCH_MATTERS_MAX = 64 }; /* planned in one go, so that the session's heartbeats are not kept waiting */

struct watch;

typedef uint64_t watch_clock(void *context); /* UTC nanoseconds */
typedef void watch_log(void *context, int level, const char *text);

struct watch_options {
    truc_adapter *bus;
    struct store *store;
    const struct deadlines_book *book;
    watch_clock *clock;
    watch_log *log;
    void *context; /* of clock and log */
};

/* Serves the message types; call before the first truc_step. Everything named in the options outlives the watch. */
int watch_open(const struct watch_options *options, struct watch **ret_watch, struct truc_fault *fault);
void watch_close(struct watch *watch); /* after truc_adapter_close; NULL is fine */

/* Plans and publishes what is due now. 0; or what ends the adapter: the store can't be written. */
int watch_work(struct watch *watch, struct truc_fault *fault);
/* When to call watch_work again, if nothing is delivered before; UINT64_MAX: then only. */
uint64_t watch_next(const struct watch *watch);

#endif
