/* deadlines_test.h - what the tests of the deadlines system share: the province's own files, instants as text, facts in short.
 * Not a stand-in for anything: it loads adapter.yaml and config/calendar as the program does.
 * Used by test_deadlines_*.c. */
#ifndef TRUC_DEADLINES_TEST_H
#define TRUC_DEADLINES_TEST_H

#include "deadlines_load.h"
#include "reminder.h"

#include <protobuf-c/protobuf-c.h>

/* The files of the tree; fails the test when they have a mistake. Freed by the caller. */
struct deadlines_book *deadlines_test_book(void);
struct reminder_world deadlines_test_world(const struct deadlines_book *book);

/* "2026-02-13 16:00", GMT+7. */
uint64_t at(const char *text);
/* The same way round, for assertions: "2026-02-13 16:00:00". Three results live at a time. */
const char *shown(uint64_t time_ns);
#define assert_instant(got, expected) assert_string_equal(shown(got), shown(at(expected)))

/* A message as the bus brings it. */
struct deadlines_message {
    char type[32], id[32];
    uint8_t bytes[1024];
    size_t size;
    bool is_historical;
};

struct deadlines_message deadlines_test_pack(const char *type, const char *id, const ProtobufCMessage *message);
/* dossier.received, whose id is the code; officer cb.hotich.01. `due` may be NULL. */
struct deadlines_message deadlines_test_received(const char *code, const char *unit, const char *when, const char *due);

/* A dossier of these facts, which are put in order. */
struct dossier deadlines_test_dossier(struct fact *facts, size_t count);

#endif
