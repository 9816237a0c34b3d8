/* core_queue.c - the windows, the keys and the retries of one destination's queue.
 * Invariant: of one key at most one item is READY, OUT or WAITING (its head); all others of that key are BEHIND, in order.
 * Fed by deliver.c (pages, pushes) and settle.c (outcomes). */
#include "core_queue.h"

#include <stdlib.h>

_Static_assert((int)CORE_LANES == (int)KEY_LANES_LANES_MAX, "a lane's number fits its bits");

#define FIRST_ORDER (1ull << 32) /* what is put back goes below the first, and never below 0 */

void queue_init(struct core_queue *queue, bool recovering)
{
    queue->ready_order = FIRST_ORDER;
    for (uint32_t lane = 0; lane < CORE_LANES; lane++) {
        list_init(&queue->lanes[lane].fresh);
        list_init(&queue->lanes[lane].again);
        queue->lanes[lane].loading = recovering;
    }
}

void queue_recovered(struct core_queue *queue)
{
    for (uint32_t lane = 0; lane < CORE_LANES; lane++)
        queue->lanes[lane].loading = false;
}

static void item_free(struct core_queue *queue, struct core_queue_item *item)
{
    heap_remove(&queue->retries, &item->timer);
    free(item->summary);
    free(item);
}

void queue_free(struct core_queue *queue)
{
    for (uint32_t lane = 0; lane < CORE_LANES; lane++) {
        for (size_t i = 0; i < queue->lanes[lane].window_size; i++)
            if (queue->lanes[lane].window[i])
                item_free(queue, queue->lanes[lane].window[i]);
        free(queue->lanes[lane].window);
    }
    size_t at = 0;
    struct core_queue_key *key;
    while ((key = map_next(&queue->keys, &at)))
        free(key);
    unseen_free(&queue->unseen);
    map_free(&queue->keys);
    map_free(&queue->items);
    heap_free(&queue->retries);
    key_lanes_free(&queue->key_lanes);
}

static struct core_queue_item *first_of(const struct list_link *list)
{
    struct list_link *link = list_first(list);
    return link ? list_element(link, struct core_queue_item, link) : NULL;
}

static struct core_queue_item *earlier(struct core_queue_item *a, struct core_queue_item *b)
{
    return a == NULL || (b != NULL && b->ready_order < a->ready_order) ? b : a;
}

/* Its list, and the count of all lanes' lists of that kind. */
static struct list_link *ready_list(struct core_queue *queue, const struct core_queue_item *item, size_t **ret_count)
{
    struct queue_lane *lane = &queue->lanes[item->lane];
    *ret_count = item->attempts ? &queue->again_count : &queue->fresh_count;
    return item->attempts ? &lane->again : &lane->fresh;
}

static void make_ready(struct core_queue *queue, struct core_queue_item *item)
{
    size_t *count;
    item->state = ITEM_READY;
    item->ready_order = ++queue->ready_order;
    list_append(ready_list(queue, item, &count), &item->link);
    ++*count;
}

/* READY → whatever the caller makes of it. Nobody counts an attempt while it is READY. */
static void leave_ready(struct core_queue *queue, struct core_queue_item *item)
{
    size_t *count;
    (void)ready_list(queue, item, &count);
    list_remove(&item->link);
    --*count;
}

