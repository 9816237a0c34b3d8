/* sim_account.c - reads records into the account; a message that is accepted twice, or by a key that is revoked, shows here.
 * Ends are those that docs/journal-format.md gives the records.
 * See sim_account.h. */
#include "sim_account.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim_world.h"

const char *account_end_name(enum account_end end)
{
    static const char *const names[] = {"no destination", "waiting", "done",      "rejected",
                                        "dead",           "expired", "discarded", "missed"};
    return names[end];
}

void account_clear(struct account *account)
{
    size_t at = 0;
    struct account_message *message;
    while ((message = map_next(&account->messages, &at)))
        free(message);
    map_free(&account->messages);
    map_free(&account->identities);
    *account = (struct account){0};
}

const struct account_message *account_find(const struct account *account, uint64_t sequence)
{
    return map_get_number(&account->messages, sequence);
}

static void set_end(struct account *account, struct account_message *message, int system, enum account_end end,
                    uint64_t since)
{
    if (message == NULL || system < 0 || system >= SIM_SYSTEMS)
        return;
    account->waiting[system] -= message->at[system].end == ACCOUNT_WAITING;
    account->waiting[system] += end == ACCOUNT_WAITING;
    account->dead[system] -= message->at[system].end == ACCOUNT_DEAD;
    account->dead[system] += end == ACCOUNT_DEAD;
    message->at[system].end = end;
    message->at[system].since = since;
}

static void note_configuration(struct world *world, struct bytes body)
{
    struct record_configuration record;
    if (record_configuration_decode(body, &record, NULL) < 0)
        return;
    for (int i = 0; i < SIM_CONFIGURATIONS; i++)
        if (bytes_equal(record.hash, sha256_view(&world->bus->policies[i]->hash)))
            world->account.configuration = (enum sim_configuration)i;
}

/* The key of the bundle counted when the message was accepted. */
static void judge_key(struct world *world, const struct account_message *message, uint64_t bundle)
{
    struct journal_record record;
    struct record_bundle value;
    struct buffer scratch BUFFER_CLEANUP = {0};
    if (journal_read(engine_journal(world->broker.engine), bundle, 0, &scratch, &record, NULL) < 0 ||
        record_bundle_decode(record.body, &value, NULL) < 0) {
        world_broken(world, ORACLE_JOURNAL, "%s has no bundle at %llu", message->identity, (unsigned long long)bundle);
        return;
    }
    for (unsigned key = 0; key < SIM_KEYS_EACH; key++)
        if (bytes_equal(value.key_id, key_id_view(&world->bus->keyrings[message->sender][key].own.key.id)) &&
            !model_key_counts(world->account.configuration, (enum sim_client)message->sender, key))
            world_broken(world, ORACLE_KEY, "%s was accepted with a key that is revoked", message->identity);
}

static void note_accepted(struct world *world, const struct journal_record *record)
{
    struct account *account = &world->account;
    struct record_accepted value;
    struct header header;
    struct record_destination destination;
    size_t at = 0;
    struct account_message *message = calloc(1, sizeof *message);
    if (message == NULL)
        abort();
    if (record_accepted_decode(record->body, &value, NULL) < 0 || header_decode(value.header, &header, NULL) < 0 ||
        map_put_number(&account->messages, record->sequence, message) < 0) {
        free(message);
        return;
    }
    struct bytes sender = header_sender(&header);
    message->sequence = record->sequence;
    message->sender = sim_client_of(sender);
    message->is_request = header.kind == HEADER_REQUEST;
    message->expires_ns = header.expires_ns;
    message->not_before_ns = header.not_before_ns > record->time_ns ? header.not_before_ns : 0;
    (void)snprintf(message->identity, sizeof message->identity, "%.*s/%.*s", BYTES_PRINTF(sender),
                   BYTES_PRINTF(header.id));
    const struct account_message *before = map_get_bytes(&account->identities, bytes_string(message->identity));
    if (before)
        world_broken(world, ORACLE_ONCE, "%s was accepted at %llu and again at %llu", message->identity,
                     (unsigned long long)before->sequence, (unsigned long long)record->sequence);
    if (map_put_bytes(&account->identities, bytes_string(message->identity), message) < 0)
        abort();
    judge_key(world, message, value.bundle);
    while (record_destination_next(value.destinations, &at, &destination) > 0) {
        int system = sim_client_of(destination.system);
        bool misses = destination.outcome && destination.observer;
        set_end(account, message, system, misses ? ACCOUNT_MISSED : ACCOUNT_WAITING, record->sequence);
        message->at[system].observes = destination.observer;
    }
    if (header.kind == HEADER_REPLY) /* that is the end of its question, whatever becomes of the receipt */
        set_end(account, map_get_number(&account->messages, header.in_reply_to - 1), message->sender, ACCOUNT_DONE,
                record->sequence);
}

