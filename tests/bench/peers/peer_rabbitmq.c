/* peer_rabbitmq.c - RabbitMQ: a quorum queue, publisher confirms, a consumer with prefetch that acknowledges several at once.
 * A quorum queue writes its Raft log with fdatasync before it confirms; one node, as Trục is one.
 * Why it is set up so: docs/performance.md. */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "peer_server.h"
#include "peers.h"

enum { CHANNEL = 1, PREFETCH = 2000, ACK_EVERY = 64, FRAME_BYTES = 131072, TEXT_BYTES = 640 };
#define SERVER "/usr/lib/rabbitmq/bin/rabbitmq-server"

struct bench_client {
    const struct bench_work *work;
    struct bench_events events;
    amqp_connection_state_t connection;
    uint8_t *body;
    uint64_t confirmed;   /* delivery tags up to here */
    uint64_t unacked_tag; /* received, not acknowledged yet: all up to here */
    uint32_t unacked;
};

/* ---- the server ---- */

static const char *unable(void)
{
    return access(SERVER, X_OK) == 0 ? NULL : "rabbitmq-server is not installed";
}

/* Its own name server for Erlang nodes, so that the system's is not asked and none is left behind. */
static int start_epmd(struct bench_place *place, const char *port, struct truc_fault *fault)
{
    const char *const arguments[] = {"/usr/bin/epmd", "-port", port, "-address", "127.0.0.1", NULL};
    return child_start(&place->helper, "epmd", arguments, place->bus.log, false, fault);
}

static int start_node(struct bench_place *place, uint16_t port, uint16_t distribution, const char *epmd,
                      struct truc_fault *fault)
{
    enum { VARIABLES = 12 };
    const char *folder = place->bus.folder;
    char text[VARIABLES][TEXT_BYTES];
    const char *arguments[VARIABLES + 3] = {"/usr/bin/env"};
    size_t count = 0;
    (void)snprintf(text[count++], TEXT_BYTES, "HOME=%s", folder);
    (void)snprintf(text[count++], TEXT_BYTES, "RABBITMQ_NODENAME=bench%u@localhost", port);
    (void)snprintf(text[count++], TEXT_BYTES, "RABBITMQ_MNESIA_BASE=%s/data", folder);
    (void)snprintf(text[count++], TEXT_BYTES, "RABBITMQ_LOG_BASE=%s/log", folder);
    (void)snprintf(text[count++], TEXT_BYTES, "RABBITMQ_CONFIG_FILE=%s/rabbitmq.conf", folder);
    (void)snprintf(text[count++], TEXT_BYTES, "RABBITMQ_ENABLED_PLUGINS_FILE=%s/plugins", folder);
    (void)snprintf(text[count++], TEXT_BYTES, "RABBITMQ_CONF_ENV_FILE=%s/env.conf", folder);
    (void)snprintf(text[count++], TEXT_BYTES, "RABBITMQ_DIST_PORT=%u", distribution);
    (void)snprintf(text[count++], TEXT_BYTES, "ERL_EPMD_PORT=%s", epmd);
    (void)snprintf(text[count++], TEXT_BYTES, "ERL_EPMD_ADDRESS=127.0.0.1");
    (void)snprintf(text[count++], TEXT_BYTES, "RUNNING_UNDER_SYSTEMD=true"); /* so that the script becomes the server */
    (void)snprintf(text[count++], TEXT_BYTES,
                   "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-start_epmd false +sbwt none "
                   "+sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}");
    for (size_t i = 0; i < count; i++)
        arguments[1 + i] = text[i];
    arguments[1 + count] = SERVER;
    return child_start(&place->bus.broker, "rabbitmq-server", arguments, place->bus.log, false, fault);
}

static int start(struct bench_place *place, struct truc_fault *fault)
{
    uint16_t port, distribution, epmd;
    char text[TEXT_BYTES], epmd_text[16];
    int code = peer_server_folder(place, &port, fault);
    if (code == 0)
        code = peer_server_port(&distribution, fault);
    if (code == 0)
        code = peer_server_port(&epmd, fault);
    if (code < 0)
        return code;
    (void)snprintf(text, sizeof text, "listeners.tcp.1 = 127.0.0.1:%u\nlog.file.level = warning\n", port);
    (void)snprintf(epmd_text, sizeof epmd_text, "%u", epmd);
    code = peer_server_file(place, "rabbitmq.conf", text, fault);
    if (code == 0)
        code = peer_server_file(place, "plugins", "[].\n", fault);
    if (code == 0)
        code = peer_server_file(place, "env.conf", "\n", fault);
    if (code == 0)
        code = start_epmd(place, epmd_text, fault);
    if (code == 0)
        code = start_node(place, port, distribution, epmd_text, fault);
    return code < 0 ? code : peer_server_await(place, port, fault);
}

