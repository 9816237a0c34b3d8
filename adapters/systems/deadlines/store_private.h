/* store_private.h - the SQLite side of the store: statements by name, binding, reading.
 * Not for users of the store.
 * Shared by store.c, store_facts.c and store_reminders.c. */
#ifndef DEADLINES_STORE_PRIVATE_H
#define DEADLINES_STORE_PRIVATE_H

#include "store.h"

#include <sqlite3.h>

enum store_statement {
    STORE_BEGIN,
    STORE_COMMIT,
    STORE_ROLL_BACK,
    STORE_FACT_PUT,
    STORE_FACT_COUNT,
    STORE_FACTS,
    STORE_MATTER_PUT,
    STORE_MATTER,
    STORE_MATTERS_IN,
    STORE_OFFICER_PUT,
    STORE_OFFICER,
    STORE_WAKE_SET,
    STORE_WAKE_NEXT,
    STORE_WAKE_ALL,
    STORE_REMINDER_PUT,
    STORE_REMINDER_NEXT,
    STORE_REMINDER_SETTLE,
    STORE_REMINDERS,
    STORE_REVIVE,
    STORE_PROMISE,
    STORE_STATEMENTS
};

struct store {
    char *path;
    sqlite3 *handle;
    sqlite3_stmt *statements[STORE_STATEMENTS]; /* prepared when first used */
    bool is_in_transaction;
};

int store_fault(const struct store *store, struct truc_fault *fault); /* TRUC_E_IO and SQLite's reason */
/* The statement, ready for binding: reset and without values. NULL, and the fault, when it can't be prepared. */
sqlite3_stmt *store_statement(struct store *store, enum store_statement name, struct truc_fault *fault);
/* Runs one that returns no row. */
int store_run(struct store *store, sqlite3_stmt *statement, struct truc_fault *fault);
/* 1: a row, 0: none, or the fault. */
int store_row(struct store *store, sqlite3_stmt *statement, struct truc_fault *fault);

/* Binding fails only without memory, which the step then tells: a value that was not bound violates NOT NULL. */
void store_bind_text(sqlite3_stmt *statement, int place, const char *text); /* NULL: null */
void store_bind_time(sqlite3_stmt *statement, int place, uint64_t time_ns);
uint64_t store_time(sqlite3_stmt *statement, int place);
/* A copy in the arena; NULL: null, or the arena is full, which sets *is_full. */
const char *store_text(sqlite3_stmt *statement, int place, struct arena *arena, bool *is_full);

#endif
