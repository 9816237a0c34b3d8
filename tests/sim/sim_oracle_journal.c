/* sim_oracle_journal.c - holds the journal, the account of it, and the broker's state against each other.
 * Looks into the core's state and changes nothing there.
 * See sim_oracle.h. */
#include "sim_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "core_state.h"
#include "destination.h"

/* ---- what is durable ---- */

bool oracle_is_durable(struct world *world, uint64_t sequence)
{
    const struct sim_disk *disk = &world->disk;
    if (sequence >= engine_records(world->broker.engine) || disk->last_segment[0] == 0)
        return false;
    uint64_t first = strtoull(strrchr(disk->last_segment, '/') + 1, NULL, 10);
    return sequence < first || memory_disk_is_durable(disk->memory, disk->last_segment);
}

/* ---- after a round ---- */

/* What had its end before the round, and of which the round's records say nothing new, was delivered all the same. */
static void check_sent(struct world *world)
{
    struct sim_observed *observed = &world->observed;
    uint64_t since[SIM_SENT_MAX] = {0};
    for (unsigned i = 0; i < observed->sent_count; i++) {
        const struct account_message *message = account_find(&world->account, observed->sent[i].sequence);
        bool ended = message && message->at[observed->sent[i].receiver].end != ACCOUNT_WAITING;
        since[i] = ended ? message->at[observed->sent[i].receiver].since : UINT64_MAX;
    }
    account_catch_up(world);
    for (unsigned i = 0; i < observed->sent_count; i++) {
        unsigned receiver = observed->sent[i].receiver;
        const struct account_message *message = account_find(&world->account, observed->sent[i].sequence);
        if (message == NULL)
            world_broken(world, ORACLE_DURABILITY, "position %llu is delivered, and was never accepted",
                         (unsigned long long)observed->sent[i].sequence);
        else if (message->not_before_ns >
                 world->broker.wall_ns) /* one that was dead when its time came needs no release */
            world_broken(world, ORACLE_TIME, "%s is delivered to %s before its time", message->identity,
                         sim_names[receiver]);
        else if (since[i] != UINT64_MAX && message->at[receiver].since == since[i])
            world_broken(world, ORACLE_SETTLED, "%s is delivered to %s, where it is %s", message->identity,
                         sim_names[receiver], account_end_name(message->at[receiver].end));
    }
}

/* Everything written: the queue holds what the journal says is waiting. Only questions that were answered, or whose deadline has passed,
 * may lie in it still: their end is noticed when they are fetched. They count as begun, too. */
static void check_queue(struct world *world, const struct destination *destination, unsigned system)
{
    const struct core_queue *queue = &destination->queue;
    uint64_t held = queue_waiting_total(queue) + destination->timed.count, waiting = world->account.waiting[system];
    size_t begun = queue->out_count + queue->waiting_count + queue->again_count;
    if (held < waiting)
        world_broken(world, ORACLE_RECEIPT, "%llu messages wait for %s by the journal, its queue holds %llu",
                     (unsigned long long)waiting, sim_names[system], (unsigned long long)held);
    else if (system != SIM_DELTA && held > waiting)
        world_broken(world, ORACLE_SETTLED, "%llu messages wait for %s by the journal, its queue holds %llu",
                     (unsigned long long)waiting, sim_names[system], (unsigned long long)held);
    else if (begun > SIM_BLOCKED_KEYS_MAX + (held - waiting))
        world_broken(world, ORACLE_BOUNDS, "%s has %zu messages begun and not ended", destination->system, begun);
    if (waiting - destination->timed.count > SIM_QUEUE_MESSAGES_MAX + world->account.late[system])
        world_broken(world, ORACLE_BOUNDS, "%llu messages wait for %s", (unsigned long long)waiting, sim_names[system]);
}

static void check_destinations(struct world *world)
{
    const struct core *core = engine_core(world->broker.engine);
    if (core_next_sequence(core) != engine_records(world->broker.engine))
        return; /* what was done last is not in the journal yet */
    for (unsigned i = 0; i < SIM_SYSTEMS; i++) {
        const struct destination *destination = destination_find(core, bytes_string(sim_names[i]));
        if (destination)
            check_queue(world, destination, i);
    }
}

static void check_violators(struct world *world)
{
    for (unsigned i = 0; i < world->observed.violators_count; i++) {
        const struct connection *connection = network_find(world, world->observed.violators[i]);
        if (connection->broker_open && !connection->was_told)
            world_broken(world, ORACLE_VIOLATION, "%s broke the protocol and was not told",
                         sim_names[connection->client]);
    }
}

