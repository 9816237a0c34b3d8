/* test_deadlines_clock.c - the clock of a dossier and both verdicts: supplements, statuses, orders of arrival, and facts that contradict.
 * Pure: facts in, dates out; the calendar and rules are the province's own.
 * Promise: the same facts give the same clock in whatever order they come, and each rule says what its definition says. */
#include "cmocka_start.h"

#include "deadlines_test.h"
#include "rate.h"

#include <stdlib.h>

static struct deadlines_book *book;

static int set_up(void **state)
{
    (void)state;
    book = deadlines_test_book();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    deadlines_book_free(book);
    return 0;
}

static struct dossier_clock run(struct fact *facts, size_t count, const char *as_of)
{
    struct dossier dossier = deadlines_test_dossier(facts, count);
    struct dossier_clock clock;
    dossier_clock_run(&dossier, book->calendar, &book->rules, at(as_of), NULL, &clock);
    return clock;
}
#define RUN(facts, as_of) run(facts, COUNT_OF(facts), as_of)

static struct fact received(const char *when, const char *due)
{
    return (struct fact){.kind = FACT_RECEIVED,
                         .status = STATUS_RECEIVED,
                         .at_ns = at(when),
                         .due_ns = due ? at(due) : 0,
                         .message_id = "received"};
}

static struct fact fact(enum fact_kind kind, uint32_t status, const char *when)
{
    return (struct fact){.kind = kind, .status = status, .at_ns = at(when), .message_id = when};
}

static enum rate_verdict national(const struct dossier_clock *clock)
{
    return rate_national(clock, rules_at(&book->rules, clock->received_ns)).verdict;
}

static enum rate_verdict province(const struct dossier_clock *clock)
{
    return rate_province(clock).verdict;
}

#define assert_verdicts(clock, expected_national, expected_province)                                                   \
    do {                                                                                                               \
        assert_int_equal(national(&(clock)), expected_national);                                                       \
        assert_int_equal(province(&(clock)), expected_province);                                                       \
    } while (0)

/* ---- supplements ---- */

static void a_supplement_moves_the_date_by_the_days_waited(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                           fact(FACT_SUPPLEMENT_REQUESTED, STATUS_SUPPLEMENT, "2026-03-03 10:00"),
                           fact(FACT_SUPPLEMENTED, STATUS_NONE, "2026-03-06 15:00"),
                           fact(FACT_RESULT_READY, STATUS_DONE, "2026-03-09 08:00")};
    (void)state;
    struct dossier_clock clock = RUN(facts, "2026-03-04 09:00");
    assert_true(clock.is_paused);
    assert_verdicts(clock, RATE_ON_TIME, RATE_ON_TIME);
    clock = RUN(facts, "2026-03-31 09:00");
    assert_false(clock.is_paused);
    assert_instant(clock.due_ns, "2026-03-09 09:00"); /* three days: Sunday 8/3, so Monday */
    assert_int_equal(clock.requests, 1);
    assert_instant(clock.extended_due_ns, "2026-03-10 14:00"); /* 27 working hours were waited */
    assert_verdicts(clock, RATE_ON_TIME, RATE_ON_TIME);
    for (size_t i = 0; i < COUNT_OF(facts); i++) /* on Monday, and past 14:00 on Tuesday: each rule at its own date */
        if (facts[i].kind == FACT_RESULT_READY)
            facts[i].at_ns = at("2026-03-10 08:00");
    clock = RUN(facts, "2026-03-31 09:00");
    assert_verdicts(clock, RATE_ON_TIME, RATE_LATE);
    facts[3].at_ns = at("2026-03-10 14:01");
    clock = RUN(facts, "2026-03-31 09:00");
    assert_verdicts(clock, RATE_LATE, RATE_LATE);
}

static void a_supplement_on_the_same_day_moves_nothing(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                           fact(FACT_PROGRESS, STATUS_SUPPLEMENT, "2026-03-03 08:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-03 16:00")};
    (void)state;
    struct dossier_clock clock = RUN(facts, "2026-03-04 09:00");
    assert_instant(clock.due_ns, "2026-03-05 09:00");
    assert_int_equal(clock.requests, 1);
}

