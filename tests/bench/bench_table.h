/* bench_table.h - what was measured, as a plain table for people and as JSON for machines.
 * Only prints. Both hold the same numbers.
 * Last step of bench_main.c. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stddef.h>

#include "bench_run.h"

struct bench_start {
    uint64_t records; /* in the journal */
    double killed_ms; /* from starting to listening, after kill -9 */
    double clean_ms;  /* after SIGTERM */
};

struct bench_report {
    struct bench_machine machine;
    const struct bench_result *results;
    size_t results_count;
    struct bench_start start;
};

double bench_per_second(uint64_t count, double seconds); /* 0 when it took no time */
void bench_print_machine(const struct bench_machine *machine);
void bench_print(const struct bench_report *report);
int bench_write_json(const struct bench_report *report, const char *path, struct truc_fault *fault);

#endif
