/* peer_truc.h - Trục as a peer. See peer_truc.c and bench_peer.h. */
#ifndef PEER_TRUC_H
#define PEER_TRUC_H

#include "bench_peer.h"

extern const struct bench_peer peer_truc;
/* Its receiver forgets what it has handled when it ends, as those of the other brokers do. */
extern const struct bench_peer peer_truc_inbox_in_memory;

#endif