static void a_step_waits_with_its_dossier(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-12 09:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-02 10:00"),
                           fact(FACT_SUPPLEMENT_REQUESTED, STATUS_SUPPLEMENT, "2026-03-03 10:00"),
                           fact(FACT_SUPPLEMENTED, STATUS_NONE, "2026-03-06 15:00")};
    (void)state;
    facts[1].step_due_ns = at("2026-03-04 09:00");
    struct dossier_clock clock = RUN(facts, "2026-03-06 16:00");
    assert_instant(clock.step_due_ns, "2026-03-09 09:00"); /* three days: Saturday 7/3, so Monday */
}

static void a_pause_over_tet_rolls_to_a_working_day(void **state)
{
    struct fact facts[] = {received("2026-02-09 09:00", "2026-02-12 09:00"),
                           fact(FACT_SUPPLEMENT_REQUESTED, STATUS_SUPPLEMENT, "2026-02-10 10:00"),
                           fact(FACT_SUPPLEMENTED, STATUS_NONE, "2026-02-15 22:00")};
    (void)state;
    struct dossier_clock clock = RUN(facts, "2026-02-16 00:00");
    assert_instant(clock.due_ns, "2026-02-23 09:00"); /* 12/2 and five days: 17/2, mùng 1 */
}

static void a_second_request_is_late_for_the_nation_alone(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-20 09:00"),
                           fact(FACT_SUPPLEMENT_REQUESTED, STATUS_SUPPLEMENT, "2026-03-03 10:00"),
                           fact(FACT_SUPPLEMENTED, STATUS_NONE, "2026-03-04 15:00"),
                           fact(FACT_SUPPLEMENT_REQUESTED, STATUS_SUPPLEMENT, "2026-03-05 10:00"),
                           fact(FACT_SUPPLEMENTED, STATUS_NONE, "2026-03-06 15:00"),
                           fact(FACT_RESULT_READY, STATUS_DONE, "2026-03-09 08:00")};
    (void)state;
    struct dossier_clock clock = RUN(facts, "2026-03-31 09:00");
    assert_int_equal(clock.requests, 2);
    assert_verdicts(clock, RATE_LATE, RATE_ON_TIME);
    assert_int_equal(rate_national(&clock, rules_at(&book->rules, clock.received_ns)).reason,
                     RATE_TOO_MANY_SUPPLEMENTS);
    facts[3].kind = FACT_PROGRESS; /* the same, told as progress */
    clock = RUN(facts, "2026-03-31 09:00");
    assert_int_equal(clock.requests, 2);
}

static void one_request_told_twice_is_one(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-20 09:00"),
                           fact(FACT_SUPPLEMENT_REQUESTED, STATUS_SUPPLEMENT, "2026-03-03 10:00"),
                           fact(FACT_PROGRESS, STATUS_SUPPLEMENT, "2026-03-03 10:05")};
    (void)state;
    facts[1].supplement_id = "S-1";
    struct dossier_clock clock = RUN(facts, "2026-03-04 09:00");
    assert_int_equal(clock.requests, 1);
    facts[2].supplement_id = "S-2"; /* another id is another one */
    clock = RUN(facts, "2026-03-04 09:00");
    assert_int_equal(clock.requests, 2);
    facts[2].supplement_id = "S-1";
    facts[2].request_count = 3; /* the sender counts itself */
    clock = RUN(facts, "2026-03-04 09:00");
    assert_int_equal(clock.requests, 3);
}

/* ---- dates ---- */

static void a_new_date_replaces_and_a_repeated_one_does_not(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                           fact(FACT_SUPPLEMENT_REQUESTED, STATUS_SUPPLEMENT, "2026-03-03 10:00"),
                           fact(FACT_SUPPLEMENTED, STATUS_NONE, "2026-03-04 15:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-04 16:00")};
    (void)state;
    facts[3].due_ns = at("2026-03-05 09:00"); /* the old one once more: the move stays */
    struct dossier_clock clock = RUN(facts, "2026-03-05 09:00");
    assert_instant(clock.due_ns, "2026-03-06 09:00");
    facts[3].due_ns = at("2026-03-06 09:00"); /* the moved one, as the desk computed it: no news either */
    clock = RUN(facts, "2026-03-05 09:00");
    assert_instant(clock.due_ns, "2026-03-06 09:00");
    assert_instant(clock.base_due_ns, "2026-03-05 09:00");
    facts[3].due_ns = at("2026-03-11 09:00");
    clock = RUN(facts, "2026-03-05 09:00");
    assert_instant(clock.due_ns, "2026-03-11 09:00");
    assert_instant(clock.base_due_ns, "2026-03-11 09:00");
    assert_int_equal(clock.paused_ns, 0);
}

