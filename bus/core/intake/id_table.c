/* id_table.c - open addressing over places of entries; nothing is ever taken out one by one.
 * See id_table.h; keys are halves of a SHA-256, mixed with a secret before they become places.
 * Under dedupe.c. */
#include "id_table.h"

#include <stdlib.h>

enum {
    CAPACITY_MIN = 16, /* a power of two, as all are */
    BUCKETS = 65536,   /* of a sort, by the uppermost bits of the key, */
    BUCKET_SHIFT = 48, /* and how far below the others are */
    BUCKET_ENTRIES_MAX = 64,
};
struct bucket {
    size_t next, end;
};
#define GONE UINT64_MAX /* as a sequence: no record has it */

void id_table_free(struct id_table *table)
{
    free(table->entries);
    free(table->places);
    *table = (struct id_table){.secret = table->secret};
}

/* Where the id is, or the empty place where it belongs. The table is never more than half full. */
static uint32_t *place_of(const struct id_table *table, uint64_t key, uint64_t check)
{
    size_t mask = table->capacity * 2 - 1;
    uint64_t hash = (key ^ table->secret) * 0xff51afd7ed558ccdull;
    for (size_t at = (size_t)(hash ^ hash >> 32) & mask;; at = (at + 1) & mask) {
        uint32_t place = table->places[at];
        if (place == 0 || (table->entries[place - 1].key == key && table->entries[place - 1].check == check))
            return &table->places[at];
    }
}

static int grow(struct id_table *table)
{
    size_t capacity = table->capacity ? table->capacity * 2 : CAPACITY_MIN;
    uint32_t *places = calloc(capacity * 2, sizeof *places);
    struct id_entry *entries = places ? realloc(table->entries, capacity * sizeof *entries) : NULL;
    if (entries == NULL) {
        free(places);
        return TRUC_E_MEMORY;
    }
    free(table->places);
    table->places = places;
    table->entries = entries;
    table->capacity = capacity;
    for (size_t i = 0; i < table->count; i++) /* in order: the later of two is the one found */
        *place_of(table, entries[i].key, entries[i].check) = (uint32_t)i + 1;
    return 0;
}

int id_table_put(struct id_table *table, const struct id_entry *entry)
{
    if (table->count == table->capacity && grow(table) < 0)
        return TRUC_E_MEMORY;
    table->entries[table->count++] = *entry;
    uint32_t *place = place_of(table, entry->key, entry->check);
    table->replaced += *place != 0;
    *place = (uint32_t)table->count;
    return 0;
}

const struct id_entry *id_table_find(const struct id_table *table, uint64_t key, uint64_t check)
{
    if (table->count == 0)
        return NULL;
    uint32_t place = *place_of(table, key, check);
    return place ? &table->entries[place - 1] : NULL;
}

void id_table_compact(struct id_table *table, uint64_t time_ns)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) { /* first all are judged: moving them makes their places wrong */
        struct id_entry *entry = &table->entries[i];
        if (entry->time_ns < time_ns || id_table_find(table, entry->key, entry->check) != entry)
            entry->sequence = GONE;
    }
    for (size_t i = 0; i < table->count; i++)
        if (table->entries[i].sequence != GONE)
            table->entries[kept++] = table->entries[i];
    table->count = kept;
    table->replaced = 0;
    if (table->capacity)
        memset(table->places, 0, table->capacity * 2 * sizeof *table->places);
    for (size_t i = 0; i < kept; i++)
        *place_of(table, table->entries[i].key, table->entries[i].check) = (uint32_t)i + 1;
}

/* ---- sorted ---- */

static int compare(const void *a, const void *b)
{
    const struct id_entry *first = a, *second = b;
    if (first->key != second->key)
        return first->key < second->key ? -1 : 1;
    return (first->check > second->check) - (first->check < second->check);
}

/* Keys are hashes: a bucket of neighbours has about eight. Who had made many by hand finds qsort instead. */
static void sort_bucket(struct id_entry *entries, size_t count)
{
    if (count > BUCKET_ENTRIES_MAX) {
        qsort(entries, count, sizeof *entries, compare);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct id_entry entry = entries[i];
        size_t at = i;
        for (; at > 0 && compare(&entries[at - 1], &entry) > 0; at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

/* Each entry into its bucket, by swapping it with what lies at the next place there. */
static void move_to_buckets(struct id_entry *entries, struct bucket *buckets)
{
    for (size_t b = 0; b < BUCKETS; b++) {
        while (buckets[b].next < buckets[b].end) {
            struct id_entry moved = entries[buckets[b].next];
            for (size_t to; (to = (size_t)(moved.key >> BUCKET_SHIFT)) != b;) {
                struct id_entry *place = &entries[buckets[to].next++], displaced = *place;
                *place = moved;
                moved = displaced;
            }
            entries[buckets[b].next++] = moved;
        }
    }
}

void id_entries_sort(struct id_entry *entries, size_t count)
{
    struct bucket *buckets = count > BUCKETS ? calloc(BUCKETS, sizeof *buckets) : NULL;
    if (buckets == NULL) { /* few, or no memory for the faster way */
        qsort(entries, count, sizeof *entries, compare);
        return;
    }
    for (size_t i = 0; i < count; i++)
        buckets[entries[i].key >> BUCKET_SHIFT].end++;
    for (size_t b = 1; b < BUCKETS; b++) {
        buckets[b].next = buckets[b - 1].end;
        buckets[b].end += buckets[b - 1].end;
    }
    move_to_buckets(entries, buckets);
    for (size_t b = 0, first = 0; b < BUCKETS; first = buckets[b++].end)
        sort_bucket(entries + first, buckets[b].end - first);
    free(buckets);
}

const struct id_entry *id_entries_find(const struct id_entry *entries, size_t count, uint64_t key, uint64_t check)
{
    const struct id_entry wanted = {.key = key, .check = check};
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&entries[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && compare(&entries[low], &wanted) == 0 ? &entries[low] : NULL;
}
