/* store.c - see store.h: opening the file, transactions, statements. Its tables are made here, in one text.
 * WAL with synchronous=FULL: a commit that returned is on disk, and readers (report, explain) don't hold it up.
 * Called by watch.c and by the program's commands. */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STORE_VERSION = 1, BUSY_WAIT_MS = 10000 };

/* Instants are nanoseconds; kind 0 is a dossier, 1 a document's task. wake: look at it again then; 0: at once. */
static const char schema_text[] =
    "CREATE TABLE IF NOT EXISTS matter (kind INTEGER NOT NULL, code TEXT NOT NULL, procedure_code TEXT, "
    "procedure_name TEXT, sector_code TEXT, sector_name TEXT, unit_code TEXT, unit_name TEXT, named_ns INTEGER NOT "
    "NULL, "
    "promised_ns INTEGER NOT NULL DEFAULT 0, wake_ns INTEGER NOT NULL, PRIMARY KEY (kind, code)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS matter_wake ON matter (wake_ns);"
    "CREATE TABLE IF NOT EXISTS fact (source TEXT NOT NULL, message_id TEXT NOT NULL, kind INTEGER NOT NULL, "
    "code TEXT NOT NULL, fact INTEGER NOT NULL, status INTEGER NOT NULL, at_ns INTEGER NOT NULL, due_ns INTEGER NOT "
    "NULL, "
    "step_began_ns INTEGER NOT NULL, step_due_ns INTEGER NOT NULL, request_count INTEGER NOT NULL, "
    "historical INTEGER NOT NULL, step_name TEXT, officer TEXT, supplement_id TEXT, type TEXT NOT NULL, "
    "PRIMARY KEY (source, message_id)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS fact_matter ON fact (kind, code, at_ns);"
    "CREATE INDEX IF NOT EXISTS fact_time ON fact (at_ns, status, code) WHERE kind = 0 AND status IN (2, 3, 7, 8, 9, "
    "10);"
    "CREATE TABLE IF NOT EXISTS officer (account TEXT PRIMARY KEY, name TEXT, position TEXT, department TEXT, "
    "heard_ns INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS reminder (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, "
    "kind INTEGER NOT NULL, code TEXT NOT NULL, procedure_code TEXT, reminder INTEGER NOT NULL, scope INTEGER NOT "
    "NULL, "
    "due_ns INTEGER NOT NULL, new_due_ns INTEGER NOT NULL, planned_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL, "
    "payload BLOB NOT NULL, state INTEGER NOT NULL, outcome INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS reminder_waiting ON reminder (row) WHERE state = 0;"
    "CREATE INDEX IF NOT EXISTS reminder_matter ON reminder (kind, code);"
    "PRAGMA user_version = 1;";

#define REMINDER_COLUMNS                                                                                               \
    "row, id, type, kind, code, procedure_code, reminder, scope, due_ns, new_due_ns, planned_ns, expires_ns, "         \
    "payload, "                                                                                                        \
    "state, outcome"