static void count_failed(struct core_queue *queue, struct core_queue_item *item)
{
    queue->failed_count += !item->has_failed;
    item->has_failed = true;
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

static void advance_cursor(struct core_queue *queue, struct queue_lane *lane)
{
    while (lane->cursor < lane->loaded) {
        struct core_queue_item **slot = &lane->window[lane->cursor % lane->window_size];
        if (*slot != NULL && (*slot)->state != ITEM_SETTLED)
            break;
        if (*slot != NULL)
            item_free(queue, *slot);
        *slot = NULL;
        lane->cursor++;
    }
}

/* An entry's message has found its end: it no longer counts. */
static void count_off(struct core_queue *queue, const struct queue_entry *entry)
{
    queue->bytes -= entry->size_bytes;
    key_lanes_leave(&queue->key_lanes, entry->key_hash);
}

static void take_trial(struct core_queue *queue, struct core_queue_item *item)
{
    struct queue_trial trial = unseen_take_trial(&queue->unseen, item->entry.sequence);
    item->attempts = trial.attempts;
    item->retries = trial.retries;
    item->first_failed_ns = trial.first_failed_ns;
    if (item->retries)
        count_failed(queue, item);
}

/* Room for one more in the window, which has_room(). */
static int window_grow(struct queue_lane *lane)
{
    enum { WINDOW_MIN = 16 };
    if (lane->loaded - lane->cursor < lane->window_size)
        return 0;
    if (lane->window_size >= CORE_QUEUE_WINDOW)
        return TRUC_E_INTERNAL;
    uint32_t size = lane->window_size ? 2 * lane->window_size : WINDOW_MIN;
    struct core_queue_item **window = calloc(size, sizeof(struct core_queue_item *));
    if (window == NULL)
        return TRUC_E_MEMORY;
    for (uint64_t at = lane->cursor; lane->window_size && at < lane->loaded; at++)
        window[at % size] = queue_at(lane, at);
    free(lane->window);
    lane->window = window;
    lane->window_size = size;
    return 0;
}

/* Takes the entry at list index `loaded` into the window. One that is settled already takes its place there too: until
 * the cursor has passed it, a snapshot must say so. */
static int load_entry(struct core_queue *queue, uint32_t number, const struct queue_entry *entry)
{
    struct queue_lane *lane = &queue->lanes[number];
    int code = window_grow(lane);
    if (code < 0)
        return code;
    struct core_queue_item *item = calloc(1, sizeof *item);
    if (item == NULL)
        return TRUC_E_MEMORY;
    item->lane = number;
    item->index = lane->loaded;
    item->entry = *entry;
    if (unseen_take_settled(&queue->unseen, entry)) {
        item->state = ITEM_SETTLED;
        count_off(queue, entry);
    } else {
        take_trial(queue, item); /* before it joins: it tells in which list it is ready */
        if (join_key(queue, item) < 0) {
            queue->failed_count -= item->has_failed;
            free(item);
            return TRUC_E_MEMORY;
        }
    }
    lane->window[item->index % lane->window_size] = item;
    lane->loaded++;
    advance_cursor(queue, lane);
    return 0;
}

static bool has_room(const struct queue_lane *lane)
{
    return lane->loaded - lane->cursor < CORE_QUEUE_WINDOW;
}

int queue_push(struct core_queue *queue, uint32_t number, const struct queue_entry *entry)
{
    struct queue_lane *lane = &queue->lanes[number];
    bool next = lane->loaded == lane->count && !lane->loading;
    lane->count++;
    queue->bytes += entry->size_bytes;
    return next && has_room(lane) ? load_entry(queue, number, entry) : 0;
}

size_t queue_wanted(const struct core_queue *queue, uint32_t number)
{
    const struct queue_lane *lane = &queue->lanes[number];
    if (lane->loading || lane->loaded == lane->count)
        return 0;
    uint64_t room = CORE_QUEUE_WINDOW - (lane->loaded - lane->cursor);
    uint64_t left = lane->count - lane->loaded;
    if (room < CORE_LIST_PAGE_MAX && room < left)
        return 0; /* read whole pages, not one entry for each that is settled */
    uint64_t wanted = room < left ? room : left;
    return wanted < CORE_LIST_PAGE_MAX ? (size_t)wanted : CORE_LIST_PAGE_MAX;
}

int queue_load(struct core_queue *queue, uint32_t number, uint64_t index, const struct queue_entry *entries,
               size_t count)
{
    struct queue_lane *lane = &queue->lanes[number];
    lane->loading = false;
    if (index != lane->loaded)
        return TRUC_E_INTERNAL;
    for (size_t i = 0; i < count && has_room(lane); i++) {
        int code = load_entry(queue, number, &entries[i]);
        if (code < 0)
            return code;
    }
    return 0;
}

struct core_queue_item *queue_ready(const struct core_queue *queue, size_t begun_max)
{
    bool turn_of_the_slow = queue->urgent_run >= CORE_URGENT_RUN_MAX;
    bool may_begin = queue->out_count + queue->waiting_count + queue->again_count < begun_max;
    for (uint32_t i = 0; i < CORE_LANES; i++) {
        const struct queue_lane *lane = &queue->lanes[turn_of_the_slow ? i : CORE_LANES - 1 - i];
        struct core_queue_item *item = earlier(first_of(&lane->again), may_begin ? first_of(&lane->fresh) : NULL);
        if (item)
            return item;
    }
    return NULL;
}

static bool slower_are_ready(const struct core_queue *queue, uint32_t lane)
{
    while (lane-- > 0)
        if (!list_is_empty(&queue->lanes[lane].fresh) || !list_is_empty(&queue->lanes[lane].again))
            return true;
    return false;
}

int queue_take(struct core_queue *queue, struct core_queue_item *item)
{
    if (map_put_number(&queue->items, item->entry.sequence, item) < 0)
        return TRUC_E_MEMORY;
    leave_ready(queue, item);
    queue->urgent_run = slower_are_ready(queue, item->lane) ? queue->urgent_run + 1 : 0;
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
    struct queue_lane *lane = &queue->lanes[item->lane];
    const struct core_queue_item *first = earlier(first_of(&lane->again), first_of(&lane->fresh));
    size_t *count;
    leave(queue, item);
    item->state = ITEM_READY;
    item->ready_order = first ? first->ready_order - 1 : ++queue->ready_order;
    list_append(ready_list(queue, item, &count)->next, &item->link); /* before the first: it was taken first */
    ++*count;
}

int queue_wait(struct core_queue *queue, struct core_queue_item *item, uint64_t until_up_ns)
{
    if (heap_put(&queue->retries, &item->timer, until_up_ns) < 0)
        return TRUC_E_MEMORY;
    queue->out_count--;
    queue->out_bytes -= item->entry.size_bytes;
    queue->waiting_count++;
    count_failed(queue, item);
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
    } else if (item->state == ITEM_READY) {
        leave_ready(queue, item);
    } else {
        list_remove(&item->link);
        queue->behind_count--;
    }
    item->state = ITEM_SETTLED;
    queue->failed_count -= item->has_failed;
    count_off(queue, &item->entry);
    free(item->summary);
    item->summary = NULL;
    release_key(queue, item);
    item->key = NULL;
    advance_cursor(queue, &queue->lanes[item->lane]);
}

