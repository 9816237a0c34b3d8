/* exec_process.h - one run of the program: its process group, its three pipes, lines of it in both directions.
 * Knows what a line is and nothing of what it says; restarts nothing (exec_runner.c).
 * In the flow: exec_runner.c -> this -> the operating system. */
#ifndef TRUC_EXEC_PROCESS_H
#define TRUC_EXEC_PROCESS_H

#include <poll.h>
#include <sys/types.h>

#include "exec_adapter.h"
#include "exec_lines.h"

enum {
    EXEC_PROCESS_FDS = 4,
    EXEC_END_TEXT_BYTES = 128,
    EXEC_ERROR_LINE_BYTES_MAX = 4096, /* of standard error; what is behind it in its line is left out */
};

struct exec_process {
    pid_t pid;
    int pidfd;           /* readable when it has ended */
    int in, out, err;    /* our ends; -1: closed */
    struct buffer input; /* not yet written */
    size_t input_start;
    struct exec_lines out_lines, err_lines;
};

/* Starts it in @directory as the leader of a session and process group of its own, with a clean environment and no
 * descriptor but its three. When we die, however, it is killed. TRUC_E_IO: it can't be started, with the reason. */
int exec_process_start(const struct exec_program_settings *settings, const char *directory,
                       struct exec_process *ret_process, struct truc_fault *fault);
/* Kills what is left of the group, waits for the program, closes. */
void exec_process_end(struct exec_process *process);

/* What to poll for; @reads: whether standard output is wanted. Returns the count, at most EXEC_PROCESS_FDS. */
unsigned exec_process_fds(const struct exec_process *process, bool reads, struct pollfd *fds);
/* Appends to what the program is to read. TRUC_E_TOO_LARGE, TRUC_E_MEMORY. */
int exec_process_say(struct exec_process *process, const json_t *line, size_t line_bytes_max, struct truc_fault *fault);
size_t exec_process_unread(const struct exec_process *process); /* bytes not yet taken by the program's pipe */
/* Writes what the pipe takes; true when it took something. A closed pipe is shown by the program's end. */
bool exec_process_write(struct exec_process *process);
void exec_process_close_input(struct exec_process *process); /* the program reads an end of file */
/* Reads what is there, without waiting: 1 something, 0 nothing, TRUC_E_CLOSED at the end, TRUC_E_MEMORY. */
int exec_process_read_out(struct exec_process *process);
int exec_process_read_err(struct exec_process *process);
/* The next line of standard error, cut; false when there is none. @at_end: the last one needs no line's end. */
bool exec_process_error_line(struct exec_process *process, bool at_end, struct bytes *ret_line);
/* A signal to the whole group. */
void exec_process_signal(const struct exec_process *process, int number);
/* Whether the program itself has ended, and how, for a person; it stays a zombie until exec_process_end, so that its
 * group's id is nobody else's. */
bool exec_process_has_ended(const struct exec_process *process, char text[EXEC_END_TEXT_BYTES]);

#endif
