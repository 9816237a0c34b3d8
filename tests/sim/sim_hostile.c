/* sim_hostile.c - a peer with a valid key and bad intent: overruns credit, settles what it never got, lies, replays, sends rubbish.
 * It observes alpha's messages and sends some of its own. When the faults end it is gone.
 * What the broker makes of it is judged by sim_oracle_wire.c, as for everybody. */
#include <stdio.h>
#include <stdlib.h>

#include "merkle.h"
#include "sim_world.h"

/* ---- publishing ---- */

struct twist {
    unsigned key;            /* that it is signed with; 1: revoked */
    const char *source, *id; /* NULL: its own */
    bool bad_signature, secret;
    size_t payload_bytes;
};

static void publish(struct world *world, const struct twist *twist)
{
    static const uint8_t salt[PROTOCOL_SALT_BYTES] = {5}, note[16 * 1024] = {0x3a};
    static struct bundle bundle; /* too large for a stack */
    struct sim_hostile *hostile = &world->hostile;
    struct buffer header_bytes BUFFER_CLEANUP = {0}, signature BUFFER_CLEANUP = {0}, encoded BUFFER_CLEANUP = {0};
    char id[32];
    (void)snprintf(id, sizeof id, "m-%u", ++hostile->ids);
    struct bytes payload = bytes_of(note, twist->payload_bytes); /* does not fit its schema when there is any */
    struct sha256_digest digest = payload_digest(bytes_of(salt, sizeof salt), payload);
    struct header header = {.id = bytes_string(twist->id ? twist->id : id),
                            .source = bytes_string(twist->source ? twist->source : "mallory"),
                            .type = bytes_string("dossier.progress"),
                            .subject = bytes_string("H56.14-261118-0001"),
                            .time_ns = SIM_START_NS + world->now_ns,
                            .kind = HEADER_EVENT,
                            .urgency = HEADER_URGENCY_NORMAL,
                            .classification = twist->secret ? 2 : HEADER_NOT_SECRET,
                            .payload_digest = sha256_view(&digest),
                            .payload_size_bytes = payload.size};
    header_encode(&header, NULL, 0, &header_bytes);
    struct sha256_digest leaf = message_leaf(buffer_view(&header_bytes));
    raw_sign(world, SIM_MALLORY, twist->key, STATEMENT_BUNDLE, &leaf, 1, &signature);
    signature.data[3] ^= twist->bad_signature;
    bundle.messages[0] = (struct message){buffer_view(&header_bytes), bytes_of(salt, sizeof salt), payload};
    bundle.count = 1;
    bundle.key_id = key_id_view(&world->bus->keyrings[SIM_MALLORY][twist->key].own.key.id);
    bundle.signature = buffer_view(&signature);
    bundle_encode(&bundle, &encoded);
    struct command command = {.kind = COMMAND_PUBLISH};
    command.publish = (struct command_publish){.number = ++hostile->raw.number, .bundle = buffer_view(&encoded)};
    raw_send(world, &hostile->raw, &command);
    if (random_chance(&world->random, 30)) {
        buffer_clear(&hostile->replay);
        command_encode(&command, &hostile->replay);
    }
}

/* More than the sender's credit at once. */
static void overrun(struct world *world)
{
    enum { OVERRUN_BYTES = 15 * 1024 };
    for (unsigned i = 0; i < 6; i++)
        publish(world, &(struct twist){.payload_bytes = OVERRUN_BYTES});
}

/* ---- settling ---- */

static void settle(struct world *world, uint64_t sequence, const struct sha256_digest *message_leaf,
                   enum settlement_outcome outcome, bool bad_signature)
{
    struct buffer encoded BUFFER_CLEANUP = {0}, elements BUFFER_CLEANUP = {0}, signature BUFFER_CLEANUP = {0};
    struct settlement settlement = {.sequence = sequence,
                                    .outcome = (uint32_t)outcome,
                                    .message_leaf = sha256_view(message_leaf),
                                    .code =
                                        outcome == SETTLED_REJECT ? (uint32_t)random_next(&world->random) & 0xffff : 0,
                                    .retry_after_ms = outcome == SETTLED_RETRY ? random_next(&world->random) >> 1 : 0};
    settlement_encode(&settlement, &encoded);
    settlement_append(&elements, buffer_view(&encoded));
    struct sha256_digest leaf = merkle_leaf_hash(buffer_view(&encoded));
    raw_sign(world, SIM_MALLORY, 0, STATEMENT_RECEIPT, &leaf, 1, &signature);
    signature.data[5] ^= bad_signature;
    struct command command = {.kind = COMMAND_SETTLE};
    command.settle = (struct command_settle){.key_id = key_id_view(&world->bus->keyrings[SIM_MALLORY][0].own.key.id),
                                             .signature = buffer_view(&signature),
                                             .settlements = buffer_view(&elements)};
    raw_send(world, &world->hostile.raw, &command);
}

/* Something that it got, as it likes; perhaps twice, or with another message's leaf. */
static void settle_taken(struct world *world)
{
    struct sim_hostile *hostile = &world->hostile;
    if (hostile->taken_count == 0)
        return;
    size_t i = random_below(&world->random, hostile->taken_count);
    struct sha256_digest leaf = hostile->taken[i].leaf;
    uint64_t sequence = hostile->taken[i].sequence;
    enum settlement_outcome outcome = (enum settlement_outcome)(1 + random_below(&world->random, 3));
    bool again = random_chance(&world->random, 5);
    leaf.bytes[0] ^= random_chance(&world->random, 3);
    settle(world, sequence, &leaf, outcome, random_chance(&world->random, 3));
    if (again)
        settle(world, sequence, &leaf, outcome, false);
    hostile->taken[i] = hostile->taken[--hostile->taken_count];
}

