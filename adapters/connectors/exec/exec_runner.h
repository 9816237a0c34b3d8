/* exec_runner.h - keeps the program running: start, ready, lines, the end of a run and the wait before the next.
 * Whatever ends a run has a name for the log and for the messages that were out. Never starts it in a tight loop.
 * In the flow: exec_connector.c steps it; lines and ends go up by callbacks. */
#ifndef TRUC_EXEC_RUNNER_H
#define TRUC_EXEC_RUNNER_H

#include "connector_log.h"
#include "exec_line.h"
#include "exec_process.h"

enum {
    EXEC_SILENCE_MS = 1000,                   /* from a closed standard output to its end */
    EXEC_GRACE_MS = 5000,                     /* from the end of its input to SIGTERM, and from there to SIGKILL */
    EXEC_UNREAD_BYTES_MAX = 16 * 1024 * 1024, /* beyond it nothing more is read of a program that does not read */
    EXEC_ERROR_LINES_MAX = 200,               /* of standard error that are logged in EXEC_ERROR_SPAN_MS */
    EXEC_ERROR_SPAN_MS = 10000,
    EXEC_WHY_BYTES = 320,
};

struct exec_runner;

struct exec_runner_events {
    void *context;
    /* An answer, a publish or a request; the line is freed by the runner. */
    void (*on_line)(void *context, struct exec_line *line);
    /* The run is over, for a reason; what was out with it is lost. */
    void (*on_end)(void *context, const char *why);
};

/* All arguments outlive the result. */
int exec_runner_open(const struct exec_adapter *adapter, const struct connector_log *log,
                     const struct exec_runner_events *events, struct exec_runner **ret_runner,
                     struct truc_fault *fault);
void exec_runner_close(struct exec_runner *runner); /* kills the group; tells nobody; NULL is fine */

bool exec_runner_is_ready(const struct exec_runner *runner); /* it takes deliveries */
bool exec_runner_is_leaving(
    const struct exec_runner *runner);                      /* somebody said bye; what is out may still be answered */
bool exec_runner_is_over(const struct exec_runner *runner); /* it has ended and is not started again */
uint64_t exec_runner_run(const struct exec_runner *runner); /* number of the present run, from 1 */
const char *exec_runner_why(const struct exec_runner *runner); /* why the last run ended; "" before */
size_t exec_runner_unread(const struct exec_runner *runner);   /* bytes said and not yet read by the program */

/* Says a line to the present run; takes @line over (NULL: no memory). TRUC_E_STATE: there is no run, TRUC_E_TOO_LARGE,
 * TRUC_E_MEMORY. */
int exec_runner_say(struct exec_runner *runner, json_t *line, struct truc_fault *fault);
/* Ends the present run at once, for this reason. */
void exec_runner_fail(struct exec_runner *runner, const char *why);
/* The last run: says bye to it, starts no other. */
void exec_runner_leave(struct exec_runner *runner);
/* Nothing more is out with a run that leaves: its input ends. */
void exec_runner_release(struct exec_runner *runner);

unsigned exec_runner_fds(const struct exec_runner *runner, struct pollfd *fds); /* at most EXEC_PROCESS_FDS */
int exec_runner_timeout_ms(const struct exec_runner *runner, uint64_t now_ms);  /* -1: nothing waits */
void exec_runner_step(struct exec_runner *runner, uint64_t now_ms);

#endif
