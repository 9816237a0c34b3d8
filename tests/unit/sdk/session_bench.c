/* session_bench.c - a session on the bench (session_bench.h).
 * Test support only: fake keys, a broker that does what the test says, effects as text.
 * Linked into every test_session_*. */
#include "session_bench.h"

#include "cmocka_start.h"
#include "merkle.h"
#include "protobuf_wire.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t bench_wall_ns = 1795420800000000000u; /* 2026-11-23 */

/* ---- fake keys: a signature is an HMAC under the key id, which is the system's name padded with zeros ---- */

static void key_id_for(const char *system, uint8_t key_id[PROTOCOL_KEY_ID_BYTES])
{
    memset(key_id, 0, PROTOCOL_KEY_ID_BYTES);
    memcpy(key_id, system, strnlen(system, PROTOCOL_KEY_ID_BYTES));
}

static struct sha256_digest fake_signature(const uint8_t key_id[PROTOCOL_KEY_ID_BYTES], struct bytes statement)
{
    return hmac_sha256(bytes_of(key_id, PROTOCOL_KEY_ID_BYTES), statement);
}

static int fake_sign(void *context, struct bytes statement, struct buffer *signature, struct truc_fault *fault)
{
    struct bench *bench = context;
    uint8_t key_id[PROTOCOL_KEY_ID_BYTES];
    (void)fault;
    key_id_for("onestop", key_id);
    struct sha256_digest digest = fake_signature(key_id, statement);
    buffer_append_bytes(signature, sha256_view(&digest));
    bench->signatures++;
    return 0;
}

