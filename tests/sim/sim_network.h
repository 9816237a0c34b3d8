/* sim_network.h - connections between clients and the broker: each keeps its order, and anything else may happen.
 * Frames take their time, jam, and are lost with their connection; a connection ends at one side before the other, or is silent.
 * What a connection carries twice only a client can have sent twice: the transport is TCP. */
#ifndef TRUC_SIM_NETWORK_H
#define TRUC_SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "map.h"

struct world;

struct connection {
    uint64_t peer;
    unsigned client;
    uint64_t life;                       /* of the broker that it was made to */
    bool client_open, broker_open;       /* as the two sides know it */
    bool silent;                         /* nothing gets through any more, and nobody is told */
    uint64_t cut_ns;                     /* frames that would arrive later are lost; UINT64_MAX: none */
    uint64_t to_broker_ns, to_client_ns; /* arrival of the last frame */
    uint64_t clogged_ns;                 /* nothing arrives before */
    /* kept by sim_oracle_wire.c */
    uint64_t granted_bytes, delivered_bytes;
    bool said_hello, is_welcome, was_told;
    struct map out; /* delivered and not settled, by sequence */
};

struct sim_network {
    struct connection **connections; /* by peer, from 1 on */
    size_t count, capacity;
};

/* A client connects: SIM_CONNECTED or SIM_LOST follows. Its peer. */
uint64_t network_connect(struct world *world, unsigned client);
struct connection *network_find(const struct world *world, uint64_t peer); /* NULL: 0 */
void network_to_broker(struct world *world, uint64_t peer, struct bytes frame);
int network_to_client(struct world *world, uint64_t peer, struct bytes frame); /* 0 or TRUC_E_DISCONNECTED */
void network_client_closes(struct world *world, uint64_t peer);
void network_broker_closes(struct world *world, uint64_t peer);
void network_broker_dies(struct world *world);         /* all of its connections end */
void network_lose(struct world *world, uint64_t peer); /* in the middle */
void network_silence(struct world *world, uint64_t peer);
void network_clog(struct world *world, uint64_t peer, uint64_t span_ns);
void network_free(struct sim_network *network);

#endif
