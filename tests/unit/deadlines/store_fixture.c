/* store_fixture.c - see store_fixture.h.
 * Each test has its own folder, which is gone afterwards.
 * Used by test_deadlines_store.c and test_deadlines_report.c. */
#include "cmocka_start.h"

#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <truc/dossier/v1/dossier.pb-c.h>
#include <unistd.h>

int store_fixture_begin(void **state)
{
    struct store_fixture *fixture = calloc(1, sizeof *fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/truc-deadlines-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/deadlines.sqlite", fixture->folder);
    fixture->book = deadlines_test_book();
    assert_int_equal(store_open(fixture->path, STORE_WRITE, &fixture->store, NULL), 0);
    *state = fixture;
    return 0;
}

int store_fixture_end(void **state)
{
    static const char *const names[] = {"", "-wal", "-shm"};
    struct store_fixture *fixture = *state;
    char path[128];
    store_close(fixture->store);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(path, sizeof path, "%s%s", fixture->path, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(fixture->folder), 0);
    deadlines_book_free(fixture->book);
    free(fixture);
    return 0;
}

/* ---- messages ---- */

struct deadlines_message message_received(void)
{
    return deadlines_test_received(CODE, "H56.14", "2026-03-02 09:00", "2026-03-05 09:00");
}

struct deadlines_message message_supplement_requested(const char *when, const char *id)
{
    Truc__Dossier__V1__SupplementRequested message = TRUC__DOSSIER__V1__SUPPLEMENT_REQUESTED__INIT;
    Truc__Dossier__V1__Supplement supplement = TRUC__DOSSIER__V1__SUPPLEMENT__INIT;
    message.code = (char *)CODE;
    supplement.id = (char *)(uintptr_t)id;
    supplement.requested_at = at(when);
    message.supplement = &supplement;
    return deadlines_test_pack("dossier.supplement-requested", id, &message.base);
}

struct deadlines_message message_supplemented(const char *when)
{
    Truc__Dossier__V1__Supplemented message = TRUC__DOSSIER__V1__SUPPLEMENTED__INIT;
    message.code = (char *)CODE;
    message.supplemented_at = at(when);
    return deadlines_test_pack("dossier.supplemented", when, &message.base);
}

struct deadlines_message message_result_of(const char *code, const char *when)
{
    Truc__Dossier__V1__ResultReady message = TRUC__DOSSIER__V1__RESULT_READY__INIT;
    char id[32];
    message.code = (char *)(uintptr_t)code;
    message.finished_at = at(when);
    (void)snprintf(id, sizeof id, "end-%s", code);
    return deadlines_test_pack("dossier.result-ready", id, &message.base);
}

int store_fixture_read(const struct deadlines_message *packed, struct heard *heard, const char **reason)
{
    struct heard_message message = {.type = packed->type,
                                    .source = "onestop",
                                    .id = packed->id,
                                    .time_ns = at("2026-03-02 09:00"),
                                    .is_historical = packed->is_historical,
                                    .payload = packed->bytes,
                                    .payload_bytes = packed->size};
    return heard_read(&message, at("2026-11-26 09:00"), heard, reason, NULL);
}

bool store_fixture_take(struct store *store, struct deadlines_message packed)
{
    struct heard heard;
    struct truc_fault fault = {0};
    const char *reason;
    bool is_new = false;
    if (store_fixture_read(&packed, &heard, &reason) < 0)
        fail_msg("%s", reason);
    if (store_hear(store, &heard, &is_new, &fault) < 0)
        fail_msg("%s", fault.text);
    heard_free(&heard);
    return is_new;
}

bool store_fixture_hear(struct store *store, struct deadlines_message packed)
{
    assert_int_equal(store_begin(store, NULL), 0);
    bool is_new = store_fixture_take(store, packed);
    assert_int_equal(store_commit(store, NULL), 0);
    return is_new;
}

struct store_reminder store_fixture_reminder(const char *id)
{
    return (struct store_reminder){.id = id,
                                   .type = "dossier.overdue",
                                   .code = CODE,
                                   .procedure_code = "1.001193",
                                   .kind = REMINDER_OVERDUE,
                                   .due_ns = 5,
                                   .planned_ns = 6,
                                   .payload = bytes_string("bytes")};
}
