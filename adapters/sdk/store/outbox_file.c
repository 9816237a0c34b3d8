/* outbox_file.c - the outbox in an SQLite file (outbox.h).
 * What is answered is overwritten (secure_delete): payloads are personal data and don't outlive their message here, but for those
 * that a person has to look at.
 * Called by publishing.c. */
#include "outbox.h"

#include "database.h"

#include <stdlib.h>
#include <string.h>

enum { OUTBOX_FILE_VERSION = 1 };
enum outbox_statement { PUT, REMOVE, NEXT, CLAIM, OWNER, ASIDE, ASIDE_NEXT, LET_GO, STATEMENTS };
_Static_assert((int)STATEMENTS <= (int)DATABASE_STATEMENTS_MAX, "a database has places for so many");

static const char *const statement_texts[STATEMENTS] = {
    [PUT] = "INSERT INTO message (id, salt, header, payload) VALUES (?1, ?2, ?3, ?4)",
    [REMOVE] = "DELETE FROM message WHERE id = ?1",
    [NEXT] = "SELECT position, salt, header, payload FROM message WHERE position > ?1 ORDER BY position LIMIT 1",
    [CLAIM] = "INSERT INTO owner SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM owner)",
    [OWNER] = "SELECT bus, system FROM owner",
    [ASIDE] = "INSERT OR REPLACE INTO aside (id, code, text, refused_ns, salt, header, payload) "
              "SELECT id, ?2, ?3, ?4, salt, header, payload FROM message WHERE id = ?1",
    [ASIDE_NEXT] = "SELECT position, salt, header, payload, code, text, refused_ns FROM aside WHERE position > ?1 "
                   "ORDER BY position LIMIT 1",
    [LET_GO] = "DELETE FROM aside WHERE id = ?1",
};

/* AUTOINCREMENT: a position never comes twice, so that positions are the order. */
static const char schema_text[] =
    "PRAGMA secure_delete = ON;"
    "CREATE TABLE IF NOT EXISTS message (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
    "salt BLOB NOT NULL, header BLOB NOT NULL, payload BLOB);"
    "CREATE TABLE IF NOT EXISTS aside (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
    "code INTEGER NOT NULL, text TEXT NOT NULL, refused_ns INTEGER NOT NULL, salt BLOB NOT NULL, header BLOB NOT NULL, "
    "payload BLOB);"
    "CREATE TABLE IF NOT EXISTS owner (bus TEXT NOT NULL, system TEXT NOT NULL);"
    "PRAGMA user_version = 1;";

static const struct database_design outbox_design = {.title = "outbox",
                                                     .schema = schema_text,
                                                     .version = OUTBOX_FILE_VERSION,
                                                     .statements = statement_texts,
                                                     .statement_count = STATEMENTS};

struct outbox {
    struct database database;
};

static int put(struct database *database, struct bytes id, const struct message *message, struct truc_fault *fault)
{
    sqlite3_stmt *statement = database->statements[PUT];
    int code = database_begin(database, fault);
    if (code < 0)
        return code;
    if (!database_bind_text(statement, 1, id) || !database_bind_blob(statement, 2, message->salt) ||
        !database_bind_blob(statement, 3, message->header) || !database_bind_blob(statement, 4, message->payload))
        return database_fault(database, fault);
    if ((code = database_run(database, statement, fault)) == 0)
        return 0;
    if (sqlite3_extended_errcode(database->handle) == SQLITE_CONSTRAINT_UNIQUE)
        return fault_set(fault, TRUC_E_EXISTS, "a message with the id %.*s waits in the outbox", BYTES_PRINTF(id));
    return code;
}

int outbox_put(struct outbox *outbox, struct bytes id, const struct message *message, struct truc_fault *fault)
{
    (void)sqlite3_reset(outbox->database.statements[NEXT]); /* its views end here */
    int code = put(&outbox->database, id, message, fault);
    return code < 0 ? code : database_commit(&outbox->database, fault);
}

int outbox_remove(struct outbox *outbox, struct bytes id, struct truc_fault *fault)
{
    struct database *database = &outbox->database;
    (void)sqlite3_reset(database->statements[NEXT]);
    int code = database_begin(database, fault);
    if (code == 0 && !database_bind_text(database->statements[REMOVE], 1, id))
        code = database_fault(database, fault);
    return code < 0 ? code : database_run(database, database->statements[REMOVE], fault);
}

int outbox_commit(struct outbox *outbox, struct truc_fault *fault)
{
    return outbox ? database_commit(&outbox->database, fault) : 0;
}

/* Positions rise, or the file is damaged: who reads to the end would never come to it. */
static int advance(const struct database *database, int64_t found, int64_t *position, struct truc_fault *fault)
{
    if (found <= *position)
        return fault_set(fault, TRUC_E_IO, "%s %s is damaged: after position %lld comes %lld", database->design->title,
                         database->path, (long long)*position, (long long)found);
    *position = found;
    return 1;
}

