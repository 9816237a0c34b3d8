/* test_deadlines_store.c - messages as facts in a real SQLite file: once each, in any order, through a kill.
 * Messages are packed as the bus brings them. Files live in a temporary folder.
 * Promise: what the store holds is a function of the messages, not of how they came. */
#include "cmocka_start.h"

#include "store_fixture.h"
#include "told.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <truc/document/v1/task.pb-c.h>
#include <truc/dossier/v1/deadline.pb-c.h>
#include <truc/dossier/v1/dossier.pb-c.h>
#include <unistd.h>

/* ---- messages ---- */

static struct deadlines_message arrived(const char *document, const char *recipient, const char *due_on)
{
    Truc__Document__V1__Arrived message = TRUC__DOCUMENT__V1__ARRIVED__INIT;
    message.document_id = (char *)(uintptr_t)document;
    message.recipient = (char *)(uintptr_t)recipient;
    message.arrived_at = at("2026-03-02 09:00");
    message.due_on = (char *)(uintptr_t)due_on;
    return deadlines_test_pack("document.arrived", "arrived", &message.base);
}

static struct dossier_clock clock_of(struct store_fixture *fixture, struct arena *arena, bool is_task, const char *code,
                                     const char *as_of)
{
    struct dossier dossier;
    struct dossier_clock clock;
    assert_int_equal(store_matter(fixture->store, is_task, code, arena, &dossier, NULL), 0);
    dossier_clock_run(&dossier, fixture->book->calendar, &fixture->book->rules, at(as_of), NULL, &clock);
    return clock;
}

/* ---- facts ---- */

static void a_message_is_taken_once(void **state)
{
    struct store_fixture *fixture = *state;
    struct arena arena = {0};
    struct dossier dossier;
    assert_true(store_fixture_hear(fixture->store, message_received()));
    assert_false(store_fixture_hear(fixture->store, message_received()));
    assert_int_equal(store_matter(fixture->store, false, CODE, &arena, &dossier, NULL), 0);
    assert_int_equal(dossier.count, 1);
    assert_string_equal(dossier.procedure_name, "Đăng ký khai sinh");
    assert_string_equal(dossier.facts[0].officer, "cb.hotich.01");
    assert_int_equal(store_matter(fixture->store, true, CODE, &arena, &dossier, NULL), TRUC_E_NOT_FOUND);
    arena_free(&arena);
}

static void out_of_order_is_in_order_by_the_facts_own_times(void **state)
{
    struct store_fixture *fixture = *state;
    struct arena arena = {0};
    store_fixture_hear(fixture->store, message_result_of(CODE, "2026-03-09 08:00"));
    store_fixture_hear(fixture->store, message_supplemented("2026-03-06 15:00"));
    store_fixture_hear(fixture->store, message_received());
    store_fixture_hear(fixture->store, message_supplement_requested("2026-03-03 10:00", "S-1"));
    struct dossier_clock clock = clock_of(fixture, &arena, false, CODE, "2026-03-31 09:00");
    assert_int_equal(clock.notes, 0);
    assert_int_equal(clock.status, STATUS_DONE);
    assert_int_equal(clock.requests, 1);
    assert_instant(clock.due_ns, "2026-03-09 09:00");
    arena_free(&arena);
}

