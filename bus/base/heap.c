/* heap.c - binary heap of intrusive nodes, smallest key first.
 * Not stable: equal keys leave in any order, but always in the same one for the same operations.
 * The core keeps its timers here. */
#include "heap.h"

#include <stdlib.h>
#include <truc/error.h>

enum { HEAP_CAPACITY_MIN = 16 };

void heap_free(struct heap *heap)
{
    if (heap == NULL)
        return;
    for (size_t i = 0; i < heap->count; i++)
        heap->nodes[i]->place = 0;
    free(heap->nodes);
    *heap = (struct heap){0};
}

static void heap_set(struct heap *heap, size_t place, struct heap_node *node)
{
    heap->nodes[place - 1] = node;
    node->place = place;
}

static void heap_rise(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;
    while (place > 1 && heap->nodes[place / 2 - 1]->key > node->key) {
        heap_set(heap, place, heap->nodes[place / 2 - 1]);
        place /= 2;
    }
    heap_set(heap, place, node);
}

static void heap_sink(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;
    for (;;) {
        size_t child = place * 2;
        if (child > heap->count)
            break;
        if (child < heap->count && heap->nodes[child]->key < heap->nodes[child - 1]->key)
            child++;
        if (heap->nodes[child - 1]->key >= node->key)
            break;
        heap_set(heap, place, heap->nodes[child - 1]);
        place = child;
    }
    heap_set(heap, place, node);
}

static int heap_grow(struct heap *heap)
{
    size_t capacity = heap->capacity ? heap->capacity * 2 : HEAP_CAPACITY_MIN;
    struct heap_node **nodes = reallocarray(heap->nodes, capacity, sizeof *nodes);
    if (nodes == NULL)
        return TRUC_E_MEMORY;
    heap->nodes = nodes;
    heap->capacity = capacity;
    return 0;
}

int heap_put(struct heap *heap, struct heap_node *node, uint64_t key)
{
    if (node->place == 0) {
        if (heap->count == heap->capacity && heap_grow(heap) < 0)
            return TRUC_E_MEMORY;
        heap->count++;
        heap_set(heap, heap->count, node);
    }
    node->key = key;
    heap_rise(heap, node);
    heap_sink(heap, node);
    return 0;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    if (node->place == 0)
        return;
    size_t place = node->place;
    struct heap_node *last = heap->nodes[heap->count - 1];
    heap->count--;
    node->place = 0;
    if (last == node)
        return;
    heap_set(heap, place, last);
    heap_rise(heap, last);
    heap_sink(heap, last);
}

struct heap_node *heap_first(const struct heap *heap)
{
    return heap->count ? heap->nodes[0] : NULL;
}
