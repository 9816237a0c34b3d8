/* test_policy_mistakes.c - every mistake is reported with its place, what is wrong and what to write, to the letter.
 * The cases are mistakes/NAME.txt: a title (===), the files it puts over the right configuration (--- name), and the
 * report that must come of them (--- report, or --- warnings when it loads all the same). Each is reported in another
 * language, too, and no English may be left.
 * In the flow: loader → report. */
#include "policy_fixture.h"

#include "policy_words.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { CASES_BYTES_MAX = 256 * 1024, CASE_FILES_MAX = 8 };

/* The text up to the next line that begins with one of the marks; cut out in place. */
static char *take_section(char **at)
{
    char *start = *at, *end = start;
    while (*end != 0 &&
           !(end == start || end[-1] == '\n' ? strncmp(end, "--- ", 4) == 0 || strncmp(end, "=== ", 4) == 0 : 0))
        end++;
    *at = end;
    size_t size = (size_t)(end - start);
    char *text = malloc(size + 1);
    assert_non_null(text);
    memcpy(text, start, size);
    text[size] = 0;
    return text;
}

/* The rest of a line behind its mark. */
static char *take_mark(char **at)
{
    char *start = *at + 4, *end = strchr(start, '\n');
    assert_non_null(end);
    *end = 0;
    *at = end + 1;
    return start;
}

/* Certificates that the cases name. */
static void prepare(struct policy_fixture *fixture)
{
    fixture_put_certificate(fixture, "certs/other.pem", "thanhhoa", "other", 50, fixture_time("2026-01-01T00:00:00Z"));
    fixture_put_certificate(fixture, "certs/old.pem", "thanhhoa", "portal", 51, fixture_time("2024-06-18T00:00:00Z"));
    fixture_put_certificate(fixture, "certs/older.pem", "thanhhoa", "portal", 52, fixture_time("2024-01-01T00:00:00Z"));
    fixture_put_certificate(fixture, "certs/same.pem", "thanhhoa", "portal", 2, fixture_time("2026-01-01T00:00:00Z"));
}

/* The same mistakes in another language: all of it is. What a library says of a file stays below it, as it was said. */
static void check_is_translated(struct policy_fixture *fixture)
{
    struct policy_report report = {.translate = made_up_words};
    struct policy *policy = NULL;
    int result = policy_load_files(fixture->files, fixture->files_count, &fixture->options, &policy, &report);
    assert_true(result == 0 || result == TRUC_E_CONFIG);
    for (uint32_t i = 0; i < report.problems_count; i++) {
        const struct policy_problem *problem = report.problems[i];
        bool from_library = problem->code != 0 && problem->details_count > 0;
        if (!from_library) /* its text holds the code */
            assert_made_up(problem->text);
        for (uint32_t j = 0; j < problem->details_count && !from_library; j++)
            assert_made_up(problem->details[j]);
    }
    policy_report_free(&report);
    policy_free(policy);
}

static bool run_case(struct policy_fixture *fixture, char **at)
{
    char *texts[CASE_FILES_MAX] = {NULL};
    size_t count = 0;
    char *title = take_mark(at), *mark = "";
    free(take_section(at));
    fixture_reset(fixture);
    if (strstr(*at, "certs/") != NULL)
        prepare(fixture);
    while (strncmp(*at, "--- ", 4) == 0) {
        mark = take_mark(at);
        assert_true(count < CASE_FILES_MAX);
        texts[count++] = take_section(at);
        if (strcmp(mark, "report") == 0 || strcmp(mark, "warnings") == 0)
            break;
        fixture_put(fixture, mark, strcmp(texts[count - 1], "(none)\n") == 0 ? NULL : texts[count - 1]);
    }
    int result, wanted = strcmp(mark, "report") == 0 ? TRUC_E_CONFIG : 0;
    char *report = fixture_report(fixture, &result);
    char *expected = texts[count - 1];
    size_t size = strlen(expected);
    while (size > 0 && expected[size - 1] == '\n')
        expected[--size] = 0;
    bool right = strcmp(report, expected) == 0 && result == wanted;
    if (!right)
        fprintf(stderr, /* print_error cuts long texts */
                "=== %s\n--- expected (%d)\n%s\n--- got (%d)\n%s\n", title, wanted, expected, result, report);
    free(report);
    check_is_translated(fixture);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    return right;
}

static void run_file(struct policy_fixture *fixture, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", TRUC_MISTAKES, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, CASES_BYTES_MAX);
    assert_non_null(text);
    size_t size = fread(text, 1, CASES_BYTES_MAX - 1, file);
    fclose(file);
    assert_true(size < CASES_BYTES_MAX - 1);
    char *at = text;
    free(take_section(&at)); /* the file's own comment */
    size_t cases = 0, wrong = 0;
    while (strncmp(at, "=== ", 4) == 0) {
        wrong += !run_case(fixture, &at);
        cases++;
    }
    assert_int_equal(*at, 0);
    free(text);
    fixture_reset(fixture);
    assert_true(cases > 0);
    assert_int_equal(wrong, 0);
}

