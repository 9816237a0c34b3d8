/* queue_unseen.h - what recovery knows of messages whose queue entries are not in memory yet: settled, or delivered before.
 * Not the entries: those are in the lists on disk, and ask here when they are loaded.
 * Part of core_queue.h; filled by recovery.c and snapshots. */
#ifndef TRUC_QUEUE_UNSEEN_H
#define TRUC_QUEUE_UNSEEN_H

#include "map.h"
#include "queue_list.h"

/* A message's earlier deliveries. */
struct queue_trial {
    uint64_t sequence;
    uint32_t attempts, retries;
    uint64_t first_failed_ns; /* bus's up-time; 0: never */
};

struct queue_unseen {
    struct map settled; /* queue_settled_key, each its own value */
    struct map trials;  /* by sequence: struct queue_trial */
};

/* A message may be queued again by an operator; its generation tells the rounds apart. Never 0. */
static inline uint64_t queue_settled_key(uint64_t sequence, uint32_t generation)
{
    return (sequence << 8 | (generation & 0xff)) + 1;
}
static inline uint32_t queue_entry_generation(const struct queue_entry *entry)
{
    return entry->flags & 0xff;
}

void unseen_free(struct queue_unseen *unseen); /* leaves it empty */
bool unseen_is_empty(const struct queue_unseen *unseen);

int unseen_settle(struct queue_unseen *unseen, uint64_t sequence, uint32_t generation); /* MEMORY */
/* The entry is loaded: whether it is settled, which is forgotten by asking. */
bool unseen_take_settled(struct queue_unseen *unseen, const struct queue_entry *entry);

/* One delivery more; that it failed, at that up-time; all of it from a snapshot. MEMORY. */
int unseen_note_attempt(struct queue_unseen *unseen, uint64_t sequence);
int unseen_note_failed(struct queue_unseen *unseen, uint64_t sequence, uint64_t up_ns);
int unseen_set_trial(struct queue_unseen *unseen, const struct queue_trial *trial);
/* The entry is loaded: its earlier deliveries, forgotten by asking; zeros when there were none. */
struct queue_trial unseen_take_trial(struct queue_unseen *unseen, uint64_t sequence);

#endif
