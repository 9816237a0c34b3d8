/* core_queue.h - the queue of one destination: urgency, order by key, retries, what is in flight (docs/architecture.md).
 * The whole queue is lists on disk; in memory is a window of each behind a cursor. Of each key at most one message is out.
 * Pure bookkeeping: tells what to load and what is ready; deliver.c turns that into effects. */
#ifndef TRUC_CORE_QUEUE_H
#define TRUC_CORE_QUEUE_H

#include "core.h"
#include "heap.h"
#include "key_lanes.h"
#include "list.h"
#include "map.h"
#include "policy.h"
#include "queue_unseen.h"
#include "sha256.h"

enum core_queue_item_state {
    ITEM_READY,   /* in a ready list */
    ITEM_BEHIND,  /* another message of its key goes first */
    ITEM_OUT,     /* being fetched or with the receiver */
    ITEM_WAITING, /* for its retry */
    ITEM_SETTLED, /* done; still in the window because an earlier one is not */
};

/* What a person wants to see of a message that is out, should it become a dead letter. */
struct core_message_summary {
    char sender[65], type[129], subject[65], id[65];
};

struct core_queue_item {
    uint32_t lane;
    uint64_t index; /* in the lane's list */
    struct queue_entry entry;
    enum core_queue_item_state state;
    bool fetched;             /* while OUT: sent to the receiver */
    bool settling;            /* named by the receipt that is being checked */
    bool has_failed;          /* the receiver asked for a retry: counted in failed_count */
    uint32_t attempts;        /* deliveries that came back, by a receipt or with a lost connection; 0: it is fresh */
    uint32_t losses_alone;    /* connections lost with nothing else out: quarantine.h */
    uint32_t retries;         /* those the receiver asked for: each makes the next wait longer */
    uint64_t first_failed_ns; /* bus's up-time (core_state.h); 0: never */
    /* Known once it was fetched: */
    struct policy_retry retry;
    struct sha256_digest leaf;            /* what a receipt must name */
    bool is_request;                      /* to be answered: an observer's copy of one is not */
    bool is_copy;                         /* this destination observes */
    struct core_message_summary *summary; /* owned; NULL before it was first fetched */
    struct list_link link;                /* a ready list, or the key's list of those behind */
    uint64_t ready_order;                 /* while READY: those that became so earlier have less */
    struct heap_node timer;               /* while WAITING: monotonic */
    struct core_queue_key *key;           /* NULL: no order asked for */
};

/* A key with a message out, waiting or ready; those behind it queue up here. */
struct core_queue_key {
    uint64_t hash;
    struct core_queue_item *head;
    struct list_link behind;
};

/* One list on disk with the window of it that is in memory. There is a lane for each urgency. */
struct queue_lane {
    uint64_t cursor;                 /* list index: everything below is settled */
    uint64_t loaded;                 /* list index of the next entry to take into the window */
    uint64_t count;                  /* entries the list has */
    bool loading;                    /* a page is on its way */
    struct core_queue_item **window; /* by index % window_size: queue_at(); owned. Grows with what waits: most lanes of
                                        most systems never hold anything */
    uint32_t window_size;            /* 0, or a power of two up to CORE_QUEUE_WINDOW */
    struct list_link fresh, again;   /* READY: never delivered yet, and those that came back */
};
/* The item at a list index that is in the window: cursor <= index < loaded. NULL: settled. */
static inline struct core_queue_item *queue_at(const struct queue_lane *lane, uint64_t index)
{
    return lane->window[index % lane->window_size];
}

struct core_queue {
    struct queue_lane lanes[CORE_LANES]; /* the last is the most urgent */
    struct key_lanes key_lanes;          /* in which of them a key waits */
    uint64_t
        bytes; /* of the messages not settled; what is settled ahead of its loading is taken off when it is loaded */
    size_t fresh_count, again_count; /* READY */
    size_t out_count, waiting_count, behind_count;
    size_t failed_count; /* in whatever state, but not settled: their keys are blocked */
    uint64_t ready_order;
    uint64_t out_bytes;
    uint32_t urgent_run; /* messages taken one after the other while less urgent ones were ready */
    struct heap retries;
    struct map keys;  /* by key hash */
    struct map items; /* those OUT or WAITING, by sequence */
    struct queue_unseen unseen;
};

void queue_init(struct core_queue *queue, bool recovering); /* recovering: nothing enters the windows yet */
void queue_free(struct core_queue *queue);
void queue_recovered(struct core_queue *queue); /* from now on it does */

/* An entry joins the list of a lane. It enters the window at once when nothing lies between; else it waits on disk. */
int queue_push(struct core_queue *queue, uint32_t lane, const struct queue_entry *entry);
/* How many entries a page of that lane may bring now (0: none wanted or one is on its way). */
size_t queue_wanted(const struct core_queue *queue, uint32_t lane);
/* A page from `index` on. Entries already known as settled are skipped. */
int queue_load(struct core_queue *queue, uint32_t lane, uint64_t index, const struct queue_entry *entries,
               size_t count);

/* What goes next, or NULL: of the most urgent that are ready what became so first; after CORE_URGENT_RUN_MAX of those one of the
 * least urgent, so that nobody is kept waiting for ever. With `begun_max` messages begun nothing fresh goes. */
struct core_queue_item *queue_ready(const struct core_queue *queue, size_t begun_max);
int queue_take(struct core_queue *queue, struct core_queue_item *item);               /* READY → OUT */
struct core_queue_item *queue_out(const struct core_queue *queue, uint64_t sequence); /* OUT or WAITING, or NULL */
void queue_put_back(struct core_queue *queue, struct core_queue_item *item);          /* OUT → READY, at the front */
int queue_wait(struct core_queue *queue, struct core_queue_item *item, uint64_t until_up_ns); /* OUT → WAITING */
/* WAITING whose time has come → READY; returns how many. */
size_t queue_wake(struct core_queue *queue, uint64_t up_ns);
uint64_t queue_wake_up_ns(const struct core_queue *queue);
/* The message has found its end. The next of its key becomes ready; the cursor moves on. */
void queue_settle(struct core_queue *queue, struct core_queue_item *item);
/* After recovery: once the whole lists were looked at, what is still noted of entries names none, and is forgotten. */
void queue_forget_unseen(struct core_queue *queue);
/* How many are with the receiver, fetched and sent; up to `max` of them in `ret`, oldest first. */
size_t queue_delivered(const struct core_queue *queue, struct core_queue_item **ret, size_t max);
/* Everything OUT goes back to READY, in order: the receiver is gone. */
void queue_recall(struct core_queue *queue);

uint64_t queue_unsettled_max(const struct core_queue *queue); /* at most so many: entries behind the cursors */
uint64_t queue_waiting_total(const struct core_queue *queue); /* the same less those that are settled out of order */

#endif
