/* test_deadlines_calendar.c - working time: examples worked by hand from the rules, and properties against a slow minute-by-minute count.
 * Runs over the province's own calendars 2023-2027, and over files with every mistake.
 * Promise: a term ends when a person with a paper calendar says it does. */
#include "cmocka_start.h"

#include "calendar_load.h"
#include "deadlines_test.h"
#include "time_text.h"

#include <stdio.h>
#include <stdlib.h>

#define MINUTE_NS 60000000000ull
#define HOUR_NS   CALENDAR_HOUR_NS

static int set_up(void **state)
{
    *state = deadlines_test_book();
    return 0;
}

static int tear_down(void **state)
{
    deadlines_book_free(*state);
    return 0;
}

static const struct calendar *calendar_of(void **state)
{
    return ((struct deadlines_book *)*state)->calendar;
}

/* ---- worked by hand ---- */

/* receipt, working hours, end */
static const struct {
    const char *why, *from;
    unsigned hours;
    const char *end;
} examples[] = {
    {"within a day", "2026-03-02 08:00", 2, "2026-03-02 10:00"},
    {"over the lunch break", "2026-03-02 10:30", 2, "2026-03-02 14:30"},
    {"before opening counts from opening", "2026-03-02 06:00", 2, "2026-03-02 09:30"},
    {"in the lunch break from the afternoon's start", "2026-03-02 12:10", 1, "2026-03-02 14:30"},
    {"after closing from the next morning", "2026-03-02 18:00", 1, "2026-03-03 08:30"},
    {"a day from opening ends at closing, not at the next opening", "2026-03-02 07:30", 8, "2026-03-02 17:30"},
    {"a day from nine ends at nine", "2026-03-02 09:00", 8, "2026-03-03 09:00"},
    {"Friday evening counts from Monday", "2026-03-06 17:30", 1, "2026-03-09 08:30"},
    {"five days over a weekend", "2026-03-05 09:00", 40, "2026-03-12 09:00"},
    /* Tết Bính Ngọ: Monday 16/2 to Friday 20/2 free, with both weekends nine days */
    {"over Tết 2026", "2026-02-13 09:00", 8, "2026-02-23 09:00"},
    {"received on mùng 1", "2026-02-17 10:00", 8, "2026-02-23 17:30"},
    {"ten days over Tết 2026", "2026-02-09 09:00", 80, "2026-03-02 09:00"},
    /* New Year 2026: Friday 2/1 free for Saturday 10/1 */
    {"Friday 2/1/2026 is swapped", "2025-12-31 09:00", 8, "2026-01-05 09:00"},
    {"Saturday 10/1/2026 is worked", "2026-01-09 09:00", 8, "2026-01-10 09:00"},
    /* Giỗ Tổ 2026 on Sunday 26/4: Monday 27/4 free */
    {"Giỗ Tổ moves from Sunday to Monday", "2026-04-24 09:00", 8, "2026-04-28 09:00"},
    {"30/4 and 1/5/2026", "2026-04-29 09:00", 8, "2026-05-04 09:00"},
    /* Quốc khánh 2026: 1/9, 2/9; Monday 31/8 free for Saturday 22/8 */
    {"Saturday 22/8/2026 is worked", "2026-08-21 09:00", 8, "2026-08-22 09:00"},
    {"over 2/9/2026", "2026-08-28 09:00", 8, "2026-09-03 09:00"},
    {"three days over 2/9/2026", "2026-08-27 14:00", 24, "2026-09-04 14:00"},
    /* Tết Quý Mão: 20/1 to 24/1, Saturday and Sunday among them move to 25/1 and 26/1 */
    {"over Tết 2023", "2023-01-19 09:00", 8, "2023-01-27 09:00"},
    /* Giỗ Tổ Saturday, 30/4 Sunday, 1/5 Monday 2023: free until 3/5 */
    {"over 30/4/2023", "2023-04-28 09:00", 8, "2023-05-04 09:00"},
    {"over 2/9/2023", "2023-08-31 09:00", 8, "2023-09-05 09:00"},
    {"over Tết 2024", "2024-02-07 09:00", 8, "2024-02-15 09:00"},
    {"Monday 29/4/2024 swapped", "2024-04-26 09:00", 8, "2024-05-02 09:00"},
    {"Saturday 4/5/2024 worked", "2024-05-03 09:00", 8, "2024-05-04 09:00"},
    {"over Tết 2025", "2025-01-24 09:00", 8, "2025-02-03 09:00"},
    {"Saturday 26/4/2025 worked", "2025-04-25 09:00", 8, "2025-04-26 09:00"},
    {"Friday 2/5/2025 swapped", "2025-04-29 09:00", 8, "2025-05-05 09:00"},
    {"1/5/2027 moves from Saturday to Monday", "2027-04-29 09:00", 8, "2027-05-04 09:00"},
    {"over the turn of a year", "2026-12-31 16:30", 2, "2027-01-04 08:30"},
};

