/* core_world.h - a small broker with something of everything in it, for tests and fuzz targets that go on from there.
 * Nothing is tested here. Made once a program, then copied.
 * Under the fuzz targets snapshot and operator, and test_every_byte_is_found_or_harmless. */
#ifndef TRUC_CORE_WORLD_H
#define TRUC_CORE_WORLD_H

#include "core_driver.h"

/* Made once and stopped cleanly: dead letters, messages that wait, are timed or settled out of order, a paused queue, two requests of
 * which one is open, ids on disk. Not to be changed: copy it. */
const struct driver *core_world(void);
/* The same broker over a disk of its own, not started; ended with core_world_end. It keeps pointers into itself. */
void core_world_copy(struct driver *ret_driver);
void core_world_end(struct driver *driver);

#endif
