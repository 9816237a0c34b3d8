/* peer_zeromq.c - no broker, but what lies under one: a ROUTER that hands frames from DEALERs to a DEALER, encrypted by CURVE.
 * It keeps nothing: what it shows is what the transport alone costs, and, with one sync for each group, what the disk adds.
 * The floor under Trục's numbers. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "fault.h"
#include "peer_server.h"
#include "peers.h"

enum { KEY_BYTES = 41, GROUP_MAX = 1000, BLOCK_BYTES = 4096, TEXT_BYTES = 16 };
/* The first byte of a frame. */
enum kind { HELLO = 'h', WELCOME = 'w', DOCUMENT = 'd', QUESTION = 'q', ANSWER = 'a', SETTLED = 's', ACCEPTED = 'k' };

/* ---- the forwarder: a process of its own ---- */

struct frame {
    zmq_msg_t from, body;
};

struct forwarder {
    void *socket;
    int file; /* -1: no sync */
    struct frame group[GROUP_MAX];
    zmq_msg_t receiver, asker;
    bool has_receiver;
};

static char kind_of(zmq_msg_t *message)
{
    return zmq_msg_size(message) > 0 ? *(char *)zmq_msg_data(message) : 0;
}

static bool send_to(struct forwarder *forwarder, zmq_msg_t *to, zmq_msg_t *body)
{
    zmq_msg_t address;
    zmq_msg_init(&address);
    zmq_msg_copy(&address, to);
    if (zmq_msg_send(&address, forwarder->socket, ZMQ_SNDMORE) < 0) {
        zmq_msg_close(&address);
        return false;
    }
    return zmq_msg_send(body, forwarder->socket, 0) >= 0;
}

/* Tells the sender which message is meant: the first bytes of its own. */
static bool answer(struct forwarder *forwarder, struct frame *frame, enum kind kind)
{
    uint8_t text[1 + sizeof(uint64_t) + sizeof(uint32_t)] = {0};
    zmq_msg_t body;
    if (zmq_msg_size(&frame->body) >= sizeof text)
        memcpy(text, zmq_msg_data(&frame->body), sizeof text);
    text[0] = (uint8_t)kind;
    zmq_msg_init_size(&body, sizeof text);
    memcpy(zmq_msg_data(&body), text, sizeof text);
    return send_to(forwarder, &frame->from, &body);
}

static bool forward(struct forwarder *forwarder, struct frame *frame)
{
    switch (kind_of(&frame->body)) {
    case HELLO:
        zmq_msg_copy(&forwarder->receiver, &frame->from);
        forwarder->has_receiver = true;
        return answer(forwarder, frame, WELCOME);
    case DOCUMENT:
        return forwarder->has_receiver && answer(forwarder, frame, ACCEPTED) &&
               send_to(forwarder, &forwarder->receiver, &frame->body);
    case QUESTION:
        zmq_msg_copy(&forwarder->asker, &frame->from);
        return forwarder->has_receiver && send_to(forwarder, &forwarder->receiver, &frame->body);
    case ANSWER:
        return send_to(forwarder, &forwarder->asker, &frame->body);
    default: /* settled: nothing to keep */
        return true;
    }
}

/* Whatever has come, at most GROUP_MAX. Waits for the first. */
static int take_group(struct forwarder *forwarder)
{
    int count = 0;
    while (count < GROUP_MAX) {
        struct frame *frame = &forwarder->group[count];
        zmq_msg_init(&frame->from);
        zmq_msg_init(&frame->body);
        if (zmq_msg_recv(&frame->from, forwarder->socket, count == 0 ? 0 : ZMQ_DONTWAIT) < 0 ||
            zmq_msg_recv(&frame->body, forwarder->socket, 0) < 0)
            return errno == EAGAIN && count > 0 ? count : -1;
        count++;
    }
    return count;
}

static bool sync_group(const struct forwarder *forwarder, uint64_t number)
{
    static const char block[BLOCK_BYTES] = {1};
    return forwarder->file < 0 ||
           (pwrite(forwarder->file, block, sizeof block, (off_t)(number * BLOCK_BYTES)) == (ssize_t)sizeof block &&
            fdatasync(forwarder->file) == 0);
}

static bool run_group(struct forwarder *forwarder, uint64_t number)
{
    int count = take_group(forwarder);
    bool well = count > 0 && sync_group(forwarder, number);
    for (int i = 0; i < count; i++) {
        well = well && forward(forwarder, &forwarder->group[i]);
        zmq_msg_close(&forwarder->group[i].from);
        zmq_msg_close(&forwarder->group[i].body);
    }
    return well;
}

