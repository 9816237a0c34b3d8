/* journal_index_find.c - answering questions: which positions may hold what is asked for, newest first, until there are enough rows.
 * The rarest thing asked for leads: an id, a person, a dossier; an unusual outcome; else the stretches of the journal in which type,
 * sender and destination all occur. Used by the command line and the console's search. */
#include <stdlib.h>

#include "fault.h"
#include "journal_index_private.h"

const char *journal_index_outcome_name(enum journal_index_outcome outcome)
{
    static const char *const names[] = {"any", "waiting", "done", "dead", "expired", "held", "refused", "discarded"};
    return (size_t)outcome < sizeof(names) / sizeof(names[0]) ? names[outcome] : "unknown";
}

/* ---- positions to look at ---- */

static bool is_in_page(const struct journal_index_query *query, uint64_t sequence)
{
    if (query->before_sequence == 0)
        return true;
    return query->oldest_first ? sequence > query->before_sequence : sequence < query->before_sequence;
}

/* Sorted: the first is the oldest. */
static int candidates_visit(struct index_search *search, struct postings *candidates)
{
    int code = 0;
    postings_sort(candidates);
    for (size_t i = 0; code == 0 && i < candidates->count && search->rows < search->limit; i++) {
        size_t at = search->query->oldest_first ? i : candidates->count - 1 - i;
        if (is_in_page(search->query, candidates->items[at].key))
            code = index_message_visit(search, candidates->items[at].key);
    }
    return code;
}

/* The run in the order of the answer; NULL is the batch, newer than all. */
static const struct index_run *run_at(const struct index_search *search, size_t i)
{
    size_t at = search->query->oldest_first ? i : search->runs_count - i;
    return at < search->runs_count ? &search->runs[at] : NULL;
}

/* Positions of a run are in that run: the newest run holds the newest. */
static int find_by_key(struct index_search *search, enum index_subject subject, struct bytes text)
{
    uint64_t key;
    struct postings candidates = {0};
    int code = index_key(search->index, subject, text, &key);
    for (size_t i = 0; code == 0 && i <= search->runs_count && search->rows < search->limit; i++) {
        candidates.count = 0;
        code = index_values(search->index, run_at(search, i), key, &candidates, search->fault);
        if (code == 0)
            code = candidates_visit(search, &candidates);
    }
    postings_free(&candidates);
    return code;
}

static int values_of_all(struct index_search *search, enum index_subject subject, struct bytes text,
                         struct postings *out)
{
    uint64_t key;
    int code = index_key(search->index, subject, text, &key);
    for (size_t i = 0; code == 0 && i <= search->runs_count; i++)
        code = index_values(search->index, run_at(search, i), key, out, search->fault);
    return code;
}

/* A run may hold what became of a message of any run before it. */
static int find_by_event(struct index_search *search, enum index_subject subject, const char *text)
{
    struct postings candidates = {0};
    int code = values_of_all(search, subject, bytes_string(text), &candidates);
    if (code == 0)
        code = candidates_visit(search, &candidates);
    postings_free(&candidates);
    return code;
}

static int find_waiting(struct index_search *search)
{
    struct journal_index *index = search->index;
    sqlite3_stmt *list = index->statements[INDEX_LIST_WAITING];
    struct postings candidates = {0};
    uint64_t destination =
        search->query->destination.size ? index_destination_hash(index, search->query->destination) : 0;
    int code = 0, result;
    index_bind(list, &destination, 1);
    while ((result = sqlite3_step(list)) == SQLITE_ROW && code == 0)
        code = postings_add(&candidates, index_column(list, 0), 0);
    if (code == 0 && result != SQLITE_DONE)
        code = index_fault(index, "be read", search->fault);
    sqlite3_reset(list);
    for (size_t i = 0; code == 0 && i < index->batch.changes_count; i++)
        if (index->batch.changes[i].waits)
            code = postings_add(&candidates, index->batch.changes[i].message, 0);
    if (code == 0)
        code = candidates_visit(search, &candidates);
    postings_free(&candidates);
    return code;
}

/* ---- stretches of the journal ---- */

struct chunk_search {
    struct index_search *search;
    uint64_t end;
    struct postings candidates;
};

static int chunk_record(void *context, const struct journal_record *record)
{
    struct chunk_search *chunk = context;
    if (record->sequence >= chunk->end)
        return 0;
    return record->kind == RECORD_ACCEPTED || record->kind == RECORD_REFUSED
               ? postings_add(&chunk->candidates, record->sequence, 0)
               : 0;
}

/* Times of the chunk's records, as far as they are known: a chunk of the batch and of the file may be the same. */
static bool chunk_is_in_time(struct index_search *search, uint64_t number)
{
    const struct index_batch *batch = &search->index->batch;
    const struct journal_index_query *query = search->query;
    sqlite3_stmt *get = search->index->statements[INDEX_GET_CHUNK];
    if (query->from_ns == 0 && query->until_ns == 0)
        return true;
    if (batch->chunks_count && number >= batch->chunks[0].number)
        return true; /* few, and each message is asked for its time */
    index_bind(get, &number, 1);
    bool is_known = sqlite3_step(get) == SQLITE_ROW && index_column(get, 0) == number;
    uint64_t first_ns = is_known ? index_column(get, 3) : 0, last_ns = is_known ? index_column(get, 4) : UINT64_MAX;
    sqlite3_reset(get);
    return last_ns >= query->from_ns && (query->until_ns == 0 || first_ns < query->until_ns);
}

