/* zap_handler.c - a REP socket on inproc://zeromq.zap.01: seven frames in, six frames out.
 * An unknown key gets 400, is counted and written to the log with the key's hash, but a flood doesn't fill the log.
 * See zap_handler.h. */
#include "zap_handler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <zmq.h>

#include "encode.h"
#include "fault.h"
#include "log_bound.h"
#include "sha256.h"
#include "time_text.h"

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"

/* Frames of a request, RFC 27 "The ZAP Protocol". */
enum {
    ZAP_VERSION,
    ZAP_REQUEST_ID,
    ZAP_REQUEST_DOMAIN,
    ZAP_ADDRESS,
    ZAP_ROUTING_ID,
    ZAP_MECHANISM,
    ZAP_CREDENTIALS,
    ZAP_FRAMES
};
enum { ZAP_HASH_TEXT_BYTES = 16, ZAP_ADDRESS_TEXT_MAX = 64 };

struct zap_handler {
    struct zap_options options;
    void *socket;
    struct zap_counts counts;
    struct log_bound bound;
};

int zap_open(void *zmq_context, const struct zap_options *options, struct zap_handler **ret_handler,
             struct truc_fault *fault)
{
    struct zap_handler *handler = calloc(1, sizeof *handler);
    if (handler == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the admission of peers");
    handler->options = *options;
    handler->socket = zmq_socket(zmq_context, ZMQ_REP);
    int linger_ms = 0;
    if (handler->socket == NULL || zmq_setsockopt(handler->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms) < 0 ||
        zmq_bind(handler->socket, ZAP_ENDPOINT) < 0) {
        int code = fault_set(fault, TRUC_E_STATE, "cannot bind %s: %s", ZAP_ENDPOINT, zmq_strerror(zmq_errno()));
        zap_close(handler);
        return code;
    }
    *ret_handler = handler;
    return 0;
}

void zap_close(struct zap_handler *handler)
{
    if (handler == NULL)
        return;
    if (handler->socket)
        zmq_close(handler->socket);
    free(handler);
}

void *zap_socket(const struct zap_handler *handler)
{
    return handler->socket;
}

struct zap_counts zap_counts(const struct zap_handler *handler)
{
    return handler->counts;
}

/* ---- the log, bounded ---- */

static void begin_span(struct zap_handler *handler)
{
    char text[128];
    uint64_t unwritten = log_bound_begin(&handler->bound, handler->options.up_ns(handler->options.context));
    if (unwritten == 0)
        return;
    snprintf(text, sizeof text, "refused %llu more connections with unknown keys in the last %d s or longer",
             (unsigned long long)unwritten, LOG_BOUND_SPAN_S);
    handler->options.log(handler->options.context, LOG_WARNING, text);
}

static void log_refusal(struct zap_handler *handler, struct bytes address, const uint8_t key[ZAP_KEY_BYTES])
{
    begin_span(handler);
    if (!log_bound_take(&handler->bound))
        return;
    struct sha256_digest digest = sha256_of(bytes_of(key, ZAP_KEY_BYTES));
    char hash[ZAP_HASH_TEXT_BYTES + 1], text[256];
    for (size_t i = 0; i < ZAP_HASH_TEXT_BYTES / 2; i++)
        snprintf(hash + 2 * i, 3, "%02x", digest.bytes[i]);
    int address_size = address.size < ZAP_ADDRESS_TEXT_MAX ? (int)address.size : ZAP_ADDRESS_TEXT_MAX;
    snprintf(text, sizeof text,
             "refused a connection from %.*s: its transport key (SHA-256 %s…) belongs to no system (UNKNOWN_KEY)",
             address_size, (const char *)address.data, hash);
    handler->options.log(handler->options.context, LOG_WARNING, text);
}

/* ---- requests ---- */

static struct bytes frame_view(zmq_msg_t *frame)
{
    return bytes_of(zmq_msg_data(frame), zmq_msg_size(frame));
}

/* Receives the frames of one request; those beyond the seventh are counted and dropped. The count, or -1: nothing
 * there. */
static int receive_request(void *socket, zmq_msg_t frames[ZAP_FRAMES])
{
    int count = 0;
    bool more = true;
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_init(&frames[i]);
    while (more) {
        zmq_msg_t surplus = {0}, *frame = count < ZAP_FRAMES ? &frames[count] : &surplus;
        zmq_msg_init(&surplus);
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0)
            return -1;
        more = zmq_msg_more(frame);
        zmq_msg_close(&surplus);
        count++;
    }
    return count;
}

