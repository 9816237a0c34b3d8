/* store_fixture.h - a real store in a temporary folder, and messages of one dossier's life as the bus brings them.
 * Not the adapter: messages go straight into the store.
 * Used by test_deadlines_store.c and test_deadlines_report.c. */
#ifndef TRUC_STORE_FIXTURE_H
#define TRUC_STORE_FIXTURE_H

#include "deadlines_test.h"
#include "store.h"

#define CODE "H56.14-260302-0001"

struct store_fixture {
    struct deadlines_book *book;
    char folder[64], path[96];
    struct store *store;
};

int store_fixture_begin(void **state);
int store_fixture_end(void **state);

struct deadlines_message message_received(void); /* 2026-03-02 09:00, due 2026-03-05 09:00 */
struct deadlines_message message_supplement_requested(const char *when, const char *id);
struct deadlines_message message_supplemented(const char *when);
struct deadlines_message message_result_of(const char *code, const char *when);

int store_fixture_read(const struct deadlines_message *packed, struct heard *heard, const char **reason);
/* Takes a message within a transaction; whether it was new. */
bool store_fixture_take(struct store *store, struct deadlines_message packed);
/* As the adapter does: one effect, one transaction. */
bool store_fixture_hear(struct store *store, struct deadlines_message packed);
/* An overdue dossier's, for CODE, with the payload "bytes". */
struct store_reminder store_fixture_reminder(const char *id);

#endif
