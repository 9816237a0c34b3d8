/* deliver.c - from the queues to the receivers: load pages, pick what is ready within the credit, fetch, hand to parcel.c.
 * One stuck destination holds up no other.
 * Called whenever a queue, a session or time may have made something deliverable. */
#include "deliver.h"

#include "core_emit.h"
#include "destination.h"
#include "guard.h"
#include "outgoing.h"
#include "parcel.h"
#include "quarantine.h"
#include "time_text.h"

static uint32_t list_of(const struct destination *destination, uint32_t lane)
{
    return destination->number * CORE_LANES + lane;
}

int deliver_enqueue(struct core *core, struct destination *destination, uint32_t lane, const struct queue_entry *entry)
{
    struct effect *effect = core_effect(core, EFFECT_LIST_APPEND);
    effect->list_append.list = list_of(destination, lane);
    effect->list_append.index = destination->queue.lanes[lane].count;
    effect->list_append.entry = *entry;
    return queue_push(&destination->queue, lane, entry);
}

static void load(struct core *core, struct destination *destination)
{
    queue_forget_unseen(&destination->queue);
    for (uint32_t lane = 0; lane < CORE_LANES; lane++) {
        size_t wanted = queue_wanted(&destination->queue, lane);
        if (wanted == 0)
            continue;
        struct effect *effect = core_effect(core, EFFECT_LIST_READ);
        effect->list_read.list = list_of(destination, lane);
        effect->list_read.index = destination->queue.lanes[lane].loaded;
        effect->list_read.count = wanted;
        destination->queue.lanes[lane].loading = true;
    }
}

/* Nobody can come for what waits for it: the configuration in force has no such receiver any more. */
static bool has_vanished(const struct core *core, const struct destination *destination)
{
    const struct policy_system *system = policy_system_by_id(core->policy, bytes_string(destination->system));
    return system == NULL || system->role != POLICY_ROLE_SYSTEM;
}

/* Takes what is ready and fits the receiver's credit; its bytes are spent from now on. Without a receiver nothing is spent: what is
 * taken will be judged, and not sent. */
static int fetch(struct core *core, struct destination *destination)
{
    struct client *session = destination->session;
    struct core_queue_item *item;
    uint64_t sequences[CORE_FETCH_MESSAGES_MAX];
    size_t count = 0, bytes = 0;
    if (destination->fetching || (session && client_unread_bytes(session) > CORE_UNREAD_BYTES_MAX / 2))
        return 0; /* whatever its credit: it goes on with what was fetched, or with the client's next pong */
    while (count < CORE_FETCH_MESSAGES_MAX && destination->queue.out_count < quarantine_out_max(destination) &&
           (item = queue_ready(&destination->queue, core->policy->limits.blocked_keys_max))) {
        uint32_t size = item->entry.size_bytes;
        if ((session && size > session->receive_credit_bytes) || (count && bytes + size > CORE_FETCH_BYTES_MAX))
            break;
        if (queue_take(&destination->queue, item) < 0)
            return TRUC_E_MEMORY;
        if (session)
            session->receive_credit_bytes -= size;
        bytes += size;
        sequences[count++] = item->entry.sequence;
    }
    if (count == 0)
        return 0;
    struct effect *effect = core_effect(core, EFFECT_FETCH);
    effect->fetch.destination = destination->number;
    effect->fetch.sequences =
        (const uint64_t *)(const void *)core_keep(core, bytes_of(sequences, count * sizeof *sequences)).data;
    effect->fetch.count = count;
    destination->fetching = true;
    return 0;
}

static bool has_full_window(const struct core_queue *queue)
{
    for (uint32_t lane = 0; lane < CORE_LANES; lane++)
        if (queue->lanes[lane].loaded - queue->lanes[lane].cursor == CORE_QUEUE_WINDOW)
            return true;
    return false;
}

/* Why nothing is sent to a receiver that is there; NULL: nothing holds it back. */
static const char *stop_of(const struct destination *destination)
{
    const struct core_queue *queue = &destination->queue;
    if (destination_is_paused(destination))
        return "an operator asked for it";
    if (destination->dead_count >= CORE_DEAD_MAX)
        return "it has as many dead letters as are kept";
    if (queue->fresh_count + queue->again_count + queue->out_count == 0 && has_full_window(queue))
        return "all that can be looked at waits for a retry, or behind one";
    return NULL;
}

