/* fate.h - the ends a message can find at a destination besides being done.
 * The way back is redrive.c's.
 * Used by outgoing.c, settle.c, and core.c for time passing. */
#ifndef TRUC_FATE_H
#define TRUC_FATE_H

#include "core_state.h"

int fate_dead(struct core *core, struct destination *destination, struct core_queue_item *item, int code,
              struct bytes reason, struct bytes text);
/* A dead letter; for a request an answer to its asker instead. The text is the receiver's or the policy's. */
int fate_give_up(struct core *core, struct destination *destination, struct core_queue_item *item, int code,
                 struct bytes text);
int fate_expired(struct core *core, struct destination *destination, struct core_queue_item *item, int code);
/* Ends the requests whose deadline has passed: at their provider, and for their asker. */
int fate_tick(struct core *core);

/* An operator gives a dead letter up: frees it. MEMORY. */
int fate_discard(struct core *core, struct destination *destination, struct dead_letter *letter,
                 struct bytes operator_id, struct bytes reason);

#endif
