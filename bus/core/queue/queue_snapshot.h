/* queue_snapshot.h - one destination's queue as bytes, and back: cursors, keys, earlier deliveries, what is settled ahead.
 * The entries themselves are in the lists on disk.
 * Part of snapshot.c. */
#ifndef TRUC_QUEUE_SNAPSHOT_H
#define TRUC_QUEUE_SNAPSHOT_H

#include "core_queue.h"

struct queue_snapshot {
    struct buffer lanes;   /* of each cursor and count: u64 */
    struct buffer keys;    /* key_lanes_save */
    struct buffer trials;  /* sequence, attempts, retries, first_failed_ns: u64 each */
    struct buffer settled; /* queue_settled_key: u64 each */
    uint64_t bytes;        /* of the messages not settled, and of those that are settled and will be loaded once more */
};

int queue_snapshot_save(const struct core_queue *queue,
                        struct queue_snapshot *ret); /* MEMORY; to be freed in any case */
void queue_snapshot_free(struct queue_snapshot *snapshot);
/* Into an empty queue. JOURNAL_CORRUPT, MEMORY. */
int queue_snapshot_restore(struct core_queue *queue, const struct queue_snapshot *snapshot);

#endif