const char *deliver_pause(const struct core *core, const struct destination *destination)
{
    const char *why = stop_of(destination);
    if (why == NULL && destination->queue.failed_count >= core->policy->limits.blocked_keys_max)
        return "as many messages failed as may wait for a retry (blocked-keys): only these are tried";
    return why;
}

/* At a bound it may come and go with every receipt: what was told last is put right later, when it is still so. */
static void tell_pause(struct core *core, struct destination *destination)
{
    enum { LINES_A_MINUTE = 10 };
    const char *why = deliver_pause(core, destination);
    if ((why != NULL) == destination->paused ||
        !guard_take(core, "pause log", destination->system, LINES_A_MINUTE, 60 * TIME_NS_PER_S))
        return;
    destination->paused = why != NULL;
    core_log(core, why ? 4 : 5, "%s: %s%s", destination->system, why ? "paused: " : "no longer paused", why ? why : "");
}

int deliver_pump(struct core *core, struct destination *destination)
{
    queue_wake(&destination->queue, core->up_ns);
    load(core, destination);
    tell_pause(core, destination);
    if (stop_of(destination) || (destination->session == NULL && !has_vanished(core, destination)))
        return 0;
    return fetch(core, destination);
}

int deliver_pump_all(struct core *core)
{
    for (size_t i = 0; i < core->destination_count; i++) {
        int code = deliver_pump(core, core->destination_table[i]);
        if (code < 0)
            return code;
    }
    return 0;
}

int deliver_page(struct core *core, uint32_t list, uint64_t index, const struct queue_entry *entries, size_t count)
{
    struct destination *to = core->destination_table[list / CORE_LANES];
    int code = queue_load(&to->queue, list % CORE_LANES, index, entries, count);
    return code < 0 ? code : deliver_pump(core, to);
}

/* They were on their way when an operator paused it. */
static void put_back_all(struct destination *destination, const struct core_fetched *messages, size_t count)
{
    while (count-- > 0) { /* last first, so that each goes before the one put back */
        struct core_queue_item *item = queue_out(&destination->queue, messages[count].sequence);
        if (item == NULL || item->state != ITEM_OUT || item->fetched)
            continue;
        if (destination->session)
            destination->session->receive_credit_bytes += item->entry.size_bytes;
        queue_put_back(&destination->queue, item);
    }
}

int deliver_fetched(struct core *core, uint32_t number, const struct core_fetched *messages, size_t count)
{
    struct destination *destination = core->destination_table[number];
    struct outgoing outgoing[CORE_FETCH_MESSAGES_MAX];
    size_t ready = 0;
    destination->fetching = false;
    if (destination_is_paused(destination)) {
        put_back_all(destination, messages, count);
        return deliver_pump(core, destination);
    }
    for (size_t i = 0; i < count; i++) {
        struct core_queue_item *item = queue_out(&destination->queue, messages[i].sequence);
        if (item == NULL || item->state != ITEM_OUT || item->fetched)
            continue; /* the receiver went away meanwhile, and it was recalled */
        struct outgoing *next = &outgoing[ready];
        *next = (struct outgoing){.fetched = &messages[i], .item = item};
        int code = outgoing_decode(core, destination, next);
        if (code < 0)
            return code;
        uint32_t size = item->entry.size_bytes;
        if ((code = outgoing_judge(core, destination, next)) < 0)
            return code;
        if (code > 0 && destination->session)
            destination->session->receive_credit_bytes += size;
        else if (code == 0 && destination->session)
            ready++;
        else if (code == 0)
            queue_put_back(&destination->queue, item);
    }
    if (has_vanished(core, destination) && (core->buried += count) >= CORE_BURIED_MAX)
        return 0; /* go on at the tick: however many there are, others are served in between */
    int code = destination->session ? parcel_send(core, destination, outgoing, ready) : 0;
    return code < 0 ? code : deliver_pump(core, destination);
}
