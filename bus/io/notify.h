/* notify.h - tells the service manager how it stands: sd_notify(3) datagrams, without a library.
 * Not the log. Where there is no manager ($NOTIFY_SOCKET is not set) every call does nothing and returns 0.
 * Used by the daemon: READY after recovery and bind, WATCHDOG from the commit loop. */
#ifndef TRUC_NOTIFY_H
#define TRUC_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <truc/error.h>

enum { NOTIFY_TEXT_BYTES_MAX = 512 };

struct notify {
    int fd; /* -1: no manager */
    struct sockaddr_un address;
    socklen_t address_size;
    uint64_t watchdog_ns; /* the manager wants a sign of life in this span; 0: it does not */
};

/* From $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. TRUC_E_ARGUMENT when they are not well-formed, TRUC_E_IO. */
int notify_open(struct notify *ret_notify, struct truc_fault *fault);
void notify_close(struct notify *notify); /* NULL is fine */
/* One datagram, lines as in sd_notify(3): "READY=1\nSTATUS=…". TRUC_E_IO when it can't be sent, TRUC_E_LIMIT when it
 * is too long. Never blocks. */
int notify_send(const struct notify *notify, struct truc_fault *fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
