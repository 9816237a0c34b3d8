/* core_peer.c - clients of the driver: they say the wire protocol's commands, sign what they publish and settle, and look
 * at what was sent to them. Nothing here judges; the tests do.
 * See core_driver.h. */
#include "core_driver.h"

#include <stdlib.h>

#include "core_frames.h"
#include "merkle.h"
#include "signing.h"

struct frame *frame_new(uint64_t peer, struct bytes data)
{
    struct frame *frame = malloc(sizeof *frame + data.size);
    assert_non_null(frame);
    *frame = (struct frame){.peer = peer, .size = data.size};
    memcpy(frame->data, data.data, data.size);
    return frame;
}

void frames_free(struct list_link *frames)
{
    list_each(link, frames)
        free(list_element(link, struct frame, link));
    list_init(frames);
}

/* ---- sending ---- */

static void arrive(struct peer *peer, const uint8_t *transport_key, struct bytes data)
{
    struct driver *driver = peer->driver;
    struct frame *frame = frame_new(peer->name, data);
    list_append(&driver->arrived, &frame->link);
    if (driver->frame_code == 0)
        driver->frame_code =
            engine_frame(driver->engine, peer->name, transport_key, bytes_of(frame->data, frame->size), &driver->fault);
}

void peer_send_raw(struct peer *peer, struct bytes frame)
{
    arrive(peer, peer->driver->bus.systems[peer->system].transport_key, frame);
}

void peer_send_as(struct peer *peer, const uint8_t transport_key[32], const struct command *command)
{
    struct buffer frame BUFFER_CLEANUP = {0};
    command_encode(command, &frame);
    assert_int_equal(buffer_failed(&frame), 0);
    arrive(peer, transport_key, buffer_view(&frame));
}

void peer_send(struct peer *peer, const struct command *command)
{
    peer_send_as(peer, peer->driver->bus.systems[peer->system].transport_key, command);
}

struct peer driver_peer(struct driver *driver, enum driver_system system)
{
    return (struct peer){.driver = driver, .system = system, .name = ++driver->next_peer};
}

struct command driver_hello(const struct peer *peer, uint64_t credit_bytes)
{
    static const uint8_t session[PROTOCOL_SESSION_BYTES] = {1};
    struct command command = {.kind = COMMAND_HELLO};
    command.hello = (struct command_hello){.version_min = PROTOCOL_VERSION,
                                           .version_max = PROTOCOL_VERSION,
                                           .bus = bytes_string("test"),
                                           .system = bytes_string(peer->driver->names[peer->system]),
                                           .session = bytes_of(session, sizeof session),
                                           .software = bytes_string("test"),
                                           .receive_credit_bytes = credit_bytes};
    return command;
}

struct peer driver_connect(struct driver *driver, enum driver_system system, uint64_t credit_bytes)
{
    struct peer peer = driver_peer(driver, system);
    struct command hello = driver_hello(&peer, credit_bytes), welcome;
    peer_send(&peer, &hello);
    driver_round(driver);
    assert_true(peer_take(&peer, COMMAND_WELCOME, &welcome));
    return peer;
}

void peer_gone(struct peer *peer)
{
    struct truc_fault fault = {0};
    assert_int_equal(engine_gone(peer->driver->engine, peer->name, &fault), 0);
}

void peer_lose(struct peer *peer)
{
    peer_gone(peer);
    driver_round(peer->driver);
}

/* ---- receiving ---- */

bool peer_take(const struct peer *peer, enum command_kind kind, struct command *ret)
{
    list_each(link, &peer->driver->sent) {
        struct frame *frame = list_element(link, struct frame, link);
        if (frame->taken || frame->peer != peer->name)
            continue;
        assert_int_equal(command_decode(bytes_of(frame->data, frame->size), ret, NULL), 0);
        if (ret->kind == kind) {
            frame->taken = true;
            return true;
        }
    }
    return false;
}

void peer_expect_error(const struct peer *peer, int code)
{
    struct command command;
    assert_true(peer_take(peer, COMMAND_ERROR, &command));
    assert_string_equal(truc_error_name(-(int)command.error.code), truc_error_name(code));
    assert_int_equal(peer->driver->last_closed_peer, peer->name);
}

/* ---- publishing ---- */

struct test_message peer_message(const struct peer *peer, const char *id, const char *type, const char *subject)
{
    return (struct test_message){.header = {.id = bytes_string(id),
                                            .source = bytes_string(peer->driver->names[peer->system]),
                                            .type = bytes_string(type),
                                            .subject = bytes_string(subject),
                                            .time_ns = peer->driver->now_ns,
                                            .kind = HEADER_EVENT,
                                            .urgency = HEADER_URGENCY_NORMAL,
                                            .classification = HEADER_NOT_SECRET}};
}