/* --forward ENDPOINT SECRET FILE; FILE "" for none. Runs until it is ended. */
int peer_zeromq_forward(char **arguments)
{
    static struct forwarder forwarder = {.file = -1};
    const int yes = 1, unlimited = 0;
    forwarder.socket = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER);
    zmq_msg_init(&forwarder.receiver);
    zmq_msg_init(&forwarder.asker);
    if (arguments[4][0])
        forwarder.file = open(arguments[4], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if ((arguments[4][0] && forwarder.file < 0) ||
        zmq_setsockopt(forwarder.socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) < 0 ||
        zmq_setsockopt(forwarder.socket, ZMQ_CURVE_SECRETKEY, arguments[3], KEY_BYTES) < 0 ||
        zmq_setsockopt(forwarder.socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited) < 0 ||
        zmq_setsockopt(forwarder.socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited) < 0 ||
        zmq_setsockopt(forwarder.socket, ZMQ_ROUTER_MANDATORY, &yes, sizeof yes) < 0 ||
        zmq_bind(forwarder.socket, arguments[2]) < 0) {
        perror("truc-bench: forwarder");
        return 1;
    }
    for (uint64_t number = 0;; number++)
        if (!run_group(&forwarder, number)) {
            perror("truc-bench: forwarding");
            return 1;
        }
}

/* ---- starting it ---- */

static int start_forwarder(struct bench_place *place, bool synced, struct truc_fault *fault)
{
    uint16_t port;
    char public_key[KEY_BYTES], secret_key[KEY_BYTES], endpoint[64], file[KIT_PATH_BYTES] = "";
    int code = peer_server_folder(place, &port, fault);
    if (code == 0 && zmq_curve_keypair(public_key, secret_key) < 0)
        code = fault_set(fault, TRUC_E_STATE, "libzmq has no CURVE");
    if (code == 0 && synced)
        code = kit_path(file, fault, "%s/groups", place->bus.folder);
    if (code < 0)
        return code;
    (void)snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", port);
    const char *const arguments[] = {"/proc/self/exe", "--forward", endpoint, secret_key, file, NULL};
    code = child_start(&place->bus.broker, "forwarder", arguments, place->bus.log, false, fault);
    if (code == 0)
        code = peer_server_await(place, port, fault);
    (void)snprintf(place->bus.endpoint, sizeof place->bus.endpoint, "%u %s", port, public_key);
    return code;
}

static int start(struct bench_place *place, struct truc_fault *fault)
{
    return start_forwarder(place, false, fault);
}

static int start_synced(struct bench_place *place, struct truc_fault *fault)
{
    return start_forwarder(place, true, fault);
}

/* ---- the client ---- */

struct bench_client {
    const struct bench_work *work;
    struct bench_events events;
    void *context, *socket;
    uint8_t *body;
    int descriptor;
    bool welcome;
};

static int send_frame(struct bench_client *client, enum kind kind, size_t size, struct truc_fault *fault)
{
    client->body[0] = (uint8_t)kind;
    if (zmq_send(client->socket, client->body, size, 0) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "zeromq: sending");
    return 0;
}

static int open_client(const struct bench_work *work, const struct bench_events *events,
                       struct bench_client **ret_client, struct truc_fault *fault)
{
    char port[TEXT_BYTES], server[KEY_BYTES], public_key[KEY_BYTES], secret_key[KEY_BYTES], endpoint[64];
    const int unlimited = 0, linger_ms = 1000;
    size_t size = sizeof(int);
    struct bench_client *client = calloc(1, sizeof *client);
    if (client == NULL || sscanf(work->settings, "%15s %40s", port, server) != 2) {
        free(client);
        return fault_set(fault, TRUC_E_ARGUMENT, "zeromq: no client for '%s'", work->settings);
    }
    *client = (struct bench_client){.work = work, .events = *events, .context = zmq_ctx_new()};
    *ret_client = client;
    client->socket = zmq_socket(client->context, ZMQ_DEALER);
    client->body = calloc(1, work->size_bytes + BENCH_ANSWER_BYTES);
    (void)snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%s", port);
    if (client->body == NULL || zmq_curve_keypair(public_key, secret_key) < 0 ||
        zmq_setsockopt(client->socket, ZMQ_CURVE_SERVERKEY, server, KEY_BYTES) < 0 ||
        zmq_setsockopt(client->socket, ZMQ_CURVE_PUBLICKEY, public_key, KEY_BYTES) < 0 ||
        zmq_setsockopt(client->socket, ZMQ_CURVE_SECRETKEY, secret_key, KEY_BYTES) < 0 ||
        zmq_setsockopt(client->socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited) < 0 ||
        zmq_setsockopt(client->socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited) < 0 ||
        zmq_setsockopt(client->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms) < 0 ||
        zmq_connect(client->socket, endpoint) < 0 ||
        zmq_getsockopt(client->socket, ZMQ_FD, &client->descriptor, &size) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "zeromq: %s", endpoint);
    client->welcome = work->way != BENCH_RECEIVE;
    return client->welcome ? 0 : send_frame(client, HELLO, BENCH_ANSWER_BYTES, fault);
}

