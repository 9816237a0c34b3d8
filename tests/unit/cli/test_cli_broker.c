/* test_cli_broker.c - the commands that ask a broker: what they show, and what they say when it does not answer.
 * Against a scripted broker over real CURVE sockets; trucd itself is met in the integration tests.
 * One state directory serves all tests. */
#include "cli_bench.h"

#include "cli_stub_broker.h"
#include "curve_key.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
    struct cli_bench *bench;
    char secret[CURVE_KEY_TEXT_BYTES];
    struct stub_broker *broker;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->bench = cli_bench_new();
    cli_bench_init(fixture->bench, "bus");
    char *secret = cli_bench_read(cli_bench_path(fixture->bench, "bus/keys/broker.curve"), NULL);
    memcpy(fixture->secret, secret, CURVE_KEY_TEXT_BYTES - 1);
    free(secret);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    cli_bench_free(fixture->bench);
    free(fixture);
    return 0;
}

#define ASK(fixture, ...)                                                                                              \
    cli_bench_run((fixture)->bench, __VA_ARGS__, "--state", cli_bench_path((fixture)->bench, "bus"), "--broker",       \
                  stub_broker_endpoint((fixture)->broker), "--timeout", "10s", (char *)NULL)

static void start(struct fixture *fixture, enum stub_manner manner)
{
    fixture->broker = stub_broker_start(fixture->secret, manner);
}

static void stop(struct fixture *fixture)
{
    stub_broker_stop(fixture->broker, NULL);
}

static void test_status_is_one_screen(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    assert_int_equal(ASK(fixture, "status"), CLI_OK);
    assert_string_equal(
        fixture->bench->out,
        "Trục · thanhhoa · config 5d1e07 · journal 1.204.330 records · 23/11/2026 14:03 GMT+7 · up 00:01:12\n"
        "accepted 58.120 · refused 41 · repeated 0 · requests 120, 3 open, 2 past their deadline\n"
        "BLOCKED, nothing is taken: disk 91 % > 90 %\n"
        "\n"
        "SYSTEM          STATE     QUEUED OUT RETRYING BEHIND   DONE NEEDS A PERSON\n"
        "national-portal away 8 s     212   0        0      0  1.000              1\n"
        "onestop         connected      0   0        0      0 58.120              0\n");
    struct stub_seen seen;
    stub_broker_stop(fixture->broker, &seen);
    assert_int_equal(seen.hellos, 1);
    assert_int_equal(seen.pongs, 1); /* it answers heartbeats */
    assert_int_equal(seen.byes, 1);  /* and takes its leave */
    assert_string_equal(seen.verb, "status");
    buffer_free(&seen.arguments);
}

static void test_status_answers_programs(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    assert_int_equal(ASK(fixture, "status", "--output", "json"), CLI_OK);
    stop(fixture);
    json_t *document = cli_bench_json(fixture->bench), *queue = json_array_get(json_object_get(document, "queues"), 0);
    assert_int_equal(json_integer_value(json_object_get(document, "accepted")), 58120);
    assert_string_equal(json_string_value(json_object_get(document, "time")), "2026-11-23T07:03:07.118000000Z");
    assert_true(json_is_true(json_object_get(document, "blocked")));
    assert_int_equal(json_integer_value(json_object_get(queue, "waiting")), 212);
    assert_true(json_is_false(json_object_get(queue, "connected")));
    json_decref(document);
}

static void test_queue_list_counts_everything(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    assert_int_equal(ASK(fixture, "queue", "list"), CLI_OK);
    stop(fixture);
    cli_bench_expect(fixture->bench->out, "ACCEPTED DELIVERED RETRIED REJECTED EXPIRED NEEDS A PERSON\n");
    cli_bench_expect(fixture->bench->out, "national-portal away 8 s ");
}

static void test_dead_letters_are_listed_safely(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    assert_int_equal(ASK(fixture, "dead", "list", "--destination", "national-portal", "--position", "4.711"), CLI_OK);
    cli_bench_expect(fixture->bench->out, "4.711 23/11/2026 14:03 GMT+7 onestop national-portal dossier.received "
                                          "H56.14-261123-0042        9 RETRIES HTTP 500");
    cli_bench_expect(fixture->bench->out, "truc dead retry");
    assert_null(strchr(fixture->bench->out, '\x1b'));
    struct stub_seen seen;
    stub_broker_stop(fixture->broker, &seen);
    static const uint8_t expected[] =
        "\x0a\x0fnational-portal\x10\xe8\x24\x28\xe8\x07"; /* destination, position plus one, 1000 a page */
    assert_int_equal(seen.arguments.size, sizeof expected - 1);
    assert_memory_equal(seen.arguments.data, expected, sizeof expected - 1);
    buffer_free(&seen.arguments);
}

