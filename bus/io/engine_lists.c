/* engine_lists.c - the queue lists on disk, one for each urgency of a destination, opened when first needed.
 * Lists are rebuildable: in replay an entry that is there already is left, one that is missing is written again.
 * Carries out EFFECT_LIST_*. */
#include <stdio.h>
#include <stdlib.h>

#include "engine_private.h"
#include "fault.h"
#include "time_text.h"

enum { WRITE_AGAIN_MS = 1000 }; /* a full disk is not asked more often */

static int make_room(struct engine *engine, uint32_t number)
{
    if (number < engine->lists_count)
        return 0;
    size_t count = core_list_count(engine->core);
    count = number < count ? count : number + 1;
    struct engine_list *lists = realloc(engine->lists, count * sizeof *lists);
    if (lists == NULL)
        return TRUC_E_MEMORY;
    for (size_t i = engine->lists_count; i < count; i++)
        lists[i] = (struct engine_list){0};
    engine->lists = lists;
    engine->lists_count = count;
    return 0;
}

static int open_list(struct engine *engine, uint32_t number, struct truc_fault *fault)
{
    char path[DISK_PATH_BYTES_MAX], name[CORE_LIST_NAME_BYTES];
    core_list_name(engine->core, number, name);
    int size = snprintf(path, sizeof path, "%s/queues/%s.ql", engine->directory, name);
    if (size < 0 || (size_t)size >= sizeof path)
        return fault_set(fault, TRUC_E_LIMIT, "the path of a queue list is too long");
    int code = queue_list_open(engine->options.disk, path, &engine->lists[number].list, fault);
    return code == 0 && engine->rebuilding ? queue_list_reset(engine->lists[number].list, 0, fault) : code;
}

int engine_list(struct engine *engine, uint32_t number, struct queue_list **ret_list, struct truc_fault *fault)
{
    int code = make_room(engine, number);
    if (code < 0)
        return fault_set(fault, code, "no memory for the queue lists");
    if (engine->lists[number].list == NULL && (code = open_list(engine, number, fault)) < 0)
        return code;
    *ret_list = engine->lists[number].list;
    return 0;
}

int engine_list_append(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct queue_list *list;
    uint64_t index = effect->list_append.index;
    int code = engine_list(engine, effect->list_append.list, &list, fault);
    if (code < 0)
        return code;
    uint64_t count = queue_list_count(list);
    if (index < count && engine->recovering)
        return 0; /* replay: it was written before the restart */
    if (index < count && (code = queue_list_truncate(list, index, fault)) < 0)
        return code; /* a list that nobody counted on, and that was not looked at when the engine opened */
    if (index > count) {
        char name[CORE_LIST_NAME_BYTES];
        core_list_name(engine->core, effect->list_append.list, name);
        return fault_set(fault, TRUC_E_INTERNAL, "the queue list %s lacks entries before %llu", name,
                         (unsigned long long)index);
    }
    return queue_list_append(list, &effect->list_append.entry, fault);
}

int engine_lists_flush(struct engine *engine, struct truc_fault *fault)
{
    for (size_t i = 0; i < engine->lists_count; i++) {
        int code = engine->lists[i].list ? queue_list_flush(engine->lists[i].list, fault) : 0;
        if (code < 0)
            return code;
    }
    return 0;
}

/* Lists take what they are given, room or not; nothing new is taken while one of them holds it in memory alone. */
int engine_lists_step(struct engine *engine, struct truc_fault *fault)
{
    uint64_t up_ns = engine->options.clock.up_ns(engine->options.clock.context);
    struct truc_fault why = {0};
    bool is_full = false;
    if (up_ns < engine->lists_next_up_ns)
        return 0;
    for (size_t i = 0; i < engine->lists_count; i++) {
        struct queue_list *list = engine->lists[i].list;
        int code = list && queue_list_is_held(list) ? queue_list_flush(list, &why) : 0;
        if (code < 0 && code != TRUC_E_JOURNAL_FULL) {
            if (fault)
                *fault = why;
            return code;
        }
        is_full = is_full || code < 0;
    }
    engine->lists_next_up_ns = is_full ? up_ns + WRITE_AGAIN_MS * TIME_NS_PER_MS : 0;
    return engine_room_lists(engine, is_full, fault);
}

uint64_t engine_lists_wake_up_ns(const struct engine *engine)
{
    return engine->lists_are_full ? engine->lists_next_up_ns : UINT64_MAX;
}

int engine_lists_discard(struct engine *engine, struct truc_fault *fault)
{
    for (uint32_t i = 0; i < engine->lists_count; i++) {
        if (engine->lists[i].list == NULL)
            continue;
        int code = queue_list_discard(engine->lists[i].list, engine->lists[i].snapshot_cursor, fault);
        if (code < 0)
            return code;
        engine->lists[i].snapshot_cursor = core_list_cursor(engine->core, i);
    }
    return 0;
}

int engine_lists_close(struct engine *engine, struct truc_fault *fault)
{
    int result = 0;
    for (size_t i = 0; i < engine->lists_count; i++) {
        int code = queue_list_close(engine->lists[i].list, fault);
        if (code < 0 && code != TRUC_E_JOURNAL_FULL) /* what found no room is written again from the journal */
            result = result < 0 ? result : code;
    }
    free(engine->lists);
    engine->lists = NULL;
    engine->lists_count = 0;
    return result;
}
