/* kit_wait.c - inotify and pidfd, with bounds.
 * Each wait looks first and then sleeps, so that nothing that happened before is missed.
 * See kit_wait.h. */
#include "kit_wait.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

enum { LOOK_EVERY_MS = 200 }; /* at the latest: whether the writer still runs */

uint64_t kit_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int kit_path(char out[KIT_PATH_BYTES], struct truc_fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(out, KIT_PATH_BYTES, format, arguments);
    va_end(arguments);
    return size < 0 || size >= KIT_PATH_BYTES ? fault_set(fault, TRUC_E_LIMIT, "the path %.64s… is too long", out) : 0;
}

static bool has_come(const char *path)
{
    return access(path, F_OK) == 0;
}

int kit_wait_file(const char *folder, const char *path, struct child *writer, int wait_ms, struct truc_fault *fault)
{
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0 || inotify_add_watch(watch, folder, IN_CREATE | IN_MOVED_TO) < 0) {
        if (watch >= 0)
            close(watch);
        return fault_errno(fault, TRUC_E_IO, errno, "watching %s", folder);
    }
    uint64_t end_ns = kit_now_ns() + (uint64_t)wait_ms * 1000000u;
    int code = 0;
    while (code == 0 && !has_come(path)) {
        struct pollfd changed = {.fd = watch, .events = POLLIN};
        char events[4096];
        if (poll(&changed, 1, LOOK_EVERY_MS) > 0 && read(watch, events, sizeof events) < 0 && errno != EAGAIN)
            code = fault_errno(fault, TRUC_E_IO, errno, "watching %s", folder);
        else if (!child_runs(writer) && !has_come(path))
            code = fault_set(fault, TRUC_E_STATE, "%s ended with %d; it was to write %s", writer->name,
                             child_result(writer), path);
        else if (kit_now_ns() > end_ns)
            code = fault_set(fault, TRUC_E_TIMEOUT, "%s did not write %s within %d ms", writer->name, path, wait_ms);
    }
    close(watch);
    return code;
}

int kit_wait_end(struct child *child, int wait_ms, struct truc_fault *fault)
{
    if (!child_runs(child))
        return 0;
    int watch = (int)syscall(SYS_pidfd_open, child->pid, 0);
    struct pollfd ended = {.fd = watch, .events = POLLIN};
    if (watch < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "watching %s", child->name);
    while (poll(&ended, 1, wait_ms) < 0 && errno == EINTR)
        continue;
    close(watch);
    return child_runs(child) ? fault_set(fault, TRUC_E_TIMEOUT, "%s did not end within %d ms", child->name, wait_ms)
                             : 0;
}

void kit_kill(struct child *child)
{
    if (!child_runs(child))
        return;
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
        continue;
    child->pid = 0;
}
