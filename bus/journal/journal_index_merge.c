/* journal_index_merge.c - few runs of many: neighbours of about one size become one, a step at a time, so that what comes meanwhile is
 * taken in between. Readers see the old runs until the new one is whole; what a crash leaves half done is removed.
 * Called by who fills the index, when there is time. */
#include <stdlib.h>

#include "fault.h"
#include "journal_index_private.h"

struct merge_input {
    struct index_run run;
    struct postings block; /* the one being read */
    size_t at;
    bool is_done;
};

struct index_merge {
    struct index_run run; /* that is made */
    struct block_writer writer;
    struct merge_input inputs[INDEX_MERGED_RUNS_MAX];
    size_t inputs_count;
    struct posting last; /* written */
    bool has_last;
};

void index_merge_free(struct index_merge *merge)
{
    if (merge == NULL)
        return;
    for (size_t i = 0; i < merge->inputs_count; i++)
        postings_free(&merge->inputs[i].block);
    buffer_free(&merge->writer.content);
    free(merge);
}

/* ---- choosing ---- */

static unsigned level_of(const struct index_run *run)
{
    unsigned level = 0;
    for (uint64_t postings = run->postings; postings >= INDEX_LEVEL_POSTINGS; postings /= INDEX_LEVEL_RUNS)
        level++;
    return level;
}

/* How many of the newest runs are to become one: those not above the lowest level of which there are enough. 0: none. */
static size_t choose(const struct index_run *runs, size_t count)
{
    for (unsigned level = 0; level < 64; level++) {
        size_t stretch = 0, of_level = 0;
        while (stretch < count && stretch < INDEX_MERGED_RUNS_MAX) {
            const struct index_run *run = &runs[count - 1 - stretch];
            if (run->postings >= INDEX_RUN_POSTINGS_MAX || level_of(run) > level)
                break;
            of_level += level_of(run) == level;
            stretch++;
        }
        if (of_level >= INDEX_LEVEL_RUNS)
            return stretch;
        if (stretch == count)
            break;
    }
    return 0;
}

