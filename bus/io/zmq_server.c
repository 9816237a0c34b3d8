/* zmq_server.c - the round: frames in, kept until the commit; frames out, to a peer's number.
 * A command is one frame behind the routing id; whoever sends more is told so and forgotten.
 * zmq_server_bind.c sets the sockets up; zmq_peers.c keeps the numbers. */
#include <errno.h>
#include <stdio.h>
#include <syslog.h>

#include "buffer.h"
#include "command.h"
#include "encode.h"
#include "fault.h"
#include "zmq_server_private.h"

enum { RESUME_PERCENT = 90 /* of connections_max: then others are taken again */ };

struct transport *zmq_server_transport(struct zmq_server *server)
{
    return &server->transport;
}

const char *zmq_server_endpoint(const struct zmq_server *server, size_t index)
{
    return index < server->endpoints_count ? server->endpoints[index] : "";
}

struct zmq_server_counts zmq_server_counts(const struct zmq_server *server)
{
    struct zmq_server_counts counts = server->counts;
    counts.admission = zap_counts(server->admission);
    counts.peers = zmq_peers_count(&server->peers);
    counts.connections = zmq_connections_open_now(&server->connections);
    return counts;
}

/* ZeroMQ has no bound on connections, and at the descriptors' end its thread spins and the journal can't open files. */
static int watch_connections(struct zmq_server *server, struct truc_fault *fault)
{
    struct zmq_connections *connections = &server->connections;
    int code = zmq_connections_count(connections, fault);
    uint64_t now = zmq_connections_open_now(connections);
    bool is_full =
        connections->is_paused ? now > server->connections_max * RESUME_PERCENT / 100 : now >= server->connections_max;
    if (code < 0 || is_full == connections->is_paused)
        return code;
    code = zmq_connections_pause(connections, is_full, fault);
    if (code < 0)
        return code;
    char text[128];
    (void)snprintf(text, sizeof text,
                   is_full ? "%llu connections: no more are taken until some end"
                           : "%llu connections: others are taken again",
                   (unsigned long long)now);
    server->admission_options.log(server->admission_options.context, is_full ? LOG_ERR : LOG_NOTICE, text);
    return 0;
}

static void begin_log_span(struct zmq_server *server)
{
    const struct zap_options *options = &server->admission_options;
    char text[128];
    uint64_t unwritten = log_bound_begin(&server->violations_logged, options->up_ns(options->context));
    if (unwritten == 0)
        return;
    (void)snprintf(text, sizeof text, "ended %llu more connections for their framing in the last %d s or longer",
                   (unsigned long long)unwritten, LOG_BOUND_SPAN_S);
    options->log(options->context, LOG_WARNING, text);
}

int zmq_server_wait(struct zmq_server *server, int fd, long timeout_ms, struct truc_fault *fault)
{
    zmq_pollitem_t items[] = {{.socket = server->router, .events = ZMQ_POLLIN},
                              {.socket = zap_socket(server->admission), .events = ZMQ_POLLIN},
                              {.socket = server->connections.events, .events = ZMQ_POLLIN},
                              {.fd = fd, .events = ZMQ_POLLIN}};
    int ready = zmq_poll(items, fd >= 0 ? 4 : 3, timeout_ms);
    if (ready < 0 && zmq_errno() != EINTR)
        return fault_set(fault, TRUC_E_INTERNAL, "waiting for peers failed: %s", zmq_strerror(zmq_errno()));
    if (server->violations_logged.unwritten)
        begin_log_span(server);
    int code = watch_connections(server, fault);
    if (code == 0)
        code = zap_serve(server->admission, fault);
    if (code < 0)
        return code;
    return ready <= 0 ? 0
                      : (items[0].revents & ZMQ_POLLIN ? ZMQ_SERVER_READY_FRAMES : 0) |
                            (fd >= 0 && items[3].revents & ZMQ_POLLIN ? ZMQ_SERVER_READY_FD : 0);
}

/* ---- out ---- */

