/* test_deadlines_reminder.c - who is reminded when: years of dossiers in a jumping clock, with the province's own rules and people.
 * Pure: no bus, no store. The cases in adapters/systems/deadlines/cases are run here as well.
 * Promise: each date is said once when it is near and once when it has passed, to those it concerns, and to nobody without reason. */
#include "cmocka_start.h"

#include "case.h"
#include "deadlines_test.h"
#include "unit_code.h"
#include "vietnamese.h"

#include <stdio.h>
#include <stdlib.h>

enum { SAID_MAX = 64, LINE_BYTES = 256 };

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

struct said {
    struct reminder reminders[SAID_MAX];
    uint64_t at_ns[SAID_MAX];
    size_t count;
};

static void note(void *context, uint64_t now_ns, const struct reminder *reminder)
{
    struct said *said = context;
    assert_true(said->count < SAID_MAX);
    said->reminders[said->count] = *reminder;
    said->at_ns[said->count++] = now_ns;
}

static struct said simulate(struct fact *facts, size_t count, bool is_task, const char *until)
{
    struct dossier dossier = deadlines_test_dossier(facts, count);
    struct reminder_world world = deadlines_test_world(book);
    struct said said = {.count = 0};
    case_simulate(&dossier, is_task, &world, at(until), note, &said);
    return said;
}
#define SIMULATE(facts, until) simulate(facts, COUNT_OF(facts), false, until)

#define assert_said(said, index, when, expected_kind, expected_scope)                                                  \
    do {                                                                                                               \
        assert_true((said).count > (index));                                                                           \
        assert_instant((said).at_ns[index], when);                                                                     \
        assert_int_equal((said).reminders[index].kind, expected_kind);                                                 \
        assert_int_equal((said).reminders[index].scope, expected_scope);                                               \
    } while (0)

static struct fact received(const char *when, const char *due)
{
    return (struct fact){.kind = FACT_RECEIVED,
                         .status = STATUS_RECEIVED,
                         .at_ns = at(when),
                         .due_ns = due ? at(due) : 0,
                         .officer = "cb.hotich.01",
                         .message_id = "received"};
}

static struct fact fact(enum fact_kind kind, uint32_t status, const char *when)
{
    return (struct fact){.kind = kind, .status = status, .at_ns = at(when), .message_id = when};
}

static void a_date_is_said_when_near_when_past_and_one_level_up(void **state)
{
    struct fact facts[] = {received("2026-02-09 09:00", "2026-02-13 16:00")};
    (void)state;
    struct said said = SIMULATE(facts, "2027-12-01 00:00");
    assert_int_equal(said.count, 3); /* and then nothing for years */
    assert_said(said, 0, "2026-02-12 16:00", REMINDER_DUE_SOON, SCOPE_DOSSIER);
    assert_said(said, 1, "2026-02-13 16:00", REMINDER_OVERDUE, SCOPE_DOSSIER);
    assert_said(said, 2, "2026-02-23 16:00", REMINDER_ESCALATED, SCOPE_DOSSIER); /* a working day later: after Tết */
    assert_string_equal(said.reminders[0].officer, "cb.hotich.01");
    assert_string_equal(said.reminders[0].leader, "tp.hotich");
    assert_int_equal(said.reminders[0].working_span_ns, WORKING_DAY_NS);
    assert_string_equal(said.reminders[2].leader_above, "gd.tuphap");
    assert_int_equal(said.reminders[2].working_span_ns, WORKING_DAY_NS);
    assert_string_equal(said.reminders[2].rules->id, "nd-118-2025");
}

static void a_leader_who_has_it_himself_is_late_to_his_own_leader(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00")};
    (void)state;
    facts[0].officer = "tp.hotich";
    struct said said = SIMULATE(facts, "2026-04-01 00:00");
    assert_int_equal(said.count, 3);
    assert_string_equal(said.reminders[1].leader, "gd.tuphap");
    assert_string_equal(said.reminders[2].leader_above, "ct.ubnd");
    facts[0].officer = "gd.tuphap"; /* above the province's leader there is nobody */
    said = SIMULATE(facts, "2026-04-01 00:00");
    assert_int_equal(said.count, 2);
    facts[0].officer = "ai.do"; /* not listed: the unit's leader */
    said = SIMULATE(facts, "2026-04-01 00:00");
    assert_string_equal(said.reminders[0].leader, "gd.tuphap");
}

