/* heap.h - priority queue of intrusive nodes by a 64-bit key, smallest first: timers.
 * Nodes know their place, so a timer can be moved or removed in O(log n). */
#ifndef TRUC_HEAP_H
#define TRUC_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_node {
    uint64_t key;
    size_t place; /* 1-based; 0: not in a heap */
};

struct heap {
    struct heap_node **nodes;
    size_t count, capacity;
};

void heap_free(struct heap *heap);
int heap_put(struct heap *heap, struct heap_node *node, uint64_t key); /* inserts or moves; TRUC_E_MEMORY or 0 */
void heap_remove(struct heap *heap, struct heap_node *node);           /* harmless when not in it */
struct heap_node *heap_first(const struct heap *heap);                 /* smallest key, or NULL */

#define heap_element(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif
