/* test_blocked_keys_are_bounded.c - how many dossiers one destination may have begun and not ended (limits: blocked-keys).
 * Past it only what failed is tried again, the destination is shown as held up, and nothing is lost.
 * Through one receiver that may have three. */
#include "core_driver.h"

#include <stdio.h>

static const struct driver_config three = {.limits = "  blocked-keys: 3\n"};

/* Five dossiers; the first three are out, of which the first two wait for a retry then. */
static struct peer begin(struct driver *driver, struct peer *ret_alpha, struct taken taken[8])
{
    static const char *const names[] = {"m1", "m2", "m3", "m4", "m5"};
    driver_open(driver, &three);
    *ret_alpha = driver_connect(driver, ALPHA, 0);
    struct peer beta = driver_connect(driver, BETA, DRIVER_CREDIT_BYTES);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        peer_accepted(ret_alpha, names[i], names[i]);
    assert_int_equal(peer_take_deliveries(&beta, taken, 8), 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(bytes_equal_string(taken[i].header.id, names[i]));
    peer_settle_one(&beta, &taken[0], SETTLED_RETRY);
    peer_settle_one(&beta, &taken[1], SETTLED_RETRY);
    peer_expect_nothing(&beta); /* two wait and one is out: three */
    return beta;
}

static bool is_held_up(struct driver *driver)
{
    struct peer person = driver_connect(driver, OPERATOR, 0);
    struct bytes status;
    assert_int_equal(peer_ask(&person, "status", BYTES_EMPTY, &status), 0);
    bool held_up = memmem(status.data, status.size, "blocked-keys", strlen("blocked-keys")) != NULL;
    peer_lose(&person);
    return held_up;
}

static void test_past_the_bound_only_retries_go_out(void **state)
{
    struct driver driver;
    struct peer alpha;
    struct taken taken[8];
    (void)state;
    struct peer beta = begin(&driver, &alpha, taken);
    assert_false(is_held_up(&driver));
    peer_settle_one(&beta, &taken[2], SETTLED_DONE);
    struct taken fourth = peer_expect_one(&beta, "m4");
    peer_settle_one(&beta, &fourth, SETTLED_RETRY);
    peer_expect_nothing(&beta);
    assert_true(is_held_up(&driver));
    assert_non_null(strstr(buffer_string(&driver.log), "beta: paused: as many messages failed"));

    driver_advance(&driver, SECOND); /* their retries are due; the fifth waits on */
    assert_int_equal(peer_take_deliveries(&beta, taken, 8), 3);
    assert_true(bytes_equal_string(taken[0].header.id, "m1"));
    assert_int_equal(taken[0].attempt, 2);
    assert_true(is_held_up(&driver));
    peer_settle_one(&beta, &taken[1], SETTLED_DONE);
    assert_false(is_held_up(&driver));
    assert_non_null(strstr(buffer_string(&driver.log), "beta: no longer paused"));
    struct taken fifth = peer_expect_one(&beta, "m5");
    struct settlement rest[] = {taken_settlement(&taken[0], SETTLED_DONE), taken_settlement(&taken[2], SETTLED_DONE),
                                taken_settlement(&fifth, SETTLED_DONE)};
    peer_settle(&beta, rest, COUNT_OF(rest), false);
    driver_close(&driver);
}

static void test_the_bound_holds_over_a_restart(void **state)
{
    struct driver driver;
    struct peer alpha;
    struct taken taken[8];
    (void)state;
    for (unsigned cleanly = 0; cleanly < 2; cleanly++) {
        struct peer beta = begin(&driver, &alpha, taken);
        peer_settle_one(&beta, &taken[2], SETTLED_RETRY);
        (cleanly ? driver_stop : driver_kill)(&driver);
        driver_start(&driver);
        beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        assert_int_equal(peer_take_deliveries(&beta, taken, 8), 3); /* those that failed: tried at once, and alone */
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(taken[i].attempt, 2);
        assert_true(is_held_up(&driver));
        peer_settle_one(&beta, &taken[0], SETTLED_DONE);
        peer_expect_one(&beta, "m4");
        driver_close(&driver);
    }
}

static void test_what_a_lost_connection_brings_back_goes_before_anything_new(void **state)
{
    struct driver driver;
    struct peer alpha;
    struct taken taken[8];
    (void)state;
    struct peer beta = begin(&driver, &alpha, taken);
    peer_lose(&beta);
    beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    assert_true(bytes_equal_string(peer_expect_one(&beta, "m3").header.id, "m3"));
    driver_close(&driver);
}

static size_t lines_with(struct driver *driver, const char *text)
{
    size_t count = 0;
    for (const char *at = buffer_string(&driver->log); (at = strstr(at, text)); at++)
        count++;
    return count;
}

/* What came meanwhile fails: the next of those that wait, and retries that are due. */
static void fail_all(struct peer *beta)
{
    struct taken taken[8];
    size_t count = peer_take_deliveries(beta, taken, COUNT_OF(taken));
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++)
        peer_settle_one(beta, &taken[i], SETTLED_RETRY);
}

