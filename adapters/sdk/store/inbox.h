/* inbox.h - what this system has begun and ended handling, so that a message delivered twice has one effect.
 * Not a queue: the broker holds what is not settled. Two kinds behind one table: in memory, and an SQLite file.
 * Asked before a handler runs; written before the broker hears of the result. */
#ifndef TRUC_INBOX_H
#define TRUC_INBOX_H

#include "bytes.h"
#include "fault.h"

enum { INBOX_MEMORY_ENTRIES_MAX = 100000 }; /* of a memory inbox; past it the oldest ended entry is forgotten */

enum inbox_state {
    INBOX_UNKNOWN, /* never seen, or given back for a retry */
    INBOX_STARTED, /* a handler began and did not end: its effect may have happened */
    INBOX_SETTLED, /* done or rejected: outcome, code, reason, text */
    INBOX_REPLIED, /* a request that was answered: reply, reply_time_ns */
};

/* What is known of one message. Views live until the next call for the same inbox. */
struct inbox_entry {
    enum inbox_state state;
    uint32_t outcome; /* enum settlement_outcome */
    uint32_t code;
    struct bytes reason, text;
    struct bytes reply;     /* the reply's payload */
    uint64_t reply_time_ns; /* the time in the reply's header: needed to make the same bytes again */
};

struct inbox_key {
    struct bytes sender, id;
};

struct inbox;
struct inbox_operations {
    int (*find)(struct inbox *inbox, const struct inbox_key *key, struct inbox_entry *ret_entry,
                struct truc_fault *fault);
    int (*put)(struct inbox *inbox, const struct inbox_key *key, const struct inbox_entry *entry, uint64_t now_ns,
               struct truc_fault *fault);
    int (*remove)(struct inbox *inbox, const struct inbox_key *key, struct truc_fault *fault);
    int (*commit)(struct inbox *inbox, struct truc_fault *fault);
    int (*purge)(struct inbox *inbox, uint64_t before_ns, struct truc_fault *fault);
    void (*close)(struct inbox *inbox);
};
struct inbox {
    const struct inbox_operations *operations;
};

/* Forgets everything with the process: for adapters whose effects are idempotent by themselves. */
int inbox_open_memory(struct inbox **ret_inbox, struct truc_fault *fault);
/* TRUC_E_IO with the path and SQLite's reason; a file in use by another process is refused. */
int inbox_open_file(const char *path, struct inbox **ret_inbox, struct truc_fault *fault);

/* Finding never fails for an unknown message: the state says so. */
static inline int inbox_find(struct inbox *inbox, const struct inbox_key *key, struct inbox_entry *ret_entry,
                             struct truc_fault *fault)
{
    return inbox->operations->find(inbox, key, ret_entry, fault);
}
/* Writes or replaces; durable after inbox_commit. */
static inline int inbox_put(struct inbox *inbox, const struct inbox_key *key, const struct inbox_entry *entry,
                            uint64_t now_ns, struct truc_fault *fault)
{
    return inbox->operations->put(inbox, key, entry, now_ns, fault);
}
static inline int inbox_remove(struct inbox *inbox, const struct inbox_key *key, struct truc_fault *fault)
{
    return inbox->operations->remove(inbox, key, fault);
}
/* Makes everything since the last commit durable, at once. Nothing to do: nothing done. */
static inline int inbox_commit(struct inbox *inbox, struct truc_fault *fault)
{
    return inbox->operations->commit(inbox, fault);
}
/* Forgets ended entries written before that instant. What was only started stays. */
static inline int inbox_purge(struct inbox *inbox, uint64_t before_ns, struct truc_fault *fault)
{
    return inbox->operations->purge(inbox, before_ns, fault);
}
static inline void inbox_close(struct inbox *inbox) /* rolls back what is not committed; NULL is fine */
{
    if (inbox)
        inbox->operations->close(inbox);
}

#endif