static void settle_foreign(struct world *world)
{
    struct sha256_digest leaf = {{1}};
    settle(world, random_below(&world->random, 300), &leaf, SETTLED_DONE, false);
}

/* ---- other rubbish ---- */

static void send_mutated(struct world *world)
{
    struct buffer frame BUFFER_CLEANUP = {0};
    buffer_append_bytes(&frame, buffer_view(&world->hostile.replay));
    for (unsigned i = 0; i < 3 && frame.size; i++)
        frame.data[random_below(&world->random, frame.size)] ^= (uint8_t)(1u << random_below(&world->random, 8));
    if (frame.size)
        network_to_broker(world, world->hostile.raw.peer, buffer_view(&frame));
}

static void send_random(struct world *world)
{
    uint8_t frame[64];
    size_t size = random_below(&world->random, sizeof frame);
    for (size_t i = 0; i < size; i++)
        frame[i] = (uint8_t)random_next(&world->random);
    network_to_broker(world, world->hostile.raw.peer, bytes_of(frame, size));
}

static void ask_for_power(struct world *world)
{
    struct command command = {.kind = COMMAND_ASK};
    command.ask = (struct command_ask){.number = 1, .verb = bytes_string("dead-discard")};
    raw_send(world, &world->hostile.raw, &command);
}

static void give_credit(struct world *world)
{
    struct command command = {.kind = COMMAND_CREDIT};
    command.credit.bytes =
        random_chance(&world->random, 90) ? random_below(&world->random, 20000) : random_next(&world->random);
    raw_send(world, &world->hostile.raw, &command);
}

static void act(struct world *world)
{
    switch (random_below(&world->random, 24)) {
    case 0:
        overrun(world);
        break;
    case 1:
        settle_foreign(world);
        break;
    case 2:
        publish(world, &(struct twist){.key = 1});
        break;
    case 3:
        publish(world, &(struct twist){.source = "alpha"});
        break;
    case 4:
        publish(world, &(struct twist){.bad_signature = true});
        break;
    case 5:
        publish(world, &(struct twist){.secret = true});
        break;
    case 6: /* an id that it used before, with another time */
        publish(world, &(struct twist){.id = "m-1"});
        break;
    case 7:
        publish(world, &(struct twist){.payload_bytes = 40});
        break;
    case 8:
        send_mutated(world);
        break;
    case 9:
        send_random(world);
        break;
    case 10:
        raw_hello(world, &world->hostile.raw, 0, "alpha");
        break;
    case 11:
        ask_for_power(world);
        break;
    case 12:
        if (world->hostile.replay.size)
            network_to_broker(world, world->hostile.raw.peer, buffer_view(&world->hostile.replay));
        break;
    case 13:
        raw_disconnect(world, &world->hostile.raw);
        break;
    case 14:
    case 15:
    case 16:
        give_credit(world);
        break;
    case 17:
    case 18:
        publish(world, &(struct twist){.key = 0});
        break;
    default:
        settle_taken(world);
        break;
    }
}

void hostile_acts(struct world *world)
{
    struct sim_raw *raw = &world->hostile.raw;
    if (!world->faults) {
        raw_disconnect(world, raw);
        return;
    }
    if (raw->peer == 0) {
        raw->number = 0;
        world->hostile.taken_count = 0;
        raw_connect(world, raw);
    } else if (raw->is_welcome) {
        act(world);
    }
    world_later(world, random_below(&world->random, 300000000), SIM_HOSTILE, SIM_MALLORY);
}

void hostile_start(struct world *world)
{
    world->hostile.raw.client = SIM_MALLORY;
    hostile_acts(world);
}

void hostile_connected(struct world *world, uint64_t peer)
{
    if (world->hostile.raw.peer != peer)
        return;
    bool lies = random_chance(&world->random, 10);
    raw_hello(world, &world->hostile.raw, random_below(&world->random, 40000), lies ? "beta" : "mallory");
}

void hostile_lost(struct world *world, uint64_t peer)
{
    if (world->hostile.raw.peer == peer)
        raw_disconnect(world, &world->hostile.raw);
}

static void take(struct sim_hostile *hostile, const struct command_deliver *deliver)
{
    struct parcel parcel;
    struct delivery delivery;
    for (size_t at = 0; parcel_next(deliver->parcels, &at, &parcel) > 0;)
        for (size_t i = 0; delivery_next(parcel.deliveries, &i, &delivery) > 0;) {
            if (hostile->taken_count == SIM_TAKEN_MAX)
                return;
            hostile->taken[hostile->taken_count].sequence = delivery.sequence;
            hostile->taken[hostile->taken_count++].leaf = message_leaf(delivery.message.header);
        }
}

void hostile_frame(struct world *world, uint64_t peer, struct bytes frame)
{
    struct sim_raw *raw = &world->hostile.raw;
    struct command command;
    if (raw->peer != peer || command_decode(frame, &command, NULL) < 0)
        return;
    if (command.kind == COMMAND_WELCOME)
        raw->is_welcome = true;
    if (command.kind == COMMAND_DELIVER)
        take(&world->hostile, &command.deliver);
    if (command.kind == COMMAND_PING && random_chance(&world->random, 80)) {
        command.kind = COMMAND_PONG;
        raw_send(world, raw, &command);
    }
    if (command.kind == COMMAND_ERROR)
        raw_disconnect(world, raw);
}

void hostile_free(struct world *world)
{
    buffer_free(&world->hostile.replay);
}
