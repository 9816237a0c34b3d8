/* sim_adapter.c - an adapter of the simulation: the real SDK session, a program that handles at random speed, a durable inbox.
 * Its process crashes too: what it had not settled comes again; what it had not been told is published again.
 * Driven by sim_world.c. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_world.h"

static struct session_time time_of(const struct world *world)
{
    return (struct session_time){.monotonic_ns = 1000000000 + world->now_ns, .wall_ns = SIM_START_NS + world->now_ns};
}

static void schedule_wake(struct world *world, const struct sim_adapter *adapter)
{
    uint64_t wake = adapter->session ? session_wake_ns(adapter->session) : UINT64_MAX,
             now = time_of(world).monotonic_ns;
    if (wake != UINT64_MAX)
        world_later(world, wake > now ? wake - now : 1, SIM_WAKE, adapter->index, 0, BYTES_EMPTY);
}

static void connect_soon(struct world *world, struct sim_adapter *adapter)
{
    adapter->peer = ++world->next_peer;
    world->to_broker_ns[adapter->index] = world->to_adapter_ns[adapter->index] = 0;
    world_later(world, world_latency(world), world->engine ? SIM_CONNECTED : SIM_CONNECTION_LOST, adapter->index,
                adapter->peer, BYTES_EMPTY);
}

static void disconnect(struct world *world, struct sim_adapter *adapter)
{
    if (adapter->peer)
        broker_lost(world, adapter->peer);
    adapter->peer = 0;
}

static void send(struct world *world, struct sim_adapter *adapter, struct bytes frame)
{
    uint64_t arrival = world->now_ns + world_latency(world);
    if (arrival <= world->to_broker_ns[adapter->index])
        arrival = world->to_broker_ns[adapter->index] + 1;
    world->to_broker_ns[adapter->index] = arrival;
    world_at(world, arrival, SIM_FRAME_TO_BROKER, adapter->index, adapter->peer, frame);
}

/* ---- receiving ---- */

static void identity_of(const struct session_delivery *delivery, char out[128])
{
    struct bytes sender = header_sender(&delivery->header);
    (void)snprintf(out, 128, "%.*s/%.*s", BYTES_PRINTF(sender), BYTES_PRINTF(delivery->header.id));
}

static void settle(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery,
                   const struct settlement *settlement)
{
    if (session_settle(adapter->session, delivery, settlement) < 0)
        world_broken(world, "session_settle failed");
    session_delivery_free(delivery);
}

static void reply(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery, uint64_t time_ns)
{
    struct truc_fault fault = {0};
    static const uint8_t exists[] = {0x08, 0x01}; /* citizen.verify's reply: exists = true */
    if (session_reply(adapter->session, delivery, bytes_of(exists, sizeof exists), time_ns, &fault) < 0)
        world_broken(world, "session_reply: %s", fault.text);
    session_delivery_free(delivery);
}

static void deliver(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery)
{
    char identity[128];
    identity_of(delivery, identity);
    const struct sim_effect *known = map_get_bytes(&adapter->inbox, bytes_string(identity));
    world->delivered++;
    world_note(world, "%s gets %s attempt %u", sim_names[adapter->index], identity, delivery->attempt);
    if (known && known->sequence != delivery->sequence)
        world_broken(world, "%s was accepted at %llu and again at %llu", identity, (unsigned long long)known->sequence,
                     (unsigned long long)delivery->sequence);
    if (known && known->is_request && known->outcome == SETTLED_DONE) {
        reply(world, adapter, delivery, known->reply_time_ns);
    } else if (known) {
        settle(world, adapter, delivery, &(struct settlement){.outcome = (uint32_t)known->outcome});
    } else {
        struct sim_work *work = calloc(1, sizeof *work);
        if (work == NULL)
            abort();
        work->adapter = adapter->index;
        work->delivery = delivery;
        work->due.key =
            world->now_ns + random_below(&world->random, random_chance(&world->random, 5) ? 500000000 : 3000000);
        list_append(&adapter->work, &work->link);
        world_at(world, work->due.key, SIM_WAKE, adapter->index, 0, BYTES_EMPTY);
    }
}

static void remember(struct world *world, struct sim_adapter *adapter, const struct session_delivery *delivery,
                     int outcome)
{
    struct sim_effect *effect = calloc(1, sizeof *effect);
    if (effect == NULL)
        abort();
    identity_of(delivery, effect->identity);
    effect->sequence = delivery->sequence;
    effect->receiver = adapter->index;
    effect->outcome = outcome;
    effect->is_request = delivery->header.kind == HEADER_REQUEST;
    effect->reply_time_ns = SIM_START_NS + world->now_ns;
    if (map_put_bytes(&adapter->inbox, bytes_string(effect->identity), effect) < 0)
        abort();
    oracle_effect(world, effect, header_sender(&delivery->header), delivery->header.subject);
}

