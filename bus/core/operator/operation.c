/* operation.c - see operation.h.
 * One record, one answer; who may is decided before.
 * Below the verbs. */
#include "operation.h"

#include "awaiting.h"
#include "client.h"
#include "core_emit.h"

int operation_journal(struct core *core, const struct record_operation *record)
{
    buffer_clear(&core->scratch);
    record_operation_encode(record, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    core_append(core, RECORD_OPERATION, buffer_view(&core->scratch), false);
    return 0;
}

int operation_answer(struct core *core, const struct client *session, uint64_t number, const struct truc_fault *fault,
                     struct bytes result)
{
    struct command command = {.kind = COMMAND_ANSWER};
    client_fill_answer(&command, number, fault, result);
    return awaiting_frame(core, session, &command);
}

/* Names the role that lacks it, and those that have it. */
