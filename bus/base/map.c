/* map.c - open-addressing hash table with linear probing and no tombstones.
 * One map holds either numbers or byte strings as keys, never both; it owns neither keys nor values.
 * Removing shifts followers back (Knuth 6.4, algorithm R), so a map under churn stays as fast as a fresh one. */
#include "map.h"

#include <sodium.h>
#include <stdlib.h>
#include <truc/error.h>

enum { MAP_CAPACITY_MIN = 16 }; /* a power of two */

struct map_slot {
    uint64_t hash;
    const uint8_t *data; /* byte keys only */
    uint64_t number;     /* the number, or the byte key's size */
    void *value;         /* NULL: the slot is empty */
};

void map_free(struct map *map)
{
    if (map == NULL)
        return;
    free(map->slots);
    map->slots = NULL;
    map->count = map->capacity = 0;
}

/* The finaliser of MurmurHash3: consecutive numbers, the usual keys, spread over the table. It can be run backwards: only a
 * secret key keeps who chooses the numbers from choosing the slots. */
static struct map_slot map_number_key(const struct map *map, uint64_t number)
{
    uint64_t hash = number ^ load_le64(map->hash_key);
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdull;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ull;
    return (struct map_slot){.hash = hash ^ hash >> 33, .number = number};
}

static struct map_slot map_bytes_key(const struct map *map, struct bytes key)
{
    static const uint8_t nothing[1] = {0};
    uint8_t hash[crypto_shorthash_BYTES];
    _Static_assert(crypto_shorthash_KEYBYTES == sizeof(((struct map *)0)->hash_key), "SipHash key size");
    const uint8_t *data = key.size ? key.data : nothing;
    crypto_shorthash(hash, data, key.size, map->hash_key);
    return (struct map_slot){.hash = load_le64(hash), .data = data, .number = key.size};
}

static bool map_same_key(const struct map_slot *a, const struct map_slot *b)
{
    return a->hash == b->hash && a->number == b->number &&
           (a->data == b->data || (a->data && b->data && memcmp(a->data, b->data, a->number) == 0));
}

/* The slot of an equal key, or the empty one where it belongs. The table is never full. */
static struct map_slot *map_find(const struct map *map, const struct map_slot *key)
{
    size_t at = key->hash & (map->capacity - 1);
    while (map->slots[at].value != NULL && !map_same_key(&map->slots[at], key))
        at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

static int map_grow(struct map *map)
{
    struct map grown = *map;
    grown.capacity = map->capacity ? map->capacity * 2 : MAP_CAPACITY_MIN;
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (grown.slots == NULL)
        return TRUC_E_MEMORY;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].value != NULL)
            *map_find(&grown, &map->slots[i]) = map->slots[i];
    free(map->slots);
    *map = grown;
    return 0;
}

static int map_put(struct map *map, struct map_slot key, void *value)
{
    if (value == NULL)
        return TRUC_E_ARGUMENT; /* NULL is how get says "not there" */
    key.value = value;
    if (map->capacity != 0) {
        struct map_slot *slot = map_find(map, &key);
        if (slot->value != NULL) {
            *slot = key; /* the key too: it lives in the new value */
            return 0;
        }
    }
    if ((map->count + 1) * 4 > map->capacity * 3 && map_grow(map) < 0)
        return TRUC_E_MEMORY;
    *map_find(map, &key) = key;
    map->count++;
    return 0;
}

static void *map_get(const struct map *map, struct map_slot key)
{
    return map->capacity ? map_find(map, &key)->value : NULL;
}

static void *map_remove(struct map *map, struct map_slot key)
{
    if (map->capacity == 0)
        return NULL;
    struct map_slot *slot = map_find(map, &key);
    void *value = slot->value;
    if (value == NULL)
        return NULL;
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(slot - map->slots);
    for (size_t at = (hole + 1) & mask; map->slots[at].value != NULL; at = (at + 1) & mask) {
        size_t home = map->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = (struct map_slot){0};
    map->count--;
    return value;
}

int map_put_number(struct map *map, uint64_t key, void *value)
{
    return map_put(map, map_number_key(map, key), value);
}

void *map_get_number(const struct map *map, uint64_t key)
{
    return map_get(map, map_number_key(map, key));
}

void *map_remove_number(struct map *map, uint64_t key)
{
    return map_remove(map, map_number_key(map, key));
}

int map_put_bytes(struct map *map, struct bytes key, void *value)
{
    return map_put(map, map_bytes_key(map, key), value);
}

void *map_get_bytes(const struct map *map, struct bytes key)
{
    return map_get(map, map_bytes_key(map, key));
}

void *map_remove_bytes(struct map *map, struct bytes key)
{
    return map_remove(map, map_bytes_key(map, key));
}

void *map_next(const struct map *map, size_t *at)
{
    while (*at < map->capacity) {
        void *value = map->slots[(*at)++].value;
        if (value != NULL)
            return value;
    }
    return NULL;
}
