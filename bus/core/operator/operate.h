/* operate.h - taking an operator's question.
 * Adding a verb is adding a row to operate.c's table.
 * Used by dispatch.c, and by the files of verbs that end later (reload.c). */
#ifndef TRUC_OPERATE_H
#define TRUC_OPERATE_H

#include "core_state.h"

int operate_take(struct core *core, struct client *session, const struct command_ask *ask);

/* For verbs whose end comes later: MEMORY. */
int operate_journal(struct core *core, const struct record_operation *record);
/* What was changed is told only when it is on disk, as a sender is. */
int operate_answer_when_durable(struct core *core, const struct client *session, uint64_t number, struct bytes result);

#endif
