/* sim_adapter.c - the process of an honest adapter: starts, is killed, connects, and carries its session's effects out.
 * Nothing of it survives but the inbox and what it still wants to send.
 * Driven by sim_world.c. */
#include <stdlib.h>

#include "sim_memo.h"
#include "sim_world.h"

struct session_time adapter_time(const struct world *world, const struct sim_adapter *adapter)
{
    return (struct session_time){.monotonic_ns = 1000000000 + world->now_ns,
                                 .wall_ns = SIM_START_NS + world->now_ns + (uint64_t)adapter->wall_off_ns};
}

static void schedule_wake(struct world *world, const struct sim_adapter *adapter)
{
    uint64_t wake_ns = adapter->session ? session_wake_ns(adapter->session) : UINT64_MAX,
             now_ns = adapter_time(world, adapter).monotonic_ns;
    if (wake_ns != UINT64_MAX)
        world_later(world, wake_ns > now_ns ? wake_ns - now_ns : 1, SIM_WAKE, adapter->index);
}

static void disconnect(struct world *world, struct sim_adapter *adapter)
{
    network_client_closes(world, adapter->peer);
    adapter->peer = 0;
}

static void take_effects(struct world *world, struct sim_adapter *adapter)
{
    struct session_effect effect;
    while (adapter->session && session_effect_next(adapter->session, &effect)) {
        switch (effect.kind) {
        case SESSION_CONNECT:
            adapter->peer = network_connect(world, adapter->index);
            break;
        case SESSION_DISCONNECT:
            disconnect(world, adapter);
            break;
        case SESSION_SEND:
            network_to_broker(world, adapter->peer, effect.frame);
            break;
        case SESSION_DELIVER:
            program_deliver(world, adapter, effect.delivery);
            break;
        case SESSION_OUTCOME:
            sender_outcome(world, &effect);
            break;
        case SESSION_ANSWER:
            sender_answer(world, &effect);
            break;
        case SESSION_REPLIED:
        case SESSION_PERMISSIONS:
        case SESSION_BLOB_WANT: /* no attachments travel here */
        case SESSION_BLOB_DATA:
        case SESSION_BLOB_PROGRESS:
        case SESSION_BLOB_END:
            break;
        case SESSION_LOG:
            world_tell(world, "%s <%d> %s", sim_names[adapter->index], effect.level, effect.text);
            break;
        }
    }
}

void adapter_settle_step(struct world *world, struct sim_adapter *adapter)
{
    take_effects(world, adapter);
    if (adapter->session && session_flush(adapter->session, adapter_time(world, adapter)) < 0)
        world_broken(world, ORACLE_SDK, "session_flush failed");
    take_effects(world, adapter);
    schedule_wake(world, adapter);
}

void adapter_frame(struct world *world, struct sim_adapter *adapter, uint64_t peer, struct bytes frame)
{
    if (adapter->session == NULL || adapter->peer != peer)
        return;
    if (session_frame(adapter->session, adapter_time(world, adapter), frame) < 0)
        world_broken(world, ORACLE_SDK, "session_frame failed");
    adapter_settle_step(world, adapter);
}

void adapter_connected(struct world *world, struct sim_adapter *adapter)
{
    if (adapter->session == NULL)
        return;
    if (session_connected(adapter->session, adapter_time(world, adapter)) < 0)
        world_broken(world, ORACLE_SDK, "session_connected failed");
    adapter_settle_step(world, adapter);
}

void adapter_lost(struct world *world, struct sim_adapter *adapter, uint64_t peer)
{
    if (adapter->session == NULL || adapter->peer != peer)
        return;
    disconnect(world, adapter);
    if (session_disconnected(adapter->session, adapter_time(world, adapter), "connection lost") < 0)
        world_broken(world, ORACLE_SDK, "session_disconnected failed");
    adapter_settle_step(world, adapter);
}

void adapter_wake(struct world *world, struct sim_adapter *adapter)
{
    if (adapter->session == NULL)
        return;
    program_work(world, adapter);
    if (session_wake_ns(adapter->session) <= adapter_time(world, adapter).monotonic_ns &&
        session_tick(adapter->session, adapter_time(world, adapter)) < 0)
        world_broken(world, ORACLE_SDK, "session_tick failed");
    adapter_settle_step(world, adapter);
    if (adapter->session && session_wake_ns(adapter->session) <= adapter_time(world, adapter).monotonic_ns)
        world_broken(world, ORACLE_SDK, "%s did all there was to do, and wants to be woken at once",
                     sim_names[adapter->index]);
}

/* Beta's first key is no use while the configuration says that it is revoked. */
static unsigned choose_key(struct world *world, const struct sim_adapter *adapter)
{
    if (adapter->index != SIM_BETA)
        return 0;
    return world->broker.on_disk == SIM_REVOKED || random_chance(&world->random, 30);
}

void adapter_start(struct world *world, struct sim_adapter *adapter)
{
    struct truc_fault fault = {0};
    adapter->key = choose_key(world, adapter);
    adapter->is_slow = random_chance(&world->random, 15);
    const struct keyring *keyring = &world->bus->keyrings[adapter->index][adapter->key];
    struct session_settings settings = {.bus = SIM_BUS_ID,
                                        .system = sim_names[adapter->index],
                                        .software = "sim",
                                        .receive_window_bytes = SIM_WINDOW_BYTES,
                                        .salt_secret = {(uint8_t)adapter->index},
                                        .queue_messages_max = 256,
                                        .queue_bytes_max = SIM_OUTGOING_BYTES_MAX,
                                        .random_seed = random_next(&world->random),
                                        .crypto = &memo_crypto,
                                        .crypto_context = (void *)keyring};
    settings.session_id[0] = (uint8_t)adapter->index;
    store_le64(settings.session_id + 8, ++adapter->sessions);
    memcpy(settings.key_id, keyring->own.key.id.bytes, sizeof settings.key_id);
    if (session_create(&settings, adapter_time(world, adapter), &adapter->session, &fault) < 0) {
        world_broken(world, ORACLE_SDK, "session_create: %s", fault.text);
        return;
    }
    sender_restarted(adapter);
    world_note(world, "%s up, key %u", sim_names[adapter->index], adapter->key);
    adapter_settle_step(world, adapter);
    world_later(world, 1000000, SIM_WORKLOAD, adapter->index);
}

void adapter_stop(struct world *world, struct sim_adapter *adapter)
{
    world_note(world, "%s is killed", sim_names[adapter->index]);
    disconnect(world, adapter);
    program_drop(adapter);
    session_free(adapter->session);
    adapter->session = NULL;
    world_later(world, random_below(&world->random, 2000) * 1000000, SIM_RESTART_ADAPTER, adapter->index);
}

static void free_effects(struct map *effects)
{
    size_t at = 0;
    void *effect;
    while ((effect = map_next(effects, &at)))
        free(effect);
    map_free(effects);
}

void adapter_free(struct sim_adapter *adapter)
{
    program_drop(adapter);
    session_free(adapter->session);
    free_effects(&adapter->inbox);
    free_effects(&adapter->rejected);
}