/* ---- the client ---- */

static int check(struct bench_client *client, const char *what, struct truc_fault *fault)
{
    amqp_rpc_reply_t reply = amqp_get_rpc_reply(client->connection);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return 0;
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
        return fault_set(fault, TRUC_E_IO, "rabbitmq: %s: %s", what, amqp_error_string2(reply.library_error));
    return fault_set(fault, TRUC_E_IO, "rabbitmq: %s: the server closed the channel", what);
}

static int log_in(struct bench_client *client, int port, struct truc_fault *fault)
{
    client->connection = amqp_new_connection();
    amqp_socket_t *socket = client->connection ? amqp_tcp_socket_new(client->connection) : NULL;
    if (socket == NULL || amqp_socket_open(socket, "127.0.0.1", port) != AMQP_STATUS_OK)
        return fault_set(fault, TRUC_E_IO, "rabbitmq: no connection");
    if (amqp_login(client->connection, "/", 0, FRAME_BYTES, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type !=
        AMQP_RESPONSE_NORMAL)
        return fault_set(fault, TRUC_E_IO, "rabbitmq: not let in");
    amqp_channel_open(client->connection, CHANNEL);
    return check(client, "opening a channel", fault);
}

static int declare(struct bench_client *client, const char *queue, struct truc_fault *fault)
{
    amqp_table_entry_t entry = {.key = amqp_cstring_bytes("x-queue-type"),
                                .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum")}};
    const amqp_table_t table = {1, &entry};
    amqp_queue_declare(client->connection, CHANNEL, amqp_cstring_bytes(queue), 0, 1, 0, 0, table);
    return check(client, queue, fault);
}

static int consume(struct bench_client *client, const char *queue, struct truc_fault *fault)
{
    amqp_basic_consume(client->connection, CHANNEL, amqp_cstring_bytes(queue), amqp_cstring_bytes(queue), 0, 0, 0,
                       amqp_empty_table);
    return check(client, queue, fault);
}

static int prepare(struct bench_client *client, struct truc_fault *fault)
{
    static const char *const queues[] = {"documents", "questions", "answers"};
    int code = log_in(client, (int)strtol(client->work->settings, NULL, 10), fault);
    for (size_t i = 0; code == 0 && i < sizeof queues / sizeof *queues; i++)
        code = declare(client, queues[i], fault);
    if (code == 0) {
        amqp_confirm_select(client->connection, CHANNEL);
        amqp_basic_qos(client->connection, CHANNEL, 0, PREFETCH, 0);
        code = check(client, "confirms and prefetch", fault);
    }
    if (code == 0 && client->work->way == BENCH_RECEIVE) {
        code = consume(client, "documents", fault);
        return code < 0 ? code : consume(client, "questions", fault);
    }
    return code == 0 && client->work->way == BENCH_ASK ? consume(client, "answers", fault) : code;
}

static int open_client(const struct bench_work *work, const struct bench_events *events,
                       struct bench_client **ret_client, struct truc_fault *fault)
{
    struct bench_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a client");
    *client = (struct bench_client){.work = work, .events = *events};
    *ret_client = client;
    client->body = calloc(1, work->size_bytes + BENCH_ANSWER_BYTES);
    return client->body ? prepare(client, fault) : fault_set(fault, TRUC_E_MEMORY, "no memory for a payload");
}

static bool ready(const struct bench_client *client)
{
    (void)client; /* opening waited for every answer */
    return true;
}

static int publish(struct bench_client *client, const char *queue, size_t size, struct truc_fault *fault)
{
    const amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2};
    int status = amqp_basic_publish(client->connection, CHANNEL, amqp_empty_bytes, amqp_cstring_bytes(queue), 0, 0,
                                    &properties, (amqp_bytes_t){size, client->body});
    return status == AMQP_STATUS_OK
               ? 0
               : fault_set(fault, TRUC_E_IO, "rabbitmq: publishing: %s", amqp_error_string2(status));
}

static int send_one(struct bench_client *client, uint32_t number, uint64_t from_ns, struct truc_fault *fault)
{
    bool asks = client->work->way == BENCH_ASK;
    bench_body_write(client->body, from_ns, number);
    return publish(client, asks ? "questions" : "documents", asks ? BENCH_ANSWER_BYTES : client->work->size_bytes,
                   fault);
}

static int acknowledge(struct bench_client *client, struct truc_fault *fault)
{
    if (client->unacked == 0)
        return 0;
    client->unacked = 0;
    int status = amqp_basic_ack(client->connection, CHANNEL, client->unacked_tag, 1);
    return status == AMQP_STATUS_OK
               ? 0
               : fault_set(fault, TRUC_E_IO, "rabbitmq: acknowledging: %s", amqp_error_string2(status));
}

static int take_message(struct bench_client *client, const amqp_basic_deliver_t *deliver, struct truc_fault *fault)
{
    amqp_message_t message;
    amqp_bytes_t queue = deliver->consumer_tag;
    bool question = queue.len == 9 && memcmp(queue.bytes, "questions", 9) == 0;
    client->unacked_tag = deliver->delivery_tag;
    client->unacked++;
    if (amqp_read_message(client->connection, CHANNEL, &message, 0).reply_type != AMQP_RESPONSE_NORMAL)
        return fault_set(fault, TRUC_E_IO, "rabbitmq: reading a message");
    uint64_t from_ns = bench_body_from_ns(message.body.bytes, message.body.len);
    uint32_t number = bench_body_number(message.body.bytes, message.body.len);
    amqp_destroy_message(&message);
    int code = 0;
    if (client->work->way == BENCH_ASK)
        client->events.answered(client->events.context, number, 0, "");
    else
        client->events.arrived(client->events.context, from_ns);
    if (question) {
        bench_body_write(client->body, from_ns, number);
        code = publish(client, "answers", BENCH_ANSWER_BYTES, fault);
    }
    return code == 0 && client->unacked >= ACK_EVERY ? acknowledge(client, fault) : code;
}

/* A confirm tells of one message or of all up to it. Confirms of questions and answers are not what is waited for. */
static void take_confirm(struct bench_client *client, uint64_t tag, bool multiple, int code)
{
    bool counts = client->work->way == BENCH_FLOOD || client->work->way == BENCH_PACED;
    uint64_t from = multiple ? client->confirmed + 1 : tag;
    for (uint64_t i = from; counts && i <= tag; i++)
        client->events.answered(client->events.context, (uint32_t)(i - 1), code, "nack");
    if (tag > client->confirmed)
        client->confirmed = tag;
}

static int take(struct bench_client *client, const amqp_frame_t *frame, struct truc_fault *fault)
{
    if (frame->frame_type != AMQP_FRAME_METHOD)
        return 0;
    const void *decoded = frame->payload.method.decoded;
    switch (frame->payload.method.id) {
    case AMQP_BASIC_ACK_METHOD: {
        const amqp_basic_ack_t *ack = decoded;
        take_confirm(client, ack->delivery_tag, ack->multiple, 0);
        return 0;
    }
    case AMQP_BASIC_NACK_METHOD: {
        const amqp_basic_nack_t *nack = decoded;
        take_confirm(client, nack->delivery_tag, nack->multiple, TRUC_E_IO);
        return 0;
    }
    case AMQP_BASIC_DELIVER_METHOD:
        return take_message(client, decoded, fault);
    default:
        return fault_set(fault, TRUC_E_PROTOCOL, "rabbitmq: the server says method %x", frame->payload.method.id);
    }
}

/* All that has come. */
static int take_all(struct bench_client *client, struct truc_fault *fault)
{
    const struct timeval at_once = {0, 0};
    int code = 0;
    for (;;) {
        amqp_frame_t frame;
        amqp_maybe_release_buffers(client->connection);
        int status = amqp_simple_wait_frame_noblock(client->connection, &frame, &at_once);
        if (status == AMQP_STATUS_TIMEOUT)
            return acknowledge(client, fault);
        if (status != AMQP_STATUS_OK)
            return fault_set(fault, TRUC_E_IO, "rabbitmq: %s", amqp_error_string2(status));
        if ((code = take(client, &frame, fault)) < 0)
            return code;
    }
}

static int step(struct bench_client *client, uint64_t until_ns, struct truc_fault *fault)
{
    int code = 0;
    if (!amqp_frames_enqueued(client->connection) && !amqp_data_in_buffer(client->connection))
        code = bench_wait(amqp_get_sockfd(client->connection), POLLIN, until_ns, fault);
    return code < 0 ? code : take_all(client, fault);
}

/* Closing the channel is answered after all before it. */
static int drain(struct bench_client *client, struct truc_fault *fault)
{
    int code = acknowledge(client, fault);
    if (code == 0 &&
        amqp_channel_close(client->connection, CHANNEL, AMQP_REPLY_SUCCESS).reply_type != AMQP_RESPONSE_NORMAL)
        code = fault_set(fault, TRUC_E_IO, "rabbitmq: closing the channel");
    return code;
}

static void close_client(struct bench_client *client)
{
    if (client->connection)
        amqp_destroy_connection(client->connection);
    free(client->body);
    free(client);
}

const struct bench_peer peer_rabbitmq = {.name = "RabbitMQ quorum",
                                         .promise = "synced",
                                         .unable = unable,
                                         .start = start,
                                         .stop = peer_server_stop,
                                         .settings = peer_server_settings,
                                         .open = open_client,
                                         .ready = ready,
                                         .send = send_one,
                                         .step = step,
                                         .drain = drain,
                                         .close = close_client};