static int chunk_visit(struct index_search *search, uint64_t number)
{
    struct chunk_search chunk = {.search = search, .end = (number + 1) * INDEX_CHUNK_RECORDS};
    struct journal_place place = index_place_near(search->index, number * INDEX_CHUNK_RECORDS);
    const struct journal_follow follow = {
        .end = chunk.end < search->index->place.sequence ? chunk.end : search->index->place.sequence,
        .records_max = SIZE_MAX,
        .visit = chunk_record,
        .context = &chunk};
    uint64_t first = number * INDEX_CHUNK_RECORDS;
    if (search->query->before_sequence && (search->query->oldest_first ? chunk.end <= search->query->before_sequence
                                                                       : first >= search->query->before_sequence))
        return 0;
    int code = journal_follow(search->journal, &place, &follow, search->fault);
    for (size_t i = 0, kept = 0; i < chunk.candidates.count; i++) { /* a group may begin in the chunk before */
        if (chunk.candidates.items[i].key >= first)
            chunk.candidates.items[kept++] = chunk.candidates.items[i];
        if (i + 1 == chunk.candidates.count)
            chunk.candidates.count = kept;
    }
    if (code == 0)
        code = candidates_visit(search, &chunk.candidates);
    postings_free(&chunk.candidates);
    return code;
}

/* Chunks in which a facet occurs, each once, ascending. */
static int facet_chunks(struct index_search *search, enum index_subject subject, struct bytes text,
                        struct postings *out)
{
    int code = values_of_all(search, subject, text, out);
    for (size_t i = 0; code == 0 && i < out->count; i++)
        out->items[i].key /= INDEX_CHUNK_RECORDS;
    postings_sort(out);
    return code;
}

static void keep_common(struct postings *chunks, const struct postings *others)
{
    size_t kept = 0;
    for (size_t i = 0, j = 0; i < chunks->count && j < others->count;) {
        if (chunks->items[i].key == others->items[j].key)
            chunks->items[kept++] = chunks->items[i];
        if (chunks->items[i].key <= others->items[j].key)
            i++;
        else
            j++;
    }
    chunks->count = kept;
}

/* 1: in `out` are the only chunks that can hold an answer; 0: none of these was asked for, all can. */
static int chunks_asked(struct index_search *search, struct postings *out)
{
    const struct {
        enum index_subject subject;
        struct bytes text;
    } facets[] = {{INDEX_TYPE, search->query->type},
                  {INDEX_SENDER, search->query->sender},
                  {INDEX_DESTINATION, search->query->destination}};
    bool is_any = true;
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof(facets) / sizeof(facets[0]); i++) {
        struct postings chunks = {0};
        if (facets[i].text.size == 0)
            continue;
        code = facet_chunks(search, facets[i].subject, facets[i].text, is_any ? out : &chunks);
        if (!is_any)
            keep_common(out, &chunks);
        postings_free(&chunks);
        is_any = false;
    }
    return code < 0 ? code : !is_any;
}

static int find_by_chunk(struct index_search *search)
{
    struct postings chunks = {0};
    int some = chunks_asked(search, &chunks), code = some < 0 ? some : 0;
    uint64_t all = (search->index->place.sequence + INDEX_CHUNK_RECORDS - 1) / INDEX_CHUNK_RECORDS;
    uint64_t count = some ? chunks.count : all;
    for (uint64_t i = 0; code == 0 && i < count && search->rows < search->limit; i++) {
        uint64_t at = search->query->oldest_first ? i : count - 1 - i;
        uint64_t number = some ? chunks.items[at].key : at;
        if (chunk_is_in_time(search, number))
            code = chunk_visit(search, number);
    }
    postings_free(&chunks);
    return code;
}

/* ---- the question ---- */

static int find(struct index_search *search)
{
    const struct journal_index_query *query = search->query;
    const struct {
        enum index_subject subject;
        struct bytes text;
    } keys[] = {{INDEX_ID, query->id},
                {INDEX_CORRELATION, query->correlation},
                {INDEX_PERSON, query->person},
                {INDEX_SUBJECT, query->subject},
                {INDEX_DOSSIER, query->dossier}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].text.size > 0)
            return find_by_key(search, keys[i].subject, keys[i].text);
    if (query->shown)
        return find_by_event(search, INDEX_SHOWN, "shown");
    if (query->outcome == INDEX_OUTCOME_WAITING)
        return find_waiting(search);
    if (query->outcome != INDEX_OUTCOME_ANY && query->outcome != INDEX_OUTCOME_DONE)
        return find_by_event(search, INDEX_OUTCOME, journal_index_outcome_name(query->outcome));
    return find_by_chunk(search);
}

int journal_index_find(struct journal_index *index, struct journal *journal, const struct journal_index_query *query,
                       int (*visit)(void *context, const struct journal_index_row *row), void *context,
                       struct truc_fault *fault)
{
    struct index_search search = {
        .index = index,
        .journal = journal,
        .query = query,
        .runs = malloc(INDEX_RUNS_MAX * sizeof(struct index_run)),
        .visit = visit,
        .context = context,
        .limit = query->limit > 0 && query->limit < JOURNAL_INDEX_FOUND_MAX ? query->limit : JOURNAL_INDEX_FOUND_MAX,
        .fault = fault,
    };
    int code = search.runs ? index_runs_list(index, search.runs, INDEX_RUNS_MAX, fault)
                           : fault_set(fault, TRUC_E_MEMORY, "no memory for a search");
    if (code >= 0) {
        search.runs_count = (size_t)code;
        code = find(&search);
    }
    if (code == TRUC_E_MEMORY)
        fault_set(fault, code, "no memory for a search");
    free(search.runs);
    postings_free(&search.values);
    buffer_free(&search.record);
    buffer_free(&search.about);
    buffer_free(&search.texts);
    return code != 0 ? code : (int)search.rows;
}
