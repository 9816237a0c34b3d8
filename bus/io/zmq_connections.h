/* zmq_connections.h - counts the transport's connections, known peers or not, and can stop taking new ones.
 * Not peers (zmq_peers.h knows those that have sent something): half-open handshakes and strangers count here too.
 * Used by zmq_server.c, which keeps descriptors free for the journal. */
#ifndef TRUC_ZMQ_CONNECTIONS_H
#define TRUC_ZMQ_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <truc/error.h>

enum { ZMQ_CONNECTIONS_LISTENERS_MAX = 8 };

/* Start with {0}. */
struct zmq_connections {
    void *router, *events;
    uint64_t accepted, ended;
    int listeners[ZMQ_CONNECTIONS_LISTENERS_MAX]; /* libzmq's descriptors */
    size_t listeners_count;
    bool is_paused;
};

/* Before the ROUTER is bound. */
int zmq_connections_open(struct zmq_connections *connections, void *zmq_context, void *router,
                         struct truc_fault *fault);
void zmq_connections_close(struct zmq_connections *connections); /* before the ROUTER is closed */
/* Takes the events that have come. */
int zmq_connections_count(struct zmq_connections *connections, struct truc_fault *fault);
static inline uint64_t zmq_connections_open_now(const struct zmq_connections *connections)
{
    return connections->accepted - connections->ended;
}
/* Stops taking connections, or takes them again. Those that are open go on; who connects meanwhile waits, and TCP
 * tries again. What the listeners' backlog holds already still comes in. TRUC_E_INTERNAL. */
int zmq_connections_pause(struct zmq_connections *connections, bool pause, struct truc_fault *fault);

#endif