/* A fake certificate is its last instant in 8 bytes. */
static int fake_certificate_open(void *context, struct bytes der, struct bytes system, struct bytes key_id,
                                 uint64_t wall_ns, void **ret_key, uint64_t *ret_not_after_ns, struct truc_fault *fault)
{
    (void)context;
    (void)system;
    if (der.size != 8 || load_le64(der.data) < wall_ns)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the certificate has expired");
    uint8_t *key = malloc(PROTOCOL_KEY_ID_BYTES);
    if (key == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a key");
    memcpy(key, key_id.data, PROTOCOL_KEY_ID_BYTES);
    *ret_key = key;
    *ret_not_after_ns = load_le64(der.data);
    return 0;
}

static int fake_verify(void *context, void *key, struct bytes statement, struct bytes signature)
{
    struct bench *bench = context;
    struct sha256_digest digest = fake_signature(key, statement);
    bench->verifications++;
    return bytes_equal(sha256_view(&digest), signature) ? 0 : TRUC_E_SIGNATURE;
}

static void fake_key_free(void *context, void *key)
{
    (void)context;
    free(key);
}

static const struct session_crypto fake_crypto = {
    .sign = fake_sign, .certificate_open = fake_certificate_open, .verify = fake_verify, .key_free = fake_key_free};

void bench_begin(struct bench *bench, const struct bench_options *options)
{
    static const struct bench_options usual = {.window_bytes = 1024 * 1024, .queue_messages_max = 100};
    *bench = (struct bench){.now = {.monotonic_ns = 1000 * 1000000000ull, .wall_ns = bench_wall_ns}};
    options = options ? options : &usual;
    struct session_settings settings = {.bus = "thanhhoa",
                                        .system = "onestop",
                                        .software = "bench",
                                        .receive_window_bytes = options->window_bytes,
                                        .queue_messages_max = options->queue_messages_max,
                                        .queue_bytes_max = 1024 * 1024,
                                        .random_seed = 7,
                                        .crypto = &fake_crypto,
                                        .crypto_context = bench};
    memset(settings.session_id, 0x5e, sizeof settings.session_id);
    memset(settings.salt_secret, 0x5a, sizeof settings.salt_secret);
    key_id_for("onestop", settings.key_id);
    assert_int_equal(session_create(&settings, bench->now, &bench->session, NULL), 0);
}

void bench_end(struct bench *bench)
{
    session_free(bench->session);
    for (size_t i = 0; i < bench->held_count; i++)
        session_delivery_free(bench->held[i]);
    buffer_free(&bench->trace);
    buffer_free(&bench->last_publish);
}

/* ---- calls into the session ---- */

static bool begin_call(struct bench *bench)
{
    if (bench->has_failed)
        return false;
    if (bench->before_call)
        bench->before_call();
    return true;
}

static int end_call(struct bench *bench, int code)
{
    if (bench->after_call)
        bench->after_call();
    bench->has_failed = bench->after_call && code == TRUC_E_MEMORY;
    return code;
}

static void end_sound_call(struct bench *bench, int code)
{
    (void)end_call(bench, code);
    if (!bench->has_failed)
        assert_int_equal(code, 0);
}

/* ---- effects as text ---- */

static void trace_publish(struct bench *bench, const struct command_publish *publish)
{
    static struct bundle bundle; /* too large for the stack; tests are single-threaded */
    assert_int_equal(bundle_decode(publish->bundle, &bundle, NULL), 0);
    buffer_printf(&bench->trace, "send publish %llu:", (unsigned long long)publish->number);
    uint64_t before_bytes = bench->unanswered_bytes;
    for (size_t i = 0; i < bundle.count; i++) {
        struct header header;
        assert_int_equal(header_decode(bundle.messages[i].header, &header, NULL), 0);
        assert_int_equal(header_check(&header, NULL), 0);
        struct sha256_digest digest = payload_digest(bundle.messages[i].salt, bundle.messages[i].payload);
        assert_true(bytes_equal(sha256_view(&digest), header.payload_digest));
        buffer_printf(&bench->trace, " %.*s", BYTES_PRINTF(header.id));
        bench->unanswered_bytes += message_size(&bundle.messages[i]);
    }
    assert_true(bench->sent_count < SESSION_PUBLISHES_IN_FLIGHT_MAX);
    bench->sent[bench->sent_count++] = (struct bench_sent){
        .number = publish->number, .count = bundle.count, .bytes = bench->unanswered_bytes - before_bytes};
    buffer_append_byte(&bench->trace, '\n');
}

/* The receipt is checked as the broker would check it. */
static void trace_settle(struct bench *bench, const struct command_settle *settle)
{
    static struct sha256_digest leaves[PROTOCOL_SETTLEMENTS_MAX];
    struct settlement settlement;
    struct bytes leaf;
    size_t offset = 0, count = 0;
    buffer_append_string(&bench->trace, "send settle");
    while (settlement_next(settle->settlements, &offset, &settlement, &leaf) > 0) {
        static const char *const names[] = {"?", "done", "retry", "reject"};
        assert_true(count < PROTOCOL_SETTLEMENTS_MAX);
        assert_int_equal(settlement.message_leaf.size, SHA256_BYTES);
        leaves[count++] = message_leaf(leaf);
        buffer_printf(&bench->trace, " %llu:%s", (unsigned long long)settlement.sequence, names[settlement.outcome]);
        if (settlement.code)
            buffer_printf(&bench->trace, "(%s)", truc_error_name(-(int)settlement.code));
    }
    buffer_append_byte(&bench->trace, '\n');
    struct statement statement = {.kind = STATEMENT_RECEIPT,
                                  .bus = bytes_string("thanhhoa"),
                                  .system = bytes_string("onestop"),
                                  .key_id = settle->key_id,
                                  .count = count,
                                  .root = merkle_root(leaves, count)};
    BUFFER_CLEANUP struct buffer text = {0};
    statement_write(&statement, &text);
    struct sha256_digest expected = fake_signature(settle->key_id.data, buffer_view(&text));
    assert_true(bytes_equal(sha256_view(&expected), settle->signature));
}

static void trace_frame(struct bench *bench, struct bytes frame)
{
    struct command command;
    assert_int_equal(command_decode(frame, &command, NULL), 0);
    switch (command.kind) {
    case COMMAND_HELLO:
        buffer_printf(&bench->trace, "send hello %.*s credit %llu\n", BYTES_PRINTF(command.hello.system),
                      (unsigned long long)command.hello.receive_credit_bytes);
        bench->unanswered_bytes = bench->sent_count = 0;
        break;
    case COMMAND_PUBLISH:
        buffer_clear(&bench->last_publish);
        buffer_append_bytes(&bench->last_publish, frame);
        trace_publish(bench, &command.publish);
        break;
    case COMMAND_SETTLE:
        trace_settle(bench, &command.settle);
        break;
    case COMMAND_CREDIT:
        buffer_printf(&bench->trace, "send credit %llu\n", (unsigned long long)command.credit.bytes);
        break;
    case COMMAND_ERROR:
        buffer_printf(&bench->trace, "send error %s\n", truc_error_name(-(int)command.error.code));
        break;
    default:
        buffer_printf(&bench->trace, "send %s\n", command_name(command.kind));
        break;
    }
}

static void trace_result(struct bench *bench, const struct session_effect *effect, const char *name)
{
    buffer_printf(&bench->trace, "%s %s", name, effect->token ? (const char *)effect->token : "-");
    buffer_printf(&bench->trace, " %s", effect->code ? truc_error_name(effect->code) : "ok");
    if (effect->code == 0)
        buffer_printf(&bench->trace, " %llu", (unsigned long long)effect->sequence);
    if (effect->repeat)
        buffer_append_string(&bench->trace, " repeat");
    if (effect->reason[0])
        buffer_printf(&bench->trace, " %s", effect->reason);
    if (effect->answer)
        buffer_printf(&bench->trace, " \"%.*s\"", BYTES_PRINTF(effect->answer->payload));
    buffer_append_byte(&bench->trace, '\n');
}

static void trace_effect(struct bench *bench, const struct session_effect *effect)
{
    switch (effect->kind) {
    case SESSION_CONNECT:
        buffer_append_string(&bench->trace, "connect\n");
        break;
    case SESSION_DISCONNECT:
        buffer_append_string(&bench->trace, "disconnect\n");
        break;
    case SESSION_SEND:
        trace_frame(bench, effect->frame);
        break;
    case SESSION_DELIVER:
        buffer_printf(&bench->trace, "deliver %llu #%u %.*s \"%.*s\"\n", (unsigned long long)effect->sequence,
                      effect->delivery->attempt, BYTES_PRINTF(effect->delivery->header.type),
                      BYTES_PRINTF(effect->delivery->payload));
        assert_true(bench->held_count < BENCH_DELIVERIES_MAX);
        bench->held[bench->held_count++] = effect->delivery;
        break;
    case SESSION_OUTCOME:
        trace_result(bench, effect, "outcome");
        break;
    case SESSION_ANSWER:
        trace_result(bench, effect, "answer");
        break;
    case SESSION_REPLIED:
        buffer_printf(&bench->trace, "replied %llu %s\n", (unsigned long long)effect->sequence,
                      effect->code ? truc_error_name(effect->code) : "ok");
        break;
    case SESSION_PERMISSIONS: /* with every welcome: in no trace */
        break;
    case SESSION_BLOB_WANT:
        buffer_printf(&bench->trace, "want %llu\n", (unsigned long long)effect->sequence);
        break;
    case SESSION_BLOB_DATA:
        buffer_printf(&bench->trace, "data %llu %zu\n", (unsigned long long)effect->sequence, effect->frame.size);
        break;
    case SESSION_BLOB_PROGRESS:
        buffer_printf(&bench->trace, "progress %llu\n", (unsigned long long)effect->sequence);
        break;
    case SESSION_BLOB_END:
        trace_result(bench, effect, "blob");
        break;
    case SESSION_LOG:
        if (effect->level <= 4)
            buffer_printf(&bench->trace, "log %s\n", effect->level == 3 ? "error" : "warning");
        break;
    }
}

static void take_effects(struct bench *bench)
{
    struct session_effect effect;
    while (session_effect_next(bench->session, &effect))
        trace_effect(bench, &effect);
}

void bench_expect(struct bench *bench, const char *expected)
{
    take_effects(bench);
    assert_string_equal(buffer_string(&bench->trace), expected);
    buffer_clear(&bench->trace);
}

void bench_skip(struct bench *bench)
{
    take_effects(bench);
    buffer_clear(&bench->trace);
}

void bench_pass(struct bench *bench, uint64_t ms)
{
    bench->now.monotonic_ns += ms * 1000000;
    bench->now.wall_ns += ms * 1000000;
    if (begin_call(bench))
        end_sound_call(bench, session_tick(bench->session, bench->now));
}

void bench_flush(struct bench *bench)
{
    if (begin_call(bench))
        end_sound_call(bench, session_flush(bench->session, bench->now));
}

/* ---- the broker ---- */

void bench_send(struct bench *bench, const struct command *command)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    command_encode(command, &frame);
    assert_int_equal(buffer_failed(&frame), 0);
    if (begin_call(bench))
        end_sound_call(bench, session_frame(bench->session, bench->now, buffer_view(&frame)));
}

