/* peers_table.h - what each round of each peer gave, and the one table of medians.
 * Only keeps and prints.
 * Last step of peers_main.c. */
#ifndef PEERS_TABLE_H
#define PEERS_TABLE_H

#include "bench_options.h"
#include "bench_table.h"

enum { PEERS_MAX = 8, PEERS_PLANS = 6 };

/* A plan's figures: throughput and broker time for floods, quantiles for the others. */
enum peers_figure { PEERS_PER_SECOND, PEERS_P50_MS, PEERS_P99_MS, PEERS_CPU_S_PER_MILLION, PEERS_FIGURES };

struct peers_row {
    const struct bench_peer *peer;
    const char *unable; /* why it was not measured */
    bool left_out;      /* not asked for */
    double figures[PEERS_PLANS][PEERS_FIGURES][BENCH_ROUNDS_MAX];
    double idle_mib[BENCH_ROUNDS_MAX], peak_mib[BENCH_ROUNDS_MAX];
};

void peers_table_idle(struct peers_row *row, uint32_t round, struct bench_tree_use use);
void peers_table_peak(struct peers_row *row, uint32_t round, struct bench_tree_use use);
void peers_table_result(struct peers_row *row, uint32_t round, size_t plan, const struct bench_result *result);
void peers_table_print(struct peers_row *rows, size_t count, uint32_t rounds);

#endif
