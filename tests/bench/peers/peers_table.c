/* peers_table.c - medians over the rounds, a row a peer.
 * See peers_table.h.
 * A peer that can't be measured has a row that says why, never a number. */
#include "peers_table.h"

#include <stdio.h>

enum { MIB = 1048576, NAME_WIDTH = 20, PROMISE_WIDTH = 27 };

void peers_table_idle(struct peers_row *row, uint32_t round, struct bench_tree_use use)
{
    row->idle_mib[round] = (double)use.resident_bytes / MIB;
}

void peers_table_peak(struct peers_row *row, uint32_t round, struct bench_tree_use use)
{
    row->peak_mib[round] = (double)use.peak_bytes / MIB;
}

/* A flood's speed is that of the whole way: until the receiver has all. A question's time is its round trip. */
void peers_table_result(struct peers_row *row, uint32_t round, size_t plan, const struct bench_result *result)
{
    const struct bench_quantiles *quantiles =
        result->plan.way == BENCH_ASK ? &result->acknowledging : &result->delivering;
    double(*figures)[BENCH_ROUNDS_MAX] = row->figures[plan];
    figures[PEERS_PER_SECOND][round] = bench_per_second(result->delivered, result->delivered_s);
    figures[PEERS_P50_MS][round] = quantiles->p50_ms;
    figures[PEERS_P99_MS][round] = quantiles->p99_ms;
    figures[PEERS_CPU_S_PER_MILLION][round] = (double)result->broker.cpu_ns / 1e3 / (double)result->delivered;
}

static double of(struct peers_row *row, size_t plan, enum peers_figure figure, uint32_t rounds)
{
    return bench_median(row->figures[plan][figure], rounds);
}

/* Pads by characters: a name may hold marks. */
static void print_name(const char *text, int width)
{
    for (; *text; text++) {
        putchar(*text);
        width -= ((unsigned char)*text & 0xc0) != 0x80;
    }
    printf("%*s", width > 0 ? width : 1, "");
}

static void print_row(struct peers_row *row, uint32_t rounds)
{
    enum { P256, P1K, P16K, AT_1000, AT_5000, QUESTION };
    for (size_t plan = P256; plan <= P16K; plan++)
        printf(" %8.0f", of(row, plan, PEERS_PER_SECOND, rounds));
    for (size_t plan = AT_1000; plan <= QUESTION; plan++)
        printf("  %7.2f /%8.2f", of(row, plan, PEERS_P50_MS, rounds), of(row, plan, PEERS_P99_MS, rounds));
    printf("  %6.1f %7.1f %9.1f\n", bench_median(row->idle_mib, rounds), bench_median(row->peak_mib, rounds),
           of(row, P1K, PEERS_CPU_S_PER_MILLION, rounds));
}

void peers_table_print(struct peers_row *rows, size_t count, uint32_t rounds)
{
    printf("\n  %*s %26s  %18s%18s%18s  %14s %9s\n", NAME_WIDTH + PROMISE_WIDTH, "", "delivered/s", "ms at 1000/s",
           "ms at 5000/s", "ms round trip", "memory MiB", "CPU s a");
    printf("  %-*s%-*s %8s %8s %8s", NAME_WIDTH, "", PROMISE_WIDTH, "before it acknowledges", "256 B", "1 KiB",
           "16 KiB");
    for (int i = 0; i < 3; i++)
        printf("  %7s /%8s", "p50", "p99");
    printf("  %6s %7s %9s\n", "idle", "peak", "million");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].left_out)
            continue;
        printf("  ");
        print_name(rows[i].peer->name, NAME_WIDTH);
        print_name(rows[i].peer->promise, PROMISE_WIDTH);
        if (rows[i].unable)
            printf(" not measured: %s\n", rows[i].unable);
        else
            print_row(&rows[i], rounds);
    }
    printf("\n  medians of %u rounds of all in turn; two senders with 1000 messages under way each, one receiver;\n"
           "  times are from when a message was due; CPU is the broker's, with 1 KiB\n\n",
           rounds);
}