static void encode_message(const struct test_message *message, const uint8_t *salt, struct buffer *out)
{
    struct header header = message->header;
    struct sha256_digest digest = payload_digest(bytes_of(salt, PROTOCOL_SALT_BYTES), message->payload);
    if (header.payload_digest.size == 0)
        header.payload_digest = sha256_view(&digest);
    if (header.payload_size_bytes == 0)
        header.payload_size_bytes = message->payload.size;
    header_encode(&header, message->attachments, message->attachments_count, out);
}

static void sign(const struct signing_key *key, const char *bus, const char *system, enum statement_kind kind,
                 const struct sha256_digest *leaves, size_t count, bool badly, struct buffer *out)
{
    struct buffer text BUFFER_CLEANUP = {0};
    struct statement statement = {.kind = kind,
                                  .bus = bytes_string(bus),
                                  .system = bytes_string(system),
                                  .key_id = key_id_view(&signing_key_public(key)->id),
                                  .count = count,
                                  .root = merkle_root(leaves, count)};
    statement_write(&statement, &text);
    if (badly)
        buffer_append_string(&text, "?");
    assert_int_equal(signing_key_sign(key, buffer_view(&text), out), 0);
}

uint64_t peer_publish(struct peer *peer, const struct test_message *messages, size_t count,
                      const struct publish_twist *twist)
{
    static const uint8_t salt[PROTOCOL_SALT_BYTES] = {5};
    static struct bundle bundle; /* too large for a stack */
    struct buffer headers[PROTOCOL_BUNDLE_MESSAGES_MAX] = {{0}}, encoded BUFFER_CLEANUP = {0},
                  signature BUFFER_CLEANUP = {0};
    struct sha256_digest leaves[PROTOCOL_BUNDLE_MESSAGES_MAX];
    const struct publish_twist none = {0};
    twist = twist ? twist : &none;
    const struct signing_key *key = peer->driver->bus.systems[twist->other_key ? twist->signs_as : peer->system].key;
    for (size_t i = 0; i < count; i++) {
        encode_message(&messages[i], salt, &headers[i]);
        bundle.messages[i] = (struct message){
            .header = buffer_view(&headers[i]), .salt = bytes_of(salt, sizeof salt), .payload = messages[i].payload};
        leaves[i] = message_leaf(bundle.messages[i].header);
    }
    sign(key, twist->bus ? twist->bus : "test", peer->driver->names[peer->system],
         twist->as_receipt ? STATEMENT_RECEIPT : STATEMENT_BUNDLE, leaves, count, twist->bad_signature, &signature);
    bundle.count = count;
    bundle.key_id = key_id_view(&signing_key_public(key)->id);
    bundle.signature = buffer_view(&signature);
    bundle_encode(&bundle, &encoded);
    struct command command = {.kind = COMMAND_PUBLISH};
    command.publish = (struct command_publish){.number = ++peer->number, .bundle = buffer_view(&encoded)};
    peer_send(peer, &command);
    for (size_t i = 0; i < count; i++)
        buffer_free(&headers[i]);
    return peer->number;
}

bool peer_outcomes(const struct peer *peer, uint64_t number, struct outcome *ret_outcomes, size_t count)
{
    struct command command;
    size_t offset = 0, found = 0;
    if (!peer_take(peer, COMMAND_OUTCOMES, &command))
        return false;
    assert_int_equal(command.outcomes.number, number);
    while (found < count && outcome_next(command.outcomes.outcomes, &offset, &ret_outcomes[found]) > 0)
        found++;
    assert_int_equal(found, count);
    return true;
}

struct outcome peer_publish_one(struct peer *peer, const struct test_message *message)
{
    struct outcome outcome;
    uint64_t number = peer_publish(peer, message, 1, NULL);
    driver_round(peer->driver);
    assert_true(peer_outcomes(peer, number, &outcome, 1));
    return outcome;
}

uint64_t peer_accepted(struct peer *peer, const char *id, const char *subject)
{
    struct test_message message = peer_message(peer, id, "dossier.progress", subject);
    struct outcome outcome = peer_publish_one(peer, &message);
    assert_string_equal(truc_error_name(-(int)outcome.code), truc_error_name(0));
    return outcome.sequence;
}

uint64_t peer_request(struct peer *peer, const char *id)
{
    struct test_message message = peer_message(peer, id, "citizen.verify", "");
    message.header.kind = HEADER_REQUEST;
    struct outcome outcome = peer_publish_one(peer, &message);
    assert_string_equal(truc_error_name(-(int)outcome.code), truc_error_name(0));
    return outcome.sequence;
}

