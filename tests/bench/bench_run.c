/* bench_run.c - starts the adapters, lets them begin together, looks at the broker while they run, reads the shared page.
 * See bench_run.h.
 * The looking costs two system calls every LOOK_EVERY_MS. */
#include "bench_run.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "fault.h"

enum { LOOK_EVERY_MS = 2, READY_WAIT_MS = 20000, RUN_WAIT_MS = 300000, ARGUMENT_BYTES = 32 };

struct run {
    struct kit_bus *bus;
    const struct bench_plan *plan;
    struct bench_shared *shared;
    char shared_name[64];
    struct child workers[BENCH_WORKERS];
};

static const char *const systems[BENCH_WORKERS] = {"bench-a", "bench-b", "bench-c"};

/* Questions come from one sender, one after the other. */
static uint32_t senders_of(const struct bench_plan *plan)
{
    return plan->way == BENCH_ASK ? 1 : BENCH_SENDERS;
}

static bool takes_part(const struct bench_plan *plan, uint32_t slot)
{
    return slot == BENCH_RECEIVER || slot < senders_of(plan);
}

static int start_worker(struct run *run, uint32_t slot, struct truc_fault *fault)
{
    static const char *const ways[] = {[BENCH_FLOOD] = "flood", [BENCH_PACED] = "paced", [BENCH_ASK] = "ask"};
    const struct bench_plan *plan = run->plan;
    char settings[KIT_PATH_BYTES], log[KIT_PATH_BYTES];
    uint32_t senders = senders_of(plan),
             of_slot = slot == BENCH_RECEIVER ? plan->count / senders * senders : plan->count / senders;
    const uint32_t numbers[] = {slot, plan->size_bytes, of_slot, plan->rate / senders, plan->window, plan->keys};
    char text[sizeof numbers / sizeof *numbers][ARGUMENT_BYTES];
    int code = kit_bus_settings(run->bus, systems[slot], settings, fault);
    if (code == 0)
        code = kit_path(log, fault, "%s/%s.log", run->bus->folder, systems[slot]);
    if (code < 0)
        return code;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)snprintf(text[i], sizeof text[i], "%u", numbers[i]);
    const char *const arguments[] = {"/proc/self/exe",
                                     "--worker",
                                     slot == BENCH_RECEIVER ? "receive" : ways[plan->way],
                                     settings,
                                     run->shared_name,
                                     slot == BENCH_RECEIVER && plan->inbox ? plan->inbox : "",
                                     text[0],
                                     text[1],
                                     text[2],
                                     text[3],
                                     text[4],
                                     text[5],
                                     NULL};
    return child_start(&run->workers[slot], systems[slot], arguments, log, false, fault);
}

static int check_worker(struct run *run, uint32_t slot, struct truc_fault *fault)
{
    if (child_runs(&run->workers[slot]) || child_result(&run->workers[slot]) == 0)
        return 0;
    return fault_set(fault, TRUC_E_STATE, "%s ended with %d; its log is %s/%s.log", systems[slot],
                     child_result(&run->workers[slot]), run->bus->folder, systems[slot]);
}

static int wait_ready(struct run *run, struct truc_fault *fault)
{
    uint64_t end_ns = kit_now_ns() + READY_WAIT_MS * 1000000ull;
    int code = 0;
    for (uint32_t slot = 0; code == 0 && slot < BENCH_WORKERS; slot++)
        while (code == 0 && takes_part(run->plan, slot) && !atomic_load(&run->shared->slots[slot].ready)) {
            (void)poll(NULL, 0, LOOK_EVERY_MS);
            code = check_worker(run, slot, fault);
            if (code == 0 && kit_now_ns() > end_ns)
                code =
                    fault_set(fault, TRUC_E_TIMEOUT, "%s did not connect within %d ms", systems[slot], READY_WAIT_MS);
        }
    return code;
}

