/* demo_child.h - child processes of the demo: started with their output in a file or a pipe, stopped by their id.
 * Knows nothing of Trục. Every child dies with the demo (parent-death signal), so that none is left behind.
 * Used by demo_province.c. */
#ifndef TRUC_DEMO_CHILD_H
#define TRUC_DEMO_CHILD_H

#include <stdbool.h>
#include <sys/types.h>
#include <truc/error.h>

enum { CHILD_ARGUMENTS_MAX = 48 };

struct child {
    const char *name;
    pid_t pid;  /* 0: not running */
    int status; /* of wait, once it ended */
    int output; /* pipe to its standard output, or -1 */
};

/* Starts a program; its standard error, and output unless it is piped, go to the end of `log_path`. */
int child_start(struct child *child, const char *name, const char *const arguments[], const char *log_path,
                bool pipe_output, struct truc_fault *fault);
/* Whether it still runs; takes its status when not. */
bool child_runs(struct child *child);
/* 0 when it exited with 0, its exit status, or 128 + signal. Only after it ended. */
int child_result(const struct child *child);
/* SIGTERM, then waits at most `wait_ms`, then SIGKILL (a fault names it). */
int child_stop(struct child *child, int wait_ms, struct truc_fault *fault);
/* Runs to the end. */
int child_run(const char *name, const char *const arguments[], const char *log_path, struct truc_fault *fault);

#endif
