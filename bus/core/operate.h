/* operate.h - taking an operator's question.
 * Adding a verb is adding a row to operate.c's table.
 * Used by dispatch.c. */
#ifndef TRUC_OPERATE_H
#define TRUC_OPERATE_H

#include "core_state.h"

int operate_take(struct core *core, struct client *session, const struct command_ask *ask);

#endif
