/* test_order_by_key_with_retries.c - property 2: order holds per sender and key; what fails blocks only its own key.
 * The key is the subject, as routes without order-by say.
 * Through one receiver that is sent three dossiers. */
#include "core_driver.h"

static void test_what_waits_for_its_retry_blocks_only_its_own_key(void **state)
{
    struct driver driver;
    struct taken taken[4];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "a1", "A");
    peer_accepted(&alpha, "a2", "A");
    peer_accepted(&alpha, "b1", "B");
    assert_int_equal(peer_take_deliveries(&beta, taken, 4), 2); /* one of each key */
    assert_true(bytes_equal_string(taken[0].header.id, "a1"));
    assert_true(bytes_equal_string(taken[1].header.id, "b1"));
    peer_settle_one(&beta, &taken[0], SETTLED_RETRY);
    peer_settle_one(&beta, &taken[1], SETTLED_DONE);
    peer_accepted(&alpha, "b2", "B");
    peer_expect_one(&beta, "b2");
    driver_advance(&driver, SECOND);
    struct taken again = peer_expect_one(&beta, "a1");
    assert_int_equal(again.attempt, 2);
    peer_settle_one(&beta, &again, SETTLED_DONE);
    peer_expect_one(&beta, "a2");
    driver_close(&driver);
}

static void test_a_lost_connection_brings_back_the_same_order(void **state)
{
    struct driver driver;
    struct taken taken[8];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "a1", "A");
    peer_accepted(&alpha, "b1", "B");
    peer_accepted(&alpha, "a2", "A");
    assert_int_equal(peer_take_deliveries(&beta, taken, 8), 2);
    peer_lose(&beta);
    beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    assert_int_equal(peer_take_deliveries(&beta, taken, 8), 2);
    assert_true(bytes_equal_string(taken[0].header.id, "a1"));
    assert_true(bytes_equal_string(taken[1].header.id, "b1"));
    assert_int_equal(taken[0].attempt, 2); /* the receiver is told that it may have had it before */
    assert_int_equal(taken[1].attempt, 2);
    struct settlement both[] = {taken_settlement(&taken[0], SETTLED_DONE), taken_settlement(&taken[1], SETTLED_DONE)};
    peer_settle(&beta, both, 2, false);
    peer_expect_one(&beta, "a2");
    driver_close(&driver);
}

static void test_retries_end_after_the_span_of_the_route(void **state)
{
    struct driver driver;
    struct taken taken[1];
    unsigned attempts = 0;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "a1", "A");
    peer_accepted(&alpha, "a2", "A");
    for (unsigned s = 0; s < 120 && driver_record_count(&driver, RECORD_DEAD) == 0; s++) {
        if (peer_take_deliveries(&beta, taken, 1) == 1) {
            assert_true(bytes_equal_string(taken[0].header.id, "a1"));
            assert_int_equal(taken[0].attempt, ++attempts);
            peer_settle_one(&beta, &taken[0], SETTLED_RETRY);
        }
        driver_advance(&driver, SECOND);
        struct command ping; /* heard, so that its session stays */
        if (peer_take(&beta, COMMAND_PING, &ping)) {
            ping.kind = COMMAND_PONG;
            peer_send(&beta, &ping);
        }
    }
    assert_int_equal(driver_record_count(&driver, RECORD_DEAD), 1);
    assert_in_range(attempts, 12, 20); /* 1, 2, 4, 4 ... s within 60 s */
    peer_expect_one(&beta, "a2");      /* the key is free again */
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_waits_for_its_retry_blocks_only_its_own_key),
        cmocka_unit_test(test_a_lost_connection_brings_back_the_same_order),
        cmocka_unit_test(test_retries_end_after_the_span_of_the_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