static void a_supplement_silences_and_moves(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00"),
                           fact(FACT_SUPPLEMENT_REQUESTED, STATUS_SUPPLEMENT, "2026-03-03 10:00"),
                           fact(FACT_SUPPLEMENTED, STATUS_NONE, "2026-03-20 15:00")};
    (void)state;
    struct said said = SIMULATE(facts, "2026-03-24 08:00");
    assert_int_equal(said.count, 2);
    assert_said(said, 0, "2026-03-20 15:00", REMINDER_DUE_SOON,
                SCOPE_DOSSIER); /* due Sunday 22/3 09:00, so Monday 23/3 */
    assert_instant(said.reminders[0].due_ns, "2026-03-23 09:00");
    assert_said(said, 1, "2026-03-23 09:00", REMINDER_OVERDUE, SCOPE_DOSSIER);
}

static void what_ended_waits_or_is_backfill_is_said_to_nobody(void **state)
{
    static const struct {
        enum fact_kind kind;
        uint32_t status;
    } ends[] = {{FACT_RESULT_READY, STATUS_DONE},   {FACT_RESULT_DELIVERED, STATUS_DELIVERED},
                {FACT_WITHDRAWN, STATUS_WITHDRAWN}, {FACT_SUSPENDED, STATUS_SUSPENDED},
                {FACT_REFUSED, STATUS_REFUSED},     {FACT_FEE_DUE, STATUS_FEE},
                {FACT_PROGRESS, STATUS_SUPPLEMENT}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct fact facts[] = {received("2026-03-02 09:00", "2026-03-10 09:00"),
                               fact(ends[i].kind, ends[i].status, "2026-03-03 10:00")};
        assert_int_equal(SIMULATE(facts, "2027-03-01 00:00").count, 0);
    }
    struct fact old[] = {received("2026-03-02 09:00", "2026-03-10 09:00")};
    old[0].is_historical = true;
    assert_int_equal(SIMULATE(old, "2027-03-01 00:00").count, 0);
    struct fact dateless[] = {received("2026-03-02 09:00", NULL)};
    assert_int_equal(SIMULATE(dateless, "2027-03-01 00:00").count, 0);
}

static void a_backfilled_dossier_that_lives_on_is_reminded(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-10 09:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-03 10:00")};
    (void)state;
    facts[0].is_historical = true;
    assert_int_equal(SIMULATE(facts, "2026-03-10 10:00").count, 2);
}

static void a_step_has_a_date_of_its_own_until_the_next_entry(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-31 09:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-02 10:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-09 10:00")};
    (void)state;
    facts[1].step_name = "Thẩm định";
    facts[1].step_due_ns = at("2026-03-05 17:30");
    facts[1].officer = "cb.hotich.02";
    facts[2].step_name = "Ký duyệt";
    facts[2].step_due_ns = at("2026-03-16 17:30");
    facts[2].officer = "tp.hotich";
    struct said said = SIMULATE(facts, "2026-03-13 00:00");
    assert_int_equal(said.count, 3);
    assert_said(said, 0, "2026-03-05 07:30", REMINDER_DUE_SOON, SCOPE_STEP);
    assert_string_equal(said.reminders[0].officer, "cb.hotich.02");
    assert_string_equal(said.reminders[0].step_name, "Thẩm định");
    assert_said(said, 1, "2026-03-05 17:30", REMINDER_OVERDUE, SCOPE_STEP);
    assert_said(said, 2, "2026-03-06 17:30", REMINDER_ESCALATED, SCOPE_STEP);
    said = SIMULATE(facts, "2026-03-16 18:00");
    assert_said(said, 3, "2026-03-16 07:30", REMINDER_DUE_SOON, SCOPE_STEP);
    assert_string_equal(said.reminders[3].leader, "gd.tuphap");
}

