/* arena.h - bump allocation with a byte cap, freed all at once.
 * One arena per message or per configuration; also the allocator given to protobuf-c. No I/O, no globals. */
#ifndef TRUC_ARENA_H
#define TRUC_ARENA_H

#include "bytes.h"

struct arena {
    struct arena_block *blocks;
    size_t used_bytes;
    size_t used_bytes_max; /* 0: no cap but memory */
};

/* An empty arena is {0} with used_bytes_max set. */
void arena_free(struct arena *arena);                /* frees everything; NULL is fine */
void arena_reset(struct arena *arena);               /* empties, keeps the first block for reuse */
void *arena_alloc(struct arena *arena, size_t size); /* 16-byte aligned, zeroed; NULL at the cap or out of memory */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size); /* overflow-checked */
char *arena_string(struct arena *arena, struct bytes text);              /* 0-terminated copy */
struct bytes arena_copy(struct arena *arena, struct bytes view);         /* data NULL on failure when size > 0 */

#define ARENA_CLEANUP __attribute__((cleanup(arena_free)))

#endif
