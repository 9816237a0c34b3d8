/* journal_index.c - the search index as a file: opened, found damaged, emptied, and brought up to the journal's end.
 * Not what is in it: journal_index_take.c. Not how it is asked: journal_index_find.c.
 * Its tables are described in docs/journal-format.md, "The search index". */
#include "journal_index.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "fault.h"
#include "journal_index_private.h"

/* A page holds a block. What waits in the log is written through in one go: each of these is a sync that the journal's disk feels. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS state(only INTEGER PRIMARY KEY CHECK(only = 1), next INTEGER, offset INTEGER,"
    " time_ns INTEGER, leaf BLOB, bus TEXT, hash_key BLOB);"
    "CREATE TABLE IF NOT EXISTS run(id INTEGER PRIMARY KEY, state INTEGER, first INTEGER, next INTEGER,"
    " about_first INTEGER, about_last INTEGER, postings INTEGER);"
    "CREATE TABLE IF NOT EXISTS block(run INTEGER, key INTEGER, value INTEGER, content BLOB);"
    "CREATE INDEX IF NOT EXISTS block_first ON block(run, key, value);"
    "CREATE TABLE IF NOT EXISTS waiting(message INTEGER, destination INTEGER, PRIMARY KEY(message, destination))"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS chunk(number INTEGER PRIMARY KEY, sequence INTEGER, offset INTEGER, first_ns INTEGER,"
    " last_ns INTEGER);";
static const char tables_drop[] =
    "DROP TABLE IF EXISTS state; DROP TABLE IF EXISTS run; DROP TABLE IF EXISTS block; DROP TABLE IF EXISTS waiting;"
    "DROP TABLE IF EXISTS chunk; DROP TABLE IF EXISTS message; DROP TABLE IF EXISTS delivery;";

static const char *const statements[INDEX_STATEMENT_COUNT] = {
    [INDEX_PUT_STATE] = "INSERT OR REPLACE INTO state(only, next, offset, time_ns, leaf, bus, hash_key)"
                        " VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6)",
    [INDEX_GET_STATE] = "SELECT next, offset, time_ns, leaf, bus, hash_key FROM state",
    [INDEX_PUT_BLOCK] = "INSERT INTO block(run, key, value, content) VALUES(?1, ?2, ?3, ?4)",
    [INDEX_SEEK_BLOCK] = "SELECT key, value, content FROM block WHERE run = ?1 AND (key, value) <= (?2, ?3)"
                         " ORDER BY key DESC, value DESC LIMIT 1",
    [INDEX_NEXT_BLOCK] = "SELECT key, value, content FROM block WHERE run = ?1 AND (key, value) > (?2, ?3)"
                         " ORDER BY key, value LIMIT 1",
    [INDEX_DROP_BLOCKS] = "DELETE FROM block WHERE rowid IN (SELECT rowid FROM block WHERE run = ?1 LIMIT ?2)",
    [INDEX_PUT_RUN] = "INSERT OR REPLACE INTO run(id, state, first, next, about_first, about_last, postings)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [INDEX_LIST_RUNS] =
        "SELECT id, first, next, about_first, about_last, postings FROM run WHERE state = ?1 ORDER BY first",
    [INDEX_SET_RUN] = "UPDATE run SET state = ?2 WHERE id = ?1",
    [INDEX_DROP_RUN] = "DELETE FROM run WHERE id = ?1",
    [INDEX_PUT_WAITING] = "INSERT OR REPLACE INTO waiting(message, destination) VALUES(?1, ?2)",
    [INDEX_DROP_WAITING] = "DELETE FROM waiting WHERE message = ?1 AND (?2 = 0 OR destination = ?2)",
    [INDEX_LIST_WAITING] = "SELECT DISTINCT message FROM waiting WHERE ?1 = 0 OR destination IN (?1, 0)",
    [INDEX_PUT_CHUNK] = "INSERT INTO chunk(number, sequence, offset, first_ns, last_ns) VALUES(?1, ?2, ?3, ?4, ?5)"
                        " ON CONFLICT(number) DO UPDATE SET first_ns = min(first_ns, excluded.first_ns),"
                        " last_ns = max(last_ns, excluded.last_ns)",
    [INDEX_GET_CHUNK] = "SELECT number, sequence, offset, first_ns, last_ns FROM chunk WHERE number <= ?1"
                        " ORDER BY number DESC LIMIT 1",
};

/* ---- SQLite ---- */

int index_fault(struct journal_index *index, const char *doing, struct truc_fault *fault)
{
    int result = sqlite3_errcode(index->database) & 0xff;
    index->is_damaged |= result == SQLITE_CORRUPT || result == SQLITE_NOTADB;
    return fault_set(fault, TRUC_E_IO, "the search index can't %s: %s", doing, sqlite3_errmsg(index->database));
}

