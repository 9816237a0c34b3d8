/* sim_broker.c - the broker's process: the real engine and core over the simulated disk and network, a round at a time.
 * It ends in four ways: stopped cleanly, killed, with the power, or by itself when its disk fails.
 * Driven by sim_world.c; the flow of a round is bus/daemon/daemon_loop.c's. */
#include <stdlib.h>

#include "sim_canary.h"
#include "sim_world.h"

struct frame_in {
    struct list_link link;
    struct sim_event *event;
};

static struct world *world_of(struct transport *transport)
{
    return list_element(list_element(transport, struct sim_broker, transport), struct world, broker);
}

static int send(struct transport *transport, uint64_t peer, struct bytes frame)
{
    struct world *world = world_of(transport);
    return canary_holds(world, peer, frame) ? 0 : network_to_client(world, peer, frame);
}

static void close_peer(struct transport *transport, uint64_t peer)
{
    network_broker_closes(world_of(transport), peer);
}

static uint64_t clock_up(void *context)
{
    return 1000000000 + ((const struct world *)context)->now_ns;
}

static uint64_t clock_now(void *context)
{
    struct world *world = context;
    uint64_t wall_ns = SIM_START_NS + world->now_ns + (uint64_t)world->broker.wall_off_ns;
    world->broker.wall_ns = io_clock_judge(&world->broker.clock, wall_ns, clock_up(world));
    return world->broker.wall_ns;
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

static struct engine_options options_of(struct world *world)
{
    static const uint8_t journal_key[32] = {7};
    return (struct engine_options){.disk = &world->disk.disk,
                                   .directory = "/journal",
                                   .policy = world->bus->policies[world->broker.on_disk],
                                   .journal_key = journal_key,
                                   .checkpoint_key = world->bus->checkpoint_key,
                                   .person_key = {9},
                                   .person_epoch = 1,
                                   .hash_key = {3},
                                   .segment_bytes = JOURNAL_SEGMENT_BYTES_MIN,
                                   .checkpoint_groups = 16,
                                   .snapshot_records = 64,
                                   .recent_bytes = SIM_RECENT_BYTES,
                                   .ids_young_max = SIM_IDS_YOUNG_MAX,
                                   .transport = &world->broker.transport,
                                   .clock = {clock_now, clock_up, world},
                                   .log = log_line,
                                   .log_context = world,
                                   .random = seeded_random,
                                   .random_context = world};
}

static void take_configuration(struct world *world)
{
    world->broker.in_force = world->broker.on_disk;
    world->broker.seen |= 1u << world->broker.in_force;
    world->broker.seen_in_life |= 1u << world->broker.in_force;
}

static void round_soon(struct world *world, uint64_t delay_ns)
{
    if (world->broker.round_scheduled)
        return;
    world->broker.round_scheduled = true;
    world_later(world, delay_ns, SIM_ROUND, 0);
}

static void begin_round(struct world *world)
{
    struct sim_broker *broker = &world->broker;
    broker->round_wall_ns = clock_now(world);
    world->observed.sent_count = world->observed.violators_count = 0;
}

/* Its disk failed under it: it ends with its own code, and the machine may have more to come. */
static void end_by_disk(struct world *world)
{
    bool is_off = memory_disk_is_off(world->disk.memory);
    broker_stop(world, is_off || random_chance(&world->random, 40) ? SIM_POWER_CUT : SIM_KILLED);
}

void broker_start(struct world *world)
{
    struct truc_fault fault = {0};
    struct sim_broker *broker = &world->broker;
    broker->life++;
    broker->clock = (struct io_clock){0};
    broker->seen_in_life = 0;
    take_configuration(world);
    begin_round(world);
    struct engine_options options = options_of(world);
    int code = engine_open(&options, &broker->engine, &fault);
    if (code < 0) {
        broker->engine = NULL;
        if (!world->disk.is_armed)
            world_broken(world, ORACLE_START, "the broker does not start again: %s: %s %s", truc_error_name(code),
                         fault.text, fault.where);
        else
            end_by_disk(world);
        return;
    }
    world_note(world, "broker up, %llu records, configuration %d", (unsigned long long)engine_records(broker->engine),
               broker->in_force);
    oracle_restarted(world);
    round_soon(world, 1000000);
}

static void drop_arrived(struct world *world)
{
    list_each(link, &world->broker.arrived) {
        struct frame_in *frame = list_element(link, struct frame_in, link);
        free(frame->event);
        free(frame);
    }
    list_init(&world->broker.arrived);
}

static void stop_cleanly(struct world *world)
{
    struct truc_fault fault = {0};
    begin_round(world);
    int code = engine_close(world->broker.engine, &fault);
    if (code < 0 && !world->disk.is_armed)
        world_broken(world, ORACLE_ENGINE, "the broker does not stop well: %s: %s", truc_error_name(code), fault.text);
    memory_disk_kill(world->disk.memory);
}

void broker_stop(struct world *world, enum sim_end end)
{
    static const char *const ends[] = {"is killed", "loses power", "is stopped"};
    struct sim_broker *broker = &world->broker;
    broker->crashes++;
    world_note(world, "broker %s", ends[end]);
    if (end == SIM_STOPPED) {
        stop_cleanly(world);
    } else {
        if (end == SIM_POWER_CUT)
            memory_disk_crash(world->disk.memory, random_next(&world->random));
        else
            memory_disk_kill(world->disk.memory);
        engine_abandon(broker->engine);
    }
    canary_forgets();
    sim_disk_disarm(world);
    broker->engine = NULL;
    drop_arrived(world);
    network_broker_dies(world);
    world_later(world, (100 + random_below(&world->random, 3000)) * 1000000, SIM_RESTART_BROKER, 0);
}

void broker_frame(struct world *world, struct sim_event *event)
{
    struct connection *connection = network_find(world, event->subject);
    struct frame_in *frame = calloc(1, sizeof *frame);
    if (frame == NULL || world->broker.engine == NULL || connection->life != world->broker.life ||
        !connection->broker_open) {
        free(frame);
        free(event);
        return;
    }
    frame->event = event;
    list_append(&world->broker.arrived, &frame->link);
    round_soon(world, random_below(&world->random, 2000000));
}

static int take_frames(struct world *world, struct truc_fault *fault)
{
    int code = 0;
    list_each(link, &world->broker.arrived) {
        const struct sim_event *event = list_element(link, struct frame_in, link)->event;
        struct connection *connection = network_find(world, event->subject);
        struct bytes frame = bytes_of(event->data, event->size);
        if (code < 0)
            break;
        oracle_arrived(world, connection, frame);
        code = engine_frame(world->broker.engine, event->subject, world->bus->transport_keys[connection->client], frame,
                            fault);
    }
    return code;
}

/* After a round, or in the place of one: the next is due when the engine says so. */
static void end_round(struct world *world, int code, const struct truc_fault *fault)
{
    if (code < 0) {
        if (!world->disk.is_armed)
            world_broken(world, ORACLE_ENGINE, "the broker fails: %s: %s %s", truc_error_name(code), fault->text,
                         fault->where);
        end_by_disk(world);
        return;
    }
    if (memory_disk_is_off(world->disk.memory)) { /* the power went, and no call of this round has told */
        end_by_disk(world);
        return;
    }
    oracle_round(world);
    uint64_t wake_ns = engine_wake_up_ns(world->broker.engine), up_ns = clock_up(world);
    uint64_t delay_ns = wake_ns == 0 ? 1000000 : wake_ns > up_ns ? wake_ns - up_ns : 100000;
    round_soon(world, delay_ns < 1000000000 ? delay_ns : 1000000000);
}

void broker_round(struct world *world)
{
    struct truc_fault fault = {0};
    world->broker.round_scheduled = false;
    if (world->broker.engine == NULL)
        return;
    begin_round(world);
    int code = take_frames(world, &fault);
    if (code == 0)
        code = engine_commit(world->broker.engine, &fault);
    drop_arrived(world);
    end_round(world, code, &fault);
}

void broker_reload(struct world *world, enum sim_configuration next)
{
    struct truc_fault fault = {0};
    struct sim_broker *broker = &world->broker;
    bool changes = broker->on_disk != next;
    broker->on_disk = next;
    if (changes)
        world_note(world, "configuration %d", next);
    if (broker->engine == NULL)
        return;
    io_clock_accept(&broker->clock); /* as SIGHUP does */
    begin_round(world);
    int code = changes ? engine_policy(broker->engine, world->bus->policies[next], "reload", &fault) : 0;
    take_configuration(world);
    if (code == 0)
        code = engine_commit(broker->engine, &fault);
    end_round(world, code, &fault);
}

void broker_init(struct world *world)
{
    world->broker.transport = (struct transport){.send = send, .close = close_peer};
    list_init(&world->broker.arrived);
}

void broker_free(struct world *world)
{
    drop_arrived(world);
    memory_disk_kill(world->disk.memory);
    engine_abandon(world->broker.engine);
}
