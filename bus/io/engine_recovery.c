/* engine_recovery.c - opening: the journal hands a snapshot and the records behind it to the core, lists are completed.
 * A snapshot whose queue lists are gone is refused, so that the journal is replayed from further back and rebuilds them.
 * Also the engine's release. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_private.h"
#include "fault.h"
#include "locked.h"

struct recovering {
    struct engine *engine;
    struct truc_fault *fault;
};

static int check_restored_list(struct engine *engine, uint32_t number, struct truc_fault *fault)
{
    struct queue_list *list;
    uint64_t length = core_list_length(engine->core, number), cursor = core_list_cursor(engine->core, number);
    if (length == 0)
        return 0; /* not looked at before something is appended */
    int code = engine_list(engine, number, &list, fault);
    if (code < 0)
        return code;
    engine->lists[number].snapshot_cursor = cursor;
    if (queue_list_count(list) >= length && queue_list_first(list) <= cursor)
        return 0;
    char name[CORE_LIST_NAME_BYTES];
    core_list_name(engine->core, number, name);
    return fault_set(fault, TRUC_E_NOT_FOUND, "the queue list %s is not what the snapshot counts on", name);
}

/* Whether the lists hold what the snapshot counts on. */
static int check_restored_lists(struct engine *engine, struct truc_fault *fault)
{
    int code = 0;
    for (uint32_t i = 0; code == 0 && i < core_list_count(engine->core); i++)
        code = check_restored_list(engine, i, fault);
    return code;
}

static void log_refused(const struct engine *engine, uint64_t sequence, const struct truc_fault *fault)
{
    char text[sizeof fault->text + sizeof fault->where + 64];
    (void)snprintf(text, sizeof text, "the snapshot at %llu is not used: %s%s%s", (unsigned long long)sequence,
                   fault ? fault->text : "", fault && fault->where[0] ? ": " : "", fault ? fault->where : "");
    engine->options.log(engine->options.log_context, 4, text);
}

static int restore(void *context, uint64_t next_sequence, struct bytes state)
{
    struct recovering *recovering = context;
    struct engine *engine = recovering->engine;
    engine->rebuilding = false;
    int code = core_restore(engine->core, next_sequence, state, recovering->fault);
    if (code == 0)
        code = check_restored_lists(engine, recovering->fault);
    if (code == 0)
        code = engine_ids_restore(engine, recovering->fault);
    if (code < 0) { /* an older snapshot is tried, or everything is replayed: other destinations, other numbers */
        core_restart(engine->core);
        (void)engine_lists_close(engine, NULL); /* nothing was written to them */
        engine_ids_close(engine);
        engine->rebuilding = true;
        log_refused(engine, next_sequence, recovering->fault);
    }
    return code;
}

static int replay(void *context, const struct journal_record *record)
{
    struct recovering *recovering = context;
    struct engine *engine = recovering->engine;
    int code = core_replay(engine->core, record->sequence, record->time_ns, (enum record_kind)record->kind,
                           record->body, &engine->effects[engine->filling], recovering->fault);
    return code < 0 ? code : engine_settle(engine, recovering->fault);
}

static int open_journal(struct engine *engine, struct truc_fault *fault)
{
    const struct engine_options *options = &engine->options;
    struct recovering recovering = {.engine = engine, .fault = fault};
    struct journal_options journal = {.disk = options->disk,
                                      .directory = engine->directory,
                                      .bus_id = core_bus_id(engine->core),
                                      .master_key = options->journal_key,
                                      .checkpoint_key = options->checkpoint_key,
                                      .old_checkpoint_keys = options->old_checkpoint_keys,
                                      .old_checkpoint_keys_count = options->old_checkpoint_keys_count,
                                      .segment_bytes = options->segment_bytes,
                                      .checkpoint_groups = options->checkpoint_groups,
                                      .time_ns = options->clock.now_ns(options->clock.context),
                                      .flags = JOURNAL_CREATE,
                                      .random = options->random,
                                      .random_context = options->random_context};
    struct journal_recovery recovery = {.restore = restore, .replay = replay, .context = &recovering};
    return journal_open(&journal, &recovery, &engine->journal, &engine->opened, fault);
}

