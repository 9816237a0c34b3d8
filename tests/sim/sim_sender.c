/* sim_sender.c - what alpha and beta want to send, and what they are told of it.
 * Events with and without order, timed, expiring, of all urgencies; questions. What is not answered for is sent again by the next process.
 * See sim_adapter.h. */
#include <stdio.h>

#include "sim_world.h"
#include "time_text.h"

static void make_item(struct world *world, struct sim_item *item)
{
    struct random *random = &world->random;
    item->key = (unsigned)random_below(random, SIM_ORDER_KEYS);
    item->is_request = random_chance(random, 25);
    item->urgency = random_chance(random, 70) ? HEADER_URGENCY_NORMAL : 2 + (unsigned)random_below(random, 3);
    item->payload_bytes = random_chance(random, 15) ? random_below(random, 12000) : 0;
    if (!item->is_request && random_chance(random, 10)) {
        item->timed_ns = (1 + random_below(random, SIM_TIMED_MS_MAX)) * TIME_NS_PER_MS;
        item->key = SIM_FREE_KEY;
    }
    if (!item->is_request && random_chance(random, 10)) {
        item->lives_ns = item->timed_ns + (500 + random_below(random, 8000)) * TIME_NS_PER_MS;
        item->key = SIM_FREE_KEY;
    }
    item->type = item->is_request ? "citizen.verify" : "dossier.progress";
    (void)snprintf(item->id, sizeof item->id, "%s-%u", sim_names[item->adapter], item->number);
    (void)snprintf(item->subject, sizeof item->subject, "H56.14-261118-000%u", item->key);
}

void sender_make_items(struct world *world)
{
    for (unsigned a = SIM_ALPHA; a <= SIM_BETA; a++)
        for (unsigned i = 0; i < SIM_ITEMS_PER_ADAPTER; i++) {
            world->adapters[a].items[i] = (struct sim_item){.adapter = a, .number = i};
            make_item(world, &world->adapters[a].items[i]);
        }
}

/* dossier.progress with a long note, when it is to be large: field 7 of the schema. */
static struct bytes payload_of(const struct sim_item *item, uint8_t room[16384])
{
    enum { NOTE_TAG = 0x3a, HEAD_BYTES = 3 };
    size_t size = item->payload_bytes;
    if (size < 128 || item->is_request)
        return BYTES_EMPTY;
    room[0] = NOTE_TAG;
    room[1] = (uint8_t)(size & 0x7f) | 0x80;
    room[2] = (uint8_t)(size >> 7);
    memset(room + HEAD_BYTES, 'x', size);
    return bytes_of(room, HEAD_BYTES + size);
}

/* Beta orders by the ordering key, alpha by the subject; either way it is the item's key. */
static struct header header_of(const struct sim_item *item)
{
    return (struct header){.id = bytes_string(item->id),
                           .type = bytes_string(item->type),
                           .subject = bytes_string(item->subject),
                           .ordering_key = item->adapter == SIM_BETA ? bytes_string(item->subject) : BYTES_EMPTY,
                           .time_ns = item->time_ns,
                           .kind = item->is_request ? HEADER_REQUEST : HEADER_EVENT,
                           .urgency = item->urgency,
                           .not_before_ns = item->timed_ns ? item->time_ns + item->timed_ns : 0,
                           .expires_ns = item->lives_ns ? item->time_ns + item->lives_ns : 0,
                           .classification = HEADER_NOT_SECRET};
}

static void send_item(struct world *world, struct sim_adapter *adapter, struct sim_item *item)
{
    struct truc_fault fault = {0};
    struct header header = header_of(item);
    uint8_t room[16384];
    int code = item->is_request ? session_ask(adapter->session, &header, BYTES_EMPTY, SIM_ANSWER_MS,
                                              adapter_time(world, adapter), item, &fault)
                                : session_publish(adapter->session, &header, payload_of(item, room), item, &fault);
    if (code == TRUC_E_LIMIT)
        return;
    if (code < 0)
        world_broken(world, ORACLE_SDK, "publishing %s: %s", item->id, fault.text);
    item->taken = true;
}

void sender_workload(struct world *world, struct sim_adapter *adapter)
{
    bool more = false;
    for (unsigned i = 0; adapter->session && i < SIM_ITEMS_PER_ADAPTER; i++) {
        struct sim_item *item = &adapter->items[i];
        if (item->id[0] == 0 || item->taken)
            continue;
        more = true;
        if (item->time_ns == 0)
            item->time_ns = adapter_time(world, adapter).wall_ns;
        send_item(world, adapter, item);
        if (random_chance(&world->random, 40))
            break; /* some go alone, some together */
    }
    if (adapter->session)
        adapter_settle_step(world, adapter);
    if (more || adapter->session == NULL)
        world_later(world, random_below(&world->random, 400000000), SIM_WORKLOAD, adapter->index);
}

void sender_outcome(struct world *world, const struct session_effect *effect)
{
    struct sim_item *item = effect->token;
    if (item == NULL)
        return; /* none is sent without one */
    if (effect->code == 0) {
        oracle_acknowledged(world, item, effect->sequence);
        item->acknowledged = true;
        item->sequence = effect->sequence;
    } else if (effect->code != TRUC_E_CLOSED) {
        oracle_refused(world, item, effect->code, effect->text);
        item->refused = true;
        item->code = effect->code;
    }
}

void sender_answer(struct world *world, const struct session_effect *effect)
{
    struct sim_item *item = effect->token;
    if (effect->code == TRUC_E_CLOSED)
        return;
    item->answers++;
    item->answered = true;
    item->code = effect->code;
    oracle_answered(world, item);
}

void sender_restarted(struct sim_adapter *adapter)
{
    for (unsigned i = 0; i < SIM_ITEMS_PER_ADAPTER; i++) {
        struct sim_item *item = &adapter->items[i];
        if (item->is_request)
            item->lost_interest = item->taken && !item->answered; /* the program that asked is gone */
        else if (!item->acknowledged && !item->refused)
            item->taken = false; /* the new process publishes it again */
    }
}
