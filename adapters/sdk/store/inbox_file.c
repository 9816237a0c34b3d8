/* inbox_file.c - the inbox in an SQLite file: survives a crash of the adapter and of the machine.
 * One transaction a step, synced (WAL with synchronous=FULL), held by one process at a time.
 * Behind inbox.h, for adapters with effects outside. */
#include "inbox.h"

#include "database.h"

#include <stdlib.h>

enum { INBOX_FILE_VERSION = 1 };
/* An entry that ends this soon after it began keeps its time, and with it its place in the index of times: half the work of
 * a message. What ends later counts from its end, since that long it is to be known. */
static const sqlite3_int64 INBOX_SOON_NS = 60 * 1000000000LL;
enum statement { FIND, PUT, END_SOON, REMOVE, PURGE, STATEMENTS };
_Static_assert((int)STATEMENTS <= (int)DATABASE_STATEMENTS_MAX, "a database has places for so many");

static const char end_soon_text[] =
    "UPDATE message SET state = ?3, outcome = ?4, code = ?5, reason = ?6, text = ?7, reply = ?8, reply_time_ns = ?9 "
    "WHERE sender = ?1 AND id = ?2 AND time_ns > ?10";

static const char *const statement_texts[STATEMENTS] = {
    [FIND] =
        "SELECT state, outcome, code, reason, text, reply, reply_time_ns FROM message WHERE sender = ?1 AND id = ?2",
    [PUT] =
        "INSERT OR REPLACE INTO message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", /* in the order of the schema */
    [END_SOON] = end_soon_text,
    [REMOVE] = "DELETE FROM message WHERE sender = ?1 AND id = ?2",
    [PURGE] = "DELETE FROM message WHERE state <> 1 AND time_ns < ?1",
};
/* State 1 is INBOX_STARTED in the text above and below. */
_Static_assert(INBOX_STARTED == 1, "the number of a state is part of the file's format");

static const char schema_text[] =
    "CREATE TABLE IF NOT EXISTS message (sender TEXT NOT NULL, id TEXT NOT NULL, state INTEGER NOT NULL, outcome "
    "INTEGER NOT NULL, "
    "code INTEGER NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL, reply BLOB, reply_time_ns INTEGER NOT NULL, "
    "time_ns INTEGER NOT NULL, PRIMARY KEY (sender, id)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS message_by_time ON message (time_ns);"
    "PRAGMA user_version = 1;";

static const struct database_design inbox_design = {.title = "inbox",
                                                    .schema = schema_text,
                                                    .version = INBOX_FILE_VERSION,
                                                    .statements = statement_texts,
                                                    .statement_count = STATEMENTS};

struct file_inbox {
    struct inbox base;
    struct database database;
};

static struct file_inbox *file_of(struct inbox *inbox)
{
    return (struct file_inbox *)(void *)inbox;
}

static bool bind_key(sqlite3_stmt *statement, const struct inbox_key *key)
{
    return database_bind_text(statement, 1, key->sender) && database_bind_text(statement, 2, key->id);
}

static int file_find(struct inbox *base, const struct inbox_key *key, struct inbox_entry *ret_entry,
                     struct truc_fault *fault)
{
    struct database *database = &file_of(base)->database;
    sqlite3_stmt *find = database->statements[FIND];
    (void)sqlite3_reset(find); /* the views of the last find end here */
    if (!bind_key(find, key))
        return database_fault(database, fault);
    int result = sqlite3_step(find);
    if (result == SQLITE_DONE) {
        *ret_entry = (struct inbox_entry){.state = INBOX_UNKNOWN};
        return 0;
    }
    if (result != SQLITE_ROW)
        return database_fault(database, fault);
    *ret_entry = (struct inbox_entry){.state = (enum inbox_state)sqlite3_column_int(find, 0),
                                      .outcome = (uint32_t)sqlite3_column_int(find, 1),
                                      .code = (uint32_t)sqlite3_column_int(find, 2),
                                      .reason = database_column(find, 3),
                                      .text = database_column(find, 4),
                                      .reply = database_column(find, 5),
                                      .reply_time_ns = (uint64_t)sqlite3_column_int64(find, 6)};
    return 0;
}

