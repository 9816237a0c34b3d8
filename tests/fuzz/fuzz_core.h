/* fuzz_core.h - a small broker with something of everything in it, for targets that go on from there.
 * Not the broker's tests: those are in tests/unit/core, whose driver this uses.
 * Under the targets snapshot and operator. */
#ifndef TRUC_FUZZ_CORE_H
#define TRUC_FUZZ_CORE_H

#include "core_driver.h"

#include "fuzz.h"

/* Made once and stopped cleanly: dead letters, messages that wait, are timed or settled out of order, a paused queue, two requests of
 * which one is open, ids on disk. Not to be changed: copy it. */
const struct driver *fuzz_core(void);
/* The same broker over a disk of its own, not started; ended with fuzz_core_end. It keeps pointers into itself. */
void fuzz_core_copy(struct driver *ret_driver);
void fuzz_core_end(struct driver *driver);

#endif
