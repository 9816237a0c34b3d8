/* demo_feed.h - the lines of `truc tail --output json`, read without blocking; the newest are kept for the view.
 * Counts all of them by outcome, so that the summary can name every refusal.
 * Between demo_province.c's pipe and demo_view.c. */
#ifndef TRUC_DEMO_FEED_H
#define TRUC_DEMO_FEED_H

#include <stddef.h>
#include <stdint.h>
#include <truc/error.h>

#include "buffer.h"

enum { FEED_KEPT = 12, FEED_TEXT_BYTES = 160, FEED_CODES_MAX = 32 };

struct feed_event {
    char clock[16]; /* 14:03:07.118 */
    char sender[32], destinations[64], type[40], subject[48], code[24], text[FEED_TEXT_BYTES];
};

struct feed_count {
    char code[24];
    uint64_t count;
};

struct feed {
    struct buffer partial; /* of a line */
    struct feed_event kept[FEED_KEPT];
    uint64_t seen; /* kept[(seen - 1) % FEED_KEPT] is the newest */
    struct feed_count codes[FEED_CODES_MAX];
    size_t codes_count;
};

/* Reads what is there: 1 when something new came, 0 when nothing, TRUC_E_DISCONNECTED at the end, TRUC_E_PROTOCOL on a line
 * that is no event. */
int feed_read(struct feed *feed, int descriptor, struct truc_fault *fault);
void feed_free(struct feed *feed);

#endif