int index_block_fault(struct journal_index *index, struct truc_fault *fault)
{
    index->is_damaged = true;
    return fault_set(fault, TRUC_E_IO, "the search index is damaged: a block's checksum does not hold");
}

int index_execute(struct journal_index *index, const char *sql, struct truc_fault *fault)
{
    return sqlite3_exec(index->database, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                             : index_fault(index, "be changed", fault);
}

void index_bind(sqlite3_stmt *statement, const uint64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) /* fails only on wrong places, which the tests would see */
        sqlite3_bind_int64(statement, (int)i + 1, (sqlite3_int64)numbers[i]);
}

int index_run_statement(struct journal_index *index, enum index_statement statement, const uint64_t *numbers,
                        size_t count, struct truc_fault *fault)
{
    sqlite3_stmt *prepared = index->statements[statement];
    index_bind(prepared, numbers, count);
    int result = sqlite3_step(prepared);
    int code = result == SQLITE_DONE ? 0 : index_fault(index, "be changed", fault);
    sqlite3_reset(prepared);
    return code;
}

/* ---- state ---- */

static void state_clear(struct journal_index *index)
{
    index->place = (struct journal_place){0};
    index->time_ns = 0;
    index->bus_id[0] = '\0';
}

static int state_load(struct journal_index *index, struct truc_fault *fault)
{
    sqlite3_stmt *get = index->statements[INDEX_GET_STATE];
    int result = sqlite3_step(get), code = 0;
    state_clear(index);
    if (result == SQLITE_ROW) {
        const unsigned char *bus = sqlite3_column_text(get, 4);
        index->place = (struct journal_place){index_column(get, 0), index_column(get, 1)};
        index->time_ns = index_column(get, 2);
        sqlite3_snprintf(sizeof(index->bus_id), index->bus_id, "%s", bus ? (const char *)bus : "");
        if (sqlite3_column_bytes(get, 3) == SHA256_BYTES && sqlite3_column_bytes(get, 5) == INDEX_HASH_KEY_BYTES) {
            memcpy(index->last_leaf.bytes, sqlite3_column_blob(get, 3), SHA256_BYTES);
            memcpy(index->hash_key, sqlite3_column_blob(get, 5), INDEX_HASH_KEY_BYTES);
        } else {
            index->is_damaged = true;
            code = fault_set(fault, TRUC_E_IO, "the search index is damaged: its state is not whole");
        }
    } else if (result != SQLITE_DONE) {
        code = index_fault(index, "be read", fault);
    }
    sqlite3_reset(get);
    return code;
}

static int state_put(struct journal_index *index, const char *bus_id, struct truc_fault *fault)
{
    sqlite3_stmt *put = index->statements[INDEX_PUT_STATE];
    const uint64_t numbers[] = {index->place.sequence, index->place.offset, index->time_ns};
    if (sqlite3_bind_blob(put, 4, index->last_leaf.bytes, SHA256_BYTES, SQLITE_TRANSIENT) != SQLITE_OK ||
        sqlite3_bind_text(put, 5, bus_id, -1, SQLITE_TRANSIENT) != SQLITE_OK ||
        sqlite3_bind_blob(put, 6, index->hash_key, INDEX_HASH_KEY_BYTES, SQLITE_TRANSIENT) != SQLITE_OK)
        return index_fault(index, "remember its place", fault);
    sqlite3_snprintf(sizeof(index->bus_id), index->bus_id, "%s", bus_id);
    return index_run_statement(index, INDEX_PUT_STATE, numbers, 3, fault);
}

/* ---- opening ---- */