void bench_welcome(struct bench *bench, const struct bench_welcome *welcome)
{
    static const struct bench_welcome usual = {
        .credit_bytes = 1024 * 1024, .message_bytes_max = 512 * 1024, .bundle_messages_max = 256};
    welcome = welcome ? welcome : &usual;
    struct command command = {.kind = COMMAND_WELCOME,
                              .welcome = {.version = 1,
                                          .bus = bytes_string("thanhhoa"),
                                          .time_ns = bench->now.wall_ns,
                                          .message_bytes_max = welcome->message_bytes_max,
                                          .bundle_messages_max = welcome->bundle_messages_max,
                                          .publish_credit_bytes = welcome->credit_bytes,
                                          .heartbeat_ms = 1000,
                                          .published_through = welcome->published_through,
                                          .permissions = welcome->permissions}};
    if (begin_call(bench))
        end_sound_call(bench, session_connected(bench->session, bench->now));
    bench_send(bench, &command);
    bench_flush(bench);
}

void bench_open(struct bench *bench)
{
    bench_welcome(bench, NULL);
    bench_skip(bench);
}

void bench_outcomes(struct bench *bench, uint64_t number, const char *codes, uint64_t sequence, uint64_t credit_bytes)
{
    BUFFER_CLEANUP struct buffer elements = {0};
    char words[1024];
    (void)snprintf(words, sizeof words, "%s", codes);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        struct outcome outcome = {0};
        bool is_repeat = strcmp(word, "repeat") == 0;
        if (is_repeat || strcmp(word, "0") == 0) {
            outcome.sequence = sequence++;
            outcome.repeat = is_repeat;
        } else {
            outcome.code = (uint32_t)-truc_error_from_name(word);
            assert_int_not_equal(outcome.code, 0);
        }
        outcome_append(&elements, &outcome);
    }
    struct command command = {
        .kind = COMMAND_OUTCOMES,
        .outcomes = {.number = number, .outcomes = buffer_view(&elements), .credit_bytes = credit_bytes}};
    bench_send(bench, &command);
}