static int look_on(struct run *run, struct bench_looks *looks, struct truc_fault *fault)
{
    uint64_t end_ns = kit_now_ns() + RUN_WAIT_MS * 1000000ull;
    bool running = true;
    int code = 0;
    bench_looks_begin(looks, run->bus->broker.pid);
    while (code == 0 && running) {
        (void)poll(NULL, 0, LOOK_EVERY_MS);
        bench_look(looks);
        running = false;
        for (uint32_t slot = 0; code == 0 && slot < BENCH_WORKERS; slot++)
            if (takes_part(run->plan, slot) && (code = check_worker(run, slot, fault)) == 0)
                running = running || child_runs(&run->workers[slot]);
        if (code == 0 && kit_now_ns() > end_ns)
            code = fault_set(fault, TRUC_E_TIMEOUT, "'%s' was not over within %d ms", run->plan->name, RUN_WAIT_MS);
    }
    bench_looks_end(looks);
    return code;
}

static int by_value(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

/* The quantiles of all samples of the slots [from, to). */
static int measure(const struct bench_shared *shared, uint32_t from, uint32_t to, struct bench_quantiles *out,
                   struct truc_fault *fault)
{
    size_t count = 0;
    uint64_t *all = malloc(BENCH_WORKERS * BENCH_SAMPLES_MAX * sizeof *all);
    if (all == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the samples");
    for (uint32_t slot = from; slot < to; slot++)
        for (uint32_t i = 0; i < shared->slots[slot].samples_count; i++)
            all[count++] = shared->slots[slot].samples_ns[i];
    *out = (struct bench_quantiles){.count = count};
    if (count > 0) {
        qsort(all, count, sizeof *all, by_value);
        out->p50_ms = (double)all[(count - 1) / 2] / 1e6;
        out->p99_ms = (double)all[(count - 1) * 99 / 100] / 1e6;
        out->max_ms = (double)all[count - 1] / 1e6;
    }
    free(all);
    return 0;
}

static int read_result(const struct run *run, struct bench_result *result, struct truc_fault *fault)
{
    const struct bench_slot *slots = run->shared->slots, *receiver = &slots[BENCH_RECEIVER];
    uint64_t begin_ns = atomic_load(&run->shared->begin_ns), last_ns = begin_ns;
    for (uint32_t slot = 0; slot < senders_of(run->plan); slot++) {
        result->acknowledged += slots[slot].count;
        result->failed += slots[slot].failed;
        result->senders_cpu_s += (double)slots[slot].cpu_ns / 1e9;
        if (slots[slot].last_ns > last_ns)
            last_ns = slots[slot].last_ns;
    }
    result->acknowledged_s = (double)(last_ns - begin_ns) / 1e9;
    result->delivered = receiver->count;
    result->delivered_s = (double)(receiver->last_ns - begin_ns) / 1e9;
    result->receiver_cpu_s = (double)receiver->cpu_ns / 1e9;
    int code = measure(run->shared, 0, senders_of(run->plan), &result->acknowledging, fault);
    return code < 0 ? code : measure(run->shared, BENCH_RECEIVER, BENCH_WORKERS, &result->delivering, fault);
}

int bench_run(struct kit_bus *bus, const struct bench_plan *plan, struct bench_result *ret_result,
              struct truc_fault *fault)
{
    struct run run = {.bus = bus, .plan = plan};
    struct bench_result result = {.plan = *plan};
    int code = bench_shared_make(run.shared_name, &run.shared, fault);
    if (code < 0)
        return code;
    for (uint32_t slot = 0; code == 0 && slot < BENCH_WORKERS; slot++)
        if (takes_part(plan, slot))
            code = start_worker(&run, slot, fault);
    if (code == 0)
        code = wait_ready(&run, fault);
    bench_shared_forget(run.shared_name);
    if (code == 0) {
        atomic_store(&run.shared->begin_ns, kit_now_ns() + BENCH_BEGIN_IN_NS);
        code = look_on(&run, &result.broker, fault);
    }
    if (code == 0)
        code = read_result(&run, &result, fault);
    for (uint32_t slot = 0; slot < BENCH_WORKERS; slot++)
        kit_kill(&run.workers[slot]);
    bench_shared_close(run.shared);
    if (code == 0)
        *ret_result = result;
    return code;
}
