/* turned_away.c - for each key a row of the messages refused for now, oldest first, each with the turn of its last refusal.
 * A client sends them again in their order. So one that stands before a message which comes again is either refused again
 * just before it, and its turn is the later one, or was given up by its sender.
 * See turned_away.h. */
#include "turned_away.h"

#include <stdlib.h>

enum { KEYS_OF_A_MESSAGE = 2, ROW_CAPACITY_MIN = 4 };

struct turned_entry {
    uint64_t leaf; /* first half of the message's */
    uint64_t turn;
};

struct turned_key {
    uint64_t hash;
    size_t count, capacity;
    struct turned_entry *entries;
};

static void key_free(struct turned_key *key)
{
    free(key->entries);
    free(key);
}

void turned_away_free(struct turned_away *away)
{
    size_t at = 0;
    struct turned_key *key;
    while ((key = map_next(&away->keys, &at)))
        key_free(key);
    map_free(&away->keys);
    *away = (struct turned_away){0};
}

/* By what a route may order: the ordering key and the subject. Returns how many there are. */
static size_t hashes_of(const struct header *header, uint64_t ret_hashes[KEYS_OF_A_MESSAGE])
{
    struct bytes names[KEYS_OF_A_MESSAGE] = {header_order_key(header), header->subject};
    size_t count = 0;
    for (size_t i = 0; i < KEYS_OF_A_MESSAGE; i++) {
        if (names[i].size == 0 || (i > 0 && bytes_equal(names[i], names[0])))
            continue;
        struct sha256_digest digest = sha256_of(names[i]);
        ret_hashes[count++] = load_le64(digest.bytes);
    }
    return count;
}

static size_t place_of(const struct turned_key *key, uint64_t leaf)
{
    size_t place = 0;
    while (place < key->count && key->entries[place].leaf != leaf)
        place++;
    return place;
}

static void drop(struct turned_away *away, struct turned_key *key, size_t first, size_t count)
{
    memmove(&key->entries[first], &key->entries[first + count], (key->count - first - count) * sizeof key->entries[0]);
    key->count -= count;
    away->count -= count;
    if (key->count == 0) {
        map_remove_number(&away->keys, key->hash);
        key_free(key);
    }
}

static bool precedes(struct turned_away *away, struct turned_key *key, uint64_t leaf)
{
    size_t place = place_of(key, leaf);
    if (place == key->count)
        return true; /* sent before its sender knew of those that stand here */
    for (size_t i = 0; i < place; i++)
        if (key->entries[i].turn > key->entries[place].turn)
            return true;
    if (place > 0)
        drop(away, key, 0, place);
    return false;
}

bool turned_away_precedes(struct turned_away *away, const struct header *header, const struct sha256_digest *leaf)
{
    uint64_t hashes[KEYS_OF_A_MESSAGE];
    bool waits = false;
    size_t count = away->count ? hashes_of(header, hashes) : 0;
    for (size_t i = 0; i < count; i++) {
        struct turned_key *key = map_get_number(&away->keys, hashes[i]);
        if (key && precedes(away, key, load_le64(leaf->bytes)))
            waits = true;
    }
    return waits;
}

static struct turned_key *key_get(struct turned_away *away, uint64_t hash)
{
    struct turned_key *key = map_get_number(&away->keys, hash);
    if (key)
        return key;
    key = calloc(1, sizeof *key);
    if (key == NULL || map_put_number(&away->keys, hash, key) < 0) {
        free(key);
        return NULL;
    }
    key->hash = hash;
    return key;
}

static int note(struct turned_away *away, uint64_t hash, uint64_t leaf)
{
    struct turned_key *key = key_get(away, hash);
    if (key == NULL)
        return TRUC_E_MEMORY;
    size_t place = place_of(key, leaf);
    if (place == key->capacity) {
        size_t capacity = key->capacity ? key->capacity * 2 : ROW_CAPACITY_MIN;
        struct turned_entry *grown = realloc(key->entries, capacity * sizeof *grown);
        if (grown == NULL)
            return TRUC_E_MEMORY;
        key->entries = grown;
        key->capacity = capacity;
    }
    if (place == key->count) {
        key->count++;
        away->count++;
    }
    key->entries[place] = (struct turned_entry){.leaf = leaf, .turn = away->turns_counted};
    return 0;
}

int turned_away_note(struct turned_away *away, const struct header *header, const struct sha256_digest *leaf)
{
    uint64_t hashes[KEYS_OF_A_MESSAGE];
    size_t count = hashes_of(header, hashes);
    away->turns_counted++;
    for (size_t i = 0; i < count; i++)
        if (note(away, hashes[i], load_le64(leaf->bytes)) < 0)
            return TRUC_E_MEMORY;
    return 0;
}

void turned_away_forget(struct turned_away *away, const struct header *header, const struct sha256_digest *leaf)
{
    uint64_t hashes[KEYS_OF_A_MESSAGE];
    size_t count = away->count ? hashes_of(header, hashes) : 0;
    for (size_t i = 0; i < count; i++) {
        struct turned_key *key = map_get_number(&away->keys, hashes[i]);
        size_t place = key ? place_of(key, load_le64(leaf->bytes)) : 0;
        if (key && place < key->count)
            drop(away, key, place, 1);
    }
}
