/* test_session_lifecycle.c - promises about connecting, keeping alive, losing and closing a session.
 * Traces of effects for scripted events; no socket and no clock.
 * See docs/protocol.md, "A session's life". */
#include "session_bench.h"

#include "cmocka_start.h"

static void test_hello_comes_first_and_welcome_opens(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_expect(&bench, "connect\n");
    assert_false(session_is_open(bench.session));
    bench_welcome(&bench, NULL);
    bench_expect(&bench, "send hello onestop credit 1048576\n");
    assert_true(session_is_open(bench.session));
    bench_end(&bench);
}

static void test_window_grows_to_the_brokers_largest_message(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, &(struct bench_options){.window_bytes = 1000, .queue_messages_max = 10});
    bench_welcome(&bench, NULL);
    bench_expect(&bench, "connect\nsend hello onestop credit 1000\nsend credit 523288\n");
    assert_int_equal(session_disconnected(bench.session, bench.now, "cut"), 0);
    bench_pass(&bench, 100);
    bench_welcome(&bench, NULL);
    bench_expect(&bench, "log warning\nconnect\nsend hello onestop credit 524288\n");
    bench_end(&bench);
}

static uint64_t cut_ms(struct bench *bench)
{
    assert_int_equal(session_disconnected(bench->session, bench->now, "cut"), 0);
    return (session_wake_ns(bench->session) - bench->now.monotonic_ns) / 1000000;
}

static void test_backoff_grows_to_its_bound_and_starts_anew_after_a_while(void **state)
{
    struct bench bench;
    uint64_t longest_ms = 0;
    (void)state;
    bench_begin(&bench, NULL);
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(session_disconnected(bench.session, bench.now, "refused"), 0);
        uint64_t wait_ms = (session_wake_ns(bench.session) - bench.now.monotonic_ns) / 1000000;
        uint64_t span_ms = i < 6 ? (uint64_t)SESSION_BACKOFF_MIN_MS << i : SESSION_BACKOFF_MAX_MS;
        span_ms = span_ms > SESSION_BACKOFF_MAX_MS ? SESSION_BACKOFF_MAX_MS : span_ms;
        assert_in_range(wait_ms, span_ms / 2, span_ms);
        longest_ms = wait_ms > longest_ms ? wait_ms : longest_ms;
        bench_pass(&bench, wait_ms + 1);
    }
    assert_true(longest_ms > SESSION_BACKOFF_MAX_MS / 2);
    bench_open(&bench);
    assert_in_range(cut_ms(&bench), SESSION_BACKOFF_MAX_MS / 2,
                    SESSION_BACKOFF_MAX_MS); /* welcomed, but lost at once */
    bench_pass(&bench, SESSION_BACKOFF_MAX_MS);
    bench_open(&bench);
    bench_pass(&bench, 2500);
    bench_send(&bench, &(struct command){.kind = COMMAND_PONG});
    bench_pass(&bench, 2500);
    assert_in_range(cut_ms(&bench), 50, 100);
    bench_end(&bench);
}

static void test_no_welcome_in_time_is_given_up(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    assert_int_equal(session_connected(bench.session, bench.now), 0);
    bench_skip(&bench);
    bench_pass(&bench, SESSION_GREETING_MS);
    bench_expect(&bench, "log warning\ndisconnect\n");
    bench_end(&bench);
}

static void test_heartbeat_pings_when_silent_and_drops_the_deaf(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    bench_pass(&bench, 999);
    bench_expect(&bench, "");
    bench_pass(&bench, 1);
    bench_expect(&bench, "send ping\n");
    bench_send(&bench, &(struct command){.kind = COMMAND_PONG, .ping = {.number = 1}});
    bench_pass(&bench, 2000);
    bench_expect(&bench, "send ping\n");
    bench_pass(&bench, 999);
    bench_expect(&bench, "");
    bench_pass(&bench, 1);
    bench_expect(&bench, "log warning\ndisconnect\n");
    bench_end(&bench);
}

static void test_ping_is_answered(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    bench_send(&bench, &(struct command){.kind = COMMAND_PING, .ping = {.number = 9}});
    bench_expect(&bench, "send pong\n");
    bench_end(&bench);
}

