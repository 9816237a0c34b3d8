/* test_cli_tail.c - which events `truc tail` shows, and how its filters are given.
 * The filter is asked directly; that the command asks it is seen against the stub broker.
 * Its lines themselves are in test_cli_broker.c. */
#include "cli_bench.h"

#include "cli_stub_broker.h"
#include "tail_filter.h"

#include <stdlib.h>
#include <string.h>

static const struct operator_event accepted = {.sender = {(const uint8_t *)"portal", 6},
                                               .destinations = {(const uint8_t *)"onestop, deadlines", 18},
                                               .type = {(const uint8_t *)"dossier.submitted", 17},
                                               .subject = {(const uint8_t *)"H56.14-261123-0042", 18}};
static const struct operator_event refused = {.code = 47,
                                              .sender = {(const uint8_t *)"portal", 6},
                                              .type = {(const uint8_t *)"dossier.withdraw", 16},
                                              .subject = {(const uint8_t *)"H56.14-261123-0043", 18}};

static bool takes(const char *option, const char *value, const struct operator_event *event)
{
    const struct cli_option named = {.name = option};
    struct cli_arguments arguments = {.given = {{&named, value}}, .given_count = 1};
    struct tail_filter filter;
    assert_int_equal(tail_filter_read(&arguments, &filter, NULL), 0);
    return tail_filter_takes(&filter, event);
}

static void test_a_filter_takes_what_it_names_and_nothing_else(void **state)
{
    (void)state;
    assert_true(takes("from", "portal", &accepted));
    assert_false(takes("from", "onestop", &accepted));
    assert_true(takes("to", "onestop", &accepted));
    assert_true(takes("to", "deadlines", &accepted));
    assert_false(takes("to", "dead", &accepted)); /* a word, not a part of one */
    assert_false(takes("to", "onestop", &refused));
    assert_true(takes("system", "portal", &accepted));
    assert_true(takes("system", "deadlines", &accepted));
    assert_false(takes("system", "edoc", &accepted));
    assert_true(takes("type", "dossier.submitted", &accepted));
    assert_false(takes("type", "dossier", &accepted));
    assert_true(takes("dossier", "H56.14-261123-0042", &accepted));
    assert_false(takes("dossier", "H56.14-261123-0042", &refused));
    assert_true(takes("refused", "", &refused));
    assert_false(takes("refused", "", &accepted));
    assert_true(takes("code", "no-route", &refused));
    assert_true(takes("code", "47", &refused));
    assert_false(takes("code", "SECRET", &refused));
    assert_false(takes("code", "NO_ROUTE", &accepted));
}

static void test_filters_are_joined_by_and(void **state)
{
    const struct tail_filter both = {.from = bytes_string("portal"), .type = bytes_string("dossier.submitted")};
    const struct tail_filter none = {.code = 0};
    (void)state;
    assert_true(tail_filter_takes(&both, &accepted));
    assert_false(tail_filter_takes(&both, &refused));
    assert_true(tail_filter_takes(&none, &accepted));
    assert_true(tail_filter_takes(&none, &refused));
}

static void test_the_command_shows_what_the_filter_takes(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    char *secret = cli_bench_read(cli_bench_path(bench, "bus/keys/broker.curve"), NULL);
    secret[strcspn(secret, "\n")] = '\0';
    struct stub_broker *broker = stub_broker_start(secret, STUB_ANSWERS);
    /* The stub tells of a message of portal and then of a refusal of edoc. */
    assert_int_equal(RUN(bench, "tail", "--state", cli_bench_path(bench, "bus"), "--broker",
                         stub_broker_endpoint(broker), "--timeout", "10s", "--count", "1", "--from", "edoc", "--code",
                         "SECRET", "--output", "json"),
                     CLI_OK);
    json_t *event = cli_bench_json(bench);
    assert_string_equal(json_string_value(json_object_get(event, "outcome")), "SECRET");
    assert_string_equal(json_string_value(json_object_get(event, "sender")), "edoc");
    assert_ptr_equal(strchr(bench->out, '\n'), bench->out + strlen(bench->out) - 1); /* a line each */
    json_decref(event);
    stub_broker_stop(broker, NULL);
    free(secret);
}

static void test_an_unknown_error_is_said_before_anything_is_asked(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "tail", "--code", "NO_RUOTE"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "--code NO_RUOTE: there is no such error");
    cli_bench_expect(bench->err, "did you mean NO_ROUTE?");
    assert_int_equal(RUN(bench, "dead", "list", "--code", "RETRYES"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "did you mean RETRIES?");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_bench_setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_filter_takes_what_it_names_and_nothing_else),
        cmocka_unit_test(test_filters_are_joined_by_and),
        TEST(test_the_command_shows_what_the_filter_takes),
        TEST(test_an_unknown_error_is_said_before_anything_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
