/* test_cli_explain_position.c - why a message of the journal went where it went, then and now.
 * Not: why one that might be sent would go somewhere (test_cli_route.c).
 * Record 3 is an accepted dossier.submitted, record 4 a refusal, record 5 a receipt. */
#include "cli_bench.h"

#include "cli_journal_maker.h"

#include <string.h>
#include <unistd.h>

static int setup(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    maker_write(bench, "bus", MAKER_RIGHT);
    *state = bench;
    return 0;
}

static int explain(struct cli_bench *bench, const char *position, const char *output)
{
    return RUN(bench, "route", "explain", "--position", position, "--state", cli_bench_path(bench, "bus"), "--output",
               output);
}

static void test_a_message_is_explained_by_the_rules_of_its_time(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(explain(bench, "3", "text"), CLI_OK);
    cli_bench_expect(bench->out, "accepted       portal → onestop");
    cli_bench_expect(bench->out, "in force then (record 1)\n");
    cli_bench_expect(bench->out, "  route          online-dossier-to-onestop (routes/dossiers.yaml:");
    cli_bench_expect(bench->out, "  agreement      portal-gives-dossiers-to-onestop, until 2028-12-31, for onestop\n"
                                 "  outcome        accepted, to onestop\n"
                                 "the present configuration is the same\n");
}

static void test_the_present_rules_are_told_apart(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_replace(bench, "bus/config/routes/dossiers.yaml", "[full, partial]", "partial");
    assert_int_equal(explain(bench, "3", "text"), CLI_NOT_SO);
    cli_bench_expect(bench->out, "  outcome        accepted, to onestop\nunder the present configuration ");
    cli_bench_expect(bench->out, "body.procedure.service is 'full', the route asks for partial\n"
                                 "  outcome        refused: NO_ROUTE\n");
    assert_int_equal(explain(bench, "3", "json"), CLI_NOT_SO);
    json_t *document = cli_bench_json(bench);
    const json_t *then = json_object_get(document, "then"), *now = json_object_get(document, "now");
    assert_string_equal(json_string_value(json_object_get(then, "outcome")), "ACCEPTED");
    assert_string_equal(json_string_value(json_object_get(now, "outcome")), "NO_ROUTE");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(document, "record"), "position")), 3);
    json_decref(document);
}

static void test_a_sender_that_is_gone_is_named(void **state)
{
    struct cli_bench *bench = *state;
    static const char nothing[] = "agreements: []\n", routes[] = "routes: []\n";
    cli_bench_write(cli_bench_path(bench, "bus/config/agreements/dossiers.yaml"), nothing, strlen(nothing));
    cli_bench_write(cli_bench_path(bench, "bus/config/agreements/deadlines.yaml"), nothing, strlen(nothing));
    cli_bench_write(cli_bench_path(bench, "bus/config/routes/dossiers.yaml"), routes, strlen(routes));
    cli_bench_write(cli_bench_path(bench, "bus/config/routes/deadlines.yaml"), routes, strlen(routes));
    assert_int_equal(unlink(cli_bench_path(bench, "bus/config/systems/portal.yaml")), 0);
    assert_int_equal(explain(bench, "3", "text"), CLI_NOT_SO);
    cli_bench_expect(bench->out, "can't be asked NOT_FOUND: the sender portal is not on the bus\n");
}

static void test_without_the_key_conditions_on_the_payload_are_not_guessed(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "route", "explain", "--position", "3", "--state", "/nowhere", "--journal",
                         cli_bench_path(bench, "bus/journal")),
                     CLI_OK);
    cli_bench_expect(bench->out, "accepted       portal → onestop");
    cli_bench_expect(bench->out, "can't be asked JOURNAL_KEY: its routes ask for payload fields");
    cli_bench_expect(bench->out, "no present configuration is at hand; --config names one\n");
}

static void test_a_refusal_and_other_records_say_what_they_are(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(explain(bench, "4", "text"), CLI_NOT_SO);
    cli_bench_expect(bench->out, "refused        NO_ROUTE  portal  dossier.withdraw");
    cli_bench_expect(bench->out, "nothing of a refused message is kept but this");
    assert_int_equal(explain(bench, "5", "text"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "record 5 is 'settled', no message");
    cli_bench_expect(bench->err, "truc journal show --position 5");
    assert_int_equal(explain(bench, "999", "text"), CLI_NOT_SO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_message_is_explained_by_the_rules_of_its_time),
        TEST(test_the_present_rules_are_told_apart),
        TEST(test_a_sender_that_is_gone_is_named),
        TEST(test_without_the_key_conditions_on_the_payload_are_not_guessed),
        TEST(test_a_refusal_and_other_records_say_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
