/* journal_index_private.h - the search index's inside, shared by its source files (docs/journal-format.md, "The search index").
 * Not an interface: journal_index.h is. Below it are postings, beside it the journal; what is stored are SQLite's rows.
 * A change of what rows mean raises INDEX_SCHEMA_VERSION; older files are then emptied and filled again. */
#ifndef TRUC_JOURNAL_INDEX_PRIVATE_H
#define TRUC_JOURNAL_INDEX_PRIVATE_H

#include <sqlite3.h>

#include "header.h"
#include "journal_index.h"
#include "journal_index_postings.h"
#include "record.h"

enum {
    INDEX_SCHEMA_VERSION = 3,
    INDEX_BUSY_TIMEOUT_MS = 5000,
    INDEX_HASH_KEY_BYTES = 16,
    INDEX_CHUNK_RECORDS = 512, /* what is in nearly every message (type, systems) is noted once for so many records */
    INDEX_FACETS_SEEN = 4096,  /* of a batch, remembered so that they are noted once */
    INDEX_LEVEL_RUNS = 8,      /* runs of about one size become one */
    INDEX_LEVEL_POSTINGS =
        4096, /* runs of fewer are all of the lowest level; a level is INDEX_LEVEL_RUNS times the one below */
    INDEX_MERGED_RUNS_MAX = 64,
    INDEX_STEP_BLOCKS = 64,                    /* written, or removed, by one journal_index_tidy() */
    INDEX_RUN_POSTINGS_MAX = 64 * 1024 * 1024, /* runs from here on are left as they are */
    INDEX_RUNS_MAX = 4096,
};

/* What a hashed key is of. Part of what is hashed, so numbers stay. */
enum index_subject {
    INDEX_ID = 1,
    INDEX_SUBJECT,
    INDEX_DOSSIER,
    INDEX_CORRELATION,
    INDEX_PERSON,
    INDEX_TYPE,        /* a facet: one posting for a chunk */
    INDEX_SENDER,      /* likewise */
    INDEX_DESTINATION, /* likewise */
    INDEX_OUTCOME,     /* "dead" …: messages that ever had it; not for waiting and done */
    INDEX_SHOWN,
};

enum index_statement {
    INDEX_PUT_STATE,
    INDEX_GET_STATE,
    INDEX_PUT_BLOCK,
    INDEX_SEEK_BLOCK,
    INDEX_NEXT_BLOCK,
    INDEX_DROP_BLOCKS,
    INDEX_PUT_RUN,
    INDEX_LIST_RUNS,
    INDEX_SET_RUN,
    INDEX_DROP_RUN,
    INDEX_PUT_WAITING,
    INDEX_DROP_WAITING,
    INDEX_LIST_WAITING,
    INDEX_PUT_CHUNK,
    INDEX_GET_CHUNK,
    INDEX_STATEMENT_COUNT,
};

enum index_run_state { RUN_WHOLE = 1, RUN_BEGUN = 2, RUN_LEFT = 3 /* to be removed */ };

/* Sorted postings in blocks. The records of a run are those of no other. */
struct index_run {
    int64_t id;
    uint64_t first, next;             /* its records: first <= sequence < next */
    uint64_t about_first, about_last; /* messages that its records say something about; first > last: none */
    uint64_t postings;
};

/* A delivery begins to wait, or no longer waits. Destination 0: every one of the message. */
struct waiting_change {
    uint64_t message;
    uint32_t destination; /* hash */
    uint32_t order;       /* in the batch */
    bool waits;
};

struct index_chunk {
    uint64_t number;
    struct journal_place place; /* of the group with its first record */
    uint64_t first_ns, last_ns; /* times of its records */
};

/* Records taken in and not yet stored: the newest run, in memory. */
struct index_batch {
    struct index_run run;
    struct postings postings;
    struct waiting_change *changes;
    size_t changes_count, changes_capacity;
    struct index_chunk *chunks;
    size_t chunks_count, chunks_capacity;
    struct posting *facets_seen;
};

