/* daemon_loop.c - the round: wait, take what came, commit, and once a second look around.
 * One thread: while a group is synced, what arrives waits in libzmq's bounded queues and becomes the next group.
 * Signals arrive here as input, so that nothing is ever interrupted half-way. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "daemon.h"
#include "policy.h"
#include "time_text.h"

enum { LOOK_EVERY_MS = 1000, STATUS_EVERY_MS = 10000, SIGNS_OF_LIFE = 3 /* in one span of the watchdog */ };

/* ---- signals ---- */

static void take_signals(struct daemon *daemon)
{
    struct signalfd_siginfo signal;
    while (read(daemon->signal_fd, &signal, sizeof signal) == (ssize_t)sizeof signal) {
        if (signal.ssi_signo == SIGHUP) {
            daemon->reload_asked = true;
        } else if (signal.ssi_signo == SIGUSR1) {
            daemon->log.level = daemon->log.level == LOG_DEBUG ? LOG_INFO : LOG_DEBUG;
            io_log_print(&daemon->log, LOG_NOTICE, "logging %s", daemon->log.level == LOG_DEBUG ? "more" : "less");
        } else {
            io_log_print(&daemon->log, LOG_NOTICE, "stopping: %s", signal.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
            daemon->stopping = true;
        }
    }
}

/* ---- once a second ---- */

static void look_at_clock(struct daemon *daemon)
{
    (void)io_clock_now_ns(&daemon->clock);
    if (daemon->clock.jumped == daemon->said_jump)
        return;
    daemon->said_jump = daemon->clock.jumped;
    if (daemon->said_jump)
        io_log_print(&daemon->log, LOG_ALERT,
                     "the wall clock jumped by %lld s; time goes on without the jump. Set the clock right, or accept "
                     "it with SIGHUP",
                     (long long)(daemon->clock.off_by_ns / (int64_t)TIME_NS_PER_S));
    else
        io_log_write(&daemon->log, LOG_NOTICE, "the wall clock is right again");
}

static int look_at_disk(struct daemon *daemon, struct truc_fault *fault)
{
    bool was_blocked = daemon->disk.is_blocked;
    int code = disk_space_look(&daemon->disk, daemon->options->journal, fault);
    if (code < 0 || was_blocked == daemon->disk.is_blocked)
        return code < 0 ? code : 0;
    return engine_room(daemon->engine, daemon->disk.is_blocked, daemon->disk.text, fault);
}

static void say_status(struct daemon *daemon)
{
    struct zmq_server_counts counts = zmq_server_counts(daemon->server);
    char text[NOTIFY_TEXT_BYTES_MAX];
    (void)snprintf(text, sizeof text, "STATUS=%s: %llu records, %zu clients%s%s", daemon->policy->bus_id,
                   (unsigned long long)engine_records(daemon->engine), counts.peers,
                   daemon->disk.is_blocked ? "; blocked: " : "", daemon->disk.text);
    daemon_tell_manager(daemon, text);
    io_log_print(&daemon->log, LOG_DEBUG,
                 "%llu connections; in %llu frames, out %llu; refused keys %llu, broken framing %llu, unreachable %llu",
                 (unsigned long long)counts.connections, (unsigned long long)counts.frames_in,
                 (unsigned long long)counts.frames_out, (unsigned long long)counts.admission.refused,
                 (unsigned long long)counts.violations, (unsigned long long)counts.unreachable);
}

static void say_index(struct daemon *daemon, const struct daemon_index_state *state)
{
    if (state->rebuilds != daemon->index_rebuilds_said)
        io_log_write(&daemon->log, LOG_WARNING,
                     "the search index was damaged or not of this journal: it is made anew, from the journal");
    daemon->index_rebuilds_said = state->rebuilds;
    if (strcmp(daemon->index_said, state->trouble) == 0)
        return;
    memcpy(daemon->index_said, state->trouble, sizeof daemon->index_said);
    if (*state->trouble)
        io_log_print(&daemon->log, LOG_WARNING, "the search index takes nothing in: %s", state->trouble);
    else
        io_log_write(&daemon->log, LOG_NOTICE, "the search index is being filled again");
}

static int look_at_index(struct daemon *daemon, uint64_t up_ns, struct truc_fault *fault)
{
    struct daemon_index_state state;
    if (daemon->index == NULL)
        return 0;
    daemon_index_state(daemon->index, &state);
    say_index(daemon, &state);
    bool is_behind = state.next < engine_records(daemon->engine) && up_ns > state.as_of_up_ns;
    const struct core_index index = {.next = state.next,
                                     .behind_ms = is_behind ? (up_ns - state.as_of_up_ns) / TIME_NS_PER_MS : 0,
                                     .trouble = state.trouble};
    return engine_index(daemon->engine, &index, fault);
}

static int look_around(struct daemon *daemon, struct truc_fault *fault)
{
    uint64_t up_ns = io_clock_up_ns();
    if (up_ns < daemon->look_next_up_ns)
        return 0;
    uint64_t every_ns = LOOK_EVERY_MS * TIME_NS_PER_MS, watchdog_ns = daemon->notify.watchdog_ns;
    daemon->look_next_up_ns =
        up_ns + (watchdog_ns && watchdog_ns / SIGNS_OF_LIFE < every_ns ? watchdog_ns / SIGNS_OF_LIFE : every_ns);
    look_at_clock(daemon);
    if (daemon->notify.watchdog_ns)
        daemon_tell_manager(daemon, "WATCHDOG=1");
    if (up_ns >= daemon->notify_next_up_ns) {
        daemon->notify_next_up_ns = up_ns + STATUS_EVERY_MS * TIME_NS_PER_MS;
        say_status(daemon);
    }
    int code = look_at_disk(daemon, fault);
    return code < 0 ? code : look_at_index(daemon, up_ns, fault);
}

/* ---- the round ---- */

static long timeout_ms(const struct daemon *daemon)
{
    uint64_t up_ns = io_clock_up_ns(), wake_ns = engine_wake_up_ns(daemon->engine);
    if (daemon->reload_asked)
        return 0; /* by an operator, in the round that has just ended */
    if (daemon->look_next_up_ns < wake_ns)
        wake_ns = daemon->look_next_up_ns;
    return wake_ns <= up_ns ? 0 : (long)((wake_ns - up_ns + TIME_NS_PER_MS - 1) / TIME_NS_PER_MS);
}

static int take_frames(struct daemon *daemon, struct truc_fault *fault)
{
    struct zmq_server_event event;
    int more, code = 0;
    while (code == 0 && (more = zmq_server_receive(daemon->server, &event, fault)) != 0) {
        if (more < 0)
            return more;
        code = event.kind == ZMQ_SERVER_FRAME ? engine_frame(daemon->engine, event.peer, event.key, event.frame, fault)
                                              : engine_broke(daemon->engine, event.peer, event.code, event.text, fault);
    }
    return code;
}

static int run_round(struct daemon *daemon, struct truc_fault *fault)
{
    int ready = zmq_server_wait(daemon->server, daemon->signal_fd, timeout_ms(daemon), fault);
    if (ready < 0)
        return ready;
    if (ready & ZMQ_SERVER_READY_FD)
        take_signals(daemon);
    int code = daemon->reload_asked ? daemon_reload(daemon, fault) : 0;
    if (code == 0 && ready & ZMQ_SERVER_READY_FRAMES)
        code = take_frames(daemon, fault);
    if (code == 0)
        code = engine_commit(daemon->engine, fault);
    zmq_server_release(daemon->server);
    if (code == 0 && daemon->index)
        daemon_index_durable(daemon->index, engine_records(daemon->engine));
    return code < 0 ? code : look_around(daemon, fault);
}

int daemon_run(struct daemon *daemon, struct truc_fault *fault)
{
    int code = 0;
    while (code == 0 && !daemon->stopping)
        code = run_round(daemon, fault);
    daemon_tell_manager(daemon, "STOPPING=1");
    return code;
}
