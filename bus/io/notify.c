/* notify.c - one datagram socket; file-system and abstract names.
 * The manager's limits apply: it ignores what it does not know.
 * See notify.h. */
#include "notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

static int parse_number(const char *name, uint64_t *ret_number, struct truc_fault *fault)
{
    const char *text = getenv(name);
    *ret_number = 0;
    if (text == NULL)
        return 0;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || *text < '0' || *text > '9' || *end)
        return fault_set(fault, TRUC_E_ARGUMENT, "$%s is '%s', which is no number", name, text);
    *ret_number = number;
    return 0;
}

/* Zero unless the manager watches this very process. */
static int read_watchdog(uint64_t *ret_watchdog_ns, struct truc_fault *fault)
{
    enum { NS_PER_US = 1000 };
    uint64_t span_us, pid = 0;
    int code = parse_number("WATCHDOG_USEC", &span_us, fault);
    if (code == 0)
        code = parse_number("WATCHDOG_PID", &pid, fault);
    if (code < 0)
        return code;
    bool is_ours = pid == 0 || pid == (uint64_t)getpid();
    *ret_watchdog_ns = is_ours && span_us < UINT64_MAX / NS_PER_US ? span_us * NS_PER_US : 0;
    return 0;
}

int notify_open(struct notify *ret_notify, struct truc_fault *fault)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct notify notify = {.fd = -1, .address = {.sun_family = AF_UNIX}};
    if (path) {
        size_t size = strlen(path);
        if (size < 2 || size >= sizeof notify.address.sun_path || (path[0] != '/' && path[0] != '@'))
            return fault_set(fault, TRUC_E_ARGUMENT, "$NOTIFY_SOCKET is '%s', neither a path nor an abstract name",
                             path);
        memcpy(notify.address.sun_path, path, size);
        if (path[0] == '@')
            notify.address.sun_path[0] = 0;
        notify.address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
        int code = read_watchdog(&notify.watchdog_ns, fault);
        if (code < 0)
            return code;
        notify.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (notify.fd < 0)
            return fault_errno(fault, TRUC_E_IO, errno, "cannot make a socket to the service manager");
    }
    *ret_notify = notify;
    return 0;
}

void notify_close(struct notify *notify)
{
    if (notify == NULL || notify->fd < 0)
        return;
    close(notify->fd);
    notify->fd = -1;
}

int notify_send(const struct notify *notify, struct truc_fault *fault, const char *format, ...)
{
    char text[NOTIFY_TEXT_BYTES_MAX];
    va_list arguments;
    if (notify->fd < 0)
        return 0;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof text)
        return fault_set(fault, TRUC_E_LIMIT, "a notice to the service manager has %d bytes; %d is the limit", size,
                         NOTIFY_TEXT_BYTES_MAX - 1);
    if (sendto(notify->fd, text, (size_t)size, MSG_NOSIGNAL, (const struct sockaddr *)&notify->address,
               notify->address_size) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "cannot tell the service manager");
    return 0;
}
