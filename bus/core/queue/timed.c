/* timed.c - a heap of instants over all destinations, and a table by sequence for each.
 * See timed.h. */
#include "timed.h"

#include <stdlib.h>

enum { SAVED_BYTES = 32 };

int timed_put(struct core *core, const struct timed_message *values, uint64_t due_ns)
{
    struct timed_message *timed = malloc(sizeof *timed);
    if (timed == NULL)
        return TRUC_E_MEMORY;
    *timed = *values;
    timed->timer = (struct heap_node){0};
    if (map_put_number(&timed->destination->timed, timed->sequence, timed) < 0) {
        free(timed);
        return TRUC_E_MEMORY;
    }
    return heap_put(&core->timed_timers, &timed->timer, due_ns); /* the table owns it already */
}

void timed_forget(struct core *core, struct timed_message *timed)
{
    heap_remove(&core->timed_timers, &timed->timer);
    map_remove_number(&timed->destination->timed, timed->sequence);
    free(timed);
}

struct timed_message *timed_first(const struct core *core)
{
    struct heap_node *node = heap_first(&core->timed_timers);
    return node ? heap_element(node, struct timed_message, timer) : NULL;
}

uint64_t timed_next_ns(const struct core *core)
{
    const struct heap_node *node = heap_first(&core->timed_timers);
    return node ? node->key : UINT64_MAX;
}

void timed_save(const struct destination *destination, struct buffer *out)
{
    size_t at = 0;
    const struct timed_message *timed;
    while ((timed = map_next(&destination->timed, &at))) {
        buffer_append_le64(out, timed->sequence);
        buffer_append_le64(out, timed->timer.key);
        buffer_append_le64(out, timed->key_hash);
        buffer_append_le64(out, timed->size_bytes | (uint64_t)timed->lane << 32);
    }
}

int timed_restore(struct core *core, struct destination *destination, struct bytes saved)
{
    int code = saved.size % SAVED_BYTES ? TRUC_E_JOURNAL_CORRUPT : 0;
    for (size_t at = 0; code == 0 && at < saved.size; at += SAVED_BYTES) {
        uint64_t size_and_lane = load_le64(saved.data + at + 24);
        struct timed_message timed = {.destination = destination,
                                      .sequence = load_le64(saved.data + at),
                                      .key_hash = load_le64(saved.data + at + 16),
                                      .size_bytes = (uint32_t)size_and_lane,
                                      .lane = (uint32_t)(size_and_lane >> 32)};
        code =
            timed.lane < CORE_LANES ? timed_put(core, &timed, load_le64(saved.data + at + 8)) : TRUC_E_JOURNAL_CORRUPT;
    }
    return code;
}

void timed_free_all(struct core *core, struct destination *destination)
{
    size_t at = 0;
    struct timed_message *timed;
    while ((timed = map_next(&destination->timed, &at))) {
        heap_remove(&core->timed_timers, &timed->timer);
        free(timed);
    }
    map_free(&destination->timed);
}
