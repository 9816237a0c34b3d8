/* sim_faults.c - does harm, one thing at a time, for as long as faults last; then puts everything right.
 * What is done is drawn from a table, so that the odds can be read in one place.
 * Called by sim_world.c. */
#include "sim_world.h"

#include <errno.h>

static struct sim_adapter *some_adapter(struct world *world)
{
    return &world->adapters[random_below(&world->random, SIM_HONEST)];
}

/* ---- processes ---- */

static void crash_broker(struct world *world)
{
    if (world->broker.engine)
        broker_stop(world, random_chance(&world->random, 55)   ? SIM_POWER_CUT
                           : random_chance(&world->random, 75) ? SIM_KILLED
                                                               : SIM_STOPPED);
}

static void crash_adapter(struct world *world)
{
    struct sim_adapter *adapter = some_adapter(world);
    if (adapter->session)
        adapter_stop(world, adapter);
}

/* ---- network ---- */

static void lose_connection(struct world *world)
{
    network_lose(world, some_adapter(world)->peer);
}

static void silence_connection(struct world *world)
{
    network_silence(world, some_adapter(world)->peer);
}

static void clog_connection(struct world *world)
{
    network_clog(world, some_adapter(world)->peer, random_below(&world->random, 6000000000));
}

static void lose_all_connections(struct world *world)
{
    for (unsigned i = 0; i < SIM_HONEST; i++)
        network_lose(world, world->adapters[i].peer);
}

/* ---- disk ---- */

static void arm_disk(struct world *world)
{
    struct sim_disk_faults faults = {.memory = {.space_bytes = world->disk.faults.memory.space_bytes}};
    struct random *random = &world->random;
    if (world->broker.engine == NULL || world->disk.is_armed)
        return;
    switch (random_below(random, 8)) {
    case 0:
        faults.memory.fail_write = 1 + random_below(random, 20);
        break;
    case 1:
    case 2:
        faults.memory.fail_sync = 1 + random_below(random, 15);
        break;
    case 3:
        faults.fail_open = 1 + random_below(random, 10);
        break;
    case 4:
        faults.fail_rename = 1 + random_below(random, 5);
        break;
    case 5:
        faults.fail_sync_directory = 1 + random_below(random, 5);
        break;
    default:
        faults.memory.power_off = 1 + random_below(random, 60);
        break;
    }
    sim_disk_arm(world, &faults);
    world_note(world, "the disk will fail: write %llu, sync %llu, open %llu, rename %llu, directory %llu, power %llu",
               (unsigned long long)faults.memory.fail_write, (unsigned long long)faults.memory.fail_sync,
               (unsigned long long)faults.fail_open, (unsigned long long)faults.fail_rename,
               (unsigned long long)faults.fail_sync_directory, (unsigned long long)faults.memory.power_off);
}

/* A disk that fills is seen before it is full (bus/io/disk_space.h): publishes are held back while what was accepted goes on. */
enum { DISK_LEFT_BYTES = 2 * 1024 * 1024, DISK_LEFT_BYTES_MIN = 600 * 1024 };

static void tell_room(struct world *world, bool blocked)
{
    struct truc_fault fault = {0};
    if (engine_room(world->broker.engine, blocked, blocked ? "disk 91 % > 90 %" : "", &fault) < 0)
        world_broken(world, ORACLE_ENGINE, "engine_room: %s", fault.text);
    world_note(world, blocked ? "the disk fills" : "the disk has room again");
}

static void set_space(struct world *world, uint64_t bytes)
{
    world->disk.faults.memory.space_bytes = bytes;
    world->disk.is_tight = bytes != 0;
    memory_disk_set_faults(world->disk.memory, &world->disk.faults.memory);
    tell_room(world, bytes != 0);
}

static void fill_disk(struct world *world)
{
    if (world->broker.engine && !world->disk.is_armed && !world->disk.is_tight)
        set_space(world, memory_disk_used_bytes(world->disk.memory) + DISK_LEFT_BYTES_MIN +
                             random_below(&world->random, DISK_LEFT_BYTES));
}

