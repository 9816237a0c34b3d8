/* sim_oracle_effect.c - judges what the programs around the bus see: acknowledgements, refusals, answers, effects.
 * Also the oracles' names.
 * See sim_oracle.h. */
#include "sim_world.h"

const char *oracle_name(enum oracle oracle)
{
    static const char *const names[ORACLE_COUNT] = {"none",    "durability", "survival", "allowed", "key",    "once",
                                                    "order",   "settled",    "receipt",  "time",    "credit", "bounds",
                                                    "refusal", "violation",  "answer",   "journal", "start",  "engine",
                                                    "sdk",     "end",        "repeat"};
    return names[oracle];
}

void oracle_acknowledged(struct world *world, struct sim_item *item, uint64_t sequence)
{
    world_note(world, "%s acknowledged at %llu", item->id, (unsigned long long)sequence);
    if (item->acknowledged && item->sequence != sequence)
        world_broken(world, ORACLE_ONCE, "%s was acknowledged at %llu and again at %llu", item->id,
                     (unsigned long long)item->sequence, (unsigned long long)sequence);
    world->observed.acknowledged += !item->acknowledged;
}

/* An honest message is refused only for what is the matter with it. */
static bool may_be_refused(const struct world *world, const struct sim_item *item, int code)
{
    switch (code) {
    case TRUC_E_AGREEMENT_LAPSED:
        return world->broker.seen & 1u << SIM_LAPSING;
    case TRUC_E_SIGNING_KEY:
        return item->adapter == SIM_BETA && world->broker.seen & 1u << SIM_REVOKED;
    case TRUC_E_EXPIRED:
        return item->lives_ns != 0;
    default:
        return false;
    }
}

void oracle_refused(struct world *world, const struct sim_item *item, int code, const char *text)
{
    world_note(world, "%s refused: %s", item->id, truc_error_name(code));
    if (!may_be_refused(world, item, code))
        world_broken(world, ORACLE_REFUSAL, "%s was refused: %s: %s", item->id, truc_error_name(code), text);
}

void oracle_answered(struct world *world, const struct sim_item *item)
{
    world_note(world, "answer to %s: %s", item->id, item->code ? truc_error_name(item->code) : "yes");
    if (item->answers > 1)
        world_broken(world, ORACLE_ANSWER, "%s was answered %u times", item->id, item->answers);
}

/* Whether it keeps an order at all. Questions don't, nor do copies of them; what a person has queued again comes beside the others. */
static bool is_ordered(const struct world *world, uint64_t sequence, unsigned receiver)
{
    const struct account_message *message = account_find(&world->account, sequence);
    return message && !message->is_request && !message->at[receiver].redriven;
}

/* Under some configurations a message becomes a dead letter and makes way for the next of its key. When a crash takes that record it
 * comes again, and may be delivered by then. */
static bool may_have_been_dead(uint64_t last_life, uint64_t life, unsigned configurations)
{
    return last_life != life && configurations & ~(1u << SIM_BASE | 1u << SIM_REROUTED);
}

static void judge_order(struct world *world, const struct unjudged_effect *effect)
{
    if (!is_ordered(world, effect->sequence, effect->receiver))
        return;
    struct observed_effect *last = &world->observed.last[effect->receiver][effect->from][effect->number];
    if (effect->sequence >= last->next)
        *last = (struct observed_effect){effect->sequence + 1, effect->life, effect->configurations};
    else if (!may_have_been_dead(last->life, effect->life, last->configurations))
        world_broken(world, ORACLE_ORDER, "%s at %s came after position %llu of its key", effect->identity,
                     sim_names[effect->receiver], (unsigned long long)(last->next - 1));
}

void oracle_effect(struct world *world, const struct sim_effect *effect, struct bytes sender, struct bytes key)
{
    int from = sim_client_of(sender);
    unsigned number = key.size ? (unsigned)(key.data[key.size - 1] - '0') : SIM_ORDERED_MAX;
    struct sim_observed *observed = &world->observed;
    observed->effects++;
    world_note(world, "effect of %s at %s (%llu)", effect->identity, sim_names[effect->receiver],
               (unsigned long long)effect->sequence);
    if (from < 0 || from >= SIM_SYSTEMS || number >= SIM_ORDER_KEYS || effect->was_rejected)
        return;
    struct unjudged_effect unjudged = {.sequence = effect->sequence,
                                       .life = world->broker.life,
                                       .configurations = world->broker.seen_in_life,
                                       .receiver = effect->receiver,
                                       .from = (unsigned)from,
                                       .number = number};
    memcpy(unjudged.identity, effect->identity, sizeof unjudged.identity);
    if (world->broker.engine != NULL)
        judge_order(world, &unjudged);
    else if (observed->unjudged_count < SIM_UNJUDGED_MAX)
        observed->unjudged[observed->unjudged_count++] = unjudged;
    else
        world_broken(world, ORACLE_ENGINE, "more than %d effects while the broker is down", SIM_UNJUDGED_MAX);
}

void oracle_account_is_whole(struct world *world)
{
    for (size_t i = 0; i < world->observed.unjudged_count; i++)
        judge_order(world, &world->observed.unjudged[i]);
    world->observed.unjudged_count = 0;
}
