/* sim_program.c - what an adapter's program does with a message: looks into its inbox, takes its time, settles.
 * Done is remembered for ever and settled the same way again; a rejection had no effect and may be handled anew.
 * Between the session's deliveries (sim_adapter.c) and the oracles. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_world.h"

static void identity_of(const struct session_delivery *delivery, char out[128])
{
    struct bytes sender = header_sender(&delivery->header);
    (void)snprintf(out, 128, "%.*s/%.*s", BYTES_PRINTF(sender), BYTES_PRINTF(delivery->header.id));
}

static void settle(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery,
                   const struct settlement *settlement)
{
    if (session_settle(adapter->session, delivery, settlement) < 0)
        world_broken(world, ORACLE_SDK, "session_settle failed");
    session_delivery_free(delivery);
}

static void reply(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery, uint64_t time_ns)
{
    struct truc_fault fault = {0};
    static const uint8_t exists[] = {0x08, 0x01}; /* citizen.verify's reply: exists = true */
    if (session_reply(adapter->session, delivery, bytes_of(exists, sizeof exists), time_ns, &fault) < 0)
        world_broken(world, ORACLE_SDK, "session_reply: %s", fault.text);
    session_delivery_free(delivery);
}

static void settle_done(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery,
                        const struct sim_effect *effect)
{
    if (effect->is_request)
        reply(world, adapter, delivery, effect->reply_time_ns);
    else
        settle(world, adapter, delivery, &(struct settlement){.outcome = SETTLED_DONE});
}

void program_deliver(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery)
{
    char identity[128];
    identity_of(delivery, identity);
    const struct sim_effect *known = map_get_bytes(&adapter->inbox, bytes_string(identity));
    world->observed.delivered++;
    world_note(world, "%s gets %s attempt %u", sim_names[adapter->index], identity, delivery->attempt);
    if (known && known->sequence != delivery->sequence)
        world_broken(world, ORACLE_ONCE, "%s was accepted at %llu and again at %llu", identity,
                     (unsigned long long)known->sequence, (unsigned long long)delivery->sequence);
    if (known) {
        settle_done(world, adapter, delivery, known);
        return;
    }
    struct sim_work *work = calloc(1, sizeof *work);
    if (work == NULL)
        abort();
    bool hesitates = world->faults && random_chance(&world->random, adapter->is_slow ? 60 : 5);
    work->delivery = delivery;
    work->due_ns = world->now_ns + random_below(&world->random, hesitates ? 700000000 : 3000000);
    list_append(&adapter->work, &work->link);
    world_at(world, work->due_ns, SIM_WAKE, adapter->index, BYTES_EMPTY);
}

static struct sim_effect *effect_in(struct map *map, const struct session_delivery *delivery)
{
    struct sim_effect *effect = calloc(1, sizeof *effect);
    if (effect == NULL)
        abort();
    identity_of(delivery, effect->identity);
    free(map_remove_bytes(map, bytes_string(effect->identity)));
    if (map_put_bytes(map, bytes_string(effect->identity), effect) < 0)
        abort();
    return effect;
}

static struct sim_effect *remember(struct world *world, struct sim_adapter *adapter,
                                   const struct session_delivery *delivery)
{
    struct sim_effect *effect = effect_in(&adapter->inbox, delivery);
    effect->sequence = delivery->sequence;
    effect->receiver = adapter->index;
    effect->is_request = delivery->header.kind == HEADER_REQUEST && !delivery->is_observed;
    effect->reply_time_ns = adapter_time(world, adapter).wall_ns;
    effect->was_rejected = map_get_bytes(&adapter->rejected, bytes_string(effect->identity)) != NULL;
    oracle_effect(world, effect, header_sender(&delivery->header), header_order_key(&delivery->header));
    return effect;
}

static void reject(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery)
{
    effect_in(&adapter->rejected, delivery)->was_rejected = true;
    settle(world, adapter, delivery,
           &(struct settlement){
               .outcome = SETTLED_REJECT, .code = (uint32_t)-TRUC_E_REJECTED, .reason = bytes_string("SIM")});
}

static void handle(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery)
{
    char identity[128];
    identity_of(delivery, identity);
    const struct sim_effect *known = map_get_bytes(&adapter->inbox, bytes_string(identity));
    if (known) /* handled by an earlier delivery while this one waited */
        settle_done(world, adapter, delivery, known);
    else if (world->faults && random_chance(&world->random, 12))
        settle(world, adapter, delivery,
               &(struct settlement){.outcome = SETTLED_RETRY,
                                    .code = (uint32_t)-TRUC_E_UNAVAILABLE,
                                    .text = bytes_string("far side away")});
    else if (world->faults && random_chance(&world->random, 3))
        reject(world, adapter, delivery);
    else
        settle_done(world, adapter, delivery, remember(world, adapter, delivery));
}

void program_work(struct world *world, struct sim_adapter *adapter)
{
    list_each(link, &adapter->work) {
        struct sim_work *work = list_element(link, struct sim_work, link);
        if (work->due_ns > world->now_ns)
            continue;
        struct session_delivery *delivery = work->delivery;
        list_remove(&work->link);
        free(work);
        handle(world, adapter, delivery);
    }
}

void program_drop(struct sim_adapter *adapter)
{
    list_each(link, &adapter->work) {
        struct sim_work *work = list_element(link, struct sim_work, link);
        session_delivery_free(work->delivery);
        free(work);
    }
    list_init(&adapter->work);
}

bool program_had(const struct sim_adapter *adapter, const char *identity)
{
    return map_get_bytes(&adapter->inbox, bytes_string(identity)) != NULL;
}
