/* daemon.h - the broker as a running program: what it is made of, opened in order and closed in the other.
 * Wiring only: every decision lies in the core, every rule in the policy.
 * trucd.c opens and closes it; daemon_loop.c runs it. */
#ifndef TRUC_DAEMON_H
#define TRUC_DAEMON_H

#include "daemon_index.h"
#include "daemon_keys.h"
#include "daemon_options.h"
#include "daemon_policy.h"
#include "disk_space.h"
#include "engine.h"
#include "io_clock.h"
#include "io_log.h"
#include "notify.h"
#include "zmq_server.h"

/* How trucd ends; docs/operations.md says what to do about each. */
enum daemon_exit {
    DAEMON_EXIT_CLEAN = 0,
    DAEMON_EXIT_CONFIGURATION = 2,
    DAEMON_EXIT_JOURNAL_DAMAGED = 3,
    DAEMON_EXIT_JOURNAL_FAILED = 4,
    DAEMON_EXIT_CANNOT_BIND = 5,
    DAEMON_EXIT_INTERNAL = 70, /* EX_SOFTWARE of sysexits.h */
};

enum {
    DAEMON_DESCRIPTORS = 16384,      /* asked for when the hard limit allows it; half of them for connections */
    DAEMON_CHECKPOINT_GROUPS = 1024, /* a checkpoint after this many groups, and one at the end */
};

struct daemon {
    const struct daemon_options *options;
    struct io_log log;
    struct io_clock clock;
    struct notify notify;
    struct daemon_keys *keys; /* owned */
    struct policy *policy;    /* in force; owned */
    struct policy *retired;   /* the one before, when its successor could not be made durable */
    struct zmq_server *server;
    struct engine *engine;
    struct disk_space disk;
    struct daemon_index *index;               /* fills the search index; NULL: nobody here does */
    char index_said[DAEMON_INDEX_TEXT_BYTES]; /* the log knows of this trouble of its */
    uint64_t index_rebuilds_said;
    int signal_fd;
    bool stopping, reload_asked;
    bool accept_schema_change;         /* of that reload */
    struct daemon_addresses listening; /* the configuration's at the start; none when the command line gave others */
    bool operator_waits;               /* for the end of that reload: it was not (only) a signal that asked */
    bool told_where;                   /* the file of --where is ours to remove */
    bool said_jump;                    /* the log knows of the wall clock's jump */
    uint64_t notify_next_up_ns, look_next_up_ns, notify_fault_up_ns;
    uint64_t recovery_notified_up_ns;
};

/* Logs a fault as one line with its place and hint. */
void daemon_log_fault(const struct daemon *daemon, int level, const struct truc_fault *fault);
/* What a failure means for the exit code. */
enum daemon_exit daemon_exit_of(int code);

/* Opens everything and tells the service manager. 0, or a code for daemon_exit_of with the reason. */
int daemon_open(struct daemon *daemon, struct truc_fault *fault);
/* Ends what is open. `is_sound`: with byes, snapshot and checkpoint; the first failure's code. Otherwise as a crash
 * would, for after a fatal failure the state in memory is not to be trusted: the journal is. Harmless for what was
 * never opened. */
int daemon_close(struct daemon *daemon, bool is_sound, struct truc_fault *fault);
/* Tells the service manager. When it can't be told, the log says so, at most once a minute: no reason to stop
 * serving. */
void daemon_tell_manager(struct daemon *daemon, const char *text);

/* Runs until a signal asks to stop (0) or something fatal happens (its code). */
int daemon_run(struct daemon *daemon, struct truc_fault *fault);
/* Reads the configuration again and puts it in force, or leaves everything as it is; says which in the log, and to the
 * operator who asked. 0 in both cases; a negative code is fatal. */
int daemon_reload(struct daemon *daemon, struct truc_fault *fault);

#endif
