/* test_cli_config_diff.c - config diff says what a proposal changes, and which messages of the journal it would change.
 * Not: which keys are compared (tests/unit/policy/test_policy_text.c).
 * The journal holds one accepted message, dossier.submitted at record 3, for onestop. */
#include "cli_bench.h"

#include "cli_journal_maker.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    maker_write(bench, "bus", MAKER_RIGHT);
    cli_bench_copy(bench, "bus/config", "new");
    *state = bench;
    return 0;
}

static int diff(struct cli_bench *bench, const char *option, const char *value)
{
    return option ? RUN(bench, "config", "diff", cli_bench_path(bench, "new"), "--state", cli_bench_path(bench, "bus"),
                        option, value)
                  : RUN(bench, "config", "diff", cli_bench_path(bench, "new"), "--state", cli_bench_path(bench, "bus"));
}

static void test_the_same_rules_in_another_layout_are_the_same(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_replace(bench, "new/routes/population.yaml", "routes:\n", "# a comment\nroutes:\n\n");
    assert_int_equal(diff(bench, NULL, NULL), CLI_OK);
    cli_bench_expect(bench->out, ": the same rules\n");
    assert_int_equal(diff(bench, "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench);
    assert_true(json_is_true(json_object_get(document, "same")));
    assert_int_equal(json_array_size(json_object_get(document, "changes")), 0);
    json_decref(document);
}

static void test_changes_are_named_with_what_was_and_will_be(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_replace(bench, "new/routes/population.yaml", "within: 5s", "within: 9s");
    cli_bench_replace(bench, "new/systems/national-portal.yaml", "contact:", "suspended: true\ncontact:");
    cli_bench_replace(bench, "new/agreements/population.yaml", "until: 2028-12-31", "until: 2029-12-31");
    cli_bench_replace(bench, "new/bus.yaml", "tcp://127.0.0.1:7400", "tcp://127.0.0.1:7402");
    assert_int_equal(diff(bench, NULL, NULL), CLI_NOT_SO);
    cli_bench_expect(bench->out, ": 0 added, 0 removed, 4 keys changed; 1 of it only after a restart of trucd\n");
    cli_bench_expect(bench->err, "'national-portal' is suspended");
    assert_int_equal(diff(bench, "--output", "json"), CLI_NOT_SO);
    json_t *document = cli_bench_json(bench), *changes = json_object_get(document, "changes");
    static const char *const expected[][4] = {{"bus", "", "listen", "tcp://127.0.0.1:7402"},
                                              {"system", "national-portal", "suspended", "true"},
                                              {"route", "verify-citizen", "within", "9s"},
                                              {"agreement", "population-verifies-for-onestop", "until", "2029-12-31"}};
    assert_int_equal(json_array_size(changes), COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const json_t *change = json_array_get(changes, i);
        assert_string_equal(json_string_value(json_object_get(change, "what")), expected[i][0]);
        assert_string_equal(json_string_value(json_object_get(change, "name")), expected[i][1]);
        assert_string_equal(json_string_value(json_object_get(change, "key")), expected[i][2]);
        assert_string_equal(json_string_value(json_object_get(change, "after")), expected[i][3]);
        assert_int_equal(json_is_true(json_object_get(change, "needs_restart")), i == 0);
    }
    json_decref(document);
}

static void test_a_removed_route_is_what_messages_would_miss(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_replace(bench, "new/routes/dossiers.yaml", "[full, partial]", "partial");
    assert_int_equal(diff(bench, "--days", "7"), CLI_NOT_SO);
    cli_bench_expect(bench->out, "\n1 messages of these days judged again: 1 would change\n");
    cli_bench_expect(bench->out, "online-dossier-to-onestop");
    cli_bench_expect(bench->out, "refused: NO_ROUTE");
    cli_bench_expect(bench->out, "3 " MAKER_DOSSIER);
    assert_int_equal(RUN(bench, "config", "diff", cli_bench_path(bench, "new"), "--state", cli_bench_path(bench, "bus"),
                         "--days", "7", "--output", "json"),
                     CLI_NOT_SO);
    json_t *document = cli_bench_json(bench), *run = json_object_get(document, "dry_run");
    json_t *group = json_array_get(json_object_get(run, "groups"), 0);
    assert_int_equal(json_integer_value(json_object_get(run, "would_change")), 1);
    assert_string_equal(json_string_value(json_object_get(group, "type")), "dossier.submitted");
    assert_string_equal(json_string_value(json_object_get(group, "would_be")), "refused: NO_ROUTE");
    const json_t *example = json_array_get(json_object_get(group, "examples"), 0);
    assert_int_equal(json_integer_value(json_object_get(example, "position")), 3);
    json_decref(document);
}

static const char more_agreements[] = "agreements:\n"
                                      "  - name: more\n"
                                      "    provider: portal\n"
                                      "    consumer: %s\n"
                                      "    types: dossier.submitted\n"
                                      "    purpose: Thử\n"
                                      "    basis: agreement\n"
                                      "    valid: {from: 2026-01-01}\n";

static void put_agreement(struct cli_bench *bench, const char *consumer)
{
    char text[512];
    snprintf(text, sizeof text, more_agreements, consumer);
    cli_bench_write(cli_bench_path(bench, "new/agreements/more.yaml"), text, strlen(text));
}

static void test_other_destinations_and_observers_are_told_apart(void **state)
{
    static const struct {
        const char *to, *expected;
    } cases[] = {
        {"to: [onestop, national-portal]\n    order-by", "also to national-portal"},
        {"to: national-portal\n    order-by", "no longer to onestop; also to national-portal"},
        {"to: onestop\n    observe: national-portal\n    order-by", "also observed by national-portal"},
    };
    struct cli_bench *bench = *state;
    cli_bench_replace(bench, "new/routes/dossiers.yaml", "from: [portal, national-portal]", "from: portal");
    put_agreement(bench, "national-portal");
    const char *before = "to: onestop\n    order-by";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cli_bench_replace(bench, "new/routes/dossiers.yaml", before, cases[i].to);
        before = cases[i].to;
        assert_int_equal(diff(bench, "--days", "7"), CLI_NOT_SO);
        cli_bench_expect(bench->out, cases[i].expected);
    }
}

static void test_what_is_older_is_not_looked_at(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_replace(bench, "new/routes/dossiers.yaml", "[full, partial]", "partial");
    bench->now_ns += 10 * 86400ull * 1000000000;
    assert_int_equal(diff(bench, "--days", "7"), CLI_NOT_SO);
    cli_bench_expect(bench->out, "\n0 messages of these days judged again: 0 would change\n");
}

static void test_without_the_journals_key_it_says_what_it_cannot_judge(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_replace(bench, "new/routes/population.yaml", "within: 5s", "within: 9s");
    cli_bench_copy(bench, "bus/journal", "journal");
    assert_int_equal(RUN(bench, "config", "diff", cli_bench_path(bench, "new"), "--against",
                         cli_bench_path(bench, "bus/config"), "--state", "/nowhere", "--journal",
                         cli_bench_path(bench, "journal"), "--days", "7"),
                     CLI_NOT_SO);
    cli_bench_expect(bench->out, "0 would change, 1 can't be judged (their payload can't be read)\n");
}

static void test_a_wrong_proposal_is_exit_code_two(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "config", "diff", "/nowhere", "--state", cli_bench_path(bench, "bus")), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "there is no configuration '/nowhere'");
    assert_int_equal(diff(bench, "--days", "0"), CLI_WRONG_USE);
    assert_int_equal(RUN(bench, "config", "diff", cli_bench_path(bench, "new"), "--state", cli_bench_path(bench, "bus"),
                         "--days", "7", "--journal", "/nowhere"),
                     CLI_WRONG_USE);
    cli_bench_replace(bench, "new/routes/population.yaml", "within: 5s", "within: soon");
    assert_int_equal(diff(bench, NULL, NULL), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "'within' is a span");
    cli_bench_expect(bench->err, "the proposed configuration");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_same_rules_in_another_layout_are_the_same),
        TEST(test_changes_are_named_with_what_was_and_will_be),
        TEST(test_a_removed_route_is_what_messages_would_miss),
        TEST(test_other_destinations_and_observers_are_told_apart),
        TEST(test_what_is_older_is_not_looked_at),
        TEST(test_without_the_journals_key_it_says_what_it_cannot_judge),
        TEST(test_a_wrong_proposal_is_exit_code_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
