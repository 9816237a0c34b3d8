/* sim_oracle.c - what must be true, whatever happens: judged from outside, with records of its own.
 * Acknowledged is never lost; deliveries were journaled and allowed; one effect a message; order by key; the journal verifies;
 * when the faults stop everything finds its end.
 * Called by the other files of the simulation as things happen. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_world.h"

void oracle_sent(struct world *world, unsigned receiver, struct bytes frame)
{
    struct command command;
    struct parcel parcel;
    struct delivery delivery;
    struct header header;
    size_t parcel_at = 0;
    if (command_decode(frame, &command, NULL) < 0) {
        world_broken(world, "the broker sent a frame that does not decode");
        return;
    }
    if (command.kind == COMMAND_ERROR)
        world_tell(world, "to %s: error %u %.*s", sim_names[receiver], command.error.code,
                   BYTES_PRINTF(command.error.text));
    if (command.kind != COMMAND_DELIVER)
        return;
    while (parcel_next(command.deliver.parcels, &parcel_at, &parcel) > 0) {
        size_t at = 0;
        while (delivery_next(parcel.deliveries, &at, &delivery) > 0) {
            if (delivery.sequence >= engine_records(world->engine))
                world_broken(world, "position %llu was delivered before it was journaled",
                             (unsigned long long)delivery.sequence);
            if (header_decode(delivery.message.header, &header, NULL) == 0 &&
                header.not_before_ns > SIM_START_NS + world->now_ns)
                world_broken(world, "position %llu was delivered before its time",
                             (unsigned long long)delivery.sequence);
            if (header_decode(delivery.message.header, &header, NULL) < 0 ||
                !sim_allowed(header_sender(&header), header.type, receiver))
                world_broken(world, "%s got what it may not get: %.*s from %.*s", sim_names[receiver],
                             BYTES_PRINTF(header.type), BYTES_PRINTF(header_sender(&header)));
        }
    }
}

void oracle_acknowledged(struct world *world, struct sim_item *item, uint64_t sequence)
{
    world_note(world, "%s acknowledged at %llu", item->id, (unsigned long long)sequence);
    if (item->acknowledged && item->sequence != sequence)
        world_broken(world, "%s was acknowledged at %llu and again at %llu", item->id,
                     (unsigned long long)item->sequence, (unsigned long long)sequence);
    if (!item->acknowledged)
        world->acknowledged++;
    item->acknowledged = true;
    item->sequence = sequence;
}

static int index_of(struct bytes name)
{
    for (int i = 0; i < SIM_SYSTEMS; i++)
        if (bytes_equal_string(name, sim_names[i]))
            return i;
    return -1;
}

void oracle_effect(struct world *world, const struct sim_effect *effect, struct bytes sender, struct bytes subject)
{
    int from = index_of(sender);
    unsigned key = subject.size ? (unsigned)(subject.data[subject.size - 1] - '0') : 0;
    world->effects++;
    world_note(world, "effect of %s at %s (%llu)", effect->identity, sim_names[effect->receiver],
               (unsigned long long)effect->sequence);
    if (from < 0 || key >= SIM_KEYS || effect->is_request)
        return;
    uint64_t *last = &world->last_sequence[effect->receiver][from][key];
    if (effect->sequence + 1 <= *last)
        world_broken(world, "%s at %s came after position %llu of its key", effect->identity,
                     sim_names[effect->receiver], (unsigned long long)(*last - 1));
    *last = effect->sequence + 1;
}

/* Has the item found its end at this receiver? */
static bool has_effect(const struct world *world, const struct sim_item *item, unsigned receiver)
{
    char identity[128];
    (void)snprintf(identity, sizeof identity, "%s/%s", sim_names[item->adapter], item->id);
    return map_get_bytes(&world->adapters[receiver].inbox, bytes_string(identity)) != NULL;
}

static bool item_is_done(const struct world *world, const struct sim_item *item)
{
    if (item->id[0] == 0)
        return true;
    if (item->is_request)
        return item->answered || item->lost_interest;
    if (!item->acknowledged)
        return false;
    for (unsigned i = 0; i < SIM_SYSTEMS; i++)
        if (sim_allowed(bytes_string(sim_names[item->adapter]), bytes_string(item->type), i) &&
            !has_effect(world, item, i))
            return false;
    return true;
}

bool oracle_is_quiet(const struct world *world)
{
    if (world->engine == NULL)
        return false;
    for (unsigned a = 0; a < SIM_SYSTEMS; a++)
        for (unsigned i = 0; i < SIM_ITEMS_PER_ADAPTER; i++)
            if (!item_is_done(world, &world->adapters[a].items[i]))
                return false;
    return true;
}

static void check_items(struct world *world)
{
    for (unsigned a = 0; a < SIM_SYSTEMS; a++)
        for (unsigned i = 0; i < SIM_ITEMS_PER_ADAPTER; i++) {
            const struct sim_item *item = &world->adapters[a].items[i];
            if (!item_is_done(world, item))
                world_broken(world, "%s found no end: %s", item->id,
                             item->is_request     ? "no answer"
                             : item->acknowledged ? "acknowledged and lost"
                                                  : "never acknowledged");
        }
}

static void check_journal(struct world *world)
{
    struct truc_fault fault = {0};
    struct journal *journal;
    static const uint8_t journal_key[32] = {7};
    struct journal_options options = {.disk = memory_disk_interface(world->disk),
                                      .directory = "/journal",
                                      .master_key = journal_key,
                                      .checkpoint_verify_key = signing_key_public(world->bus->checkpoint_key),
                                      .flags = JOURNAL_READ_ONLY};
    struct journal_verified verified;
    int code = journal_open(&options, NULL, &journal, NULL, &fault);
    if (code == 0) {
        code = journal_verify_all(journal, NULL, &verified, &fault);
        (void)journal_close(journal, 0, NULL); /* read only: nothing can fail that matters */
    }
    if (code < 0)
        world_broken(world, "the journal does not verify: %s: %s %s", truc_error_name(code), fault.text, fault.where);
    else
        world_note(world, "journal verified, %llu records", (unsigned long long)verified.records);
}

void oracle_end(struct world *world)
{
    check_items(world);
    check_journal(world);
}