static void a_short_term_is_said_at_its_middle(void **state)
{
    struct fact facts[] = {received("2026-03-02 07:30", "2026-03-02 15:30")};
    (void)state;
    struct said said = SIMULATE(facts, "2026-03-02 16:00");
    assert_said(said, 0, "2026-03-02 10:30", REMINDER_DUE_SOON, SCOPE_DOSSIER);
    struct fact weekend[] = {received("2026-03-07 08:00", "2026-03-07 10:00")}; /* no working time at all */
    said = SIMULATE(weekend, "2026-03-07 11:00");
    assert_int_equal(said.count, 1);
    assert_said(said, 0, "2026-03-07 10:00", REMINDER_OVERDUE, SCOPE_DOSSIER);
}

/* ---- apologies ---- */

static void an_apology_goes_out_once_at_least_a_day_before(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-13 17:30"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-02 10:00"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-17 10:00")};
    (void)state;
    facts[1].step_due_ns = at("2026-03-16 09:00"); /* behind the dossier's own date */
    struct said said = SIMULATE(facts, "2026-12-01 00:00");
    size_t apologies = 0;
    for (size_t i = 0; i < said.count; i++) {
        if (said.reminders[i].kind != REMINDER_APOLOGY)
            continue;
        apologies++;
        assert_instant(said.at_ns[i], "2026-03-12 07:30"); /* two working days before */
        assert_instant(said.reminders[i].new_due_ns, "2026-03-17 17:30");
        assert_true(said.at_ns[i] + CALENDAR_DAY_NS <= said.reminders[i].due_ns);
    }
    assert_int_equal(apologies, 1);
    size_t promises = 0;
    for (size_t i = 0; i < said.count; i++)
        promises += said.reminders[i].scope == SCOPE_PROMISE;
    assert_int_equal(promises, 3); /* the new date: near, past, one level up */
}

static void an_apology_that_comes_too_late_does_not_go_out(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-13 17:30"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-13 08:00")};
    struct dossier dossier;
    struct reminder_world world = deadlines_test_world(book);
    struct reminder_plan plan;
    (void)state;
    facts[1].step_due_ns = at("2026-03-16 09:00");
    dossier = deadlines_test_dossier(facts, COUNT_OF(facts));
    reminder_plan(&dossier, false, &world, at("2026-03-13 08:00"), &plan);
    assert_true(plan.is_apology_missed);
    for (uint32_t i = 0; i < plan.count; i++)
        assert_int_not_equal(plan.reminders[i].kind, REMINDER_APOLOGY);
    /* and one that will be in time gets none */
    facts[1].step_due_ns = at("2026-03-13 16:00");
    dossier = deadlines_test_dossier(facts, COUNT_OF(facts));
    reminder_plan(&dossier, false, &world, at("2026-03-13 08:00"), &plan);
    assert_false(plan.is_apology_missed);
}

/* Eight hours before closing time are this morning; a day before is yesterday. */
static void the_last_moment_for_an_apology_is_a_whole_day_before(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-13 17:30"),
                           fact(FACT_PROGRESS, STATUS_IN_PROGRESS, "2026-03-02 10:00")};
    struct reminder_world world = deadlines_test_world(book);
    struct reminder_plan plan;
    (void)state;
    facts[1].step_due_ns = at("2026-03-04 09:00");
    struct dossier dossier = deadlines_test_dossier(facts, COUNT_OF(facts));
    reminder_plan(&dossier, false, &world, at("2026-03-12 17:30"), &plan);
    assert_false(plan.is_apology_missed);
    assert_int_equal(plan.reminders[plan.count - 1].kind, REMINDER_APOLOGY);
    reminder_plan(&dossier, false, &world, at("2026-03-12 17:31"), &plan);
    assert_true(plan.is_apology_missed);
}

/* ---- tasks of documents ---- */

