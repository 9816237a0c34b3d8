/* sim_world.c - the world's clock: events in the order of time, faults while they last, then quiet until all is done.
 * Deterministic: one generator, one heap, no pointer or address ever decides anything.
 * See sim_world.h. */
#include "sim_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* splitmix64 (Steele, Lea, Flood 2014) */
uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

uint64_t random_below(struct random *random, uint64_t limit)
{
    return limit ? random_next(random) % limit : 0;
}

bool random_chance(struct random *random, unsigned percent)
{
    return random_below(random, 100) < percent;
}

void world_note(struct world *world, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    uint8_t time[8];
    store_le64(time, world->now_ns);
    sha256_add(&world->trace, bytes_of(time, sizeof time));
    sha256_add(&world->trace, bytes_of(line, size < 0 ? 0 : strlen(line)));
    world->lines++;
    if (world->verbose)
        printf("%12.6f %s\n", (double)world->now_ns / 1e9, line);
}

void world_tell(const struct world *world, const char *format, ...)
{
    va_list arguments;
    if (!world->verbose)
        return;
    printf("%12.6f   ", (double)world->now_ns / 1e9);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void world_broken(struct world *world, const char *format, ...)
{
    char text[sizeof world->failure];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (world->failure[0] == 0)
        (void)snprintf(world->failure, sizeof world->failure, "at %.6f s: %.480s", (double)world->now_ns / 1e9, text);
    if (world->verbose)
        printf("%12.6f BROKEN %s\n", (double)world->now_ns / 1e9, text);
}

void world_at(struct world *world, uint64_t at_ns, enum sim_event_kind kind, unsigned adapter, uint64_t peer,
              struct bytes data)
{
    struct sim_event *event = calloc(1, sizeof *event + data.size);
    if (event == NULL || heap_put(&world->events, &event->node, at_ns) < 0)
        abort();
    event->kind = kind;
    event->adapter = adapter;
    event->peer = peer;
    event->size = data.size;
    if (data.size)
        memcpy(event->data, data.data, data.size);
}

void world_later(struct world *world, uint64_t delay_ns, enum sim_event_kind kind, unsigned adapter, uint64_t peer,
                 struct bytes data)
{
    world_at(world, world->now_ns + delay_ns, kind, adapter, peer, data);
}

uint64_t world_latency(struct world *world)
{
    if (world->faults && random_chance(&world->random, 2))
        return random_below(&world->random, 2000000000); /* clogged */
    return 50000 + random_below(&world->random, 500000);
}

static void arm_disk(struct world *world)
{
    if (random_chance(&world->random, 70))
        world->armed.power_off = 1 + random_below(&world->random, 60);
    else
        world->armed.fail_sync = 1 + random_below(&world->random, 10);
    memory_disk_set_faults(world->disk, &world->armed);
}

static void fault(struct world *world)
{
    if (!world->faults)
        return;
    struct sim_adapter *adapter = &world->adapters[random_below(&world->random, SIM_SYSTEMS)];
    switch (random_below(&world->random, 6)) {
    case 0:
    case 1:
        if (world->engine)
            broker_stop(world, random_chance(&world->random, 60));
        break;
    case 2:
        if (world->engine && !world->armed.power_off && !world->armed.fail_sync)
            arm_disk(world);
        break;
    case 3:
        if (adapter->session)
            adapter_stop(world, adapter);
        break;
    default:
        if (adapter->peer)
            world_later(world, 1, SIM_CONNECTION_LOST, adapter->index, adapter->peer, BYTES_EMPTY);
        break;
    }
    world_later(world, random_below(&world->random, 3000000000), SIM_FAULT, 0, 0, BYTES_EMPTY);
}

static void handle(struct world *world, struct sim_event *event)
{
    struct sim_adapter *adapter = &world->adapters[event->adapter];
    switch (event->kind) {
    case SIM_FRAME_TO_BROKER:
        if (adapter->peer == event->peer) {
            broker_frame(world, event);
            return;
        }
        break;
    case SIM_FRAME_TO_ADAPTER:
        adapter_frame(world, adapter, event->peer, bytes_of(event->data, event->size));
        break;
    case SIM_CONNECTED:
        if (adapter->peer == event->peer)
            adapter_connected(world, adapter);
        break;
    case SIM_CONNECTION_LOST:
        adapter_lost(world, adapter, event->peer);
        break;
    case SIM_ROUND:
        broker_round(world);
        break;
    case SIM_RESTART_BROKER:
        if (world->engine == NULL)
            broker_start(world);
        break;
    case SIM_RESTART_ADAPTER:
        if (adapter->session == NULL)
            adapter_start(world, adapter);
        break;
    case SIM_FAULT:
        fault(world);
        break;
    case SIM_WORKLOAD:
        adapter_workload(world, adapter);
        break;
    case SIM_WAKE:
        adapter_wake(world, adapter);
        break;
    }
    free(event);
}

static void make_items(struct world *world)
{
    for (unsigned a = SIM_ALPHA; a <= SIM_BETA; a++)
        for (unsigned i = 0; i < SIM_ITEMS_PER_ADAPTER; i++) {
            struct sim_item *item = &world->adapters[a].items[i];
            item->adapter = a;
            item->number = i;
            item->key = (unsigned)random_below(&world->random, SIM_KEYS);
            item->is_request = random_chance(&world->random, 25);
            item->urgency = random_chance(&world->random, 70) ? HEADER_URGENCY_NORMAL
                                                              : 2 + (unsigned)random_below(&world->random, 3);
            if (!item->is_request && random_chance(&world->random, 10)) {
                item->timed_ns = (1 + random_below(&world->random, SIM_TIMED_MS_MAX)) * 1000000;
                item->key = SIM_TIMED_KEY;
            }
            item->type = item->is_request ? "citizen.verify" : "dossier.progress";
            (void)snprintf(item->id, sizeof item->id, "%s-%u", sim_names[a], i);
            (void)snprintf(item->subject, sizeof item->subject, "H56.14-261118-000%u", item->key);
        }
}

static void end_faults(struct world *world)
{
    world->faults = false;
    if (world->engine &&
        memory_disk_is_off(world->disk)) /* the power went while a spare segment was filled: no sync has told yet */
        broker_stop(world, true);
    if (world->armed.power_off || world->armed.fail_sync) {
        world->armed = (struct memory_disk_faults){0};
        memory_disk_set_faults(world->disk, &world->armed);
    }
    world_note(world, "faults end");
}

static void run(struct world *world)
{
    struct heap_node *node;
    const uint64_t faults_until = SIM_FAULTS_MS * 1000000ull, end = faults_until + SIM_QUIET_MS_MAX * 1000000ull;
    while (world->failure[0] == 0 && (node = heap_first(&world->events)) && node->key <= end) {
        struct sim_event *event = heap_element(node, struct sim_event, node);
        heap_remove(&world->events, node);
        world->now_ns = node->key > world->now_ns ? node->key : world->now_ns;
        if (world->faults && world->now_ns >= faults_until)
            end_faults(world);
        handle(world, event);
        if (!world->faults && oracle_is_quiet(world))
            break;
    }
}

void world_run(struct sim_bus *bus, uint64_t seed, bool verbose, struct sim_result *ret_result)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL || (world->disk = memory_disk_new()) == NULL)
        abort();
    world->seed = world->random.state = seed;
    world->bus = bus;
    world->faults = true;
    world->verbose = verbose;
    list_init(&world->arrived);
    sha256_begin(&world->trace);
    make_items(world);
    for (unsigned i = 0; i < SIM_SYSTEMS; i++) {
        world->adapters[i].index = i;
        list_init(&world->adapters[i].work);
    }
    broker_start(world);
    for (unsigned i = 0; i < SIM_SYSTEMS; i++)
        adapter_start(world, &world->adapters[i]);
    world_later(world, 500000000, SIM_FAULT, 0, 0, BYTES_EMPTY);
    run(world);
    if (world->failure[0] == 0)
        oracle_end(world);

    *ret_result = (struct sim_result){.failed = world->failure[0] != 0,
                                      .trace = sha256_end(&world->trace),
                                      .crashes = world->crashes,
                                      .delivered = world->delivered,
                                      .acknowledged = world->acknowledged,
                                      .effects = world->effects};
    memcpy(ret_result->failure, world->failure, sizeof world->failure);
    struct heap_node *node;
    while ((node = heap_first(&world->events))) {
        heap_remove(&world->events, node);
        free(heap_element(node, struct sim_event, node));
    }
    heap_free(&world->events);
    broker_drop_arrived(world);
    memory_disk_kill(world->disk);
    engine_abandon(world->engine);
    for (unsigned i = 0; i < SIM_SYSTEMS; i++)
        adapter_free(&world->adapters[i]);
    memory_disk_free(world->disk);
    free(world);
}