bool bench_answer_oldest(struct bench *bench)
{
    BUFFER_CLEANUP struct buffer codes = {0};
    if (bench->sent_count == 0)
        return false;
    struct bench_sent oldest = bench->sent[0];
    memmove(bench->sent, bench->sent + 1, --bench->sent_count * sizeof *bench->sent);
    for (size_t i = 0; i < oldest.count; i++)
        buffer_append_string(&codes, "0 ");
    bench->unanswered_bytes -= oldest.bytes;
    bench_outcomes(bench, oldest.number, buffer_string(&codes), 1, oldest.bytes);
    return true;
}

void bench_certificate(struct bench *bench, const char *system, uint64_t not_after_ns)
{
    uint8_t key_id[PROTOCOL_KEY_ID_BYTES], der[8];
    key_id_for(system, key_id);
    store_le64(der, not_after_ns ? not_after_ns : bench_wall_ns + 1000000000000u);
    struct command command = {.kind = COMMAND_CERTIFICATE,
                              .certificate = {.key_id = bytes_of(key_id, sizeof key_id),
                                              .system = bytes_string(system),
                                              .der = bytes_of(der, sizeof der)}};
    bench_send(bench, &command);
}

static const uint8_t bench_salt[PROTOCOL_SALT_BYTES] = {1, 2, 3};

