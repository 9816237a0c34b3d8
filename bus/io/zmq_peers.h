/* zmq_peers.h - who is connected: the routing ids that ZeroMQ hands out, and numbers that are never used again.
 * Not sessions (the core has those) and no socket: a table.
 * Kept by zmq_server.c: a number names a connection to the engine, an id names it to the ROUTER socket. */
#ifndef TRUC_ZMQ_PEERS_H
#define TRUC_ZMQ_PEERS_H

#include "bytes.h"
#include "map.h"

enum {
    ZMQ_PEER_ID_BYTES = 5, /* a zero and 32 bits: what a ROUTER makes for peers that choose no id themselves */
    ZMQ_PEER_KEY_BYTES = 32,
    ZMQ_PEERS_MAX = 8192, /* connections that have sent something and are not closed yet */
};

struct zmq_peer {
    uint64_t number;
    uint8_t id[ZMQ_PEER_ID_BYTES];
    uint8_t key[ZMQ_PEER_KEY_BYTES]; /* transport key, as authenticated */
};

/* Start with {0}. */
struct zmq_peers {
    struct map by_id, by_number;
    uint64_t last_number;
};

void zmq_peers_free(struct zmq_peers *peers); /* NULL is fine */
/* Whether the ROUTER made this id itself. */
bool zmq_peer_id_is_automatic(struct bytes id);
/* NULL when there is none. The peer belongs to the table. */
struct zmq_peer *zmq_peers_by_id(const struct zmq_peers *peers, struct bytes id);
struct zmq_peer *zmq_peers_by_number(const struct zmq_peers *peers, uint64_t number);
/* A new peer under the next number; the id is automatic and not in the table. TRUC_E_LIMIT: ZMQ_PEERS_MAX;
 * TRUC_E_MEMORY. */
int zmq_peers_add(struct zmq_peers *peers, struct bytes id, const uint8_t key[ZMQ_PEER_KEY_BYTES],
                  struct zmq_peer **ret_peer);
void zmq_peers_remove(struct zmq_peers *peers, uint64_t number); /* harmless for unknown numbers */
static inline size_t zmq_peers_count(const struct zmq_peers *peers)
{
    return peers->by_number.count;
}

#endif
