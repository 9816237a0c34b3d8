/* recent.h - the newest messages in memory, so that what is delivered at once is not read back from the journal.
 * A ring with a bound in bytes: the oldest make room. Never the truth: what is not here is in the journal.
 * Filled by the engine as it collects a group, asked when the core wants messages for a receiver. */
#ifndef TRUC_RECENT_H
#define TRUC_RECENT_H

#include "journal.h"

enum {
    RECENT_BYTES = 32 * 1024 * 1024,
    RECENT_RECORDS = 32768,
};

struct recent {
    struct recent_record *records; /* by sequence modulo RECENT_RECORDS */
    uint8_t *bytes;
    size_t ring_bytes;
    uint64_t written_bytes; /* ever; a record's bytes are there until ring_bytes came from its first on */
};

struct recent_record {
    uint64_t sequence, time_ns;
    uint64_t at, size_bytes; /* first byte, counted as written_bytes is; 0 bytes: nothing here */
    struct bytes body, payload;
    uint8_t salt[JOURNAL_SALT_BYTES];
    bool has_payload;
};

/* TRUC_E_MEMORY or 0. `ring_bytes` 0: RECENT_BYTES. The system gives the memory as it is written to. */
int recent_make(size_t ring_bytes, struct recent *ret_recent);
void recent_free(struct recent *recent); /* wiped: payloads stood there in clear */
/* Copies the entry that becomes record `sequence`. One of more than a quarter of the ring is left out. */
void recent_keep(struct recent *recent, uint64_t sequence, const struct journal_entry *entry);
/* NULL: no longer, or never. The views live until the next recent_keep. */
const struct recent_record *recent_find(const struct recent *recent, uint64_t sequence);

#endif
