/* peer_truc.h - Trục as a peer. See peer_truc.c and bench_peer.h. */
#ifndef PEER_TRUC_H
#define PEER_TRUC_H

#include "bench_peer.h"

extern const struct bench_peer peer_truc;

#endif