static void a_documents_task_is_reminded_until_it_is_done(void **state)
{
    struct fact facts[] = {fact(FACT_TASK_GIVEN, 1, "2026-03-02 09:00"), fact(FACT_TASK_STATUS, 4, "2026-03-02 10:00"),
                           fact(FACT_TASK_STATUS, 6, "2026-03-09 10:00")};
    (void)state;
    facts[0].due_ns = at("2026-03-06 00:00"); /* a day, as DueDate is */
    facts[1].officer = "cb.hotich.01";
    struct said said = simulate(facts, COUNT_OF(facts), true, "2026-06-01 00:00");
    assert_int_equal(said.count, 2);
    assert_said(said, 0, "2026-03-06 07:30", REMINDER_DUE_SOON, SCOPE_TASK);
    assert_said(said, 1, "2026-03-06 17:30", REMINDER_OVERDUE, SCOPE_TASK);
    assert_string_equal(said.reminders[1].officer, "cb.hotich.01");
    struct fact assigned[] = {facts[1]}; /* the assignment alone, with the day */
    assigned[0].due_ns = at("2026-03-06 00:00");
    assert_int_equal(simulate(assigned, 1, true, "2026-03-06 18:00").count, 2);
    facts[2].status = 15; /* recalled before its day */
    facts[2].at_ns = at("2026-03-03 09:00");
    assert_int_equal(simulate(facts, COUNT_OF(facts), true, "2026-06-01 00:00").count, 0);
    facts[0].due_ns = 0; /* a document without a date is no task */
    facts[2].status = 5;
    assert_int_equal(simulate(facts, COUNT_OF(facts), true, "2026-06-01 00:00").count, 0);
}

/* ---- the machine stood still ---- */

static void after_days_away_what_is_still_true_is_said(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2026-03-05 09:00")};
    struct dossier dossier = deadlines_test_dossier(facts, 1);
    struct reminder_world world = deadlines_test_world(book);
    struct reminder_plan plan;
    (void)state;
    reminder_plan(&dossier, false, &world, at("2026-03-15 12:00"), &plan);
    assert_int_equal(plan.count, 2); /* "soon" has passed */
    assert_int_equal(plan.reminders[0].kind, REMINDER_OVERDUE);
    assert_int_equal(plan.reminders[1].kind, REMINDER_ESCALATED);
    assert_true(plan.next_ns == UINT64_MAX);
}

static void ids_are_made_of_what_they_remind_of(void **state)
{
    struct reminder reminder = {.kind = REMINDER_OVERDUE, .scope = SCOPE_DOSSIER, .due_ns = at("2026-03-05 09:00")};
    char first[REMINDER_ID_BYTES], second[REMINDER_ID_BYTES];
    (void)state;
    reminder_id(&reminder, "A", first);
    reminder.working_span_ns = 5; /* when it is said is not part of it */
    reminder.officer = "cb";
    reminder_id(&reminder, "A", second);
    assert_string_equal(first, second);
    assert_true(strlen(first) <= 64);
    reminder_id(&reminder, "B", second);
    assert_string_not_equal(first, second);
    reminder.due_ns++;
    reminder_id(&reminder, "A", second);
    assert_string_not_equal(first, second);
    reminder.kind = REMINDER_APOLOGY; /* one for ever, whatever the date */
    reminder_id(&reminder, "A", first);
    reminder.due_ns++;
    reminder_id(&reminder, "A", second);
    assert_string_equal(first, second);
}

static void a_date_beyond_the_calendars_is_said_when_it_has_passed(void **state)
{
    struct fact facts[] = {received("2026-03-02 09:00", "2031-03-05 09:00")};
    struct dossier dossier = deadlines_test_dossier(facts, 1);
    struct reminder_world world = deadlines_test_world(book);
    struct reminder_plan plan;
    (void)state;
    reminder_plan(&dossier, false, &world, at("2026-03-15 12:00"), &plan);
    assert_true(plan.lacks_calendar);
    assert_int_equal(plan.count, 0);
    assert_instant(plan.next_ns, "2031-03-05 09:00");
    reminder_plan(&dossier, false, &world, at("2031-03-05 09:00"), &plan);
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.reminders[0].kind, REMINDER_OVERDUE);
}

/* ---- small parts ---- */

