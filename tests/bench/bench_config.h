/* bench_config.h - writes the configuration folders of buses that are too large to write by hand.
 * `truc init --from` reads them like any other.
 * Used by bench_scale.c and bench_exchange.c. */
#ifndef BENCH_CONFIG_H
#define BENCH_CONFIG_H

#include <stdint.h>
#include <truc/error.h>

/* Two senders and a receiver as in ./dev bench, and systems up to `systems` between which routes up to `routes` lie, each asking for
 * another content; at most BENCH_CANDIDATES of them from one sender, for one type. The folder is made. */
int bench_config_scale(const char *folder, uint32_t systems, uint32_t routes, struct truc_fault *fault);
/* s-01 to s-N: a document for to-1, to-2 or to-3 goes to so many of those that follow its sender. */
int bench_config_exchange(const char *folder, uint32_t systems, struct truc_fault *fault);

enum { BENCH_CANDIDATES = 16 };

#endif