/* Ends the views of the last find, which a change would pull away, and begins a transaction. */
static int begin_change(struct database *database, struct truc_fault *fault)
{
    (void)sqlite3_reset(database->statements[FIND]);
    return database_begin(database, fault);
}

static int write_entry(struct database *database, enum statement number, const struct inbox_key *key,
                       const struct inbox_entry *entry, sqlite3_int64 time_ns, struct truc_fault *fault)
{
    sqlite3_stmt *statement = database->statements[number];
    if (!bind_key(statement, key) || sqlite3_bind_int(statement, 3, (int)entry->state) ||
        sqlite3_bind_int(statement, 4, (int)entry->outcome) || sqlite3_bind_int(statement, 5, (int)entry->code) ||
        !database_bind_text(statement, 6, entry->reason) || !database_bind_text(statement, 7, entry->text) ||
        !database_bind_blob(statement, 8, entry->reply) ||
        sqlite3_bind_int64(statement, 9, (sqlite3_int64)entry->reply_time_ns) ||
        sqlite3_bind_int64(statement, 10, time_ns))
        return database_fault(database, fault);
    return database_run(database, statement, fault);
}

static int file_put(struct inbox *base, const struct inbox_key *key, const struct inbox_entry *entry, uint64_t now_ns,
                    struct truc_fault *fault)
{
    struct database *database = &file_of(base)->database;
    sqlite3_int64 time_ns = (sqlite3_int64)now_ns;
    int code = begin_change(database, fault);
    if (code == 0 && entry->state != INBOX_STARTED) {
        code = write_entry(database, END_SOON, key, entry, time_ns - INBOX_SOON_NS, fault);
        if (code < 0 || sqlite3_changes(database->handle) > 0)
            return code;
    }
    return code < 0 ? code : write_entry(database, PUT, key, entry, time_ns, fault);
}

static int file_remove(struct inbox *base, const struct inbox_key *key, struct truc_fault *fault)
{
    struct database *database = &file_of(base)->database;
    int code = begin_change(database, fault);
    if (code == 0 && !bind_key(database->statements[REMOVE], key))
        code = database_fault(database, fault);
    return code < 0 ? code : database_run(database, database->statements[REMOVE], fault);
}

static int file_commit(struct inbox *base, struct truc_fault *fault)
{
    struct database *database = &file_of(base)->database;
    if (database->is_in_transaction)
        (void)sqlite3_reset(database->statements[FIND]);
    return database_commit(database, fault);
}

static int file_purge(struct inbox *base, uint64_t before_ns, struct truc_fault *fault)
{
    struct database *database = &file_of(base)->database;
    int code = begin_change(database, fault);
    if (code == 0 && sqlite3_bind_int64(database->statements[PURGE], 1, (sqlite3_int64)before_ns) != SQLITE_OK)
        code = database_fault(database, fault);
    return code < 0 ? code : database_run(database, database->statements[PURGE], fault);
}

static void file_close(struct inbox *base)
{
    struct file_inbox *inbox = file_of(base);
    database_close(&inbox->database);
    free(inbox);
}

static const struct inbox_operations file_operations = {.find = file_find,
                                                        .put = file_put,
                                                        .remove = file_remove,
                                                        .commit = file_commit,
                                                        .purge = file_purge,
                                                        .close = file_close};

int inbox_open_file(const char *path, struct inbox **ret_inbox, struct truc_fault *fault)
{
    struct file_inbox *inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an inbox");
    inbox->base.operations = &file_operations;
    int code = database_open(&inbox_design, path, &inbox->database, fault);
    if (code < 0) {
        free(inbox);
        return code;
    }
    *ret_inbox = &inbox->base;
    return 0;
}
