/* engine_ids.c - runs of ids on disk: written in steps beside the journal, asked one read a question, removed when nothing
 * counts on them. A run that can't be read is never taken for one that lacks the id: the broker stops, and says where.
 * Carries out EFFECT_IDS_*; the files are bus/journal/id_run.h's. */
#include <stdio.h>
#include <stdlib.h>

#include "engine_private.h"
#include "fault.h"
#include "time_text.h"

enum {
    WRITE_AGAIN_MS = 1000, /* a full disk is not asked more often */
    SNAPSHOTS_KEPT = 2,    /* by the journal: a run that was dropped is needed by those of before */
    LOG_WARNING = 4,
    LOG_INFO = 6,
};

/* ---- those that are there ---- */

static struct engine_run *run_of(struct engine *engine, uint64_t first_sequence)
{
    for (size_t i = 0; i < engine->runs_count; i++)
        if (engine->runs[i].first_sequence == first_sequence && !engine->runs[i].snapshots_left)
            return &engine->runs[i];
    return NULL;
}

static int run_open(struct engine *engine, const struct id_run_facts *facts, struct buffer *filter,
                    struct truc_fault *fault)
{
    struct engine_run *runs = realloc(engine->runs, (engine->runs_count + 1) * sizeof *runs);
    if (runs == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the runs of ids");
    engine->runs = runs;
    struct engine_run run = {.first_sequence = facts->first_sequence};
    int code = id_run_open(engine->options.disk, engine->directory, core_bus_id(engine->core), facts, &run.file, filter,
                           fault);
    if (code == 0)
        runs[engine->runs_count++] = run;
    return code;
}

static int adopt(struct engine *engine, size_t number, struct truc_fault *fault)
{
    struct buffer filter = {0};
    int code = run_open(engine, core_id_run(engine->core, number), &filter, fault);
    if (code == 0 && (code = core_id_run_adopt(engine->core, number, buffer_view(&filter))) < 0)
        fault_set(fault, code, "the filter of a run of ids can't be used: %s", truc_error_meaning(code));
    buffer_free(&filter);
    return code;
}

int engine_ids_restore(struct engine *engine, struct truc_fault *fault)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < core_id_run_count(engine->core); i++)
        code = adopt(engine, i, fault);
    return code;
}

void engine_ids_close(struct engine *engine)
{
    for (size_t i = 0; i < engine->runs_count; i++)
        id_run_close(engine->runs[i].file);
    free(engine->runs);
    engine->runs = NULL;
    engine->runs_count = 0;
    id_run_write_end(engine->run_writer);
    engine->run_writer = NULL;
}

/* ---- writing ---- */

static int kept(struct engine *engine, struct truc_fault *fault)
{
    struct buffer filter = {0}; /* the core has it: here it is only read back whole */
    struct core_event event = engine_event(engine, CORE_EVENT_IDS_KEPT);
    id_run_write_end(engine->run_writer);
    engine->run_writer = NULL;
    int code = run_open(engine, &engine->run_facts, &filter, fault);
    buffer_free(&filter);
    event.ids_kept.first_sequence = engine->run_facts.first_sequence;
    return code < 0 ? code : engine_step(engine, &event, fault);
}

/* At once: while the engine opens nobody waits, and what is pressed can't. */
static bool is_hurried(const struct engine *engine)
{
    return engine->recovering || core_ids_press(engine->core);
}

int engine_ids_step(struct engine *engine, struct truc_fault *fault)
{
    uint64_t up_ns = engine->options.clock.up_ns(engine->options.clock.context);
    if (engine->run_writer == NULL || up_ns < engine->run_next_up_ns)
        return 0;
    int more;
    do
        more = id_run_write_step(engine->run_writer, fault);
    while (more == 1 && is_hurried(engine));
    if (more == TRUC_E_JOURNAL_FULL && !engine->recovering) {
        engine->run_next_up_ns = up_ns + WRITE_AGAIN_MS * TIME_NS_PER_MS;
        return engine_room_ids(engine, true, fault);
    }
    if (more < 0)
        return more;
    int code = more == 0 ? kept(engine, fault) : 0;
    return code < 0 ? code : engine_room_ids(engine, false, fault);
}