static void terms_end_where_a_paper_calendar_says(void **state)
{
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        struct truc_fault fault = {0};
        uint64_t end_ns = 0;
        if (calendar_add(calendar_of(state), at(examples[i].from), examples[i].hours * HOUR_NS, &end_ns, &fault) < 0)
            fail_msg("%s: %s", examples[i].why, fault.text);
        if (end_ns != at(examples[i].end))
            fail_msg("%s: %s, not %s", examples[i].why, shown(end_ns), examples[i].end);
    }
}

static void the_next_working_instant(void **state)
{
    static const char *const pairs[][2] = {
        {"2026-03-02 07:30", "2026-03-02 07:30"}, {"2026-03-02 11:30", "2026-03-02 13:30"},
        {"2026-03-02 12:00", "2026-03-02 13:30"}, {"2026-03-02 17:30", "2026-03-03 07:30"},
        {"2026-03-02 16:59", "2026-03-02 16:59"}, {"2026-02-14 10:00", "2026-02-23 07:30"},
        {"2026-03-01 00:00", "2026-03-02 07:30"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        uint64_t next_ns = 0;
        assert_int_equal(calendar_next(calendar_of(state), at(pairs[i][0]), &next_ns, NULL), 0);
        assert_instant(next_ns, pairs[i][1]);
    }
}

static void a_day_rolls_and_closes(void **state)
{
    uint64_t rolled_ns = 0;
    assert_int_equal(calendar_roll(calendar_of(state), at("2026-02-16 10:00"), &rolled_ns, NULL), 0);
    assert_instant(rolled_ns, "2026-02-23 10:00");
    assert_int_equal(calendar_roll(calendar_of(state), at("2026-01-10 10:00"), &rolled_ns, NULL), 0);
    assert_instant(rolled_ns, "2026-01-10 10:00");
    assert_int_equal(calendar_closing(calendar_of(state), at("2026-02-21 00:00"), &rolled_ns, NULL), 0);
    assert_instant(rolled_ns, "2026-02-23 17:30");
}

static void what_no_calendar_covers_is_named(void **state)
{
    struct truc_fault fault = {0};
    uint64_t result_ns = 7;
    assert_int_equal(calendar_next(calendar_of(state), at("2028-01-03 09:00"), &result_ns, &fault), TRUC_E_NOT_FOUND);
    assert_non_null(strstr(fault.text, "2028-01-03"));
    assert_int_equal(calendar_add(calendar_of(state), at("2027-12-31 09:00"), 8 * HOUR_NS, &result_ns, &fault),
                     TRUC_E_NOT_FOUND);
    assert_int_equal(calendar_subtract(calendar_of(state), at("2023-01-03 08:00"), 8 * HOUR_NS, &result_ns, &fault),
                     TRUC_E_NOT_FOUND);
    assert_int_equal(calendar_add(calendar_of(state), at("2026-01-05 09:00"), UINT64_MAX, &result_ns, &fault),
                     TRUC_E_NOT_FOUND);
    assert_int_equal(calendar_roll(calendar_of(state), at("2022-12-31 09:00"), &result_ns, &fault), TRUC_E_NOT_FOUND);
    assert_int_equal(result_ns, 7);
    assert_int_equal(
        calendar_add(calendar_of(state), at("2027-12-31 09:00"), 7 * HOUR_NS - HOUR_NS / 2, &result_ns, &fault), 0);
    assert_instant(result_ns, "2027-12-31 17:30"); /* the last covered one */
}

/* ---- against a slow count ---- */

/* Whether the minute that begins then is worked, from the days alone. */
static bool is_worked(const struct calendar *calendar, uint64_t minute_ns)
{
    const struct calendar_day *day = calendar_day_of(calendar, minute_ns);
    uint64_t minute = calendar_time_of_day(minute_ns) / MINUTE_NS;
    return day && calendar_kind_is_worked(day->kind) &&
           ((minute >= 7 * 60 + 30 && minute < 11 * 60 + 30) || (minute >= 13 * 60 + 30 && minute < 17 * 60 + 30));
}

static uint64_t slow_between(const struct calendar *calendar, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t minutes = 0;
    for (; from_ns < to_ns; from_ns += MINUTE_NS)
        minutes += is_worked(calendar, from_ns);
    return minutes;
}

static uint64_t slow_add(const struct calendar *calendar, uint64_t from_ns, uint64_t minutes)
{
    while (!is_worked(calendar, from_ns))
        from_ns += MINUTE_NS;
    for (; minutes > 0; from_ns += MINUTE_NS)
        minutes -= is_worked(calendar, from_ns);
    return from_ns;
}

static uint64_t slow_subtract(const struct calendar *calendar, uint64_t from_ns, uint64_t minutes)
{
    while (minutes > 0) {
        from_ns -= MINUTE_NS;
        minutes -= is_worked(calendar, from_ns);
    }
    return from_ns;
}

static uint64_t random_minute(uint32_t *seed)
{
    enum { MINUTES = 4 * 365 * 24 * 60 };
    *seed = *seed * 1664525u + 1013904223u;
    uint64_t high = *seed >> 8;
    *seed = *seed * 1664525u + 1013904223u;
    return at("2023-06-01 00:00") + (high * 65536 + (*seed >> 16)) % MINUTES * MINUTE_NS;
}

static void every_answer_is_that_of_a_slow_count(void **state)
{
    const struct calendar *calendar = calendar_of(state);
    uint32_t seed = 11;
    for (int i = 0; i < 1500; i++) {
        uint64_t from_ns = random_minute(&seed), minutes = random_minute(&seed) / MINUTE_NS % 6000, got_ns = 0,
                 span_ns = 0;
        uint64_t end_ns = slow_add(calendar, from_ns, minutes);
        assert_int_equal(calendar_add(calendar, from_ns, minutes * MINUTE_NS, &got_ns, NULL), 0);
        assert_string_equal(shown(got_ns), shown(end_ns));
        assert_int_equal(calendar_between(calendar, from_ns, end_ns, &span_ns, NULL), 0);
        assert_int_equal(span_ns / MINUTE_NS, slow_between(calendar, from_ns, end_ns));
        assert_int_equal(span_ns / MINUTE_NS, minutes);
        assert_int_equal(calendar_subtract(calendar, from_ns, minutes * MINUTE_NS, &got_ns, NULL), 0);
        assert_string_equal(shown(got_ns), shown(slow_subtract(calendar, from_ns, minutes)));
    }
}

/* Seconds and nanoseconds count, too: adding and counting are inverse. */
static void adding_and_counting_are_inverse_to_the_nanosecond(void **state)
{
    const struct calendar *calendar = calendar_of(state);
    uint32_t seed = 3;
    for (int i = 0; i < 20000; i++) {
        uint64_t from_ns = random_minute(&seed) + seed % MINUTE_NS,
                 span_ns = random_minute(&seed) % (400 * HOUR_NS) + seed, end_ns = 0, back_ns = 0;
        assert_int_equal(calendar_add(calendar, from_ns, span_ns, &end_ns, NULL), 0);
        assert_int_equal(calendar_between(calendar, from_ns, end_ns, &back_ns, NULL), 0);
        assert_int_equal(back_ns, span_ns);
        assert_int_equal(calendar_subtract(calendar, end_ns, span_ns, &back_ns, NULL), 0);
        assert_int_equal(calendar_next(calendar, from_ns, &from_ns, NULL), 0);
        assert_int_equal(back_ns, from_ns);
    }
}

/* ---- files with mistakes ---- */

#define HEAD "calendar: Giờ hành chính\nbasis: Luật\nvalid: {from: 2026-01-01, until: 2026-12-31}\n"
#define REST "hours: [\"07:30-11:30\", \"13:30-17:30\"]\nweekend: [saturday, sunday]\n"

static const struct {
    const char *text, *place, *mistake;
} mistakes[] = {
    {HEAD "hours: [\"7:30-11:30\"]\nweekend: [sunday]\n", "a.yaml:4:9", "is no working session"},
    {HEAD "hours: [\"07:30-25:00\"]\nweekend: [sunday]\n", "a.yaml:4:9", "is no working session"},
    {HEAD "hours: [\"13:30-17:30\", \"07:30-11:30\"]\nweekend: [sunday]\n", "a.yaml:4:24",
     "begins before the one before"},
    {HEAD "hours: [\"11:30-07:30\"]\nweekend: [sunday]\n", "a.yaml:4:9", "ends before it begins"},
    {HEAD "hours: [\"07:00-08:00\", \"08:00-09:00\", \"09:00-10:00\", \"10:00-11:00\", \"11:00-12:00\"]\nweekend: "
          "[sunday]\n",
     "a.yaml:4:8", "at most 4"},
    {HEAD REST "holidays:\n  - {from: 2027-01-01, title: Tết}\n", "a.yaml:7:12",
     "outside the days this calendar is valid for"},
    {HEAD REST "holidays:\n  - {from: 2026-02-20, until: 2026-02-16, title: Tết}\n", "a.yaml:7:31",
     "before the holiday's first day"},
    {HEAD REST "holidays:\n  - {from: 2026-01-01, title: Tết}\n  - {from: 2026-01-01, title: Tết}\n", "a.yaml:8:12",
     "is a holiday, not a working day"},
    {HEAD REST "swaps:\n  - {off: 2026-01-03, worked: 2026-01-10, basis: x}\n", "a.yaml:7:11",
     "is a weekend day, not a working day"},
    {HEAD REST "swaps:\n  - {off: 2026-01-02, worked: 2026-01-09, basis: x}\n", "a.yaml:7:31",
     "is a working day, not a weekend day"},
    {HEAD REST "make-up:\n  - {date: 2026-01-09, basis: x}\n", "a.yaml:7:12", "is a working day, not a weekend day"},
    {HEAD REST "holiday: []\n", "a.yaml:6:1", "holiday"},
    {HEAD REST "holidays:\n  - {from: 2026-02-30, title: Tết}\n", "a.yaml:7:12", "2026-02-30"},
    {HEAD "hours: [\"07:30-11:30\"]\nweekend: [chủ nhật]\n", "a.yaml:5:11", "chủ nhật"},
    {"calendar: x\nbasis: x\nvalid: {from: 1999-01-01, until: 2026-01-01}\n" REST, "a.yaml:3:15", "begins before 2000"},
    {"calendar: [\n", "a.yaml:", ""},
    {"", "a.yaml", ""},
};

static void every_mistake_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct policy_report report = {0};
        struct calendar *calendar = NULL;
        struct buffer text = {0};
        const struct calendar_text file = {"a.yaml", bytes_string(mistakes[i].text)};
        assert_int_equal(calendar_load(&file, 1, &report, &calendar), TRUC_E_CONFIG);
        assert_null(calendar);
        policy_report_print(&report, "", &text);
        const char *printed = buffer_string(&text);
        if (strncmp(printed, mistakes[i].place, strlen(mistakes[i].place)) != 0 ||
            !strstr(printed, mistakes[i].mistake))
            fail_msg("expected %s … %s, got:\n%s", mistakes[i].place, mistakes[i].mistake, printed);
        buffer_free(&text);
        policy_report_free(&report);
    }
}

