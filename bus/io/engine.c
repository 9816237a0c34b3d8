/* engine.c - the loop between the core and the world: effects out, results back in, until nothing is left to do.
 * Order matters in one place only: records are durable before the event that lets the core answer for them.
 * engine_recovery.c opens; engine_lists.c keeps the queue lists, engine_ids.c the runs of ids; engine_room.c the disk room ahead. */
#include "engine_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "time_text.h"

struct core_event engine_event(const struct engine *engine, enum core_event_kind kind)
{
    return (struct core_event){.kind = kind,
                               .now_ns = engine->options.clock.now_ns(engine->options.clock.context),
                               .up_ns = engine->options.clock.up_ns(engine->options.clock.context)};
}

int engine_step(struct engine *engine, const struct core_event *event, struct truc_fault *fault)
{
    return core_step(engine->core, event, &engine->effects[engine->filling], fault);
}

/* ---- appends ---- */

static int write_group(struct engine *engine, struct truc_fault *fault)
{
    struct journal_group group = {.entries = engine->entries,
                                  .count = engine->entries_count,
                                  .time_ns = engine->options.clock.now_ns(engine->options.clock.context),
                                  .verified_through = journal_next_sequence(engine->journal) + engine->entries_count};
    int code = journal_append_group(engine->journal, &group, fault);
    engine->records_since_snapshot += engine->entries_count;
    engine->wrote = true;
    engine->entries_count = 0;
    engine->group_bytes = 0;
    engine->urgent = false;
    engine->lazy_since_up_ns = 0;
    arena_reset(&engine->group_arena);
    if (code < 0) {
        struct core_event failed = engine_event(engine, CORE_EVENT_FAILED);
        (void)engine_step(engine, &failed, NULL); /* the failure is already what is reported */
        return code;
    }
    if (journal_next_sequence(engine->journal) > core_next_sequence(engine->core))
        return fault_set(fault, TRUC_E_INTERNAL, "the core and the journal count differently");
    struct core_event durable = engine_event(engine, CORE_EVENT_DURABLE);
    durable.durable.through = journal_next_sequence(engine->journal);
    return engine_step(engine, &durable, fault);
}

/* A group must fit a segment with room to spare; one message alone always does. */
static size_t group_bytes_max(const struct engine *engine)
{
    uint64_t quarter = journal_room(engine->journal).segment_bytes / 4;
    return quarter < ENGINE_GROUP_BYTES_MAX ? (size_t)quarter : ENGINE_GROUP_BYTES_MAX;
}

static int collect(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    size_t size = effect->append.body.size + effect->append.payload.size + ENGINE_RECORD_OVERHEAD_BYTES;
    bool is_full = engine->entries_count >= ENGINE_GROUP_RECORDS_MAX ||
                   (engine->entries_count && engine->group_bytes + size > group_bytes_max(engine));
    if (is_full && !effect->append.is_tied) { /* a round of many messages is more than one group */
        int code = write_group(engine, fault);
        if (code < 0)
            return code;
    }
    if (engine->entries_count == engine->entries_capacity) {
        size_t capacity = engine->entries_capacity ? engine->entries_capacity * 2 : 1024;
        struct journal_entry *entries = realloc(engine->entries, capacity * sizeof *entries);
        if (entries == NULL)
            return TRUC_E_MEMORY;
        engine->entries = entries;
        engine->entries_capacity = capacity;
    }
    engine->group_bytes += size;
    struct journal_entry *entry = &engine->entries[engine->entries_count++];
    *entry = (struct journal_entry){.kind = (uint16_t)effect->append.kind,
                                    .time_ns = effect->append.time_ns,
                                    .has_payload = effect->append.has_payload,
                                    .payload = effect->append.payload};
    struct bytes body =
        arena_copy(&engine->group_arena, effect->append.body); /* effects are cleared before the group is written */
    if (effect->append.body.size && body.data == NULL)
        return TRUC_E_MEMORY;
    entry->body = body;
    if (entry->has_payload) {
        memcpy(entry->salt, effect->append.salt.data, JOURNAL_SALT_BYTES);
        if (effect->append.payload_is_passing && effect->append.payload.size) {
            entry->payload = arena_copy(&engine->group_arena, effect->append.payload);
            if (entry->payload.data == NULL)
                return TRUC_E_MEMORY;
        }
    }
    if (effect->append.kind == RECORD_ACCEPTED || effect->append.kind == RECORD_BUNDLE) /* what fetch_one wants */
        recent_keep(&engine->recent, journal_next_sequence(engine->journal) + engine->entries_count - 1, entry);
    if (!effect->append.lazy)
        engine->urgent = true;
    else if (engine->lazy_since_up_ns == 0)
        engine->lazy_since_up_ns = engine->options.clock.up_ns(engine->options.clock.context);
    return 0;
}

