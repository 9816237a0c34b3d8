/* bench_worker.h - the clients that are measured: senders of documents or questions, and their receiver.
 * Ordinary programs over a peer's own library. They judge nothing; they write times into the shared page.
 * truc-bench and truc-bench-peers start themselves again as one of these. */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include "bench_peer.h"
#include "bench_shared.h"

struct bench_worker {
    const struct bench_peer *peer;
    const struct bench_work *work;
    struct bench_client *client;
    struct bench_shared *shared;
    struct bench_slot *slot;
    uint64_t cpu_before_ns;
};

enum { BENCH_BEGIN_IN_NS = 200000000, BENCH_NUMBERS = 7, BENCH_WORKER_ARGUMENTS = 7 + BENCH_NUMBERS };

/* --worker PEER WAY SETTINGS SHARED INBOX and the numbers of bench_work from `slot` on, in their order. Exit status. */
int bench_worker_main(char **arguments, const struct bench_peer *const peers[]);
/* The same, written: `texts` keeps the numbers. */
void bench_worker_numbers(const struct bench_work *work, uint32_t out[BENCH_NUMBERS]);
const char *bench_way_name(enum bench_way way);

/* ---- shared by both ---- */
int bench_send(const struct bench_peer *peer, const struct bench_work *work);    /* exit status */
int bench_receive(const struct bench_peer *peer, const struct bench_work *work); /* exit status */
int bench_worker_open(struct bench_worker *worker, const struct bench_peer *peer, const struct bench_work *work,
                      const struct bench_events *events, struct truc_fault *fault);
/* Connects, says so, and steps until all shall begin. */
int bench_worker_begin(struct bench_worker *worker, struct truc_fault *fault);
int bench_worker_end(struct bench_worker *worker, int code, const struct truc_fault *fault); /* closes; exit status */
void bench_worker_arrived(struct bench_worker *worker, uint64_t from_ns);

#endif
