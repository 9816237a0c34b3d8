/* followers.h - showing events to the sessions that follow (`truc tail`).
 * An event is encoded once, when it happens, and shown when it is durable.
 * Used by publish.c and awaiting.c. */
#ifndef TRUC_FOLLOWERS_H
#define TRUC_FOLLOWERS_H

#include "core_state.h"

/* Encodes an event: `destinations` names them with commas; `code` 0: accepted. */
void followers_describe(struct core *core, const struct header *header, struct bytes destinations, uint64_t sequence,
                        int code, struct bytes text, struct buffer *out);
void followers_show(struct core *core, struct bytes encoded_event);

#endif
