/* bench_run.h - one measurement: fresh clients on the running broker, and what they and /proc say about it.
 * Every number is measured; nothing is carried over from run to run but what the broker keeps, which grows as it does in life.
 * Called by bench_main.c, bench_scale.c, bench_exchange.c and peers/, printed by their tables. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "bench_probe.h"
#include "bench_worker.h"

struct bench_plan {
    const char *name;
    enum bench_way way;
    uint32_t size_bytes;
    uint32_t count;    /* of all senders together */
    uint32_t rate;     /* a second, all senders together */
    uint32_t window;   /* a sender */
    uint32_t keys;     /* a sender */
    const char *inbox; /* the receiver's; NULL: the file of its settings */
    uint32_t systems;  /* of BENCH_EXCHANGE: so many, each sender and receiver */
};

struct bench_quantiles {
    double p50_ms, p99_ms, max_ms;
    uint64_t count;
};

struct bench_result {
    struct bench_plan plan;
    uint64_t acknowledged, delivered, failed;
    double acknowledged_s,
        delivered_s; /* from the common beginning to the last acknowledgement, the last settled delivery */
    struct bench_quantiles acknowledging,
        delivering; /* asking: round trip in the first, way to the provider in the second */
    double senders_cpu_s, receiver_cpu_s;
    struct bench_looks broker;
};

/* A fault, too, unless everything was accepted and has arrived. */
int bench_run(const struct bench_peer *peer, const struct bench_place *place, const struct bench_plan *plan,
              struct bench_result *ret_result, struct truc_fault *fault);
/* The name of a client's system: bench-a, bench-b, bench-c; exchanging, s-01 and so on. */
void bench_system_name(const struct bench_plan *plan, uint32_t slot, char out[32]);
struct bench_tree bench_place_tree(const struct bench_place *place);

enum { BENCH_SENDERS = 2, BENCH_RECEIVER = BENCH_SENDERS, BENCH_WORKERS = BENCH_SENDERS + 1, BENCH_SPREAD = 3 };

#endif
