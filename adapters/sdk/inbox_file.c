/* inbox_file.c - the inbox in an SQLite file: survives a crash of the adapter and of the machine.
 * One transaction a step, synced (WAL with synchronous=FULL), held by one process at a time.
 * Behind inbox.h, for adapters with effects outside. */
#include "inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

enum { INBOX_FILE_VERSION = 1 };
enum statement { FIND, PUT, REMOVE, PURGE, BEGIN, COMMIT, STATEMENTS };

static const char *const statement_texts[STATEMENTS] = {
    [FIND] =
        "SELECT state, outcome, code, reason, text, reply, reply_time_ns FROM message WHERE sender = ?1 AND id = ?2",
    [PUT] =
        "INSERT OR REPLACE INTO message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", /* in the order of the schema */
    [REMOVE] = "DELETE FROM message WHERE sender = ?1 AND id = ?2",
    [PURGE] = "DELETE FROM message WHERE state <> 1 AND time_ns < ?1",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
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

struct file_inbox {
    struct inbox base;
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    bool is_in_transaction;
    char *path;
};

static struct file_inbox *file_of(struct inbox *inbox)
{
    return (struct file_inbox *)(void *)inbox;
}

static int file_fault(const struct file_inbox *inbox, struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_IO, "inbox %s: %s", inbox->path,
                     inbox->database ? sqlite3_errmsg(inbox->database) : "no memory");
}

/* Runs a statement that returns no row and makes it ready again. */
static int run(struct file_inbox *inbox, enum statement which, struct truc_fault *fault)
{
    int result = sqlite3_step(inbox->statements[which]);
    int code = result == SQLITE_DONE ? 0 : file_fault(inbox, fault);
    (void)sqlite3_reset(inbox->statements[which]); /* repeats the step's error, told above */
    (void)sqlite3_clear_bindings(inbox->statements[which]);
    return code;
}

static int need_transaction(struct file_inbox *inbox, struct truc_fault *fault)
{
    if (inbox->is_in_transaction)
        return 0;
    int code = run(inbox, BEGIN, fault);
    inbox->is_in_transaction = code == 0;
    return code;
}

static int bind_text(sqlite3_stmt *statement, int place, struct bytes text)
{
    return sqlite3_bind_text(statement, place, text.size ? (const char *)text.data : "", (int)text.size, SQLITE_STATIC);
}

static bool bind_key(sqlite3_stmt *statement, const struct inbox_key *key)
{
    return bind_text(statement, 1, key->sender) == SQLITE_OK && bind_text(statement, 2, key->id) == SQLITE_OK;
}

static struct bytes column(sqlite3_stmt *statement, int place)
{
    const void *data = sqlite3_column_blob(statement, place);
    return bytes_of(data, (size_t)sqlite3_column_bytes(statement, place));
}

static int file_find(struct inbox *base, const struct inbox_key *key, struct inbox_entry *ret_entry,
                     struct truc_fault *fault)
{
    struct file_inbox *inbox = file_of(base);
    sqlite3_stmt *find = inbox->statements[FIND];
    (void)sqlite3_reset(find); /* the views of the last find end here */
    if (!bind_key(find, key))
        return file_fault(inbox, fault);
    int result = sqlite3_step(find);
    if (result == SQLITE_DONE) {
        *ret_entry = (struct inbox_entry){.state = INBOX_UNKNOWN};
        return 0;
    }
    if (result != SQLITE_ROW)
        return file_fault(inbox, fault);
    *ret_entry = (struct inbox_entry){.state = (enum inbox_state)sqlite3_column_int(find, 0),
                                      .outcome = (uint32_t)sqlite3_column_int(find, 1),
                                      .code = (uint32_t)sqlite3_column_int(find, 2),
                                      .reason = column(find, 3),
                                      .text = column(find, 4),
                                      .reply = column(find, 5),
                                      .reply_time_ns = (uint64_t)sqlite3_column_int64(find, 6)};
    return 0;
}

static int file_put(struct inbox *base, const struct inbox_key *key, const struct inbox_entry *entry, uint64_t now_ns,
                    struct truc_fault *fault)
{
    struct file_inbox *inbox = file_of(base);
    sqlite3_stmt *put = inbox->statements[PUT];
    (void)sqlite3_reset(inbox->statements[FIND]);
    int code = need_transaction(inbox, fault);
    if (code < 0)
        return code;
    if (!bind_key(put, key) || sqlite3_bind_int(put, 3, (int)entry->state) ||
        sqlite3_bind_int(put, 4, (int)entry->outcome) || sqlite3_bind_int(put, 5, (int)entry->code) ||
        bind_text(put, 6, entry->reason) || bind_text(put, 7, entry->text) ||
        sqlite3_bind_blob64(put, 8, entry->reply.data, entry->reply.size, SQLITE_STATIC) ||
        sqlite3_bind_int64(put, 9, (sqlite3_int64)entry->reply_time_ns) ||
        sqlite3_bind_int64(put, 10, (sqlite3_int64)now_ns))
        return file_fault(inbox, fault);
    return run(inbox, PUT, fault);
}

