/* release.c - a record for each message that is released; it is queued when that is durable, so that lists keep the journal's order.
 * See release.h. */
#include "release.h"

#include "awaiting.h"
#include "core_emit.h"
#include "deliver.h"
#include "timed.h"

static int release(struct core *core, struct timed_message *timed)
{
    struct destination *destination = timed->destination;
    uint32_t lane;
    if (key_lanes_join(&destination->queue.key_lanes, timed->key_hash, timed->lane, &lane) < 0)
        return TRUC_E_MEMORY;
    struct record_fate record = {.message = timed->sequence, .system = bytes_string(destination->system), .lane = lane};
    buffer_clear(&core->scratch);
    record_fate_encode(&record, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    uint64_t sequence = core_append(core, RECORD_RELEASED, buffer_view(&core->scratch), false);
    struct awaiting *awaiting = awaiting_message(core, sequence, timed->size_bytes, 1);
    if (awaiting == NULL)
        return TRUC_E_MEMORY;
    awaiting->sequence = timed->sequence;
    awaiting_add(awaiting,
                 &(struct awaiting_destination){.destination = destination, .key_hash = timed->key_hash, .lane = lane});
    timed_forget(core, timed);
    return 0;
}

int release_due(struct core *core)
{
    int code = 0;
    while (code == 0 && timed_next_ns(core) <= core->now_ns)
        code = release(core, timed_first(core));
    return code;
}

int release_replay(struct core *core, struct destination *destination, uint64_t sequence, uint32_t lane)
{
    struct timed_message *timed = map_get_number(&destination->timed, sequence);
    if (timed == NULL || lane >= CORE_LANES)
        return TRUC_E_JOURNAL_CORRUPT;
    struct queue_entry entry = {.sequence = sequence, .key_hash = timed->key_hash, .size_bytes = timed->size_bytes};
    timed_forget(core, timed);
    int code = key_lanes_add(&destination->queue.key_lanes, entry.key_hash, lane);
    return code < 0 ? code : deliver_enqueue(core, destination, lane, &entry);
}