static void test_what_is_not_this_yaml(void **state)
{
    run_file(*state, "yaml.txt");
}

static void test_keys_and_values(void **state)
{
    run_file(*state, "values.txt");
}

static void test_systems_and_their_keys(void **state)
{
    run_file(*state, "systems.txt");
}

static void test_routes(void **state)
{
    run_file(*state, "routes.txt");
}

static void test_predicates(void **state)
{
    run_file(*state, "matches.txt");
}

static void test_dead_routes_and_empty_seats(void **state)
{
    run_file(*state, "ways.txt");
}

static void test_observers(void **state)
{
    run_file(*state, "observers.txt");
}

static void test_agreements(void **state)
{
    run_file(*state, "agreements.txt");
}

static void test_a_report_is_json_too(void **state)
{
    struct policy_fixture *fixture = *state;
    fixture_put(fixture, "routes/dossiers.yaml",
                "routes:\n  - name: r\n    from: portal\n    typo: x\n    type: dossier.submitted\n    to: onestop\n");
    struct policy_report report = {0};
    struct policy *policy = NULL;
    assert_int_equal(policy_load_files(fixture->files, fixture->files_count, &fixture->options, &policy, &report),
                     TRUC_E_CONFIG);
    struct buffer text BUFFER_CLEANUP = {0};
    assert_int_equal(policy_report_json(&report, "config/", &text), 0);
    json_t *root = json_loads(buffer_string(&text), 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(root, "errors")), 1);
    const json_t *problem = json_array_get(json_object_get(root, "problems"), 0);
    assert_string_equal(json_string_value(json_object_get(problem, "file")), "config/routes/dossiers.yaml");
    assert_int_equal(json_integer_value(json_object_get(problem, "line")), 4);
    assert_int_equal(json_integer_value(json_object_get(problem, "column")), 5);
    assert_string_equal(json_string_value(json_object_get(problem, "severity")), "error");
    assert_string_equal(json_string_value(json_object_get(problem, "text")), "a route has no key 'typo'");
    assert_string_equal(json_string_value(json_array_get(json_object_get(problem, "details"), 0)),
                        "did you mean 'type'?");
    json_decref(root);
    policy_report_free(&report);
    fixture_reset(fixture);
}

static void expect_library(const char *said, const char *detail)
{
    struct policy_report report = {.translate = made_up_words};
    struct truc_fault fault = {0};
    fault_set(&fault, TRUC_E_CRYPTO, "%s", said);
    policy_report_library(&report, policy_spot_file("a.pem"), N_("this certificate can't be checked"), "no: ", &fault);
    assert_int_equal(report.problems_count, 1);
    assert_int_equal(report.problems[0]->code, TRUC_E_CRYPTO);
    assert_non_null(strstr(report.problems[0]->text, "[CRYPTO: "));
    assert_string_equal(report.problems[0]->details[0], detail);
    policy_report_free(&report);
}

static void test_a_library_is_quoted_where_it_cannot_be_translated(void **state)
{
    (void)state;
    expect_library("certificate: it has no common name", ":     ");
    expect_library("wrong issuer: 'a', not 'b'", "  ' : «wrong issuer: 'a', not 'b'»");
    struct policy_report english = {0};
    struct truc_fault fault = {0};
    fault_set(&fault, TRUC_E_CRYPTO, "wrong issuer");
    policy_report_library(&english, policy_spot_file("a.pem"), N_("this certificate can't be checked"), "no: ", &fault);
    assert_string_equal(english.problems[0]->text, "no: wrong issuer");
    assert_int_equal(english.problems[0]->details_count, 0);
    policy_report_free(&english);
}

static void test_problems_beyond_the_limit_are_counted(void **state)
{
    struct policy_fixture *fixture = *state;
    struct buffer yaml BUFFER_CLEANUP = {0};
    buffer_append_string(&yaml, "routes:\n");
    for (int i = 0; i < POLICY_REPORT_PROBLEMS_MAX + 20; i++)
        buffer_printf(&yaml, "  - {name: r%d, from: nobody, type: dossier.submitted, to: onestop}\n", i);
    fixture_put(fixture, "routes/dossiers.yaml", buffer_string(&yaml));
    int result;
    char *report = fixture_report(fixture, &result);
    assert_int_equal(result, TRUC_E_CONFIG);
    assert_non_null(strstr(report, "\nand 20 more\n120 errors"));
    free(report);
    fixture_reset(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_this_yaml),
        cmocka_unit_test(test_keys_and_values),
        cmocka_unit_test(test_systems_and_their_keys),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_predicates),
        cmocka_unit_test(test_dead_routes_and_empty_seats),
        cmocka_unit_test(test_observers),
        cmocka_unit_test(test_agreements),
        cmocka_unit_test(test_a_report_is_json_too),
        cmocka_unit_test(test_a_library_is_quoted_where_it_cannot_be_translated),
        cmocka_unit_test(test_problems_beyond_the_limit_are_counted),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
