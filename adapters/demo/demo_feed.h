/* demo_feed.h - what happens, as events for the view: from `truc tail` what the bus decided, from the sandbox's log what
 * its far sides were answered and when one is down. The newest are kept, refusals are counted by name.
 * Between demo_province.c's pipes and demo_view.c. */
#ifndef TRUC_DEMO_FEED_H
#define TRUC_DEMO_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <truc/error.h>

#include "buffer.h"

enum { FEED_KEPT = 64, FEED_TEXT_BYTES = 160, FEED_COUNTS_MAX = 32, FEED_NAME_BYTES = 40 };

enum feed_kind {
    FEED_MOVED,    /* the bus accepted a message */
    FEED_REFUSED,  /* the bus refused one */
    FEED_ANSWERED, /* an adapter answered its far side with an HTTP error */
    FEED_DOWN,     /* a far side went down, on purpose */
    FEED_UP,
};

struct feed_event {
    enum feed_kind kind;
    char clock[16]; /* 14:03:07.118 */
    char sender[FEED_NAME_BYTES], destinations[64], type[FEED_NAME_BYTES], subject[48];
    char code[FEED_NAME_BYTES]; /* NO_ROUTE; 403 SECRET */
    char text[FEED_TEXT_BYTES];
};

struct feed_count {
    char name[FEED_NAME_BYTES];
    uint64_t count;
};

struct feed_counts {
    struct feed_count all[FEED_COUNTS_MAX];
    size_t count;
};

struct feed {
    struct buffer bus_partial, far_partial;
    struct feed_event kept[FEED_KEPT];
    uint64_t seen; /* kept[(seen - 1) % FEED_KEPT] is the newest */
    struct feed_counts refused, answered;
    struct feed_counts down; /* far sides, with 1 while they are down */
};

/* Read what is there: 1 when something came, 0 when nothing, TRUC_E_DISCONNECTED at the end, TRUC_E_PROTOCOL on a line that
 * is no event. `truc tail --output json`, and `truc-sandbox --log`. */
int feed_read_bus(struct feed *feed, int descriptor, struct truc_fault *fault);
int feed_read_far_sides(struct feed *feed, int descriptor, struct truc_fault *fault);
bool feed_is_down(const struct feed *feed, const char *system);
void feed_free(struct feed *feed);

#endif