struct test_message peer_reply(const struct peer *peer, const char *id, const struct taken *request)
{
    struct test_message message = peer_message(peer, id, "citizen.verify.reply", "");
    message.header.kind = HEADER_REPLY;
    message.header.in_reply_to = request->sequence + 1;
    message.header.correlation_id = request->header.id;
    return message;
}

/* ---- being delivered to ---- */

static size_t take_parcel(const struct parcel *parcel, struct taken *ret, size_t max)
{
    struct delivery delivery;
    size_t offset = 0, count = 0;
    while (delivery_next(parcel->deliveries, &offset, &delivery) > 0) {
        assert_true(count < max);
        struct taken *taken = &ret[count++];
        *taken = (struct taken){.sequence = delivery.sequence,
                                .index = delivery.index,
                                .attempt = delivery.attempt,
                                .observed = delivery.observed,
                                .agreement = delivery.agreement,
                                .count = parcel->count,
                                .message = delivery.message,
                                .sender = parcel->sender,
                                .key_id = parcel->key_id,
                                .signature = parcel->signature,
                                .deliveries = parcel->deliveries,
                                .proof = parcel->proof};
        assert_int_equal(header_decode(delivery.message.header, &taken->header, NULL), 0);
    }
    return count;
}

size_t peer_take_deliveries(const struct peer *peer, struct taken *ret, size_t max)
{
    struct command command;
    struct parcel parcel;
    size_t count = 0;
    while (peer_take(peer, COMMAND_DELIVER, &command))
        for (size_t offset = 0; parcel_next(command.deliver.parcels, &offset, &parcel) > 0;)
            count += take_parcel(&parcel, ret + count, max - count);
    return count;
}

struct taken peer_expect_one(const struct peer *peer, const char *id)
{
    struct taken taken[4];
    assert_int_equal(peer_take_deliveries(peer, taken, COUNT_OF(taken)), 1);
    assert_true(bytes_equal_string(taken[0].header.id, id));
    return taken[0];
}

void peer_expect_nothing(const struct peer *peer)
{
    struct command command;
    assert_false(peer_take(peer, COMMAND_DELIVER, &command));
}

/* ---- receipts and questions ---- */

struct settlement taken_settlement(const struct taken *taken, enum settlement_outcome outcome)
{
    return (struct settlement){
        .sequence = taken->sequence, .outcome = (uint32_t)outcome, .message_leaf = taken->message.header};
}

/* A settlement made by taken_settlement carries the header bytes; their hash is what goes into the receipt. */
void peer_send_settle(struct peer *peer, const struct settlement *settlements, size_t count, bool bad_signature)
{
    struct buffer elements BUFFER_CLEANUP = {0}, signature BUFFER_CLEANUP = {0};
    struct sha256_digest leaves[PROTOCOL_SETTLEMENTS_MAX];
    const struct signing_key *key = peer->driver->bus.systems[peer->system].key;
    assert_true(count <= COUNT_OF(leaves));
    for (size_t i = 0; i < count; i++) {
        struct buffer encoded BUFFER_CLEANUP = {0};
        struct settlement settlement = settlements[i];
        struct sha256_digest leaf = message_leaf(settlement.message_leaf);
        settlement.message_leaf = sha256_view(&leaf);
        settlement_encode(&settlement, &encoded);
        settlement_append(&elements, buffer_view(&encoded));
        leaves[i] = merkle_leaf_hash(buffer_view(&encoded));
    }
    sign(key, "test", peer->driver->names[peer->system], STATEMENT_RECEIPT, leaves, count, bad_signature, &signature);
    struct command command = {.kind = COMMAND_SETTLE};
    command.settle = (struct command_settle){.key_id = key_id_view(&signing_key_public(key)->id),
                                             .signature = buffer_view(&signature),
                                             .settlements = buffer_view(&elements)};
    peer_send(peer, &command);
}

void peer_settle(struct peer *peer, const struct settlement *settlements, size_t count, bool bad_signature)
{
    peer_send_settle(peer, settlements, count, bad_signature);
    driver_round(peer->driver);
}

void peer_settle_one(struct peer *peer, const struct taken *taken, enum settlement_outcome outcome)
{
    struct settlement settlement = taken_settlement(taken, outcome);
    peer_settle(peer, &settlement, 1, false);
}

int peer_ask(struct peer *peer, const char *verb, struct bytes arguments, struct bytes *ret_result)
{
    struct command command = {.kind = COMMAND_ASK};
    command.ask = (struct command_ask){.number = 77, .verb = bytes_string(verb), .arguments = arguments};
    peer_send(peer, &command);
    driver_round(peer->driver);
    assert_true(peer_take(peer, COMMAND_ANSWER, &command));
    assert_int_equal(command.answer.number, 77);
    if (ret_result)
        *ret_result = command.answer.result;
    return -(int)command.answer.code;
}
