/* recovery.c - the core's state as a function of the journal: record by record, from where a snapshot ends (snapshot.c).
 * Replay delivers nothing: it only completes the queues' lists on disk; their windows are loaded afterwards.
 * Called by bus/io/engine.c while the journal opens. */
#include "accept.h"
#include "blob_check.h"
#include "blob_keep.h"
#include "deliver.h"
#include "destination.h"
#include "fault.h"
#include "ids_spill.h"
#include "open_request.h"
#include "queue_pause.h"
#include "release.h"
#include "timed.h"

/* An accepted message, as its record has it. */
struct replayed {
    uint64_t sequence, time_ns;
    const struct header *header;
    uint32_t size_bytes;
};

static int replay_destination(struct core *core, const struct replayed *message, const struct record_destination *to)
{
    const struct header *header = message->header;
    uint64_t sequence = message->sequence;
    struct destination *destination = destination_get(core, to->system);
    if (destination == NULL)
        return TRUC_E_MEMORY;
    if (to->outcome)
        return 0; /* its dead letter follows as a record of its own; an observer has none */
    struct queue_entry entry = {
        .sequence = sequence, .key_hash = accept_key_hash(header, to->order), .size_bytes = message->size_bytes};
    if (to->lane >= CORE_LANES)
        return TRUC_E_JOURNAL_CORRUPT;
    if (header->not_before_ns > message->time_ns) {
        const struct timed_message timed = {.destination = destination,
                                            .sequence = sequence,
                                            .key_hash = entry.key_hash,
                                            .size_bytes = entry.size_bytes,
                                            .lane = to->lane};
        return timed_put(core, &timed, header->not_before_ns);
    }
    int code = key_lanes_add(&destination->queue.key_lanes, entry.key_hash, to->lane);
    return code < 0 ? code : deliver_enqueue(core, destination, to->lane, &entry);
}

/* Old ones are forgotten as they were then, so that a long journal does not write runs of no use. */
static int replay_id(struct core *core, const struct header *header, const struct sha256_digest *leaf,
                     uint64_t sequence, uint64_t time_ns)
{
    struct dedupe_id id = dedupe_id_of(header_sender(header), header->id);
    ids_forget(core, time_ns);
    return ids_add(core, &(struct id_entry){.key = id.key,
                                            .check = id.check,
                                            .content = load_le64(leaf->bytes),
                                            .sequence = sequence,
                                            .time_ns = time_ns});
}

static int replay_accepted(struct core *core, uint64_t sequence, uint64_t time_ns, struct bytes body,
                           struct truc_fault *fault)
{
    struct record_accepted accepted;
    struct record_destination destination = {0}, provider = {0};
    struct header header;
    size_t offset = 0;
    int code = record_accepted_decode(body, &accepted, fault);
    if (code == 0)
        code = header_decode(accepted.header, &header, fault);
    if (code < 0)
        return code;
    struct replayed message = {.sequence = sequence,
                               .time_ns = time_ns,
                               .header = &header,
                               .size_bytes =
                                   (uint32_t)(accepted.header.size + PROTOCOL_SALT_BYTES + accepted.payload_bytes)};
    while (code == 0 && record_destination_next(accepted.destinations, &offset, &destination) > 0) {
        if (!destination.observer)
            provider = destination;
        code = replay_destination(core, &message, &destination);
    }
    struct sha256_digest leaf = message_leaf(accepted.header);
    if (code == 0)
        code = replay_id(core, &header, &leaf, sequence, time_ns);
    if (code == 0)
        blobs_name(core, accepted.header, sequence);
    if (code == 0 && header.kind == HEADER_REQUEST)
        code = request_open(core, sequence, accepted.deadline_ns, header_sender(&header), provider.system, header.id,
                            header.type, provider.agreement);
    if (code == 0 && header.kind == HEADER_REPLY) {
        struct open_request *request = request_find(core, header.in_reply_to - 1);
        if (request)
            request_close(core, request);
    }
    return code;
}

/* How often a message was redriven to a destination: in the list of generations kept there. */
static uint32_t generation_of(const struct destination *destination, uint64_t sequence)
{
    return (uint32_t)((uintptr_t)map_get_number(&destination->generations, sequence) & 0xff);
}

static int settle_replayed(struct destination *destination, uint64_t sequence)
{
    int code = unseen_settle(&destination->queue.unseen, sequence, generation_of(destination, sequence));
    map_remove_number(&destination->generations, sequence);
    return code;
}

/* The open request that this system is to answer. An observer's end of its copy is not the request's. */
static struct open_request *request_at(const struct core *core, const struct destination *destination,
                                       uint64_t sequence)
{
    struct open_request *request = request_find(core, sequence);
    return request && strcmp(request->provider, destination->system) == 0 ? request : NULL;
}

static int replay_settlement(struct core *core, struct destination *destination, const struct settlement *settlement)
{
    if (settlement->outcome == SETTLED_RETRY)
        return unseen_note_failed(&destination->queue.unseen, settlement->sequence, core_bus_up_ns(core));
    struct open_request *request = request_at(core, destination, settlement->sequence);
    if (settlement->outcome == SETTLED_REJECT) {
        if (request == NULL)
            return 0; /* its dead letter follows; should that record be lost, the message is delivered again */
        request_close(core, request);
    }
    return settle_replayed(destination, settlement->sequence);
}

