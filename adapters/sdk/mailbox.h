/* mailbox.h - calls that other threads want the adapter's thread to make, in the order they were posted.
 * A mutex around a bounded list, and nothing else is shared: not the session, no ZeroMQ socket, no callback runs under the lock.
 * Between truc_post and the next step. */
#ifndef TRUC_MAILBOX_H
#define TRUC_MAILBOX_H

#include "list.h"

#include <truc/truc.h>

enum { MAILBOX_LETTERS_MAX = 65536 }; /* posted and not yet called */

struct letter {
    struct list_link link;
    truc_posted *call;
    void *context;
};

struct mailbox;

struct mailbox *mailbox_new(void);          /* NULL: no memory */
void mailbox_free(struct mailbox *mailbox); /* letters left are not called: take them before; NULL is fine */

/* From any thread. TRUC_E_LIMIT, TRUC_E_CLOSED, TRUC_E_MEMORY: the call will not be made. */
int mailbox_post(struct mailbox *mailbox, truc_posted *call, void *context);
/* Moves all letters to the end of `to`, a list of the caller's own; each is then the caller's, to be freed. */
void mailbox_take(struct mailbox *mailbox, struct list_link *to);
void mailbox_close(struct mailbox *mailbox); /* no letter comes after this; those there can still be taken */
bool mailbox_is_empty(struct mailbox *mailbox);

#endif