void queue_forget_unseen(struct core_queue *queue)
{
    if (unseen_is_empty(&queue->unseen))
        return;
    for (uint32_t lane = 0; lane < CORE_LANES; lane++)
        if (queue->lanes[lane].loaded != queue->lanes[lane].count)
            return;
    unseen_free(&queue->unseen);
}

static size_t delivered_of(const struct queue_lane *lane, struct core_queue_item **ret, size_t count, size_t max)
{
    for (uint64_t at = lane->cursor; at < lane->loaded; at++) {
        struct core_queue_item *item = queue_at(lane, at);
        if (item == NULL || item->state != ITEM_OUT || !item->fetched)
            continue;
        if (count < max)
            ret[count] = item;
        count++;
    }
    return count;
}

size_t queue_delivered(const struct core_queue *queue, struct core_queue_item **ret, size_t max)
{
    size_t count = 0;
    for (uint32_t lane = 0; lane < CORE_LANES; lane++)
        count = delivered_of(&queue->lanes[lane], ret, count, max);
    return count;
}

static void recall_lane(struct core_queue *queue, const struct queue_lane *lane)
{
    for (uint64_t at = lane->loaded; at-- > lane->cursor;) { /* last first, so that each goes before the one put back */
        struct core_queue_item *item = queue_at(lane, at);
        if (item == NULL || item->state != ITEM_OUT)
            continue;
        item->attempts += item->fetched; /* it was sent, and comes back unsettled */
        queue_put_back(queue, item);
    }
}

void queue_recall(struct core_queue *queue)
{
    for (uint32_t lane = 0; lane < CORE_LANES; lane++)
        recall_lane(queue, &queue->lanes[lane]);
}

uint64_t queue_unsettled_max(const struct core_queue *queue)
{
    uint64_t total = 0;
    for (uint32_t lane = 0; lane < CORE_LANES; lane++)
        total += queue->lanes[lane].count - queue->lanes[lane].cursor;
    return total;
}

uint64_t queue_waiting_total(const struct core_queue *queue)
{
    uint64_t settled_ahead = 0; /* in the windows; what is settled and not loaded is not looked up here */
    for (uint32_t number = 0; number < CORE_LANES; number++) {
        const struct queue_lane *lane = &queue->lanes[number];
        for (uint64_t at = lane->cursor; at < lane->loaded; at++) {
            const struct core_queue_item *item = queue_at(lane, at);
            settled_ahead += item == NULL || item->state == ITEM_SETTLED;
        }
    }
    return queue_unsettled_max(queue) - settled_ahead;
}