/* What names a matter is taken from the message whose fact is the latest, field by field where it says something. */
static const char *const statement_texts[STORE_STATEMENTS] = {
    [STORE_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_COMMIT] = "COMMIT",
    [STORE_ROLL_BACK] = "ROLLBACK",
    [STORE_FACT_PUT] =
        "INSERT INTO fact VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) "
        "ON CONFLICT (source, message_id) DO NOTHING",
    [STORE_FACT_COUNT] = "SELECT count(*) FROM fact WHERE kind = ?1 AND code = ?2",
    [STORE_FACTS] =
        "SELECT fact, status, at_ns, due_ns, step_began_ns, step_due_ns, request_count, historical, step_name, "
        "officer, supplement_id, type, source, message_id FROM fact WHERE kind = ?1 AND code = ?2",
    [STORE_MATTER_PUT] =
        "INSERT INTO matter (kind, code, procedure_code, procedure_name, sector_code, sector_name, unit_code, "
        "unit_name, "
        "named_ns, wake_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0) ON CONFLICT (kind, code) DO UPDATE SET "
        "procedure_code = CASE WHEN ?9 >= named_ns THEN coalesce(?3, procedure_code) ELSE coalesce(procedure_code, ?3) "
        "END, "
        "procedure_name = CASE WHEN ?9 >= named_ns THEN coalesce(?4, procedure_name) ELSE coalesce(procedure_name, ?4) "
        "END, "
        "sector_code = CASE WHEN ?9 >= named_ns THEN coalesce(?5, sector_code) ELSE coalesce(sector_code, ?5) END, "
        "sector_name = CASE WHEN ?9 >= named_ns THEN coalesce(?6, sector_name) ELSE coalesce(sector_name, ?6) END, "
        "unit_code = CASE WHEN ?9 >= named_ns THEN coalesce(?7, unit_code) ELSE coalesce(unit_code, ?7) END, "
        "unit_name = CASE WHEN ?9 >= named_ns THEN coalesce(?8, unit_name) ELSE coalesce(unit_name, ?8) END, "
        "named_ns = max(named_ns, ?9), wake_ns = 0",
    [STORE_MATTER] = "SELECT code, procedure_code, procedure_name, sector_code, sector_name, unit_code, unit_name, "
                     "promised_ns FROM matter WHERE kind = ?1 AND code = ?2",
    [STORE_MATTERS_IN] = "SELECT DISTINCT code FROM fact WHERE kind = 0 AND status IN (2, 3, 7, 8, 9, 10) AND "
                         "at_ns >= ?1 AND at_ns < ?2 ORDER BY code",
    [STORE_OFFICER_PUT] = "INSERT INTO officer VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account) DO UPDATE SET "
                          "name = coalesce(excluded.name, name), position = coalesce(excluded.position, position), "
                          "department = coalesce(excluded.department, department), heard_ns = excluded.heard_ns "
                          "WHERE excluded.heard_ns >= heard_ns",
    [STORE_OFFICER] = "SELECT account, name, position, department FROM officer WHERE account = ?1",
    [STORE_WAKE_SET] = "UPDATE matter SET wake_ns = ?3 WHERE kind = ?1 AND code = ?2",
    [STORE_WAKE_NEXT] = "SELECT wake_ns, kind, code FROM matter ORDER BY wake_ns LIMIT 1",
    [STORE_WAKE_ALL] = "UPDATE matter SET wake_ns = 0 WHERE wake_ns NOT IN (0, 9223372036854775807)",
    [STORE_REMINDER_PUT] =
        "INSERT INTO reminder (id, type, kind, code, procedure_code, reminder, scope, due_ns, new_due_ns, "
        "planned_ns, expires_ns, payload, state) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0) ON CONFLICT (id) DO NOTHING",
    [STORE_REMINDER_NEXT] =
        "SELECT " REMINDER_COLUMNS " FROM reminder WHERE state = 0 AND row > ?1 ORDER BY row LIMIT 1",
    [STORE_REMINDER_SETTLE] = "UPDATE reminder SET state = ?2, outcome = ?3 WHERE id = ?1",
    [STORE_REMINDERS] = "SELECT " REMINDER_COLUMNS " FROM reminder WHERE kind = ?1 AND code = ?2 ORDER BY row",
    [STORE_REVIVE] = "UPDATE reminder SET state = 0 WHERE state = 2 AND outcome NOT IN (?1, ?2, ?3)",
    [STORE_PROMISE] = "UPDATE matter SET promised_ns = ?3, wake_ns = 0 WHERE kind = ?1 AND code = ?2",
};

int store_fault(const struct store *store, struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_IO, "store %s: %s", store->path,
                     store->handle ? sqlite3_errmsg(store->handle) : "no memory");
}

sqlite3_stmt *store_statement(struct store *store, enum store_statement name, struct truc_fault *fault)
{
    sqlite3_stmt **statement = &store->statements[name];
    if (*statement == NULL && sqlite3_prepare_v3(store->handle, statement_texts[name], -1, SQLITE_PREPARE_PERSISTENT,
                                                 statement, NULL) != SQLITE_OK) {
        (void)store_fault(store, fault);
        return NULL;
    }
    (void)sqlite3_reset(*statement); /* repeats an old error, told then */
    (void)sqlite3_clear_bindings(*statement);
    return *statement;
}

int store_row(struct store *store, sqlite3_stmt *statement, struct truc_fault *fault)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        return 1;
    int code = result == SQLITE_DONE ? 0 : store_fault(store, fault);
    (void)sqlite3_reset(statement);
    return code;
}

int store_run(struct store *store, sqlite3_stmt *statement, struct truc_fault *fault)
{
    int code = store_row(store, statement, fault);
    (void)sqlite3_reset(statement);
    return code < 0 ? code : 0;
}

void store_bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    (void)sqlite3_bind_text(statement, place, text, -1, SQLITE_TRANSIENT);
}

