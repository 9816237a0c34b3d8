/* failing_memory.h - the n-th allocation of a test's program fails, for tests that play a scene once for each of them.
 * The bus's own allocations (malloc, calloc, realloc, aligned_alloc, strdup, by the linker's --wrap); not those inside shared libraries.
 * Whoever links truc_failing_memory has it; nothing fails before failing_memory_arm(true). One thread. */
#ifndef TRUC_FAILING_MEMORY_H
#define TRUC_FAILING_MEMORY_H

#include <stdbool.h>

/* Counts from 0 again, and lets the n-th allocation (from 0) from now on fail. Not armed yet. */
void failing_memory_begin(unsigned n);
/* Only armed are allocations counted, and fail. Returns what it was. */
bool failing_memory_arm(bool is_armed);
/* Whether the scene was over before the n-th: then every allocation had its turn. */
bool failing_memory_is_over(void);
/* Counts one, as an allocation does: for what a test wraps besides. */
bool failing_memory_fails_now(void);

#endif
