/* zmq_server.h - the broker's door: a CURVE ROUTER socket that turns peers' frames into events and sends answers.
 * Not the protocol: frames are opaque. No thread of its own; single-threaded like the engine, whose transport it is.
 * Round: zmq_server_wait, zmq_server_receive until 0, engine_commit, zmq_server_release. */
#ifndef TRUC_ZMQ_SERVER_H
#define TRUC_ZMQ_SERVER_H

#include "engine.h"
#include "protocol_limits.h"
#include "zap_handler.h"

struct zmq_server;

enum {
    /* What one round holds in memory until its group is on disk; what is beyond waits in libzmq's bounded queues. */
    ZMQ_SERVER_ROUND_FRAMES_MAX = 1024,
    ZMQ_SERVER_ROUND_BYTES_MAX = 2 * 1024 * 1024, /* and one frame more; larger rounds gain nothing, and cost memory */
    ZMQ_SERVER_ENDPOINTS_MAX = 8,
    ZMQ_SERVER_ENDPOINT_BYTES = 256,
    ZMQ_SERVER_RECEIVE_HWM = 256, /* frames of one peer waiting; then TCP holds it back */
    ZMQ_SERVER_SEND_HWM = 8192,   /* frames to one peer waiting; then it is taken for gone. Credit keeps far below */
    ZMQ_SERVER_HANDSHAKE_MS = 10000,
    ZMQ_SERVER_HEARTBEAT_MS = 5000,
    ZMQ_SERVER_HEARTBEAT_TIMEOUT_MS = 20000,
    ZMQ_SERVER_TCP_RETRANSMIT_MAX_MS = 20000,
    ZMQ_SERVER_BACKLOG = 128,    /* may still come in after connections_max is reached */
    ZMQ_SERVER_LINGER_MS = 1000, /* for the last byes */
    ZMQ_SERVER_FRAME_MARGIN_BYTES =
        1024 * 1024,                      /* a frame so much too large is answered (TOO_LARGE); beyond, ZeroMQ cuts */
    ZMQ_SERVER_CURVE_OVERHEAD_BYTES = 33, /* of a CurveZMQ MESSAGE command (RFC 26): ZMQ_MAXMSGSIZE counts it */
};

struct zmq_server_options {
    const char *const *endpoints; /* 1..ZMQ_SERVER_ENDPOINTS_MAX, "tcp://127.0.0.1:*" takes any free port */
    size_t endpoints_count;
    size_t connections_max;  /* with so many no further are taken; 0: half of the descriptors the process may have */
    const char *secret_text; /* of the broker's transport key, Z85 */
    struct zap_options admission;
};

struct zmq_server_counts {
    struct zap_counts admission;
    uint64_t frames_in, frames_out, bytes_in, bytes_out;
    uint64_t violations;  /* more than one frame, a routing id of the peer's own making, too many peers */
    uint64_t unreachable; /* sends to peers that were gone or did not read */
    size_t peers;         /* known now */
    uint64_t connections; /* open now, known or not */
};

/* Opens the admission, then binds. TRUC_E_UNAVAILABLE: an endpoint can't be bound; TRUC_E_ARGUMENT: the key or an
 * endpoint is not well-formed; TRUC_E_STATE, TRUC_E_MEMORY. Nothing of `options` but admission.context needs to live
 * on. */
int zmq_server_open(const struct zmq_server_options *options, struct zmq_server **ret_server, struct truc_fault *fault);
/* Waits shortly for what is still to be sent. NULL is fine. */
void zmq_server_close(struct zmq_server *server);

/* The engine's transport; lives as long as the server. */
struct transport *zmq_server_transport(struct zmq_server *server);
/* Endpoint as really bound, with its port. */
const char *zmq_server_endpoint(const struct zmq_server *server, size_t index);
struct zmq_server_counts zmq_server_counts(const struct zmq_server *server);

enum { ZMQ_SERVER_READY_FRAMES = 1, ZMQ_SERVER_READY_FD = 2 };
/* Waits for frames, for input on `fd` (-1: none) or for the time-out (ms; -1: none); answers admissions by itself.
 * ZMQ_SERVER_READY_… bits, or TRUC_E_INTERNAL. */
int zmq_server_wait(struct zmq_server *server, int fd, long timeout_ms, struct truc_fault *fault);

enum zmq_server_event_kind {
    ZMQ_SERVER_FRAME, /* peer, key, frame */
    ZMQ_SERVER_GONE,  /* peer: its connection is no longer to be spoken to */
};

struct zmq_server_event {
    enum zmq_server_event_kind kind;
    uint64_t peer;
    uint8_t key[ZAP_KEY_BYTES]; /* the transport key it was admitted with */
    struct bytes frame;         /* lives until zmq_server_release */
    int code;                   /* of GONE: what it broke, as it was told; a text that lives for ever */
    const char *text;
};

/* The next event of this round: 1, or 0 when nothing waits or the round is full; TRUC_E_INTERNAL or TRUC_E_MEMORY.
 * Peers that break the framing are told so and forgotten here; the engine hears of it only when it knew them. */
int zmq_server_receive(struct zmq_server *server, struct zmq_server_event *ret_event, struct truc_fault *fault);
/* Ends the round: frees its frames. */
void zmq_server_release(struct zmq_server *server);

#endif
