/* sim_oracle_wire.c - judges frames as they pass between the broker and a connection, whoever is at its other end.
 * Credit is counted here a second time, from the frames alone.
 * See sim_oracle.h. */
#include "sim_world.h"

#include <stdlib.h>

#include "bundle.h"
#include "command.h"

/* ---- refusals ---- */

static void check_refusal(struct world *world, const struct connection *connection, const char *what, uint32_t code,
                          struct bytes text)
{
    world_tell(world, "to %s: %s %u %.*s", sim_names[connection->client], what, code, BYTES_PRINTF(text));
    if (code > INT32_MAX || strcmp(truc_error_name(-(int)code), "UNKNOWN") == 0)
        world_broken(world, ORACLE_REFUSAL, "%s to %s has the code %u, which has no name", what,
                     sim_names[connection->client], code);
    else if (text.size == 0)
        world_broken(world, ORACLE_REFUSAL, "%s to %s (%s) has no reason", what, sim_names[connection->client],
                     truc_error_name(-(int)code));
}

/* The SDK keeps to the protocol: nothing that it is told may say otherwise. */
static void check_honesty(struct world *world, const struct connection *connection, const struct command_error *error)
{
    if (connection->client < SIM_HONEST && (error->code == -TRUC_E_PROTOCOL || error->code == -TRUC_E_CREDIT ||
                                            error->code == -TRUC_E_SESSION || error->code == -TRUC_E_SIGNATURE))
        world_broken(world, ORACLE_SDK, "%s broke the protocol: %.*s", sim_names[connection->client],
                     BYTES_PRINTF(error->text));
}

static void note_promise(struct world *world, uint64_t sequence)
{
    if (map_put_number(&world->observed.promised, sequence + 1, world) < 0)
        abort();
    if (sequence >= world->observed.promised_end)
        world->observed.promised_end = sequence + 1;
}

static void check_outcomes(struct world *world, const struct connection *connection, struct bytes outcomes)
{
    struct outcome outcome;
    for (size_t at = 0; outcome_next(outcomes, &at, &outcome) > 0;) {
        if (outcome.code)
            check_refusal(world, connection, "an outcome", outcome.code, outcome.text);
        else if (!oracle_is_durable(world, outcome.sequence))
            world_broken(world, ORACLE_DURABILITY, "position %llu is acknowledged to %s before it is durable",
                         (unsigned long long)outcome.sequence, sim_names[connection->client]);
        if (outcome.code == 0)
            note_promise(world, outcome.sequence);
    }
}

/* ---- deliveries ---- */

static bool is_allowed(const struct world *world, const struct header *header, unsigned receiver)
{
    const struct sim_broker *broker = &world->broker;
    struct bytes sender = header_sender(header);
    return model_allows(broker->in_force, broker->round_wall_ns, sender, header->type, (enum sim_client)receiver) ||
           model_allows(broker->in_force, broker->wall_ns, sender, header->type, (enum sim_client)receiver);
}

static bool key_counts(const struct world *world, const struct parcel *parcel)
{
    int sender = sim_client_of(parcel->sender);
    for (unsigned key = 0; sender >= 0 && key < SIM_KEYS_EACH; key++)
        if (bytes_equal(parcel->key_id, key_id_view(&world->bus->keyrings[sender][key].own.key.id)))
            return model_key_counts(world->broker.in_force, (enum sim_client)sender, key);
    return false;
}

/* A question ends by its deadline, too, but who observes it wants to know that it was asked. Not before its time: sim_account.c. */
static void check_expiry(struct world *world, const struct header *header, const struct delivery *delivery)
{
    if (header->expires_ns && header->expires_ns <= world->broker.round_wall_ns && !delivery->observed)
        world_broken(world, ORACLE_TIME, "position %llu is delivered after it expired",
                     (unsigned long long)delivery->sequence);
}

static void check_delivery(struct world *world, struct connection *connection, const struct delivery *delivery)
{
    struct header header;
    connection->delivered_bytes += message_size(&delivery->message);
    note_promise(world, delivery->sequence);
    if (!oracle_is_durable(world, delivery->sequence))
        world_broken(world, ORACLE_DURABILITY, "position %llu is delivered before it is durable",
                     (unsigned long long)delivery->sequence);
    if (header_decode(delivery->message.header, &header, NULL) < 0) {
        world_broken(world, ORACLE_ALLOWED, "a header is delivered that does not decode");
        return;
    }
    if (!is_allowed(world, &header, connection->client))
        world_broken(world, ORACLE_ALLOWED, "%s got what it may not get: %.*s from %.*s, configuration %d",
                     sim_names[connection->client], BYTES_PRINTF(header.type), BYTES_PRINTF(header_sender(&header)),
                     world->broker.in_force);
    check_expiry(world, &header, delivery);
    if (map_put_number(&connection->out, delivery->sequence, connection) == 0 &&
        world->observed.sent_count < SIM_SENT_MAX) {
        world->observed.sent[world->observed.sent_count].sequence = delivery->sequence;
        world->observed.sent[world->observed.sent_count++].receiver = connection->client;
    }
}