static int file_remove(struct inbox *base, const struct inbox_key *key, struct truc_fault *fault)
{
    struct file_inbox *inbox = file_of(base);
    (void)sqlite3_reset(inbox->statements[FIND]);
    int code = need_transaction(inbox, fault);
    if (code == 0 && !bind_key(inbox->statements[REMOVE], key))
        code = file_fault(inbox, fault);
    return code < 0 ? code : run(inbox, REMOVE, fault);
}

static int file_commit(struct inbox *base, struct truc_fault *fault)
{
    struct file_inbox *inbox = file_of(base);
    if (!inbox->is_in_transaction)
        return 0;
    (void)sqlite3_reset(inbox->statements[FIND]);
    int code = run(inbox, COMMIT, fault);
    if (code == 0)
        inbox->is_in_transaction = false;
    return code;
}

static int file_purge(struct inbox *base, uint64_t before_ns, struct truc_fault *fault)
{
    struct file_inbox *inbox = file_of(base);
    (void)sqlite3_reset(inbox->statements[FIND]);
    int code = need_transaction(inbox, fault);
    if (code == 0 && sqlite3_bind_int64(inbox->statements[PURGE], 1, (sqlite3_int64)before_ns) != SQLITE_OK)
        code = file_fault(inbox, fault);
    return code < 0 ? code : run(inbox, PURGE, fault);
}

static void file_close(struct inbox *base)
{
    struct file_inbox *inbox = file_of(base);
    for (size_t i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(inbox->statements[i]); /* repeats old errors only */
    (void)sqlite3_close(inbox->database);             /* rolls back; nothing is open any more */
    free(inbox->path);
    free(inbox);
}

static const struct inbox_operations file_operations = {.find = file_find,
                                                        .put = file_put,
                                                        .remove = file_remove,
                                                        .commit = file_commit,
                                                        .purge = file_purge,
                                                        .close = file_close};

static int check_version(struct file_inbox *inbox, struct truc_fault *fault)
{
    sqlite3_stmt *version = NULL;
    if (sqlite3_prepare_v2(inbox->database, "PRAGMA user_version", -1, &version, NULL) != SQLITE_OK ||
        sqlite3_step(version) != SQLITE_ROW) {
        (void)sqlite3_finalize(version);
        return file_fault(inbox, fault);
    }
    int number = sqlite3_column_int(version, 0);
    (void)sqlite3_finalize(version);
    if (number > INBOX_FILE_VERSION)
        return fault_set(fault, TRUC_E_VERSION, "inbox %s has format %d, this program knows up to %d", inbox->path,
                         number, INBOX_FILE_VERSION);
    return 0;
}

static int prepare(struct file_inbox *inbox, struct truc_fault *fault)
{
    static const char pragmas[] =
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
    if (sqlite3_exec(inbox->database, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return file_fault(inbox, fault);
    int code = check_version(inbox, fault);
    if (code < 0)
        return code;
    if (sqlite3_exec(inbox->database, schema_text, NULL, NULL, NULL) != SQLITE_OK)
        return file_fault(inbox, fault);
    for (size_t i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(inbox->database, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &inbox->statements[i], NULL) != SQLITE_OK)
            return file_fault(inbox, fault);
    return 0;
}

/* SQLite makes files that everybody may read. This one holds replies, that is personal data; its companions take its mode over. */
static int make_private(const char *path, struct truc_fault *fault)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "inbox %s", path);
    (void)close(descriptor); /* nothing was written */
    return 0;
}

int inbox_open_file(const char *path, struct inbox **ret_inbox, struct truc_fault *fault)
{
    struct file_inbox *inbox = calloc(1, sizeof *inbox);
    size_t size = strlen(path) + 1;
    if (inbox == NULL || (inbox->path = malloc(size)) == NULL) {
        free(inbox);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an inbox");
    }
    memcpy(inbox->path, path, size);
    inbox->base.operations = &file_operations;
    int code = make_private(path, fault);
    if (code == 0)
        code =
            sqlite3_open_v2(path, &inbox->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL) == SQLITE_OK
                ? prepare(inbox, fault)
                : file_fault(inbox, fault);
    if (code < 0) {
        file_close(&inbox->base);
        return code;
    }
    *ret_inbox = &inbox->base;
    return 0;
}
