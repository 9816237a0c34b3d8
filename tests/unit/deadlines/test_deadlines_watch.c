/* test_deadlines_watch.c - the adapter's work over a stand-in of the SDK and a clock that the test sets.
 * A real store in a temporary folder; no bus, no waiting.
 * Promise: what is said is said once, whatever the bus answers, and what is no longer true is not said at all. */
#include "cmocka_start.h"

#include "deadlines_test.h"
#include "fake_sdk.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <truc/dossier/v1/dossier.pb-c.h>
#include <unistd.h>

#define CODE "H56.14-260302-0001"

struct fixture {
    struct deadlines_book *book;
    char folder[64], path[96];
    struct store *store;
    truc_adapter *bus;
    struct watch *watch;
    uint64_t now_ns;
    size_t warnings;
};

static uint64_t clock_of(void *context)
{
    return ((struct fixture *)context)->now_ns;
}

static void log_of(void *context, int level, const char *text)
{
    (void)text;
    ((struct fixture *)context)->warnings += level <= 4;
}

static void open_all(struct fixture *fixture)
{
    assert_int_equal(store_open(fixture->path, STORE_WRITE, &fixture->store, NULL), 0);
    fixture->bus = fake_sdk_open("deadlines");
    fake_sdk_connect(fixture->bus, true);
    const struct watch_options options = {fixture->bus, fixture->store, fixture->book, clock_of, log_of, fixture};
    assert_int_equal(watch_open(&options, &fixture->watch, NULL), 0);
}

/* As a run ends: what the broker has not answered stays open. */
static void close_all(struct fixture *fixture)
{
    truc_adapter_close(fixture->bus);
    watch_close(fixture->watch);
    store_close(fixture->store);
}

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/truc-deadlines-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/deadlines.sqlite", fixture->folder);
    fixture->book = deadlines_test_book();
    fixture->now_ns = at("2026-03-02 09:00");
    open_all(fixture);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    static const char *const names[] = {"", "-wal", "-shm"};
    struct fixture *fixture = *state;
    char path[128];
    close_all(fixture);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(path, sizeof path, "%s%s", fixture->path, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(fixture->folder), 0);
    deadlines_book_free(fixture->book);
    free(fixture);
    return 0;
}

static void work(struct fixture *fixture)
{
    struct truc_fault fault = {0};
    if (watch_work(fixture->watch, &fault) < 0 || truc_step(fixture->bus, &fault) < 0)
        fail_msg("%s", fault.text);
}

static struct fake_settlement deliver(struct fixture *fixture, const struct deadlines_message *message)
{
    struct fake_settlement settlement = {0};
    fake_sdk_deliver(fixture->bus, message->type, message->id, bytes_of(message->bytes, message->size), &settlement);
    assert_int_equal(truc_step(fixture->bus, NULL), 0);
    work(fixture);
    return settlement;
}

static void receive(struct fixture *fixture, const char *code, const char *due)
{
    struct deadlines_message message = deadlines_test_received(code, "H56.14", "2026-03-02 09:00", due);
    assert_int_equal(deliver(fixture, &message).how, FAKE_DONE);
}

static void go_to(struct fixture *fixture, const char *when)
{
    fixture->now_ns = at(when);
    work(fixture);
    work(fixture);
}

static size_t sent(const struct fixture *fixture)
{
    return fake_sdk_sent_count(fixture->bus);
}

static const char *type_sent(const struct fixture *fixture, size_t index)
{
    return fake_sdk_sent(fixture->bus, index)->type;
}

static enum store_reminder_state states[8];
static size_t states_count;

static int note_state(void *context, const struct store_reminder *reminder)
{
    (void)context;
    assert_true(states_count < COUNT_OF(states));
    states[states_count++] = reminder->state;
    return 0;
}

static void read_states(struct fixture *fixture)
{
    states_count = 0;
    assert_int_equal(store_each_reminder(fixture->store, false, CODE, note_state, NULL, NULL), 0);
}

/* ---- tests ---- */

