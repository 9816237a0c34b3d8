/* held.h - publishes held back while the broker is blocked, or while the disk is asked whether an id is known.
 * Bounded by the sender's credit and CORE_HELD_FRAMES_MAX; past it the session ends.
 * Used by dispatch.c and core.c. */
#ifndef TRUC_HELD_H
#define TRUC_HELD_H

#include "core_state.h"

/* Takes it, or keeps it until it can be taken: nothing of a client overtakes what it sent before. */
int held_publish(struct core *core, struct client *session, const struct command_publish *publish, struct bytes frame);
int held_release(struct core *core, struct client *session);
int held_release_all(struct core *core);

#endif