static void check_deliver(struct world *world, struct connection *connection, const struct command_deliver *deliver)
{
    struct parcel parcel;
    struct delivery delivery;
    for (size_t at = 0; parcel_next(deliver->parcels, &at, &parcel) > 0;) {
        if (!key_counts(world, &parcel))
            world_broken(world, ORACLE_KEY, "%s is delivered what %.*s signed with a key that is revoked",
                         sim_names[connection->client], BYTES_PRINTF(parcel.sender));
        for (size_t i = 0; delivery_next(parcel.deliveries, &i, &delivery) > 0;)
            check_delivery(world, connection, &delivery);
    }
    if (connection->delivered_bytes > connection->granted_bytes)
        world_broken(world, ORACLE_CREDIT, "%s asked for %llu bytes and is sent %llu", sim_names[connection->client],
                     (unsigned long long)connection->granted_bytes, (unsigned long long)connection->delivered_bytes);
}

void oracle_sent(struct world *world, struct connection *connection, struct bytes frame)
{
    struct command command;
    if (command_decode(frame, &command, NULL) < 0) {
        world_broken(world, ORACLE_ENGINE, "the broker sent a frame that does not decode");
        return;
    }
    if (connection->was_told)
        world_broken(world, ORACLE_VIOLATION, "%s is sent %s after an error", sim_names[connection->client],
                     command_name(command.kind));
    switch (command.kind) {
    case COMMAND_WELCOME:
        connection->is_welcome = true;
        break;
    case COMMAND_ERROR:
        connection->was_told = true;
        check_refusal(world, connection, "an error", command.error.code, command.error.text);
        check_honesty(world, connection, &command.error);
        break;
    case COMMAND_OUTCOMES:
        check_outcomes(world, connection, command.outcomes.outcomes);
        break;
    case COMMAND_DELIVER:
        check_deliver(world, connection, &command.deliver);
        break;
    case COMMAND_FAILED:
        check_refusal(world, connection, "a failure", command.failed.code,
                      command.failed.text.size ? command.failed.text
                                               : command.failed.reason); /* a receiver's is short */
        break;
    case COMMAND_ANSWER:
        if (command.answer.code)
            check_refusal(world, connection, "an answer", command.answer.code, command.answer.text);
        break;
    default:
        break;
    }
}

/* ---- towards the broker ---- */

static void violates(struct world *world, const struct connection *connection)
{
    if (world->observed.violators_count < SIM_VIOLATORS_MAX)
        world->observed.violators[world->observed.violators_count++] = connection->peer;
}

/* A receipt names what is with its sender, each once. */
static bool receipt_fits(struct connection *connection, const struct command_settle *settle)
{
    struct settlement settlement;
    bool fits = true;
    for (size_t at = 0; settlement_next(settle->settlements, &at, &settlement, NULL) > 0;)
        fits &= map_remove_number(&connection->out, settlement.sequence) != NULL;
    return fits;
}

/* What nobody may say in this state of its connection. */
static bool is_forbidden(struct connection *connection, const struct command *command)
{
    if ((command->kind == COMMAND_HELLO) == connection->said_hello)
        return command->kind == COMMAND_HELLO ? connection->is_welcome : true;
    return command->kind == COMMAND_SETTLE && !receipt_fits(connection, &command->settle);
}

static void count_credit(struct connection *connection, const struct command *command)
{
    uint64_t bytes = command->kind == COMMAND_HELLO    ? command->hello.receive_credit_bytes
                     : command->kind == COMMAND_CREDIT ? command->credit.bytes
                                                       : 0;
    uint64_t granted = connection->granted_bytes + bytes;
    connection->granted_bytes = granted < bytes ? UINT64_MAX : granted;
}

void oracle_arrived(struct world *world, struct connection *connection, struct bytes frame)
{
    struct command command = {0};
    if (connection->was_told)
        return; /* whatever it says now, nobody hears */
    if (command_decode(frame, &command, NULL) < 0 || is_forbidden(connection, &command)) {
        violates(world, connection);
        return;
    }
    connection->said_hello |= command.kind == COMMAND_HELLO;
    count_credit(connection, &command);
}
