/* test_policy_memory.c - whichever allocation fails while schemas or a configuration are loaded, that is said and nothing else.
 * No memory is no mistake in a file, a mistake that is told is one, and what was begun can be freed.
 * Leaks and wild accesses are the sanitizers' to find. */
#include "failing_memory.h"
#include "policy_fixture.h"
#include "schema.h"

#include <stdio.h>
#include <stdlib.h>

enum { ALLOCATIONS_MAX = 20000, DESCRIPTORS_BYTES_MAX = 4 * 1024 * 1024 };

static int load(struct policy_fixture *fixture, struct policy **ret_policy, struct policy_report *report)
{
    (void)failing_memory_arm(true);
    int code = policy_load_files(fixture->files, fixture->files_count, &fixture->options, ret_policy, report);
    (void)failing_memory_arm(false);
    return code;
}

static void a_right_configuration_is_loaded_or_there_is_no_memory(void **state)
{
    struct policy_fixture *fixture = *state;
    unsigned n = 0;
    bool is_over = false;
    fixture_reset(fixture);
    for (; n < ALLOCATIONS_MAX && !is_over; n++) {
        struct policy *policy = NULL;
        struct policy_report report = {0};
        failing_memory_begin(n);
        int code = load(fixture, &policy, &report);
        is_over = failing_memory_is_over();
        if (is_over ? code != 0 : code != 0 && code != TRUC_E_MEMORY)
            fail_msg("allocation %u: %s %s", n, truc_error_name(code), report.errors ? report.problems[0]->text : "");
        if (code == TRUC_E_MEMORY && report.errors > 0 && report.problems[0]->code != TRUC_E_MEMORY)
            fail_msg("allocation %u: a mistake is told: %s: %s", n, report.problems[0]->file, report.problems[0]->text);
        assert_true((code == 0) == (policy != NULL));
        policy_free(policy);
        policy_report_free(&report);
    }
    assert_true(is_over);
    assert_in_range(n, 20, ALLOCATIONS_MAX);
}

/* Every problem with its details; the lines of the files are shown when there is memory for them. */
static void print(const struct policy_report *report, struct buffer *out)
{
    for (uint32_t i = 0; i < report->problems_count; i++) {
        const struct policy_problem *problem = report->problems[i];
        buffer_printf(out, "%s:%u:%u %s\n", problem->file, problem->line, problem->column, problem->text);
        for (uint32_t k = 0; k < problem->details_count; k++)
            buffer_printf(out, "  %s\n", problem->details[k]);
    }
    buffer_printf(out, "%u errors\n", report->errors);
    assert_int_equal(buffer_failed(out), 0);
}

static void a_wrong_configuration_is_never_loaded_and_all_of_it_is_told(void **state)
{
    struct policy_fixture *fixture = *state;
    BUFFER_CLEANUP struct buffer expected = {0};
    struct policy_report whole = {0};
    struct policy *policy = NULL;
    unsigned n = 0;
    bool is_over = false;
    fixture_reset(fixture);
    fixture_put(
        fixture, "routes/dossiers.yaml",
        "routes:\n  - name: a\n    from: nobody\n    type: dossier.submited\n    to: onestop\n    colour: red\n");
    assert_int_equal(policy_load_files(fixture->files, fixture->files_count, &fixture->options, &policy, &whole),
                     TRUC_E_CONFIG);
    print(&whole, &expected);
    assert_true(whole.errors > 2);
    policy_report_free(&whole);
    for (; n < ALLOCATIONS_MAX && !is_over; n++) {
        BUFFER_CLEANUP struct buffer text = {0};
        struct policy_report report = {0};
        failing_memory_begin(n);
        int code = load(fixture, &policy, &report);
        is_over = failing_memory_is_over();
        assert_null(policy);
        if (code != TRUC_E_CONFIG && code != TRUC_E_MEMORY)
            fail_msg("allocation %u: %s", n, truc_error_name(code));
        if (code == TRUC_E_CONFIG) {
            print(&report, &text);
            if (!bytes_equal(buffer_view(&text), buffer_view(&expected)))
                fail_msg("allocation %u: not all is told:\n%s\nbut\n%s", n, buffer_string(&text),
                         buffer_string(&expected));
        }
        policy_report_free(&report);
    }
    assert_true(is_over);
    assert_in_range(n, 20, ALLOCATIONS_MAX);
}

static void schemas_are_loaded_or_there_is_no_memory(void **state)
{
    BUFFER_CLEANUP struct buffer descriptors = {.size_max = DESCRIPTORS_BYTES_MAX};
    unsigned n = 0;
    bool is_over = false;
    uint8_t *room = malloc(DESCRIPTORS_BYTES_MAX);
    FILE *file = fopen(TRUC_DESCRIPTORS, "rb");
    (void)state;
    assert_true(room != NULL && file != NULL);
    buffer_append(&descriptors, room, fread(room, 1, DESCRIPTORS_BYTES_MAX, file));
    assert_true(fclose(file) == 0 && !buffer_failed(&descriptors));
    free(room);
    for (; n < ALLOCATIONS_MAX && !is_over; n++) {
        struct schema_set *set = NULL;
        struct truc_fault fault = {0};
        failing_memory_begin(n);
        (void)failing_memory_arm(true);
        int code = schema_set_load(buffer_view(&descriptors), &set, &fault);
        (void)failing_memory_arm(false);
        is_over = failing_memory_is_over();
        if (is_over ? code != 0 : code != TRUC_E_MEMORY)
            fail_msg("allocation %u: %s: %s", n, truc_error_name(code), fault.text);
        assert_true((code == 0) == (set != NULL) && (code == 0 || fault.code == code));
        schema_set_free(set);
    }
    assert_true(is_over);
    assert_in_range(n, 2, ALLOCATIONS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_configuration_is_loaded_or_there_is_no_memory),
        cmocka_unit_test(a_wrong_configuration_is_never_loaded_and_all_of_it_is_told),
        cmocka_unit_test(schemas_are_loaded_or_there_is_no_memory),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
