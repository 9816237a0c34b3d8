/* small_broker.c - a broker of one client (small_broker.h).
 * Test support only; verifies every signature it is given.
 * Linked into test_adapter_* and test_settings. */
#include "small_broker.h"

#include "field_path.h"

#include "cmocka_start.h"
#include "header.h"
#include "encode.h"
#include "merkle.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    assert_int_equal(clock_gettime(clock, &now), 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- keys and files ---- */

void broker_path(const struct small_broker *broker, const char *name, char path[128])
{
    (void)snprintf(path, 128, "%s/%s", broker->folder, name);
}

void broker_write(const struct small_broker *broker, const char *name, struct bytes content, unsigned mode)
{
    char path[128];
    broker_path(broker, name, path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(file >= 0);
    assert_int_equal(write(file, content.data, content.size), content.size);
    assert_int_equal(fchmod(file, mode), 0);
    assert_int_equal(close(file), 0);
}

static void make_party(struct small_broker *broker, struct broker_party *party, const char *name, uint64_t now_ns)
{
    party->name = name;
    assert_int_equal(signing_key_generate(SIGNING_ED25519, &party->key, NULL), 0);
    struct certificate_request request = {
        .bus = "thanhhoa", .system = name, .key = signing_key_public(party->key), .now_ns = now_ns};
    assert_int_equal(certificate_issue(&broker->authority, broker->authority_key, &request, &party->certificate, NULL),
                     0);
}

void broker_write_settings(const struct small_broker *broker, const char *replace_key, const char *by_line)
{
    BUFFER_CLEANUP struct buffer text = {0};
    char server_key_line[64], broker_line[96];
    (void)snprintf(broker_line, sizeof broker_line, "broker: %s", broker->endpoint);
    (void)snprintf(server_key_line, sizeof server_key_line, "server-key: '%s'", broker->server_key.public_text);
    const char *const lines[] = {"bus: thanhhoa",
                                 "system: population",
                                 broker_line,
                                 server_key_line,
                                 "transport-key: transport.key",
                                 "signing-key: signing.pem",
                                 "certificate: certificate.pem",
                                 "authority: authority.pem",
                                 "salt-secret: salt",
                                 "inbox: inbox.db"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        bool is_replaced = replace_key && strncmp(lines[i], replace_key, strlen(replace_key)) == 0 &&
                           lines[i][strlen(replace_key)] == ':';
        buffer_printf(&text, "%s\n", is_replaced ? by_line : lines[i]);
    }
    broker_write(broker, "settings.yaml", buffer_view(&text), 0644);
}

static void write_files(struct small_broker *broker)
{
    BUFFER_CLEANUP struct buffer pem = {0};
    assert_int_equal(signing_key_append_pem(broker->adapter.key, &pem, NULL), 0);
    broker_write(broker, "signing.pem", buffer_view(&pem), 0600);
    buffer_clear(&pem);
    assert_int_equal(certificate_append_pem(&broker->adapter.certificate, &pem, NULL), 0);
    broker_write(broker, "certificate.pem", buffer_view(&pem), 0644);
    buffer_clear(&pem);
    assert_int_equal(certificate_append_pem(&broker->authority, &pem, NULL), 0);
    broker_write(broker, "authority.pem", buffer_view(&pem), 0644);
    broker_write(broker, "transport.key", bytes_string(broker->client_key.secret_text), 0600);
    broker_write(broker, "salt", bytes_string("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"),
                 0600);
    broker_write_settings(broker, NULL, NULL);
}

void broker_begin(struct small_broker *broker)
{
    uint64_t now_ns = clock_ns(CLOCK_REALTIME);
    *broker = (struct small_broker){
        .folder = "/tmp/truc-adapter-XXXXXX", .endpoint = "tcp://127.0.0.1:*", .is_answering = true};
    assert_non_null(mkdtemp(broker->folder));
    assert_int_equal(curve_key_generate(&broker->server_key), 0);
    assert_int_equal(curve_key_generate(&broker->client_key), 0);
    assert_int_equal(signing_key_generate(SIGNING_ED25519, &broker->authority_key, NULL), 0);
    assert_int_equal(certificate_make_authority(broker->authority_key, "thanhhoa", now_ns, &broker->authority, NULL),
                     0);
    make_party(broker, &broker->adapter, "population", now_ns);
    make_party(broker, &broker->peer, "onestop", now_ns);
    broker->context = zmq_ctx_new();
    assert_non_null(broker->context);
    broker_listen(broker);
    write_files(broker);
}

void broker_listen(struct small_broker *broker)
{
    const int one = 1, none = 0;
    size_t size = sizeof broker->endpoint;
    broker->router = zmq_socket(broker->context, ZMQ_ROUTER);
    assert_non_null(broker->router);
    assert_int_equal(zmq_setsockopt(broker->router, ZMQ_CURVE_SERVER, &one, sizeof one), 0);
    assert_int_equal(
        zmq_setsockopt(broker->router, ZMQ_CURVE_SECRETKEY, broker->server_key.secret_text, CURVE_KEY_TEXT_BYTES), 0);
    assert_int_equal(zmq_setsockopt(broker->router, ZMQ_LINGER, &none, sizeof none), 0);
    int result;
    for (int i = 0; (result = zmq_bind(broker->router, broker->endpoint)) < 0 && zmq_errno() == EADDRINUSE && i < 500;
         i++)
        (void)poll(NULL, 0, 10); /* the closed socket's thread has not let go of the port yet */
    assert_int_equal(result, 0);
    assert_int_equal(zmq_getsockopt(broker->router, ZMQ_LAST_ENDPOINT, broker->endpoint, &size), 0);
}

void broker_stop(struct small_broker *broker)
{
    assert_int_equal(zmq_close(broker->router), 0);
    broker->router = NULL;
    broker->is_greeted = false;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void broker_end(struct small_broker *broker)
{
    if (broker->router)
        (void)zmq_close(broker->router);
    (void)zmq_ctx_term(broker->context);
    (void)nftw(broker->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    signing_key_free(broker->authority_key);
    signing_key_free(broker->adapter.key);
    signing_key_free(broker->peer.key);
    certificate_clear(&broker->authority);
    certificate_clear(&broker->adapter.certificate);
    certificate_clear(&broker->peer.certificate);
    buffer_free(&broker->client);
}

/* ---- commands ---- */

static void send_command(struct small_broker *broker, const struct command *command)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    command_encode(command, &frame);
    assert_int_equal(buffer_failed(&frame), 0);
    assert_true(zmq_send(broker->router, broker->client.data, broker->client.size, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(broker->router, frame.data, frame.size, 0) >= 0);
}

static void check_signature(struct small_broker *broker, const struct statement *statement, struct bytes signature)
{
    BUFFER_CLEANUP struct buffer text = {0};
    statement_write(statement, &text);
    assert_int_equal(verify_key_check(signing_key_public(broker->adapter.key), buffer_view(&text), signature), 0);
}

static void take_hello(struct small_broker *broker, const struct command_hello *hello)
{
    assert_true(bytes_equal_string(hello->system, "population"));
    assert_int_equal(hello->session.size, PROTOCOL_SESSION_BYTES);
    memcpy(broker->session, hello->session.data, PROTOCOL_SESSION_BYTES);
    broker_welcome(broker);
    broker->is_greeted = true;
    broker->hello_count++;
}

void broker_welcome(struct small_broker *broker)
{
    BUFFER_CLEANUP struct buffer fields = {0}, permissions = {0};
    field_path_append(&fields, &(struct field_path){{1}, 1});
    permission_append(&permissions, &(struct permission){.type = bytes_string("citizen.verify"),
                                                         .peer = bytes_string("onestop"),
                                                         .direction = PERMISSION_RECEIVE,
                                                         .agreement = bytes_string("strict"),
                                                         .reply_fields = buffer_view(&fields)});
    struct command welcome = {.kind = COMMAND_WELCOME,
                              .welcome = {.version = 1,
                                          .bus = bytes_string("thanhhoa"),
                                          .time_ns = clock_ns(CLOCK_REALTIME),
                                          .message_bytes_max = 1024 * 1024,
                                          .bundle_messages_max = 256,
                                          .publish_credit_bytes = 1024 * 1024,
                                          .heartbeat_ms = 5000,
                                          .permissions = broker->permissions}};
    if (broker->lets_out_field_1)
        welcome.welcome.permissions = buffer_view(&permissions);
    send_command(broker, &welcome);
}

static void copy_text(char *out, size_t size, struct bytes text)
{
    (void)snprintf(out, size, "%.*s", BYTES_PRINTF(text));
}

static struct sha256_digest digest_of(const struct message *message)
{
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, message->salt);
    sha256_add(&hash, message->header);
    sha256_add(&hash, message->payload);
    return sha256_end(&hash);
}

static void take_publish(struct small_broker *broker, const struct command_publish *publish)
{
    static struct bundle bundle; /* too large for the stack */
    static struct sha256_digest leaves[PROTOCOL_BUNDLE_MESSAGES_MAX];
    BUFFER_CLEANUP struct buffer outcomes = {0};
    uint64_t size_bytes = 0;
    assert_int_equal(bundle_decode(publish->bundle, &bundle, NULL), 0);
    for (size_t i = 0; i < bundle.count; i++) {
        struct header header;
        assert_int_equal(header_decode(bundle.messages[i].header, &header, NULL), 0);
        assert_true(broker->published_count < BROKER_PUBLISHED_MAX);
        struct broker_published *published = &broker->published[broker->published_count++];
        copy_text(published->id, sizeof published->id, header.id);
        copy_text(published->type, sizeof published->type, header.type);
        copy_text(published->payload, sizeof published->payload, bundle.messages[i].payload);
        published->in_reply_to = header.in_reply_to;
        published->not_before_ns = header.not_before_ns;
        published->digest = digest_of(&bundle.messages[i]);
        leaves[i] = message_leaf(bundle.messages[i].header);
        size_bytes += message_size(&bundle.messages[i]);
        outcome_append(&outcomes, &(struct outcome){.sequence = broker->refusal ? 0 : 1000 + broker->published_count,
                                                    .code = (uint32_t)-broker->refusal});
    }
    struct statement statement = {.kind = STATEMENT_BUNDLE,
                                  .bus = bytes_string("thanhhoa"),
                                  .system = bytes_string("population"),
                                  .key_id = bundle.key_id,
                                  .count = bundle.count,
                                  .root = merkle_root(leaves, bundle.count)};
    check_signature(broker, &statement, bundle.signature);
    if (broker->is_answering && (broker->answers_max == 0 || broker->published_count <= broker->answers_max))
        send_command(broker, &(struct command){.kind = COMMAND_OUTCOMES,
                                               .outcomes = {.number = publish->number,
                                                            .outcomes = buffer_view(&outcomes),
                                                            .credit_bytes = size_bytes}});
}

static void take_settle(struct small_broker *broker, const struct command_settle *settle)
{
    struct sha256_digest leaves[BROKER_SETTLED_MAX];
    struct bytes leaf;
    size_t offset = 0, count = 0;
    struct settlement settlement;
    while (settlement_next(settle->settlements, &offset, &settlement, &leaf) > 0) {
        assert_true(broker->settled_count < BROKER_SETTLED_MAX);
        copy_text(broker->settled_reasons[broker->settled_count], sizeof broker->settled_reasons[0], settlement.reason);
        broker->settled[broker->settled_count++] = settlement;
        leaves[count++] = message_leaf(leaf);
    }
    struct statement statement = {.kind = STATEMENT_RECEIPT,
                                  .bus = bytes_string("thanhhoa"),
                                  .system = bytes_string("population"),
                                  .key_id = settle->key_id,
                                  .count = count,
                                  .root = merkle_root(leaves, count)};
    check_signature(broker, &statement, settle->signature);
}

static void take_frame(struct small_broker *broker, struct bytes frame)
{
    struct command command;
    assert_int_equal(command_decode(frame, &command, NULL), 0);
    switch (command.kind) {
    case COMMAND_HELLO:
        take_hello(broker, &command.hello);
        break;
    case COMMAND_PUBLISH:
        take_publish(broker, &command.publish);
        break;
    case COMMAND_SETTLE:
        take_settle(broker, &command.settle);
        break;
    case COMMAND_PING:
        send_command(broker, &(struct command){.kind = COMMAND_PONG, .ping = command.ping});
        break;
    case COMMAND_BYE:
        broker->bye_count++;
        break;
    case COMMAND_ERROR:
        fail_msg("the adapter says error: %.*s", BYTES_PRINTF(command.error.text));
        break;
    default:
        break;
    }
}

void broker_pump(struct small_broker *broker, truc_adapter *adapter)
{
    struct pollfd descriptor = {.fd = adapter ? truc_fd(adapter) : -1, .events = POLLIN};
    int timeout_ms = adapter ? truc_timeout_ms(adapter) : 0;
    enum { WAIT_MS_MAX = 5 };
    (void)poll(&descriptor, 1, timeout_ms < WAIT_MS_MAX ? timeout_ms : WAIT_MS_MAX);
    if (adapter)
        assert_int_equal(truc_step(adapter, NULL), 0);
    uint8_t client[64];
    int client_size;
    while (broker->router && (client_size = zmq_recv(broker->router, client, sizeof client, ZMQ_DONTWAIT)) >= 0) {
        zmq_msg_t frame;
        (void)zmq_msg_init(&frame);
        assert_true(zmq_msg_recv(&frame, broker->router, 0) >= 0);
        buffer_clear(&broker->client);
        buffer_append(&broker->client, client, (size_t)client_size);
        take_frame(broker, bytes_of(zmq_msg_data(&frame), zmq_msg_size(&frame)));
        (void)zmq_msg_close(&frame);
    }
}

void broker_pump_until(struct small_broker *broker, truc_adapter *adapter, const size_t *count, size_t wanted)
{
    uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + 10 * 1000000000ull;
    while (*count < wanted) {
        broker_pump(broker, adapter);
        if (clock_ns(CLOCK_MONOTONIC) > until_ns)
            fail_msg("only %zu of %zu came within ten seconds", *count, wanted);
    }
}

void broker_deliver(struct small_broker *broker, const struct broker_message *message)
{
    static const uint8_t salt[PROTOCOL_SALT_BYTES] = {7};
    BUFFER_CLEANUP struct buffer header_bytes = {0}, text = {0}, signature = {0}, deliveries = {0}, parcels = {0};
    const struct certificate *certificate = &broker->peer.certificate;
    struct bytes key_id = key_id_view(&certificate->key.id);
    struct sha256_digest digest = payload_digest(bytes_of(salt, sizeof salt), bytes_string(message->payload));
    struct header header = {.id = bytes_string(message->id),
                            .source = bytes_string("onestop"),
                            .type = bytes_string(message->type),
                            .time_ns = 1795420800000000000u,
                            .kind = message->kind,
                            .classification = HEADER_NOT_SECRET,
                            .subject = bytes_string("H56.14-261123-0042"),
                            .payload_digest = sha256_view(&digest),
                            .payload_size_bytes = strlen(message->payload),
                            .purpose = {.officer = bytes_string("cb-217")}};
    header_encode(&header, NULL, 0, &header_bytes);
    struct sha256_digest leaf = message_leaf(buffer_view(&header_bytes));
    struct statement statement = {.kind = STATEMENT_BUNDLE,
                                  .bus = bytes_string("thanhhoa"),
                                  .system = bytes_string("onestop"),
                                  .key_id = key_id,
                                  .count = 1,
                                  .root = leaf};
    statement_write(&statement, &text);
    assert_int_equal(signing_key_sign(broker->peer.key, buffer_view(&text), &signature), 0);
    struct delivery delivery = {.sequence = message->sequence,
                                .attempt = message->attempt,
                                .agreement = bytes_string(broker->lets_out_field_1 ? "strict" : ""),
                                .message = {.header = buffer_view(&header_bytes),
                                            .salt = bytes_of(salt, sizeof salt),
                                            .payload = bytes_string(message->payload)}};
    delivery_append(&deliveries, &delivery);
    struct parcel parcel = {.sender = bytes_string("onestop"),
                            .key_id = key_id,
                            .signature = buffer_view(&signature),
                            .count = 1,
                            .deliveries = buffer_view(&deliveries)};
    parcel_append(&parcels, &parcel);
    send_command(broker, &(struct command){.kind = COMMAND_CERTIFICATE,
                                           .certificate = {.key_id = key_id,
                                                           .system = bytes_string("onestop"),
                                                           .der = certificate_der(certificate)}});
    send_command(broker, &(struct command){.kind = COMMAND_DELIVER, .deliver = {.parcels = buffer_view(&parcels)}});
}
