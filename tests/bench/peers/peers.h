/* peers.h - the rows of truc-bench-peers.
 * One file each, named after it. See bench_peer.h.
 * Used by peers_main.c. */
#ifndef PEERS_H
#define PEERS_H

#include "peer_truc.h"

extern const struct bench_peer peer_redis;
extern const struct bench_peer peer_rabbitmq;
extern const struct bench_peer peer_nats_synced, peer_nats_unsynced;
extern const struct bench_peer peer_zeromq, peer_zeromq_synced;

int peer_zeromq_forward(char **arguments); /* the forwarder's own process; exit status */

#endif
