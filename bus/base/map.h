/* map.h - hash maps: from 64-bit numbers, and from byte strings, to a pointer.
 * Open addressing; keys of byte maps are not copied (they live in the value). Bounded by the caller, who knows the limit.
 * Byte keys are hashed with SipHash under a key given at creation, numbers mixed with it, so that peers can't choose collisions. */
#ifndef TRUC_MAP_H
#define TRUC_MAP_H

#include "bytes.h"

struct map_slot;
struct map {
    struct map_slot *slots;
    size_t count;
    size_t capacity;
    uint8_t hash_key[16]; /* zero is fine where peers have no say in the keys */
};

void map_free(struct map *map); /* frees the table, never the values; leaves an empty map; NULL is fine */
/* put: replaces an equal key; TRUC_E_MEMORY or 0. get/remove: the value or NULL. */
int map_put_number(struct map *map, uint64_t key, void *value);
void *map_get_number(const struct map *map, uint64_t key);
void *map_remove_number(struct map *map, uint64_t key);
int map_put_bytes(struct map *map, struct bytes key, void *value);
void *map_get_bytes(const struct map *map, struct bytes key);
void *map_remove_bytes(struct map *map, struct bytes key);
/* Iterates in table order: size_t at = 0; while ((value = map_next(map, &at))) ...; no put or remove meanwhile. */
void *map_next(const struct map *map, size_t *at);

#endif