/* A receiver that takes every second message stands at the bound for long: below it, at it, below it. */
static void test_at_the_bound_the_log_is_not_filled(void **state)
{
    enum { KEYS = 40 };
    static struct taken taken[KEYS + 1];
    struct driver driver;
    char names[2 * KEYS][16];
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  blocked-keys: 40\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(names[i], sizeof names[i], "m%u", i);
        peer_accepted(&alpha, names[i], names[i]);
    }
    for (unsigned tries = 0; tries < 2; tries++) { /* all that may have begun fail, and come again */
        assert_int_equal(peer_take_deliveries(&beta, taken, COUNT_OF(taken)), KEYS);
        for (unsigned i = 0; tries == 0 && i < KEYS; i++)
            peer_settle_one(&beta, &taken[i], SETTLED_RETRY);
        driver_advance(&driver, SECOND);
    }
    for (unsigned i = 0; i < KEYS; i++) {
        peer_settle_one(&beta, &taken[i], SETTLED_DONE);
        fail_all(&beta);
    }
    assert_in_range(lines_with(&driver, "beta: paused: "), 1, 10);
    driver_advance(&driver, 7 * SECOND); /* the truth comes, if late */
    peer_lose(&beta);
    assert_int_equal(lines_with(&driver, "beta: paused: "), lines_with(&driver, "beta: no longer paused") + 1);
    driver_close(&driver);
}

/* At the bound each settled message is an end and a beginning; and each rejected one a dead letter. */
static void test_a_receiver_can_not_fill_the_log(void **state)
{
    enum { MESSAGES = 200 };
    struct driver driver;
    struct taken taken;
    char name[8];
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  blocked-keys: 1\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    for (unsigned i = 0; i < MESSAGES; i++) {
        (void)snprintf(name, sizeof name, "m%u", i);
        peer_accepted(&alpha, name, name);
        taken = peer_expect_one(&beta, name);
        if (i % 2) {
            peer_settle_one(&beta, &taken, SETTLED_RETRY);
            driver_advance(&driver, SECOND);
            taken = peer_expect_one(&beta, name);
        }
        peer_settle_one(&beta, &taken, SETTLED_REJECT);
    }
    assert_in_range(lines_with(&driver, "beta: paused"), 1, MESSAGES / 4);
    assert_in_range(lines_with(&driver, "dead letter"), 60, MESSAGES - 10);
    assert_int_equal(driver_record_count(&driver, RECORD_DEAD), MESSAGES);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_past_the_bound_only_retries_go_out),
        cmocka_unit_test(test_the_bound_holds_over_a_restart),
        cmocka_unit_test(test_at_the_bound_the_log_is_not_filled),
        cmocka_unit_test(test_a_receiver_can_not_fill_the_log),
        cmocka_unit_test(test_what_a_lost_connection_brings_back_goes_before_anything_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
