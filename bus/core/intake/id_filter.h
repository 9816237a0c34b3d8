/* id_filter.h - whether an id may be in a run: never wrong when it says no.
 * A Bloom filter in blocks of one cache line, 20 bits an id. What it costs and how often it is wrong: docs/adr/0011.
 * Under dedupe.c; its bytes are kept in the run's file. */
#ifndef TRUC_ID_FILTER_H
#define TRUC_ID_FILTER_H

#include "id_run.h"

enum { ID_FILTER_BLOCK_BYTES = 64, ID_FILTER_BITS = 20 /* an id */ };

size_t id_filter_bytes(uint64_t count); /* for so many ids */
/* Into which blocks a run's ids fall is known when the run is whole, and not before: by its times, which are nanoseconds of the broker's
 * clock. Or a sender could choose ids that fill one block of every run, and after that have the disk asked for each of them. */
uint64_t id_filter_salt(const struct id_run_facts *facts);
void id_filter_fill(uint8_t *filter, size_t bytes, uint64_t salt, const struct id_entry *entries,
                    size_t count); /* over zeros */
bool id_filter_may_have(struct bytes filter, uint64_t salt, uint64_t key, uint64_t check);

#endif
