/* bench_run.c - starts the clients, lets them begin together, looks at the broker while they run, reads the shared page.
 * See bench_run.h.
 * The looking costs two system calls every LOOK_EVERY_MS. */
#include "bench_run.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "fault.h"

enum { LOOK_EVERY_MS = 2, READY_WAIT_MS = 60000, QUIET_MS_MAX = 120000, ARGUMENT_BYTES = 32 };

struct run {
    const struct bench_peer *peer;
    const struct bench_place *place;
    const struct bench_plan *plan;
    struct bench_shared *shared;
    char shared_name[64];
    struct child workers[BENCH_WORKERS_MAX];
    uint64_t arriving; /* so many messages must come, at all receivers */
    uint64_t moved, moved_ns;
};

void bench_system_name(const struct bench_plan *plan, uint32_t slot, char out[32])
{
    if (plan->way == BENCH_EXCHANGE)
        (void)snprintf(out, 32, "s-%02u", slot + 1);
    else
        (void)snprintf(out, 32, "bench-%c", 'a' + (int)slot);
}

struct bench_tree bench_place_tree(const struct bench_place *place)
{
    return (struct bench_tree){{place->bus.broker.pid, place->helper.pid}};
}

/* Questions come from one sender, one after the other. */
static uint32_t senders_of(const struct bench_plan *plan)
{
    return plan->way == BENCH_EXCHANGE ? plan->systems : plan->way == BENCH_ASK ? 1 : BENCH_SENDERS;
}

static uint32_t workers_of(const struct bench_plan *plan)
{
    return plan->way == BENCH_EXCHANGE ? plan->systems : BENCH_WORKERS;
}

static bool receives_only(const struct bench_plan *plan, uint32_t slot)
{
    return plan->way != BENCH_EXCHANGE && slot == BENCH_RECEIVER;
}

static bool takes_part(const struct bench_plan *plan, uint32_t slot)
{
    return slot < senders_of(plan) || receives_only(plan, slot);
}

static struct bench_work work_of(const struct bench_plan *plan, uint32_t slot)
{
    uint32_t senders = senders_of(plan), each = plan->count / senders;
    return (struct bench_work){.inbox = receives_only(plan, slot) ? plan->inbox : NULL,
                               .way = receives_only(plan, slot) ? BENCH_RECEIVE : plan->way,
                               .slot = slot,
                               .size_bytes = plan->size_bytes,
                               .count = receives_only(plan, slot) ? each * senders : each,
                               .rate = plan->rate / senders,
                               .window = plan->window,
                               .keys = plan->keys,
                               .spread = plan->way == BENCH_EXCHANGE ? BENCH_SPREAD : 1};
}

/* Message `number` of an exchange goes to number % BENCH_SPREAD + 1 receivers. */
static uint64_t arriving_of(const struct bench_plan *plan)
{
    uint64_t senders = senders_of(plan), each = plan->count / senders, all = 0;
    if (plan->way != BENCH_EXCHANGE)
        return senders * each;
    for (uint64_t i = 0; i < each; i++)
        all += i % BENCH_SPREAD + 1;
    return senders * all;
}

static int start_worker(struct run *run, uint32_t slot, struct truc_fault *fault)
{
    struct bench_work work = work_of(run->plan, slot);
    char settings[KIT_PATH_BYTES], log[KIT_PATH_BYTES], system[32], text[BENCH_NUMBERS][ARGUMENT_BYTES];
    uint32_t numbers[BENCH_NUMBERS];
    bench_system_name(run->plan, slot, system);
    bench_worker_numbers(&work, numbers);
    int code = run->peer->settings(run->place, system, settings, fault);
    if (code == 0)
        code = kit_path(log, fault, "%s/%s.log", run->place->bus.folder, system);
    if (code < 0)
        return code;
    const char *arguments[BENCH_WORKER_ARGUMENTS + 1] = {"/proc/self/exe",
                                                         "--worker",
                                                         run->peer->name,
                                                         bench_way_name(work.way),
                                                         settings,
                                                         run->shared_name,
                                                         work.inbox ? work.inbox : ""};
    for (size_t i = 0; i < BENCH_NUMBERS; i++) {
        (void)snprintf(text[i], sizeof text[i], "%u", numbers[i]);
        arguments[BENCH_WORKER_ARGUMENTS - BENCH_NUMBERS + i] = text[i];
    }
    return child_start(&run->workers[slot], run->peer->name, arguments, log, false, fault);
}

static int check_worker(struct run *run, uint32_t slot, struct truc_fault *fault)
{
    char system[32], line[TRUC_FAULT_TEXT_BYTES_MAX] = "", path[KIT_PATH_BYTES];
    if (child_runs(&run->workers[slot]) || child_result(&run->workers[slot]) == 0)
        return 0;
    bench_system_name(run->plan, slot, system);
    int code = kit_path(path, fault, "%s/%s.log", run->place->bus.folder, system);
    FILE *log = code == 0 ? fopen(path, "re") : NULL;
    while (log && fgets(line, sizeof line, log))
        continue; /* the last one says why it ended */
    if (log)
        fclose(log);
    return fault_set(fault, TRUC_E_STATE, "%s, %s ended with %d: %s", run->peer->name, system,
                     child_result(&run->workers[slot]), line);
}

