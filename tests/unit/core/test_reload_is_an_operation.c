/* test_reload_is_an_operation.c - an operator's reload: the core asks for it, and its end is journaled with who and why, and told
 * only then. Not what a configuration may change (the policy's tests), nor files (the daemon's).
 * The world around the core is this test. */
#include "core_driver.h"

#include "protobuf_wire.h"

static uint64_t ask_reload(struct peer *peer, const char *reason)
{
    static uint64_t number = 1000;
    struct buffer arguments = {0};
    struct command ask = {.kind = COMMAND_ASK};
    wire_put_string(&arguments, 2, reason);
    number++;
    ask.ask =
        (struct command_ask){.number = number, .verb = bytes_string("reload"), .arguments = buffer_view(&arguments)};
    peer_send(peer, &ask);
    driver_round(peer->driver);
    buffer_free(&arguments);
    return number;
}

static void end_reload(struct driver *driver, int code, const char *text)
{
    const struct core_reloaded reloaded = {
        .code = code, .changed = code == 0, .text = bytes_string(text), .difference = bytes_string("~ route a")};
    assert_int_equal(engine_reloaded(driver->engine, &reloaded, NULL), 0);
}

static void expect_operation(struct driver *driver, size_t n, const char *reason, int code)
{
    struct journal_record record;
    struct record_operation operation;
    assert_true(driver_record(driver, RECORD_OPERATION, n, &record));
    assert_int_equal(record_operation_decode(record.body, &operation, NULL), 0);
    assert_true(bytes_equal_string(operation.operator_id, "operator"));
    assert_true(bytes_equal_string(operation.verb, "reload"));
    assert_true(bytes_equal_string(operation.reason, reason));
    assert_int_equal(operation.code, (uint32_t)-code);
}

static void test_it_is_answered_when_its_record_is_durable(void **state)
{
    struct driver driver;
    struct command command;
    (void)state;
    driver_open(&driver, NULL);
    struct peer operator= driver_connect(&driver, OPERATOR, 0);
    uint64_t number = ask_reload(&operator, "đường mới");
    assert_int_equal(driver.reloads_asked, 1);
    assert_false(peer_take(&operator, COMMAND_ANSWER, &command));
    assert_int_equal(driver_record_count(&driver, RECORD_OPERATION), 0);
    end_reload(&driver, 0, "");
    assert_false(peer_take(&operator, COMMAND_ANSWER, &command)); /* not on disk yet */
    driver_round(&driver);
    assert_true(peer_take(&operator, COMMAND_ANSWER, &command));
    assert_int_equal(command.answer.number, number);
    assert_int_equal(command.answer.code, 0);
    assert_non_null(memmem(command.answer.result.data, command.answer.result.size, "~ route a", 9));
    expect_operation(&driver, 0, "đường mới", 0);
    driver_close(&driver);
}

static void test_what_was_not_put_in_force_is_journaled_too(void **state)
{
    struct driver driver;
    struct command command;
    (void)state;
    driver_open(&driver, NULL);
    struct peer operator= driver_connect(&driver, OPERATOR, 0);
    (void)ask_reload(&operator, "with a mistake");
    end_reload(&driver, TRUC_E_CONFIG, "1 error");
    driver_round(&driver);
    assert_true(peer_take(&operator, COMMAND_ANSWER, &command));
    assert_non_null(memmem(command.answer.result.data, command.answer.result.size, "1 error", 7));
    expect_operation(&driver, 0, "with a mistake", TRUC_E_CONFIG);
    driver_close(&driver);
}

static void test_one_at_a_time_and_never_without_a_reason(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer operator= driver_connect(&driver, OPERATOR, 0), other = driver_connect(&driver, OPERATOR, 0);
    struct buffer arguments = {0};
    wire_put_string(&arguments, 2, "me too");
    assert_int_equal(peer_ask(&other, "reload", BYTES_EMPTY, NULL), TRUC_E_ARGUMENT);
    (void)ask_reload(&operator, "first");
    assert_int_equal(peer_ask(&other, "reload", buffer_view(&arguments), NULL), TRUC_E_STATE);
    assert_int_equal(driver.reloads_asked, 1);
    end_reload(&driver, 0, "");
    driver_round(&driver);
    (void)ask_reload(&other, "second");
    assert_int_equal(driver.reloads_asked, 2);
    buffer_free(&arguments);
    end_reload(&driver, 0, "");
    driver_close(&driver);
}

static void test_who_left_before_the_end_is_journaled_all_the_same(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer operator= driver_connect(&driver, OPERATOR, 0);
    (void)ask_reload(&operator, "in a hurry");
    peer_lose(&operator);
    end_reload(&driver, 0, "");
    driver_round(&driver);
    expect_operation(&driver, 0, "in a hurry", 0);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_answered_when_its_record_is_durable),
        cmocka_unit_test(test_what_was_not_put_in_force_is_journaled_too),
        cmocka_unit_test(test_one_at_a_time_and_never_without_a_reason),
        cmocka_unit_test(test_who_left_before_the_end_is_journaled_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