static void each_reminder_is_published_when_its_time_comes(void **state)
{
    struct fixture *fixture = *state;
    receive(fixture, CODE, "2026-03-05 09:00");
    assert_int_equal(sent(fixture), 0);
    assert_instant(watch_next(fixture->watch), "2026-03-03 09:00"); /* from then on an apology may be due */
    go_to(fixture, "2026-03-03 09:00");
    assert_int_equal(sent(fixture), 0);
    assert_instant(watch_next(fixture->watch), "2026-03-04 09:00");
    go_to(fixture, "2026-03-04 09:00");
    assert_int_equal(sent(fixture), 1);
    assert_string_equal(type_sent(fixture, 0), "dossier.due-soon");
    assert_string_equal(fake_sdk_sent(fixture->bus, 0)->subject, CODE);
    go_to(fixture, "2026-03-04 15:00");
    assert_int_equal(sent(fixture), 1);
    go_to(fixture, "2026-03-05 09:00");
    go_to(fixture, "2026-03-06 09:00");
    go_to(fixture, "2026-08-06 09:00");
    assert_int_equal(sent(fixture), 3);
    assert_string_equal(type_sent(fixture, 1), "dossier.overdue");
    assert_true(watch_next(fixture->watch) == UINT64_MAX);
    read_states(fixture);
    assert_int_equal(states_count, 3);
    for (size_t i = 0; i < states_count; i++)
        assert_int_equal(states[i], STORE_ACCEPTED);
}

static void without_an_answer_the_next_run_says_the_same_again(void **state)
{
    struct fixture *fixture = *state;
    receive(fixture, CODE, "2026-03-05 09:00");
    fake_sdk_hold(fixture->bus, true);
    go_to(fixture, "2026-03-05 09:00");
    assert_int_equal(sent(fixture), 1);
    struct fake_sent first = *fake_sdk_sent(fixture->bus, 0);
    close_all(fixture);
    open_all(fixture);
    go_to(fixture, "2026-03-05 10:00"); /* an hour later, with the same bytes */
    assert_int_equal(sent(fixture), 1);
    const struct fake_sent *again = fake_sdk_sent(fixture->bus, 0);
    assert_string_equal(again->id, first.id);
    assert_int_equal(again->payload_bytes, first.payload_bytes);
    assert_memory_equal(again->payload, first.payload, first.payload_bytes);
    close_all(fixture);
    open_all(fixture);
    go_to(fixture, "2026-03-05 11:00"); /* answered now: never again */
    assert_int_equal(sent(fixture), 0);
    assert_int_equal(fixture->warnings, 0); /* an end without an answer is no refusal */
}

static void what_is_no_longer_true_when_the_bus_is_back_lapses(void **state)
{
    struct fixture *fixture = *state;
    receive(fixture, CODE, "2026-03-05 09:00");
    fake_sdk_connect(fixture->bus, false);
    go_to(fixture, "2026-03-04 09:00");
    assert_int_equal(sent(fixture), 0);
    go_to(fixture, "2026-03-05 12:00");
    assert_int_equal(sent(fixture), 0);
    fake_sdk_connect(fixture->bus, true);
    go_to(fixture, "2026-03-05 12:01");
    assert_int_equal(sent(fixture), 1);
    assert_string_equal(type_sent(fixture, 0), "dossier.overdue");
    read_states(fixture);
    assert_int_equal(states_count, 2);
    assert_int_equal(states[0], STORE_LAPSED); /* "soon" */
    assert_int_equal(states[1], STORE_ACCEPTED);
}

static void a_dossier_that_ended_meanwhile_is_not_reminded_of(void **state)
{
    struct fixture *fixture = *state;
    Truc__Dossier__V1__ResultReady message = TRUC__DOSSIER__V1__RESULT_READY__INIT;
    receive(fixture, CODE, "2026-03-05 09:00");
    fake_sdk_connect(fixture->bus, false);
    go_to(fixture, "2026-03-05 12:00");
    message.code = (char *)CODE;
    message.finished_at = at("2026-03-05 08:00");
    struct deadlines_message result = deadlines_test_pack("dossier.result-ready", "ready", &message.base);
    assert_int_equal(deliver(fixture, &result).how, FAKE_DONE);
    fake_sdk_connect(fixture->bus, true);
    go_to(fixture, "2026-03-05 12:01");
    assert_int_equal(sent(fixture), 0);
    read_states(fixture);
    assert_int_equal(states_count, 1);
    assert_int_equal(states[0], STORE_LAPSED);
}

static void a_refusal_is_kept_with_its_name_and_tried_by_the_next_run(void **state)
{
    struct fixture *fixture = *state;
    receive(fixture, CODE, "2026-03-05 09:00");
    fake_sdk_answer(fixture->bus, TRUC_E_NO_ROUTE, "", BYTES_EMPTY);
    go_to(fixture, "2026-03-05 09:00");
    go_to(fixture, "2026-03-05 09:01");
    assert_int_equal(sent(fixture), 1);
    read_states(fixture);
    assert_int_equal(states[0], STORE_REFUSED);
    assert_true(fixture->warnings > 0);
    close_all(fixture);
    open_all(fixture); /* a route was made */
    go_to(fixture, "2026-03-05 10:00");
    assert_int_equal(sent(fixture), 1);
    read_states(fixture);
    assert_int_equal(states[0], STORE_ACCEPTED);
}

