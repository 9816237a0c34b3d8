/* engine_blob_names.c - attachments that stay or go: which messages name which, and the look now and then for those that none needs.
 * Names are written before a snapshot counts on them; what can't be read ends a sweep, never the broker.
 * Beside engine_blobs.c, which moves their bytes. */
#include <stdio.h>

#include "engine_blobs_private.h"
#include "fault.h"
#include "time_text.h"

enum {
    SWEEP_PACE_MS = 10, /* between two steps of it */
    AGAIN_MS = 1000,    /* a full disk is not asked more often */
    LOG_WARNING = 4,
    LOG_INFO = 6,
};

/* ---- names ---- */

int engine_blob_check(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_BLOBS_CHECKED);
    size_t count = effect->blob_check.count;
    struct core_blob_answer *answers = arena_alloc_array(&engine->fetch_arena, count ? count : 1, sizeof *answers);
    if (answers == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to look for attachments");
    for (size_t i = 0; i < count; i++) {
        struct truc_fault why = {0};
        answers[i] = (struct core_blob_answer){0};
        int code = blob_store_holds(engine->blobs->store, effect->blob_check.system,
                                    &effect->blob_check.questions[i].sha256, &answers[i].size_bytes, &why);
        answers[i].is_held = code == 1;
        answers[i].code = code < 0 ? code : 0;
        if (code < 0)
            engine_blobs_say(engine, ENGINE_LOG_ERROR, "an attachment", &why);
    }
    event.blobs_checked.peer = effect->blob_check.peer;
    event.blobs_checked.answers = answers;
    event.blobs_checked.count = count;
    int code = engine_step(engine, &event, fault);
    arena_reset(&engine->fetch_arena);
    return code;
}

/* For which there is no room, they wait in memory; the bus takes no more messages meanwhile. */
int engine_blob_name(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct engine_blobs *blobs = engine->blobs;
    int code = blobs->names.size
                   ? TRUC_E_BLOB_SPACE
                   : blob_store_name(blobs->store, &effect->blob_name.sha256, effect->blob_name.sequence, &why);
    if (code == 0)
        return 0;
    if (code != TRUC_E_BLOB_SPACE) {
        if (fault)
            *fault = why;
        return code;
    }
    buffer_append(&blobs->names, effect->blob_name.sha256.bytes, SHA256_BYTES);
    buffer_append_le64(&blobs->names, effect->blob_name.sequence);
    if (buffer_failed(&blobs->names))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the names of attachments");
    blobs->names_next_up_ns = engine_up_ns(engine) + AGAIN_MS * TIME_NS_PER_MS;
    return engine->recovering ? 0 : engine_room_blobs(engine, true, fault);
}

static int names_step(struct engine *engine, struct truc_fault *fault)
{
    struct engine_blobs *blobs = engine->blobs;
    enum { ENTRY_BYTES = SHA256_BYTES + 8 };
    if (blobs->names.size == 0 || engine_up_ns(engine) < blobs->names_next_up_ns)
        return 0;
    for (size_t at = 0; at < blobs->names.size; at += ENTRY_BYTES) {
        struct sha256_digest sha256;
        memcpy(sha256.bytes, blobs->names.data + at, SHA256_BYTES);
        struct truc_fault why = {0};
        int code = blob_store_name(blobs->store, &sha256, load_le64(blobs->names.data + at + SHA256_BYTES), &why);
        if (code == TRUC_E_BLOB_SPACE) { /* those before are there twice next time: no harm */
            blobs->names_next_up_ns = engine_up_ns(engine) + AGAIN_MS * TIME_NS_PER_MS;
            return engine_room_blobs(engine, true, fault);
        }
        if (code < 0) {
            if (fault)
                *fault = why;
            return code;
        }
    }
    buffer_clear(&blobs->names);
    return engine_room_blobs(engine, false, fault);
}