static void handle(struct world *world, struct sim_adapter *adapter, struct sim_work *work)
{
    struct session_delivery *delivery = work->delivery;
    bool request = delivery->header.kind == HEADER_REQUEST;
    list_remove(&work->link);
    free(work);
    char identity[128];
    identity_of(delivery, identity);
    const struct sim_effect *known = map_get_bytes(&adapter->inbox, bytes_string(identity));
    if (known) { /* handled by an earlier delivery while this one waited */
        if (known->is_request && known->outcome == SETTLED_DONE)
            reply(world, adapter, delivery, known->reply_time_ns);
        else
            settle(world, adapter, delivery, &(struct settlement){.outcome = (uint32_t)known->outcome});
    } else if (random_chance(&world->random, 12)) {
        settle(world, adapter, delivery,
               &(struct settlement){.outcome = SETTLED_RETRY,
                                    .code = (uint32_t)-TRUC_E_UNAVAILABLE,
                                    .text = bytes_string("far side away")});
    } else if (random_chance(&world->random, 3)) {
        remember(world, adapter, delivery, SETTLED_REJECT);
        settle(world, adapter, delivery,
               &(struct settlement){
                   .outcome = SETTLED_REJECT, .code = (uint32_t)-TRUC_E_REJECTED, .reason = bytes_string("SIM")});
    } else {
        remember(world, adapter, delivery, SETTLED_DONE);
        if (request)
            reply(world, adapter, delivery, SIM_START_NS + world->now_ns);
        else
            settle(world, adapter, delivery, &(struct settlement){.outcome = SETTLED_DONE});
    }
}

/* ---- effects of the session ---- */

static void outcome(struct world *world, const struct session_effect *effect)
{
    struct sim_item *item = effect->token;
    if (item == NULL)
        return; /* none is sent without one */
    if (effect->code == 0)
        oracle_acknowledged(world, item, effect->sequence);
    else if (effect->code != TRUC_E_CLOSED)
        world_broken(world, "%s was refused: %s: %s", item->id, truc_error_name(effect->code), effect->text);
}

static void answer(struct world *world, const struct session_effect *effect)
{
    struct sim_item *item = effect->token;
    if (effect->code == TRUC_E_CLOSED)
        return;
    item->answers++;
    item->answered = true;
    item->answer_code = effect->code;
    world_note(world, "answer to %s: %s", item->id, effect->code ? truc_error_name(effect->code) : "yes");
    if (item->answers > 1)
        world_broken(world, "%s was answered %u times", item->id, item->answers);
}

static void take_effects(struct world *world, struct sim_adapter *adapter)
{
    struct session_effect effect;
    while (adapter->session && session_effect_next(adapter->session, &effect)) {
        switch (effect.kind) {
        case SESSION_CONNECT:
            connect_soon(world, adapter);
            break;
        case SESSION_DISCONNECT:
            disconnect(world, adapter);
            break;
        case SESSION_SEND:
            send(world, adapter, effect.frame);
            break;
        case SESSION_DELIVER:
            deliver(world, adapter, effect.delivery);
            break;
        case SESSION_OUTCOME:
            outcome(world, &effect);
            break;
        case SESSION_ANSWER:
            answer(world, &effect);
            break;
        case SESSION_REPLIED:
            break;
        case SESSION_PERMISSIONS:
        case SESSION_LOG:
            world_tell(world, "%s <%d> %s", sim_names[adapter->index], effect.level, effect.text);
            break;
        }
    }
}

static void settle_step(struct world *world, struct sim_adapter *adapter)
{
    take_effects(world, adapter);
    if (adapter->session && session_flush(adapter->session, time_of(world)) < 0)
        world_broken(world, "session_flush failed");
    take_effects(world, adapter);
    schedule_wake(world, adapter);
}

void adapter_frame(struct world *world, struct sim_adapter *adapter, uint64_t peer, struct bytes frame)
{
    if (adapter->session == NULL || adapter->peer != peer)
        return;
    if (session_frame(adapter->session, time_of(world), frame) < 0)
        world_broken(world, "session_frame failed");
    settle_step(world, adapter);
}

void adapter_connected(struct world *world, struct sim_adapter *adapter)
{
    if (adapter->session == NULL)
        return;
    if (session_connected(adapter->session, time_of(world)) < 0)
        world_broken(world, "session_connected failed");
    settle_step(world, adapter);
}

void adapter_lost(struct world *world, struct sim_adapter *adapter, uint64_t peer)
{
    if (adapter->session == NULL || adapter->peer != peer)
        return;
    disconnect(world, adapter);
    if (session_disconnected(adapter->session, time_of(world), "connection lost") < 0)
        world_broken(world, "session_disconnected failed");
    settle_step(world, adapter);
}

