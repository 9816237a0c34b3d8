/* deadlines_run.c - see deadlines_run.h.
 * It polls the session and the signals for as long as both the session and the next due instant allow: nothing is looked for by turns.
 * Called by deadlines_main.c. */
#include "deadlines_run.h"

#include "log_line.h"
#include "store.h"
#include "time_text.h"
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { DRAIN_MS = 20000 };

struct running {
    truc_adapter *bus;
    struct watch *watch;
    int signals;
    uint64_t drained_by_ns; /* 0: not draining */
};

uint64_t deadlines_clock(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * TIME_NS_PER_S + (uint64_t)now.tv_nsec;
}

static void log_line(void *context, int level, const char *text)
{
    char named[LOG_LINE_BYTES_MAX], line[LOG_LINE_BYTES_MAX];
    bool is_for_journal = log_line_is_for_journal(STDERR_FILENO);
    if (level >= LOG_DEBUG && !is_for_journal) /* the journal keeps details apart; people would wade through them */
        return;
    (void)snprintf(named, sizeof named, "deadlines: %s", text);
    size_t size = log_line_compose(line, is_for_journal, level, deadlines_clock(context), named);
    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written; /* a log that can't be written is no reason to stop */
}

static int open_signals(struct truc_fault *fault)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
        return fault_errno(fault, TRUC_E_IO, errno, "signals can't be blocked");
    int fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd >= 0 ? fd : fault_errno(fault, TRUC_E_IO, errno, "signals can't be read");
}

/* Written beside and renamed, so that a reader never sees half of it. */
static int write_where(const char *path, struct truc_fault *fault)
{
    enum { PATH_BYTES_MAX = 4096 };
    char beside[PATH_BYTES_MAX];
    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
        return fault_set(fault, TRUC_E_ARGUMENT, "--where: the path is too long");
    FILE *stream = fopen(beside, "we");
    if (stream == NULL)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", beside);
    bool failed = fprintf(stream, "{\"pid\": %ld}\n", (long)getpid()) < 0;
    failed = fclose(stream) != 0 || failed;
    if (failed || rename(beside, path) != 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    return 0;
}

/* Milliseconds to sleep: until the session wants to be called, or the next due instant. */
static int sleep_ms(const struct running *running, uint64_t now_ns)
{
    int session_ms = truc_timeout_ms(running->bus);
    uint64_t next_ns = watch_next(running->watch);
    if (next_ns <= now_ns)
        return 0;
    uint64_t left_ms = (next_ns - now_ns) / TIME_NS_PER_MS + 1;
    return left_ms < (uint64_t)session_ms ? (int)left_ms : session_ms;
}

static int wait_and_step(const struct running *running, struct truc_fault *fault)
{
    struct pollfd ready[] = {{.fd = truc_fd(running->bus), .events = POLLIN},
                             {.fd = running->signals, .events = POLLIN}};
    if (poll(ready, sizeof ready / sizeof *ready, sleep_ms(running, deadlines_clock(NULL))) < 0 && errno != EINTR)
        return fault_errno(fault, TRUC_E_IO, errno, "waiting");
    return truc_step(running->bus, fault);
}

static bool signal_came(const struct running *running)
{
    struct signalfd_siginfo info;
    return read(running->signals, &info, sizeof info) == (ssize_t)sizeof info;
}

/* A second signal ends it at once. */
static bool is_over(struct running *running)
{
    uint64_t now_ns = deadlines_clock(NULL);
    if (signal_came(running)) {
        if (running->drained_by_ns)
            return true;
        truc_drain(running->bus);
        running->drained_by_ns = now_ns + DRAIN_MS * TIME_NS_PER_MS;
    }
    return running->drained_by_ns && (truc_is_drained(running->bus) || now_ns > running->drained_by_ns);
}

static int loop(struct running *running, struct truc_fault *fault)
{
    int code = 0;
    while (code == 0 && !is_over(running)) {
        if (!running->drained_by_ns)
            code = watch_work(running->watch, fault);
        if (code == 0)
            code = wait_and_step(running, fault);
    }
    return code;
}

static int open_bus(const struct deadlines_book *book, const char *settings, truc_adapter **ret_bus,
                    struct truc_fault *fault)
{
    struct truc_options options = {.size = sizeof options, .settings = settings, .log = log_line};
    int code = truc_adapter_open(&options, ret_bus, fault);
    if (code < 0 || strcmp(truc_adapter_system(*ret_bus), book->system) == 0)
        return code;
    fault_set(fault, TRUC_E_CONFIG, "the adapter file is for '%s', the settings are of '%s'", book->system,
              truc_adapter_system(*ret_bus));
    fault_hint(fault, "'adapter:' in the one and 'system:' in the other are the same id");
    truc_adapter_close(*ret_bus);
    *ret_bus = NULL;
    return TRUC_E_CONFIG;
}

int deadlines_run(const struct deadlines_book *book, const struct deadlines_run_options *options,
                  struct truc_fault *fault)
{
    struct running running = {.signals =
                                  open_signals(fault)}; /* before the session's threads, so that they block them too */
    struct store *store = NULL;
    if (running.signals < 0)
        return running.signals;
    int code = store_open(options->store, STORE_WRITE, &store, fault);
    if (code == 0)
        code = open_bus(book, options->settings, &running.bus, fault);
    struct watch_options watch = {running.bus, store, book, deadlines_clock, log_line, NULL};
    if (code == 0)
        code = watch_open(&watch, &running.watch, fault);
    if (code == 0 && options->where)
        code = write_where(options->where, fault);
    if (code == 0) {
        log_line(NULL, LOG_INFO, "runs");
        code = loop(&running, fault);
    }
    truc_adapter_close(running.bus);
    watch_close(running.watch);
    store_close(store);
    close(running.signals);
    return code;
}
