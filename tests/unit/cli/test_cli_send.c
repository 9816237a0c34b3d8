/* test_cli_send.c - what `truc send` and `truc request` refuse by themselves, before any broker is asked.
 * Not the sending: tests/integration/tools does it with a real broker.
 * Nothing here may depend on who listens: the settings name an address where nobody does. */
#include "cli_bench.h"

#include "send_message.h"

#include <string.h>

static int setup(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    *state = bench;
    return 0;
}

#define SEND(bench, ...)                                                                                               \
    RUN(bench, __VA_ARGS__, "--state", cli_bench_path(bench, "bus"), "--settings",                                     \
        cli_bench_path(bench, "bus/systems/portal/settings.yaml"))
#define NOT_SECRET "--classification", "not-secret"

static void test_the_classification_is_never_guessed(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(SEND(bench, "send", "dossier.submitted", "--json", "{}"), CLI_NOT_SO);
    cli_bench_expect(bench->err, "nobody says that it is not secret; nothing was sent [SECRET]");
    cli_bench_expect(bench->err, "--classification not-secret");
    assert_int_equal(SEND(bench, "send", "dossier.submitted", "--json", "{}", "--classification", "secret"),
                     CLI_NOT_SO);
    cli_bench_expect(bench->err, "[SECRET]");
    assert_int_equal(SEND(bench, "request", "citizen.verify", "--json", "{}"), CLI_NOT_SO);
    cli_bench_expect(bench->err, "[SECRET]");
    assert_int_equal(SEND(bench, "send", "dossier.submitted", "--json", "{}", "--classification", "open"),
                     CLI_WRONG_USE);
}

static void test_a_payload_is_judged_by_its_schema(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(SEND(bench, "send", "dossier.submitted", NOT_SECRET, "--json", "{\"cod\": \"A\"}"), CLI_NOT_SO);
    cli_bench_expect(bench->err, "has no field 'cod'");
    cli_bench_expect(bench->err, "truc schema show dossier.submitted");
    assert_int_equal(SEND(bench, "send", "dossier.submited", NOT_SECRET, "--json", "{}"), CLI_NOT_SO);
    cli_bench_expect(bench->err, "did you mean 'dossier.submitted'?");
    const char *file = cli_bench_path(bench, "payload.json");
    cli_bench_write(file, "{\"procedure\": 1}", 16);
    assert_int_equal(SEND(bench, "send", "dossier.submitted", NOT_SECRET, "--file", file), CLI_NOT_SO);
    cli_bench_expect(bench->err, "[PAYLOAD]");
}

static void test_kinds_are_not_mixed_up(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(SEND(bench, "send", "citizen.verify", NOT_SECRET, "--json", "{}"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "ask it: truc request citizen.verify");
    assert_int_equal(SEND(bench, "request", "dossier.submitted", NOT_SECRET, "--json", "{}"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "send it: truc send dossier.submitted");
}

static void test_wrong_use_is_said_with_a_way_on(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(SEND(bench, "send", "dossier.submitted", NOT_SECRET), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "where is the payload?");
    assert_int_equal(SEND(bench, "send", "dossier.submitted", NOT_SECRET, "--json", "{}", "--file", "x"),
                     CLI_WRONG_USE);
    cli_bench_expect(bench->err, "exclude each other");
    assert_int_equal(SEND(bench, "send", "dossier.submitted", NOT_SECRET, "--file", "/nowhere/x"), CLI_WRONG_USE);
    assert_int_equal(SEND(bench, "send", "dossier.submitted", NOT_SECRET, "--json", "{}", "--urgency", "high"),
                     CLI_WRONG_USE);
    cli_bench_expect(bench->err, "normal, urgent, very-urgent or express");
    assert_int_equal(SEND(bench, "send", "dossier.submitted", NOT_SECRET, "--json", "{}", "--expires", "soon"),
                     CLI_WRONG_USE);
    assert_int_equal(
        RUN(bench, "send", "dossier.submitted", NOT_SECRET, "--json", "{}", "--state", cli_bench_path(bench, "bus")),
        CLI_WRONG_USE);
    cli_bench_expect(bench->err, "as which system: --settings FILE");
    assert_int_equal(RUN(bench, "send", "dossier.submitted", NOT_SECRET, "--json", "{}", "--settings", "/nowhere/y",
                         "--state", cli_bench_path(bench, "bus")),
                     CLI_WRONG_USE);
}

static void test_a_refusal_by_name_is_exit_code_1(void **state)
{
    (void)state;
    assert_int_equal(send_exit_of(TRUC_E_NO_ROUTE), CLI_NOT_SO);
    assert_int_equal(send_exit_of(TRUC_E_SECRET), CLI_NOT_SO);
    assert_int_equal(send_exit_of(TRUC_E_CONFLICT), CLI_NOT_SO);
    assert_int_equal(send_exit_of(TRUC_E_DEADLINE), CLI_NOT_SO);
    assert_int_equal(send_exit_of(TRUC_E_TOO_LARGE), CLI_NOT_SO);
    assert_int_equal(send_exit_of(TRUC_E_TIMEOUT), CLI_NOT_REACHABLE);
    assert_int_equal(send_exit_of(TRUC_E_UNKNOWN_KEY), CLI_NOT_REACHABLE);
    assert_int_equal(send_exit_of(TRUC_E_SHUTTING_DOWN), CLI_NOT_REACHABLE);
    assert_int_equal(send_exit_of(TRUC_E_CONFIG), CLI_WRONG_USE);
    assert_int_equal(send_exit_of(0), CLI_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_classification_is_never_guessed),
        cmocka_unit_test(test_a_payload_is_judged_by_its_schema),
        cmocka_unit_test(test_kinds_are_not_mixed_up),
        cmocka_unit_test(test_wrong_use_is_said_with_a_way_on),
        cmocka_unit_test(test_a_refusal_by_name_is_exit_code_1),
    };
    return cmocka_run_group_tests(tests, setup, cli_bench_teardown);
}
