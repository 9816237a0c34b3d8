/* fate.c - the ends a message can find at a destination besides being done: dead letter, expiry, a request's deadline.
 * Each is a record of the journal, so that recovery and auditors see the same end.
 * See fate.h. */
#include "fate.h"

#include "core_emit.h"
#include "destination.h"
#include "open_request.h"

static int append_fate(struct core *core, enum record_kind kind, const struct record_fate *fate)
{
    buffer_clear(&core->scratch);
    record_fate_encode(fate, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    core_append(core, kind, buffer_view(&core->scratch), true);
    return 0;
}

int fate_dead(struct core *core, struct destination *destination, struct core_queue_item *item, int code,
              struct bytes reason, struct bytes text)
{
    struct record_fate fate = {.message = item->entry.sequence,
                               .system = bytes_string(destination->system),
                               .code = (uint32_t)-code,
                               .reason = reason,
                               .text = text,
                               .attempts = item->attempts + (item->fetched ? 1 : 0),
                               .generation = queue_entry_generation(&item->entry),
                               .size_bytes = item->entry.size_bytes,
                               .lane = item->lane,
                               .sender = bytes_string(item->summary->sender),
                               .type = bytes_string(item->summary->type),
                               .subject = bytes_string(item->summary->subject),
                               .id = bytes_string(item->summary->id)};
    int result = append_fate(core, RECORD_DEAD, &fate);
    if (result == 0)
        result = destination_remember_dead(core, destination, &fate, core->now_ns);
    if (result == 0)
        destination_settle(destination, item);
    return result;
}

int fate_expired(struct core *core, struct destination *destination, struct core_queue_item *item, int code)
{
    struct record_fate fate = {.message = item->entry.sequence,
                               .system = bytes_string(destination->system),
                               .code = (uint32_t)-code,
                               .attempts = item->attempts,
                               .generation = queue_entry_generation(&item->entry)};
    int result = append_fate(core, RECORD_EXPIRED, &fate);
    destination->counts.expired++;
    if (result == 0)
        destination_settle(destination, item);
    return result;
}

/* A request is nobody's dead letter: its asker is told at once, and the record says why it ended. */
static int end_request(struct core *core, struct destination *destination, struct core_queue_item *item, int code,
                       struct bytes text)
{
    struct open_request *request = request_find(core, item->entry.sequence);
    int result = fate_expired(core, destination, item, code);
    if (result == 0 && request)
        request_failed(core, request, code, bytes_string(truc_error_name(code)), text);
    return result;
}

int fate_give_up(struct core *core, struct destination *destination, struct core_queue_item *item, int code,
                 struct bytes text)
{
    return item->is_request ? end_request(core, destination, item, code, text)
                            : fate_dead(core, destination, item, code, bytes_string(truc_error_name(code)), text);
}

int fate_discard(struct core *core, struct destination *destination, struct dead_letter *letter,
                 struct bytes operator_id, struct bytes reason)
{
    const struct record_fate fate = {.message = letter->sequence,
                                     .system = bytes_string(destination->system),
                                     .code = (uint32_t)-letter->code, /* it died of */
                                     .reason = reason,
                                     .attempts = letter->attempts,
                                     .operator_id = operator_id,
                                     .generation = letter->generation};
    int code = append_fate(core, RECORD_DISCARDED, &fate);
    if (code == 0)
        dead_letter_remove(destination, letter);
    return code;
}

/* ---- deadlines of requests ---- */

/* Ends it at the provider unless it is out there (then its settlement ends it). */
static int end_at_provider(struct core *core, struct destination *provider, uint64_t sequence)
{
    struct record_fate fate = {
        .message = sequence, .system = bytes_string(provider->system), .code = (uint32_t)-TRUC_E_DEADLINE};
    int code = append_fate(core, RECORD_EXPIRED, &fate);
    struct core_queue_item *item = queue_out(&provider->queue, sequence);
    provider->counts.expired++;
    if (code == 0 && item && item->state == ITEM_WAITING)
        destination_settle(provider,
                           item); /* one that is out ends with its settlement, one in the queue when it is fetched */
    return code;
}

/* The deadline has passed: the provider's copy is ended too, wherever it is. */
static int expire(struct core *core, struct open_request *request)
{
    struct destination *provider = destination_get(core, bytes_string(request->provider));
    if (provider == NULL)
        return TRUC_E_MEMORY;
    core->counts.deadlines++;
    int code = end_at_provider(core, provider, request->sequence);
    if (code == 0)
        request_failed(core, request, TRUC_E_DEADLINE, BYTES_EMPTY, bytes_string(truc_error_meaning(TRUC_E_DEADLINE)));
    return code;
}

int fate_tick(struct core *core)
{
    struct heap_node *node;
    while ((node = heap_first(&core->request_timers)) && node->key <= core->now_ns) {
        int code = expire(core, heap_element(node, struct open_request, timer));
        if (code < 0)
            return code;
    }
    return 0;
}