static void what_is_not_committed_is_not_there_after_a_kill(void **state)
{
    struct store_fixture *fixture = *state;
    struct arena arena = {0};
    struct dossier dossier;
    store_close(fixture->store);
    fixture->store = NULL;
    pid_t child = fork();
    if (child == 0) {
        struct store *store;
        struct heard heard;
        struct deadlines_message first = message_received(), second = message_result_of(CODE, "2026-03-04 08:00");
        const char *reason;
        bool is_new;
        if (store_open(fixture->path, STORE_WRITE, &store, NULL) < 0 || !store_fixture_hear(store, first) ||
            store_begin(store, NULL) < 0 || store_fixture_read(&second, &heard, &reason) < 0 ||
            store_hear(store, &heard, &is_new, NULL) < 0)
            _exit(1);
        _exit(0); /* without commit, as kill -9 would */
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(store_open(fixture->path, STORE_WRITE, &fixture->store, NULL), 0);
    assert_int_equal(store_matter(fixture->store, false, CODE, &arena, &dossier, NULL), 0);
    assert_int_equal(dossier.count, 1);
    assert_true(store_fixture_hear(fixture->store,
                                   message_result_of(CODE, "2026-03-04 08:00"))); /* it comes again, and counts */
    arena_free(&arena);
}

static void a_matter_with_too_many_facts_is_refused_by_name(void **state)
{
    struct store_fixture *fixture = *state;
    struct heard heard;
    struct truc_fault fault = {0};
    const char *reason;
    char id[32];
    bool is_new;
    struct deadlines_message packed = message_received();
    int code = 0;
    assert_int_equal(store_begin(fixture->store, NULL), 0);
    for (int i = 0; i <= DOSSIER_FACTS_MAX && code == 0; i++) {
        (void)snprintf(packed.id, sizeof packed.id, "m-%d", i);
        assert_int_equal(store_fixture_read(&packed, &heard, &reason), 0);
        code = store_hear(fixture->store, &heard, &is_new, &fault);
        heard_free(&heard);
        memcpy(id, packed.id, sizeof id);
    }
    assert_int_equal(code, TRUC_E_LIMIT);
    assert_string_equal(id, "m-2000");
    assert_non_null(strstr(fault.text, "2000"));
    store_roll_back(fixture->store);
}

static void what_makes_no_sense_is_refused_by_name(void **state)
{
    (void)state;
    struct deadlines_message nameless = deadlines_test_received("", "H56.14", "2026-03-02 09:00", NULL);
    struct deadlines_message ancient = deadlines_test_received("A", "H56.14", "1999-12-31 09:00", NULL);
    struct deadlines_message ahead = deadlines_test_received("A", "H56.14", "2026-11-28 09:00", NULL);
    struct deadlines_message endless = deadlines_test_received("A", "H56.14", "2026-03-02 09:00", "2101-01-01 09:00");
    struct deadlines_message longest = deadlines_test_received(
        "01234567890123456789012345678901234567890123456789012345678901234", "H56.14", "2026-03-02 09:00", NULL);
    struct deadlines_message dateless = arrived("VB-1", "H56.14", "06/03/2026"),
                             homeless = arrived("VB-1", "", "2026-03-06");
    struct deadlines_message garbage = message_received();
    struct deadlines_message foreign = message_received();
    memset(garbage.bytes, 0xFF, garbage.size);
    (void)snprintf(foreign.type, sizeof foreign.type, "dossier.submitted");
    const struct {
        const struct deadlines_message *packed;
        int code;
        const char *reason;
    } cases[] = {
        {&nameless, TRUC_E_PAYLOAD, "CODE_MISSING"},  {&ancient, TRUC_E_PAYLOAD, "TIME_IMPLAUSIBLE"},
        {&ahead, TRUC_E_PAYLOAD, "TIME_IMPLAUSIBLE"}, {&endless, TRUC_E_PAYLOAD, "TIME_IMPLAUSIBLE"},
        {&longest, TRUC_E_PAYLOAD, "CODE_TOO_LONG"},  {&dateless, TRUC_E_PAYLOAD, "DATE_WRONG"},
        {&homeless, TRUC_E_PAYLOAD, "CODE_MISSING"},  {&garbage, TRUC_E_PAYLOAD, "NOT_DECODED"},
        {&foreign, TRUC_E_UNKNOWN_TYPE, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct heard heard;
        const char *reason = NULL;
        assert_int_equal(store_fixture_read(cases[i].packed, &heard, &reason), cases[i].code);
        assert_string_equal(reason, cases[i].reason);
    }
}

/* Random bytes under every type: refused by name or read, never worse. Under the sanitizers. */
static void any_payload_is_read_or_refused(void **state)
{
    struct deadlines_message packed = message_received();
    uint32_t seed = 7;
    size_t read = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct heard heard;
        const char *reason = NULL;
        struct deadlines_message mutated = packed;
        seed = seed * 1664525u + 1013904223u;
        mutated.bytes[(seed >> 8) % mutated.size] = (uint8_t)(seed >> 24);
        (void)snprintf(mutated.type, sizeof mutated.type, "%s", heard_type(seed % 12));
        int code = store_fixture_read(&mutated, &heard, &reason);
        if (code == 0) {
            read++;
            heard_free(&heard);
        } else {
            assert_int_equal(code, TRUC_E_PAYLOAD);
            assert_true(reason[0] != 0);
        }
    }
    assert_true(read > 100);
}

static void a_message_without_a_time_has_its_headers(void **state)
{
    Truc__Dossier__V1__ResultReady message = TRUC__DOSSIER__V1__RESULT_READY__INIT;
    struct heard heard;
    const char *reason;
    (void)state;
    message.code = (char *)CODE;
    struct deadlines_message packed = deadlines_test_pack("dossier.result-ready", "x", &message.base);
    assert_int_equal(store_fixture_read(&packed, &heard, &reason), 0);
    assert_instant(heard.fact.at_ns, "2026-03-02 09:00");
    assert_int_equal(heard.fact.status, STATUS_DONE); /* the type says it */
    heard_free(&heard);
}

static void a_document_is_a_task_of_the_unit_that_has_it(void **state)
{
    struct store_fixture *fixture = *state;
    struct arena arena = {0};
    store_fixture_hear(fixture->store, arrived("VB-1", "H56.14", "2026-03-06"));
    struct dossier_clock clock = clock_of(fixture, &arena, true, "VB-1/H56.14", "2026-03-03 09:00");
    assert_instant(clock.due_ns, "2026-03-06 17:30");
    arena_free(&arena);
}

static void officers_are_known_by_what_was_heard_last(void **state)
{
    struct store_fixture *fixture = *state;
    struct arena arena = {0};
    struct officer officer;
    store_fixture_hear(fixture->store, message_received());
    assert_int_equal(store_officer(fixture->store, "cb.hotich.01", &arena, &officer, NULL), 0);
    assert_string_equal(officer.name, "Lê Thị Ánh");
    assert_int_equal(store_officer(fixture->store, "tp.hotich", &arena, &officer, NULL), 0);
    assert_string_equal(officer.account, "tp.hotich");
    assert_null(officer.name);
    arena_free(&arena);
}

/* ---- waking ---- */

static void the_earliest_instant_wakes_first(void **state)
{
    struct store_fixture *fixture = *state;
    uint64_t wake_ns = 7;
    bool is_task;
    char code[HEARD_CODE_BYTES];
    assert_int_equal(store_next_wake(fixture->store, &wake_ns, NULL), 0);
    assert_true(wake_ns == UINT64_MAX);
    store_fixture_hear(fixture->store, deadlines_test_received("A", "H56.14", "2026-03-02 09:00", NULL));
    store_fixture_hear(fixture->store, deadlines_test_received("B", "H56.14", "2026-03-02 09:00", NULL));
    assert_int_equal(store_next_wake(fixture->store, &wake_ns, NULL), 0);
    assert_true(wake_ns == 0); /* something new was heard */
    assert_int_equal(store_set_wake(fixture->store, false, "A", 2000, NULL), 0);
    assert_int_equal(store_set_wake(fixture->store, false, "B", 1000, NULL), 0);
    assert_int_equal(store_awake(fixture->store, 999, &is_task, code, NULL), 0);
    assert_int_equal(store_awake(fixture->store, 1000, &is_task, code, NULL), 1);
    assert_string_equal(code, "B");
    assert_int_equal(store_set_wake(fixture->store, false, "B", UINT64_MAX, NULL), 0);
    assert_int_equal(store_awake(fixture->store, UINT64_MAX - 1, &is_task, code, NULL), 1);
    assert_string_equal(code, "A");
    assert_int_equal(store_wake_all(fixture->store, NULL), 0); /* B has nothing more to say */
    assert_int_equal(store_set_wake(fixture->store, false, "A", UINT64_MAX, NULL), 0);
    assert_int_equal(store_awake(fixture->store, UINT64_MAX - 1, &is_task, code, NULL), 0);
}

/* ---- reminders ---- */

static void a_reminder_is_kept_once_and_until_answered(void **state)
{
    struct store_fixture *fixture = *state;
    struct arena arena = {0};
    struct store_reminder reminder = store_fixture_reminder("overdue-1"), found;
    bool is_new = false;
    store_fixture_hear(fixture->store, message_received());
    assert_int_equal(store_remind(fixture->store, &reminder, &is_new, NULL), 0);
    assert_true(is_new);
    reminder.payload = bytes_string("others");
    assert_int_equal(store_remind(fixture->store, &reminder, &is_new, NULL), 0);
    assert_false(is_new);
    assert_int_equal(store_waiting(fixture->store, 0, &arena, &found, NULL), 1);
    assert_string_equal(found.id, "overdue-1");
    assert_true(bytes_equal_string(found.payload, "bytes")); /* the same bytes for ever */
    assert_int_equal(store_waiting(fixture->store, found.row, &arena, &found, NULL), 0);
    assert_int_equal(store_settle(fixture->store, "overdue-1", STORE_REFUSED, TRUC_E_NO_ROUTE, NULL), 0);
    assert_int_equal(store_waiting(fixture->store, 0, &arena, &found, NULL), 0);
    assert_int_equal(store_revive(fixture->store, NULL), 0);
    assert_int_equal(store_waiting(fixture->store, 0, &arena, &found, NULL), 1);
    assert_int_equal(store_settle(fixture->store, "overdue-1", STORE_REFUSED, TRUC_E_TOO_OLD, NULL), 0);
    assert_int_equal(store_revive(fixture->store, NULL), 0); /* that can't be mended */
    assert_int_equal(store_waiting(fixture->store, 0, &arena, &found, NULL), 0);
    arena_free(&arena);
}

static void an_apology_is_the_dossiers_promise(void **state)
{
    struct store_fixture *fixture = *state;
    struct arena arena = {0};
    struct dossier dossier;
    struct store_reminder reminder = store_fixture_reminder("apology-1");
    uint64_t wake_ns = 7;
    bool is_new;
    store_fixture_hear(fixture->store, message_received());
    reminder.kind = REMINDER_APOLOGY;
    reminder.new_due_ns = at("2026-03-09 09:00");
    assert_int_equal(store_set_wake(fixture->store, false, CODE, 1000, NULL), 0);
    assert_int_equal(store_remind(fixture->store, &reminder, &is_new, NULL), 0);
    assert_int_equal(store_matter(fixture->store, false, CODE, &arena, &dossier, NULL), 0);
    assert_instant(dossier.promised_ns, "2026-03-09 09:00");
    assert_int_equal(store_next_wake(fixture->store, &wake_ns, NULL), 0);
    assert_true(wake_ns == 0); /* the new date has reminders of its own */
    arena_free(&arena);
}

static void a_reminder_says_what_it_is_about(void **state)
{
    struct store_fixture *fixture = *state;
    struct fact facts[] = {{.kind = FACT_RECEIVED,
                            .status = STATUS_RECEIVED,
                            .at_ns = at("2026-03-02 09:00"),
                            .due_ns = at("2026-03-05 09:00"),
                            .officer = "cb.hotich.01"}};
    struct dossier dossier = deadlines_test_dossier(facts, 1);
    struct reminder_world world = deadlines_test_world(fixture->book);
    struct told_people people = {.officer = {"cb.hotich.01", "Lê Thị Ánh", NULL, NULL},
                                 .leader = {.account = "tp.hotich"},
                                 .leader_above = {.account = "gd.tuphap"}};
    struct buffer payload = {0};
    struct reminder_plan plan;
    dossier.procedure_code = "1.001193";
    reminder_plan(&dossier, false, &world, at("2026-03-06 10:00"), &plan);
    assert_int_equal(plan.count, 2);
    assert_string_equal(told_type(&plan.reminders[1]), "dossier.overdue");
    assert_int_equal(told_payload(&plan.reminders[1], &dossier, &people, &payload), 0);
    Truc__Dossier__V1__Overdue *message = truc__dossier__v1__overdue__unpack(NULL, payload.size, payload.data);
    assert_non_null(message);
    assert_string_equal(message->code, dossier.code);
    assert_int_equal(message->status, STATUS_RECEIVED);
    assert_int_equal(message->working_minutes, 9 * 60);
    assert_string_equal(message->officer->name, "Lê Thị Ánh");
    assert_string_equal(message->leader->account, "tp.hotich");
    assert_true(message->escalated);
    assert_string_equal(message->leader_above->account, "gd.tuphap");
    assert_string_equal(message->rules, "nd-118-2025");
    truc__dossier__v1__overdue__free_unpacked(message, NULL);
    buffer_free(&payload);
}

static void a_store_is_private_and_of_a_known_version(void **state)
{
    struct store_fixture *fixture = *state;
    struct stat status;
    struct store *other = NULL;
    struct truc_fault fault = {0};
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(store_open("/nonexistent/store", STORE_READ, &other, &fault), TRUC_E_NOT_FOUND);
    assert_int_equal(store_open("/nonexistent/store", STORE_WRITE, &other, &fault), TRUC_E_IO);
    store_close(fixture->store);
    fixture->store = NULL;
    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "PRAGMA user_version = 9", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    assert_int_equal(store_open(fixture->path, STORE_WRITE, &other, &fault), TRUC_E_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_is_taken_once, store_fixture_begin, store_fixture_end),
        cmocka_unit_test_setup_teardown(out_of_order_is_in_order_by_the_facts_own_times, store_fixture_begin,
                                        store_fixture_end),
        cmocka_unit_test_setup_teardown(what_is_not_committed_is_not_there_after_a_kill, store_fixture_begin,
                                        store_fixture_end),
        cmocka_unit_test_setup_teardown(a_matter_with_too_many_facts_is_refused_by_name, store_fixture_begin,
                                        store_fixture_end),
        cmocka_unit_test(what_makes_no_sense_is_refused_by_name),
        cmocka_unit_test(any_payload_is_read_or_refused),
        cmocka_unit_test(a_message_without_a_time_has_its_headers),
        cmocka_unit_test_setup_teardown(a_document_is_a_task_of_the_unit_that_has_it, store_fixture_begin,
                                        store_fixture_end),
        cmocka_unit_test_setup_teardown(officers_are_known_by_what_was_heard_last, store_fixture_begin,
                                        store_fixture_end),
        cmocka_unit_test_setup_teardown(the_earliest_instant_wakes_first, store_fixture_begin, store_fixture_end),
        cmocka_unit_test_setup_teardown(a_reminder_is_kept_once_and_until_answered, store_fixture_begin,
                                        store_fixture_end),
        cmocka_unit_test_setup_teardown(an_apology_is_the_dossiers_promise, store_fixture_begin, store_fixture_end),
        cmocka_unit_test_setup_teardown(a_reminder_says_what_it_is_about, store_fixture_begin, store_fixture_end),
        cmocka_unit_test_setup_teardown(a_store_is_private_and_of_a_known_version, store_fixture_begin,
                                        store_fixture_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