static void a_day_without_time_ends_at_closing(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-08 00:00")}; /* a Sunday */
    (void)state;
    struct dossier_clock clock = RUN(facts, "2026-03-02 10:00");
    assert_instant(clock.due_ns, "2026-03-09 17:30");
    assert_int_equal(clock.notes, 0);
}

static void without_a_date_the_procedures_term_counts(void **state)
{
    struct fact facts[] = {received("2026-02-12 16:00", NULL)};
    struct dossier dossier = deadlines_test_dossier(facts, 1);
    struct dossier_clock clock;
    (void)state;
    dossier.procedure_code = "1.004222"; /* 3 days */
    dossier_clock_run(&dossier, book->calendar, &book->rules, at("2026-02-12 17:00"), NULL, &clock);
    assert_true(clock.is_due_by_term);
    assert_instant(clock.due_ns, "2026-02-24 16:00"); /* 13/2, 23/2, 24/2: Tết lies between */
    dossier.procedure_code = "9.999999";
    dossier_clock_run(&dossier, book->calendar, &book->rules, at("2026-02-12 17:00"), NULL, &clock);
    assert_int_equal(clock.notes, NOTE_NO_DUE_DATE);
    assert_verdicts(clock, RATE_ON_TIME, RATE_ON_TIME);
}

/* ---- both rules ---- */

static void the_nation_compares_times_and_the_province_days(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                           fact(FACT_RESULT_READY, STATUS_DONE, "2026-03-05 16:00")};
    (void)state;
    struct dossier_clock clock = RUN(facts, "2026-03-05 09:00");
    assert_verdicts(clock, RATE_ON_TIME, RATE_ON_TIME); /* open, to the second */
    clock = RUN(facts, "2026-03-05 09:01");
    assert_verdicts(clock, RATE_LATE, RATE_ON_TIME);
    clock = RUN(facts, "2026-03-06 09:00");
    assert_verdicts(clock, RATE_LATE, RATE_ON_TIME);
    facts[1].at_ns = at("2026-03-06 00:00");
    clock = RUN(facts, "2026-03-07 09:00");
    assert_verdicts(clock, RATE_LATE, RATE_LATE);
}

static void the_end_is_9_else_10_else_8_or_3(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                           fact(FACT_RESULT_READY, STATUS_DONE, "2026-03-04 16:00"),
                           fact(FACT_RESULT_DELIVERED, STATUS_DELIVERED, "2026-03-11 16:00")};
    (void)state;
    struct dossier_clock clock = RUN(facts, "2026-03-12 09:00");
    assert_instant(dossier_clock_end(&clock), "2026-03-04 16:00");
    assert_verdicts(clock, RATE_ON_TIME, RATE_ON_TIME); /* fetched late is not handled late */
    struct fact straight[] = {facts[0], facts[2]};
    for (size_t i = 0; i < COUNT_OF(facts); i++)
        if (facts[i].kind == FACT_RESULT_DELIVERED)
            straight[1] = facts[i];
    clock = RUN(straight, "2026-03-12 09:00");
    assert_instant(dossier_clock_end(&clock), "2026-03-11 16:00");
    assert_verdicts(clock, RATE_LATE, RATE_LATE);
}