static int version_get(struct journal_index *index)
{
    sqlite3_stmt *statement = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(index->database, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

static int tables_make(struct journal_index *index, struct truc_fault *fault)
{
    char version[64];
    sqlite3_snprintf(sizeof(version), version, "PRAGMA user_version = %d", INDEX_SCHEMA_VERSION);
    int found = version_get(index), code = 0;
    if (found < 0)
        return index_fault(index, "be read", fault);
    if (index->is_read_only)
        return found == INDEX_SCHEMA_VERSION
                   ? 0
                   : fault_set(fault, TRUC_E_NOT_FOUND, "there is no search index of this version");
    code = index_execute(
        index, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8192", fault);
    if (code == 0 && found != 0 && found != INDEX_SCHEMA_VERSION)
        code = index_execute(index, tables_drop, fault);
    if (code == 0)
        code = index_execute(index, schema, fault);
    return code == 0 ? index_execute(index, version, fault) : code;
}

/* A reader sees one state of the index as long as it is open. What another left half done is to be removed. */
static int begin(struct journal_index *index, struct truc_fault *fault)
{
    if (index->is_read_only)
        return index_execute(index, "BEGIN", fault);
    char sql[96];
    sqlite3_snprintf(sizeof(sql), sql, "UPDATE run SET state = %d WHERE state = %d", RUN_LEFT, RUN_BEGUN);
    return index_execute(index, sql, fault);
}

static int database_open(struct journal_index *index, const char *path, struct truc_fault *fault)
{
    /* SQLite reads a file with a write-ahead log only where it may write beside it; without such a log it is told that nothing changes. */
    char log[DISK_PATH_BYTES_MAX + 8], *uri = NULL;
    sqlite3_snprintf(sizeof(log), log, "%s-wal", path);
    int flags = index->is_read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    bool is_alone = index->is_read_only && access(log, F_OK) < 0;
    if (is_alone)
        uri = sqlite3_mprintf("file:%s?immutable=1",
                              path); /* paths of journals hold no "?", "%" or "#", or are refused below */
    if (is_alone && (uri == NULL || strpbrk(path, "?%#")))
        is_alone = false;
    int result = sqlite3_open_v2(is_alone ? uri : path, &index->database,
                                 flags | (is_alone ? SQLITE_OPEN_URI : 0) | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_free(uri);
    if (result == SQLITE_OK)
        return 0;
    if (index->is_read_only && result == SQLITE_CANTOPEN)
        return fault_set(fault, TRUC_E_NOT_FOUND, "there is no search index '%s'", path);
    return index->database ? index_fault(index, "be opened", fault)
                           : fault_set(fault, TRUC_E_MEMORY, "no memory for the search index");
}

static int try_open(const char *path, unsigned flags, struct journal_index **ret_index, bool *ret_damaged,
                    struct truc_fault *fault)
{
    struct journal_index *index = calloc(1, sizeof(*index));
    if (index == NULL || strlen(path) >= sizeof(index->path)) {
        free(index);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the search index");
    }
    memcpy(index->path, path, strlen(path) + 1);
    index->is_read_only = flags & JOURNAL_INDEX_READ_ONLY;
    randombytes_buf(index->hash_key, sizeof(index->hash_key));
    int code = database_open(index, path[0] ? path : ":memory:", fault);
    if (code == 0) {
        sqlite3_busy_timeout(index->database, INDEX_BUSY_TIMEOUT_MS);
        code = tables_make(index, fault);
    }
    if (code == 0)
        code = begin(index, fault);
    for (size_t i = 0; code == 0 && i < INDEX_STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(index->database, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &index->statements[i],
                               NULL) != SQLITE_OK)
            code = index_fault(index, "be prepared", fault);
    }
    if (code == 0)
        code = state_load(index, fault);
    *ret_damaged = index->is_damaged;
    if (code < 0) {
        journal_index_close(index);
        return code;
    }
    *ret_index = index;
    return 0;
}

int journal_index_open(const char *path, unsigned flags, struct journal_index **ret_index, struct truc_fault *fault)
{
    bool was_damaged = false, again;
    int code = try_open(path, flags, ret_index, &was_damaged, fault);
    if (code == 0 || !was_damaged || path[0] == '\0' || flags & JOURNAL_INDEX_READ_ONLY)
        return code;
    code = journal_index_remove(path, fault);
    if (code == 0)
        code = try_open(path, flags, ret_index, &again, fault);
    if (code == 0)
        (*ret_index)->starts_over = true;
    return code;
}

int journal_index_remove(const char *path, struct truc_fault *fault)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char name[DISK_PATH_BYTES_MAX + 8];
        sqlite3_snprintf(sizeof(name), name, "%s%s", path, endings[i]);
        if (unlink(name) < 0 && errno != ENOENT)
            return fault_errno(fault, TRUC_E_IO, errno, "remove %s", name);
    }
    return 0;
}

void journal_index_close(struct journal_index *index)
{
    if (index == NULL)
        return;
    for (size_t i = 0; i < INDEX_STATEMENT_COUNT; i++)
        sqlite3_finalize(index->statements[i]);
    sqlite3_close(index->database);
    index_merge_free(index->merge);
    index_batch_free(&index->batch);
    buffer_free(&index->text);
    free(index);
}

bool journal_index_is_damaged(const struct journal_index *index)
{
    return index->is_damaged;
}

uint64_t journal_index_next(const struct journal_index *index)
{
    return index->place.sequence;
}

uint64_t journal_index_time_ns(const struct journal_index *index)
{
    return index->time_ns;
}

bool journal_index_started_over(struct journal_index *index)
{
    bool did = index->starts_over;
    index->starts_over = false;
    return did;
}

/* ---- keys ---- */

int index_key(struct journal_index *index, enum index_subject subject, struct bytes text, uint64_t *ret_key)
{
    uint8_t hash[crypto_shorthash_BYTES];
    buffer_clear(&index->text);
    buffer_append_byte(&index->text, (uint8_t)subject);
    if (subject == INDEX_PERSON)
        buffer_append_bytes(&index->text, text);
    else
        journal_index_mask(text, &index->text);
    if (buffer_failed(&index->text))
        return buffer_failed(&index->text);
    crypto_shorthash(hash, index->text.data, index->text.size, index->hash_key);
    *ret_key = POSTING_HASHED | (load_le64(hash) & (POSTING_HASHED - 1));
    return 0;
}

uint32_t index_destination_hash(const struct journal_index *index, struct bytes destination)
{
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, destination.data, destination.size, index->hash_key);
    uint32_t value = load_le32(hash);
    return value ? value : 1;
}

