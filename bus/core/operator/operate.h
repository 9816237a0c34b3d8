/* operate.h - taking an operator's question.
 * Adding a verb is adding a row to operate.c's table.
 * Used by dispatch.c. */
#ifndef TRUC_OPERATE_H
#define TRUC_OPERATE_H

#include "core_state.h"

int operate_take(struct core *core, struct client *session, const struct command_ask *ask);

/* ---- the table, for the test that walks over it: who may use which verb ---- */

enum operate_decision {
    OPERATE_UNDECIDED, /* a row that forgot a role: nobody may */
    OPERATE_MAY_NOT,
    OPERATE_MAY,
    OPERATE_MAY_OWN, /* as far as it concerns the systems that the asker looks after: scope.h */
};
/* The name of the n-th verb, NULL past the last. */
const char *operate_verb(size_t n);
enum operate_decision operate_decides(size_t n, enum policy_role role);

#endif
