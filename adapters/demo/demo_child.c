/* demo_child.c - starting, watching and stopping the demo's own processes.
 * Only ever signals process ids it started itself and has not yet waited for.
 * See demo_child.h. */
#include "demo_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"

/* In the child: never returns. */
_Noreturn static void become(const char *const arguments[], int log, int output)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0); /* a terminal's Ctrl-C reaches the demo alone, which then stops its children in order */
    if (dup2(output, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
        _exit(126);
    execv(arguments[0], (char *const *)(const void *)arguments);
    _exit(127);
}

int child_start(struct child *child, const char *name, const char *const arguments[], const char *log_path,
                bool pipe_output, struct truc_fault *fault)
{
    int ends[2] = {-1, -1};
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", log_path);
    if (pipe_output && pipe2(ends, O_CLOEXEC) < 0) {
        close(log);
        return fault_errno(fault, TRUC_E_IO, errno, "pipe");
    }
    pid_t pid = fork();
    if (pid == 0)
        become(arguments, log, pipe_output ? ends[1] : log);
    close(log);
    if (pipe_output)
        close(ends[1]);
    if (pid < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "starting %s", name);
    *child = (struct child){.name = name, .pid = pid, .output = ends[0]};
    return 0;
}

bool child_runs(struct child *child)
{
    if (child->pid == 0)
        return false;
    if (waitpid(child->pid, &child->status, WNOHANG) != child->pid)
        return true;
    child->pid = 0;
    return false;
}

int child_result(const struct child *child)
{
    return WIFEXITED(child->status) ? WEXITSTATUS(child->status) : 128 + WTERMSIG(child->status);
}

/* Waits on the process itself, not on time passing. */
static void wait_for_end(pid_t pid, int wait_ms)
{
    int watch = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd ended = {.fd = watch, .events = POLLIN};
    if (watch >= 0) {
        while (poll(&ended, 1, wait_ms) < 0 && errno == EINTR)
            continue;
        close(watch);
    }
}

int child_stop(struct child *child, int wait_ms, struct truc_fault *fault)
{
    int code = 0;
    if (child->output > 0) { /* first: nobody reads any more, and a full pipe would keep it from ending */
        close(child->output);
        child->output = -1;
    }
    if (child_runs(child)) {
        kill(child->pid, SIGTERM);
        wait_for_end(child->pid, wait_ms);
        if (child_runs(child)) {
            code =
                fault_set(fault, TRUC_E_TIMEOUT, "%s did not stop within %d ms and was killed", child->name, wait_ms);
            kill(child->pid, SIGKILL);
            waitpid(child->pid, &child->status, 0);
            child->pid = 0;
        }
    }
    return code;
}

int child_run(const char *name, const char *const arguments[], const char *log_path, struct truc_fault *fault)
{
    struct child child = {0};
    int code = child_start(&child, name, arguments, log_path, false, fault);
    if (code < 0)
        return code;
    while (waitpid(child.pid, &child.status, 0) < 0 && errno == EINTR)
        continue;
    if (child_result(&child) != 0) {
        fault_set(fault, TRUC_E_STATE, "%s ended with %d", name, child_result(&child));
        fault_hint(fault, "its output is in %s", log_path);
        return TRUC_E_STATE;
    }
    return 0;
}
