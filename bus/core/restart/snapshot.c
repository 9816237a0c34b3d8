/* snapshot.c - the core's state as bytes, so that a start need not read the whole journal.
 * Never the truth: what does not read back cleanly is refused, and the journal is replayed instead.
 * Written by the engine now and then and at a clean stop; the journal frames it with checksums. */
#include "core_state.h"
#include "destination.h"
#include "fault.h"
#include "field_table.h"
#include "open_request.h"
#include "protobuf_wire.h"
#include "queue_snapshot.h"
#include "text.h"
#include "timed.h"

enum { SNAPSHOT_VERSION = 5 }; /* another one is refused, and the journal is replayed */

struct saved_core {
    uint32_t version;
    uint64_t next_sequence, configuration_sequence, up_ns, blobs_count, blobs_bytes;
    struct bytes destinations, requests, dedupe;
};
struct saved_destination {
    struct bytes system;
    uint64_t bytes;
    struct bytes lanes;       /* of each cursor and count, u64 */
    struct bytes keys;        /* key_lanes_save */
    struct bytes timed;       /* timed_save */
    struct bytes trials;      /* of queue_snapshot.h */
    struct bytes settled;     /* u64 each: queue_settled_key */
    struct bytes generations; /* u64 each: sequence << 8 | generation */
    struct bytes dead;        /* elements: saved_letter */
    struct bytes paused_by, paused_reason;
    uint64_t paused_since_ns;
};
struct saved_letter {
    struct bytes fate; /* as its record */
    uint64_t time_ns;
};
struct saved_request {
    uint64_t sequence, deadline_ns;
    struct bytes asker, provider, id, type, agreement;
};

static const struct field_entry core_fields[] = {
    FIELD(1, FIELD_UINT32, saved_core, version, 0),
    FIELD(2, FIELD_UINT64, saved_core, next_sequence, 0),
    FIELD(3, FIELD_UINT64, saved_core, configuration_sequence, 0),
    FIELD(4, FIELD_REPEATED, saved_core, destinations, 0),
    FIELD(5, FIELD_REPEATED, saved_core, requests, 0),
    FIELD(6, FIELD_BINARY, saved_core, dedupe, 0),
    FIELD(7, FIELD_UINT64, saved_core, up_ns, 0),
    FIELD(8, FIELD_UINT64, saved_core, blobs_count, 0),
    FIELD(9, FIELD_UINT64, saved_core, blobs_bytes, 0),
};
static const struct field_entry destination_fields[] = {
    FIELD(1, FIELD_TEXT, saved_destination, system, PROTOCOL_NAME_BYTES_MAX),
    FIELD(2, FIELD_BINARY, saved_destination, lanes, 0),
    FIELD(3, FIELD_BINARY, saved_destination, keys, 0),
    FIELD(4, FIELD_BINARY, saved_destination, settled, 0),
    FIELD(5, FIELD_BINARY, saved_destination, generations, 0),
    FIELD(6, FIELD_REPEATED, saved_destination, dead, 0),
    FIELD(7, FIELD_UINT64, saved_destination, bytes, 0),
    FIELD(8, FIELD_BINARY, saved_destination, trials, 0),
    FIELD(9, FIELD_BINARY, saved_destination, timed, 0),
    FIELD(10, FIELD_TEXT, saved_destination, paused_by, PROTOCOL_NAME_BYTES_MAX),
    FIELD(11, FIELD_TEXT, saved_destination, paused_reason, PROTOCOL_TEXT_BYTES_MAX),
    FIELD(12, FIELD_TIME_NS, saved_destination, paused_since_ns, 0),
};
static const struct field_entry letter_fields[] = {
    FIELD(1, FIELD_BINARY, saved_letter, fate, 0),
    FIELD(2, FIELD_TIME_NS, saved_letter, time_ns, 0),
};
static const struct field_entry request_fields[] = {
    FIELD(1, FIELD_UINT64, saved_request, sequence, 0), FIELD(2, FIELD_TIME_NS, saved_request, deadline_ns, 0),
    FIELD(3, FIELD_TEXT, saved_request, asker, 0),      FIELD(4, FIELD_TEXT, saved_request, provider, 0),
    FIELD(5, FIELD_TEXT, saved_request, id, 0),         FIELD(6, FIELD_TEXT, saved_request, type, 0),
    FIELD(7, FIELD_TEXT, saved_request, agreement, 0),
};
static const struct field_table core_table = FIELD_TABLE("snapshot", core_fields);
static const struct field_table destination_table = FIELD_TABLE("destination", destination_fields);
static const struct field_table letter_table = FIELD_TABLE("dead letter", letter_fields);
static const struct field_table request_table = FIELD_TABLE("request", request_fields);

