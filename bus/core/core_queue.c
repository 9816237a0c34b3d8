/* core_queue.c - the window, the keys and the retries of one destination's queue.
 * Invariant: of one key at most one item is READY, OUT or WAITING (its head); all others of that key are BEHIND, in order.
 * Fed by deliver.c (pages, pushes) and settle.c (outcomes). */
#include "core_queue.h"

#include <stdlib.h>

void queue_init(struct core_queue *queue)
{
    list_init(&queue->ready);
}

static void item_free(struct core_queue *queue, struct core_queue_item *item)
{
    heap_remove(&queue->retries, &item->timer);
    free(item->summary);
    free(item);
}

void queue_free(struct core_queue *queue)
{
    for (size_t i = 0; i < CORE_QUEUE_WINDOW; i++)
        if (queue->window[i])
            item_free(queue, queue->window[i]);
    size_t at = 0;
    struct core_queue_key *key;
    while ((key = map_next(&queue->keys, &at)))
        free(key);
    map_free(&queue->keys);
    map_free(&queue->items);
    map_free(&queue->settled);
    heap_free(&queue->retries);
}

static void make_ready(struct core_queue *queue, struct core_queue_item *item)
{
    item->state = ITEM_READY;
    list_append(&queue->ready, &item->link);
    queue->ready_count++;
}

/* Joins its key, or stands alone; READY when it is the head. */
static int join_key(struct core_queue *queue, struct core_queue_item *item)
{
    if (item->entry.key_hash == 0) {
        make_ready(queue, item);
        return 0;
    }
    struct core_queue_key *key = map_get_number(&queue->keys, item->entry.key_hash);
    if (key == NULL) {
        key = calloc(1, sizeof *key);
        if (key == NULL || map_put_number(&queue->keys, item->entry.key_hash, key) < 0) {
            free(key);
            return TRUC_E_MEMORY;
        }
        key->hash = item->entry.key_hash;
        list_init(&key->behind);
    }
    item->key = key;
    if (key->head == NULL) {
        key->head = item;
        make_ready(queue, item);
    } else {
        item->state = ITEM_BEHIND;
        list_append(&key->behind, &item->link);
        queue->behind_count++;
    }
    return 0;
}

static void advance_cursor(struct core_queue *queue)
{
    while (queue->cursor < queue->loaded) {
        struct core_queue_item **slot = &queue->window[queue->cursor % CORE_QUEUE_WINDOW];
        if (*slot != NULL && (*slot)->state != ITEM_SETTLED)
            break;
        if (*slot != NULL)
            item_free(queue, *slot);
        *slot = NULL;
        queue->cursor++;
    }
}

/* Takes the entry at list index `loaded` into the window. One that is settled already takes its place there too: until
 * the cursor has passed it, a snapshot must say so. */
static int load_entry(struct core_queue *queue, const struct queue_entry *entry)
{
    struct core_queue_item *item = calloc(1, sizeof *item);
    if (item == NULL)
        return TRUC_E_MEMORY;
    item->index = queue->loaded;
    item->entry = *entry;
    uint64_t settled = queue_settled_key(entry->sequence, queue_entry_generation(entry));
    if (map_remove_number(&queue->settled, settled) != NULL) {
        item->state = ITEM_SETTLED;
        queue->bytes -= entry->size_bytes;
    } else if (join_key(queue, item) < 0) {
        free(item);
        return TRUC_E_MEMORY;
    }
    queue->window[item->index % CORE_QUEUE_WINDOW] = item;
    queue->loaded++;
    advance_cursor(queue);
    return 0;
}

static bool has_room(const struct core_queue *queue)
{
    return queue->loaded - queue->cursor < CORE_QUEUE_WINDOW;
}

int queue_push(struct core_queue *queue, const struct queue_entry *entry)
{
    bool next = queue->loaded == queue->count && !queue->loading;
    queue->count++;
    queue->bytes += entry->size_bytes;
    return next && has_room(queue) ? load_entry(queue, entry) : 0;
}

size_t queue_wanted(const struct core_queue *queue)
{
    if (queue->loading || queue->loaded == queue->count)
        return 0;
    uint64_t room = CORE_QUEUE_WINDOW - (queue->loaded - queue->cursor);
    uint64_t left = queue->count - queue->loaded;
    if (room < CORE_LIST_PAGE_MAX && room < left)
        return 0; /* read whole pages, not one entry for each that is settled */
    uint64_t wanted = room < left ? room : left;
    return wanted < CORE_LIST_PAGE_MAX ? (size_t)wanted : CORE_LIST_PAGE_MAX;
}