static int replay_settled(struct core *core, struct bytes body, struct truc_fault *fault)
{
    struct record_settled settled;
    struct settlement settlement;
    struct bytes encoded;
    size_t offset = 0;
    int code = record_settled_decode(body, &settled, fault);
    if (code < 0)
        return code;
    struct destination *destination = destination_get(core, settled.system);
    if (destination == NULL)
        return TRUC_E_MEMORY;
    while (code == 0 && record_settlement_next(settled.settlements, &offset, &encoded) > 0) {
        if (settlement_decode(encoded, &settlement) < 0)
            return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "a settlement is damaged");
        code = replay_settlement(core, destination, &settlement);
    }
    return code;
}

static int replay_redriven(struct core *core, struct destination *destination, const struct record_fate *fate)
{
    struct dead_letter *letter = dead_letter_find(destination, fate->message);
    if (letter == NULL)
        return TRUC_E_JOURNAL_CORRUPT;
    struct queue_entry entry = {
        .sequence = fate->message, .size_bytes = letter->size_bytes, .flags = fate->generation & 0xff};
    dead_letter_remove(destination, letter);
    if (fate->lane >= CORE_LANES)
        return TRUC_E_JOURNAL_CORRUPT;
    int code = destination_set_generation(destination, fate->message, fate->generation);
    return code < 0 ? code : deliver_enqueue(core, destination, fate->lane, &entry);
}

static int replay_discarded(struct destination *destination, const struct record_fate *fate)
{
    struct dead_letter *letter = dead_letter_find(destination, fate->message);
    if (letter == NULL)
        return TRUC_E_JOURNAL_CORRUPT;
    dead_letter_remove(destination, letter);
    return 0;
}

static int replay_fate(struct core *core, enum record_kind kind, uint64_t time_ns, struct bytes body,
                       struct truc_fault *fault)
{
    struct record_fate fate;
    int code = record_fate_decode(body, &fate, fault);
    if (code < 0)
        return code;
    struct destination *destination = destination_get(core, fate.system);
    if (destination == NULL)
        return TRUC_E_MEMORY;
    if (kind == RECORD_REDRIVEN)
        return replay_redriven(core, destination, &fate);
    if (kind == RECORD_DISCARDED)
        return replay_discarded(destination, &fate);
    if (kind == RECORD_RELEASED)
        return release_replay(core, destination, fate.message, fate.lane);
    struct open_request *request = kind == RECORD_EXPIRED ? request_at(core, destination, fate.message) : NULL;
    if (request)
        request_close(core, request);
    code = settle_replayed(destination, fate.message);
    return code == 0 && kind == RECORD_DEAD ? destination_remember_dead(core, destination, &fate, time_ns) : code;
}

static int replay_attempted(struct core *core, struct bytes body, struct truc_fault *fault)
{
    struct record_attempted attempted;
    int code = record_attempted_decode(body, &attempted, fault);
    if (code < 0 || attempted.messages.size % sizeof(uint64_t))
        return TRUC_E_JOURNAL_CORRUPT;
    struct destination *destination = destination_get(core, attempted.system);
    if (destination == NULL)
        return TRUC_E_MEMORY;
    for (size_t at = 0; code == 0 && at < attempted.messages.size; at += sizeof(uint64_t))
        code = unseen_note_attempt(&destination->queue.unseen, load_le64(attempted.messages.data + at));
    return code;
}

static int replay_operation(struct core *core, uint64_t time_ns, struct bytes body, struct truc_fault *fault)
{
    struct record_operation operation;
    int code = record_operation_decode(body, &operation, fault);
    return code < 0 ? code : queue_pause_replay(core, time_ns, &operation);
}

/* Between the last record and a start the bus was down. */
static void replay_time(struct core *core, uint64_t time_ns, enum record_kind kind)
{
    if (kind != RECORD_STARTED && core->replayed_ns && time_ns > core->replayed_ns)
        core->earlier_up_ns += time_ns - core->replayed_ns;
    core->replayed_ns = time_ns;
}

int core_replay(struct core *core, uint64_t sequence, uint64_t time_ns, enum record_kind kind, struct bytes body,
                struct effects *effects, struct truc_fault *fault)
{
    int code = 0;
    core->effects = effects;
    core->next_sequence = sequence + 1;
    replay_time(core, time_ns, kind);
    switch (kind) {
    case RECORD_ACCEPTED:
        code = replay_accepted(core, sequence, time_ns, body, fault);
        break;
    case RECORD_SETTLED:
        code = replay_settled(core, body, fault);
        break;
    case RECORD_ATTEMPTED:
        code = replay_attempted(core, body, fault);
        break;
    case RECORD_DEAD:
    case RECORD_EXPIRED:
    case RECORD_REDRIVEN:
    case RECORD_RELEASED:
    case RECORD_DISCARDED:
        code = replay_fate(core, kind, time_ns, body, fault);
        break;
    case RECORD_BLOB:
        code = blob_replay(core, body, fault);
        break;
    case RECORD_OPERATION:
        code = replay_operation(core, time_ns, body, fault);
        break;
    default: /* evidence only: changes nothing that is remembered */
        break;
    }
    core->effects = NULL;
    if (core->out_of_memory)
        code = TRUC_E_MEMORY;
    if (code == TRUC_E_MEMORY)
        fault_set(fault, code, "no memory to replay the journal");
    return code;
}
