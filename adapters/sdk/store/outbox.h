/* outbox.h - published messages on disk until the broker has answered them, for programs that can't publish them again.
 * The bytes as they are signed: a message of an earlier run is sent as it was, and the broker knows it again. Not a queue of its own:
 * order and bounds are the session's. Between truc_publish and the session. */
#ifndef TRUC_OUTBOX_H
#define TRUC_OUTBOX_H

#include "bundle.h"
#include "fault.h"

struct outbox;

/* TRUC_E_IO with the path and SQLite's reason, TRUC_E_CONFIG for the file of another bus or system. One process at a time. */
int outbox_open(const char *path, const char *bus, const char *system, struct outbox **ret_outbox,
                struct truc_fault *fault);
void outbox_close(struct outbox *outbox); /* NULL is fine */

/* Durable when it returns 0. TRUC_E_EXISTS: a message with this id waits already, and nothing was written. */
int outbox_put(struct outbox *outbox, struct bytes id, const struct message *message, struct truc_fault *fault);
/* Forgets the message; durable after outbox_commit or the next outbox_put. Harmless when it isn't there. */
int outbox_remove(struct outbox *outbox, struct bytes id, struct truc_fault *fault);
int outbox_commit(struct outbox *outbox, struct truc_fault *fault); /* nothing to do: nothing done; NULL is fine */

/* The broker refused it, and only a person can tell whether its content arrived another way: kept, no longer sent. As durable as
 * outbox_remove. Harmless when it isn't there. */
int outbox_set_aside(struct outbox *outbox, struct bytes id, int code, struct bytes text, uint64_t time_ns,
                     struct truc_fault *fault);
struct outbox_aside {
    struct message message;
    struct bytes text;
    int code;
    uint64_t time_ns;
};
/* As outbox_next. */
int outbox_aside_next(struct outbox *outbox, int64_t *position, struct outbox_aside *ret_aside,
                      struct truc_fault *fault);
/* Overwritten and gone, durable. TRUC_E_NOT_FOUND. */
int outbox_let_go(struct outbox *outbox, struct bytes id, struct truc_fault *fault);

/* In the order they were put: 1 and the next message, 0 at the end. Begin with *position 0. Views live until the next call. */
int outbox_next(struct outbox *outbox, int64_t *position, struct message *ret_message, struct truc_fault *fault);

#endif