/* The verdicts of every status, at an instant at which the date has passed. */
static void every_status_has_its_verdicts(void **state)
{
    static const struct {
        enum fact_kind kind;
        uint32_t status;
        enum rate_verdict national, province;
    } ends[] = {
        {FACT_PROGRESS, STATUS_REGISTERED, RATE_LATE, RATE_LEFT_OUT},
        {FACT_PROGRESS, STATUS_RECEIVED, RATE_LATE, RATE_LATE},
        {FACT_REFUSED, STATUS_REFUSED, RATE_ON_TIME, RATE_LEFT_OUT},
        {FACT_PROGRESS, STATUS_IN_PROGRESS, RATE_LATE, RATE_LATE},
        {FACT_PROGRESS, STATUS_SUPPLEMENT, RATE_ON_TIME, RATE_ON_TIME},
        {FACT_FEE_DUE, STATUS_FEE, RATE_LATE, RATE_ON_TIME}, /* only a supplement stops the nation's clock */
        {FACT_WITHDRAWN, STATUS_WITHDRAWN, RATE_ON_TIME, RATE_ON_TIME},
        {FACT_SUSPENDED, STATUS_SUSPENDED, RATE_ON_TIME, RATE_ON_TIME},
        {FACT_RESULT_READY, STATUS_DONE, RATE_ON_TIME, RATE_ON_TIME},
        {FACT_RESULT_DELIVERED, STATUS_DELIVERED, RATE_ON_TIME, RATE_ON_TIME},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                               fact(ends[i].kind, ends[i].status, "2026-03-04 16:00")};
        struct dossier_clock clock = RUN(facts, "2026-03-12 09:00");
        assert_int_equal(clock.status, ends[i].status); /* 5, 6 and 8 stay what they are */
        assert_verdicts(clock, ends[i].national, ends[i].province);
    }
}

static void what_was_never_received_counts_only_when_refused(void **state)
{
    struct fact withdrawn[] = {fact(FACT_WITHDRAWN, STATUS_WITHDRAWN, "2026-03-04 16:00")};
    struct fact refused[] = {fact(FACT_REFUSED, STATUS_REFUSED, "2026-03-04 16:00")};
    (void)state;
    struct dossier_clock clock = RUN(withdrawn, "2026-03-12 09:00");
    assert_int_equal(national(&clock), RATE_LEFT_OUT);
    clock = RUN(refused, "2026-03-12 09:00");
    assert_verdicts(clock, RATE_ON_TIME, RATE_LEFT_OUT);
}

static void a_period_holds_what_was_received_or_ended_in_it(void **state)
{
    struct fact facts[] = {received("2026-01-30 09:00", "2026-02-05 09:00"),
                           fact(FACT_RESULT_READY, STATUS_DONE, "2026-03-31 17:00")};
    (void)state;
    struct dossier_clock clock = RUN(facts, "2026-05-12 09:00");
    assert_true(rate_in_period(&clock, at("2026-01-01 00:00"), at("2026-02-01 00:00")));
    assert_false(rate_in_period(&clock, at("2026-02-01 00:00"), at("2026-03-01 00:00")));
    assert_true(rate_in_period(&clock, at("2026-03-01 00:00"), at("2026-04-01 00:00")));
    assert_false(rate_in_period(&clock, at("2026-01-01 00:00"), at("2026-01-30 09:00"))); /* the end is outside */
}

/* ---- order and contradiction ---- */

static void shuffle(struct fact *facts, size_t count, uint32_t *seed)
{
    for (size_t i = count; i > 1; i--) {
        *seed = *seed * 1664525u + 1013904223u;
        size_t j = (*seed >> 8) % i;
        struct fact swapped = facts[i - 1];
        facts[i - 1] = facts[j];
        facts[j] = swapped;
    }
}

static void any_order_of_arrival_gives_the_same_clock(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-02 09:00"),
                           fact(FACT_SUPPLEMENT_REQUESTED, STATUS_SUPPLEMENT, "2026-03-03 10:00"),
                           fact(FACT_SUPPLEMENTED, STATUS_NONE, "2026-03-06 15:00"),
                           fact(FACT_FEE_DUE, STATUS_FEE, "2026-03-06 16:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-06 17:00"),
                           fact(FACT_RESULT_READY, STATUS_DONE, "2026-03-09 08:00"),
                           fact(FACT_RESULT_DELIVERED, STATUS_DELIVERED, "2026-03-09 08:00")};
    uint32_t seed = 5;
    (void)state;
    struct dossier_clock expected = RUN(facts, "2026-03-31 09:00");
    assert_int_equal(expected.notes, 0);
    assert_int_equal(expected.status, STATUS_DELIVERED);
    for (int i = 0; i < 500; i++) {
        shuffle(facts, COUNT_OF(facts), &seed);
        struct dossier_clock clock = RUN(facts, "2026-03-31 09:00");
        assert_memory_equal(&clock, &expected, sizeof clock);
    }
}

