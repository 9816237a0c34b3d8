/* bench_options.h - what truc-bench and truc-bench-peers read from their arguments in the same way.
 * Nothing of a measurement.
 * Used by their main files. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { BENCH_ROUNDS = 3, BENCH_ROUNDS_MAX = 99, BENCH_MESSAGES_MIN = 2200, BENCH_MESSAGES_MAX = 1000000000 };

/* A whole decimal number between the two; false: it is none. */
bool bench_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret_number);
const char *bench_directory(void);                   /* TMPDIR, else /tmp */
double bench_median(double *values, uint32_t count); /* sorts them; 0 of none */

#endif
