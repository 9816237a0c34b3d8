/* database.h - an SQLite file that is one process's own: private, held exclusively, synced at each commit.
 * Not what is in it: inbox_file.c and outbox_file.c bring their schema and statements.
 * Beneath the two files an adapter remembers with. */
#ifndef TRUC_DATABASE_H
#define TRUC_DATABASE_H

#include "bytes.h"
#include "fault.h"

#include <sqlite3.h>
#include <stdbool.h>

enum { DATABASE_STATEMENTS_MAX = 8 };

/* What a kind of file holds. Texts and the table outlive every database of the kind. */
struct database_design {
    const char *title;  /* as faults name it: "inbox" */
    const char *schema; /* makes what is missing, and sets user_version */
    int version;        /* a file with a higher user_version is refused */
    const char *const *statements;
    size_t statement_count;
};

struct database {
    const struct database_design *design;
    char *path;
    sqlite3 *handle;
    sqlite3_stmt *begin, *commit;
    sqlite3_stmt *statements[DATABASE_STATEMENTS_MAX]; /* in the order of the design */
    bool is_in_transaction;
};

/* TRUC_E_IO with the path and SQLite's reason, also when another process holds it; TRUC_E_VERSION; TRUC_E_MEMORY. */
int database_open(const struct database_design *design, const char *path, struct database *ret_database,
                  struct truc_fault *fault);
void database_close(struct database *database); /* rolls back what is not committed; {0} is fine */

int database_fault(const struct database *database, struct truc_fault *fault); /* TRUC_E_IO and SQLite's reason */
int database_begin(struct database *database, struct truc_fault *fault); /* once a transaction; more are harmless */
/* Makes everything since the last commit durable, at once. Nothing to do: nothing done. */
int database_commit(struct database *database, struct truc_fault *fault);
/* Runs a statement that returns no row and makes it ready again. */
int database_run(struct database *database, sqlite3_stmt *statement, struct truc_fault *fault);

/* Views that are bound live until the statement has run; those of a column until it is reset. */
bool database_bind_text(sqlite3_stmt *statement, int place, struct bytes text);
bool database_bind_blob(sqlite3_stmt *statement, int place, struct bytes blob);
struct bytes database_column(sqlite3_stmt *statement, int place);

#endif