static void contradictions_have_names_and_stop_nothing(void **state)
{
    (void)state;
    struct fact early_due[] = {received("2026-03-02 09:00", "2026-03-01 09:00")};
    struct fact early_end[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                               fact(FACT_RESULT_READY, STATUS_DONE, "2026-03-01 09:00")};
    struct fact unasked[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                             fact(FACT_SUPPLEMENTED, STATUS_IN_PROGRESS, "2026-03-03 09:00")};
    struct fact night[] = {received("2026-03-02 09:00", "2026-03-05 02:00")};
    struct fact again[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                           fact(FACT_RESULT_READY, STATUS_DONE, "2026-03-03 09:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-04 09:00")};
    struct fact silent[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                            fact(FACT_PROGRESS, STATUS_NONE, "2026-03-03 09:00")};
    struct fact unknown[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                             fact(FACT_PROGRESS, 11, "2026-03-03 09:00")};
    struct fact nowhere[] = {fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-03 09:00")};
    struct fact beyond[] = {received("2026-03-02 09:00", "2031-03-05 09:00")};
    struct fact twice[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                           received("2026-03-02 10:00", "2026-03-05 09:00")};
    const struct {
        struct fact *facts;
        size_t count;
        uint32_t note, status;
    } cases[] = {
        {early_due, 1, NOTE_DUE_BEFORE_RECEIPT, STATUS_RECEIVED},
        {early_end, 2, NOTE_ENDED_BEFORE_RECEIPT, STATUS_DONE},
        {unasked, 2, NOTE_SUPPLEMENT_UNASKED, STATUS_RECEIVED},
        {night, 1, NOTE_DUE_OUTSIDE_HOURS, STATUS_RECEIVED},
        {again, 3, NOTE_REOPENED, STATUS_IN_PROGRESS},
        {silent, 2, NOTE_STATUS_UNKNOWN, STATUS_RECEIVED},
        {unknown, 2, NOTE_STATUS_UNKNOWN, STATUS_RECEIVED},
        {nowhere, 1, NOTE_NOT_RECEIVED, STATUS_IN_PROGRESS},
        {beyond, 1, NOTE_NO_CALENDAR, STATUS_RECEIVED},
        {twice, 2, NOTE_RECEIVED_AGAIN, STATUS_RECEIVED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dossier_clock clock = run(cases[i].facts, cases[i].count, "2026-03-04 12:00");
        assert_int_equal(clock.notes, cases[i].note);
        assert_int_equal(clock.status, cases[i].status);
    }
    struct dossier_clock clock = RUN(early_end, "2026-03-04 12:00");
    assert_false(dossier_clock_is_open(&clock)); /* an end is an end: nobody is reminded for ever */
    clock = RUN(again, "2026-03-04 12:00");
    assert_true(dossier_clock_is_open(&clock));
}

static void the_rules_in_force_at_the_receipt_count(void **state)
{
    (void)state;
    assert_string_equal(rules_at(&book->rules, at("2025-06-30 23:59"))->id, "nd-61-2018");
    assert_string_equal(rules_at(&book->rules, at("2025-07-01 00:00"))->id, "nd-118-2025");
    assert_string_equal(rules_at(&book->rules, 0)->id, "nd-61-2018");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_supplement_moves_the_date_by_the_days_waited),
        cmocka_unit_test(a_supplement_on_the_same_day_moves_nothing),
        cmocka_unit_test(a_step_waits_with_its_dossier),
        cmocka_unit_test(a_pause_over_tet_rolls_to_a_working_day),
        cmocka_unit_test(a_second_request_is_late_for_the_nation_alone),
        cmocka_unit_test(one_request_told_twice_is_one),
        cmocka_unit_test(a_new_date_replaces_and_a_repeated_one_does_not),
        cmocka_unit_test(a_day_without_time_ends_at_closing),
        cmocka_unit_test(without_a_date_the_procedures_term_counts),
        cmocka_unit_test(the_nation_compares_times_and_the_province_days),
        cmocka_unit_test(the_end_is_9_else_10_else_8_or_3),
        cmocka_unit_test(every_status_has_its_verdicts),
        cmocka_unit_test(what_was_never_received_counts_only_when_refused),
        cmocka_unit_test(a_period_holds_what_was_received_or_ended_in_it),
        cmocka_unit_test(any_order_of_arrival_gives_the_same_clock),
        cmocka_unit_test(contradictions_have_names_and_stop_nothing),
        cmocka_unit_test(the_rules_in_force_at_the_receipt_count),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
