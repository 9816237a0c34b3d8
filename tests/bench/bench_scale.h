/* bench_scale.h - what a message costs the broker when the configuration grows.
 * Not how fast messages can be: the same flood each time, on a bus of its own.
 * `truc-bench --scale`. */
#ifndef BENCH_SCALE_H
#define BENCH_SCALE_H

#include <stdbool.h>
#include <stdint.h>
#include <truc/error.h>

/* Runs all sizes, `rounds` times in turn, and prints one table of medians. */
int bench_scale(const char *directory, uint32_t rounds, bool quick, struct truc_fault *fault);

#endif