static void encode_message(const struct bench_message *message, const char *sender, struct buffer *out)
{
    struct header header = bench_header(message->id, message->type);
    struct sha256_digest digest =
        payload_digest(bytes_of(bench_salt, sizeof bench_salt), bytes_string(message->payload));
    header.source = bytes_string(message->source ? message->source : sender);
    header.kind = message->kind ? message->kind : HEADER_EVENT;
    header.payload_digest = sha256_view(&digest);
    header.payload_size_bytes = strlen(message->payload) + message->lies_about_size;
    header.correlation_id = bytes_string(message->correlation_id ? message->correlation_id : "");
    header.in_reply_to = header.kind == HEADER_REPLY ? 1 : 0;
    header_encode(&header, NULL, 0, out);
}

uint64_t bench_message_bytes(const struct bench_message *message, const char *sender)
{
    BUFFER_CLEANUP struct buffer header = {0};
    encode_message(message, sender, &header);
    return header.size + sizeof bench_salt + strlen(message->payload);
}

static void append_deliveries(const struct bench_parcel *parcel, const struct buffer *headers, struct buffer *out)
{
    for (size_t i = 0; i < parcel->count; i++) {
        if (!(parcel->subset >> i & 1))
            continue;
        const char *payload = parcel->damage == BENCH_PAYLOAD ? "another" : parcel->messages[i].payload;
        struct delivery delivery = {.sequence = parcel->sequence + i,
                                    .index = parcel->damage == BENCH_INDEX ? (uint32_t)parcel->count : (uint32_t)i,
                                    .attempt = parcel->attempt ? parcel->attempt : 1,
                                    .observed = parcel->observed,
                                    .agreement = bytes_string(parcel->agreement ? parcel->agreement : ""),
                                    .message = {.header = buffer_view(&headers[i]),
                                                .salt = bytes_of(bench_salt, sizeof bench_salt),
                                                .payload = bytes_string(payload)}};
        delivery_append(out, &delivery);
    }
}