static void note_settled(struct account *account, const struct journal_record *record)
{
    struct record_settled value;
    struct settlement settlement;
    struct bytes encoded;
    if (record_settled_decode(record->body, &value, NULL) < 0)
        return;
    int system = sim_client_of(value.system);
    for (size_t at = 0; record_settlement_next(value.settlements, &at, &encoded) > 0;) {
        if (settlement_decode(encoded, &settlement) < 0)
            continue;
        struct account_message *message = map_get_number(&account->messages, settlement.sequence);
        if (settlement.outcome == SETTLED_DONE)
            set_end(account, message, system, ACCOUNT_DONE, record->sequence);
        else if (settlement.outcome == SETTLED_REJECT && message && system >= 0 && message->is_request &&
                 !message->at[system].observes)
            set_end(account, message, system, ACCOUNT_REJECTED, record->sequence);
    }
}

static void note_fate(struct account *account, const struct journal_record *record, enum account_end end)
{
    struct record_fate value;
    if (record_fate_decode(record->body, &value, NULL) < 0)
        return;
    struct account_message *message = map_get_number(&account->messages, value.message);
    int system = sim_client_of(value.system);
    set_end(account, message, system, end, record->sequence);
    if (message && system >= 0 && system < SIM_SYSTEMS && end == ACCOUNT_WAITING) {
        message->at[system].redriven = true;
        account->late[system]++;
    }
}

static void note_released(struct world *world, const struct journal_record *record)
{
    struct record_fate value;
    struct account_message *message = record_fate_decode(record->body, &value, NULL) < 0
                                          ? NULL
                                          : map_get_number(&world->account.messages, value.message);
    if (message == NULL)
        return;
    if (record->time_ns < message->not_before_ns)
        world_broken(world, ORACLE_TIME, "%s is released before its time", message->identity);
    message->not_before_ns = 0;
    for (unsigned i = 0; i < SIM_SYSTEMS; i++)
        world->account.late[i] += message->at[i].end == ACCOUNT_WAITING;
}

static int note(void *context, const struct journal_record *record)
{
    struct world *world = context;
    switch (record->kind) {
    case RECORD_CONFIGURATION:
        note_configuration(world, record->body);
        break;
    case RECORD_ACCEPTED:
        note_accepted(world, record);
        break;
    case RECORD_SETTLED:
        note_settled(&world->account, record);
        break;
    case RECORD_DEAD:
        note_fate(&world->account, record, ACCOUNT_DEAD);
        break;
    case RECORD_EXPIRED:
        note_fate(&world->account, record, ACCOUNT_EXPIRED);
        break;
    case RECORD_REDRIVEN:
        note_fate(&world->account, record, ACCOUNT_WAITING);
        break;
    case RECORD_RELEASED:
        note_released(world, record);
        break;
    case RECORD_DISCARDED:
        note_fate(&world->account, record, ACCOUNT_DISCARDED);
        break;
    default:
        break;
    }
    return 0;
}

void account_catch_up(struct world *world)
{
    struct truc_fault fault = {0};
    uint64_t end = engine_records(world->broker.engine);
    if (world->account.next == end)
        return;
    world->disk.is_calm = true;
    int code = journal_scan(engine_journal(world->broker.engine), world->account.next, 0, note, world, &fault);
    world->disk.is_calm = false;
    world->account.next = end;
    if (code < 0 && !memory_disk_is_off(world->disk.memory))
        world_broken(world, ORACLE_JOURNAL, "the journal can't be read: %s: %s", truc_error_name(code), fault.text);
}