static void a_message_that_comes_again_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    receive(fixture, CODE, "2026-03-05 09:00");
    go_to(fixture, "2026-03-05 09:00");
    receive(fixture, CODE, "2026-03-05 09:00");
    go_to(fixture, "2026-03-05 10:00");
    assert_int_equal(sent(fixture), 1);
}

static void what_is_no_fact_is_rejected_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct deadlines_message message = deadlines_test_received("", "H56.14", "2026-03-02 09:00", NULL);
    (void)snprintf(message.id, sizeof message.id, "nameless");
    struct fake_settlement settlement = deliver(fixture, &message);
    assert_int_equal(settlement.how, FAKE_REJECT);
    assert_string_equal(settlement.reason, "CODE_MISSING");
}

static void what_will_be_missing_is_said_in_the_log(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture->warnings, 0);
    receive(fixture, CODE, "2029-03-05 09:00"); /* beyond the calendars */
    receive(fixture, "H56.14-260302-0002", "2029-03-05 09:00");
    assert_int_equal(fixture->warnings, 1); /* once, not for each */
    close_all(fixture);
    fixture->now_ns = at("2027-11-01 09:00");
    open_all(fixture); /* two months before the last calendar's end */
    assert_int_equal(fixture->warnings, 2);
}

static void an_apology_missed_is_said_in_the_log(void **state)
{
    struct fixture *fixture = *state;
    Truc__Dossier__V1__Progress message = TRUC__DOSSIER__V1__PROGRESS__INIT;
    receive(fixture, CODE, "2026-03-05 09:00");
    fixture->now_ns = at("2026-03-04 16:00");
    message.code = (char *)CODE;
    message.status = TRUC__DOSSIER__V1__STATUS__STATUS_IN_PROGRESS;
    message.handled_at = at("2026-03-04 15:00");
    message.step_due_at = at("2026-03-06 09:00"); /* behind the dossier's own date, told too late */
    struct deadlines_message progress = deadlines_test_pack("dossier.progress", "progress", &message.base);
    assert_int_equal(deliver(fixture, &progress).how, FAKE_DONE);
    work(fixture);
    assert_true(fixture->warnings > 0);
    for (size_t i = 0; i < sent(fixture); i++)
        assert_string_not_equal(type_sent(fixture, i), "dossier.apology");
}

/* Many dossiers through two years: each says what it has to say, once, and nothing is left awake. */
static void two_years_pass_in_a_moment(void **state)
{
    enum { DOSSIERS = 20 };
    struct fixture *fixture = *state;
    char code[32], due[32];
    for (int i = 0; i < DOSSIERS; i++) {
        (void)snprintf(code, sizeof code, "H56.14-260302-%04d", i);
        (void)snprintf(due, sizeof due, "2026-%02d-%02d 09:00", 4 + i % 8, 6 + i);
        receive(fixture, code, due);
    }
    for (int steps = 0; watch_next(fixture->watch) != UINT64_MAX; steps++) {
        assert_true(steps < 1000);
        if (watch_next(fixture->watch) > fixture->now_ns)
            fixture->now_ns = watch_next(fixture->watch);
        work(fixture);
    }
    work(fixture);
    assert_true(fixture->now_ns < at("2028-01-01 00:00"));
    assert_int_equal(sent(fixture), DOSSIERS * 3);
    for (size_t i = 0; i < sent(fixture); i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(fake_sdk_sent(fixture->bus, i)->id, fake_sdk_sent(fixture->bus, j)->id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_reminder_is_published_when_its_time_comes, begin, end),
        cmocka_unit_test_setup_teardown(without_an_answer_the_next_run_says_the_same_again, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_longer_true_when_the_bus_is_back_lapses, begin, end),
        cmocka_unit_test_setup_teardown(a_dossier_that_ended_meanwhile_is_not_reminded_of, begin, end),
        cmocka_unit_test_setup_teardown(a_refusal_is_kept_with_its_name_and_tried_by_the_next_run, begin, end),
        cmocka_unit_test_setup_teardown(a_message_that_comes_again_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_fact_is_rejected_by_name, begin, end),
        cmocka_unit_test_setup_teardown(what_will_be_missing_is_said_in_the_log, begin, end),
        cmocka_unit_test_setup_teardown(an_apology_missed_is_said_in_the_log, begin, end),
        cmocka_unit_test_setup_teardown(two_years_pass_in_a_moment, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
