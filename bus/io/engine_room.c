/* engine_room.c - room on the disk: the next segment is prepared ahead, and the core hears when there is none for it.
 * What else is short is the caller's to see (bus/io/disk_space.h); the core is blocked while either reason lasts.
 * Called at the end of every round. */
#include <stdio.h>

#include "engine_private.h"
#include "time_text.h"

enum { PREPARE_AGAIN_MS = 1000 }; /* a full disk is not asked more often */

static int tell(struct engine *engine, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_ROOM);
    event.room.blocked = engine->caller_blocks || engine->is_full || engine->ids_are_full || engine->lists_are_full ||
                         engine->blobs_are_full;
    event.room.text = engine->caller_blocks    ? engine->caller_text
                      : engine->is_full        ? "no room for the journal's next segment"
                      : engine->lists_are_full ? "no room for the lists of what waits"
                      : engine->blobs_are_full ? "no room for the names of attachments"
                                               : "no room for the ids of accepted messages";
    return engine_step(engine, &event, fault);
}

int engine_room(struct engine *engine, bool blocked, const char *text, struct truc_fault *fault)
{
    engine->caller_blocks = blocked;
    (void)snprintf(engine->caller_text, sizeof engine->caller_text, "%s", text);
    return tell(engine, fault);
}

int engine_index(struct engine *engine, const struct core_index *index, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_INDEX);
    event.index = *index;
    return engine_step(engine, &event, fault);
}

static int set_full(struct engine *engine, bool is_full, struct truc_fault *fault)
{
    if (engine->is_full == is_full)
        return 0;
    engine->is_full = is_full;
    return tell(engine, fault);
}

int engine_room_ids(struct engine *engine, bool is_full, struct truc_fault *fault)
{
    if (engine->ids_are_full == is_full)
        return 0;
    engine->ids_are_full = is_full;
    return tell(engine, fault);
}

int engine_room_blobs(struct engine *engine, bool is_full, struct truc_fault *fault)
{
    if (engine->blobs_are_full == is_full)
        return 0;
    engine->blobs_are_full = is_full;
    return tell(engine, fault);
}

int engine_room_lists(struct engine *engine, bool is_full, struct truc_fault *fault)
{
    if (engine->lists_are_full == is_full)
        return 0;
    engine->lists_are_full = is_full;
    return tell(engine, fault);
}

/* While there is much to do the spare is filled at the pace at which the second half of the segment is used up, so that
 * it is ready in time and no message waits for all of it. */
static bool is_in_time(const struct engine *engine, const struct journal_room *room)
{
    uint64_t half = room->segment_bytes / 2;
    return engine->wrote && (room->segment_free_bytes > half ||
                             room->spare_bytes > 2 * (half - room->segment_free_bytes) + JOURNAL_PREPARE_STEP_BYTES);
}

int engine_prepare(struct engine *engine, struct truc_fault *fault)
{
    struct journal_room room = journal_room(engine->journal);
    uint64_t up_ns = engine->options.clock.up_ns(engine->options.clock.context);
    engine->preparing = room.spare_bytes < room.segment_bytes;
    if (!engine->preparing)
        return set_full(engine, false, fault);
    if (is_in_time(engine, &room) || up_ns < engine->prepare_next_up_ns)
        return 0;
    int more;
    do {
        more = journal_prepare_step(engine->journal, fault);
        room = journal_room(engine->journal);
    } while (more > 0 && engine->wrote && !is_in_time(engine, &room));
    if (more != TRUC_E_JOURNAL_FULL)
        return more < 0 ? more : 0;
    engine->prepare_next_up_ns = up_ns + PREPARE_AGAIN_MS * TIME_NS_PER_MS;
    return set_full(engine, true, fault);
}

uint64_t engine_prepare_wake_up_ns(const struct engine *engine)
{
    return engine->preparing ? engine->prepare_next_up_ns : UINT64_MAX;
}