static void empty_disk(struct world *world)
{
    if (world->broker.engine && !world->disk.is_armed && world->disk.is_tight)
        set_space(world, 0);
}

/* In what can be made anew from the journal, a flipped bit must cost nothing; in what can't, it must be named. */
static void flip_bit(struct world *world)
{
    size_t count = 0;
    while (memory_disk_path(world->disk.memory, count))
        count++;
    const char *path = memory_disk_path(world->disk.memory, random_below(&world->random, count));
    if (path == NULL || strstr(path, ".tmp") || strstr(path, "/lock"))
        return;
    if (strstr(path, "/segments/")) {
        if (strstr(path, ".tj"))
            oracle_damage(world, path);
        return;
    }
    if (!strstr(path, "/snapshots/") && !strstr(path, "/index/") && !strstr(path, "/queues/"))
        return;
    struct buffer *content = memory_disk_content(world->disk.memory, path);
    if (world->broker.engine || content == NULL || content->size == 0)
        return; /* a running broker has read it already */
    size_t at = random_below(&world->random, content->size);
    content->data[at] ^= (uint8_t)(1u << random_below(&world->random, 8));
    world->observed.flipped_snapshot |= strstr(path, "/snapshots/") != NULL;
    world_note(world, "a bit of %s flips at %zu", path, at);
}

/* ---- time and configuration ---- */

static void jump_clock(struct world *world)
{
    int64_t off_ns = (int64_t)random_below(&world->random, 240) * 1000000000 - 120000000000;
    if (random_chance(&world->random, 50)) {
        world->broker.wall_off_ns = world->broker.wall_off_ns ? 0 : off_ns;
        world_note(world, "the broker's clock is off by %lld s", (long long)(world->broker.wall_off_ns / 1000000000));
    } else {
        some_adapter(world)->wall_off_ns = off_ns;
    }
}

/* Beta's process is given its second key when the first is revoked. */
static void reconfigure(struct world *world)
{
    enum sim_configuration next = (enum sim_configuration)random_below(&world->random, SIM_CONFIGURATIONS);
    struct sim_adapter *beta = &world->adapters[SIM_BETA];
    broker_reload(world, random_chance(&world->random, 40) ? SIM_BASE : next);
    if (world->broker.on_disk == SIM_REVOKED && beta->session && beta->key == 0)
        adapter_stop(world, beta);
}

/* ---- the table ---- */

static const struct {
    void (*happen)(struct world *world);
    unsigned weight;
} faults[] = {{crash_broker, 4},         {arm_disk, 3},        {crash_adapter, 4}, {lose_connection, 4},
              {silence_connection, 2},   {clog_connection, 2}, {fill_disk, 1},     {empty_disk, 2},
              {lose_all_connections, 1}, {flip_bit, 2},        {jump_clock, 1},    {reconfigure, 4}};
enum { FAULTS_COUNT = sizeof faults / sizeof *faults };

void faults_happen(struct world *world)
{
    uint64_t total = 0;
    if (!world->faults)
        return;
    for (unsigned i = 0; i < FAULTS_COUNT; i++)
        total += faults[i].weight;
    uint64_t drawn = random_below(&world->random, total);
    for (unsigned i = 0; i < FAULTS_COUNT; i++) {
        if (drawn < faults[i].weight) {
            faults[i].happen(world);
            break;
        }
        drawn -= faults[i].weight;
    }
    world_later(world, random_below(&world->random, 1500000000), SIM_FAULT, 0);
}

void faults_end(struct world *world)
{
    world->faults = false;
    world->broker.wall_off_ns = 0;
    for (unsigned i = 0; i < SIM_HONEST; i++)
        world->adapters[i].wall_off_ns = 0;
    if (world->broker.engine && memory_disk_is_off(world->disk.memory)) /* the power went, and no sync has told yet */
        broker_stop(world, SIM_POWER_CUT);
    if (world->broker.engine && world->disk.is_tight)
        set_space(world, 0);
    sim_disk_disarm(world);
    broker_reload(world, SIM_BASE);
    world_note(world, "faults end");
}