static void test_a_retry_needs_a_reason_and_a_choice(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    assert_int_equal(ASK(fixture, "dead", "retry", "--all"), CLI_WRONG_USE);
    cli_bench_expect(fixture->bench->err, "a retry needs a reason");
    assert_int_equal(ASK(fixture, "dead", "retry", "--reason", "mended"), CLI_WRONG_USE);
    cli_bench_expect(fixture->bench->err, "which dead letters?");
    assert_int_equal(ASK(fixture, "dead", "retry", "--all", "--reason", "đã sửa cổng"), CLI_OK);
    assert_string_equal(fixture->bench->out, "1.204 queued again; truc queue list shows how they fare\n");
    struct stub_seen seen;
    stub_broker_stop(fixture->broker, &seen);
    assert_int_equal(seen.hellos, 1); /* the mistakes never reached the broker */
    assert_string_equal(seen.verb, "dead-retry");
    buffer_free(&seen.arguments);
}

static void test_a_retry_keeps_to_its_rate(void **state)
{
    static const char *const wrong[] = {"50", "0/s", "-1/s", "fast", "50/h"};
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(ASK(fixture, "dead", "retry", "--all", "--reason", "mended", "--rate", wrong[i]),
                         CLI_WRONG_USE);
        cli_bench_expect(fixture->bench->err, "a number a second or a minute");
    }
    assert_int_equal(ASK(fixture, "dead", "retry", "--all", "--reason", "mended", "--rate", "50/s"), CLI_OK);
    struct stub_seen seen;
    stub_broker_stop(fixture->broker, &seen);
    static const uint8_t batch[] = "\x28\x0a\x41"; /* 10 at a time, and a time before which they died */
    assert_non_null(memmem(seen.arguments.data, seen.arguments.size, batch, sizeof batch - 1));
    buffer_free(&seen.arguments);
}

static void test_one_dead_letter_is_shown_whole_and_many_are_given_up(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    assert_int_equal(ASK(fixture, "dead", "show"), CLI_WRONG_USE);
    assert_int_equal(ASK(fixture, "dead", "show", "--position", "4711"), CLI_OK);
    cli_bench_expect(fixture->bench->out, "position 4.711 for national-portal\n");
    cli_bench_expect(fixture->bench->out, "truc journal show --position 4711");
    assert_null(strchr(fixture->bench->out, '\x1b'));
    assert_int_equal(ASK(fixture, "dead", "discard", "--code", "RETRIES"), CLI_WRONG_USE);
    cli_bench_expect(fixture->bench->err, "needs a reason");
    assert_int_equal(ASK(fixture, "dead", "discard", "--reason", "old"), CLI_WRONG_USE);
    cli_bench_expect(fixture->bench->err, "which dead letters?");
    assert_int_equal(ASK(fixture, "dead", "discard", "--code", "RETRIES", "--reason", "old"), CLI_OK);
    cli_bench_expect(fixture->bench->out, "1.204 given up for good");
    struct stub_seen seen;
    stub_broker_stop(fixture->broker, &seen);
    assert_string_equal(seen.verb, "dead-discard");
    buffer_free(&seen.arguments);
}

static void test_tail_shows_what_happens(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    assert_int_equal(ASK(fixture, "tail", "--count", "2"), CLI_OK);
    assert_string_equal(
        fixture->bench->out,
        "  14:03:07.118  portal → onestop                    dossier.submitted         H56.14-261123-0042\n"
        "  14:03:07.402  refused SECRET  edoc                document.send                                     văn bản "
        "mật\n");
    assert_int_equal(ASK(fixture, "tail", "--refused", "--count", "1", "--output", "json"), CLI_OK);
    json_t *event = cli_bench_json(fixture->bench);
    assert_string_equal(json_string_value(json_object_get(event, "outcome")), "SECRET");
    json_decref(event);
    stop(fixture);
}

static void test_tail_ends_after_its_time_and_keeps_the_line_alive(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    assert_int_equal(ASK(fixture, "tail", "--for", "400ms"), CLI_OK); /* eight heartbeats of the stub */
    stop(fixture);
    start(fixture, STUB_FALLS_SILENT);
    assert_int_equal(ASK(fixture, "tail", "--for", "60s"), CLI_NOT_REACHABLE);
    cli_bench_expect(fixture->bench->err, "has fallen silent [DISCONNECTED]");
    stop(fixture);
}