static bool ready(const struct bench_client *client)
{
    return client->welcome;
}

static int send_one(struct bench_client *client, uint32_t number, uint64_t from_ns, struct truc_fault *fault)
{
    bool asks = client->work->way == BENCH_ASK;
    bench_body_write(client->body + 1, from_ns, number);
    return send_frame(client, asks ? QUESTION : DOCUMENT, asks ? BENCH_ANSWER_BYTES : client->work->size_bytes, fault);
}

static int take(struct bench_client *client, const uint8_t *data, size_t size, struct truc_fault *fault)
{
    uint64_t from_ns = bench_body_from_ns(data + 1, size - 1);
    uint32_t number = bench_body_number(data + 1, size - 1);
    switch (data[0]) {
    case WELCOME:
        client->welcome = true;
        return 0;
    case ACCEPTED:
    case ANSWER:
        client->events.answered(client->events.context, number, 0, "");
        return 0;
    default:
        client->events.arrived(client->events.context, from_ns);
        bench_body_write(client->body + 1, from_ns, number);
        return send_frame(client, data[0] == QUESTION ? ANSWER : SETTLED, BENCH_ANSWER_BYTES, fault);
    }
}

static int take_all(struct bench_client *client, bool *ret_any, struct truc_fault *fault)
{
    int code = 0;
    *ret_any = false;
    while (code == 0) {
        zmq_msg_t message;
        zmq_msg_init(&message);
        int size = zmq_msg_recv(&message, client->socket, ZMQ_DONTWAIT);
        if (size < 0 && errno != EAGAIN && errno != EINTR)
            code = fault_errno(fault, TRUC_E_IO, errno, "zeromq: receiving");
        if (size > 0)
            code = take(client, zmq_msg_data(&message), (size_t)size, fault);
        zmq_msg_close(&message);
        if (size < 0)
            break;
        *ret_any = true;
    }
    return code;
}

/* ZMQ_FD tells of changes only, so what is there is taken before it is waited for. */
static int step(struct bench_client *client, uint64_t until_ns, struct truc_fault *fault)
{
    bool any;
    int code = take_all(client, &any, fault);
    if (code < 0 || any)
        return code;
    code = bench_wait(client->descriptor, POLLIN, until_ns, fault);
    return code < 0 ? code : take_all(client, &any, fault);
}

static int drain(struct bench_client *client, struct truc_fault *fault)
{
    (void)client, (void)fault; /* closing lingers until all is sent */
    return 0;
}

static void close_client(struct bench_client *client)
{
    if (client->socket)
        zmq_close(client->socket);
    if (client->context)
        zmq_ctx_term(client->context);
    free(client->body);
    free(client);
}

const struct bench_peer peer_zeromq = {.name = "bare ZeroMQ",
                                       .promise = "none: no disk",
                                       .start = start,
                                       .stop = peer_server_stop,
                                       .settings = peer_server_settings,
                                       .open = open_client,
                                       .ready = ready,
                                       .send = send_one,
                                       .step = step,
                                       .drain = drain,
                                       .close = close_client};

const struct bench_peer peer_zeromq_synced = {.name = "ZeroMQ + fdatasync",
                                              .promise = "none: 4 KiB synced a group",
                                              .start = start_synced,
                                              .stop = peer_server_stop,
                                              .settings = peer_server_settings,
                                              .open = open_client,
                                              .ready = ready,
                                              .send = send_one,
                                              .step = step,
                                              .drain = drain,
                                              .close = close_client};
