/* test_poison_is_put_aside.c - a message that brings its receiver down each time does not do so for ever, and costs no other its
 * delivery: after some lost connections the receiver gets one at a time, and the one it does not survive needs a person.
 * The receiver here loses its connection whenever it is sent the message "poison". */
#include "core_driver.h"

#include <stdio.h>

enum { OTHERS = 5, LIVES_MAX = 20 };

/* One life of beta: takes what it is sent, settles what it can, and falls over the poison. False: nothing was sent any more. */
static bool live(struct driver *driver, unsigned *settled)
{
    struct taken taken[OTHERS + 1];
    struct peer beta = driver_connect(driver, BETA, DRIVER_CREDIT_BYTES);
    size_t count;
    while ((count = peer_take_deliveries(&beta, taken, COUNT_OF(taken))) > 0) {
        for (size_t i = 0; i < count; i++)
            if (bytes_equal_string(taken[i].header.id, "poison")) {
                peer_lose(&beta);
                return true;
            }
        for (size_t i = 0; i < count; i++, (*settled)++)
            peer_settle_one(&beta, &taken[i], SETTLED_DONE);
    }
    peer_lose(&beta);
    return false;
}

static void test_one_that_crashes_its_receiver_is_found_and_the_others_arrive(void **state)
{
    struct driver driver;
    struct journal_record record;
    struct record_fate fate;
    char id[16];
    unsigned settled = 0, lives = 0;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned i = 0; i < OTHERS; i++) {
        (void)snprintf(id, sizeof id, "m%u", i);
        peer_accepted(&alpha, id, id);
        if (i == 2)
            peer_accepted(&alpha, "poison", "P");
    }
    while (live(&driver, &settled))
        assert_true(++lives < LIVES_MAX);
    assert_int_equal(settled, OTHERS);
    assert_int_equal(lives, CORE_QUARANTINE_LOSSES + CORE_QUARANTINE_ALONE_MAX);
    assert_int_equal(driver_record_count(&driver, RECORD_DEAD), 1);
    assert_true(driver_record(&driver, RECORD_DEAD, 0, &record));
    assert_int_equal(record_fate_decode(record.body, &fate, NULL), 0);
    assert_true(bytes_equal_string(fate.id, "poison"));
    assert_int_equal(fate.code, -TRUC_E_HANDLER);
    assert_int_equal(fate.attempts, lives);
    assert_non_null(strstr(buffer_string(&driver.log), "beta: quarantined"));
    assert_non_null(strstr(buffer_string(&driver.log), "beta: no longer quarantined"));
    driver_close(&driver);
}

static void test_a_question_that_crashes_its_provider_is_answered_with_that_name(void **state)
{
    struct driver driver;
    struct command failed;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, DRIVER_CREDIT_BYTES);
    peer_request(&alpha, "r1");
    for (unsigned life = 0; life < CORE_QUARANTINE_LOSSES + CORE_QUARANTINE_ALONE_MAX; life++) {
        struct peer delta = driver_connect(&driver, DELTA, DRIVER_CREDIT_BYTES);
        peer_expect_one(&delta, "r1");
        assert_false(peer_take(&alpha, COMMAND_FAILED, &failed));
        peer_lose(&delta);
    }
    driver_round(&driver);
    assert_true(peer_take(&alpha, COMMAND_FAILED, &failed));
    assert_int_equal(failed.failed.code, -TRUC_E_HANDLER);
    driver_close(&driver);
}

/* A bad line loses connections, too: as long as something is settled in between, nothing is suspected. */
static void test_a_receiver_that_settles_between_its_losses_is_not_suspected(void **state)
{
    struct driver driver;
    struct taken taken[2];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned i = 0; i < 4 * CORE_QUARANTINE_LOSSES; i++) {
        char a[16], b[16];
        (void)snprintf(a, sizeof a, "a%u", i);
        (void)snprintf(b, sizeof b, "b%u", i);
        peer_accepted(&alpha, a, a);
        peer_accepted(&alpha, b, "B"); /* one is always left */
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        assert_int_equal(peer_take_deliveries(&beta, taken, 2), 2);
        peer_settle_one(&beta, &taken[bytes_equal_string(taken[0].header.id, a) ? 0 : 1], SETTLED_DONE);
        peer_lose(&beta);
    }
    assert_null(strstr(buffer_string(&driver.log), "quarantined"));
    assert_int_equal(driver_record_count(&driver, RECORD_DEAD), 0);
    driver_close(&driver);
}

static void test_who_says_bye_is_not_suspected(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    for (unsigned i = 0; i < 2 * CORE_QUARANTINE_LOSSES; i++) {
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        peer_expect_one(&beta, "m1");
        struct command bye = {.kind = COMMAND_BYE};
        peer_send(&beta, &bye);
        driver_round(&driver);
    }
    assert_null(strstr(buffer_string(&driver.log), "quarantined"));
    driver_close(&driver);
}

/* It lives, and said something wrong: that tells nothing of the message it was given. */
static void test_who_breaks_the_framing_is_not_suspected(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    for (unsigned i = 0; i < 2 * CORE_QUARANTINE_LOSSES; i++) {
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        peer_expect_one(&beta, "m1");
        assert_int_equal(engine_broke(driver.engine, beta.name, TRUC_E_PROTOCOL, "two frames", &driver.fault), 0);
        driver_round(&driver);
    }
    assert_null(strstr(buffer_string(&driver.log), "quarantined"));
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_that_crashes_its_receiver_is_found_and_the_others_arrive),
        cmocka_unit_test(test_a_question_that_crashes_its_provider_is_answered_with_that_name),
        cmocka_unit_test(test_a_receiver_that_settles_between_its_losses_is_not_suspected),
        cmocka_unit_test(test_who_says_bye_is_not_suspected),
        cmocka_unit_test(test_who_breaks_the_framing_is_not_suspected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
