/* bench_tree.h - what a broker's processes use: its own and all they started, from /proc.
 * Not: what ended before it was looked at. RabbitMQ is several processes, the others one.
 * Used by bench_probe.c and bench_run.c. */
#ifndef BENCH_TREE_H
#define BENCH_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { BENCH_TREE_ROOTS = 2 };

struct bench_tree {
    pid_t roots[BENCH_TREE_ROOTS]; /* 0: none */
};

struct bench_tree_use {
    uint64_t cpu_ns;
    uint64_t resident_bytes; /* now */
    uint64_t peak_bytes;     /* the sum of each one's highest */
};

struct bench_tree_use bench_tree_measure(const struct bench_tree *tree);

#endif
