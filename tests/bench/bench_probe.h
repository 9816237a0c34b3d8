/* bench_probe.h - facts about the machine, and where the broker's time goes, from /proc.
 * Looks from outside: the broker runs as it always does.
 * Used by bench_run.c and bench_table.c. */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stdint.h>
#include <truc/error.h>

#include "bench_tree.h"

/* fdatasync after 4 KiB, in the broker's own directory. */
struct bench_sync {
    double p50_us, p99_us;
};

struct bench_machine {
    char cpu[96], kernel[96], file_system[32];
    long cores;
    double load;                /* of the last minute, before anything was measured */
    struct bench_sync appended; /* in a file that grows */
    struct bench_sync filled;   /* in one that was filled with zeros before, as the journal's segments are */
};

/* `directory` gets a file for a moment. */
int bench_machine_probe(const char *directory, struct bench_machine *ret_machine, struct truc_fault *fault);

/* What the broker's main thread was doing, by looking every few milliseconds. */
struct bench_looks {
    uint64_t running, syncing, waiting; /* looks */
    uint64_t cpu_ns;                    /* of its processes since bench_looks_begin */
    struct bench_tree tree;
    uint64_t cpu_before_ns;
};

void bench_looks_begin(struct bench_looks *looks, const struct bench_tree *tree); /* looks at the first root */
void bench_look(struct bench_looks *looks);
void bench_looks_end(struct bench_looks *looks);
double bench_looks_share(uint64_t part,
                         const struct bench_looks *looks); /* percent of all looks; -1 when none succeeded */

#endif
