/* queue_list.h - an append-only list of journal positions on disk: what waits for one destination at one urgency.
 * Not the truth: rebuilt from the journal when it is lost, so appends are buffered and never synced.
 * The core keeps a cursor into it; millions waiting cost neither memory nor start-up time. Format:
 * docs/journal-format.md. */
#ifndef TRUC_QUEUE_LIST_H
#define TRUC_QUEUE_LIST_H

#include <truc/error.h>

#include "disk.h"

struct queue_list;

struct queue_entry {
    uint64_t sequence;   /* of the accepted record */
    uint64_t key_hash;   /* of its ordering key */
    uint32_t size_bytes; /* of the message: credit */
    uint32_t flags;      /* the core's */
};

enum {
    QUEUE_LIST_BUFFERED_MAX = 256,    /* entries in memory before they are written */
    QUEUE_LIST_HELD_MAX = 1024 * 1024 /* in memory while the disk has no room for them; past it TRUC_E_JOURNAL_FULL */
};

/* Entries are numbered from 0 for the life of the list; after queue_list_discard the first ones are gone, numbers stay.
 */
/* Opens or makes it. A file that is damaged or torn is cut at its last good entry: compare queue_list_count() with what
 * the state above expects, and rebuild when it is less. */
int queue_list_open(struct disk *disk, const char *path, struct queue_list **ret_list, struct truc_fault *fault);
/* Writes what is buffered; frees in any case; NULL is fine. */
int queue_list_close(struct queue_list *list, struct truc_fault *fault);
uint64_t queue_list_first(const struct queue_list *list); /* number of the oldest entry still there */
uint64_t queue_list_count(const struct queue_list *list); /* number the next entry gets */
/* A full disk is no error: the entries stay in memory, and queue_list_is_held() tells. */
int queue_list_append(struct queue_list *list, const struct queue_entry *entry, struct truc_fault *fault);
/* TRUC_E_JOURNAL_FULL: they stay in memory, may be tried again. */
int queue_list_flush(struct queue_list *list, struct truc_fault *fault);
bool queue_list_is_held(const struct queue_list *list); /* the disk had no room; until a flush that succeeds */
/* Up to `count` entries from number `index`; returns how many (0 at the end). TRUC_E_NOT_FOUND before
 * queue_list_first(), TRUC_E_JOURNAL_CORRUPT when an entry's CRC does not hold: rebuild. */
int queue_list_read(struct queue_list *list, uint64_t index, struct queue_entry *entries, size_t count,
                    struct truc_fault *fault);
/* Recovery: forgets the entries from `count` on. TRUC_E_ARGUMENT when there are fewer. */
int queue_list_truncate(struct queue_list *list, uint64_t count, struct truc_fault *fault);
/* Entries below `index` are done: their room is given back, now or when it is worth it. */
int queue_list_discard(struct queue_list *list, uint64_t index, struct truc_fault *fault);
/* Throws everything away and starts with number `first`: for rebuilding. */
int queue_list_reset(struct queue_list *list, uint64_t first, struct truc_fault *fault);

#endif