void bench_deliver(struct bench *bench, const struct bench_parcel *parcel)
{
    enum { MESSAGES_MAX = 8 };
    struct buffer headers[MESSAGES_MAX] = {0};
    struct sha256_digest leaves[MESSAGES_MAX];
    bool is_wanted[MESSAGES_MAX] = {0};
    BUFFER_CLEANUP struct buffer text = {0}, deliveries = {0}, hashes = {0}, proof = {0}, parcels = {0};
    uint8_t key_id[PROTOCOL_KEY_ID_BYTES];
    assert_true(parcel->count <= MESSAGES_MAX);
    for (size_t i = 0; i < parcel->count; i++) {
        encode_message(&parcel->messages[i], parcel->sender, &headers[i]);
        leaves[i] = message_leaf(buffer_view(&headers[i]));
        is_wanted[i] = parcel->subset >> i & 1;
    }
    key_id_for(parcel->sender, key_id);
    struct statement statement = {.kind = STATEMENT_BUNDLE,
                                  .bus = bytes_string("thanhhoa"),
                                  .system = bytes_string(parcel->sender),
                                  .key_id = bytes_of(key_id, sizeof key_id),
                                  .count = parcel->count,
                                  .root = merkle_root(leaves, parcel->count)};
    statement_write(&statement, &text);
    struct sha256_digest signature = fake_signature(key_id, buffer_view(&text));
    signature.bytes[0] ^= parcel->damage == BENCH_SIGNATURE;
    append_deliveries(parcel, headers, &deliveries);
    assert_int_equal(merkle_multiproof_make(leaves, parcel->count, is_wanted, &hashes), 0);
    for (size_t at = 0; at < hashes.size; at += SHA256_BYTES) {
        struct sha256_digest hash;
        memcpy(hash.bytes, hashes.data + at, SHA256_BYTES);
        hash.bytes[0] ^= parcel->damage == BENCH_PROOF;
        proof_append(&proof, &hash);
    }
    struct parcel whole = {.sender = bytes_string(parcel->sender),
                           .key_id = bytes_of(key_id, sizeof key_id),
                           .signature = sha256_view(&signature),
                           .count = (uint32_t)parcel->count,
                           .deliveries = buffer_view(&deliveries),
                           .proof = buffer_view(&proof)};
    parcel_append(&parcels, &whole);
    struct command command = {.kind = COMMAND_DELIVER, .deliver = {.parcels = buffer_view(&parcels)}};
    bench_send(bench, &command);
    for (size_t i = 0; i < parcel->count; i++)
        buffer_free(&headers[i]);
}

/* ---- the program ---- */

struct header bench_header(const char *id, const char *type)
{
    return (struct header){.id = bytes_string(id),
                           .type = bytes_string(type),
                           .subject = bytes_string("H56.14-261123-0042"),
                           .time_ns = bench_wall_ns,
                           .kind = HEADER_EVENT,
                           .classification = HEADER_NOT_SECRET};
}

int bench_publish(struct bench *bench, const char *id, const char *payload)
{
    struct header header = bench_header(id, "dossier.received");
    union {
        const char *constant;
        void *token;
    } name = {.constant = id};
    if (!begin_call(bench))
        return TRUC_E_MEMORY;
    return end_call(bench, session_publish(bench->session, &header, bytes_string(payload), name.token, NULL));
}

static struct session_delivery *take_held(struct bench *bench, uint64_t sequence)
{
    for (size_t i = 0; i < bench->held_count; i++) {
        if (bench->held[i]->sequence == sequence) {
            struct session_delivery *delivery = bench->held[i];
            bench->held[i] = bench->held[--bench->held_count];
            return delivery;
        }
    }
    fail_msg("message %llu is not held", (unsigned long long)sequence);
    return NULL;
}

void bench_settle(struct bench *bench, uint64_t sequence, uint32_t outcome, int code)
{
    if (!begin_call(bench))
        return;
    struct session_delivery *delivery = take_held(bench, sequence);
    struct settlement settlement = {.outcome = outcome, .code = (uint32_t)-code};
    end_sound_call(bench, session_settle(bench->session, delivery, &settlement));
    session_delivery_free(delivery);
}

int bench_trim(struct bench *bench, uint64_t sequence, const char *payload, struct buffer *out)
{
    if (!begin_call(bench))
        return TRUC_E_MEMORY;
    struct session_delivery *delivery = take_held(bench, sequence);
    bench->held[bench->held_count++] = delivery;
    return end_call(bench, session_trim_reply(bench->session, delivery, bytes_string(payload), out));
}

int bench_reply(struct bench *bench, uint64_t sequence, const char *payload)
{
    if (!begin_call(bench))
        return TRUC_E_MEMORY;
    struct session_delivery *delivery = take_held(bench, sequence);
    int code = end_call(bench, session_reply(bench->session, delivery, bytes_string(payload), bench_wall_ns, NULL));
    session_delivery_free(delivery);
    return code;
}
