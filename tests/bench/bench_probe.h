/* bench_probe.h - facts about the machine, and where the broker's time goes, from /proc.
 * Looks from outside: the broker runs as it always does.
 * Used by bench_run.c and bench_table.c. */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stdint.h>
#include <sys/types.h>
#include <truc/error.h>

struct bench_machine {
    char cpu[96], kernel[96], file_system[32];
    long cores;
    double load;                     /* of the last minute, before anything was measured */
    double sync_p50_us, sync_p99_us; /* fdatasync after appending 4 KiB, in the broker's own directory */
};

/* `directory` gets a file for a moment. */
int bench_machine_probe(const char *directory, struct bench_machine *ret_machine, struct truc_fault *fault);

/* What the broker's main thread was doing, by looking every few milliseconds. */
struct bench_looks {
    uint64_t running, syncing, waiting; /* looks */
    uint64_t cpu_ns;                    /* of the whole process since bench_looks_begin */
    pid_t pid;
    uint64_t cpu_before_ns;
};

void bench_looks_begin(struct bench_looks *looks, pid_t pid);
void bench_look(struct bench_looks *looks);
void bench_looks_end(struct bench_looks *looks);
double bench_looks_share(uint64_t part,
                         const struct bench_looks *looks); /* percent of all looks; -1 when none succeeded */

#endif
