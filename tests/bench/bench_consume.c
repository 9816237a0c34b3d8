/* bench_consume.c - the receiver: settles every document at once, answers every question.
 * Not how: that is the peer's client. Ends when all have come and what it settled is with the broker.
 * See bench_worker.h. */
#include "bench_worker.h"
#include "fault.h"

static const uint64_t quiet_ns_max = 60000000000; /* without a message: something is wrong */

static void answered(void *context, uint32_t number, int code, const char *why)
{
    (void)context, (void)number, (void)code, (void)why; /* sends nothing */
}

static void arrived(void *context, uint64_t from_ns)
{
    bench_worker_arrived(context, from_ns);
}

static int receive_all(struct bench_worker *worker, struct truc_fault *fault)
{
    struct bench_tally *tally = &worker->slot->arrived;
    int code = bench_worker_begin(worker, fault);
    tally->last_ns = kit_now_ns();
    while (code == 0 && tally->count < worker->work->count) {
        code = worker->peer->step(worker->client, kit_now_ns() + quiet_ns_max, fault);
        if (code == 0 && kit_now_ns() > tally->last_ns + quiet_ns_max)
            code = fault_set(fault, TRUC_E_TIMEOUT, "%llu of %u messages came", (unsigned long long)tally->count,
                             worker->work->count);
    }
    return code < 0 ? code : worker->peer->drain(worker->client, fault);
}

int bench_receive(const struct bench_peer *peer, const struct bench_work *work)
{
    struct truc_fault fault = {0};
    struct bench_worker worker = {0};
    const struct bench_events events = {&worker, answered, arrived};
    int code = bench_worker_open(&worker, peer, work, &events, &fault);
    if (code == 0)
        code = receive_all(&worker, &fault);
    return bench_worker_end(&worker, code, &fault);
}
