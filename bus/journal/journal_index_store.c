/* journal_index_store.c - a batch becomes rows: a run of blocks, chunks, and which deliveries wait.
 * All in the transaction of its caller, in ascending order where the table is large: SQLite then appends.
 * After journal_index_take.c; see journal_index_private.h. */
#include <stdlib.h>

#include "fault.h"
#include "journal_index_private.h"

/* ---- runs and blocks ---- */

int index_runs_list(struct journal_index *index, struct index_run *ret_runs, size_t max, struct truc_fault *fault)
{
    sqlite3_stmt *list = index->statements[INDEX_LIST_RUNS];
    const uint64_t state = RUN_WHOLE;
    size_t count = 0;
    int result, code = 0;
    index_bind(list, &state, 1);
    while ((result = sqlite3_step(list)) == SQLITE_ROW && count < max)
        ret_runs[count++] = (struct index_run){.id = sqlite3_column_int64(list, 0),
                                               .first = index_column(list, 1),
                                               .next = index_column(list, 2),
                                               .about_first = index_column(list, 3),
                                               .about_last = index_column(list, 4),
                                               .postings = index_column(list, 5)};
    if (result == SQLITE_ROW)
        code = fault_set(fault, TRUC_E_LIMIT, "the search index has more than %zu runs", max);
    else if (result != SQLITE_DONE)
        code = index_fault(index, "be read", fault);
    sqlite3_reset(list);
    return code < 0 ? code : (int)count;
}

int64_t index_run_id_next(struct journal_index *index)
{
    sqlite3_stmt *statement = NULL;
    int64_t id = -1;
    if (sqlite3_prepare_v2(index->database, "SELECT coalesce(max(id), 0) + 1 FROM run", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        id = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return id;
}

int index_run_put(struct journal_index *index, const struct index_run *run, enum index_run_state state,
                  struct truc_fault *fault)
{
    bool has_about = run->about_first <= run->about_last;
    const uint64_t numbers[] = {(uint64_t)run->id,
                                state,
                                run->first,
                                run->next,
                                has_about ? run->about_first : 1,
                                has_about ? run->about_last : 0,
                                run->postings};
    return index_run_statement(index, INDEX_PUT_RUN, numbers, sizeof(numbers) / sizeof(numbers[0]), fault);
}

int index_block_put(struct journal_index *index, int64_t run, struct block_writer *writer, struct truc_fault *fault)
{
    sqlite3_stmt *put = index->statements[INDEX_PUT_BLOCK];
    struct bytes content = block_end(writer);
    if (buffer_failed(&writer->content))
        return fault_set(fault, buffer_failed(&writer->content), "no memory for the search index");
    if (sqlite3_bind_blob64(put, 4, content.data, content.size, SQLITE_TRANSIENT) != SQLITE_OK)
        return index_fault(index, "take a block in", fault);
    const uint64_t numbers[] = {(uint64_t)run, writer->first.key, writer->first.value};
    return index_run_statement(index, INDEX_PUT_BLOCK, numbers, 3, fault);
}

static int run_store(struct journal_index *index, struct truc_fault *fault)
{
    struct index_batch *batch = &index->batch;
    struct block_writer writer = {.count = 0};
    int code = 0;
    postings_sort(&batch->postings);
    batch->run.postings = batch->postings.count;
    batch->run.id = index_run_id_next(index);
    if (batch->run.id < 0)
        return index_fault(index, "be read", fault);
    block_begin(&writer, batch->run.first);
    for (size_t i = 0; code == 0 && i < batch->postings.count; i++) {
        block_put(&writer, batch->postings.items[i]);
        if (!block_is_full(&writer) && i + 1 < batch->postings.count)
            continue;
        code = index_block_put(index, batch->run.id, &writer, fault);
        block_begin(&writer, batch->run.first);
    }
    buffer_free(&writer.content);
    return code < 0 ? code : index_run_put(index, &batch->run, RUN_WHOLE, fault);
}

/* ---- what waits ---- */

static int change_order(const void *a, const void *b)
{
    const struct waiting_change *left = a, *right = b;
    if (left->message != right->message)
        return left->message < right->message ? -1 : 1;
    return (left->order > right->order) - (left->order < right->order);
}

/* Whether a later change of the same message speaks of the same delivery, so that this one does not matter. */
static bool is_superseded(const struct waiting_change *changes, size_t count)
{
    for (size_t i = 1; i < count && changes[i].message == changes[0].message; i++)
        if (changes[i].destination == changes[0].destination || (changes[i].destination == 0 && !changes[i].waits))
            return true;
    return false;
}

/* In the order of messages; nearly all began to wait in this batch and have ended: those leave no row. */
static int changes_store(struct journal_index *index, struct truc_fault *fault)
{
    struct index_batch *batch = &index->batch;
    int code = 0;
    if (batch->changes_count)
        qsort(batch->changes, batch->changes_count, sizeof(batch->changes[0]), change_order);
    for (size_t i = 0; code == 0 && i < batch->changes_count; i++) {
        const struct waiting_change *change = &batch->changes[i];
        const uint64_t numbers[] = {change->message, change->destination};
        if (is_superseded(change, batch->changes_count - i) || (!change->waits && change->message >= batch->run.first))
            continue;
        code = index_run_statement(index, change->waits ? INDEX_PUT_WAITING : INDEX_DROP_WAITING, numbers, 2, fault);
    }
    return code;
}

static int chunks_store(struct journal_index *index, struct truc_fault *fault)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < index->batch.chunks_count; i++) {
        const struct index_chunk *chunk = &index->batch.chunks[i];
        const uint64_t numbers[] = {chunk->number, chunk->place.sequence, chunk->place.offset, chunk->first_ns,
                                    chunk->last_ns};
        code = index_run_statement(index, INDEX_PUT_CHUNK, numbers, 5, fault);
    }
    return code;
}

int index_batch_store(struct journal_index *index, struct truc_fault *fault)
{
    int code = run_store(index, fault);
    if (code == 0)
        code = changes_store(index, fault);
    return code < 0 ? code : chunks_store(index, fault);
}
