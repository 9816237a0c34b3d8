/* bench_worker.c - what senders and receiver have in common: opening, beginning together, stepping, ending.
 * See bench_worker.h.
 * Before bench_publish.c and bench_consume.c. */
#include "bench_worker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "fault.h"
#include "kit_wait.h"

enum { CONNECT_WAIT_MS = 20000, LOOK_EVERY_NS = 2000000 };

uint64_t bench_wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/* Warnings and errors; that it connected and said bye is no news here. */
static void log_trouble(void *context, int level, const char *text)
{
    enum { LEVEL_WARNING = 4 };
    (void)context;
    if (level <= LEVEL_WARNING)
        fprintf(stderr, "truc-bench: %s\n", text);
}

int bench_adapter_open(struct bench_adapter *bench, const struct bench_work *work, struct truc_fault *fault)
{
    *bench = (struct bench_adapter){.work = work};
    int code = bench_shared_open(work->shared, &bench->shared, fault);
    if (code < 0)
        return code;
    bench->slot = &bench->shared->slots[work->slot];
    struct truc_options options = {
        .size = sizeof options, .settings = work->settings, .inbox = work->inbox, .log = log_trouble};
    return truc_adapter_open(&options, &bench->adapter, fault);
}

int bench_adapter_step(struct bench_adapter *bench, uint64_t until_ns, struct truc_fault *fault)
{
    struct pollfd ready = {.fd = truc_fd(bench->adapter), .events = POLLIN};
    uint64_t now_ns = kit_now_ns(), wait_ns = (uint64_t)truc_timeout_ms(bench->adapter) * 1000000u;
    if (until_ns <= now_ns)
        wait_ns = 0;
    else if (until_ns - now_ns < wait_ns)
        wait_ns = until_ns - now_ns;
    struct timespec wait = {.tv_sec = (time_t)(wait_ns / 1000000000u), .tv_nsec = (long)(wait_ns % 1000000000u)};
    if (ppoll(&ready, 1, &wait, NULL) < 0 && errno != EINTR)
        return fault_errno(fault, TRUC_E_IO, errno, "waiting");
    return truc_step(bench->adapter, fault);
}

int bench_adapter_begin(struct bench_adapter *bench, struct truc_fault *fault)
{
    uint64_t end_ns = kit_now_ns() + CONNECT_WAIT_MS * 1000000ull, begin_ns = 0;
    int code = 0;
    while (code == 0 && (begin_ns = atomic_load(&bench->shared->begin_ns)) == 0) {
        code = bench_adapter_step(bench, kit_now_ns() + LOOK_EVERY_NS, fault);
        if (truc_is_connected(bench->adapter))
            atomic_store(&bench->slot->ready, 1);
        if (code == 0 && kit_now_ns() > end_ns)
            code = fault_set(fault, TRUC_E_TIMEOUT, "not begun within %d ms", CONNECT_WAIT_MS);
    }
    while (code == 0 && kit_now_ns() < begin_ns)
        code = bench_adapter_step(bench, begin_ns, fault);
    bench->cpu_before_ns = cpu_ns();
    return code;
}

int bench_adapter_end(struct bench_adapter *bench, int code, const struct truc_fault *fault)
{
    if (bench->slot)
        bench->slot->cpu_ns = cpu_ns() - bench->cpu_before_ns;
    truc_adapter_close(bench->adapter);
    bench_shared_close(bench->shared);
    if (code == 0)
        return 0;
    fprintf(stderr, "truc-bench: worker %u: %s: %s\n", bench->work->slot, truc_error_name(code), fault->text);
    return 1;
}
