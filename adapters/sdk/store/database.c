/* database.c - opening, committing and closing an SQLite file of one process (database.h).
 * WAL with synchronous=FULL: a commit that returned is on disk. It knows no table.
 * Called by inbox_file.c and outbox_file.c. */
#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int database_fault(const struct database *database, struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_IO, "%s %s: %s", database->design->title, database->path,
                     database->handle ? sqlite3_errmsg(database->handle) : "no memory");
}

int database_run(struct database *database, sqlite3_stmt *statement, struct truc_fault *fault)
{
    int result = sqlite3_step(statement);
    int code = result == SQLITE_DONE ? 0 : database_fault(database, fault);
    (void)sqlite3_reset(statement); /* repeats the step's error, told above */
    (void)sqlite3_clear_bindings(statement);
    return code;
}

int database_begin(struct database *database, struct truc_fault *fault)
{
    if (database->is_in_transaction)
        return 0;
    int code = database_run(database, database->begin, fault);
    database->is_in_transaction = code == 0;
    return code;
}

int database_commit(struct database *database, struct truc_fault *fault)
{
    if (!database->is_in_transaction)
        return 0;
    int code = database_run(database, database->commit, fault);
    if (code == 0)
        database->is_in_transaction = false;
    return code;
}

bool database_bind_text(sqlite3_stmt *statement, int place, struct bytes text)
{
    return sqlite3_bind_text(statement, place, text.size ? (const char *)text.data : "", (int)text.size,
                             SQLITE_STATIC) == SQLITE_OK;
}

bool database_bind_blob(sqlite3_stmt *statement, int place, struct bytes blob)
{
    return sqlite3_bind_blob64(statement, place, blob.data, blob.size, SQLITE_STATIC) == SQLITE_OK;
}

struct bytes database_column(sqlite3_stmt *statement, int place)
{
    const void *data = sqlite3_column_blob(statement, place);
    return bytes_of(data, (size_t)sqlite3_column_bytes(statement, place));
}

static int check_version(struct database *database, struct truc_fault *fault)
{
    sqlite3_stmt *version = NULL;
    if (sqlite3_prepare_v2(database->handle, "PRAGMA user_version", -1, &version, NULL) != SQLITE_OK ||
        sqlite3_step(version) != SQLITE_ROW) {
        (void)sqlite3_finalize(version);
        return database_fault(database, fault);
    }
    int number = sqlite3_column_int(version, 0);
    (void)sqlite3_finalize(version);
    if (number > database->design->version)
        return fault_set(fault, TRUC_E_VERSION, "%s %s has format %d, this program knows up to %d",
                         database->design->title, database->path, number, database->design->version);
    return 0;
}

static bool prepare_statement(struct database *database, const char *text, sqlite3_stmt **ret_statement)
{
    return sqlite3_prepare_v3(database->handle, text, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL) == SQLITE_OK;
}

static int prepare(struct database *database, struct truc_fault *fault)
{
    static const char pragmas[] =
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
    const struct database_design *design = database->design;
    if (sqlite3_exec(database->handle, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return database_fault(database, fault);
    int code = check_version(database, fault);
    if (code < 0)
        return code;
    if (sqlite3_exec(database->handle, design->schema, NULL, NULL, NULL) != SQLITE_OK ||
        !prepare_statement(database, "BEGIN IMMEDIATE", &database->begin) ||
        !prepare_statement(database, "COMMIT", &database->commit))
        return database_fault(database, fault);
    for (size_t i = 0; i < design->statement_count; i++)
        if (!prepare_statement(database, design->statements[i], &database->statements[i]))
            return database_fault(database, fault);
    return 0;
}

/* SQLite makes files that everybody may read. These hold messages, that is personal data; its companions take its mode over. */
static int make_private(const struct database *database, struct truc_fault *fault)
{
    int descriptor = open(database->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s %s", database->design->title, database->path);
    (void)close(descriptor); /* nothing was written */
    return 0;
}

int database_open(const struct database_design *design, const char *path, struct database *ret_database,
                  struct truc_fault *fault)
{
    struct database database = {.design = design, .path = strdup(path)};
    if (database.path == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an %s", design->title);
    int code = make_private(&database, fault);
    static const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOMUTEX; /* one step at a time */
    if (code == 0 && sqlite3_open_v2(path, &database.handle, flags, NULL) != SQLITE_OK)
        code = database_fault(&database, fault);
    if (code == 0)
        code = prepare(&database, fault);
    if (code < 0) {
        database_close(&database);
        return code;
    }
    *ret_database = database;
    return 0;
}

void database_close(struct database *database)
{
    for (size_t i = 0; i < DATABASE_STATEMENTS_MAX; i++)
        (void)sqlite3_finalize(database->statements[i]); /* repeats old errors only */
    (void)sqlite3_finalize(database->begin);
    (void)sqlite3_finalize(database->commit);
    (void)sqlite3_close(database->handle); /* rolls back; nothing is open any more */
    free(database->path);
    *database = (struct database){0};
}