static bool group_is_due(const struct engine *engine)
{
    uint64_t up_ns = engine->options.clock.up_ns(engine->options.clock.context);
    return engine->entries_count &&
           (engine->urgent || engine->closing || up_ns - engine->lazy_since_up_ns >= CORE_LAZY_MS * TIME_NS_PER_MS);
}

/* ---- fetching ---- */

/* A copy that lives until what was fetched has been handed over. */
static int keep(struct engine *engine, struct bytes view, struct bytes *ret_kept)
{
    *ret_kept = arena_copy(&engine->fetch_arena, view);
    return view.size && ret_kept->data == NULL ? TRUC_E_MEMORY : 0;
}

static int keep_accepted(struct engine *engine, const struct journal_record *accepted, struct core_fetched *ret)
{
    ret->time_ns = accepted->time_ns;
    int code = keep(engine, accepted->body, &ret->accepted);
    if (code == 0 && accepted->payload_is_read)
        code = keep(engine, bytes_of(accepted->salt, sizeof accepted->salt), &ret->salt);
    if (code == 0 && accepted->payload_is_read)
        code = keep(engine, accepted->payload, &ret->payload);
    return code;
}

/* Neighbours share their bundle. */
static int fetch_bundle(struct engine *engine, uint64_t sequence, struct bytes *ret_body, struct truc_fault *fault)
{
    const struct recent_record *recent = recent_find(&engine->recent, sequence);
    struct journal_record bundle;
    int code = 0;
    if (recent != NULL) {
        *ret_body = recent->body;
        return 0;
    }
    if (sequence != engine->fetched_bundle || engine->fetched_bundle_body.data == NULL) {
        code = journal_read(engine->journal, sequence, 0, &engine->scratch, &bundle, fault);
        if (code == 0)
            code = keep(engine, bundle.body, &engine->fetched_bundle_body);
        engine->fetched_bundle = sequence;
    }
    *ret_body = engine->fetched_bundle_body;
    return code;
}

static bool fetch_recent(struct engine *engine, uint64_t sequence, struct core_fetched *ret)
{
    const struct recent_record *recent = recent_find(&engine->recent, sequence);
    if (recent == NULL)
        return false;
    ret->time_ns = recent->time_ns;
    ret->accepted = recent->body;
    if (recent->has_payload) {
        ret->salt = bytes_of(recent->salt, sizeof recent->salt);
        ret->payload = recent->payload;
    }
    return true;
}

static int fetch_from_journal(struct engine *engine, uint64_t sequence, struct core_fetched *ret,
                              struct truc_fault *fault)
{
    struct journal_record accepted;
    struct truc_fault why = {0};
    int code = journal_read(engine->journal, sequence, JOURNAL_WITH_PAYLOAD, &engine->scratch, &accepted, &why);
    if (code < 0 && code != TRUC_E_ERASED && code != TRUC_E_JOURNAL_KEY) {
        if (fault)
            *fault = why;
        return code;
    }
    ret->code = code;
    return keep_accepted(engine, &accepted, ret);
}

static int fetch_one(struct engine *engine, uint64_t sequence, struct core_fetched *ret, struct truc_fault *fault)
{
    struct record_accepted value;
    *ret = (struct core_fetched){.sequence = sequence};
    int code = fetch_recent(engine, sequence, ret) ? 0 : fetch_from_journal(engine, sequence, ret, fault);
    if (code < 0)
        return code;
    if (record_accepted_decode(ret->accepted, &value, fault) < 0)
        return TRUC_E_JOURNAL_CORRUPT;
    return fetch_bundle(engine, value.bundle, &ret->bundle, fault);
}

