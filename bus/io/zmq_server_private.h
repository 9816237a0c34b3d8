/* zmq_server_private.h - what the server holds.
 * Private to zmq_server.c (the round) and zmq_server_bind.c (opening and closing).
 * See zmq_server.h for the flow. */
#ifndef TRUC_ZMQ_SERVER_PRIVATE_H
#define TRUC_ZMQ_SERVER_PRIVATE_H

#include <zmq.h>

#include "log_bound.h"
#include "zmq_connections.h"
#include "zmq_peers.h"
#include "zmq_server.h"

struct zmq_server {
    struct transport transport; /* first: the engine hands it back */
    void *context, *router;
    struct zap_handler *admission;
    struct zmq_peers peers;
    struct zmq_connections connections;
    uint64_t connections_max;
    struct zap_options admission_options;
    struct zmq_server_counts counts;
    struct log_bound violations_logged;
    char endpoints[ZMQ_SERVER_ENDPOINTS_MAX][ZMQ_SERVER_ENDPOINT_BYTES];
    size_t endpoints_count;
    zmq_msg_t held[ZMQ_SERVER_ROUND_FRAMES_MAX]; /* never moved: small frames lie inside */
    size_t held_count, held_bytes;
    size_t read_count; /* messages looked at in this round, events or not */
};

/* The transport's calls. */
int zmq_server_send(struct transport *transport, uint64_t number, struct bytes frame);
void zmq_server_forget(struct transport *transport, uint64_t number);

#endif