struct index_merge;

struct journal_index {
    sqlite3 *database;
    sqlite3_stmt *statements[INDEX_STATEMENT_COUNT];
    char path[DISK_PATH_BYTES_MAX];
    bool is_read_only, is_damaged, starts_over;
    struct journal_place place; /* the next record to take in */
    uint64_t time_ns;           /* of the one before it */
    struct sha256_digest last_leaf;
    char bus_id[JOURNAL_BUS_ID_BYTES_MAX + 1];
    uint8_t hash_key[INDEX_HASH_KEY_BYTES];
    struct index_batch batch;
    struct index_merge *merge; /* under way, or NULL */
    struct buffer text;
    struct truc_fault *fault; /* while records are taken in: where the visitor puts its reason */
};

/* ---- journal_index.c ---- */

/* Sets TRUC_E_IO with SQLite's reason, and remembers whether the file is damaged. */
int index_fault(struct journal_index *index, const char *doing, struct truc_fault *fault);
int index_block_fault(struct journal_index *index, struct truc_fault *fault); /* a block's checksum does not hold */
int index_execute(struct journal_index *index, const char *sql, struct truc_fault *fault);
/* Binds numbers to places 1.., runs a statement that gives no rows. */
int index_run_statement(struct journal_index *index, enum index_statement statement, const uint64_t *numbers,
                        size_t count, struct truc_fault *fault);
void index_bind(sqlite3_stmt *statement, const uint64_t *numbers, size_t count);
static inline uint64_t index_column(sqlite3_stmt *statement, int column)
{
    return (uint64_t)sqlite3_column_int64(statement, column);
}
/* The whole runs, oldest first. How many, at most `max`. */
int index_runs_list(struct journal_index *index, struct index_run *ret_runs, size_t max, struct truc_fault *fault);
int index_run_put(struct journal_index *index, const struct index_run *run, enum index_run_state state,
                  struct truc_fault *fault);
int index_block_put(struct journal_index *index, int64_t run, struct block_writer *writer, struct truc_fault *fault);
int64_t index_run_id_next(struct journal_index *index);
/* The key of a text, masked; of a person's hash. */
int index_key(struct journal_index *index, enum index_subject subject, struct bytes text, uint64_t *ret_key);
uint32_t index_destination_hash(const struct journal_index *index, struct bytes destination); /* never 0 */

/* ---- journal_index_take.c: records to postings ---- */

int index_take(void *context, const struct journal_record *record); /* a visitor; context: the index */
void index_batch_begin(struct journal_index *index);                /* empty, from the index's place on */
void index_batch_free(struct index_batch *batch);

/* ---- journal_index_store.c: a batch becomes a run ---- */

int index_batch_store(struct journal_index *index, struct truc_fault *fault);

/* ---- journal_index_merge.c ---- */

void index_merge_free(struct index_merge *merge);

/* ---- journal_index_lists.c: looking up ---- */

/* Appends the values of a key in one run (NULL: in the batch), in no order. */
int index_values(struct journal_index *index, const struct index_run *run, uint64_t key, struct postings *out,
                 struct truc_fault *fault);
/* Where the search for a record's group begins. */
struct journal_place index_place_near(struct journal_index *index, uint64_t sequence);

/* ---- journal_index_row.c: one message from the journal ---- */

struct index_search {
    struct journal_index *index;
    struct journal *journal;
    const struct journal_index_query *query;
    struct index_run *runs; /* oldest first; the batch is not among them */
    size_t runs_count;
    int (*visit)(void *context, const struct journal_index_row *row);
    void *context;
    size_t rows, limit;
    struct buffer record, about, texts;
    struct postings values;
    struct truc_fault *fault;
};
/* Reads the message at that position, and what later records say of it; visits its rows that fit. 0, the visitor's stop, or negative.
 * What is no message that fits is passed over. */
int index_message_visit(struct index_search *search, uint64_t sequence);

#endif