static int fetch(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct core_fetched messages[CORE_FETCH_MESSAGES_MAX];
    engine->fetched_bundle_body = BYTES_EMPTY;
    for (size_t i = 0; i < effect->fetch.count; i++) {
        int code = fetch_one(engine, effect->fetch.sequences[i], &messages[i], fault);
        if (code < 0)
            return code;
    }
    struct core_event event = engine_event(engine, CORE_EVENT_FETCHED);
    event.fetched.destination = effect->fetch.destination;
    event.fetched.messages = messages;
    event.fetched.count = effect->fetch.count;
    int code = engine_step(engine, &event, fault);
    arena_reset(&engine->fetch_arena);
    return code;
}

/* ---- the other effects ---- */

static int read_list(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct queue_entry entries[CORE_LIST_PAGE_MAX];
    struct queue_list *list;
    int code = engine_list(engine, effect->list_read.list, &list, fault);
    if (code < 0)
        return code;
    int count = queue_list_read(list, effect->list_read.index, entries, effect->list_read.count, fault);
    if (count < 0)
        return count;
    if ((size_t)count < effect->list_read.count) {
        char name[CORE_LIST_NAME_BYTES];
        core_list_name(engine->core, effect->list_read.list, name);
        return fault_set(fault, TRUC_E_INTERNAL, "the queue list %s is shorter than the core counted", name);
    }
    struct core_event event = engine_event(engine, CORE_EVENT_PAGE);
    event.page.list = effect->list_read.list;
    event.page.index = effect->list_read.index;
    event.page.entries = entries;
    event.page.count = (size_t)count;
    return engine_step(engine, &event, fault);
}

static int send(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    if (engine->options.transport->send(engine->options.transport, effect->send.peer, effect->send.frame) == 0)
        return 0;
    struct core_event event = engine_event(engine, CORE_EVENT_GONE);
    event.gone.peer = effect->send.peer;
    engine->options.transport->close(engine->options.transport, effect->send.peer);
    return engine_step(engine, &event, fault);
}

/* A person may look at any record there ever was: one that can't be read is an answer to that person, and no reason to end. */
static bool is_answer(const struct engine *engine, const struct effect *effect, int code, const struct truc_fault *why)
{
    char text[sizeof why->text + sizeof why->where + 64];
    if (effect->look.what == LOOK_TIME || code == TRUC_E_MEMORY)
        return false;
    if (code == TRUC_E_ERASED || code == TRUC_E_JOURNAL_KEY)
        return true;
    (void)snprintf(text, sizeof text, "record %llu can't be read: %s: %s%s%s",
                   (unsigned long long)effect->look.sequence, truc_error_name(code), why->text,
                   why->where[0] ? ": " : "", why->where);
    engine->options.log(engine->options.log_context, 3, text);
    return true;
}

static int look(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct journal_record record = {0};
    struct truc_fault why = {0};
    struct core_event event = engine_event(engine, CORE_EVENT_LOOKED);
    unsigned flags = effect->look.what == LOOK_PAYLOAD ? JOURNAL_WITH_PAYLOAD : 0;
    int code = journal_read(engine->journal, effect->look.sequence, flags, &engine->scratch, &record, &why);
    if (code < 0 && !is_answer(engine, effect, code, &why)) {
        if (fault)
            *fault = why;
        return code;
    }
    event.looked = (struct core_looked){.look = effect->look,
                                        .code = code,
                                        .kind = (enum record_kind)record.kind,
                                        .time_ns = record.time_ns,
                                        .body = record.body,
                                        .payload = code == 0 && record.payload_is_read ? record.payload : BYTES_EMPTY};
    return engine_step(engine, &event, fault);
}

static int ask_reload(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    const struct core_reloaded none = {.code = TRUC_E_UNAVAILABLE,
                                       .text = bytes_string("this broker has no files to read again")};
    if (engine->options.ask_reload == NULL)
        return engine_reloaded(engine, &none, fault);
    engine->options.ask_reload(engine->options.log_context, effect->reload.accept_schema_change);
    return 0;
}