static void append(const struct field_table *table, uint32_t number, const void *value, struct buffer *out)
{
    wire_put_length(out, number, field_table_size(table, value));
    field_table_encode(table, value, out);
}

/* ---- saving ---- */

static void save_letter(const struct dead_letter *letter, struct buffer *out)
{
    struct buffer fate = {0};
    struct record_fate record = {.message = letter->sequence,
                                 .code = (uint32_t)-letter->code,
                                 .reason = bytes_string(letter->reason),
                                 .text = bytes_string(letter->text),
                                 .attempts = letter->attempts,
                                 .generation = letter->generation,
                                 .size_bytes = letter->size_bytes,
                                 .lane = letter->lane,
                                 .sender = bytes_string(letter->message.sender),
                                 .type = bytes_string(letter->message.type),
                                 .subject = bytes_string(letter->message.subject),
                                 .id = bytes_string(letter->message.id)};
    record_fate_encode(&record, &fate);
    struct saved_letter saved = {.fate = buffer_view(&fate), .time_ns = letter->time_ns};
    append(&letter_table, 6, &saved, out);
    out->failed = out->failed ? out->failed : fate.failed;
    buffer_free(&fate);
}

static void save_destination(const struct destination *destination, struct buffer *out)
{
    struct buffer generations = {0}, dead = {0}, timed = {0};
    struct queue_snapshot queue;
    size_t at = 0;
    const void *value;
    int code = queue_snapshot_save(&destination->queue, &queue);
    while ((value = map_next(&destination->generations, &at)))
        buffer_append_le64(&generations, (uint64_t)(uintptr_t)value);
    timed_save(destination, &timed);
    list_each(link, &destination->dead)
        save_letter(list_element(link, struct dead_letter, link), &dead);
    struct saved_destination saved = {.system = bytes_string(destination->system),
                                      .lanes = buffer_view(&queue.lanes),
                                      .keys = buffer_view(&queue.keys),
                                      .trials = buffer_view(&queue.trials),
                                      .settled = buffer_view(&queue.settled),
                                      .bytes = queue.bytes,
                                      .timed = buffer_view(&timed),
                                      .generations = buffer_view(&generations),
                                      .dead = buffer_view(&dead),
                                      .paused_by = bytes_string(destination->pause.by),
                                      .paused_reason = bytes_string(destination->pause.reason),
                                      .paused_since_ns = destination->pause.since_ns};
    append(&destination_table, 4, &saved, out);
    if (code < 0 || buffer_failed(&generations) || buffer_failed(&dead) || buffer_failed(&timed))
        out->failed = TRUC_E_MEMORY;
    queue_snapshot_free(&queue);
    buffer_free(&generations);
    buffer_free(&dead);
    buffer_free(&timed);
}

static void save_requests(const struct core *core, struct buffer *out)
{
    size_t at = 0;
    const struct open_request *request;
    while ((request = map_next(&core->requests, &at))) {
        struct saved_request saved = {.sequence = request->sequence,
                                      .deadline_ns = request->deadline_ns,
                                      .asker = bytes_string(request->asker),
                                      .provider = bytes_string(request->provider),
                                      .id = bytes_string(request->id),
                                      .type = bytes_string(request->type),
                                      .agreement = bytes_string(request->agreement)};
        append(&request_table, 5, &saved, out);
    }
}

int core_save(const struct core *core, struct buffer *out)
{
    struct buffer destinations = {0}, requests = {0}, dedupe = {0};
    for (size_t i = 0; i < core->destination_count; i++)
        save_destination(core->destination_table[i], &destinations);
    save_requests(core, &requests);
    dedupe_save(&core->dedupe, &dedupe);
    struct saved_core saved = {.version = SNAPSHOT_VERSION,
                               .next_sequence = core->next_sequence,
                               .configuration_sequence = core->configuration_sequence,
                               .up_ns = core_bus_up_ns(core),
                               .blobs_count = core->blobs_count,
                               .blobs_bytes = core->blobs_bytes,
                               .destinations = buffer_view(&destinations),
                               .requests = buffer_view(&requests),
                               .dedupe = buffer_view(&dedupe)};
    field_table_encode(&core_table, &saved, out);
    int code = buffer_failed(&destinations) || buffer_failed(&requests) || buffer_failed(&dedupe) ? TRUC_E_MEMORY
                                                                                                  : buffer_failed(out);
    buffer_free(&destinations);
    buffer_free(&requests);
    buffer_free(&dedupe);
    return code;
}

