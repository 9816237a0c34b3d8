/* queue_show.h - what waits for one system, message by message as far as one looks at it, and since when the oldest does.
 * No contents and no subjects: positions, states, times. When a message was accepted stands in its record alone, so the answer
 * comes after a look into the journal.
 * Begun by operate.c, ended by core.c. */
#ifndef TRUC_QUEUE_SHOW_H
#define TRUC_QUEUE_SHOW_H

#include "core_state.h"

enum { QUEUE_SHOW_ITEMS_MAX = 20 /* of each kind; the numbers count all */ };

/* NOT_FOUND: nothing is delivered to such a system. */
int queue_show_ask(struct core *core, const struct client *session, uint64_t number, struct bytes system,
                   struct truc_fault *fault);
int queue_show_done(struct core *core, const struct core_look *look, uint64_t time_ns); /* MEMORY */

#endif