int engine_blobs_sync(struct engine *engine, struct truc_fault *fault)
{
    if (engine->blobs->names.size)
        return fault_set(fault, TRUC_E_JOURNAL_FULL, "no room for the names of attachments");
    return blob_store_sync_names(engine->blobs->store, fault);
}

/* ---- collecting ---- */

static int is_needed(void *context, uint64_t sequence, struct truc_fault *fault)
{
    const struct engine *engine = context;
    if (sequence >= engine->blobs->settled_below)
        return 1;
    return journal_has_payload(engine->journal, sequence, fault);
}

static int unused(void *context, const struct sha256_digest *sha256, uint64_t size_bytes, struct truc_fault *fault)
{
    struct engine *engine = context;
    struct core_event event = engine_event(engine, CORE_EVENT_BLOB_UNUSED);
    event.blob_unused.sha256 = *sha256;
    event.blob_unused.size_bytes = size_bytes;
    engine->blobs->going++;
    return engine_step(engine, &event, fault);
}

int engine_blob_remove(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    engine->blobs->going -= engine->blobs->going > 0;
    int code = blob_store_remove(engine->blobs->store, &effect->blob_remove.sha256, &why);
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "no memory for attachments");
    if (code < 0)
        engine_blobs_say(engine, ENGINE_LOG_ERROR,
                         "an attachment that is not needed can't be removed; the next sweep tries again", &why);
    return 0;
}

int engine_blob_expire(struct engine *engine, const struct effect *effect)
{
    int removed = blob_store_expire(engine->blobs->store, effect->blob_expire.before_ns);
    if (removed > 0) {
        char text[96];
        (void)snprintf(text, sizeof text, "%d unfinished uploads were given up: nothing came for too long", removed);
        engine->options.log(engine->options.log_context, LOG_INFO, text);
    }
    return 0;
}

static void sweep_again(struct engine *engine, uint64_t in_ns)
{
    blob_sweep_end(engine->blobs->sweep);
    engine->blobs->sweep = NULL;
    engine->blobs->sweep_next_up_ns = engine_up_ns(engine) + in_ns;
}

/* A step now and then. What can't be read ends this sweep, never the broker: nothing is removed that was not looked at. */
static int sweep_step(struct engine *engine, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct engine_blobs *blobs = engine->blobs;
    uint64_t every =
        engine->options.blob_sweep_ns ? engine->options.blob_sweep_ns : ENGINE_BLOB_SWEEP_EVERY_S * TIME_NS_PER_S;
    if (engine_up_ns(engine) < blobs->sweep_next_up_ns || blobs->going || blobs->names.size || engine->closing)
        return 0;
    int code = 1;
    if (blobs->sweep == NULL) {
        uint64_t span = core_blob_unnamed_ns(engine->core), now = engine_now_ns(engine);
        const struct blob_sweep_options options = {
            .is_needed = is_needed, .unused = unused, .context = engine, .before_ns = now > span ? now - span : 0};
        blobs->settled_below = core_settled_below(engine->core);
        code = blob_store_is_made(blobs->store) ? blob_sweep_begin(blobs->store, &options, &blobs->sweep, &why) : 1;
        if (code == 1) {
            sweep_again(engine, every);
            return 0;
        }
    } else {
        code = blob_sweep_step(blobs->sweep, &why);
        if (code == 0) {
            sweep_again(engine, every);
            return 0;
        }
    }
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "no memory to look through attachments");
    if (code < 0) {
        engine_blobs_say(engine, LOG_WARNING, "attachments that nothing needs were not all looked for", &why);
        sweep_again(engine, every);
        return 0;
    }
    blobs->sweep_next_up_ns = engine_up_ns(engine) + SWEEP_PACE_MS * TIME_NS_PER_MS;
    return 0;
}

int engine_blob_names_step(struct engine *engine, struct truc_fault *fault)
{
    int code = names_step(engine, fault);
    return code < 0 ? code : sweep_step(engine, fault);
}
