/* sim_broker.c - the broker of the simulation: the real engine and core over a disk in memory and a network of events.
 * It crashes in three ways: killed, power cut between rounds, power cut or failed sync in the middle of a commit.
 * Driven by sim_world.c. */
#include <stdlib.h>

#include "sim_canary.h"
#include "sim_world.h"

struct frame_in {
    struct list_link link;
    struct sim_event *event;
};

static struct world *world_of(struct transport *transport)
{
    return list_element(transport, struct world, transport);
}

static int adapter_of_peer(const struct world *world, uint64_t peer)
{
    for (int i = 0; i < SIM_SYSTEMS; i++)
        if (world->adapters[i].peer == peer)
            return i;
    return -1;
}

static int send(struct transport *transport, uint64_t peer, struct bytes frame)
{
    struct world *world = world_of(transport);
    int adapter = adapter_of_peer(world, peer);
    if (adapter < 0)
        return TRUC_E_DISCONNECTED;
    oracle_sent(world, (unsigned)adapter, frame);
    uint64_t arrival = world->now_ns + world_latency(world);
    if (arrival <= world->to_adapter_ns[adapter])
        arrival = world->to_adapter_ns[adapter] + 1;
    world->to_adapter_ns[adapter] = arrival;
    world_at(world, arrival, SIM_FRAME_TO_ADAPTER, (unsigned)adapter, peer, frame);
    return 0;
}

static void close_peer(struct transport *transport, uint64_t peer)
{
    struct world *world = world_of(transport);
    int adapter = adapter_of_peer(world, peer);
    if (adapter >= 0)
        world_at(world,
                 world->to_adapter_ns[adapter] > world->now_ns ? world->to_adapter_ns[adapter] + 1
                                                               : world->now_ns + 1000,
                 SIM_CONNECTION_LOST, (unsigned)adapter, peer, BYTES_EMPTY);
}

static uint64_t clock_now(void *context)
{
    return SIM_START_NS + ((const struct world *)context)->now_ns;
}

static uint64_t clock_up(void *context)
{
    return 1000000000 + ((const struct world *)context)->now_ns;
}

static void log_line(void *context, int level, const char *text)
{
    world_tell(context, "broker <%d> %s", level, text);
}

static void seeded_random(void *context, uint8_t *out, size_t size)
{
    struct world *world = context;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)random_next(&world->random);
}

void broker_start(struct world *world)
{
    static const uint8_t journal_key[32] = {7};
    struct truc_fault fault = {0};
    world->transport = (struct transport){.send = send, .close = close_peer};
    struct engine_options options = {.disk = memory_disk_interface(world->disk),
                                     .directory = "/journal",
                                     .policy = world->bus->policy,
                                     .journal_key = journal_key,
                                     .checkpoint_key = world->bus->checkpoint_key,
                                     .person_key = {9},
                                     .person_epoch = 1,
                                     .hash_key = {3},
                                     .segment_bytes = JOURNAL_SEGMENT_BYTES_MIN,
                                     .checkpoint_groups = 16,
                                     .snapshot_records = 64,
                                     .ids_young_max = SIM_IDS_YOUNG_MAX,
                                     .transport = &world->transport,
                                     .clock = {clock_now, clock_up, world},
                                     .log = log_line,
                                     .log_context = world,
                                     .random = seeded_random,
                                     .random_context = world};
    canary_apply(options.disk);
    int code = engine_open(&options, &world->engine, &fault);
    if (code < 0) {
        world->engine = NULL;
        if (world->armed.power_off || world->armed.fail_sync) { /* the next cut came while it was starting */
            broker_stop(world, true);
            return;
        }
        world_broken(world, "the broker does not start again: %s: %s %s", truc_error_name(code), fault.text,
                     fault.where);
        return;
    }
    world_note(world, "broker up, %llu records", (unsigned long long)engine_records(world->engine));
    if (world->round_scheduled == false) {
        world->round_scheduled = true;
        world_later(world, 1000000, SIM_ROUND, 0, 0, BYTES_EMPTY);
    }
}

void broker_drop_arrived(struct world *world)
{
    list_each(link, &world->arrived) {
        struct frame_in *frame = list_element(link, struct frame_in, link);
        free(frame->event);
        free(frame);
    }
    list_init(&world->arrived);
}

void broker_stop(struct world *world, bool power_cut)
{
    world->crashes++;
    world_note(world, "broker %s", power_cut ? "loses power" : "is killed");
    if (power_cut)
        memory_disk_crash(world->disk, random_next(&world->random));
    else
        memory_disk_kill(world->disk);
    world->armed = (struct memory_disk_faults){0};
    engine_abandon(world->engine);
    world->engine = NULL;
    broker_drop_arrived(world);
    for (unsigned i = 0; i < SIM_SYSTEMS; i++) /* what was on its way still arrives, then the connection is lost */
        if (world->adapters[i].peer)
            close_peer(&world->transport, world->adapters[i].peer);
    world_later(world, (100 + random_below(&world->random, 3000)) * 1000000, SIM_RESTART_BROKER, 0, 0, BYTES_EMPTY);
}

void broker_frame(struct world *world, struct sim_event *event)
{
    struct frame_in *frame = calloc(1, sizeof *frame);
    if (frame == NULL || world->engine == NULL) {
        free(frame);
        free(event);
        return;
    }
    frame->event = event;
    list_append(&world->arrived, &frame->link);
    if (!world->round_scheduled) {
        world->round_scheduled = true;
        world_later(world, random_below(&world->random, 2000000), SIM_ROUND, 0, 0, BYTES_EMPTY);
    }
}

void broker_lost(struct world *world, uint64_t peer)
{
    struct truc_fault fault = {0};
    if (world->engine && engine_gone(world->engine, peer, &fault) < 0)
        world_broken(world, "engine_gone: %s", fault.text);
}

void broker_round(struct world *world)
{
    struct truc_fault fault = {0};
    world->round_scheduled = false;
    if (world->engine == NULL)
        return;
    int code = 0;
    list_each(link, &world->arrived) {
        const struct sim_event *event = list_element(link, struct frame_in, link)->event;
        if (code == 0)
            code = engine_frame(world->engine, event->peer, world->bus->transport_keys[event->adapter],
                                bytes_of(event->data, event->size), &fault);
    }
    if (code == 0)
        code = engine_commit(world->engine, &fault);
    broker_drop_arrived(world);
    if (code < 0) {
        if (!world->armed.power_off && !world->armed.fail_sync)
            world_broken(world, "the broker fails: %s: %s", truc_error_name(code), fault.text);
        else
            broker_stop(world, true);
        return;
    }
    uint64_t wake_ns = engine_wake_up_ns(world->engine), up_ns = clock_up(world);
    if (!world->round_scheduled) {
        uint64_t delay = wake_ns == 0 ? 1000000 : wake_ns > up_ns ? wake_ns - up_ns : 100000;
        world->round_scheduled = true;
        world_later(world, delay < 1000000000 ? delay : 1000000000, SIM_ROUND, 0, 0, BYTES_EMPTY);
    }
}
