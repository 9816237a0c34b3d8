/* recent.c - a ring of bytes and a table of what stands in it. See recent.h.
 * A record is never broken at the ring's end: what does not fit there starts at the front.
 * Used by the engine alone. */
#include "recent.h"

#include <stdlib.h>
#include <string.h>

#include <truc/error.h>

enum { RING_PER_RECORD = 4 };

int recent_make(size_t ring_bytes, struct recent *ret_recent)
{
    struct recent recent = {.records = calloc(RECENT_RECORDS, sizeof *recent.records),
                            .ring_bytes = ring_bytes ? ring_bytes : RECENT_BYTES};
    recent.bytes = malloc(recent.ring_bytes);
    if (recent.records == NULL || recent.bytes == NULL) {
        free(recent.records);
        free(recent.bytes);
        return TRUC_E_MEMORY;
    }
    *ret_recent = recent;
    return 0;
}

void recent_free(struct recent *recent)
{
    if (recent->bytes != NULL)
        explicit_bzero(recent->bytes,
                       recent->written_bytes < recent->ring_bytes ? (size_t)recent->written_bytes : recent->ring_bytes);
    free(recent->bytes);
    free(recent->records);
    *recent = (struct recent){0};
}

static struct bytes put(struct recent *recent, struct bytes view)
{
    uint8_t *place = recent->bytes + recent->written_bytes % recent->ring_bytes;
    if (view.size)
        memcpy(place, view.data, view.size);
    recent->written_bytes += view.size;
    return bytes_of(place, view.size);
}

void recent_keep(struct recent *recent, uint64_t sequence, const struct journal_entry *entry)
{
    struct recent_record *record = &recent->records[sequence % RECENT_RECORDS];
    size_t size = entry->body.size + (entry->has_payload ? entry->payload.size : 0);
    record->size_bytes = 0;
    if (size == 0 || size > recent->ring_bytes / RING_PER_RECORD)
        return;
    uint64_t left = recent->ring_bytes - recent->written_bytes % recent->ring_bytes;
    if (size > left)
        recent->written_bytes += left;
    *record = (struct recent_record){.sequence = sequence,
                                     .time_ns = entry->time_ns,
                                     .at = recent->written_bytes,
                                     .size_bytes = size,
                                     .has_payload = entry->has_payload};
    record->body = put(recent, entry->body);
    if (entry->has_payload) {
        record->payload = put(recent, entry->payload);
        memcpy(record->salt, entry->salt, sizeof record->salt);
    }
}

const struct recent_record *recent_find(const struct recent *recent, uint64_t sequence)
{
    const struct recent_record *record = &recent->records[sequence % RECENT_RECORDS];
    bool is_here = record->size_bytes > 0 && record->sequence == sequence &&
                   recent->written_bytes - record->at <= recent->ring_bytes;
    return is_here ? record : NULL;
}
