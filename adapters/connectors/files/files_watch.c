/* files_watch.c - see files_watch.h.
 * When the kernel's queue overflows (IN_Q_OVERFLOW) names are missing: the look through the folder finds their files.
 * In the flow: called by files_picking.c. */
#include "files_watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "fault.h"

enum { EVENTS_BYTES = 65536, PATH_BYTES = 64 };

int files_watch_open(int directory, int *ret_fd, struct truc_fault *fault)
{
    char path[PATH_BYTES]; /* the directory that is open, whatever its name leads to meanwhile */
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", directory);
    if (fd >= 0 &&
        inotify_add_watch(fd, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) >= 0) {
        *ret_fd = fd;
        return 0;
    }
    fault_errno(fault, TRUC_E_IO, errno, "in/ can't be watched");
    if (fd >= 0)
        close(fd);
    return TRUC_E_IO;
}

int files_watch_read(int fd, files_watch_name *name, void *context, struct truc_fault *fault)
{
    _Alignas(struct inotify_event) char events[EVENTS_BYTES];
    int came = 0;
    for (;;) {
        ssize_t size = read(fd, events, sizeof(events));
        if (size <= 0)
            return size < 0 && errno != EAGAIN && errno != EINTR
                       ? fault_errno(fault, TRUC_E_IO, errno, "in/ can't be watched")
                       : came;
        for (ssize_t at = 0; at < size;) {
            const struct inotify_event *event = (const void *)(events + at);
            if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
                return fault_set(fault, TRUC_E_IO, "in/ was moved or removed");
            if (event->len)
                name(context, event->name);
            at += (ssize_t)(sizeof(*event) + event->len);
            came = 1;
        }
    }
}
