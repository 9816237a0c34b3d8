/* demo_view.h - what the demo shows: a live screen on a terminal, plain lines elsewhere, and the account at the end.
 * Only prints; what is true was decided by the broker's status and the sandbox's account.
 * Called by demo_main.c. */
#ifndef TRUC_DEMO_VIEW_H
#define TRUC_DEMO_VIEW_H

#include <jansson.h>

#include "demo_feed.h"

struct view {
    bool terminal;
    uint64_t shown; /* events printed, when not on a terminal */
    uint64_t accepted_before, time_before_ms;
    uint64_t rate; /* messages a second */
};

/* One picture; `status` is `truc status --output json`. */
void view_show(struct view *view, const json_t *status, const struct feed *feed, uint64_t running_ms);
/* Messages that wait in any queue. */
uint64_t view_waiting(const json_t *status);
/* The account: what was sent, what came of it, by name; returns how much is unaccounted for. */
uint64_t view_account(const json_t *status, const json_t *account, const struct feed *feed);

#endif