int engine_ids_keep(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    if (engine->run_writer)
        return fault_set(fault, TRUC_E_INTERNAL, "two runs of ids were to be written at a time");
    engine->run_facts = effect->ids_keep.facts;
    engine->run_next_up_ns = 0;
    int code = id_run_write_begin(engine->options.disk, engine->directory, core_bus_id(engine->core), &effect->ids_keep,
                                  &engine->run_writer, fault);
    return code == 0 && engine->recovering ? engine_ids_step(engine, fault) : code;
}

bool engine_ids_is_writing(const struct engine *engine)
{
    return engine->run_writer != NULL;
}

uint64_t engine_ids_wake_up_ns(const struct engine *engine)
{
    return engine->run_writer ? engine->run_next_up_ns : UINT64_MAX;
}

/* ---- asking ---- */

/* A damaged run would stop the next start's broker again: without its file the journal is read, and makes it anew. The journal
 * itself is whole, so this is a disk that can't be used, not a damaged journal. */
static int damaged(struct engine *engine, uint64_t first_sequence, struct truc_fault *fault)
{
    if (id_run_remove(engine->options.disk, engine->directory, first_sequence, NULL) == 0)
        engine->options.log(engine->options.log_context, LOG_WARNING,
                            "a damaged run of ids was removed: the next start reads the journal and makes it anew");
    if (fault)
        fault->code = TRUC_E_IO;
    return TRUC_E_IO;
}

static int answer(struct engine *engine, const struct core_id_question *question, struct core_id_found *ret,
                  struct truc_fault *fault)
{
    const struct engine_run *run = run_of(engine, question->run);
    if (run == NULL)
        return fault_set(fault, TRUC_E_INTERNAL, "a run of ids was asked that is not there");
    *ret = (struct core_id_found){.index = question->index};
    int code = id_run_find(run->file, question->key, question->check, &ret->entry, fault);
    ret->is_there = code == 1;
    if (code == TRUC_E_JOURNAL_CORRUPT)
        return damaged(engine, question->run, fault);
    return code < 0 ? code : 0;
}

int engine_ids_find(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_IDS_FOUND);
    struct core_id_found *answers = arena_alloc_array(&engine->fetch_arena, effect->ids_find.count, sizeof *answers);
    if (answers == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to ask for ids");
    int code = 0;
    for (size_t i = 0; code == 0 && i < effect->ids_find.count; i++)
        code = answer(engine, &effect->ids_find.questions[i], &answers[i], fault);
    event.ids_found.peer = effect->ids_find.peer;
    event.ids_found.answers = answers;
    event.ids_found.count = effect->ids_find.count;
    if (code == 0)
        code = engine_step(engine, &event, fault);
    arena_reset(&engine->fetch_arena);
    return code;
}

/* ---- removing ---- */

static int run_remove(struct engine *engine, size_t number, struct truc_fault *fault)
{
    uint64_t first_sequence = engine->runs[number].first_sequence;
    id_run_close(engine->runs[number].file);
    memmove(&engine->runs[number], &engine->runs[number + 1], (--engine->runs_count - number) * sizeof engine->runs[0]);
    return id_run_remove(engine->options.disk, engine->directory, first_sequence, fault);
}

int engine_ids_drop(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct engine_run *run = run_of(engine, effect->ids_drop.first_sequence);
    if (run == NULL)
        return fault_set(fault, TRUC_E_INTERNAL, "a run of ids was dropped that is not there");
    run->snapshots_left = SNAPSHOTS_KEPT;
    return engine->rebuilding ? run_remove(engine, (size_t)(run - engine->runs), fault) : 0;
}

int engine_ids_discard(struct engine *engine, struct truc_fault *fault)
{
    int code = 0;
    for (size_t i = engine->runs_count; code == 0 && i-- > 0;)
        if (engine->runs[i].snapshots_left && --engine->runs[i].snapshots_left == 0)
            code = run_remove(engine, i, fault);
    return code;
}

static bool is_known(const void *context, uint64_t first_sequence)
{
    const struct engine *engine = context;
    for (size_t i = 0; i < engine->runs_count; i++)
        if (engine->runs[i].first_sequence == first_sequence)
            return true;
    return false;
}

int engine_ids_remove_others(struct engine *engine, struct truc_fault *fault)
{
    int removed = id_run_remove_others(engine->options.disk, engine->directory, is_known, engine, fault);
    if (removed > 0) {
        char text[96];
        (void)snprintf(text, sizeof text, "%d files of ids that nothing counts on were removed", removed);
        engine->options.log(engine->options.log_context, LOG_INFO, text);
    }
    return removed < 0 ? removed : 0;
}
