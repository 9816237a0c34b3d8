/* queue_status.h - one destination's numbers, as operators are told them (Queue in operator.proto).
 * Not its single messages (queue_show.h).
 * Part of the answers to status and queue-show. */
#ifndef TRUC_QUEUE_STATUS_H
#define TRUC_QUEUE_STATUS_H

#include "core_state.h"

void queue_status_put(const struct core *core, const struct destination *destination, uint32_t number,
                      struct buffer *out);

#endif