/* Lists may hold entries of a group that was never durable only if something is wrong; shorter is completed by replay. */
static int check_lists(struct engine *engine, struct truc_fault *fault)
{
    for (uint32_t i = 0; i < core_list_count(engine->core); i++) {
        struct queue_list *list;
        uint64_t wanted = core_list_length(engine->core, i);
        if (wanted == 0)
            continue;
        int code = engine_list(engine, i, &list, fault);
        if (code == 0 && queue_list_count(list) > wanted)
            code = queue_list_truncate(list, wanted, fault);
        if (code < 0)
            return code;
    }
    return 0;
}

int engine_open(const struct engine_options *options, struct engine **ret_engine, struct truc_fault *fault)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL || (engine->directory = strdup(options->directory)) == NULL ||
        (engine->person_key = locked_new(CORE_PERSON_KEY_BYTES)) == NULL) {
        if (engine)
            free(engine->directory);
        free(engine);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the engine");
    }
    engine->options = *options;
    memcpy(engine->person_key, options->person_key, CORE_PERSON_KEY_BYTES);
    explicit_bzero(engine->options.person_key, sizeof engine->options.person_key);
    engine->closing = true; /* whatever is appended while opening is written at once */
    engine->preparing = true;
    engine->recovering = true;
    engine->rebuilding = true; /* until a snapshot is restored */
    struct core_settings settings = {.policy = options->policy,
                                     .person_key = engine->person_key,
                                     .person_epoch = options->person_epoch,
                                     .ids_young_max = options->ids_young_max,
                                     .ids_runs_max = options->ids_runs_max};
    memcpy(settings.hash_key, options->hash_key, sizeof settings.hash_key);
    struct core_event now = {.now_ns = options->clock.now_ns(options->clock.context),
                             .up_ns = options->clock.up_ns(options->clock.context)};
    int code = core_create(&settings, &engine->core, fault);
    if (code == 0 && recent_make(options->recent_bytes, &engine->recent) < 0)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for the newest messages");
    if (code == 0)
        code = engine_blobs_open(engine, fault); /* replay notes which message names which */
    if (code == 0)
        code = open_journal(engine, fault);
    if (code == 0)
        code = check_lists(engine, fault);
    if (code == 0)
        code = engine_ids_remove_others(engine, fault);
    if (code == 0)
        code = core_recovered(engine->core, journal_next_sequence(engine->journal), &now,
                              &engine->effects[engine->filling], fault);
    if (code == 0)
        code = engine_settle(engine, fault);
    if (code < 0) {
        (void)engine_release(engine, NULL); /* the reason of the failure is what is reported */
        return code;
    }
    engine->closing = engine->recovering = engine->rebuilding = false;
    *ret_engine = engine;
    return 0;
}

static void free_all(struct engine *engine)
{
    core_free(engine->core);
    locked_free(engine->person_key);
    core_effects_free(&engine->effects[0]);
    core_effects_free(&engine->effects[1]);
    arena_free(&engine->group_arena);
    arena_free(&engine->fetch_arena);
    recent_free(&engine->recent);
    buffer_free(&engine->scratch);
    free(engine->entries);
    free(engine->directory);
    free(engine);
}

int engine_release(struct engine *engine, struct truc_fault *fault)
{
    int lists = engine_lists_close(engine, fault);
    engine_ids_close(engine);
    engine_blobs_close(engine);
    struct truc_fault why = {0};
    int code = journal_close(engine->journal, engine->options.clock.now_ns(engine->options.clock.context), &why);
    if (code == TRUC_E_JOURNAL_FULL) {
        engine->options.log(engine->options.log_context, 4,
                            "no room for a last checkpoint: the next one covers these records");
        code = 0;
    }
    if (code < 0 && fault)
        *fault = why;
    free_all(engine);
    return code < 0 ? code : lists;
}

void engine_abandon(struct engine *engine)
{
    if (engine)
        (void)engine_release(engine, NULL); /* the caller has crashed the disk: nothing of this reaches it */
}