int queue_load(struct core_queue *queue, uint64_t index, const struct queue_entry *entries, size_t count)
{
    queue->loading = false;
    if (index != queue->loaded)
        return TRUC_E_INTERNAL;
    for (size_t i = 0; i < count && has_room(queue); i++) {
        int code = load_entry(queue, &entries[i]);
        if (code < 0)
            return code;
    }
    return 0;
}

struct core_queue_item *queue_ready(const struct core_queue *queue)
{
    struct list_link *link = list_first(&queue->ready);
    return link ? list_element(link, struct core_queue_item, link) : NULL;
}

int queue_take(struct core_queue *queue, struct core_queue_item *item)
{
    if (map_put_number(&queue->items, item->entry.sequence, item) < 0)
        return TRUC_E_MEMORY;
    list_remove(&item->link);
    queue->ready_count--;
    item->state = ITEM_OUT;
    item->fetched = false;
    queue->out_count++;
    queue->out_bytes += item->entry.size_bytes;
    return 0;
}

struct core_queue_item *queue_out(const struct core_queue *queue, uint64_t sequence)
{
    return map_get_number(&queue->items, sequence);
}

/* Leaves OUT or WAITING. */
static void leave(struct core_queue *queue, struct core_queue_item *item)
{
    map_remove_number(&queue->items, item->entry.sequence);
    if (item->state == ITEM_OUT) {
        queue->out_count--;
        queue->out_bytes -= item->entry.size_bytes;
    } else {
        heap_remove(&queue->retries, &item->timer);
        queue->waiting_count--;
    }
}

void queue_put_back(struct core_queue *queue, struct core_queue_item *item)
{
    leave(queue, item);
    item->state = ITEM_READY;
    list_append(queue->ready.next, &item->link); /* before the first: it was taken first */
    queue->ready_count++;
}

int queue_wait(struct core_queue *queue, struct core_queue_item *item, uint64_t until_up_ns)
{
    if (heap_put(&queue->retries, &item->timer, until_up_ns) < 0)
        return TRUC_E_MEMORY;
    queue->out_count--;
    queue->out_bytes -= item->entry.size_bytes;
    queue->waiting_count++;
    item->state = ITEM_WAITING;
    return 0;
}

size_t queue_wake(struct core_queue *queue, uint64_t up_ns)
{
    size_t woken = 0;
    struct heap_node *node;
    while ((node = heap_first(&queue->retries)) && node->key <= up_ns) {
        struct core_queue_item *item = heap_element(node, struct core_queue_item, timer);
        leave(queue, item);
        make_ready(queue, item);
        woken++;
    }
    return woken;
}

uint64_t queue_wake_up_ns(const struct core_queue *queue)
{
    const struct heap_node *node = heap_first(&queue->retries);
    return node ? node->key : UINT64_MAX;
}

static void release_key(struct core_queue *queue, struct core_queue_item *item)
{
    struct core_queue_key *key = item->key;
    if (key == NULL || key->head != item)
        return;
    struct list_link *link = list_first(&key->behind);
    if (link == NULL) {
        map_remove_number(&queue->keys, key->hash);
        free(key);
        return;
    }
    list_remove(link);
    queue->behind_count--;
    key->head = list_element(link, struct core_queue_item, link);
    make_ready(queue, key->head);
}

void queue_settle(struct core_queue *queue, struct core_queue_item *item)
{
    if (item->state == ITEM_OUT || item->state == ITEM_WAITING) {
        leave(queue, item);
    } else {
        list_remove(&item->link);
        if (item->state == ITEM_READY)
            queue->ready_count--;
        else
            queue->behind_count--;
    }
    item->state = ITEM_SETTLED;
    queue->bytes -= item->entry.size_bytes;
    free(item->summary);
    item->summary = NULL;
    release_key(queue, item);
    item->key = NULL;
    advance_cursor(queue);
}

int queue_settle_unseen(struct core_queue *queue, uint64_t sequence, uint32_t generation)
{
    uint64_t key = queue_settled_key(sequence, generation);
    return map_put_number(&queue->settled, key, (void *)(uintptr_t)key);
}

void queue_forget_unseen(struct core_queue *queue)
{
    if (queue->settled.count > 0 && queue->loaded == queue->count)
        map_free(&queue->settled);
}

void queue_recall(struct core_queue *queue)
{
    for (uint64_t at = queue->loaded;
         at-- > queue->cursor;) { /* last first, so that each goes before the one put back */
        struct core_queue_item *item = queue->window[at % CORE_QUEUE_WINDOW];
        if (item == NULL || item->state != ITEM_OUT)
            continue;
        item->attempts += item->fetched; /* it was sent, and comes back unsettled */
        queue_put_back(queue, item);
    }
}
