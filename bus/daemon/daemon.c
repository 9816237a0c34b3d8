/* daemon.c - opens the parts in their order: signals, manager, configuration, keys, server, engine; and closes them.
 * The server is bound before the journal is recovered, so that a wrong address is known at once.
 * Nobody is admitted before the loop runs (daemon_loop.c), because it is the loop that answers the admission. */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confine.h"
#include "daemon_policy.h"
#include "daemon_where.h"
#include "fault.h"
#include "file_disk.h"
#include "policy.h"
#include "secret_file.h"
#include "time_text.h"

void daemon_log_fault(const struct daemon *daemon, int level, const struct truc_fault *fault)
{
    io_log_print(&daemon->log, level, "%s%s%s%s%s (%s)", fault->where, *fault->where ? ": " : "", fault->text,
                 *fault->hint ? "; " : "", fault->hint, truc_error_name(fault->code));
}

enum daemon_exit daemon_exit_of(int code)
{
    switch (code) {
    case 0:
        return DAEMON_EXIT_CLEAN;
    case TRUC_E_CONFIG:
    case TRUC_E_ARGUMENT:
    case TRUC_E_NOT_FOUND:
    case TRUC_E_STATE:
    case TRUC_E_WRONG_BUS:
    case TRUC_E_CRYPTO:
    case TRUC_E_JOURNAL_KEY:
        return DAEMON_EXIT_CONFIGURATION;
    case TRUC_E_JOURNAL_CORRUPT:
    case TRUC_E_JOURNAL_VERSION:
    case TRUC_E_CHECKPOINT:
        return DAEMON_EXIT_JOURNAL_DAMAGED;
    case TRUC_E_JOURNAL_FAILED:
    case TRUC_E_JOURNAL_FULL:
    case TRUC_E_IO:
        return DAEMON_EXIT_JOURNAL_FAILED;
    case TRUC_E_UNAVAILABLE:
        return DAEMON_EXIT_CANNOT_BIND;
    default:
        return DAEMON_EXIT_INTERNAL;
    }
}

void daemon_tell_manager(struct daemon *daemon, const char *text)
{
    enum { FAULT_EVERY_S = 60 };
    struct truc_fault fault = {0};
    if (notify_send(&daemon->notify, &fault, "%s", text) == 0)
        return;
    uint64_t up_ns = io_clock_up_ns();
    if (daemon->notify_fault_up_ns && up_ns - daemon->notify_fault_up_ns < FAULT_EVERY_S * TIME_NS_PER_S)
        return;
    daemon->notify_fault_up_ns = up_ns;
    daemon_log_fault(daemon, LOG_WARNING, &fault);
}

/* ---- callbacks ---- */

static void log_from_below(void *context, int level, const char *text)
{
    const struct daemon *daemon = context;
    io_log_write(&daemon->log, level, text);
}

static void reload_from_below(void *context, bool accept_schema_change)
{
    struct daemon *daemon = context;
    daemon->accept_schema_change = accept_schema_change;
    daemon->reload_asked = daemon->operator_waits = true; /* done in the next round: now the core is in a step */
}

static uint64_t now_from_below(void *context)
{
    struct daemon *daemon = context;
    return io_clock_now_ns(&daemon->clock);
}

static uint64_t up_from_below(void *context)
{
    (void)context;
    return io_clock_up_ns();
}

/* Only keys of the configuration in force come in; what they may do is asked again on every frame. */
static bool admit(void *context, const uint8_t key[ZAP_KEY_BYTES])
{
    const struct daemon *daemon = context;
    return policy_system_by_transport_key(daemon->policy, key) != NULL;
}

/* Recovery of a long journal must not be taken for a start that hangs. */
static void recovery_progress(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
    enum { EXTEND_S = 60 };
    struct daemon *daemon = context;
    uint64_t up_ns = io_clock_up_ns();
    if (up_ns - daemon->recovery_notified_up_ns < TIME_NS_PER_S)
        return;
    daemon->recovery_notified_up_ns = up_ns;
    char text[128];
    (void)snprintf(text, sizeof text, "EXTEND_TIMEOUT_USEC=%d000000\nSTATUS=reading the journal: %llu of %llu MB",
                   EXTEND_S, (unsigned long long)(done_bytes >> 20), (unsigned long long)(total_bytes >> 20));
    daemon_tell_manager(daemon, text);
}

