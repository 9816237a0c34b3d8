/* adapter_run.c - an adapter as a program: steps until SIGTERM or SIGINT, then what is in progress ends first.
 * Not for programs with a loop of their own, which call truc_step.
 * Above adapter_step.c and adapter.c. */
#include "adapter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { LEVEL_ERROR = 3, LEVEL_INFO = 6 };
enum { DRAIN_MS_MAX = 20000 };

struct run {
    struct truc_adapter *adapter;
    int signals;
    uint64_t drain_until_ns; /* 0: not draining */
};

static int open_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool is_over(struct run *run)
{
    struct signalfd_siginfo info;
    uint64_t now_ns = adapter_time().monotonic_ns;
    if (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (run->drain_until_ns)
            return true; /* asked twice: now */
        adapter_log(run->adapter, LEVEL_INFO, "stopping: what is in progress ends first");
        run->drain_until_ns = now_ns + DRAIN_MS_MAX * TIME_NS_PER_MS;
        truc_drain(run->adapter);
    }
    return run->drain_until_ns && (truc_is_drained(run->adapter) || now_ns >= run->drain_until_ns);
}

static int run_until_over(struct run *run)
{
    struct truc_fault fault = {0};
    while (!is_over(run)) {
        struct pollfd descriptors[] = {{.fd = truc_fd(run->adapter), .events = POLLIN},
                                       {.fd = run->signals, .events = POLLIN}};
        if (poll(descriptors, 2, truc_timeout_ms(run->adapter)) < 0 && errno != EINTR)
            return 1;
        if (truc_step(run->adapter, &fault) < 0) {
            adapter_log(run->adapter, LEVEL_ERROR, "%s: %s", truc_error_name(fault.code), fault.text);
            return 1;
        }
    }
    return 0;
}

int truc_run(truc_adapter *adapter)
{
    struct run run = {.adapter = adapter, .signals = open_signals()};
    if (run.signals < 0) {
        adapter_log(adapter, LEVEL_ERROR, "no descriptor for signals");
        return 1;
    }
    int status = run_until_over(&run);
    (void)close(run.signals);
    adapter_end(adapter);
    return status;
}
