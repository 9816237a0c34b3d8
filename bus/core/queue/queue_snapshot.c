/* queue_snapshot.c - saves and restores a queue's bookkeeping.
 * After a restore the windows are loaded from the cursors on: what was settled in them is loaded once more, and counted off then.
 * See queue_snapshot.h. */
#include "queue_snapshot.h"

enum { LANE_BYTES = 16, TRIAL_BYTES = 32, SETTLED_BYTES = 8 };

static void append_trial(const struct queue_trial *trial, struct buffer *out)
{
    buffer_append_le64(out, trial->sequence);
    buffer_append_le64(out, trial->attempts);
    buffer_append_le64(out, trial->retries);
    buffer_append_le64(out, trial->first_failed_ns);
}

static void save_trial(const struct core_queue_item *item, struct buffer *out)
{
    struct queue_trial trial = {.sequence = item->entry.sequence,
                                .attempts = item->attempts + (item->state == ITEM_OUT && item->fetched ? 1 : 0),
                                .retries = item->retries,
                                .first_failed_ns = item->first_failed_ns}; /* what is out will come back */
    if (trial.attempts || trial.retries)
        append_trial(&trial, out);
}

static int save_item(const struct core_queue_item *item, struct key_lanes *keys, struct queue_snapshot *out)
{
    if (item->state != ITEM_SETTLED) {
        save_trial(item, &out->trials);
        return 0;
    }
    buffer_append_le64(&out->settled, queue_settled_key(item->entry.sequence, queue_entry_generation(&item->entry)));
    out->bytes += item->entry.size_bytes;
    uint32_t lane; /* counted, but what its bucket waits in is what is not settled */
    return key_lanes_join(keys, item->entry.key_hash, item->lane, &lane);
}

static int save_lane(const struct queue_lane *lane, struct key_lanes *keys, struct queue_snapshot *out)
{
    int code = 0;
    buffer_append_le64(&out->lanes, lane->cursor);
    buffer_append_le64(&out->lanes, lane->count);
    for (uint64_t at = lane->cursor; code == 0 && at < lane->loaded; at++) {
        const struct core_queue_item *item = queue_at(lane, at);
        if (item)
            code = save_item(item, keys, out);
    }
    return code;
}

/* What recovery noted of entries that are not loaded yet. */
static void save_unseen(const struct core_queue *queue, struct queue_snapshot *out)
{
    size_t at = 0;
    const void *value;
    const struct queue_trial *trial;
    while ((value = map_next(&queue->unseen.settled, &at)))
        buffer_append_le64(&out->settled, (uint64_t)(uintptr_t)value);
    at = 0;
    while ((trial = map_next(&queue->unseen.trials, &at)))
        append_trial(trial, &out->trials);
}

int queue_snapshot_save(const struct core_queue *queue, struct queue_snapshot *ret)
{
    struct key_lanes keys;
    *ret = (struct queue_snapshot){.bytes = queue->bytes};
    int code = key_lanes_copy(&queue->key_lanes, &keys);
    for (uint32_t lane = 0; code == 0 && lane < CORE_LANES; lane++)
        code = save_lane(&queue->lanes[lane], &keys, ret);
    save_unseen(queue, ret);
    key_lanes_save(&keys, &ret->keys);
    key_lanes_free(&keys);
    bool failed = buffer_failed(&ret->lanes) || buffer_failed(&ret->keys) || buffer_failed(&ret->trials) ||
                  buffer_failed(&ret->settled);
    return failed ? TRUC_E_MEMORY : code;
}

void queue_snapshot_free(struct queue_snapshot *snapshot)
{
    buffer_free(&snapshot->lanes);
    buffer_free(&snapshot->keys);
    buffer_free(&snapshot->trials);
    buffer_free(&snapshot->settled);
}

static int restore_lanes(struct core_queue *queue, struct bytes saved)
{
    if (saved.size != (size_t)CORE_LANES * LANE_BYTES)
        return TRUC_E_JOURNAL_CORRUPT;
    for (uint32_t number = 0; number < CORE_LANES; number++) {
        struct queue_lane *lane = &queue->lanes[number];
        lane->cursor = lane->loaded = load_le64(saved.data + (size_t)number * LANE_BYTES);
        lane->count = load_le64(saved.data + (size_t)number * LANE_BYTES + 8);
        if (lane->cursor > lane->count)
            return TRUC_E_JOURNAL_CORRUPT;
    }
    return 0;
}

static int restore_settled(struct core_queue *queue, struct bytes saved)
{
    if (saved.size % SETTLED_BYTES)
        return TRUC_E_JOURNAL_CORRUPT;
    for (size_t at = 0; at < saved.size; at += SETTLED_BYTES) {
        uint64_t key = load_le64(saved.data + at) - 1;
        if (unseen_settle(&queue->unseen, key >> 8, (uint32_t)(key & 0xff)) < 0)
            return TRUC_E_MEMORY;
    }
    return 0;
}

static int restore_trials(struct core_queue *queue, struct bytes saved)
{
    if (saved.size % TRIAL_BYTES)
        return TRUC_E_JOURNAL_CORRUPT;
    for (size_t at = 0; at < saved.size; at += TRIAL_BYTES) {
        struct queue_trial trial = {.sequence = load_le64(saved.data + at),
                                    .attempts = (uint32_t)load_le64(saved.data + at + 8),
                                    .retries = (uint32_t)load_le64(saved.data + at + 16),
                                    .first_failed_ns = load_le64(saved.data + at + 24)};
        if (unseen_set_trial(&queue->unseen, &trial) < 0)
            return TRUC_E_MEMORY;
    }
    return 0;
}

int queue_snapshot_restore(struct core_queue *queue, const struct queue_snapshot *snapshot)
{
    queue->bytes = snapshot->bytes;
    int code = restore_lanes(queue, buffer_view(&snapshot->lanes));
    if (code == 0)
        code = key_lanes_restore(&queue->key_lanes, buffer_view(&snapshot->keys));
    if (code == 0)
        code = restore_settled(queue, buffer_view(&snapshot->settled));
    return code < 0 ? code : restore_trials(queue, buffer_view(&snapshot->trials));
}