static void codes_say_who_is_part_of_whom(void **state)
{
    (void)state;
    assert_true(unit_code_is_under("H56.14", "H56"));
    assert_true(unit_code_is_under("H56.14", "H56.14"));
    assert_true(unit_code_is_under("H56.14.03", "H56.14"));
    assert_false(unit_code_is_under("H56.140", "H56.14"));
    assert_false(unit_code_is_under("H56", "H56.14"));
    assert_true(unit_code_is_under("000.00.06.H56", "H56"));
    assert_true(unit_code_is_under("000.12.06.H56", "000.00.06.H56"));
    assert_true(unit_code_is_under("000.00.06.H56", "000.00.00.H56"));
    assert_false(unit_code_is_under("000.00.16.H56", "000.00.06.H56"));
    assert_false(unit_code_is_under("000.00.00.H56", "000.00.06.H56"));
    assert_false(unit_code_is_under("000.00.06.H15", "H56"));
    assert_false(unit_code_is_under("", "H56"));
    assert_false(unit_code_is_under("H56.14", ""));
}

static void numbers_and_dates_are_vietnamese(void **state)
{
    char text[VIETNAMESE_BYTES];
    uint64_t day_ns = 0;
    (void)state;
    vietnamese_number(58120, text);
    assert_string_equal(text, "58.120");
    vietnamese_number(999, text);
    assert_string_equal(text, "999");
    vietnamese_number(2587362, text);
    assert_string_equal(text, "2.587.362");
    vietnamese_share(9999, 10000, text);
    assert_string_equal(text, "99,99 %");
    vietnamese_share(999999, 1000000, text); /* not 100: one is late */
    assert_string_equal(text, "99,99 %");
    vietnamese_share(0, 0, text);
    assert_string_equal(text, "không có");
    vietnamese_time(at("2026-11-23 14:03"), text);
    assert_string_equal(text, "23/11/2026 14:03 GMT+7");
    vietnamese_working_span(WORKING_DAY_NS + 3 * CALENDAR_HOUR_NS + CALENDAR_HOUR_NS / 2, text);
    assert_string_equal(text, "1 ngày 3 giờ 30 phút");
    vietnamese_working_span(0, text);
    assert_string_equal(text, "0 phút");
    assert_int_equal(vietnamese_parse_day("23/11/2026", &day_ns), 0);
    assert_instant(day_ns, "2026-11-23 00:00");
    assert_int_equal(vietnamese_parse_day("2026-11-23", &day_ns), 0);
    assert_int_equal(vietnamese_parse_day("31/02/2026", &day_ns), TRUC_E_ARGUMENT);
    assert_int_equal(vietnamese_parse_day("11-23-2026", &day_ns), TRUC_E_ARGUMENT);
    assert_int_equal(vietnamese_parse_day("", &day_ns), TRUC_E_ARGUMENT);
}

static void the_cases_hold(void **state)
{
    struct buffer out = {0};
    struct truc_fault fault = {0};
    (void)state;
    int failed = cases_run(book, DEADLINES_CASES, &out, &fault);
    if (failed != 0)
        fail_msg("%s\n%s", fault.text, buffer_string(&out));
    assert_non_null(strstr(buffer_string(&out), "ok     "));
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_said_when_near_when_past_and_one_level_up),
        cmocka_unit_test(a_leader_who_has_it_himself_is_late_to_his_own_leader),
        cmocka_unit_test(a_supplement_silences_and_moves),
        cmocka_unit_test(what_ended_waits_or_is_backfill_is_said_to_nobody),
        cmocka_unit_test(a_backfilled_dossier_that_lives_on_is_reminded),
        cmocka_unit_test(a_step_has_a_date_of_its_own_until_the_next_entry),
        cmocka_unit_test(a_short_term_is_said_at_its_middle),
        cmocka_unit_test(an_apology_goes_out_once_at_least_a_day_before),
        cmocka_unit_test(an_apology_that_comes_too_late_does_not_go_out),
        cmocka_unit_test(the_last_moment_for_an_apology_is_a_whole_day_before),
        cmocka_unit_test(a_documents_task_is_reminded_until_it_is_done),
        cmocka_unit_test(after_days_away_what_is_still_true_is_said),
        cmocka_unit_test(ids_are_made_of_what_they_remind_of),
        cmocka_unit_test(a_date_beyond_the_calendars_is_said_when_it_has_passed),
        cmocka_unit_test(codes_say_who_is_part_of_whom),
        cmocka_unit_test(numbers_and_dates_are_vietnamese),
        cmocka_unit_test(the_cases_hold),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
