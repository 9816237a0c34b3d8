/* held.h - publishes held back while the broker is blocked.
 * Bounded by the sender's credit and CORE_HELD_FRAMES_MAX; past it the session ends.
 * Used by dispatch.c and core.c. */
#ifndef TRUC_HELD_H
#define TRUC_HELD_H

#include "core_state.h"

int held_add(struct core *core, struct client *session, struct bytes frame);
int held_release_all(struct core *core);

#endif