static uint64_t wait_after_error_ms(int code)
{
    struct bench bench;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    bench_send(&bench, &(struct command){.kind = COMMAND_ERROR, .error = {.code = (uint32_t)-code}});
    bench_expect(&bench, "log error\ndisconnect\n");
    uint64_t wait_ms = (session_wake_ns(bench.session) - bench.now.monotonic_ns) / 1000000;
    bench_end(&bench);
    return wait_ms;
}

static void test_errors_only_a_person_can_mend_are_retried_slowly(void **state)
{
    static const int lasting[] = {TRUC_E_FENCED,  TRUC_E_NOT_SENDER, TRUC_E_UNKNOWN_KEY,
                                  TRUC_E_VERSION, TRUC_E_WRONG_BUS,  TRUC_E_SUSPENDED};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lasting); i++)
        assert_in_range(wait_after_error_ms(lasting[i]), SESSION_BACKOFF_REFUSED_MS / 2, SESSION_BACKOFF_REFUSED_MS);
    assert_in_range(wait_after_error_ms(TRUC_E_SHUTTING_DOWN), 50, 100);
}

static void expect_violation(const struct command *welcome, const char *expected)
{
    struct bench bench;
    bench_begin(&bench, NULL);
    assert_int_equal(session_connected(bench.session, bench.now), 0);
    bench_skip(&bench);
    bench_send(&bench, welcome);
    bench_expect(&bench, expected);
    bench_end(&bench);
}

static void test_a_wrong_welcome_is_a_violation(void **state)
{
    struct command sound = {.kind = COMMAND_WELCOME,
                            .welcome = {.version = 1,
                                        .bus = bytes_string("thanhhoa"),
                                        .message_bytes_max = 1000,
                                        .bundle_messages_max = 10,
                                        .publish_credit_bytes = 1000,
                                        .heartbeat_ms = 1000}};
    struct command wrong = sound;
    (void)state;
    expect_violation(&sound, "");
    wrong.welcome.version = 2;
    expect_violation(&wrong, "log error\nsend error VERSION\ndisconnect\n");
    wrong = sound;
    wrong.welcome.bus = bytes_string("daklak");
    expect_violation(&wrong, "log error\nsend error WRONG_BUS\ndisconnect\n");
    wrong = sound;
    wrong.welcome.heartbeat_ms = 1;
    expect_violation(&wrong, "log error\nsend error PROTOCOL\ndisconnect\n");
    wrong = sound;
    wrong.welcome.publish_credit_bytes = 999;
    expect_violation(&wrong, "log error\nsend error PROTOCOL\ndisconnect\n");
    expect_violation(&(struct command){.kind = COMMAND_CREDIT, .credit = {.bytes = 1}},
                     "log error\nsend error SESSION\ndisconnect\n");
}

static void test_a_new_configuration_does_not_end_the_session(void **state)
{
    struct command again = {.kind = COMMAND_WELCOME,
                            .welcome = {.version = 1,
                                        .bus = bytes_string("thanhhoa"),
                                        .message_bytes_max = 512 * 1024,
                                        .bundle_messages_max = 256,
                                        .publish_credit_bytes = 1024 * 1024,
                                        .heartbeat_ms = 1000}};
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    bench_send(&bench, &again);
    bench_expect(&bench, "");
    assert_true(session_is_open(bench.session));
    again.welcome.bundle_messages_max = 100; /* only a new connection begins with other limits */
    bench_send(&bench, &again);
    bench_expect(&bench, "send bye\ndisconnect\n");
    assert_false(session_is_open(bench.session));
    bench_end(&bench);
}

static void test_garbage_and_foreign_commands_end_the_connection(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    assert_int_equal(session_frame(bench.session, bench.now, bytes_string("garbage")), 0);
    bench_expect(&bench, "log error\nsend error PROTOCOL\ndisconnect\n");
    bench_pass(&bench, 100);
    bench_open(&bench);
    bench_send(&bench, &(struct command){.kind = COMMAND_HELLO, .hello = {.version_min = 1}});
    bench_expect(&bench, "log error\nsend error PROTOCOL\ndisconnect\n");
    bench_end(&bench);
}

