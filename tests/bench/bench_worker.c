/* bench_worker.c - what senders and receiver have in common: their arguments, opening, beginning together, ending.
 * See bench_worker.h.
 * Before bench_publish.c and bench_consume.c. */
#include "bench_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fault.h"

enum { CONNECT_WAIT_MS = 20000, LOOK_EVERY_NS = 2000000 };

const char *bench_way_name(enum bench_way way)
{
    static const char *const names[BENCH_WAYS] = {[BENCH_FLOOD] = "flood",
                                                  [BENCH_PACED] = "paced",
                                                  [BENCH_ASK] = "ask",
                                                  [BENCH_EXCHANGE] = "exchange",
                                                  [BENCH_RECEIVE] = "receive"};
    return names[way];
}

void bench_worker_numbers(const struct bench_work *work, uint32_t out[BENCH_NUMBERS])
{
    const uint32_t numbers[BENCH_NUMBERS] = {work->slot,   work->size_bytes, work->count, work->rate,
                                             work->window, work->keys,       work->spread};
    memcpy(out, numbers, sizeof numbers);
}

int bench_worker_main(char **arguments, const struct bench_peer *const peers[])
{
    uint32_t numbers[BENCH_NUMBERS];
    for (size_t i = 0; i < BENCH_NUMBERS; i++)
        numbers[i] = (uint32_t)strtoul(arguments[7 + i], NULL, 10);
    struct bench_work work = {.settings = arguments[4],
                              .shared = arguments[5],
                              .inbox = arguments[6][0] ? arguments[6] : NULL,
                              .slot = numbers[0],
                              .size_bytes = numbers[1],
                              .count = numbers[2],
                              .rate = numbers[3],
                              .window = numbers[4],
                              .keys = numbers[5],
                              .spread = numbers[6]};
    while (*peers && strcmp((*peers)->name, arguments[2]) != 0)
        peers++;
    while (work.way < BENCH_WAYS && strcmp(bench_way_name(work.way), arguments[3]) != 0)
        work.way++;
    if (*peers == NULL || work.way == BENCH_WAYS || work.slot >= BENCH_WORKERS_MAX) {
        fprintf(stderr, "truc-bench: no worker '%s' '%s'\n", arguments[2], arguments[3]);
        return 2;
    }
    return work.way == BENCH_RECEIVE ? bench_receive(*peers, &work) : bench_send(*peers, &work);
}

static uint64_t cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

int bench_worker_open(struct bench_worker *worker, const struct bench_peer *peer, const struct bench_work *work,
                      const struct bench_events *events, struct truc_fault *fault)
{
    *worker = (struct bench_worker){.peer = peer, .work = work};
    int code = bench_shared_open(work->shared, &worker->shared, fault);
    if (code < 0)
        return code;
    worker->slot = &worker->shared->slots[work->slot];
    return peer->open(work, events, &worker->client, fault);
}

int bench_worker_begin(struct bench_worker *worker, struct truc_fault *fault)
{
    const struct bench_peer *peer = worker->peer;
    uint64_t end_ns = kit_now_ns() + CONNECT_WAIT_MS * 1000000ull, begin_ns = 0;
    int code = 0;
    while (code == 0 && (begin_ns = atomic_load(&worker->shared->begin_ns)) == 0) {
        code = peer->step(worker->client, kit_now_ns() + LOOK_EVERY_NS, fault);
        if (code == 0 && peer->ready(worker->client))
            atomic_store(&worker->slot->ready, 1);
        if (code == 0 && kit_now_ns() > end_ns)
            code = fault_set(fault, TRUC_E_TIMEOUT, "not begun within %d ms", CONNECT_WAIT_MS);
    }
    while (code == 0 && kit_now_ns() < begin_ns)
        code = peer->step(worker->client, begin_ns, fault);
    worker->cpu_before_ns = cpu_ns();
    return code;
}

void bench_worker_arrived(struct bench_worker *worker, uint64_t from_ns)
{
    uint64_t now_ns = kit_now_ns(), begin_ns = atomic_load(&worker->shared->begin_ns);
    if (from_ns + BENCH_BEGIN_IN_NS / 2 < begin_ns)
        return; /* of the run before, delivered again: RabbitMQ may lose the last acknowledgements of a channel that closes */
    bench_sample(&worker->slot->arrived, now_ns, now_ns > from_ns ? now_ns - from_ns : 0);
}

int bench_worker_end(struct bench_worker *worker, int code, const struct truc_fault *fault)
{
    if (worker->slot)
        worker->slot->cpu_ns = cpu_ns() - worker->cpu_before_ns;
    if (worker->client)
        worker->peer->close(worker->client);
    bench_shared_close(worker->shared);
    if (code == 0)
        return 0;
    fprintf(stderr, "truc-bench: worker %u: %s: %s %s\n", worker->work->slot, truc_error_name(code), fault->text,
            fault->where);
    return 1;
}
