/* sim_oracle_end.c - when the faults have stopped: is everything delivered, expired, refused or answered, and is every end true?
 * A dead letter is no end here: the operator has it tried again until it is none.
 * See sim_oracle.h. */
#include <stdio.h>

#include "sim_world.h"

static bool item_is_done(const struct world *world, const struct sim_item *item)
{
    if (item->id[0] == 0 || item->refused)
        return true;
    if (item->is_request)
        return item->answered || item->lost_interest;
    return item->acknowledged && account_find(&world->account, item->sequence) != NULL;
}

static bool items_are_done(const struct world *world)
{
    for (unsigned a = 0; a < SIM_HONEST; a++)
        for (unsigned i = 0; i < SIM_ITEMS_PER_ADAPTER; i++)
            if (!item_is_done(world, &world->adapters[a].items[i]))
                return false;
    return true;
}

/* Nothing waits for an honest receiver, and nothing is dead. */
bool oracle_is_quiet(const struct world *world)
{
    const struct account *account = &world->account;
    if (world->broker.engine == NULL || account->next != core_next_sequence(engine_core(world->broker.engine)))
        return false;
    for (unsigned i = 0; i < SIM_HONEST; i++)
        if (account->waiting[i] || account->dead[i])
            return false;
    return items_are_done(world);
}

static void check_items(struct world *world)
{
    for (unsigned a = 0; a < SIM_HONEST; a++)
        for (unsigned i = 0; i < SIM_ITEMS_PER_ADAPTER; i++) {
            const struct sim_item *item = &world->adapters[a].items[i];
            if (!item_is_done(world, item))
                world_broken(world, ORACLE_END, "%s found no end: %s", item->id,
                             item->is_request     ? "no answer"
                             : item->acknowledged ? "acknowledged and lost"
                                                  : "never answered for");
        }
}

static void check_message(struct world *world, const struct account_message *message, unsigned receiver)
{
    enum account_end end = message->at[receiver].end;
    bool is_reply = message->sender == SIM_DELTA; /* the SDK gives it to who asked, not to a program's inbox */
    if (end == ACCOUNT_WAITING || end == ACCOUNT_DEAD)
        world_broken(world, ORACLE_END, "%s found no end at %s: it is %s", message->identity, sim_names[receiver],
                     account_end_name(end));
    if (end == ACCOUNT_DONE && !is_reply && !program_had(&world->adapters[receiver], message->identity) &&
        !message->is_request)
        world_broken(world, ORACLE_RECEIPT, "%s is done at %s, which never had it", message->identity,
                     sim_names[receiver]);
    if (end == ACCOUNT_EXPIRED && message->expires_ns == 0 && !message->is_request)
        world_broken(world, ORACLE_TIME, "%s expired at %s, and had no time to", message->identity,
                     sim_names[receiver]);
}

void oracle_end(struct world *world)
{
    size_t at = 0;
    const struct account_message *message;
    check_items(world);
    while ((message = map_next(&world->account.messages, &at)))
        for (unsigned i = 0; i < SIM_HONEST; i++)
            check_message(world, message, i);
    oracle_verify(world);
}