int outbox_next(struct outbox *outbox, int64_t *position, struct message *ret_message, struct truc_fault *fault)
{
    struct database *database = &outbox->database;
    sqlite3_stmt *next = database->statements[NEXT];
    (void)sqlite3_reset(next);
    if (sqlite3_bind_int64(next, 1, *position) != SQLITE_OK)
        return database_fault(database, fault);
    int result = sqlite3_step(next);
    if (result == SQLITE_DONE) {
        (void)sqlite3_reset(next); /* or the file could not be written */
        return 0;
    }
    if (result != SQLITE_ROW)
        return database_fault(database, fault);
    *ret_message = (struct message){
        .salt = database_column(next, 1), .header = database_column(next, 2), .payload = database_column(next, 3)};
    return advance(database, sqlite3_column_int64(next, 0), position, fault);
}

/* ---- aside ---- */

int outbox_set_aside(struct outbox *outbox, struct bytes id, int code, struct bytes text, uint64_t time_ns,
                     struct truc_fault *fault)
{
    struct database *database = &outbox->database;
    sqlite3_stmt *statement = database->statements[ASIDE];
    (void)sqlite3_reset(database->statements[NEXT]);
    int result = database_begin(database, fault);
    if (result < 0)
        return result;
    if (!database_bind_text(statement, 1, id) || sqlite3_bind_int(statement, 2, code) != SQLITE_OK ||
        !database_bind_text(statement, 3, text) ||
        sqlite3_bind_int64(statement, 4, (sqlite3_int64)time_ns) != SQLITE_OK)
        return database_fault(database, fault);
    result = database_run(database, statement, fault);
    return result < 0 ? result : outbox_remove(outbox, id, fault);
}

int outbox_aside_next(struct outbox *outbox, int64_t *position, struct outbox_aside *ret_aside,
                      struct truc_fault *fault)
{
    struct database *database = &outbox->database;
    sqlite3_stmt *next = database->statements[ASIDE_NEXT];
    (void)sqlite3_reset(next);
    if (sqlite3_bind_int64(next, 1, *position) != SQLITE_OK)
        return database_fault(database, fault);
    int result = sqlite3_step(next);
    if (result == SQLITE_DONE) {
        (void)sqlite3_reset(next);
        return 0;
    }
    if (result != SQLITE_ROW)
        return database_fault(database, fault);
    *ret_aside = (struct outbox_aside){.message = {.salt = database_column(next, 1),
                                                   .header = database_column(next, 2),
                                                   .payload = database_column(next, 3)},
                                       .code = sqlite3_column_int(next, 4),
                                       .text = database_column(next, 5),
                                       .time_ns = (uint64_t)sqlite3_column_int64(next, 6)};
    return advance(database, sqlite3_column_int64(next, 0), position, fault);
}

int outbox_let_go(struct outbox *outbox, struct bytes id, struct truc_fault *fault)
{
    struct database *database = &outbox->database;
    (void)sqlite3_reset(database->statements[ASIDE_NEXT]); /* its views end here */
    int code = database_begin(database, fault);
    if (code < 0)
        return code;
    if (!database_bind_text(database->statements[LET_GO], 1, id))
        return database_fault(database, fault);
    if ((code = database_run(database, database->statements[LET_GO], fault)) < 0)
        return code;
    int changed = sqlite3_changes(database->handle);
    if ((code = database_commit(database, fault)) < 0)
        return code;
    return changed ? 0 : fault_set(fault, TRUC_E_NOT_FOUND, "nothing with the id %.*s is kept aside", BYTES_PRINTF(id));
}

/* The first bus and system to open the file own it: one bus's messages must never leave for another. */
static int claim(struct database *database, const char *bus, const char *system, struct truc_fault *fault)
{
    sqlite3_stmt *claims = database->statements[CLAIM], *owner = database->statements[OWNER];
    int code = database_begin(database, fault);
    if (code < 0)
        return code;
    if (!database_bind_text(claims, 1, bytes_string(bus)) || !database_bind_text(claims, 2, bytes_string(system)))
        return database_fault(database, fault);
    if ((code = database_run(database, claims, fault)) < 0)
        return code;
    if (sqlite3_step(owner) != SQLITE_ROW)
        return database_fault(database, fault);
    struct bytes its_bus = database_column(owner, 0), its_system = database_column(owner, 1);
    if (!bytes_equal_string(its_bus, bus) || !bytes_equal_string(its_system, system))
        code = fault_set(fault, TRUC_E_CONFIG, "outbox %s is of system %.*s on bus %.*s", database->path,
                         BYTES_PRINTF(its_system), BYTES_PRINTF(its_bus));
    (void)sqlite3_reset(owner); /* read to its end */
    return code < 0 ? code : database_commit(database, fault);
}

int outbox_open(const char *path, const char *bus, const char *system, struct outbox **ret_outbox,
                struct truc_fault *fault)
{
    struct outbox *outbox = calloc(1, sizeof *outbox);
    if (outbox == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an outbox");
    int code = database_open(&outbox_design, path, &outbox->database, fault);
    if (code == 0 && (code = claim(&outbox->database, bus, system, fault)) < 0)
        database_close(&outbox->database);
    if (code < 0) {
        free(outbox);
        return code;
    }
    *ret_outbox = outbox;
    return 0;
}

void outbox_close(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    database_close(&outbox->database);
    free(outbox);
}
