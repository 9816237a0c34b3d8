/* test_deadlines_load.c - the adapter file and the organisation file: what is wrong with them, at its place.
 * Texts in memory; the files of the tree are read by every other test here.
 * Promise: a mistake in rules or leaders is found before the first message, with file, line and column. */
#include "cmocka_start.h"

#include "deadlines_load.h"

#include <stdio.h>

#define RULES(from, earliest)                                                                                          \
    "  - {id: nd, title: Nghị định, valid: {from: " from "}, due-soon-hours: 8, escalate-after-hours: 8,\n"            \
    "     apology: {earliest-hours: " earliest ", latest-hours: 8, extension-hours: 8}, supplements: 1}\n"
#define HEAD "adapter: deadlines\ntitle: Theo dõi\ncalendar: c\norganisation: o.yaml\nrules:\n"

static const struct {
    const char *text, *place, *mistake;
} rules_mistakes[] = {
    {HEAD RULES("2025-07-01", "8"), "a.yaml:7:32", "'earliest-hours' must be more than 'latest-hours'"},
    {HEAD RULES("2025-07-01", "16") RULES("2025-07-01", "16"), "a.yaml:8:46", "write the oldest first"},
    {HEAD RULES("2025-07-01", "16") "terms:\n  - {procedure: \"1\", days: 3}\n  - {procedure: \"1\", days: 4}\n",
     "a.yaml:9:3", "has two terms"},
    {HEAD RULES("2025-07-01", "16") "terms:\n  - {procedure: \"1\", days: 0}\n", "a.yaml:9:28", ""},
    {HEAD RULES("2025-07-01", "16") "holidays: x\n", "a.yaml:8:1", "holidays"},
    {"adapter: deadlines\n", "a.yaml:1", "title"},
};

static const struct {
    const char *text, *place, *mistake;
} organisation_mistakes[] = {
    {"people:\n  - {account: cb.01, leader: tp.1}\n  - {account: tp.01}\n", "a.yaml:2:30", "did you mean 'tp.01'"},
    {"people:\n  - {account: cb.01}\n  - {account: cb.01}\n", "a.yaml:2:3", "is listed twice"},
    {"people:\n  - {account: a, leader: b}\n  - {account: b, leader: a}\n", "a.yaml:2:26", "go in a circle"},
    {"people:\n  - {account: a}\nunits:\n  - {code: H56, leader: x}\n", "a.yaml:4:25", "is not among the people"},
    {"people:\n  - {name: Lê Thị Ánh}\n", "a.yaml:2:6", "name"},
    {"people: [\n", "a.yaml:", ""},
};

static void expect_mistake(struct policy_report *report, const char *place, const char *mistake)
{
    struct buffer text = {0};
    policy_report_print(report, "", &text);
    const char *printed = buffer_string(&text);
    if (printed == NULL || strncmp(printed, place, strlen(place)) != 0 || strstr(printed, mistake) == NULL)
        fail_msg("expected %s … %s, got:\n%s", place, mistake, printed ? printed : "");
    buffer_free(&text);
}

static void every_mistake_in_rules_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rules_mistakes); i++) {
        struct deadlines_book book = {.arena = {.used_bytes_max = DEADLINES_ARENA_BYTES_MAX}};
        struct policy_report report = {0};
        const char *calendar, *organisation;
        assert_int_equal(deadlines_load_rules(&book, "a.yaml", bytes_string(rules_mistakes[i].text), &report, &calendar,
                                              &organisation),
                         TRUC_E_CONFIG);
        expect_mistake(&report, rules_mistakes[i].place, rules_mistakes[i].mistake);
        policy_report_free(&report);
        arena_free(&book.arena);
    }
}

static void every_mistake_among_leaders_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(organisation_mistakes); i++) {
        struct deadlines_book book = {.arena = {.used_bytes_max = DEADLINES_ARENA_BYTES_MAX}};
        struct policy_report report = {0};
        assert_int_equal(
            deadlines_load_organisation(&book, "a.yaml", bytes_string(organisation_mistakes[i].text), &report),
            TRUC_E_CONFIG);
        expect_mistake(&report, organisation_mistakes[i].place, organisation_mistakes[i].mistake);
        policy_report_free(&report);
        arena_free(&book.arena);
    }
}

static void paths_begin_at_the_file(void **state)
{
    struct deadlines_book book = {.arena = {.used_bytes_max = DEADLINES_ARENA_BYTES_MAX}};
    struct policy_report report = {0};
    const char *calendar = NULL, *organisation = NULL;
    (void)state;
    assert_int_equal(deadlines_load_rules(&book, "/etc/truc/a.yaml", bytes_string(HEAD RULES("2025-07-01", "16")),
                                          &report, &calendar, &organisation),
                     0);
    assert_string_equal(calendar, "/etc/truc/c");
    assert_string_equal(organisation, "/etc/truc/o.yaml");
    arena_free(&book.arena);
    policy_report_free(&report);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct policy_report report = {0};
    struct deadlines_book *book = NULL;
    (void)state;
    assert_int_equal(deadlines_load("/nonexistent/adapter.yaml", &report, &book), TRUC_E_CONFIG);
    assert_null(book);
    assert_string_equal(report.problems[0]->file, "/nonexistent/adapter.yaml");
    policy_report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_in_rules_has_its_place),
        cmocka_unit_test(every_mistake_among_leaders_has_its_place),
        cmocka_unit_test(paths_begin_at_the_file),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
