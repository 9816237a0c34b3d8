/* connector_run.c - see connector_run.h.
 * No logic of messages here: the engine's table has it.
 * In the flow: called by connector_main.c unless it is only to check. */
#include "connector_run.h"
#include "connector_time.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "fault.h"

enum { PATH_BYTES_MAX = 4096 };

/* Written beside and renamed, so that a reader never sees half of it. */
static int write_where(const char *path, const json_t *where, struct truc_fault *fault)
{
    char beside[PATH_BYTES_MAX];
    if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
        return fault_set(fault, TRUC_E_ARGUMENT, "--where: the path is too long");
    if (json_dump_file(where, beside, 0) < 0 || rename(beside, path) != 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    return 0;
}

/* Says that it runs, and where, to the log and to --where. */
static int announce(const struct connector_engine *engine, const struct connector_adapter *adapter,
                    const struct connector_options *options, const void *running, const struct connector_log *log,
                    struct truc_fault *fault)
{
    json_t *where = json_object();
    int result = where && (!engine->where || engine->where(running, where) == 0)
                     ? 0
                     : fault_set(fault, TRUC_E_MEMORY, "no memory");
    const char *url = json_string_value(json_object_get(where, "url"));
    if (result == 0)
        connector_log(log, CONNECTOR_LOG_INFO, "%s runs%s%s", adapter->title, url ? ", listening at " : "",
                      url ? url : "");
    if (result == 0 && options->where)
        result = write_where(options->where, where, fault);
    json_decref(where);
    return result;
}

static bool signal_came(int signals)
{
    struct signalfd_siginfo info;
    return read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

/* Until a signal, then until drained or the time for that is over. */
static int loop(const struct connector_engine *engine, void *running, int signals, struct truc_fault *fault)
{
    uint64_t end_ms = UINT64_MAX;
    while (!engine->is_drained(running) && connector_now_ms() < end_ms) {
        int result = engine->step(running, signals, fault);
        if (result < 0)
            return result;
        if (!signal_came(signals))
            continue;
        engine->drain(running);
        if (end_ms == UINT64_MAX)
            end_ms = connector_now_ms() + CONNECTOR_DRAIN_MS;
    }
    return 0;
}

static int open_signals(sigset_t *signals, struct truc_fault *fault)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, signals, NULL) != 0)
        return fault_errno(fault, TRUC_E_IO, errno, "signals can't be blocked");
    int fd = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd >= 0 ? fd : fault_errno(fault, TRUC_E_IO, errno, "signals can't be read");
}

/* The bus as @adapter's system; a settings file of another system is a wrong file. */
static int open_bus(const struct connector_adapter *adapter, const char *settings, const struct connector_log *log,
                    truc_adapter **ret_bus, struct truc_fault *fault)
{
    truc_adapter *bus = NULL;
    struct truc_options sdk = {
        .size = sizeof(sdk), .settings = settings, .log = log->line, .log_context = log->context};
    int result = connector_wrong_file(truc_adapter_open(&sdk, &bus, fault));
    if (result < 0)
        return result;
    if (strcmp(truc_adapter_system(bus), adapter->name) == 0) {
        *ret_bus = bus;
        return 0;
    }
    fault_set(fault, TRUC_E_CONFIG, "the adapter file is for '%s', the settings are of '%s'", adapter->name,
              truc_adapter_system(bus));
    fault_hint(fault, "'adapter:' in the one and 'system:' in the other are the same id");
    truc_adapter_close(bus);
    return TRUC_E_CONFIG;
}

int connector_run(const struct connector_engine *engine, const struct connector_adapter *adapter,
                  const struct connector_options *options, const struct connector_log *log, struct truc_fault *fault)
{
    sigset_t set;
    truc_adapter *bus = NULL;
    void *running = NULL;
    int signals = open_signals(&set, fault); /* before the SDK's threads, so that they block them too */
    if (signals < 0)
        return signals;
    int result = open_bus(adapter, options->settings, log, &bus, fault);
    if (result == 0) {
        result = engine->open(adapter, bus, log, &running, fault);
        if (result < 0)
            truc_adapter_close(bus);
    }
    if (result == 0) {
        result = announce(engine, adapter, options, running, log, fault);
        if (result == 0)
            result = loop(engine, running, signals, fault);
        engine->close(running);
    }
    close(signals);
    return result;
}
