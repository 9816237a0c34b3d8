/* bench_publish.c - a sender: floods, keeps a fixed rate, asks, or floods while it receives.
 * A paced message's time is counted from when it was due, not from when it could be sent: waiting is not left out.
 * See bench_worker.h. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench_run.h"
#include "bench_worker.h"
#include "fault.h"

enum { LOOK_EVERY_NS = 10000000 };
static const uint64_t quiet_ns_max = 60000000000; /* without an answer: something is wrong */

struct sender {
    struct bench_worker worker;
    uint64_t *from_ns; /* monotonic, of the messages under way, by number: due, or offered */
    uint32_t ring;     /* of them; a power of two */
    uint32_t offered, answered;
    uint64_t begin_ns, last_ns;
};

static void answered(void *context, uint32_t number, int code, const char *why)
{
    struct sender *sender = context;
    struct bench_tally *sent = &sender->worker.slot->sent;
    sender->last_ns = kit_now_ns();
    sender->answered++;
    if (code == 0)
        bench_sample(sent, sender->last_ns, sender->last_ns - sender->from_ns[number & (sender->ring - 1)]);
    else if (atomic_fetch_add(&sent->failed, 1) == 0)
        fprintf(stderr, "truc-bench: refused: %s: %s\n", truc_error_name(code), why);
}

static void arrived(void *context, uint64_t from_ns)
{
    bench_worker_arrived(&((struct sender *)context)->worker, from_ns);
}

/* The senders take turns, so that together they keep one even pace. */
static uint64_t due_ns(const struct sender *sender)
{
    const struct bench_work *work = sender->worker.work;
    double turn = (double)work->slot / BENCH_SENDERS;
    return sender->begin_ns + (uint64_t)((sender->offered + turn) * 1e9 / work->rate);
}

/* Offers what the way allows now. */
static int offer_all(struct sender *sender, struct truc_fault *fault)
{
    const struct bench_work *work = sender->worker.work;
    uint32_t window = work->way == BENCH_ASK ? 1 : work->window;
    int code = 0;
    while (code == 0 && sender->offered < work->count) {
        uint64_t now_ns = kit_now_ns();
        if (work->way == BENCH_PACED ? due_ns(sender) > now_ns : sender->offered - sender->answered >= window)
            break;
        uint64_t from_ns = work->way == BENCH_PACED ? due_ns(sender) : now_ns;
        sender->from_ns[sender->offered & (sender->ring - 1)] = from_ns;
        code = sender->worker.peer->send(sender->worker.client, sender->offered, from_ns, fault);
        if (code == 0)
            sender->offered++;
    }
    return code == TRUC_E_LIMIT ? 0 : code;
}

static int send_all(struct sender *sender, struct truc_fault *fault)
{
    const struct bench_work *work = sender->worker.work;
    const struct bench_peer *peer = sender->worker.peer;
    int code = bench_worker_begin(&sender->worker, fault);
    sender->begin_ns = sender->last_ns = atomic_load(&sender->worker.shared->begin_ns);
    while (code == 0 && sender->answered < work->count) {
        code = offer_all(sender, fault);
        bool paces = work->way == BENCH_PACED && sender->offered < work->count;
        if (code == 0)
            code = peer->step(sender->worker.client, paces ? due_ns(sender) : kit_now_ns() + quiet_ns_max, fault);
        if (code == 0 && kit_now_ns() > sender->last_ns + quiet_ns_max)
            code = fault_set(fault, TRUC_E_TIMEOUT, "%u of %u messages were answered", sender->answered, work->count);
    }
    while (code == 0 && work->way == BENCH_EXCHANGE && !atomic_load(&sender->worker.shared->finish))
        code = peer->step(sender->worker.client, kit_now_ns() + LOOK_EVERY_NS, fault);
    return code == 0 && work->way == BENCH_EXCHANGE ? peer->drain(sender->worker.client, fault) : code;
}

/* Flooding has a window; a paced sender may have everything under way. */
static int make_ring(struct sender *sender, const struct bench_work *work, struct truc_fault *fault)
{
    uint32_t under_way = work->way == BENCH_PACED ? work->count : work->window;
    for (sender->ring = 1; sender->ring < under_way; sender->ring *= 2)
        continue;
    sender->from_ns = calloc(sender->ring, sizeof *sender->from_ns);
    return sender->from_ns ? 0 : fault_set(fault, TRUC_E_MEMORY, "no memory for %u messages", sender->ring);
}

int bench_send(const struct bench_peer *peer, const struct bench_work *work)
{
    struct truc_fault fault = {0};
    struct sender sender = {0};
    const struct bench_events events = {&sender, answered, arrived};
    int code = bench_worker_open(&sender.worker, peer, work, &events, &fault);
    if (code == 0)
        code = make_ring(&sender, work, &fault);
    if (code == 0)
        code = send_all(&sender, &fault);
    int status = bench_worker_end(&sender.worker, code, &fault);
    free(sender.from_ns);
    return status;
}