/* ---- catching up ---- */

/* The hash of the last record taken in. */
static int leaf_read(const struct journal_index *index, struct journal *journal, struct journal_place near,
                     struct sha256_digest *ret_leaf, struct truc_fault *fault)
{
    struct journal_record record;
    BUFFER_CLEANUP struct buffer scratch = {0};
    int code = journal_read_near(journal, near, index->place.sequence - 1, &scratch, &record, fault);
    if (code == 0)
        *ret_leaf = journal_leaf_hash(&record);
    return code;
}

/* The last record taken in is still what it was: else the index belongs to another journal, or to records a crash took
 * back. 1: so; 0: not; negative: the journal can't be read, which says nothing about the index. */
static int index_fits(struct journal_index *index, struct journal *journal, struct truc_fault *fault)
{
    struct sha256_digest leaf;
    if (index->place.sequence == 0)
        return 1;
    if (strcmp(index->bus_id, journal_bus_id(journal)) != 0)
        return 0;
    int code = leaf_read(index, journal, index_place_near(index, index->place.sequence - 1), &leaf, fault);
    if (code == TRUC_E_NOT_FOUND || code == TRUC_E_JOURNAL_CORRUPT)
        return 0;
    return code < 0 ? code : sha256_equal(&leaf, &index->last_leaf);
}

static int empty(struct journal_index *index, struct truc_fault *fault)
{
    index_merge_free(index->merge);
    index->merge = NULL;
    state_clear(index);
    index->starts_over = true;
    return index_execute(
        index, "DELETE FROM state; DELETE FROM run; DELETE FROM block; DELETE FROM waiting; DELETE FROM chunk", fault);
}

static int follow(struct journal_index *index, struct journal *journal, uint64_t end, size_t records_max,
                  struct truc_fault *fault)
{
    const struct journal_follow follow = {
        .end = end, .records_max = records_max ? records_max : 1, .visit = index_take, .context = index};
    index->fault = fault;
    index_batch_begin(index);
    int code = journal_follow(journal, &index->place, &follow, fault);
    index->fault = NULL;
    return code;
}

static int take_and_store(struct journal_index *index, struct journal *journal, uint64_t end, size_t records_max,
                          struct truc_fault *fault)
{
    int code = state_load(index, fault);
    int fits = code == 0 ? index_fits(index, journal, fault) : code;
    if (fits == 0)
        fits = empty(index, fault);
    if (fits < 0)
        return fits;
    uint64_t first = index->place.sequence;
    code = follow(index, journal, end, records_max, fault);
    if (code < 0 || index->place.sequence == first)
        return code;
    code = index_batch_store(index, fault);
    if (code == 0)
        code = leaf_read(index, journal, index_place_near(index, index->place.sequence - 1), &index->last_leaf, fault);
    if (code == 0)
        code = state_put(index, journal_bus_id(journal), fault);
    return code < 0 ? code : (int)(index->place.sequence - first);
}

int journal_index_catch_up(struct journal_index *index, struct journal *journal, uint64_t end, size_t records_max,
                           struct truc_fault *fault)
{
    int code = index_execute(index, "BEGIN IMMEDIATE", fault);
    if (code < 0)
        return code;
    code = take_and_store(index, journal, end, records_max, fault);
    if (code >= 0 && index_execute(index, "COMMIT", fault) < 0)
        code = TRUC_E_IO;
    if (code < 0) {
        sqlite3_exec(index->database, "ROLLBACK", NULL, NULL, NULL); /* the first failure is the one to tell */
        (void)state_load(index, NULL);                               /* likewise; the next catch-up loads it again */
    }
    index_batch_begin(index);
    return code;
}

int journal_index_look_ahead(struct journal_index *index, struct journal *journal, struct truc_fault *fault)
{
    int fits = index_fits(index, journal, fault);
    if (fits == 0)
        return fault_set(fault, TRUC_E_STATE, "the search index was made from another journal");
    if (fits < 0)
        return fits;
    int code = follow(index, journal, UINT64_MAX, SIZE_MAX, fault);
    postings_sort(&index->batch.postings);
    return code;
}