static void a_gap_and_an_overlap_between_files_are_mistakes(void **state)
{
    static const char *const second[][2] = {
        {"calendar: x\nbasis: x\nvalid: {from: 2027-01-02, until: 2027-12-31}\n" REST, "days are missing"},
        {"calendar: x\nbasis: x\nvalid: {from: 2026-12-31, until: 2027-12-31}\n" REST, "the calendars overlap"},
        {"calendar: x\nbasis: x\nvalid: {from: 2027-01-01, until: 2027-12-31}\n" REST, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(second); i++) {
        struct policy_report report = {0};
        struct calendar *calendar = NULL;
        /* the later one first: the order of files does not matter */
        const struct calendar_text files[] = {{"b.yaml", bytes_string(second[i][0])},
                                              {"a.yaml", bytes_string(HEAD REST)}};
        int code = calendar_load(files, 2, &report, &calendar);
        assert_int_equal(code, second[i][1] ? TRUC_E_CONFIG : 0);
        if (second[i][1]) {
            assert_string_equal(report.problems[0]->file, "b.yaml");
            assert_int_equal(report.problems[0]->line, 3);
            assert_non_null(strstr(report.problems[0]->text, second[i][1]));
        } else {
            assert_int_equal(calendar->count, 730);
        }
        calendar_free(calendar);
        policy_report_free(&report);
    }
}

/* Changed hours from a day on are another file; a term over the change counts both. */
static void hours_may_change_in_between(void **state)
{
    static const char *const texts[] = {
        "calendar: x\nbasis: x\nvalid: {from: 2026-01-01, until: 2026-03-31}\n" REST,
        "calendar: x\nbasis: x\nvalid: {from: 2026-04-01, until: 2026-12-31}\nhours: [\"08:00-12:00\"]\nweekend: "
        "[sunday]\n",
    };
    struct policy_report report = {0};
    struct calendar *calendar = NULL;
    uint64_t end_ns = 0;
    (void)state;
    const struct calendar_text files[] = {{"a.yaml", bytes_string(texts[0])}, {"b.yaml", bytes_string(texts[1])}};
    assert_int_equal(calendar_load(files, 2, &report, &calendar), 0);
    assert_int_equal(calendar_add(calendar, at("2026-03-31 13:30"), 10 * HOUR_NS, &end_ns, NULL), 0);
    assert_instant(end_ns, "2026-04-02 10:00");
    assert_int_equal(calendar_add(calendar, at("2026-04-03 11:00"), 2 * HOUR_NS, &end_ns, NULL), 0);
    assert_instant(end_ns, "2026-04-04 09:00"); /* a Saturday */
    calendar_free(calendar);
    policy_report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_end_where_a_paper_calendar_says),
        cmocka_unit_test(the_next_working_instant),
        cmocka_unit_test(a_day_rolls_and_closes),
        cmocka_unit_test(what_no_calendar_covers_is_named),
        cmocka_unit_test(every_answer_is_that_of_a_slow_count),
        cmocka_unit_test(adding_and_counting_are_inverse_to_the_nanosecond),
        cmocka_unit_test(every_mistake_has_its_place),
        cmocka_unit_test(a_gap_and_an_overlap_between_files_are_mistakes),
        cmocka_unit_test(hours_may_change_in_between),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
