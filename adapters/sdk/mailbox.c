/* mailbox.c - the one place of the SDK that several threads enter (mailbox.h).
 * Every access is under the lock, so that ThreadSanitizer can judge it without libzmq.
 * Called by truc_post from any thread, and by the adapter's own. */
#include "mailbox.h"

#include <pthread.h>
#include <stdlib.h>

struct mailbox {
    pthread_mutex_t lock;
    struct list_link letters;
    size_t count;
    bool is_closed;
};

struct mailbox *mailbox_new(void)
{
    struct mailbox *mailbox = malloc(sizeof *mailbox);
    if (mailbox == NULL)
        return NULL;
    *mailbox = (struct mailbox){.lock = PTHREAD_MUTEX_INITIALIZER};
    list_init(&mailbox->letters);
    return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    list_each(link, &mailbox->letters)
        free(list_element(link, struct letter, link));
    (void)pthread_mutex_destroy(&mailbox->lock); /* nobody holds it any more */
    free(mailbox);
}

/* A mutex of the default kind that is initialised and not held by this thread: neither call can fail. */
static void lock(struct mailbox *mailbox)
{
    (void)pthread_mutex_lock(&mailbox->lock);
}

static void unlock(struct mailbox *mailbox)
{
    (void)pthread_mutex_unlock(&mailbox->lock);
}

int mailbox_post(struct mailbox *mailbox, truc_posted *call, void *context)
{
    struct letter *letter = malloc(sizeof *letter);
    if (letter == NULL)
        return TRUC_E_MEMORY;
    *letter = (struct letter){.call = call, .context = context};
    lock(mailbox);
    int code = mailbox->is_closed ? TRUC_E_CLOSED : mailbox->count >= MAILBOX_LETTERS_MAX ? TRUC_E_LIMIT : 0;
    if (code == 0) {
        list_append(&mailbox->letters, &letter->link);
        mailbox->count++;
    }
    unlock(mailbox);
    if (code < 0)
        free(letter);
    return code;
}

void mailbox_take(struct mailbox *mailbox, struct list_link *to)
{
    lock(mailbox);
    list_each(link, &mailbox->letters) {
        list_remove(link);
        list_append(to, link);
    }
    mailbox->count = 0;
    unlock(mailbox);
}

void mailbox_close(struct mailbox *mailbox)
{
    lock(mailbox);
    mailbox->is_closed = true;
    unlock(mailbox);
}

bool mailbox_is_empty(struct mailbox *mailbox)
{
    lock(mailbox);
    bool is_empty = mailbox->count == 0;
    unlock(mailbox);
    return is_empty;
}
