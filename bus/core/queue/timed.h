/* timed.h - accepted messages whose time has not come (Hỏa tốc hẹn giờ): kept apart from the queues until it does.
 * Not retries, which wait inside a queue. When its time comes a message is released by a record, and takes its place behind
 * what waits for its destination then.
 * Filled by accept.c and recovery.c; release.c takes them out. */
#ifndef TRUC_TIMED_H
#define TRUC_TIMED_H

#include "core_state.h"

enum { TIMED_DAYS_MAX = 366 }; /* how far ahead a message may be timed */

struct timed_message {
    struct heap_node timer; /* by its time, wall clock */
    struct destination *destination;
    uint64_t sequence;
    uint64_t key_hash;
    uint32_t size_bytes;
    uint32_t lane; /* of its urgency */
};

/* Copies the values; `due_ns` UTC. MEMORY. */
int timed_put(struct core *core, const struct timed_message *values, uint64_t due_ns);
struct timed_message *timed_first(const struct core *core); /* the one whose time comes first; NULL: none */
void timed_forget(struct core *core, struct timed_message *timed);
uint64_t timed_next_ns(const struct core *core); /* UINT64_MAX: none */

/* For snapshots: u64 each: sequence, due_ns, key_hash, size_bytes | lane << 32. */
void timed_save(const struct destination *destination, struct buffer *out);
int timed_restore(struct core *core, struct destination *destination, struct bytes saved); /* JOURNAL_CORRUPT, MEMORY */
void timed_free_all(struct core *core, struct destination *destination);

#endif