/* ---- opening ---- */

static int open_signals(struct daemon *daemon, struct truc_fault *fault)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return fault_errno(fault, TRUC_E_INTERNAL, errno, "cannot set up signals");
    daemon->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (daemon->signal_fd < 0)
        return fault_errno(fault, TRUC_E_INTERNAL, errno, "cannot set up signals");
    return 0;
}

static int raise_descriptors(struct truc_fault *fault)
{
    struct rlimit descriptors;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) < 0)
        return fault_errno(fault, TRUC_E_INTERNAL, errno, "cannot see how many descriptors there may be");
    rlim_t wanted = descriptors.rlim_max < DAEMON_DESCRIPTORS ? descriptors.rlim_max : DAEMON_DESCRIPTORS;
    if (descriptors.rlim_cur >= wanted)
        return 0;
    descriptors.rlim_cur = wanted;
    return setrlimit(RLIMIT_NOFILE, &descriptors) < 0
               ? fault_errno(fault, TRUC_E_INTERNAL, errno, "cannot have more descriptors")
               : 0;
}

static int open_server(struct daemon *daemon, struct truc_fault *fault)
{
    const struct daemon_options *options = daemon->options;
    struct zmq_server_options server = {
        .endpoints = options->listen_count ? options->listen : daemon->policy->listen,
        .endpoints_count = options->listen_count ? options->listen_count : daemon->policy->listen_count,
        .secret_text = daemon->keys->transport.secret_text,
        .admission = {.admit = admit, .log = log_from_below, .up_ns = up_from_below, .context = daemon}};
    int code = zmq_server_open(&server, &daemon->server, fault);
    if (code == 0 && options->listen_count == 0)
        daemon_addresses_of(daemon->policy, &daemon->listening);
    return code;
}

static int open_engine(struct daemon *daemon, struct truc_fault *fault)
{
    struct engine_options options = {
        .disk = file_disk(),
        .directory = daemon->options->journal,
        .policy = daemon->policy,
        .journal_key = daemon->keys->journal,
        .checkpoint_key = daemon->keys->checkpoint,
        .old_checkpoint_keys = daemon->keys->old_checkpoints,
        .old_checkpoint_keys_count = daemon->keys->old_checkpoints_count,
        .person_epoch = daemon->keys->person_epoch,
        .checkpoint_groups = DAEMON_CHECKPOINT_GROUPS,
        .transport = zmq_server_transport(daemon->server),
        .clock = {.now_ns = now_from_below, .up_ns = up_from_below, .context = daemon},
        .log = log_from_below,
        .log_context = daemon,
        .ask_reload = reload_from_below, /* called with log_context */
        .progress = recovery_progress,   /* called with log_context */
    };
    memcpy(options.person_key, daemon->keys->persons, sizeof options.person_key);
    randombytes_buf(options.hash_key, sizeof options.hash_key);
    int code = engine_open(&options, &daemon->engine, fault);
    sodium_memzero(&options, sizeof options);
    return code;
}