/* 0, TRUC_E_DISCONNECTED, TRUC_E_BLOCKED, TRUC_E_MEMORY. */
static int send_to(struct zmq_server *server, struct bytes id, struct bytes frame)
{
    zmq_msg_t message;
    if (zmq_msg_init_size(&message, frame.size) < 0)
        return TRUC_E_MEMORY;
    if (frame.size)
        memcpy(zmq_msg_data(&message), frame.data, frame.size);
    if (zmq_send(server->router, id.data, id.size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
        zmq_msg_send(&message, server->router, ZMQ_DONTWAIT) < 0) {
        int error = zmq_errno();
        zmq_msg_close(&message);
        server->counts.unreachable++;
        return error == EAGAIN ? TRUC_E_BLOCKED : TRUC_E_DISCONNECTED;
    }
    server->counts.frames_out++;
    server->counts.bytes_out += frame.size;
    return 0;
}

int zmq_server_send(struct transport *transport, uint64_t number, struct bytes frame)
{
    struct zmq_server *server = (struct zmq_server *)transport; /* its first member */
    const struct zmq_peer *peer = zmq_peers_by_number(&server->peers, number);
    return peer ? send_to(server, bytes_of(peer->id, sizeof peer->id), frame) : TRUC_E_DISCONNECTED;
}

void zmq_server_forget(struct transport *transport, uint64_t number)
{
    struct zmq_server *server = (struct zmq_server *)transport;
    zmq_peers_remove(&server->peers, number);
}

/* Tells a peer what it did wrong. Nobody waits for it: when it can't be sent, it is gone already. */
static void complain(struct zmq_server *server, struct bytes id, int code, const char *text)
{
    struct buffer frame = {0};
    struct command command = {.kind = COMMAND_ERROR};
    command.error = (struct command_error){
        .code = (uint32_t)-code, .text = bytes_string(text), .hint = bytes_string(truc_error_hint(code))};
    command_encode(&command, &frame);
    if (!buffer_failed(&frame))
        (void)send_to(server, id, buffer_view(&frame));
    buffer_free(&frame);
    server->counts.violations++;
}

/* ---- in ---- */

/* Receives the parts behind the routing id: the first into `body`, others are dropped. Their number, or a negative
 * code. libzmq hands a message over whole, so that this ends. */
static int receive_parts(struct zmq_server *server, zmq_msg_t *body, struct truc_fault *fault)
{
    int count = 0;
    bool more = true;
    while (more) {
        zmq_msg_t surplus, *part = count == 0 ? body : &surplus;
        zmq_msg_init(&surplus);
        if (zmq_msg_recv(part, server->router, ZMQ_DONTWAIT) < 0)
            return fault_set(fault, TRUC_E_INTERNAL, "a message ended early: %s", zmq_strerror(zmq_errno()));
        more = zmq_msg_more(part);
        zmq_msg_close(&surplus);
        count += count < 2; /* more than one is all that matters */
    }
    return count;
}

/* The authenticated key. It must be read from the body: libzmq 4.3.4 loses the metadata of the routing id's frame. */
static bool read_key(zmq_msg_t *body, uint8_t key[ZAP_KEY_BYTES])
{
    const char *user_id = zmq_msg_gets(body, "User-Id");
    struct buffer decoded = {0};
    bool is_key = user_id && hex_decode(bytes_string(user_id), &decoded) == 0 && decoded.size == ZAP_KEY_BYTES;
    if (is_key)
        memcpy(key, decoded.data, ZAP_KEY_BYTES);
    buffer_free(&decoded);
    return is_key;
}

/* Which system it is the core says, where it knows the connection; here it is known to have been admitted. */
static void log_violation(struct zmq_server *server, int code, const char *what)
{
    char text[192];
    begin_log_span(server);
    if (!log_bound_take(&server->violations_logged))
        return;
    (void)snprintf(text, sizeof text, "ended a connection: %s (%s)", what, truc_error_name(code));
    server->admission_options.log(server->admission_options.context, LOG_WARNING, text);
}

/* Ends the dealings with the peer behind `id`. 1 with a GONE event when the engine may know it, else 0. */
static int refuse_peer(struct zmq_server *server, struct bytes id, int code, const char *text,
                       struct zmq_server_event *ret_event)
{
    struct zmq_peer *peer = zmq_peers_by_id(&server->peers, id);
    complain(server, id, code, text);
    log_violation(server, code, text);
    if (peer == NULL)
        return 0;
    *ret_event = (struct zmq_server_event){.kind = ZMQ_SERVER_GONE, .peer = peer->number, .code = code, .text = text};
    memcpy(ret_event->key, peer->key, sizeof peer->key);
    zmq_peers_remove(&server->peers, peer->number);
    return 1;
}

/* 1: *ret_event is filled; 0: this message brought none. */
static int take_body(struct zmq_server *server, struct bytes id, zmq_msg_t *body, struct zmq_server_event *ret_event,
                     struct truc_fault *fault)
{
    uint8_t key[ZAP_KEY_BYTES];
    if (!zmq_peer_id_is_automatic(id))
        return refuse_peer(server, id, TRUC_E_PROTOCOL, "a client sets no routing id of its own", ret_event);
    if (!read_key(body, key))
        return refuse_peer(server, id, TRUC_E_UNKNOWN_KEY, "the connection carries no authenticated key", ret_event);
    if (zmq_msg_size(body) > PROTOCOL_FRAME_BYTES_MAX)
        return refuse_peer(server, id, TRUC_E_TOO_LARGE, "a frame is over the limit of 16 MiB and 64 KiB", ret_event);
    struct zmq_peer *peer = zmq_peers_by_id(&server->peers, id);
    if (peer && memcmp(peer->key, key, sizeof key) != 0) /* ids wrap around after 2^32 connections */
        return refuse_peer(server, id, TRUC_E_DISCONNECTED, "the routing id was another connection's: connect again",
                           ret_event);
    if (peer == NULL) {
        int code = zmq_peers_add(&server->peers, id, key, &peer);
        if (code == TRUC_E_LIMIT)
            return refuse_peer(server, id, code, "too many connections: try again later", ret_event);
        if (code < 0)
            return fault_set(fault, code, "no memory for a peer");
    }
    *ret_event = (struct zmq_server_event){
        .kind = ZMQ_SERVER_FRAME, .peer = peer->number, .frame = bytes_of(zmq_msg_data(body), zmq_msg_size(body))};
    memcpy(ret_event->key, key, sizeof key);
    server->counts.frames_in++;
    server->counts.bytes_in += ret_event->frame.size;
    server->held_bytes += ret_event->frame.size;
    return 1;
}

/* One message. 1: an event; 0: none of it; TRUC_E_NOT_FOUND: nothing waits; other negative codes are fatal. */
static int receive_one(struct zmq_server *server, struct zmq_server_event *ret_event, struct truc_fault *fault)
{
    zmq_msg_t id_frame, *body = &server->held[server->held_count];
    zmq_msg_init(&id_frame);
    if (zmq_msg_recv(&id_frame, server->router, ZMQ_DONTWAIT) < 0) {
        int error = zmq_errno();
        zmq_msg_close(&id_frame);
        if (error == EAGAIN || error == EINTR)
            return TRUC_E_NOT_FOUND;
        return fault_set(fault, TRUC_E_INTERNAL, "receiving failed: %s", zmq_strerror(error));
    }
    struct bytes id = bytes_of(zmq_msg_data(&id_frame), zmq_msg_size(&id_frame));
    zmq_msg_init(body);
    int result = receive_parts(server, body, fault);
    if (result == 1)
        result = take_body(server, id, body, ret_event, fault);
    else if (result > 1)
        result = refuse_peer(server, id, TRUC_E_PROTOCOL, "a command is one frame; more than one came", ret_event);
    if (result == 1 && ret_event->kind == ZMQ_SERVER_FRAME)
        server->held_count++;
    else
        zmq_msg_close(body);
    zmq_msg_close(&id_frame);
    return result;
}

int zmq_server_receive(struct zmq_server *server, struct zmq_server_event *ret_event, struct truc_fault *fault)
{
    while (server->held_count < ZMQ_SERVER_ROUND_FRAMES_MAX && server->held_bytes < ZMQ_SERVER_ROUND_BYTES_MAX &&
           server->read_count < ZMQ_SERVER_ROUND_FRAMES_MAX) {
        server->read_count++;
        int result = receive_one(server, ret_event, fault);
        if (result != 0)
            return result == TRUC_E_NOT_FOUND ? 0 : result;
    }
    return 0;
}

void zmq_server_release(struct zmq_server *server)
{
    for (size_t i = 0; i < server->held_count; i++)
        zmq_msg_close(&server->held[i]);
    server->held_count = 0;
    server->held_bytes = 0;
    server->read_count = 0;
}