void store_bind_time(sqlite3_stmt *statement, int place, uint64_t time_ns)
{
    (void)sqlite3_bind_int64(statement, place, time_ns > INT64_MAX ? INT64_MAX : (sqlite3_int64)time_ns);
}

uint64_t store_time(sqlite3_stmt *statement, int place)
{
    sqlite3_int64 value = sqlite3_column_int64(statement, place);
    return value == INT64_MAX ? UINT64_MAX : (uint64_t)value;
}

const char *store_text(sqlite3_stmt *statement, int place, struct arena *arena, bool *is_full)
{
    const char *text = (const char *)sqlite3_column_text(statement, place);
    if (text == NULL)
        return NULL;
    const char *copied = arena_string(arena, bytes_string(text));
    *is_full = *is_full || copied == NULL;
    return copied;
}

static int run_named(struct store *store, enum store_statement name, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, name, fault);
    return statement ? store_run(store, statement, fault) : TRUC_E_IO;
}

int store_begin(struct store *store, struct truc_fault *fault)
{
    int code = run_named(store, STORE_BEGIN, fault);
    store->is_in_transaction = code == 0;
    return code;
}

int store_commit(struct store *store, struct truc_fault *fault)
{
    int code = run_named(store, STORE_COMMIT, fault);
    if (code == 0)
        store->is_in_transaction = false;
    return code;
}

void store_roll_back(struct store *store)
{
    if (store->is_in_transaction)
        (void)run_named(store, STORE_ROLL_BACK, NULL); /* what led here is told; closing rolls back as well */
    store->is_in_transaction = false;
}

/* ---- opening ---- */

static int read_version(struct store *store, int *ret_version, struct truc_fault *fault)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->handle, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        (void)sqlite3_finalize(statement);
        return store_fault(store, fault);
    }
    *ret_version = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    return *ret_version > STORE_VERSION
               ? fault_set(fault, TRUC_E_VERSION, "store %s has format %d, this program knows up to %d", store->path,
                           *ret_version, STORE_VERSION)
               : 0;
}

/* It holds who handles what: the owner's alone. SQLite's companions take its mode over. */
static int make_private(const struct store *store, struct truc_fault *fault)
{
    int descriptor = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "store %s", store->path);
    (void)close(descriptor); /* nothing was written */
    return 0;
}

static int prepare_writing(struct store *store, struct truc_fault *fault)
{
    int version;
    if (sqlite3_exec(store->handle, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", NULL, NULL, NULL) !=
        SQLITE_OK)
        return store_fault(store, fault);
    int code = read_version(store, &version, fault);
    if (code == 0 && sqlite3_exec(store->handle, schema_text, NULL, NULL, NULL) != SQLITE_OK)
        code = store_fault(store, fault);
    return code;
}

static int prepare_reading(struct store *store, struct truc_fault *fault)
{
    int version = 0;
    int code = read_version(store, &version, fault);
    if (code == 0 && version == 0)
        code = fault_set(fault, TRUC_E_NOT_FOUND, "store %s is empty: the adapter has not run yet", store->path);
    return code;
}

static int open_file(struct store *store, enum store_mode mode, struct truc_fault *fault)
{
    if (mode == STORE_READ && access(store->path, R_OK) != 0)
        return fault_errno(fault, TRUC_E_NOT_FOUND, errno, "store %s", store->path);
    int code = mode == STORE_WRITE ? make_private(store, fault) : 0;
    if (code < 0)
        return code;
    int flags = (mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_PRIVATECACHE |
                SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(store->path, &store->handle, flags, NULL) != SQLITE_OK)
        return store_fault(store, fault);
    sqlite3_busy_timeout(store->handle, BUSY_WAIT_MS);
    return mode == STORE_WRITE ? prepare_writing(store, fault) : prepare_reading(store, fault);
}

int store_open(const char *path, enum store_mode mode, struct store **ret_store, struct truc_fault *fault)
{
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL || (store->path = strdup(path)) == NULL) {
        free(store);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a store");
    }
    int code = open_file(store, mode, fault);
    if (code < 0) {
        store_close(store);
        return code;
    }
    *ret_store = store;
    return 0;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < STORE_STATEMENTS; i++)
        (void)sqlite3_finalize(store->statements[i]); /* repeats old errors only */
    (void)sqlite3_close(store->handle);               /* rolls back; nothing is open any more */
    free(store->path);
    free(store);
}