void adapter_wake(struct world *world, struct sim_adapter *adapter)
{
    if (adapter->session == NULL)
        return;
    list_each(link, &adapter->work) {
        struct sim_work *work = list_element(link, struct sim_work, link);
        if (work->due.key <= world->now_ns)
            handle(world, adapter, work);
    }
    if (session_wake_ns(adapter->session) <= time_of(world).monotonic_ns &&
        session_tick(adapter->session, time_of(world)) < 0)
        world_broken(world, "session_tick failed");
    settle_step(world, adapter);
}

/* ---- sending ---- */

static void send_item(struct world *world, struct sim_adapter *adapter, struct sim_item *item)
{
    struct truc_fault fault = {0};
    struct header header = {.id = bytes_string(item->id),
                            .type = bytes_string(item->type),
                            .subject = bytes_string(item->subject),
                            .time_ns = item->time_ns,
                            .kind = item->is_request ? HEADER_REQUEST : HEADER_EVENT,
                            .urgency = item->urgency,
                            .not_before_ns = item->timed_ns ? item->time_ns + item->timed_ns : 0,
                            .classification = HEADER_NOT_SECRET};
    int code = item->is_request
                   ? session_ask(adapter->session, &header, BYTES_EMPTY, 20000, time_of(world), item, &fault)
                   : session_publish(adapter->session, &header, BYTES_EMPTY, item, &fault);
    if (code == TRUC_E_LIMIT)
        return;
    if (code < 0)
        world_broken(world, "publishing %s: %s", item->id, fault.text);
    item->taken = true;
}

void adapter_workload(struct world *world, struct sim_adapter *adapter)
{
    bool more = false;
    for (unsigned i = 0; adapter->session && i < SIM_ITEMS_PER_ADAPTER; i++) {
        struct sim_item *item = &adapter->items[i];
        if (item->id[0] == 0 || item->taken)
            continue;
        more = true;
        if (item->time_ns == 0)
            item->time_ns = SIM_START_NS + world->now_ns;
        send_item(world, adapter, item);
        if (random_chance(&world->random, 40))
            break; /* some go alone, some together */
    }
    if (adapter->session)
        settle_step(world, adapter);
    if (more || adapter->session == NULL)
        world_later(world, random_below(&world->random, 400000000), SIM_WORKLOAD, adapter->index, 0, BYTES_EMPTY);
}

/* ---- life ---- */

void adapter_start(struct world *world, struct sim_adapter *adapter)
{
    struct truc_fault fault = {0};
    struct session_settings settings = {.bus = world->bus->policy->bus_id,
                                        .system = sim_names[adapter->index],
                                        .software = "sim",
                                        .receive_window_bytes = 32 * 1024,
                                        .salt_secret = {(uint8_t)adapter->index},
                                        .queue_messages_max = 256,
                                        .queue_bytes_max = 1024 * 1024,
                                        .random_seed = random_next(&world->random),
                                        .crypto = &keyring_crypto,
                                        .crypto_context = &world->bus->keyrings[adapter->index]};
    settings.session_id[0] = (uint8_t)adapter->index;
    store_le64(settings.session_id + 8, ++adapter->sessions);
    memcpy(settings.key_id, world->bus->keyrings[adapter->index].own.key.id.bytes, sizeof settings.key_id);
    if (session_create(&settings, time_of(world), &adapter->session, &fault) < 0) {
        world_broken(world, "session_create: %s", fault.text);
        return;
    }
    for (unsigned i = 0; i < SIM_ITEMS_PER_ADAPTER; i++) {
        struct sim_item *item = &adapter->items[i];
        if (item->is_request)
            item->lost_interest = item->taken && !item->answered; /* the program that asked is gone */
        else if (!item->acknowledged)
            item->taken = false; /* the new process publishes it again */
    }
    world_note(world, "%s up", sim_names[adapter->index]);
    settle_step(world, adapter);
    world_later(world, 1000000, SIM_WORKLOAD, adapter->index, 0, BYTES_EMPTY);
}

static void drop_work(struct sim_adapter *adapter)
{
    list_each(link, &adapter->work) {
        struct sim_work *work = list_element(link, struct sim_work, link);
        session_delivery_free(work->delivery);
        free(work);
    }
    list_init(&adapter->work);
}

void adapter_stop(struct world *world, struct sim_adapter *adapter)
{
    world_note(world, "%s is killed", sim_names[adapter->index]);
    disconnect(world, adapter);
    drop_work(adapter);
    session_free(adapter->session);
    adapter->session = NULL;
    world_later(world, random_below(&world->random, 2000) * 1000000, SIM_RESTART_ADAPTER, adapter->index, 0,
                BYTES_EMPTY);
}

void adapter_free(struct sim_adapter *adapter)
{
    size_t at = 0;
    void *effect;
    drop_work(adapter);
    session_free(adapter->session);
    while ((effect = map_next(&adapter->inbox, &at)))
        free(effect);
    map_free(&adapter->inbox);
}
