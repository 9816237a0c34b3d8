/* far_store.c - SQLite behind far_store.h: open, bind, step, and say what failed.
 * No schema of its own. */
#include "far_store.h"

#include <errno.h>
#include <fault.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int fail(struct far_store *store, struct truc_fault *fault, const char *what)
{
    return fault_set(fault, TRUC_E_IO, "%s: %s", what, sqlite3_errmsg(store->database));
}

static int init_lock(struct far_store *store, struct truc_fault *fault)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int error_number = pthread_mutex_init(&store->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error_number ? fault_errno(fault, TRUC_E_MEMORY, error_number, "no lock") : 0;
}

static int open_database(struct far_store *store, const char *path, const char *schema, struct truc_fault *fault)
{
    /* FULLMUTEX although we lock: sqlite3_changes and errmsg are read under our lock, reads of others need no care. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    if (sqlite3_open_v2(path, &store->database, flags, NULL) != SQLITE_OK) {
        if (!store->database)
            return fault_set(fault, TRUC_E_MEMORY, "no memory to open %s", path);
        return fail(store, fault, path);
    }
    sqlite3_busy_timeout(store->database, FAR_STORE_BUSY_MS);
    const char *settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;";
    if (sqlite3_exec(store->database, settings, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(store->database, schema, NULL, NULL, NULL) != SQLITE_OK)
        return fail(store, fault, path);
    return 0;
}

int far_store_open(struct far_store *store, const char *directory, const char *id, const char *schema,
                   struct truc_fault *fault)
{
    char path[FAR_STORE_PATH_BYTES_MAX];
    int size = snprintf(path, sizeof path, "%s/%s.db", directory, id);
    if (size < 0 || (size_t)size >= sizeof path)
        return fault_set(fault, TRUC_E_LIMIT, "the path of %s.db is longer than %zu bytes", id, sizeof path);
    if (mkdir(directory, 0700) < 0 && errno != EEXIST)
        return fault_errno(fault, TRUC_E_IO, errno, "can't make %s", directory);
    struct far_store opened = {0};
    int result = init_lock(&opened, fault);
    if (result < 0)
        return result;
    result = open_database(&opened, path, schema, fault);
    if (result < 0) {
        sqlite3_close(opened.database);
        pthread_mutex_destroy(&opened.lock);
        return result;
    }
    *store = opened;
    return 0;
}

void far_store_close(struct far_store *store)
{
    if (!store->database)
        return;
    sqlite3_close(store->database);
    pthread_mutex_destroy(&store->lock);
    store->database = NULL;
}

static int bind_one(sqlite3_stmt *statement, int place, const struct far_value *value)
{
    switch (value->kind) {
    case FAR_TEXT:
        return sqlite3_bind_text(statement, place, value->text, -1, SQLITE_TRANSIENT);
    case FAR_NUMBER:
        return sqlite3_bind_int64(statement, place, value->number);
    case FAR_NULL:
    default:
        return sqlite3_bind_null(statement, place);
    }
}

static int prepare(struct far_store *store, const char *sql, const struct far_value *values, size_t count,
                   sqlite3_stmt **ret_statement, struct truc_fault *fault)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail(store, fault, sql);
    for (size_t i = 0; i < count; i++) {
        if (bind_one(statement, (int)i + 1, &values[i]) != SQLITE_OK) {
            int result = fail(store, fault, sql);
            sqlite3_finalize(statement);
            return result;
        }
    }
    *ret_statement = statement;
    return 0;
}

int far_store_query(struct far_store *store, const char *sql, const struct far_value *values, size_t count,
                    far_row each, void *context, struct truc_fault *fault)
{
    pthread_mutex_lock(&store->lock);
    sqlite3_stmt *statement = NULL;
    int result = prepare(store, sql, values, count, &statement, fault);
    int rows = 0;
    while (result == 0) {
        int step = sqlite3_step(statement);
        if (step == SQLITE_DONE)
            break;
        if (step != SQLITE_ROW) {
            result = fail(store, fault, sql);
            break;
        }
        rows++;
        result = each ? each(context, statement) : 0;
    }
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&store->lock);
    return result < 0 ? result : rows;
}

int far_store_run(struct far_store *store, const char *sql, const struct far_value *values, size_t count,
                  struct truc_fault *fault)
{
    pthread_mutex_lock(&store->lock);
    int result = far_store_query(store, sql, values, count, NULL, NULL, fault);
    if (result >= 0)
        result = sqlite3_changes(store->database);
    pthread_mutex_unlock(&store->lock);
    return result;
}

static int take_number(void *context, sqlite3_stmt *row)
{
    *(int64_t *)context = sqlite3_column_int64(row, 0);
    return 1; /* the first row only */
}

int far_store_number(struct far_store *store, const char *sql, const struct far_value *values, size_t count,
                     int64_t absent, int64_t *ret_number, struct truc_fault *fault)
{
    int64_t number = absent;
    int result = far_store_query(store, sql, values, count, take_number, &number, fault);
    if (result < 0)
        return result;
    *ret_number = number;
    return 0;
}

int far_store_begin(struct far_store *store, struct truc_fault *fault)
{
    pthread_mutex_lock(&store->lock);
    int result = far_store_run(store, "BEGIN IMMEDIATE", FAR_NO_VALUES, fault);
    if (result < 0)
        pthread_mutex_unlock(&store->lock);
    return result < 0 ? result : 0;
}

int far_store_commit(struct far_store *store, struct truc_fault *fault)
{
    int result = far_store_run(store, "COMMIT", FAR_NO_VALUES, fault);
    if (result < 0) {
        far_store_rollback(store);
        return result;
    }
    pthread_mutex_unlock(&store->lock);
    return 0;
}

void far_store_rollback(struct far_store *store)
{
    /* A failure here means SQLite rolled back already: nothing is left to undo. */
    sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    pthread_mutex_unlock(&store->lock);
}
