/* isolation_run.h - one measurement of how 22 receivers are served while one of them is bad: a fresh bus, a paced sender to all, and
 * when each of the 21 others was handed each message. The bad one is never measured.
 * Not a promise (tests/unit/core/test_a_bad_one_harms_no_other.c is): how much of the machine one bad receiver takes.
 * Called by isolation_main.c. */
#ifndef ISOLATION_RUN_H
#define ISOLATION_RUN_H

#include <stdint.h>
#include <truc/error.h>

enum isolation_badness {
    ISOLATION_GOOD,
    ISOLATION_HUNG,      /* takes what its credit allows and settles nothing */
    ISOLATION_SLOW,      /* twenty a second */
    ISOLATION_REJECTING, /* everything */
    ISOLATION_CRASHING,  /* its process ends at the first message, and is started again */
    ISOLATION_BADNESSES
};

enum { ISOLATION_RECEIVERS = 22 };

struct isolation_plan {
    const char *directory; /* NULL: TMPDIR, /tmp */
    uint32_t rate;         /* messages a second, each to all */
    uint32_t count;
    enum isolation_badness badness;
};

struct isolation_result {
    double p50_ms, p99_ms;
    double broker_mib; /* most of its memory */
    uint64_t bad_taken, bad_lost;
};

int isolation_run(const struct isolation_plan *plan, struct isolation_result *ret_result, struct truc_fault *fault);
/* A receiver that ends at its first message; the program starts itself again as this. Exit status. */
int isolation_crash(const char *settings);

#endif
