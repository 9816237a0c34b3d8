/* key_lanes.h - in which lane of a queue the messages of an ordering key wait, so that urgency never breaks a key's order.
 * Counts by bucket, not by key: all keys of one bucket share a lane while any of their messages waits. That costs a now and then
 * lost urgency, never an order, and bounded memory however many wait.
 * Asked when a message is accepted; counted down when an entry has left its queue for good. */
#ifndef TRUC_KEY_LANES_H
#define TRUC_KEY_LANES_H

#include "buffer.h"
#include <truc/error.h>

enum { KEY_LANES_BUCKETS = 1 << 18, KEY_LANES_LANES_MAX = 4 };

struct key_lanes {
    uint32_t *buckets; /* count, and the lane in the two highest bits; NULL: nothing is counted yet */
};

void key_lanes_free(struct key_lanes *lanes);
/* The lane that a new message of the key joins: the one its key waits in, else `wanted`; and counts it there. 0 is no key and
 * joins what it wants. MEMORY. */
int key_lanes_join(struct key_lanes *lanes, uint64_t key_hash, uint32_t wanted, uint32_t *ret_lane);
/* The same when the lane is known already: recovery. MEMORY. */
int key_lanes_add(struct key_lanes *lanes, uint64_t key_hash, uint32_t lane);
void key_lanes_leave(struct key_lanes *lanes, uint64_t key_hash);

/* For snapshots: u32 bucket and u32 value for each that counts something. */
int key_lanes_copy(const struct key_lanes *from, struct key_lanes *ret_copy);
void key_lanes_save(const struct key_lanes *lanes, struct buffer *out);
int key_lanes_restore(struct key_lanes *lanes, struct bytes saved); /* JOURNAL_CORRUPT, MEMORY */

#endif
