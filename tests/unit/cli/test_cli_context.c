/* test_cli_context.c - several buses by name: keeping them, choosing one, and that a mistake never leads to another bus.
 * The bench's directory is XDG_CONFIG_HOME, so that nobody's own contexts are touched.
 * A context of settings is tried against the stub broker. */
#include "cli_bench.h"

#include "cli_stub_broker.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int setup(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    unsetenv("TRUC_CONTEXT");
    unsetenv("TRUC_STATE");
    return cli_bench_teardown(state);
}

/* Which bus a command works on: the systems of its configuration, or nothing. */
static bool reaches_bus(struct cli_bench *bench)
{
    assert_int_equal(RUN(bench, "completion", "systems"), CLI_OK);
    return strstr(bench->out, "portal\n") != NULL;
}

static void add_bus(struct cli_bench *bench)
{
    assert_int_equal(RUN(bench, "context", "add", "thanhhoa", "--state", cli_bench_path(bench, "bus")), CLI_OK);
    assert_string_equal(bench->out, "added thanhhoa\n");
}

static void test_contexts_are_kept_in_the_persons_own_file(void **state)
{
    struct cli_bench *bench = *state;
    struct stat status;
    assert_int_equal(RUN(bench, "context", "list"), CLI_OK);
    cli_bench_expect(bench->out, "there are no contexts");
    add_bus(bench);
    assert_int_equal(stat(cli_bench_path(bench, "truc/contexts.yaml"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(RUN(bench, "context", "use", "thanhhoa"), CLI_OK);
    assert_int_equal(RUN(bench, "context", "list", "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench);
    const json_t *context = json_array_get(json_object_get(document, "contexts"), 0);
    char path[BENCH_PATH_BYTES + 8];
    snprintf(path, sizeof path, "%s/bus", bench->directory);
    assert_string_equal(json_string_value(json_object_get(document, "current")), "thanhhoa");
    assert_string_equal(json_string_value(json_object_get(context, "state")), path);
    assert_true(json_is_null(json_object_get(context, "settings")));
    json_decref(document);
    assert_int_equal(RUN(bench, "context", "list"), CLI_OK);
    cli_bench_expect(bench->out, "*      thanhhoa /");
    assert_int_equal(RUN(bench, "completion", "contexts"), CLI_OK);
    assert_string_equal(bench->out, "thanhhoa\n");
}

static void test_the_nearest_choice_wins(void **state)
{
    struct cli_bench *bench = *state;
    const char *nothing = cli_bench_path(bench, "nothing");
    assert_int_equal(mkdir(nothing, 0700), 0);
    assert_false(reaches_bus(bench)); /* ./state */
    add_bus(bench);
    assert_int_equal(RUN(bench, "context", "add", "empty", "--state", cli_bench_path(bench, "nothing")), CLI_OK);
    assert_false(reaches_bus(bench)); /* added is not used */
    assert_int_equal(RUN(bench, "context", "use", "thanhhoa"), CLI_OK);
    assert_true(reaches_bus(bench));
    setenv("TRUC_STATE", cli_bench_path(bench, "nothing"), 1);
    assert_false(reaches_bus(bench));
    setenv("TRUC_CONTEXT", "thanhhoa", 1);
    assert_true(reaches_bus(bench));
    assert_int_equal(RUN(bench, "completion", "systems", "--context", "empty"), CLI_OK);
    assert_string_equal(bench->out, "");
    assert_int_equal(RUN(bench, "--context", "thanhhoa", "completion", "systems"), CLI_OK);
    cli_bench_expect(bench->out, "portal\n");
    setenv("TRUC_CONTEXT", "empty", 1);
    assert_int_equal(RUN(bench, "completion", "systems", "--state", cli_bench_path(bench, "bus")), CLI_OK);
    cli_bench_expect(bench->out, "portal\n");
}

static void test_a_mistyped_name_reaches_no_bus(void **state)
{
    struct cli_bench *bench = *state;
    add_bus(bench);
    assert_int_equal(RUN(bench, "context", "use", "thanhhoa"), CLI_OK);
    assert_int_equal(RUN(bench, "route", "list", "--context", "thanhoa"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "there is no context 'thanhoa'");
    cli_bench_expect(bench->err, "did you mean thanhhoa?");
    setenv("TRUC_CONTEXT", "gone", 1);
    assert_int_equal(RUN(bench, "route", "list"), CLI_WRONG_USE);
    assert_int_equal(RUN(bench, "context", "list"), CLI_OK); /* how else to mend it */
    assert_int_equal(RUN(bench, "route", "list", "--state", cli_bench_path(bench, "bus"), "--context", "thanhhoa"),
                     CLI_WRONG_USE);
    cli_bench_expect(bench->err, "exclude each other");
}

static void test_what_leads_nowhere_is_not_added(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "context", "add", "x", "--state", cli_bench_path(bench, "missing")), CLI_WRONG_USE);
    assert_int_equal(RUN(bench, "context", "add", "x", "--settings", cli_bench_path(bench, "missing")), CLI_WRONG_USE);
    assert_int_equal(RUN(bench, "context", "add", "x"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "--state DIR when its state directory is on this machine");
    assert_int_equal(RUN(bench, "context", "add", "Thanh Hóa", "--state", cli_bench_path(bench, "bus")), CLI_WRONG_USE);
    add_bus(bench);
    assert_int_equal(RUN(bench, "context", "add", "thanhhoa", "--state", cli_bench_path(bench, "bus")), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "[EXISTS]");
}

static void test_removing_forgets_only_the_name(void **state)
{
    struct cli_bench *bench = *state;
    struct stat status;
    add_bus(bench);
    assert_int_equal(RUN(bench, "context", "use", "thanhhoa"), CLI_OK);
    assert_int_equal(RUN(bench, "context", "remove", "thanhhoa"), CLI_OK);
    assert_false(reaches_bus(bench));
    assert_int_equal(stat(cli_bench_path(bench, "bus/keys/journal.key"), &status), 0);
    assert_int_equal(RUN(bench, "context", "remove", "thanhhoa"), CLI_NOT_SO);
    assert_int_equal(RUN(bench, "context", "use", "thanhhoa"), CLI_NOT_SO);
}

static void test_a_mistake_in_the_file_is_named_with_its_place(void **state)
{
    static const struct {
        const char *text, *part;
    } wrong[] = {
        {"contexts:\n  - nmae: x\n    state: /x\n", "contexts.yaml:2:5"},
        {"contexts:\n  - name: x\n", "without a state directory or settings"},
        {"contexts: {x: y}\n", "has no list 'contexts'"},
        {"[", "contexts.yaml:"},
    };
    struct cli_bench *bench = *state;
    add_bus(bench);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        cli_bench_write(cli_bench_path(bench, "truc/contexts.yaml"), wrong[i].text, strlen(wrong[i].text));
        assert_int_equal(RUN(bench, "route", "list"), CLI_WRONG_USE);
        cli_bench_expect(bench->err, wrong[i].part);
        assert_int_equal(RUN(bench, "context", "add", "y", "--state", cli_bench_path(bench, "bus")), CLI_WRONG_USE);
        assert_int_equal(RUN(bench, "route", "list", "--state", cli_bench_path(bench, "bus")), CLI_OK);
    }
}

static void test_an_operators_settings_reach_a_broker_from_anywhere(void **state)
{
    struct cli_bench *bench = *state;
    char *secret = cli_bench_read(cli_bench_path(bench, "bus/keys/broker.curve"), NULL);
    secret[strcspn(secret, "\n")] = '\0';
    struct stub_broker *broker = stub_broker_start(secret, STUB_ANSWERS);
    assert_int_equal(RUN(bench, "context", "add", "far", "--settings",
                         cli_bench_path(bench, "bus/systems/operator/settings.yaml"), "--broker",
                         stub_broker_endpoint(broker)),
                     CLI_OK);
    assert_int_equal(RUN(bench, "status", "--context", "far", "--timeout", "10s"), CLI_OK);
    cli_bench_expect(bench->out, "Trục · thanhhoa · ");
    assert_int_equal(RUN(bench, "doctor", "--context", "far", "--timeout", "10s"), CLI_NOT_SO); /* it is blocked */
    cli_bench_expect(bench->out, "good  the broker lets us in");
    cli_bench_expect(bench->out, "are on another machine");
    assert_null(strstr(bench->out, "there is no folder"));
    assert_int_equal(RUN(bench, "system", "list", "--context", "far"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "which the context asks from afar");
    assert_int_equal(RUN(bench, "journal", "stats", "--context", "far"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "which the context asks from afar");
    stub_broker_stop(broker, NULL);
    assert_int_equal(RUN(bench, "doctor", "--context", "far", "--timeout", "10s"), CLI_NOT_SO);
    cli_bench_expect(bench->out, "bad   nobody listens at ");
    free(secret);
}

static void test_the_context_of_a_bus_elsewhere_reads_no_files_of_one_that_lies_here(void **state)
{
    struct cli_bench *bench = *state;
    int here = open(".", O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(
        RUN(bench, "context", "add", "far", "--settings", cli_bench_path(bench, "bus/systems/operator/settings.yaml")),
        CLI_OK);
    assert_int_equal(chdir(cli_bench_path(bench, "bus")), 0);
    assert_int_equal(symlink(".", "state"), 0);
    int near = RUN(bench, "system", "list");
    int far = RUN(bench, "system", "list", "--context", "far");
    int added = RUN(bench, "system", "add", "ward", "--title", "x", "--context", "far");
    assert_int_equal(fchdir(here), 0);
    close(here);
    assert_int_equal(near, CLI_OK);
    assert_int_equal(far, CLI_WRONG_USE);
    assert_int_equal(added, CLI_WRONG_USE);
    cli_bench_expect(bench->err, "the files of this bus are not on this machine");
    assert_int_not_equal(access(cli_bench_path(bench, "bus/config/systems/ward.yaml"), F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_contexts_are_kept_in_the_persons_own_file),
        TEST(test_the_nearest_choice_wins),
        TEST(test_a_mistyped_name_reaches_no_bus),
        TEST(test_what_leads_nowhere_is_not_added),
        TEST(test_removing_forgets_only_the_name),
        TEST(test_a_mistake_in_the_file_is_named_with_its_place),
        TEST(test_an_operators_settings_reach_a_broker_from_anywhere),
        TEST(test_the_context_of_a_bus_elsewhere_reads_no_files_of_one_that_lies_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
