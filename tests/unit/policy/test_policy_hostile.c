/* test_policy_hostile.c - whatever the files hold, a load ends with a policy or a report, never with half a policy.
 * Cut and damaged files, and a reader that fails at every call. Sanitizers judge the rest.
 * In the flow: loader. */
#include "policy_fixture.h"

#include <stdio.h>
#include <stdlib.h>

/* Loads and checks that the outcome is one of the two. */
static void load_any(struct policy_fixture *fixture)
{
    struct policy_report report = {0};
    struct policy *policy = NULL;
    int error = policy_load_files(fixture->files, fixture->files_count, &fixture->options, &policy, &report);
    assert_true(error == 0 || error == TRUC_E_CONFIG);
    assert_int_equal(policy != NULL, error == 0);
    assert_int_equal(report.errors > 0, error != 0);
    struct buffer text BUFFER_CLEANUP = {0};
    policy_report_print(&report, "", &text);
    assert_int_equal(policy_report_json(&report, "", &text), 0);
    policy_report_free(&report);
    policy_free(policy);
}

static bool is_yaml(const char *name)
{
    size_t size = strlen(name);
    return size > 5 && strcmp(name + size - 5, ".yaml") == 0;
}

static void test_every_beginning_of_every_file(void **state)
{
    struct policy_fixture *fixture = *state;
    for (size_t i = 0; i < fixture->files_count; i++) {
        struct policy_file *file = &fixture->files[i];
        struct bytes whole = file->content;
        for (size_t size = 0; is_yaml(file->name) && size < whole.size; size += 13) {
            file->content.size = size;
            load_any(fixture);
        }
        file->content = whole;
    }
}

/* A small generator with a fixed seed: the same damage every run. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 33);
}

static void test_damaged_files(void **state)
{
    static const char replacements[] = "\0\n\t :-[]{}&*!<>\"'|#%@\xc4\xff"
                                       "0";
    struct policy_fixture *fixture = *state;
    uint64_t random = 20261123;
    for (int round = 0; round < 400; round++) {
        struct policy_file *file = &fixture->files[next_random(&random) % fixture->files_count];
        struct bytes whole = file->content;
        uint8_t *copy = malloc(whole.size);
        assert_non_null(copy);
        memcpy(copy, whole.data, whole.size);
        for (int i = 0; i < 3; i++)
            copy[next_random(&random) % whole.size] =
                (uint8_t)replacements[next_random(&random) % (sizeof replacements - 1)];
        file->content.data = copy;
        load_any(fixture);
        file->content = whole;
        free(copy);
    }
}

static void test_texts_that_fill_the_limits(void **state)
{
    struct policy_fixture *fixture = *state;
    struct buffer yaml BUFFER_CLEANUP = {0};
    enum { ROUTES_A_FILE = 4096, ROUTE_FILES = POLICY_ROUTES_MAX / ROUTES_A_FILE + 1 };
    struct buffer files[ROUTE_FILES] = {{0}};
    char names[ROUTE_FILES][32];
    for (int i = 0; i <= POLICY_ROUTES_MAX; i++) {
        if (i % ROUTES_A_FILE == 0)
            buffer_append_string(&files[i / ROUTES_A_FILE], "routes:\n");
        buffer_printf(&files[i / ROUTES_A_FILE], "  - {name: r%d, from: portal, type: dossier.progress, to: onestop}\n",
                      i);
    }
    for (int i = 0; i < ROUTE_FILES; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "routes/z%d.yaml", i);
        fixture_put(fixture, names[i], buffer_string(&files[i]));
    }
    int result;
    char *report = fixture_report(fixture, &result);
    assert_int_equal(result, TRUC_E_CONFIG);
    assert_non_null(strstr(report, ": error: more than 20480 routes in all files\n"));
    free(report);
    for (int i = 0; i < ROUTE_FILES; i++) {
        fixture_put(fixture, names[i], NULL);
        buffer_free(&files[i]);
    }
    buffer_clear(&yaml);
    buffer_append_string(&yaml, "routes: [");
    for (int i = 0; i < 60000; i++)
        buffer_append_string(&yaml, "[],[],");
    buffer_append_string(&yaml, "]\n");
    fixture_put(fixture, "routes/dossiers.yaml", buffer_string(&yaml));
    report = fixture_report(fixture, &result);
    assert_int_equal(result, TRUC_E_CONFIG);
    assert_non_null(strstr(report, "more than 100000 values in one file: split it"));
    free(report);
    fixture_reset(fixture);
}

struct failing {
    struct policy_fixture *fixture;
    uint32_t calls_left; /* the call after these fails */
};

static bool fails_now(struct failing *failing)
{
    return failing->calls_left-- == 0;
}

static int failing_list(void *context, const char *folder, int (*visit)(void *visit_context, const char *name),
                        void *visit_context, struct truc_fault *fault)
{
    struct failing *failing = context;
    if (fails_now(failing))
        return fault_set(fault, TRUC_E_IO, "read folder %s: Input/output error", folder);
    size_t size = strlen(folder);
    for (size_t i = 0; i < failing->fixture->files_count; i++) {
        const char *name = failing->fixture->files[i].name;
        if (strncmp(name, folder, size) == 0 && name[size] == '/' && visit(visit_context, name + size + 1) != 0)
            return TRUC_E_MEMORY;
    }
    return 0;
}

static int failing_read(void *context, const char *name, struct buffer *out, struct truc_fault *fault)
{
    struct failing *failing = context;
    if (fails_now(failing))
        return fault_set(fault, TRUC_E_IO, "read %s: Input/output error", name);
    for (size_t i = 0; i < failing->fixture->files_count; i++)
        if (strcmp(failing->fixture->files[i].name, name) == 0)
            buffer_append_bytes(out, failing->fixture->files[i].content);
    return buffer_failed(out);
}

/* A file that can't be read is never taken for a file that is not there. */
static void test_a_disk_that_fails_at_any_call(void **state)
{
    for (uint32_t calls = 0;; calls++) {
        struct failing failing = {*state, calls};
        const struct policy_reader reader = {&failing, failing_list, failing_read};
        struct policy_report report = {0};
        struct policy *policy = NULL;
        int error = policy_load(&reader, &failing.fixture->options, &policy, &report);
        bool failed = failing.calls_left == UINT32_MAX || failing.calls_left > calls;
        assert_int_equal(error, failed ? TRUC_E_CONFIG : 0);
        bool said = false;
        for (uint32_t i = 0; i < report.problems_count; i++)
            said |= strstr(report.problems[i]->text, "Input/output error") != NULL;
        assert_int_equal(said, failed);
        policy_report_free(&report);
        policy_free(policy);
        if (!failed)
            break;
        assert_true(calls < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_beginning_of_every_file),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_texts_that_fill_the_limits),
        cmocka_unit_test(test_a_disk_that_fails_at_any_call),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
