/* journal_index_lists.c - looking up in the index: the positions behind a key, and where the journal is to be read for one.
 * Knows no messages: what a position holds says journal_index_row.c.
 * Under journal_index_find.c. */
#include "fault.h"
#include "journal_index_private.h"

/* ---- positions ---- */

/* Those of the key, from the end of a block that begins at or before it. True: the block before may hold more. */
static bool take_values(const struct postings *block, uint64_t key, struct postings *out, int *ret_code)
{
    for (size_t i = block->count; *ret_code == 0 && i-- > 0;) {
        if (block->items[i].key < key)
            return false;
        if (block->items[i].key == key)
            *ret_code = postings_add(out, block->items[i].value, 0);
    }
    return *ret_code == 0 && block->items[0].key == key;
}

static int values_in_batch(const struct postings *postings, uint64_t key, struct postings *out)
{
    size_t low = 0, high = postings->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (postings->items[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    int code = 0;
    for (; code == 0 && low < postings->count && postings->items[low].key == key; low++)
        code = postings_add(out, postings->items[low].value, 0);
    return code;
}

int index_values(struct journal_index *index, const struct index_run *run, uint64_t key, struct postings *out,
                 struct truc_fault *fault)
{
    sqlite3_stmt *seek = index->statements[INDEX_SEEK_BLOCK];
    struct postings block = {0};
    uint64_t numbers[] = {run ? (uint64_t)run->id : 0, key, INT64_MAX};
    int code = run ? 0 : values_in_batch(&index->batch.postings, key, out);
    for (bool more = run != NULL; code == 0 && more;) {
        more = false;
        index_bind(seek, numbers, 3);
        int result = sqlite3_step(seek);
        if (result == SQLITE_ROW) {
            const struct posting first = {index_column(seek, 0), index_column(seek, 1)};
            struct bytes content = bytes_of(sqlite3_column_blob(seek, 2), (size_t)sqlite3_column_bytes(seek, 2));
            block.count = 0;
            if (!block_read(content, first, run->first, &block, &code))
                code = index_block_fault(index, fault);
            else if (code == 0)
                more = take_values(&block, key, out, &code) && first.value > 0;
            numbers[2] = first.value - 1;
        } else if (result != SQLITE_DONE) {
            code = index_fault(index, "be read", fault);
        }
        sqlite3_reset(seek);
    }
    postings_free(&block);
    return code == TRUC_E_MEMORY ? fault_set(fault, code, "no memory for a search") : code;
}

/* ---- places ---- */

struct journal_place index_place_near(struct journal_index *index, uint64_t sequence)
{
    const struct index_batch *batch = &index->batch;
    uint64_t number = sequence / INDEX_CHUNK_RECORDS;
    struct journal_place place = {0};
    for (size_t low = 0, high = batch->chunks_count; low < high;) { /* the last chunk that begins at or before it */
        size_t middle = low + (high - low) / 2;
        if (batch->chunks[middle].number <= number) {
            place = batch->chunks[middle].place;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (place.offset > 0 && place.sequence <= sequence)
        return place;
    sqlite3_stmt *get = index->statements[INDEX_GET_CHUNK];
    index_bind(get, &number, 1);
    if (sqlite3_step(get) == SQLITE_ROW) /* without it the journal is searched, which takes longer */
        place = (struct journal_place){index_column(get, 1), index_column(get, 2)};
    sqlite3_reset(get);
    return place.sequence <= sequence ? place : (struct journal_place){0};
}
