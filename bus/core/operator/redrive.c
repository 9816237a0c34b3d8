/* redrive.c - the way back of a dead letter: into its queue once more, as a record with who asked for it and why.
 * It joins the queue when that record is durable, like any message.
 * See redrive.h. */
#include "redrive.h"

#include "awaiting.h"
#include "core_emit.h"
#include "destination.h"

int redrive(struct core *core, struct destination *destination, struct dead_letter *letter, struct bytes operator_id,
            struct bytes reason)
{
    struct record_fate fate = {.message = letter->sequence,
                               .system = bytes_string(destination->system),
                               .operator_id = operator_id,
                               .reason = reason,
                               .lane = letter->lane,
                               .generation = letter->generation + 1};
    buffer_clear(&core->scratch);
    record_fate_encode(&fate, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    uint64_t sequence = core_append(core, RECORD_REDRIVEN, buffer_view(&core->scratch), false);
    struct awaiting *awaiting =
        awaiting_message(core, sequence, letter->size_bytes, 1); /* lists keep the journal's order */
    if (awaiting == NULL || destination_set_generation(destination, letter->sequence, letter->generation + 1) < 0)
        return TRUC_E_MEMORY;
    awaiting->sequence = letter->sequence;
    awaiting->generation = (letter->generation + 1) & 0xff;
    awaiting_add(awaiting, &(struct awaiting_destination){.destination = destination, .lane = letter->lane});
    dead_letter_remove(destination, letter);
    return 0;
}
