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
#include <sys/stat.h>
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

uint64_t kit_file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

struct awaited {
    const char *watched; /* file or folder */
    const char *path;
    uint64_t size_bytes;
};

static bool has_come(const struct awaited *awaited)
{
    struct stat status;
    return stat(awaited->path, &status) == 0 && (uint64_t)status.st_size >= awaited->size_bytes;
}

static int wait_for(const struct awaited *awaited, struct child *writer, int wait_ms, struct truc_fault *fault)
{
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0 ||
        inotify_add_watch(watch, awaited->watched, IN_CREATE | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE) < 0) {
        if (watch >= 0)
            close(watch);
        return fault_errno(fault, TRUC_E_IO, errno, "watching %s", awaited->watched);
    }
    uint64_t end_ns = kit_now_ns() + (uint64_t)wait_ms * 1000000u;
    int code = 0;
    while (code == 0 && !has_come(awaited)) {
        struct pollfd changed = {.fd = watch, .events = POLLIN};
        char events[4096];
        if (poll(&changed, 1, LOOK_EVERY_MS) > 0 && read(watch, events, sizeof events) < 0 && errno != EAGAIN)
            code = fault_errno(fault, TRUC_E_IO, errno, "watching %s", awaited->watched);
        else if (!child_runs(writer) && !has_come(awaited))
            code = fault_set(fault, TRUC_E_STATE, "%s ended with %d; it was to write %s", writer->name,
                             child_result(writer), awaited->path);
        else if (kit_now_ns() > end_ns)
            code = fault_set(fault, TRUC_E_TIMEOUT, "%s did not write %s (%llu bytes) within %d ms", writer->name,
                             awaited->path, (unsigned long long)awaited->size_bytes, wait_ms);
    }
    close(watch);
    return code;
}

int kit_wait_file(const char *folder, const char *path, struct child *writer, int wait_ms, struct truc_fault *fault)
{
    return wait_for(&(struct awaited){.watched = folder, .path = path}, writer, wait_ms, fault);
}

int kit_wait_size(const char *path, uint64_t size_bytes, struct child *writer, int wait_ms, struct truc_fault *fault)
{
    return wait_for(&(struct awaited){.watched = path, .path = path, .size_bytes = size_bytes}, writer, wait_ms, fault);
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
