/* replay_pace.h - when each message of a replay is due: as far apart as they were accepted, or so many times less.
 * Not a clock: the time is brought, monotonic. Waiting is the caller's.
 * In the flow: journal replay, before each message. Pure. */
#ifndef TRUC_REPLAY_PACE_H
#define TRUC_REPLAY_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include <truc/error.h>

enum { REPLAY_TIMES_MAX = 100000, REPLAY_THOUSANDTHS = 1000 };

struct replay_pace {
    uint64_t thousandths; /* of a time faster than recorded: 1000 is as recorded; 0: as fast as it goes */
    bool is_begun;
    uint64_t first_ns, begun_up_ns; /* the first message's acceptance, and when it was replayed */
};

/* "recorded", "4x", "0.5x", "max". TRUC_E_ARGUMENT. */
int replay_pace_parse(const char *text, struct replay_pace *ret_pace, struct truc_fault *fault);
/* How long to wait before the message accepted at `accepted_ns` goes; 0: now. The first one never waits; what is late is not held back, and
 * what comes after it is not shifted. */
uint64_t replay_pace_wait_ns(struct replay_pace *pace, uint64_t accepted_ns, uint64_t now_up_ns);

#endif
