/* dedupe.h - which message ids were accepted: repeats and conflicts are told apart by content.
 * Bounded in time (the configuration's window) and number; what falls out makes the window shorter, which status shows.
 * Rebuilt from the journal and kept in snapshots. */
#ifndef TRUC_DEDUPE_H
#define TRUC_DEDUPE_H

#include "buffer.h"
#include "map.h"
#include "sha256.h"
#include <truc/error.h>

struct dedupe_entry {
    uint64_t key, check; /* both halves of a hash of (sender, id) */
    uint64_t sequence, time_ns;
    uint64_t content; /* first half of the message's leaf */
    uint64_t slot;    /* key it is filed under: key plus collisions */
};

struct dedupe {
    struct map by_key;
    struct dedupe_entry **ring; /* oldest at `first` */
    size_t first, count, capacity;
    uint64_t window_start_ns; /* ids accepted before this are forgotten */
};

void dedupe_free(struct dedupe *dedupe);
enum dedupe_answer { DEDUPE_NEW, DEDUPE_REPEAT, DEDUPE_CONFLICT };
enum dedupe_answer dedupe_ask(const struct dedupe *dedupe, struct bytes sender, struct bytes id,
                              const struct sha256_digest *leaf, uint64_t *ret_sequence);
int dedupe_add(struct dedupe *dedupe, struct bytes sender, struct bytes id, const struct sha256_digest *leaf,
               uint64_t sequence, uint64_t time_ns);
/* Forgets ids accepted before `time_ns`, and the oldest beyond `count_max`. */
void dedupe_forget(struct dedupe *dedupe, uint64_t time_ns, size_t count_max);
void dedupe_save(const struct dedupe *dedupe, struct buffer *out);
int dedupe_restore(struct dedupe *dedupe, struct bytes saved);

#endif