static void test_what_the_broker_says_is_told(void **state)
{
    static const struct {
        enum stub_manner manner;
        int code;
        const char *text;
    } rows[] = {
        {STUB_REFUSES_HELLO, CLI_NOT_REACHABLE, "truc: error: you are not 'operator' [NOT_SENDER]\n  use its key\n"},
        {STUB_REFUSES_ASK, CLI_WRONG_USE,
         "truc: error: 'status' is not for the role of 'operator' [STATE]\n  ask somebody else\n"},
        {STUB_LEAVES, CLI_NOT_REACHABLE, "truc: error: the broker is stopping [SHUTTING_DOWN]\n"},
        {STUB_GARBAGE, CLI_NOT_REACHABLE, "[PROTOCOL]"},
        {STUB_BAD_RESULT, CLI_NOT_REACHABLE, "compare truc version with truc status"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        start(fixture, rows[i].manner);
        assert_int_equal(ASK(fixture, "status"), rows[i].code);
        cli_bench_expect(fixture->bench->err, rows[i].text);
        assert_string_equal(fixture->bench->out, "");
        stop(fixture);
    }
}

static void test_silence_ends_after_the_time_given(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_SILENT);
    assert_int_equal(RUN(fixture->bench, "status", "--state", cli_bench_path(fixture->bench, "bus"), "--broker",
                         stub_broker_endpoint(fixture->broker), "--timeout", "200ms"),
                     CLI_NOT_REACHABLE);
    cli_bench_expect(fixture->bench->err, "does not answer [TIMEOUT]");
    stop(fixture);
}

static void test_nobody_there_is_said_at_once(void **state)
{
    struct fixture *fixture = *state;
    char endpoint[64];
    start(fixture, STUB_ANSWERS);
    strcpy(endpoint, stub_broker_endpoint(fixture->broker));
    stop(fixture);
    assert_int_equal(RUN(fixture->bench, "status", "--state", cli_bench_path(fixture->bench, "bus"), "--broker",
                         endpoint, "--timeout", "60s"),
                     CLI_NOT_REACHABLE);
    cli_bench_expect(fixture->bench->err, "nobody listens at tcp://127.0.0.1:");
    cli_bench_expect(fixture->bench->err, "is trucd running?");
}

static void test_another_broker_is_not_believed(void **state)
{
    struct fixture *fixture = *state;
    struct curve_key other;
    assert_int_equal(curve_key_generate(&other), 0);
    fixture->broker = stub_broker_start(other.secret_text, STUB_ANSWERS);
    assert_int_equal(RUN(fixture->bench, "status", "--state", cli_bench_path(fixture->bench, "bus"), "--broker",
                         stub_broker_endpoint(fixture->broker), "--timeout", "2s"),
                     CLI_NOT_REACHABLE);
    assert_string_equal(fixture->bench->out, "");
    struct stub_seen seen;
    stub_broker_stop(fixture->broker, &seen);
    assert_int_equal(seen.hellos, 0);
    buffer_free(&seen.arguments);
}

static void test_who_asks_is_checked_before_connecting(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, STUB_ANSWERS);
    assert_int_equal(ASK(fixture, "status", "--as", "portal"), CLI_WRONG_USE);
    cli_bench_expect(fixture->bench->err,
                     "'portal' is a system: asking with its key would end its adapter's connection");
    assert_int_equal(ASK(fixture, "status", "--as", "nobody"), CLI_WRONG_USE);
    cli_bench_expect(fixture->bench->err, "systems/nobody/settings.yaml");
    struct stub_seen seen;
    stub_broker_stop(fixture->broker, &seen);
    assert_int_equal(seen.hellos, 0);
    buffer_free(&seen.arguments);
    assert_int_equal(
        RUN(fixture->bench, "status", "--state", cli_bench_path(fixture->bench, "bus"), "--timeout", "soon"),
        CLI_WRONG_USE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_is_one_screen),
        cmocka_unit_test(test_status_answers_programs),
        cmocka_unit_test(test_queue_list_counts_everything),
        cmocka_unit_test(test_dead_letters_are_listed_safely),
        cmocka_unit_test(test_a_retry_needs_a_reason_and_a_choice),
        cmocka_unit_test(test_a_retry_keeps_to_its_rate),
        cmocka_unit_test(test_one_dead_letter_is_shown_whole_and_many_are_given_up),
        cmocka_unit_test(test_tail_shows_what_happens),
        cmocka_unit_test(test_tail_ends_after_its_time_and_keeps_the_line_alive),
        cmocka_unit_test(test_what_the_broker_says_is_told),
        cmocka_unit_test(test_silence_ends_after_the_time_given),
        cmocka_unit_test(test_nobody_there_is_said_at_once),
        cmocka_unit_test(test_another_broker_is_not_believed),
        cmocka_unit_test(test_who_asks_is_checked_before_connecting),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
