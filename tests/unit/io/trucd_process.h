/* trucd_process.h - a trucd of the test's own: its state directory, its notices to a service manager, its end.
 * The test plays the service manager: it owns the socket that $NOTIFY_SOCKET names.
 * Everything lies in one directory under /tmp, removed at the end. */
#ifndef TRUC_TRUCD_PROCESS_H
#define TRUC_TRUCD_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#define TRUCD_TRACER "/usr/bin/strace"

enum { TRUCD_PATH_BYTES = 512, TRUCD_TEXT_BYTES = 256 };

struct trucd_programs {
    const char *trucd, *truc, *config, *descriptors;
    const char *const *wrapper; /* arguments before trucd's own: a tracer. NULL: none */
};

struct trucd_process {
    char directory[TRUCD_PATH_BYTES]; /* holds state/, where.json, log */
    pid_t pid;                        /* 0: not running */
    int manager_fd;
    char endpoint[TRUCD_TEXT_BYTES], server_key[TRUCD_TEXT_BYTES]; /* from where.json */
};

/* Makes the directory and, with `truc init`, the state. */
void trucd_prepare(struct trucd_process *process, const struct trucd_programs *programs);
/* Starts it, without waiting; `extra` (may be NULL) is one more argument. */
void trucd_start(struct trucd_process *process, const struct trucd_programs *programs, const char *extra);
/* Waits until the manager hears a notice that begins so. */
void trucd_await_notice(struct trucd_process *process, const char *start);
/* Waits for READY=1 and reads where it listens. */
void trucd_await_ready(struct trucd_process *process);
void trucd_signal(const struct trucd_process *process, int signal);
/* Waits for its end: the exit code. */
int trucd_await_end(struct trucd_process *process);
bool trucd_log_has(const struct trucd_process *process, const char *text);
/* Appends to, or replaces, a file of the state directory. */
void trucd_write(const struct trucd_process *process, const char *name, const char *text, bool append);
/* Reads a small file of the state directory, without the newline at its end. */
void trucd_read(const struct trucd_process *process, const char *name, char *out, size_t size_max);
void trucd_path(const struct trucd_process *process, const char *name, char out[TRUCD_PATH_BYTES]);
/* Kills what still runs and removes everything. */
void trucd_forget(struct trucd_process *process);

#endif
