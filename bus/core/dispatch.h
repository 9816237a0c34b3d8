/* dispatch.h - frames.
 * Errors are fatal for the core; what is wrong with a frame ends its session, with the reason.
 * Used by core.c. */
#ifndef TRUC_DISPATCH_H
#define TRUC_DISPATCH_H

#include "core_state.h"

int dispatch_frame(struct core *core, uint64_t peer, const uint8_t *transport_key, struct bytes frame);

#endif