static int carry_out(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    switch (effect->kind) {
    case EFFECT_APPEND:
        return collect(engine, effect, fault);
    case EFFECT_SEND:
        return send(engine, effect, fault);
    case EFFECT_CLOSE:
        engine->options.transport->close(engine->options.transport, effect->close.peer);
        return 0;
    case EFFECT_LIST_APPEND:
        return engine_list_append(engine, effect, fault);
    case EFFECT_LIST_READ:
        return read_list(engine, effect, fault);
    case EFFECT_FETCH:
        return fetch(engine, effect, fault);
    case EFFECT_LOOK:
        return look(engine, effect, fault);
    case EFFECT_RELOAD:
        return ask_reload(engine, effect, fault);
    case EFFECT_IDS_KEEP:
        return engine_ids_keep(engine, effect, fault);
    case EFFECT_IDS_FIND:
        return engine_ids_find(engine, effect, fault);
    case EFFECT_IDS_DROP:
        return engine_ids_drop(engine, effect, fault);
    case EFFECT_BLOB_OPEN:
        return engine_blob_open(engine, effect, fault);
    case EFFECT_BLOB_HOLD:
        return engine_blob_hold(engine, effect, fault);
    case EFFECT_BLOB_WRITE:
        return engine_blob_write(engine, effect, fault);
    case EFFECT_BLOB_FIND:
        return engine_blob_find(engine, effect, fault);
    case EFFECT_BLOB_READ:
    case EFFECT_BLOB_MORE:
        return engine_blob_read(engine, effect, effect->kind == EFFECT_BLOB_READ);
    case EFFECT_BLOB_CLOSE:
        return engine_blob_close(engine, effect);
    case EFFECT_BLOB_CHECK:
        return engine_blob_check(engine, effect, fault);
    case EFFECT_BLOB_NAME:
        return engine_blob_name(engine, effect, fault);
    case EFFECT_BLOB_REMOVE:
        return engine_blob_remove(engine, effect, fault);
    case EFFECT_BLOB_EXPIRE:
        return engine_blob_expire(engine, effect);
    case EFFECT_OBJECT:
        return journal_object_put(engine->journal, effect->object.content, &(struct sha256_digest){0}, fault);
    case EFFECT_LOG:
        engine->options.log(engine->options.log_context, effect->log.level, effect->log.text);
        return 0;
    }
    return TRUC_E_INTERNAL;
}

/* Carries out effects until there are none; those made meanwhile go to the other list. */
static int settle_effects(struct engine *engine, struct truc_fault *fault)
{
    int code = 0;
    while (code == 0 && engine->effects[engine->filling].first) {
        struct effects *effects = &engine->effects[engine->filling];
        engine->filling ^= 1;
        for (const struct effect *effect = effects->first; code == 0 && effect; effect = effect->next)
            code = carry_out(engine, effect, fault);
        core_effects_clear(effects);
    }
    if (code < 0 && fault && fault->code == 0)
        fault_set(fault, code, "%s", truc_error_meaning(code));
    return code;
}

int engine_settle(struct engine *engine, struct truc_fault *fault)
{
    int code = settle_effects(engine, fault);
    while (code == 0 && group_is_due(engine)) {
        code = write_group(engine, fault);
        if (code == 0)
            code = settle_effects(engine, fault);
    }
    return code;
}

/* ---- events ---- */

int engine_frame(struct engine *engine, uint64_t peer, const uint8_t transport_key[CORE_TRANSPORT_KEY_BYTES],
                 struct bytes frame, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_FRAME);
    event.frame.peer = peer;
    event.frame.transport_key = transport_key;
    event.frame.data = frame;
    return engine_step(engine, &event, fault);
}

static int tell_gone(struct engine *engine, uint64_t peer, int code, const char *text, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_GONE);
    event.gone.peer = peer;
    event.gone.code = code;
    event.gone.text = text;
    return engine_step(engine, &event, fault);
}

int engine_gone(struct engine *engine, uint64_t peer, struct truc_fault *fault)
{
    return tell_gone(engine, peer, 0, "", fault);
}

int engine_broke(struct engine *engine, uint64_t peer, int code, const char *text, struct truc_fault *fault)
{
    return tell_gone(engine, peer, code, text, fault);
}

int engine_policy(struct engine *engine, const struct policy *policy, const char *origin, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_POLICY);
    event.policy.policy = policy;
    event.policy.origin = origin;
    return engine_step(engine, &event, fault);
}

int engine_reloaded(struct engine *engine, const struct core_reloaded *reloaded, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_RELOADED);
    event.reloaded = *reloaded;
    return engine_step(engine, &event, fault);
}