void oracle_round(struct world *world)
{
    check_sent(world);
    check_destinations(world);
    check_violators(world);
}

/* ---- after a start, and at the end ---- */

static int open_to_read(struct world *world, struct disk *disk, struct journal **ret_journal,
                        struct journal_opened *ret_opened, struct truc_fault *fault)
{
    static const uint8_t journal_key[32] = {7};
    struct journal_options options = {.disk = disk,
                                      .directory = "/journal",
                                      .master_key = journal_key,
                                      .checkpoint_verify_key = signing_key_public(world->bus->checkpoint_key),
                                      .flags = JOURNAL_READ_ONLY};
    return journal_open(&options, NULL, ret_journal, ret_opened, fault);
}

void oracle_verify(struct world *world)
{
    struct truc_fault fault = {0};
    struct journal *journal;
    struct journal_verified verified = {0};
    struct journal_opened opened;
    int code = open_to_read(world, memory_disk_interface(world->disk.memory), &journal, &opened, &fault);
    if (code == 0) {
        code = journal_verify_all(journal, NULL, &verified, &fault);
        (void)journal_close(journal, 0, NULL); /* read only: nothing can fail that matters */
    }
    if (code < 0 && !(world->observed.flipped_snapshot && strncmp(fault.where, "snapshots/", 10) == 0))
        world_broken(world, ORACLE_JOURNAL, "the journal does not verify: %s: %s %s", truc_error_name(code), fault.text,
                     fault.where);
    else
        world_note(world, "journal verified, %llu records", (unsigned long long)verified.records);
}

static void check_survivors(struct world *world)
{
    for (unsigned a = 0; a < SIM_HONEST; a++)
        for (unsigned i = 0; i < SIM_ITEMS_PER_ADAPTER; i++) {
            const struct sim_item *item = &world->adapters[a].items[i];
            if (!item->acknowledged)
                continue;
            const struct account_message *message = account_find(&world->account, item->sequence);
            char identity[sizeof message->identity];
            (void)snprintf(identity, sizeof identity, "%s/%s", sim_names[a], item->id);
            if (message == NULL || strcmp(message->identity, identity) != 0)
                world_broken(world, ORACLE_SURVIVAL, "%s was acknowledged at %llu and is lost", item->id,
                             (unsigned long long)item->sequence);
        }
}

/* Whether or not anybody has heard the promise: that a position was accepted must stand. */
static void check_promises(struct world *world)
{
    for (uint64_t sequence = 0; sequence < world->observed.promised_end; sequence++)
        if (map_get_number(&world->observed.promised, sequence + 1) && account_find(&world->account, sequence) == NULL)
            world_broken(world, ORACLE_SURVIVAL, "position %llu was acknowledged or delivered, and is lost",
                         (unsigned long long)sequence);
}

void oracle_restarted(struct world *world)
{
    sim_disk_look(world);
    account_clear(&world->account);
    account_catch_up(world);
    oracle_account_is_whole(world);
    check_survivors(world);
    check_promises(world);
    check_destinations(world);
    oracle_verify(world);
}

/* ---- damage at rest ---- */

void oracle_damage(struct world *world, const char *path)
{
    struct truc_fault fault = {0};
    struct journal *journal;
    struct journal_verified verified = {0};
    struct journal_opened opened = {0};
    struct memory_disk *copy = memory_disk_copy(world->disk.memory);
    struct buffer *content = memory_disk_content(copy, path);
    if (copy == NULL || content == NULL || content->size == 0) {
        memory_disk_free(copy);
        return;
    }
    size_t at = random_below(&world->random, content->size);
    content->data[at] ^= (uint8_t)(1u << random_below(&world->random, 8));
    int code = open_to_read(world, memory_disk_interface(copy), &journal, &opened, &fault);
    if (code == 0) {
        code = journal_verify_all(journal, NULL, &verified, &fault);
        (void)journal_close(journal, 0, NULL); /* read only */
    }
    world_note(world, "a bit of %s flips at %zu: %s", path, at, code ? truc_error_name(code) : "cut");
    if (code == 0 && opened.cut_bytes == 0)
        world_broken(world, ORACLE_JOURNAL, "a flipped bit in %s at %zu goes unnoticed", path, at);
    memory_disk_free(copy);
}