static int wait_ready(struct run *run, struct truc_fault *fault)
{
    uint64_t end_ns = kit_now_ns() + READY_WAIT_MS * 1000000ull;
    int code = 0;
    for (uint32_t slot = 0; code == 0 && slot < workers_of(run->plan); slot++)
        while (code == 0 && takes_part(run->plan, slot) && !atomic_load(&run->shared->slots[slot].ready)) {
            (void)poll(NULL, 0, LOOK_EVERY_MS);
            code = check_worker(run, slot, fault);
            if (code == 0 && kit_now_ns() > end_ns)
                code = fault_set(fault, TRUC_E_TIMEOUT, "%s: a client did not connect within %d ms", run->peer->name,
                                 READY_WAIT_MS);
        }
    return code;
}

/* Tells those who exchange when they may end; a fault when nothing has moved for long. */
static int watch(struct run *run, struct truc_fault *fault)
{
    uint64_t arrived = 0, sent = 0, now_ns = kit_now_ns();
    for (uint32_t slot = 0; slot < workers_of(run->plan); slot++) {
        arrived += atomic_load(&run->shared->slots[slot].arrived.count);
        sent += atomic_load(&run->shared->slots[slot].sent.count);
    }
    if (arrived >= run->arriving)
        atomic_store(&run->shared->finish, 1);
    if (arrived + sent != run->moved) {
        run->moved = arrived + sent;
        run->moved_ns = now_ns;
    }
    if (now_ns - run->moved_ns < QUIET_MS_MAX * 1000000ull)
        return 0;
    return fault_set(fault, TRUC_E_TIMEOUT, "%s, '%s': nothing moved for %d ms; %llu of %llu have arrived",
                     run->peer->name, run->plan->name, QUIET_MS_MAX, (unsigned long long)arrived,
                     (unsigned long long)run->arriving);
}

static int look_on(struct run *run, struct bench_looks *looks, struct truc_fault *fault)
{
    const struct bench_tree tree = bench_place_tree(run->place);
    bool running = true;
    int code = 0;
    bench_looks_begin(looks, &tree);
    run->moved_ns = kit_now_ns();
    while (code == 0 && running) {
        (void)poll(NULL, 0, LOOK_EVERY_MS);
        bench_look(looks);
        running = false;
        for (uint32_t slot = 0; code == 0 && slot < workers_of(run->plan); slot++)
            if (takes_part(run->plan, slot) && (code = check_worker(run, slot, fault)) == 0)
                running = running || child_runs(&run->workers[slot]);
        if (code == 0)
            code = watch(run, fault);
    }
    bench_looks_end(looks);
    return code;
}

static int by_value(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

/* The quantiles of all samples of what was sent, or arrived. */
static int measure(const struct run *run, bool arrived, struct bench_quantiles *out, struct truc_fault *fault)
{
    size_t count = 0;
    uint64_t *all = malloc(BENCH_WORKERS_MAX * BENCH_SAMPLES_MAX * sizeof *all);
    if (all == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the samples");
    for (uint32_t slot = 0; slot < workers_of(run->plan); slot++) {
        const struct bench_slot *of = &run->shared->slots[slot];
        const struct bench_tally *tally = arrived ? &of->arrived : &of->sent;
        for (uint32_t i = 0; i < tally->samples_count; i++)
            all[count++] = tally->samples_ns[i];
    }
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
    uint64_t begin_ns = atomic_load(&run->shared->begin_ns), sent_ns = begin_ns, arrived_ns = begin_ns;
    for (uint32_t slot = 0; slot < workers_of(run->plan); slot++) {
        const struct bench_slot *of = &run->shared->slots[slot];
        result->acknowledged += of->sent.count;
        result->failed += of->sent.failed;
        result->delivered += of->arrived.count;
        *(receives_only(run->plan, slot) ? &result->receiver_cpu_s : &result->senders_cpu_s) +=
            (double)of->cpu_ns / 1e9;
        sent_ns = of->sent.last_ns > sent_ns ? of->sent.last_ns : sent_ns;
        arrived_ns = of->arrived.last_ns > arrived_ns ? of->arrived.last_ns : arrived_ns;
    }
    result->acknowledged_s = (double)(sent_ns - begin_ns) / 1e9;
    result->delivered_s = (double)(arrived_ns - begin_ns) / 1e9;
    if (result->failed > 0 || result->delivered < run->arriving) /* more: some brokers deliver again (RabbitMQ did) */
        return fault_set(fault, TRUC_E_STATE, "%s, '%s': %llu accepted, %llu refused, %llu of %llu delivered",
                         run->peer->name, run->plan->name, (unsigned long long)result->acknowledged,
                         (unsigned long long)result->failed, (unsigned long long)result->delivered,
                         (unsigned long long)run->arriving);
    int code = measure(run, false, &result->acknowledging, fault);
    return code < 0 ? code : measure(run, true, &result->delivering, fault);
}

int bench_run(const struct bench_peer *peer, const struct bench_place *place, const struct bench_plan *plan,
              struct bench_result *ret_result, struct truc_fault *fault)
{
    struct run run = {.peer = peer, .place = place, .plan = plan, .arriving = arriving_of(plan)};
    struct bench_result result = {.plan = *plan};
    int code = bench_shared_make(run.shared_name, &run.shared, fault);
    if (code < 0)
        return code;
    for (uint32_t slot = 0; code == 0 && slot < workers_of(plan); slot++)
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
    for (uint32_t slot = 0; slot < workers_of(plan); slot++)
        kit_kill(&run.workers[slot]);
    bench_shared_close(run.shared);
    if (code == 0)
        *ret_result = result;
    return code;
}
