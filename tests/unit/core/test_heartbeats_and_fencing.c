/* test_heartbeats_and_fencing.c - a silent client is pinged and then taken for gone, however busy the others are; a second
 * connection of a system takes over from the first, which is told.
 * Not the transport's own heartbeats. */
#include "core_driver.h"

static void test_a_silent_client_is_pinged_and_then_sent_away(void **state)
{
    struct driver driver;
    struct command command;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "m1", "A");
    peer_expect_one(&beta, "m1");
    for (unsigned i = 0; i < 120; i++) { /* alpha is never silent for longer than 100 ms */
        struct command ping = {.kind = COMMAND_PING};
        peer_send(&alpha, &ping);
        driver_advance(&driver, 100 * MS);
    }
    assert_true(peer_take(&beta, COMMAND_PING, &command));
    peer_expect_error(&beta, TRUC_E_TIMEOUT);
    assert_false(peer_take(&alpha, COMMAND_ERROR, &command));
    beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES); /* what was out comes again */
    peer_expect_one(&beta, "m1");
    driver_close(&driver);
}

static void test_the_newer_connection_fences_the_older(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), older = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "m1", "A");
    struct taken taken = peer_expect_one(&older, "m1");
    struct peer newer = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_expect_error(&older, TRUC_E_FENCED);
    peer_expect_one(&newer, "m1");
    peer_settle_one(&older, &taken, SETTLED_DONE); /* it has no session any more */
    peer_expect_error(&older, TRUC_E_SESSION);
    peer_settle_one(&newer, &taken, SETTLED_DONE);
    peer_expect_nothing(&newer);
    assert_int_equal(driver_record_count(&driver, RECORD_SETTLED), 1);
    driver_close(&driver);
}

/* All of it comes in one round, before the broker could close the connection: a second session in it would be given the answer,
 * and the credit, that the first waits for. */
static void test_what_comes_behind_a_bye_opens_nothing(void **state)
{
    struct driver driver;
    struct command command, bye = {.kind = COMMAND_BYE};
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "A");
    peer_publish(&alpha, &message, 1, NULL);
    peer_send(&alpha, &bye);
    struct command hello = driver_hello(&alpha, 0);
    peer_send(&alpha, &hello);
    driver_round(&driver);
    assert_int_equal(driver.last_closed_peer, alpha.name);
    assert_false(peer_take(&alpha, COMMAND_OUTCOMES, &command));
    assert_false(peer_take(&alpha, COMMAND_WELCOME, &command));
    assert_int_equal(driver_record_count(&driver, RECORD_SESSION), 2); /* opened and closed */
    struct peer again = driver_connect(&driver, ALPHA, 0);
    assert_true(peer_publish_one(&again, &message).repeat);
    driver_close(&driver);
}

static void test_a_receiver_that_cannot_be_reached_is_gone(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "A");
    peer_publish(&alpha, &message, 1, NULL);
    driver.refuse_sends = true;
    driver_round(&driver);
    driver.refuse_sends = false;
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_expect_one(&beta, "m1");
    driver_close(&driver);
}

static size_t log_lines(struct driver *driver)
{
    size_t count = 0;
    for (const char *at = buffer_string(&driver->log); (at = strchr(at, '\n')); at++)
        count++;
    return count;
}

/* Hello, bye, hello, bye in one connection: each session is two records and two lines of the log. */
static void test_sessions_opened_in_a_loop_fill_neither_journal_nor_log(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    for (unsigned i = 0; i < 10 * CORE_SESSIONS_A_MINUTE_MAX; i++) {
        struct peer alpha = driver_peer(&driver, ALPHA);
        struct command hello = driver_hello(&alpha, 0), bye = {.kind = COMMAND_BYE};
        peer_send(&alpha, &hello);
        peer_send(&alpha, &bye);
    }
    driver_round(&driver);
    assert_in_range(driver_record_count(&driver, RECORD_SESSION), CORE_SESSIONS_A_MINUTE_MAX,
                    2 * CORE_SESSIONS_A_MINUTE_MAX + 20);
    assert_in_range(log_lines(&driver), 1, 3 * CORE_SESSIONS_A_MINUTE_MAX);
    driver_connect(&driver, BETA, 0); /* others are not held up, and it comes in again a little later */
    driver_advance(&driver, SECOND);
    driver_connect(&driver, ALPHA, 0);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_opened_in_a_loop_fill_neither_journal_nor_log),
        cmocka_unit_test(test_a_silent_client_is_pinged_and_then_sent_away),
        cmocka_unit_test(test_the_newer_connection_fences_the_older),
        cmocka_unit_test(test_what_comes_behind_a_bye_opens_nothing),
        cmocka_unit_test(test_a_receiver_that_cannot_be_reached_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