static void log_recovery(const struct daemon *daemon)
{
    const struct journal_opened *opened = engine_opened(daemon->engine);
    char hash[2 * 3 + 1]; /* as much as people compare */
    for (size_t i = 0; i < 3; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", daemon->policy->hash.bytes[i]);
    if (opened->cut_bytes)
        io_log_print(
            &daemon->log, LOG_WARNING,
            "cut %llu bytes of an interrupted last write at segment %llu, offset %llu: none of it was acknowledged",
            (unsigned long long)opened->cut_bytes, (unsigned long long)opened->cut_segment,
            (unsigned long long)opened->cut_offset);
    if (opened->snapshots_refused)
        io_log_print(&daemon->log, LOG_WARNING, "%llu snapshots could not be used; the journal was read instead",
                     (unsigned long long)opened->snapshots_refused);
    io_log_print(&daemon->log, LOG_INFO, "%s: configuration %s, journal %llu records (%llu of them from a snapshot)",
                 daemon->policy->bus_id, hash, (unsigned long long)opened->next_sequence,
                 (unsigned long long)opened->restored_sequence);
}

static int tell_where(struct daemon *daemon, struct truc_fault *fault)
{
    const char *endpoints[ZMQ_SERVER_ENDPOINTS_MAX];
    size_t count = 0;
    for (; count < ZMQ_SERVER_ENDPOINTS_MAX && *zmq_server_endpoint(daemon->server, count); count++) {
        endpoints[count] = zmq_server_endpoint(daemon->server, count);
        io_log_print(&daemon->log, LOG_INFO, "listening on %s", endpoints[count]);
    }
    struct daemon_where where = {.bus = daemon->policy->bus_id,
                                 .server_key = daemon->keys->transport.public_text,
                                 .endpoints = endpoints,
                                 .endpoints_count = count};
    if (daemon->options->where == NULL)
        return 0;
    int code = daemon_where_write(daemon->options->where, &where, fault);
    if (code < 0)
        return code;
    daemon->told_where = true;
    return 0;
}

/* Before anything is read: keys, configuration and journal are then opened with the rights that every reload has. */
static int leave_root(struct daemon *daemon, struct truc_fault *fault)
{
    int code = confine_user(daemon->options->state, daemon->options->as_root, fault);
    if (code == 0 && geteuid() == 0)
        io_log_write(&daemon->log, LOG_WARNING, "running as root, as told: give the bus a user of its own");
    return code;
}

/* A system without filters is no reason not to serve; running without one is said at every start. */
static void filter_calls(struct daemon *daemon)
{
    struct truc_fault fault = {0};
    if (!confine_is_whole())
        io_log_write(&daemon->log, LOG_WARNING, "no filter of system calls: this build has sanitizers");
    else if (daemon->options->no_filter)
        io_log_write(&daemon->log, LOG_WARNING, "no filter of system calls, as told");
    else if (confine_calls(&fault) < 0)
        daemon_log_fault(daemon, LOG_WARNING, &fault);
}

/* A broker without it still has every record: no reason not to serve. */
static void start_index(struct daemon *daemon)
{
    struct truc_fault fault = {0};
    if (!daemon->options->no_index &&
        daemon_index_start(daemon->options->journal, engine_records(daemon->engine), &daemon->index, &fault) < 0)
        daemon_log_fault(daemon, LOG_WARNING, &fault);
}

int daemon_open(struct daemon *daemon, struct truc_fault *fault)
{
    daemon->disk.percent_max = daemon->options->disk_percent_max;
    int code = raise_descriptors(fault);
    if (code == 0)
        code = leave_root(daemon, fault);
    if (code == 0)
        code = confine_memory(fault);
    if (code == 0)
        code = open_signals(daemon, fault);
    if (code == 0)
        code = notify_open(&daemon->notify, fault);
    if (code == 0)
        code = daemon_policy_read(daemon->options->config, io_clock_now_ns(&daemon->clock), &daemon->log,
                                  &daemon->policy, NULL, fault);
    if (code == 0)
        code = daemon_keys_read(daemon->options->keys, &daemon->keys, fault);
    if (code == 0)
        code = secret_folder_check(daemon->options->journal, fault);
    if (code < 0 || daemon->options->check)
        return code;
    code = open_server(daemon, fault);
    if (code == 0)
        filter_calls(daemon); /* what follows reads what others wrote */
    if (code == 0)
        code = open_engine(daemon, fault);
    if (code < 0)
        return code;
    log_recovery(daemon);
    start_index(daemon);
    code = tell_where(daemon, fault);
    if (code == 0)
        daemon_tell_manager(daemon, "READY=1");
    return code;
}

int daemon_close(struct daemon *daemon, bool is_sound, struct truc_fault *fault)
{
    int code = 0;
    if (daemon->told_where)
        (void)unlink(daemon->options->where); /* somebody may have removed it before */
    daemon_index_stop(daemon->index);
    if (is_sound)
        code = engine_close(daemon->engine, fault);
    else
        engine_abandon(daemon->engine);
    zmq_server_close(daemon->server);
    policy_free(daemon->policy);
    policy_free(daemon->retired);
    daemon_keys_free(daemon->keys);
    notify_close(&daemon->notify);
    if (daemon->signal_fd >= 0)
        close(daemon->signal_fd);
    return code;
}
