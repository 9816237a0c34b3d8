/* zmq_peers.c - two maps over one allocation a peer.
 * Ids come from our own socket, so the maps need no secret hash key.
 * See zmq_peers.h. */
#include "zmq_peers.h"

#include <stdlib.h>
#include <truc/error.h>

void zmq_peers_free(struct zmq_peers *peers)
{
    if (peers == NULL)
        return;
    size_t at = 0;
    struct zmq_peer *peer;
    while ((peer = map_next(&peers->by_number, &at)))
        free(peer);
    map_free(&peers->by_id);
    map_free(&peers->by_number);
}

bool zmq_peer_id_is_automatic(struct bytes id)
{
    return id.size == ZMQ_PEER_ID_BYTES && id.data[0] == 0;
}

struct zmq_peer *zmq_peers_by_id(const struct zmq_peers *peers, struct bytes id)
{
    return map_get_bytes(&peers->by_id, id);
}

struct zmq_peer *zmq_peers_by_number(const struct zmq_peers *peers, uint64_t number)
{
    return map_get_number(&peers->by_number, number);
}

int zmq_peers_add(struct zmq_peers *peers, struct bytes id, const uint8_t key[ZMQ_PEER_KEY_BYTES],
                  struct zmq_peer **ret_peer)
{
    if (zmq_peers_count(peers) >= ZMQ_PEERS_MAX)
        return TRUC_E_LIMIT;
    struct zmq_peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL)
        return TRUC_E_MEMORY;
    memcpy(peer->id, id.data, ZMQ_PEER_ID_BYTES);
    memcpy(peer->key, key, ZMQ_PEER_KEY_BYTES);
    peer->number = peers->last_number + 1;
    if (map_put_number(&peers->by_number, peer->number, peer) < 0) {
        free(peer);
        return TRUC_E_MEMORY;
    }
    if (map_put_bytes(&peers->by_id, bytes_of(peer->id, sizeof peer->id), peer) < 0) {
        map_remove_number(&peers->by_number, peer->number);
        free(peer);
        return TRUC_E_MEMORY;
    }
    peers->last_number = peer->number;
    *ret_peer = peer;
    return 0;
}

void zmq_peers_remove(struct zmq_peers *peers, uint64_t number)
{
    struct zmq_peer *peer = map_remove_number(&peers->by_number, number);
    if (peer == NULL)
        return;
    map_remove_bytes(&peers->by_id, bytes_of(peer->id, sizeof peer->id));
    free(peer);
}
