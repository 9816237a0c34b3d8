/* test_attempts_survive_restarts.c - a message's deliveries and the span of its retries are counted over restarts of the broker,
 * so that what brings a receiver down, or is never done, doesn't come as if for the first time for ever.
 * Time while the broker is down does not count: nothing could be delivered. */
#include "core_driver.h"

static void restart(struct driver *driver, unsigned way)
{
    if (way == 0) {
        driver_round(driver); /* attempts are lazy records: a crash may forget those of the last moment */
        driver_kill(driver);
    } else {
        driver_stop(driver);
    }
    driver_start(driver);
}

static void test_deliveries_are_counted_on(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        struct driver driver;
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        peer_accepted(&alpha, "a1", "A");
        for (uint32_t attempt = 1; attempt < 5; attempt++) {
            struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
            assert_int_equal(peer_expect_one(&beta, "a1").attempt, attempt);
            restart(&driver, way);
        }
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        struct taken last = peer_expect_one(&beta, "a1");
        assert_int_equal(last.attempt, 5);
        peer_settle_one(&beta, &last, SETTLED_DONE);
        alpha = driver_connect(&driver, ALPHA, 0);
        peer_accepted(&alpha, "a2", "A");
        assert_int_equal(peer_expect_one(&beta, "a2").attempt, 1);
        driver_close(&driver);
    }
}

static void test_each_delivery_is_in_the_journal(void **state)
{
    struct driver driver;
    struct journal_record record;
    struct record_attempted attempted;
    struct taken taken[2];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    uint64_t a1 = peer_accepted(&alpha, "a1", "A"), b1 = peer_accepted(&alpha, "b1", "B");
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    assert_int_equal(peer_take_deliveries(&beta, taken, 2), 2);
    driver_advance(&driver, SECOND);
    assert_true(driver_record(&driver, RECORD_ATTEMPTED, 0, &record));
    assert_int_equal(record_attempted_decode(record.body, &attempted, NULL), 0);
    assert_true(bytes_equal_string(attempted.system, "beta"));
    assert_int_equal(attempted.messages.size, 16);
    assert_int_equal(load_le64(attempted.messages.data), a1);
    assert_int_equal(load_le64(attempted.messages.data + 8), b1);
    driver_close(&driver);
}

/* The route's span is 60 s: lives of 10 s each, with an hour between them. */
static void test_the_span_of_retries_is_counted_on(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        struct driver driver;
        unsigned lives = 0;
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        peer_accepted(&alpha, "a1", "A");
        for (; driver_record_count(&driver, RECORD_DEAD) == 0 && lives < 20; lives++) {
            struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
            struct taken taken[1];
            for (unsigned s = 0; s < 10; s++) {
                if (peer_take_deliveries(&beta, taken, 1) == 1)
                    peer_settle_one(&beta, &taken[0], SETTLED_RETRY);
                driver_advance(&driver, SECOND);
                struct command ping;
                if (peer_take(&beta, COMMAND_PING, &ping)) {
                    ping.kind = COMMAND_PONG;
                    peer_send(&beta, &ping);
                }
            }
            if (driver_record_count(&driver, RECORD_DEAD) > 0)
                break;
            restart(&driver, way);
            driver.now_ns += 3600 * SECOND;
            driver_kill(&driver);
            driver_start(&driver);
        }
        assert_in_range(lives, 5, 8); /* whole lives before the one in which it ended */
        driver_close(&driver);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deliveries_are_counted_on),
        cmocka_unit_test(test_each_delivery_is_in_the_journal),
        cmocka_unit_test(test_the_span_of_retries_is_counted_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
