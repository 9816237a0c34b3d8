/* sim_world.c - the world's clock: events in the order of time, faults while they last, then quiet until all is done.
 * Deterministic: one generator, one heap, no pointer or address ever decides anything.
 * See sim_world.h. */
#include "sim_world.h"

#include <stdlib.h>

#include "sim_canary.h"
#include "time_text.h"

void world_at(struct world *world, uint64_t at_ns, enum sim_event_kind kind, uint64_t subject, struct bytes data)
{
    struct sim_event *event = calloc(1, sizeof *event + data.size);
    if (event == NULL || heap_put(&world->events, &event->node, at_ns) < 0)
        abort();
    event->kind = kind;
    event->subject = subject;
    event->size = data.size;
    if (data.size)
        memcpy(event->data, data.data, data.size);
}

void world_later(struct world *world, uint64_t delay_ns, enum sim_event_kind kind, uint64_t subject)
{
    world_at(world, world->now_ns + delay_ns, kind, subject, BYTES_EMPTY);
}

/* ---- what a client hears of its connection ---- */

static void to_client(struct world *world, const struct sim_event *event)
{
    const struct connection *connection = network_find(world, event->subject);
    struct bytes frame = bytes_of(event->data, event->size);
    if (!connection->client_open)
        return;
    if (connection->client == SIM_MALLORY)
        hostile_frame(world, event->subject, frame);
    else if (connection->client == SIM_OPERATOR)
        operator_frame(world, event->subject, frame);
    else
        adapter_frame(world, &world->adapters[connection->client], event->subject, frame);
}

static void connected(struct world *world, uint64_t peer)
{
    const struct connection *connection = network_find(world, peer);
    if (!connection->client_open)
        return;
    if (connection->client == SIM_MALLORY)
        hostile_connected(world, peer);
    else if (connection->client == SIM_OPERATOR)
        operator_connected(world, peer);
    else if (world->adapters[connection->client].peer == peer)
        adapter_connected(world, &world->adapters[connection->client]);
}

static void lost(struct world *world, uint64_t peer)
{
    const struct connection *connection = network_find(world, peer);
    if (!connection->client_open)
        return;
    if (connection->client == SIM_MALLORY)
        hostile_lost(world, peer);
    else if (connection->client == SIM_OPERATOR)
        operator_lost(world, peer);
    else
        adapter_lost(world, &world->adapters[connection->client], peer);
}

/* ---- events ---- */

/* True when the event was taken over. */
static bool handle(struct world *world, struct sim_event *event)
{
    switch (event->kind) {
    case SIM_FRAME_TO_BROKER:
        broker_frame(world, event);
        return true;
    case SIM_FRAME_TO_CLIENT:
        to_client(world, event);
        break;
    case SIM_CONNECTED:
        connected(world, event->subject);
        break;
    case SIM_LOST:
        lost(world, event->subject);
        break;
    case SIM_BROKER_NOTICES:
        network_find(world, event->subject)->broker_open = false;
        break;
    case SIM_ROUND:
        broker_round(world);
        break;
    case SIM_RESTART_BROKER:
        if (world->broker.engine == NULL)
            broker_start(world);
        break;
    case SIM_RESTART_ADAPTER:
        if (world->adapters[event->subject].session == NULL)
            adapter_start(world, &world->adapters[event->subject]);
        break;
    case SIM_FAULT:
        faults_happen(world);
        break;
    case SIM_WORKLOAD:
        sender_workload(world, &world->adapters[event->subject]);
        break;
    case SIM_WAKE:
        adapter_wake(world, &world->adapters[event->subject]);
        break;
    case SIM_HOSTILE:
        hostile_acts(world);
        break;
    case SIM_OPERATES:
        operator_acts(world);
        break;
    }
    return false;
}

static void run(struct world *world)
{
    struct heap_node *node;
    const uint64_t faults_until = SIM_FAULTS_MS * TIME_NS_PER_MS,
                   end = faults_until + SIM_QUIET_MS_MAX * TIME_NS_PER_MS;
    uint64_t left = SIM_EVENTS_MAX;
    while (world->oracle == ORACLE_NONE && (node = heap_first(&world->events)) && node->key <= end) {
        if (left-- == 0)
            world_broken(world, ORACLE_END, "%d events, and no end of them", SIM_EVENTS_MAX);
        struct sim_event *event = heap_element(node, struct sim_event, node);
        heap_remove(&world->events, node);
        world->now_ns = node->key > world->now_ns ? node->key : world->now_ns;
        if (world->faults && world->now_ns >= faults_until)
            faults_end(world);
        if (!handle(world, event))
            free(event);
        if (!world->faults && oracle_is_quiet(world))
            break;
    }
}

static struct world *world_make(struct sim_bus *bus, uint64_t seed, bool verbose)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL)
        abort();
    world->seed = world->random.state = seed;
    world->bus = bus;
    world->faults = true;
    world->verbose = verbose;
    sim_disk_init(world);
    sha256_begin(&world->trace);
    sender_make_items(world);
    for (unsigned i = 0; i < SIM_HONEST; i++) {
        world->adapters[i].index = i;
        list_init(&world->adapters[i].work);
    }
    canary_begins();
    broker_init(world);
    broker_start(world);
    for (unsigned i = 0; i < SIM_HONEST; i++)
        adapter_start(world, &world->adapters[i]);
    hostile_start(world);
    operator_start(world);
    world_later(world, 500000000, SIM_FAULT, 0);
    return world;
}

static void world_free(struct world *world)
{
    struct heap_node *node;
    while ((node = heap_first(&world->events))) {
        heap_remove(&world->events, node);
        free(heap_element(node, struct sim_event, node));
    }
    heap_free(&world->events);
    broker_free(world);
    for (unsigned i = 0; i < SIM_HONEST; i++)
        adapter_free(&world->adapters[i]);
    hostile_free(world);
    network_free(&world->network);
    account_clear(&world->account);
    map_free(&world->observed.promised);
    sim_disk_free(&world->disk);
    free(world);
}

void world_run(struct sim_bus *bus, uint64_t seed, bool verbose, struct sim_result *ret_result)
{
    struct world *world = world_make(bus, seed, verbose);
    run(world);
    if (world->oracle == ORACLE_NONE)
        oracle_end(world);
    *ret_result = (struct sim_result){.oracle = world->oracle,
                                      .trace = sha256_end(&world->trace),
                                      .crashes = world->broker.crashes,
                                      .delivered = world->observed.delivered,
                                      .acknowledged = world->observed.acknowledged,
                                      .effects = world->observed.effects};
    memcpy(ret_result->failure, world->failure, sizeof world->failure);
    world_free(world);
}
