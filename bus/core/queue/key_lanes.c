/* key_lanes.c - a table of counters, one for each bucket of keys.
 * Invariant: of one bucket all messages that wait are in one lane, so that a key's order is the order of that lane's list.
 * See key_lanes.h. */
#include "key_lanes.h"

#include <stdlib.h>
#include <string.h>

enum { LANE_SHIFT = 30, SAVED_BUCKET_BYTES = 8 };
#define COUNT_MASK ((1u << LANE_SHIFT) - 1)

void key_lanes_free(struct key_lanes *lanes)
{
    free(lanes->buckets);
    lanes->buckets = NULL;
}

/* The lowest bit of a key's hash is always set (accept.c). */
static uint32_t bucket_of(uint64_t key_hash)
{
    return (uint32_t)(key_hash >> 1) % KEY_LANES_BUCKETS;
}

static int make(struct key_lanes *lanes)
{
    if (lanes->buckets == NULL)
        lanes->buckets = calloc(KEY_LANES_BUCKETS, sizeof *lanes->buckets);
    return lanes->buckets ? 0 : TRUC_E_MEMORY;
}

int key_lanes_add(struct key_lanes *lanes, uint64_t key_hash, uint32_t lane)
{
    if (key_hash == 0)
        return 0;
    if (make(lanes) < 0)
        return TRUC_E_MEMORY;
    uint32_t *bucket = &lanes->buckets[bucket_of(key_hash)];
    *bucket = lane << LANE_SHIFT | ((*bucket & COUNT_MASK) + 1);
    return 0;
}

int key_lanes_join(struct key_lanes *lanes, uint64_t key_hash, uint32_t wanted, uint32_t *ret_lane)
{
    uint32_t bucket = key_hash && lanes->buckets ? lanes->buckets[bucket_of(key_hash)] : 0;
    *ret_lane = bucket & COUNT_MASK ? bucket >> LANE_SHIFT : wanted;
    return key_lanes_add(lanes, key_hash, *ret_lane);
}

void key_lanes_leave(struct key_lanes *lanes, uint64_t key_hash)
{
    if (key_hash == 0 || lanes->buckets == NULL)
        return;
    uint32_t *bucket = &lanes->buckets[bucket_of(key_hash)];
    if (*bucket & COUNT_MASK)
        --*bucket;
}

int key_lanes_copy(const struct key_lanes *from, struct key_lanes *ret_copy)
{
    *ret_copy = (struct key_lanes){0};
    if (from->buckets == NULL)
        return 0;
    if (make(ret_copy) < 0)
        return TRUC_E_MEMORY;
    memcpy(ret_copy->buckets, from->buckets, KEY_LANES_BUCKETS * sizeof *from->buckets);
    return 0;
}

void key_lanes_save(const struct key_lanes *lanes, struct buffer *out)
{
    for (uint32_t i = 0; lanes->buckets && i < KEY_LANES_BUCKETS; i++)
        if (lanes->buckets[i] & COUNT_MASK)
            buffer_append_le64(out, (uint64_t)lanes->buckets[i] << 32 | i);
}

int key_lanes_restore(struct key_lanes *lanes, struct bytes saved)
{
    if (saved.size % SAVED_BUCKET_BYTES)
        return TRUC_E_JOURNAL_CORRUPT;
    for (size_t at = 0; at < saved.size; at += SAVED_BUCKET_BYTES) {
        uint64_t value = load_le64(saved.data + at);
        if ((uint32_t)value >= KEY_LANES_BUCKETS)
            return TRUC_E_JOURNAL_CORRUPT;
        if (make(lanes) < 0)
            return TRUC_E_MEMORY;
        lanes->buckets[(uint32_t)value] = (uint32_t)(value >> 32);
    }
    return 0;
}