/* "200" or what is wrong. */
static const char *judge(struct zap_handler *handler, zmq_msg_t frames[ZAP_FRAMES], int count)
{
    bool is_sound = count == ZAP_FRAMES && bytes_equal_string(frame_view(&frames[ZAP_VERSION]), "1.0") &&
                    bytes_equal_string(frame_view(&frames[ZAP_REQUEST_DOMAIN]), ZAP_DOMAIN) &&
                    bytes_equal_string(frame_view(&frames[ZAP_MECHANISM]), "CURVE") &&
                    zmq_msg_size(&frames[ZAP_CREDENTIALS]) == ZAP_KEY_BYTES;
    if (!is_sound) {
        handler->counts.malformed++;
        return "500";
    }
    const uint8_t *key = zmq_msg_data(&frames[ZAP_CREDENTIALS]);
    if (handler->options.admit(handler->options.context, key)) {
        handler->counts.admitted++;
        return "200";
    }
    handler->counts.refused++;
    log_refusal(handler, frame_view(&frames[ZAP_ADDRESS]), key);
    return "400";
}

static int send_reply(void *socket, struct bytes request_id, const char *status, struct bytes user_id)
{
    bool is_admitted = status[0] == '2';
    struct bytes reply[] = {bytes_string("1.0"),
                            request_id,
                            bytes_string(status),
                            bytes_string(is_admitted ? "" : "the transport key belongs to no system"),
                            is_admitted ? user_id : BYTES_EMPTY,
                            BYTES_EMPTY /* metadata */};
    enum { PARTS = sizeof reply / sizeof reply[0] };
    for (size_t i = 0; i < PARTS; i++)
        if (zmq_send(socket, reply[i].size ? reply[i].data : (const uint8_t *)"", reply[i].size,
                     i + 1 < PARTS ? ZMQ_SNDMORE : 0) < 0)
            return -1;
    return 0;
}

/* 1: answered one; 0: none there; -1 with zmq_errno(). */
static int serve_one(struct zap_handler *handler)
{
    zmq_msg_t frames[ZAP_FRAMES];
    struct buffer user_id = {0};
    int count = receive_request(handler->socket, frames), result = 1;
    if (count < 0) {
        result = zmq_errno() == EAGAIN ? 0 : -1;
    } else {
        const char *status = judge(handler, frames, count);
        if (count == ZAP_FRAMES)
            hex_append(&user_id, frame_view(&frames[ZAP_CREDENTIALS]));
        if (buffer_failed(&user_id))
            status = "300"; /* a passing shortage: the peer tries again */
        if (send_reply(handler->socket, frame_view(&frames[ZAP_REQUEST_ID]), status, buffer_view(&user_id)) < 0)
            result = -1;
    }
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_close(&frames[i]);
    buffer_free(&user_id);
    return result;
}

int zap_serve(struct zap_handler *handler, struct truc_fault *fault)
{
    if (handler->bound.unwritten)
        begin_span(handler);
    for (unsigned i = 0; i < ZAP_REQUESTS_A_ROUND_MAX; i++) {
        int served = serve_one(handler);
        if (served < 0)
            return fault_set(fault, TRUC_E_INTERNAL, "the admission of peers failed: %s", zmq_strerror(zmq_errno()));
        if (served == 0)
            break;
    }
    return 0;
}