/* ---- restoring ---- */

static int restore_letters(struct core *core, struct destination *destination, struct bytes elements)
{
    struct saved_letter saved;
    struct record_fate fate;
    struct bytes element;
    size_t offset = 0;
    int more;
    while ((more = field_element_next(elements, &offset, &element)) > 0) {
        if (field_table_decode(&letter_table, element, &saved, sizeof saved, NULL) < 0 ||
            record_fate_decode(saved.fate, &fate, NULL) < 0)
            return TRUC_E_JOURNAL_CORRUPT;
        if (destination_remember_dead(core, destination, &fate, saved.time_ns) < 0)
            return TRUC_E_MEMORY;
    }
    return more;
}

/* A view of saved bytes as the buffer they were. */
static struct buffer view(struct bytes saved)
{
    return (struct buffer){.data = (uint8_t *)(uintptr_t)saved.data, .size = saved.size};
}

static int restore_destination(struct core *core, struct bytes element)
{
    struct saved_destination saved;
    if (field_table_decode(&destination_table, element, &saved, sizeof saved, NULL) < 0 || saved.generations.size % 8)
        return TRUC_E_JOURNAL_CORRUPT;
    struct destination *destination = destination_get(core, saved.system);
    if (destination == NULL)
        return TRUC_E_MEMORY;
    const struct queue_snapshot queue = {.lanes = view(saved.lanes),
                                         .keys = view(saved.keys),
                                         .trials = view(saved.trials),
                                         .settled = view(saved.settled),
                                         .bytes = saved.bytes};
    int code = queue_snapshot_restore(&destination->queue, &queue);
    if (code == 0)
        code = timed_restore(core, destination, saved.timed);
    if (code < 0)
        return code;
    for (size_t at = 0; at < saved.generations.size; at += 8) {
        uint64_t value = load_le64(saved.generations.data + at);
        if (destination_set_generation(destination, value >> 8, (uint32_t)(value & 0xff)) < 0)
            return TRUC_E_MEMORY;
    }
    destination->pause.since_ns = saved.paused_since_ns;
    text_copy(destination->pause.by, sizeof destination->pause.by, saved.paused_by);
    text_copy(destination->pause.reason, sizeof destination->pause.reason, saved.paused_reason);
    return restore_letters(core, destination, saved.dead);
}

static int restore_request(struct core *core, struct bytes element)
{
    struct saved_request saved;
    if (field_table_decode(&request_table, element, &saved, sizeof saved, NULL) < 0)
        return TRUC_E_JOURNAL_CORRUPT;
    return request_open(core, saved.sequence, saved.deadline_ns, saved.asker, saved.provider, saved.id, saved.type,
                        saved.agreement);
}

static int each(struct core *core, struct bytes elements, int (*restore)(struct core *, struct bytes))
{
    struct bytes element;
    size_t offset = 0;
    int more, code = 0;
    while (code == 0 && (more = field_element_next(elements, &offset, &element)) != 0)
        code = more < 0 ? TRUC_E_JOURNAL_CORRUPT : restore(core, element);
    return code;
}

int core_restore(struct core *core, uint64_t next_sequence, struct bytes state, struct truc_fault *fault)
{
    struct saved_core saved;
    int code = field_table_decode(&core_table, state, &saved, sizeof saved, fault);
    if (code == 0 && (saved.version != SNAPSHOT_VERSION || saved.next_sequence != next_sequence))
        code = TRUC_E_JOURNAL_VERSION;
    if (code == 0)
        code = each(core, saved.destinations, restore_destination);
    if (code == 0)
        code = each(core, saved.requests, restore_request);
    if (code == 0)
        code = dedupe_restore(&core->dedupe, saved.dedupe);
    if (code < 0) {
        core_restart(core);
        return fault_set(fault, code, "the snapshot can't be used: %s", truc_error_meaning(code));
    }
    core->next_sequence = saved.next_sequence;
    core->configuration_sequence = saved.configuration_sequence;
    core->earlier_up_ns = saved.up_ns;
    core->blobs_count = saved.blobs_count;
    core->blobs_bytes = saved.blobs_bytes;
    return 0;
}