static int merge_begin(struct journal_index *index, const struct index_run *runs, size_t count,
                       struct truc_fault *fault)
{
    struct index_merge *merge = calloc(1, sizeof(*merge));
    if (merge == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to tidy the search index");
    merge->run = (struct index_run){.id = index_run_id_next(index),
                                    .first = runs[0].first,
                                    .next = runs[count - 1].next,
                                    .about_first = UINT64_MAX};
    for (size_t i = 0; i < count; i++) {
        merge->inputs[i].run = runs[i];
        if (runs[i].about_first > runs[i].about_last)
            continue;
        if (runs[i].about_first < merge->run.about_first)
            merge->run.about_first = runs[i].about_first;
        if (runs[i].about_last > merge->run.about_last)
            merge->run.about_last = runs[i].about_last;
    }
    merge->inputs_count = count;
    block_begin(&merge->writer, merge->run.first);
    int code =
        merge->run.id < 0 ? index_fault(index, "be read", fault) : index_run_put(index, &merge->run, RUN_BEGUN, fault);
    if (code < 0) {
        index_merge_free(merge);
        return code;
    }
    index->merge = merge;
    return 1;
}

/* ---- a step ---- */

/* The input's next block, when it has read the one before. */
static int input_fill(struct journal_index *index, struct merge_input *input, struct truc_fault *fault)
{
    sqlite3_stmt *next = index->statements[INDEX_NEXT_BLOCK];
    if (input->is_done || input->at < input->block.count)
        return 0;
    const struct posting *last = input->block.count ? &input->block.items[input->block.count - 1] : NULL;
    const uint64_t numbers[] = {(uint64_t)input->run.id, last ? last->key : 0, last ? last->value : 0};
    index_bind(next, numbers, 3);
    int result = sqlite3_step(next), code = 0;
    input->at = input->block.count = 0;
    if (result == SQLITE_ROW) {
        struct bytes content = bytes_of(sqlite3_column_blob(next, 2), (size_t)sqlite3_column_bytes(next, 2));
        const struct posting first = {index_column(next, 0), index_column(next, 1)};
        if (!block_read(content, first, input->run.first, &input->block, &code))
            code = index_block_fault(index, fault);
        else if (code < 0)
            fault_set(fault, code, "no memory to tidy the search index");
    } else if (result == SQLITE_DONE) {
        input->is_done = true;
    } else {
        code = index_fault(index, "be read", fault);
    }
    sqlite3_reset(next);
    return code;
}

/* The least posting of all inputs; NULL when there is none left. */
static struct merge_input *least(struct index_merge *merge)
{
    struct merge_input *least = NULL;
    for (size_t i = 0; i < merge->inputs_count; i++) {
        struct merge_input *input = &merge->inputs[i];
        if (!input->is_done &&
            (least == NULL || posting_is_before(input->block.items[input->at], least->block.items[least->at])))
            least = input;
    }
    return least;
}

static int finish(struct journal_index *index, struct truc_fault *fault)
{
    struct index_merge *merge = index->merge;
    int code = merge->writer.count ? index_block_put(index, merge->run.id, &merge->writer, fault) : 0;
    for (size_t i = 0; code == 0 && i < merge->inputs_count; i++) {
        const uint64_t numbers[] = {(uint64_t)merge->inputs[i].run.id, RUN_LEFT};
        code = index_run_statement(index, INDEX_SET_RUN, numbers, 2, fault);
    }
    return code < 0 ? code : index_run_put(index, &merge->run, RUN_WHOLE, fault);
}

static int merge_step(struct journal_index *index, bool *ret_finished, struct truc_fault *fault)
{
    struct index_merge *merge = index->merge;
    int code = 0;
    for (size_t i = 0; code == 0 && i < merge->inputs_count; i++)
        code = input_fill(index, &merge->inputs[i], fault);
    for (size_t blocks = 0; code == 0 && blocks < INDEX_STEP_BLOCKS;) {
        struct merge_input *input = least(merge);
        if (input == NULL) {
            *ret_finished = true;
            return finish(index, fault);
        }
        struct posting posting = input->block.items[input->at++];
        if (!merge->has_last || posting_is_before(merge->last, posting)) {
            block_put(&merge->writer, posting);
            merge->run.postings++;
            merge->last = posting;
            merge->has_last = true;
        }
        if (block_is_full(&merge->writer)) {
            code = index_block_put(index, merge->run.id, &merge->writer, fault);
            block_begin(&merge->writer, merge->run.first);
            blocks++;
        }
        if (code == 0)
            code = input_fill(index, input, fault);
    }
    return code;
}

/* ---- removing ---- */

/* Some blocks of a run that is left. 1: did something; 0: there is none. */
static int remove_some(struct journal_index *index, struct truc_fault *fault)
{
    sqlite3_stmt *list = index->statements[INDEX_LIST_RUNS];
    uint64_t numbers[] = {RUN_LEFT, INDEX_STEP_BLOCKS};
    index_bind(list, numbers, 1);
    int result = sqlite3_step(list);
    if (result == SQLITE_ROW)
        numbers[0] = index_column(list, 0);
    int code = result == SQLITE_ROW || result == SQLITE_DONE ? 0 : index_fault(index, "be read", fault);
    sqlite3_reset(list);
    if (result != SQLITE_ROW)
        return code;
    code = index_run_statement(index, INDEX_DROP_BLOCKS, numbers, 2, fault);
    if (code == 0 && sqlite3_changes(index->database) < INDEX_STEP_BLOCKS)
        code = index_run_statement(index, INDEX_DROP_RUN, numbers, 1, fault);
    return code < 0 ? code : 1;
}

static int choose_and_begin(struct journal_index *index, struct truc_fault *fault)
{
    struct index_run *runs = malloc(INDEX_RUNS_MAX * sizeof(*runs));
    if (runs == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to tidy the search index");
    int code = index_runs_list(index, runs, INDEX_RUNS_MAX, fault);
    if (code > 0) {
        size_t count = choose(runs, (size_t)code);
        code = count ? merge_begin(index, runs + (size_t)code - count, count, fault) : 0;
    }
    free(runs);
    return code;
}

static int tidy(struct journal_index *index, bool *ret_finished, struct truc_fault *fault)
{
    int code = index->merge ? merge_step(index, ret_finished, fault) : remove_some(index, fault);
    if (code == 0 && index->merge == NULL)
        return choose_and_begin(index, fault);
    return code < 0 ? code : 1;
}

int journal_index_tidy(struct journal_index *index, struct truc_fault *fault)
{
    bool is_finished = false;
    int code = index_execute(index, "BEGIN IMMEDIATE", fault);
    if (code < 0)
        return code;
    code = tidy(index, &is_finished, fault);
    if (code >= 0 && index_execute(index, "COMMIT", fault) < 0)
        code = TRUC_E_IO;
    if (code < 0)
        sqlite3_exec(index->database, "ROLLBACK", NULL, NULL, NULL); /* the first failure is the one to tell */
    if (code < 0 || is_finished) {
        /* After a failure what was begun is no longer known here: it is removed by who opens the index next. */
        index_merge_free(index->merge);
        index->merge = NULL;
    }
    return code;
}
