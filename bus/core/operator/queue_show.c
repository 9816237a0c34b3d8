/* queue_show.c - walks the windows of a queue's lanes once, and writes what it saw.
 * What lies on disk behind a window is counted, not looked at.
 * See queue_show.h. */
#include "queue_show.h"

#include "client.h"
#include "core_emit.h"
#include "destination.h"
#include "fault.h"
#include "protobuf_wire.h"
#include "queue_status.h"
#include "timed.h"

/* What one walk saw. Buffers hold encoded elements of QueueDetail. */
struct seen {
    struct buffer lanes, retrying, out, suspects;
    size_t retrying_count, out_count, suspects_count;
    uint64_t oldest; /* UINT64_MAX: none */
};

static void put_item(const struct core *core, const struct core_queue_item *item, uint32_t number, size_t *count,
                     struct buffer *out)
{
    if (++*count > QUEUE_SHOW_ITEMS_MAX)
        return;
    size_t mark = wire_begin(out, number);
    wire_put_uint(out, 1, item->entry.sequence);
    wire_put_uint(out, 2, item->lane + 1);
    wire_put_uint(out, 3, item->attempts);
    if (item->state == ITEM_WAITING)
        wire_put_fixed64(out, 4, core->now_ns + (item->timer.key > core->up_ns ? item->timer.key - core->up_ns : 0));
    wire_end(out, mark);
}

static void see_item(const struct core *core, const struct destination *destination, const struct core_queue_item *item,
                     struct seen *seen)
{
    if (item->entry.sequence < seen->oldest)
        seen->oldest = item->entry.sequence;
    if (item->state == ITEM_WAITING)
        put_item(core, item, 3, &seen->retrying_count, &seen->retrying);
    else if (item->state == ITEM_OUT)
        put_item(core, item, 4, &seen->out_count, &seen->out);
    if (destination->suspects && item->attempts && item->state != ITEM_WAITING)
        put_item(core, item, 5, &seen->suspects_count, &seen->suspects); /* was out when a connection was lost */
}

static void see_lane(const struct core *core, const struct destination *destination, uint32_t number, struct seen *seen)
{
    const struct queue_lane *lane = &destination->queue.lanes[number];
    uint64_t states[ITEM_SETTLED + 1] = {0};
    for (uint64_t at = lane->cursor; at < lane->loaded; at++) {
        const struct core_queue_item *item = queue_at(lane, at);
        if (item == NULL || item->state == ITEM_SETTLED)
            continue;
        states[item->state]++;
        see_item(core, destination, item, seen);
    }
    size_t mark = wire_begin(&seen->lanes, 2);
    wire_put_uint(&seen->lanes, 1, number + 1);
    wire_put_uint(&seen->lanes, 2, states[ITEM_READY]);
    wire_put_uint(&seen->lanes, 3, states[ITEM_BEHIND]);
    wire_put_uint(&seen->lanes, 4, states[ITEM_WAITING]);
    wire_put_uint(&seen->lanes, 5, states[ITEM_OUT]);
    wire_put_uint(&seen->lanes, 6, lane->count - lane->loaded);
    wire_end(&seen->lanes, mark);
}

static void see(const struct core *core, const struct destination *destination, struct seen *ret)
{
    *ret = (struct seen){.oldest = UINT64_MAX};
    for (uint32_t lane = CORE_LANES; lane-- > 0;) /* the most urgent first */
        see_lane(core, destination, lane, ret);
}

static void seen_free(struct seen *seen)
{
    buffer_free(&seen->lanes);
    buffer_free(&seen->retrying);
    buffer_free(&seen->out);
    buffer_free(&seen->suspects);
}

static uint64_t timed_first_ns(const struct destination *destination)
{
    uint64_t first_ns = 0;
    size_t at = 0;
    const struct timed_message *timed;
    while ((timed = map_next(&destination->timed, &at)))
        first_ns = first_ns == 0 || timed->timer.key < first_ns ? timed->timer.key : first_ns;
    return first_ns;
}

static int answer(struct core *core, const struct client *session, const struct core_look *look, uint64_t time_ns)
{
    const struct destination *destination = core->destination_table[look->destination];
    struct buffer out = {0};
    struct seen seen;
    see(core, destination, &seen);
    queue_status_put(core, destination, 1, &out);
    buffer_append_bytes(&out, buffer_view(&seen.lanes));
    buffer_append_bytes(&out, buffer_view(&seen.retrying));
    buffer_append_bytes(&out, buffer_view(&seen.out));
    buffer_append_bytes(&out, buffer_view(&seen.suspects));
    if (time_ns) {
        wire_put_uint(&out, 6, look->sequence + 1);
        wire_put_fixed64(&out, 7, time_ns);
    }
    wire_put_fixed64(&out, 8, timed_first_ns(destination));
    wire_put_fixed64(&out, 9, core->now_ns);
    int code = buffer_failed(&out) || buffer_failed(&seen.lanes) || buffer_failed(&seen.retrying) ||
                       buffer_failed(&seen.out) || buffer_failed(&seen.suspects)
                   ? TRUC_E_MEMORY
                   : 0;
    if (code == 0)
        client_answer(core, session, look->number, NULL, buffer_view(&out), false);
    seen_free(&seen);
    buffer_free(&out);
    return code;
}

int queue_show_ask(struct core *core, const struct client *session, uint64_t number, struct bytes system,
                   struct truc_fault *fault)
{
    const struct destination *destination = destination_find(core, system);
    struct seen seen;
    if (destination == NULL)
        return destination_missing(system, fault);
    see(core, destination, &seen);
    const struct core_look look = {.what = LOOK_TIME,
                                   .peer = session->peer,
                                   .number = number,
                                   .destination = destination->number,
                                   .sequence = seen.oldest};
    seen_free(&seen);
    if (look.sequence == UINT64_MAX)
        return answer(core, session, &look, 0);
    core_effect(core, EFFECT_LOOK)->look = look;
    return 0;
}

int queue_show_done(struct core *core, const struct core_look *look, uint64_t time_ns)
{
    const struct client *session = client_of(core, look->peer);
    return session ? answer(core, session, look, time_ns) : 0;
}
