/* arena.c - bump allocation out of a chain of blocks, under one byte cap.
 * Not a general allocator: nothing is freed alone. Gives zeroed, 16-byte aligned memory.
 * One per message or per configuration; protobuf-c allocates here too. */
#include "arena.h"

#include <stdlib.h>

enum { ARENA_ALIGN_BYTES = 16, ARENA_BLOCK_BYTES_MIN = 4 * 1024, ARENA_BLOCK_BYTES_MAX = 256 * 1024 };

struct arena_block {
    struct arena_block *next; /* the block filled before this one */
    size_t size_bytes;        /* of `data` */
    size_t used_bytes;
    _Alignas(ARENA_ALIGN_BYTES) uint8_t data[];
};

static void arena_blocks_free(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    arena_blocks_free(arena->blocks);
    arena->blocks = NULL;
    arena->used_bytes = 0;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *first = arena->blocks;
    arena->used_bytes = 0;
    if (first == NULL)
        return;
    arena_blocks_free(first->next);
    first->next = NULL;
    first->used_bytes = 0;
}

/* Blocks double, so that a large configuration takes few of them; a request too big for one gets its own size. */
static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
    size_t block_size = arena->blocks ? arena->blocks->size_bytes * 2 : ARENA_BLOCK_BYTES_MIN;
    if (block_size > ARENA_BLOCK_BYTES_MAX)
        block_size = ARENA_BLOCK_BYTES_MAX;
    if (block_size < size)
        block_size = size;
    if (block_size > SIZE_MAX - sizeof(struct arena_block))
        return NULL;
    struct arena_block *block = malloc(sizeof *block + block_size);
    if (block == NULL)
        return NULL;
    block->size_bytes = block_size;
    block->used_bytes = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

/* As arena_alloc, but not zeroed. */
static void *arena_take(struct arena *arena, size_t size)
{
    if (size == 0)
        size = 1; /* a distinct address, as callers test for NULL */
    if (size > SIZE_MAX - ARENA_ALIGN_BYTES)
        return NULL;
    size = (size + ARENA_ALIGN_BYTES - 1) & ~(size_t)(ARENA_ALIGN_BYTES - 1);
    if (arena->used_bytes_max != 0 &&
        (arena->used_bytes > arena->used_bytes_max || size > arena->used_bytes_max - arena->used_bytes))
        return NULL;
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size_bytes - block->used_bytes < size)
        block = arena_grow(arena, size);
    if (block == NULL)
        return NULL;
    void *memory = block->data + block->used_bytes;
    block->used_bytes += size;
    arena->used_bytes += size;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *memory = arena_take(arena, size);
    return memory == NULL || size == 0 ? memory : memset(memory, 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(arena, total);
}

char *arena_string(struct arena *arena, struct bytes text)
{
    if (text.size == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(arena, text.size + 1);
    if (copy != NULL && text.size > 0)
        memcpy(copy, text.data, text.size);
    return copy;
}

struct bytes arena_copy(struct arena *arena, struct bytes view)
{
    if (view.size == 0)
        return BYTES_EMPTY;
    uint8_t *copy = arena_take(arena, view.size);
    if (copy == NULL)
        return BYTES_EMPTY;
    memcpy(copy, view.data, view.size);
    return bytes_of(copy, view.size);
}
