/* zmq_connections.h - counts the transport's connections, known peers or not, by libzmq's own events.
 * Not peers (zmq_peers.h knows those that have sent something): also half-open handshakes and strangers count here.
 * Asked by zmq_server.c, which stops letting clients in before the descriptors run out. */
#ifndef TRUC_ZMQ_CONNECTIONS_H
#define TRUC_ZMQ_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <truc/error.h>

/* Start with {0}. */
struct zmq_connections {
    void *router, *events;
    uint64_t accepted, ended;
    uint64_t handshakes_failed; /* also those of unknown keys */
    uint64_t accepts_failed;    /* no descriptor left */
};

/* Before the ROUTER is bound. */
int zmq_connections_open(struct zmq_connections *connections, void *zmq_context, void *router, struct truc_fault *fault);
void zmq_connections_close(struct zmq_connections *connections); /* before the ROUTER is closed */
/* Takes the events that have come. */
int zmq_connections_count(struct zmq_connections *connections, struct truc_fault *fault);
static inline uint64_t zmq_connections_open_now(const struct zmq_connections *connections)
{
    return connections->accepted - connections->ended;
}

#endif
