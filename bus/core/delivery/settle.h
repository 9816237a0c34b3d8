/* settle.h - taking a receiver's receipt.
 * docs/protocol.md, "Settling".
 * Used by dispatch.c. */
#ifndef TRUC_SETTLE_H
#define TRUC_SETTLE_H

#include "core_state.h"

int settle_take(struct core *core, struct client *session, const struct command_settle *settle);

#endif
