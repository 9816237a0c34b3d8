/* bench_run.h - one measurement: fresh adapters on the running broker, and what they and /proc say about it.
 * Every number is measured; nothing is carried over from run to run but the journal, which grows as it does in life.
 * Called by bench_main.c, printed by bench_table.c. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "bench_probe.h"
#include "bench_worker.h"
#include "kit_bus.h"

struct bench_plan {
    const char *name;
    enum bench_way way;
    uint32_t size_bytes;
    uint32_t count;    /* of all senders together */
    uint32_t rate;     /* a second, all senders together */
    uint32_t window;   /* a sender */
    uint32_t keys;     /* a sender */
    const char *inbox; /* the receiver's; NULL: the file of its settings */
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

int bench_run(struct kit_bus *bus, const struct bench_plan *plan, struct bench_result *ret_result,
              struct truc_fault *fault);

#endif
