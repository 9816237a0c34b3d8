/* id_table.c - open addressing over places of entries; nothing is ever taken out one by one.
 * See id_table.h; keys are halves of a SHA-256, mixed with a secret before they become places.
 * Under dedupe.c. */
#include "id_table.h"

#include <stdlib.h>

enum { CAPACITY_MIN = 16 }; /* a power of two, as all are */
#define GONE UINT64_MAX     /* as a sequence: no record has it */

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
    *place_of(table, entry->key, entry->check) = (uint32_t)table->count;
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

void id_entries_sort(struct id_entry *entries, size_t count)
{
    qsort(entries, count, sizeof *entries, compare);
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