static void test_notice_is_kept_as_the_reason_until_it_ends(void **state)
{
    struct bench bench;
    struct command notice = {
        .kind = COMMAND_NOTICE,
        .error = {.code = (uint32_t)-TRUC_E_BLOCKED, .text = bytes_string("blocked: disk 91 % > 90 %")}};
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    bench_send(&bench, &notice);
    bench_expect(&bench, "log warning\n");
    assert_string_equal(session_blocked_reason(bench.session), "blocked: disk 91 % > 90 %");
    bench_send(&bench, &(struct command){.kind = COMMAND_NOTICE});
    assert_string_equal(session_blocked_reason(bench.session), "");
    bench_end(&bench);
}

/* A broker that stops says so: no error, and the session comes back by itself. */
static void test_the_brokers_bye_ends_the_connection_only(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    bench_send(&bench, &(struct command){.kind = COMMAND_BYE, .bye = {.text = bytes_string("stopping")}});
    bench_expect(&bench, "disconnect\n");
    bench_pass(&bench, SESSION_BACKOFF_MAX_MS);
    bench_expect(&bench, "connect\n");
    bench_end(&bench);
}

static void test_credit_lets_what_waited_for_it_go(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_welcome(&bench,
                  &(struct bench_welcome){.credit_bytes = 2048, .message_bytes_max = 2048, .bundle_messages_max = 1});
    bench_skip(&bench);
    char large[1500];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = 0;
    assert_int_equal(bench_publish(&bench, "a", large), 0);
    assert_int_equal(bench_publish(&bench, "b", large), 0);
    bench_flush(&bench);
    bench_expect(&bench, "send publish 1: a\n");
    bench_send(&bench, &(struct command){.kind = COMMAND_CREDIT, .credit = {.bytes = 2048}});
    bench_flush(&bench);
    bench_expect(&bench, "send publish 2: b\n");
    bench_send(&bench, &(struct command){.kind = COMMAND_CREDIT, .credit = {.bytes = UINT64_MAX}});
    bench_expect(&bench, "log error\nsend error PROTOCOL\ndisconnect\n");
    bench_end(&bench);
}

static void test_close_says_bye_and_completes_everything(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    assert_int_equal(bench_publish(&bench, "a", "one"), 0);
    bench_flush(&bench);
    assert_int_equal(bench_publish(&bench, "b", "two"), 0);
    bench_skip(&bench);
    assert_false(session_is_drained(bench.session));
    assert_int_equal(session_close(bench.session, bench.now), 0);
    bench_expect(&bench, "send bye\ndisconnect\noutcome a CLOSED\noutcome b CLOSED\n");
    assert_int_equal(bench_publish(&bench, "c", "three"), TRUC_E_CLOSED);
    assert_int_equal(session_wake_ns(bench.session), UINT64_MAX);
    bench_end(&bench);
}

static void test_wrong_settings_are_refused_by_name(void **state)
{
    struct session_settings settings = {.bus = "thanhhoa", .system = "", .software = "x", .queue_messages_max = 1};
    struct session *session = NULL;
    struct truc_fault fault = {0};
    (void)state;
    assert_int_equal(session_create(&settings, (struct session_time){0}, &session, &fault), TRUC_E_ARGUMENT);
    settings.system = "portal";
    assert_int_equal(session_create(&settings, (struct session_time){0}, &session, &fault), TRUC_E_ARGUMENT);
    assert_non_null(strstr(fault.text, "crypto"));
    assert_null(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_comes_first_and_welcome_opens),
        cmocka_unit_test(test_the_brokers_bye_ends_the_connection_only),
        cmocka_unit_test(test_credit_lets_what_waited_for_it_go),
        cmocka_unit_test(test_window_grows_to_the_brokers_largest_message),
        cmocka_unit_test(test_backoff_grows_to_its_bound_and_starts_anew_after_a_while),
        cmocka_unit_test(test_no_welcome_in_time_is_given_up),
        cmocka_unit_test(test_heartbeat_pings_when_silent_and_drops_the_deaf),
        cmocka_unit_test(test_ping_is_answered),
        cmocka_unit_test(test_errors_only_a_person_can_mend_are_retried_slowly),
        cmocka_unit_test(test_a_wrong_welcome_is_a_violation),
        cmocka_unit_test(test_a_new_configuration_does_not_end_the_session),
        cmocka_unit_test(test_garbage_and_foreign_commands_end_the_connection),
        cmocka_unit_test(test_notice_is_kept_as_the_reason_until_it_ends),
        cmocka_unit_test(test_close_says_bye_and_completes_everything),
        cmocka_unit_test(test_wrong_settings_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