static int snapshot(struct engine *engine, struct truc_fault *fault)
{
    struct buffer state = {0};
    int code = core_save(engine->core, &state);
    if (code == 0)
        code = engine_lists_flush(engine, fault);
    if (code == 0)
        code = engine_blobs_sync(engine, fault);
    if (code == 0)
        code = journal_snapshot_write(engine->journal, buffer_view(&state),
                                      engine->options.clock.now_ns(engine->options.clock.context), fault);
    if (code == 0)
        code = engine_lists_discard(engine, fault);
    if (code == 0)
        code = engine_ids_discard(engine, fault);
    buffer_free(&state);
    engine->records_since_snapshot = 0;
    return code;
}

/* A snapshot only shortens the next start: on a full disk it is left out, and tried again after as many records. */
static int snapshot_if_room(struct engine *engine, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    int code = snapshot(engine, &why);
    if (code == TRUC_E_JOURNAL_FULL) {
        engine->options.log(engine->options.log_context, 4, "no room for a snapshot: the next start takes longer");
        return 0;
    }
    if (code < 0 && fault)
        *fault = why;
    return code;
}

static int snapshot_when_due(struct engine *engine, struct truc_fault *fault)
{
    uint64_t every = engine->options.snapshot_records ? engine->options.snapshot_records : ENGINE_SNAPSHOT_RECORDS;
    if (engine->records_since_snapshot < every || engine->entries_count > 0 || engine_ids_is_writing(engine))
        return 0; /* with a run on disk it is smaller */
    return snapshot_if_room(engine, fault);
}

int engine_commit(struct engine *engine, struct truc_fault *fault)
{
    engine->wrote = false;
    int code = engine_settle(engine, fault);
    if (code == 0 && engine->options.clock.up_ns(engine->options.clock.context) >= core_wake_up_ns(engine->core)) {
        struct core_event tick = engine_event(engine, CORE_EVENT_TICK);
        code = engine_step(engine, &tick, fault);
        if (code == 0)
            code = engine_settle(engine, fault);
    }
    if (code == 0)
        code = snapshot_when_due(engine, fault);
    if (code == 0)
        code = engine_ids_step(engine, fault);
    if (code == 0)
        code = engine_lists_step(engine, fault);
    if (code == 0)
        code = engine_prepare(engine, fault);
    if (code == 0)
        code = engine_blobs_step(engine, fault);
    if (code == 0)
        code = engine_settle(engine, fault); /* what was held back for want of room */
    return code;
}

uint64_t engine_wake_up_ns(const struct engine *engine)
{
    uint64_t wake = core_wake_up_ns(engine->core);
    if (engine->entries_count) {
        uint64_t lazy = engine->lazy_since_up_ns + CORE_LAZY_MS * TIME_NS_PER_MS;
        wake = lazy < wake ? lazy : wake;
    }
    uint64_t prepare = engine_prepare_wake_up_ns(engine), ids = engine_ids_wake_up_ns(engine),
             lists = engine_lists_wake_up_ns(engine);
    wake = prepare < wake ? prepare : wake;
    wake = lists < wake ? lists : wake;
    uint64_t blobs = engine_blobs_wake_up_ns(engine);
    wake = blobs < wake ? blobs : wake;
    return ids < wake ? ids : wake;
}

int engine_close(struct engine *engine, struct truc_fault *fault)
{
    if (engine == NULL)
        return 0;
    int code = 0;
    if (!journal_is_failed(engine->journal)) {
        struct core_event stop = engine_event(engine, CORE_EVENT_STOP);
        engine->closing = true;
        code = engine_step(engine, &stop, fault);
        if (code == 0)
            code = engine_settle(engine, fault);
        if (code == 0)
            code = snapshot_if_room(engine, fault);
    }
    int closed = engine_release(engine, fault);
    return code < 0 ? code : closed;
}

const struct core *engine_core(const struct engine *engine)
{
    return engine->core;
}

struct journal *engine_journal(struct engine *engine)
{
    return engine->journal;
}

uint64_t engine_records(const struct engine *engine)
{
    return journal_next_sequence(engine->journal);
}

const struct journal_opened *engine_opened(const struct engine *engine)
{
    return &engine->opened;
}
