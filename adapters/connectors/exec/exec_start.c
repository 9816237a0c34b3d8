/* exec_start.c - the start of a run: fork, a session of its own, three pipes, a clean environment, exec.
 * What is between fork and exec calls only what a process with threads may call there (signal-safety(7)).
 * In the flow: exec_runner.c -> exec_process_start. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "exec_process.h"
#include "fault.h"

enum { KEPT_VARIABLES = 6, FIRST_OWN_FD = 3 };

static const char *const kept[KEPT_VARIABLES] = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"};

/* [0] is read, [1] written. */
struct pipes {
    int in[2], out[2], err[2], trouble[2];
};

static const struct pipes no_pipes = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};

static void close_pair(int pair[2])
{
    for (unsigned i = 0; i < 2; i++) {
        if (pair[i] >= 0)
            close(pair[i]);
        pair[i] = -1;
    }
}

static void close_pipes(struct pipes *pipes)
{
    close_pair(pipes->in);
    close_pair(pipes->out);
    close_pair(pipes->err);
    close_pair(pipes->trouble);
}

static int open_pipes(struct pipes *pipes)
{
    *pipes = no_pipes;
    if (pipe2(pipes->in, O_CLOEXEC) == 0 && pipe2(pipes->out, O_CLOEXEC) == 0 && pipe2(pipes->err, O_CLOEXEC) == 0 &&
        pipe2(pipes->trouble, O_CLOEXEC) == 0)
        return 0;
    int number = errno;
    close_pipes(pipes);
    errno = number;
    return -1;
}

struct environment {
    char *lines[KEPT_VARIABLES + EXEC_ENVIRONMENT_MAX + 1]; /* ends with NULL */
    struct buffer kept[KEPT_VARIABLES];
};

static void environment_free(struct environment *environment)
{
    for (size_t i = 0; i < KEPT_VARIABLES; i++)
        buffer_free(&environment->kept[i]);
}

static int environment_make(const struct exec_program_settings *settings, struct environment *environment)
{
    size_t count = 0;
    *environment = (struct environment){0};
    for (size_t i = 0; i < settings->environment_count; i++) /* first: of two with one name the first is found */
        environment->lines[count++] = (char *)(uintptr_t)settings->environment[i];
    for (size_t i = 0; i < KEPT_VARIABLES; i++) {
        const char *value = getenv(kept[i]);
        if (!value)
            continue;
        buffer_printf(&environment->kept[i], "%s=%s", kept[i], value);
        environment->lines[count] = (char *)(uintptr_t)buffer_string(&environment->kept[i]);
        if (!environment->lines[count++])
            return TRUC_E_MEMORY;
    }
    return 0;
}

static int become(const struct exec_program_settings *settings, const char *directory, char **environment,
                  const struct pipes *pipes)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); /* fails for those that can't be changed, which are so anyway */
    if (setsid() < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return errno;
    if (dup2(pipes->in[0], STDIN_FILENO) < 0 || dup2(pipes->out[1], STDOUT_FILENO) < 0 ||
        dup2(pipes->err[1], STDERR_FILENO) < 0)
        return errno;
    if (close_range(FIRST_OWN_FD, ~0U, CLOSE_RANGE_CLOEXEC) < 0 || (*directory && chdir(directory) < 0))
        return errno;
    execvpe(settings->arguments[0], (char *const *)(uintptr_t)settings->arguments, environment);
    return errno;
}

/* In the child; does not return. */
static void run_child(const struct exec_program_settings *settings, const char *directory, char **environment,
                      const struct pipes *pipes, pid_t parent)
{
    int number = getppid() == parent ? become(settings, directory, environment, pipes) : ESRCH;
    ssize_t written = write(pipes->trouble[1], &number, sizeof(number));
    _exit(written == (ssize_t)sizeof(number) ? EXIT_FAILURE : EXIT_FAILURE + 1);
}

/* Waits until the child has become the program: 0, or the number of its trouble. */
static int wait_for_exec(struct pipes *pipes)
{
    int number = 0;
    ssize_t size;
    close(pipes->trouble[1]);
    pipes->trouble[1] = -1;
    do
        size = read(pipes->trouble[0], &number, sizeof(number));
    while (size < 0 && errno == EINTR);
    return size == (ssize_t)sizeof(number) ? number : 0;
}

static void take_pipes(struct pipes *pipes, struct exec_process *process)
{
    process->in = pipes->in[1];
    process->out = pipes->out[0];
    process->err = pipes->err[0];
    pipes->in[1] = pipes->out[0] = pipes->err[0] = -1;
    fcntl(process->in, F_SETFL, O_NONBLOCK);
    fcntl(process->out, F_SETFL, O_NONBLOCK);
    fcntl(process->err, F_SETFL, O_NONBLOCK);
}

static int start(const struct exec_program_settings *settings, const char *directory, char **environment,
                 struct exec_process *process, struct truc_fault *fault)
{
    struct pipes pipes;
    if (open_pipes(&pipes) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "no pipes for the program");
    pid_t parent = getpid();
    process->pid = fork();
    if (process->pid == 0)
        run_child(settings, directory, environment, &pipes, parent);
    int number = process->pid < 0 ? errno : wait_for_exec(&pipes);
    if (process->pid > 0) {
        take_pipes(&pipes, process);
        process->pidfd = pidfd_open(process->pid, 0);
        if (process->pidfd < 0 && number == 0)
            number = errno;
    }
    close_pipes(&pipes);
    if (number == 0)
        return 0;
    if (process->pid > 0)
        exec_process_end(process);
    return fault_errno(fault, TRUC_E_IO, number, "%s can't be started", settings->arguments[0]);
}

int exec_process_start(const struct exec_program_settings *settings, const char *directory,
                       struct exec_process *ret_process, struct truc_fault *fault)
{
    struct environment environment;
    struct exec_process process = {.pidfd = -1,
                                   .in = -1,
                                   .out = -1,
                                   .err = -1,
                                   .out_lines.line_bytes_max = settings->line_bytes,
                                   .err_lines.line_bytes_max = EXEC_ERROR_LINE_BYTES_MAX};
    int result = environment_make(settings, &environment) == 0
                     ? start(settings, directory, environment.lines, &process, fault)
                     : fault_set(fault, TRUC_E_MEMORY, "no memory for the program's environment");
    environment_free(&environment);
    if (result == 0)
        *ret_process = process;
    return result;
}
