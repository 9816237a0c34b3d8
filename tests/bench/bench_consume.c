/* bench_consume.c - the receiver: settles every document at once, answers every question with yes.
 * Measures from the message's own time, which a paced sender sets to when it was due.
 * See bench_worker.h. */
#include "bench_worker.h"

#include "fault.h"
#include "kit_wait.h"
#include "truc/population/v1/population.pb-c.h"

static const uint64_t quiet_ns_max = 60000000000; /* without a message: something is wrong */

static void count(struct bench_adapter *bench, const truc_request *request)
{
    struct bench_slot *slot = bench->slot;
    uint64_t wall_ns = bench_wall_ns(), from_ns = truc_request_time_ns(request);
    slot->last_ns = kit_now_ns();
    if (slot->count++ == 0)
        slot->first_ns = slot->last_ns;
    bench_sample(slot, wall_ns > from_ns ? wall_ns - from_ns : 0);
}

static int take_document(truc_request *request, void *context)
{
    count(context, request);
    return truc_done(request);
}

static int take_question(truc_request *request, void *context)
{
    Truc__Population__V1__CitizenVerifyReply reply = TRUC__POPULATION__V1__CITIZEN_VERIFY_REPLY__INIT;
    uint8_t payload[16];
    reply.exists = 1;
    count(context, request);
    return truc_reply_bytes(request, payload, truc__population__v1__citizen_verify_reply__pack(&reply, payload));
}

static int receive_all(struct bench_adapter *bench, struct truc_fault *fault)
{
    int code = bench_adapter_begin(bench, fault);
    bench->slot->last_ns = kit_now_ns();
    while (code == 0 && bench->slot->count < bench->work->count) {
        code = bench_adapter_step(bench, kit_now_ns() + quiet_ns_max, fault);
        if (code == 0 && kit_now_ns() > bench->slot->last_ns + quiet_ns_max)
            code = fault_set(fault, TRUC_E_TIMEOUT, "%llu of %u messages came", (unsigned long long)bench->slot->count,
                             bench->work->count);
    }
    truc_drain(bench->adapter);
    while (code == 0 && !truc_is_drained(bench->adapter))
        code = bench_adapter_step(bench, UINT64_MAX, fault);
    return code;
}

int bench_receive(const struct bench_work *work)
{
    struct truc_fault fault = {0};
    struct bench_adapter bench;
    int code = bench_adapter_open(&bench, work, &fault);
    if (code == 0 && (truc_serve(bench.adapter, "document.send", take_document, &bench) < 0 ||
                      truc_serve(bench.adapter, "citizen.verify", take_question, &bench) < 0))
        code = fault_set(&fault, TRUC_E_STATE, "no handlers");
    if (code == 0)
        code = receive_all(&bench, &fault);
    return bench_adapter_end(&bench, code, &fault);
}
