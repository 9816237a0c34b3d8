/* bench_shared.h - the page that truc-bench and its clients share: who is ready, when to begin, what each measured.
 * Shared memory, so that measuring costs the measured processes no system call. One writer a slot.
 * Made by bench_run.c, filled by bench_publish.c and bench_consume.c. */
#ifndef BENCH_SHARED_H
#define BENCH_SHARED_H

#include <stdatomic.h>
#include <stdint.h>
#include <truc/error.h>

enum { BENCH_WORKERS_MAX = 24, BENCH_SAMPLES_MAX = 300000 };

struct bench_tally {
    _Atomic uint64_t count;     /* acknowledged or answered; delivered */
    _Atomic uint64_t failed;    /* refused or without an answer */
    uint64_t first_ns, last_ns; /* monotonic: of its first and last message */
    uint32_t samples_count;
    uint64_t samples_ns[BENCH_SAMPLES_MAX];
};

struct bench_slot {
    _Atomic uint32_t ready; /* connected */
    uint64_t cpu_ns;        /* from the beginning to the end of the run */
    struct bench_tally sent, arrived;
};

/* Pages that nobody writes cost nothing. */
struct bench_shared {
    _Atomic uint64_t begin_ns; /* monotonic; 0: not yet */
    _Atomic uint32_t finish;   /* all that was sent has arrived: those who exchange may end */
    struct bench_slot slots[BENCH_WORKERS_MAX];
};

/* Makes it under a name of this process's own, all zero. */
int bench_shared_make(char ret_name[64], struct bench_shared **ret_shared, struct truc_fault *fault);
int bench_shared_open(const char *name, struct bench_shared **ret_shared, struct truc_fault *fault);
void bench_shared_forget(const char *name); /* the name; those who have it open keep it */
void bench_shared_close(struct bench_shared *shared);
/* One message more, which took `value_ns`; the time of those beyond BENCH_SAMPLES_MAX is left out. */
void bench_sample(struct bench_tally *tally, uint64_t now_ns, uint64_t value_ns);

#endif
