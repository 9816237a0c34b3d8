/* operation.h - the record of what an operator did, and the answer that waits for it.
 * Not which verbs there are (operate.h).
 * Used by operate.c, and by the files of verbs that end later (reload.c, payload_show.c). */
#ifndef TRUC_OPERATION_H
#define TRUC_OPERATION_H

#include "core_state.h"

int operation_journal(struct core *core, const struct record_operation *record); /* MEMORY */
/* What was done is told only when it is on disk, as a sender is. */
int operation_answer(struct core *core, const struct client *session, uint64_t number, const struct truc_fault *fault,
                     struct bytes result);

#endif
