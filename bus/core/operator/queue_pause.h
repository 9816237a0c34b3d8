/* queue_pause.h - a destination that an operator has paused: what comes for it is accepted and waits, nothing is delivered.
 * Not the pauses that the broker makes by itself and ends by itself (deliver.c).
 * A function of the journal: of the operations that were done. Asked by operate.c, replayed by recovery.c, heeded by deliver.c. */
#ifndef TRUC_QUEUE_PAUSE_H
#define TRUC_QUEUE_PAUSE_H

#include "change.h"
#include "core_state.h"
#include "record.h"

/* NOT_FOUND: no such receiver; STATE: it is paused already, or not paused. The caller journals the operation. */
int queue_pause_begin(struct core *core, const struct change *change, struct bytes operator_id,
                      struct truc_fault *fault);
int queue_pause_end(struct core *core, const struct change *change, struct truc_fault *fault);
/* What a journaled operation means for that, if anything. JOURNAL_CORRUPT, MEMORY. */
int queue_pause_replay(struct core *core, uint64_t time_ns, const struct record_operation *operation);

#endif
