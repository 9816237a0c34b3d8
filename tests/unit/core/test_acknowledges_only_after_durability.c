/* test_acknowledges_only_after_durability.c - an acknowledgement means synced; a failed sync means silence for ever.
 * Not the journal's own recovery (tests/unit/journal).
 * Through engine and core over a disk that loses what was not synced. */
#include "core_driver.h"

static void test_nothing_is_answered_before_the_round_is_committed(void **state)
{
    struct driver driver;
    struct outcome outcome;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "H56-1");
    uint64_t syncs = memory_disk_counts(driver.disk).syncs;
    uint64_t number = peer_publish(&alpha, &message, 1, NULL);
    assert_false(peer_outcomes(&alpha, number, &outcome, 1));
    peer_expect_nothing(&beta);
    driver_round(&driver);
    assert_true(memory_disk_counts(driver.disk).syncs > syncs);
    assert_true(peer_outcomes(&alpha, number, &outcome, 1));
    assert_int_equal(outcome.code, 0);
    peer_expect_one(&beta, "m1");
    driver_close(&driver);
}

static void test_what_was_acknowledged_survives_a_power_cut(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    uint64_t sequence = peer_accepted(&alpha, "m1", "H56-1");
    driver_power_cut(&driver);
    driver_start(&driver);
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    assert_int_equal(peer_expect_one(&beta, "m1").sequence, sequence);
    driver_close(&driver);
}

static void test_a_failed_sync_ends_all_answers(void **state)
{
    struct driver driver;
    struct outcome outcome;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "H56-1");
    uint64_t number = peer_publish(&alpha, &message, 1, NULL);
    memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){.fail_sync = 1});
    assert_int_equal(driver_commit(&driver), TRUC_E_JOURNAL_FAILED);
    assert_false(peer_outcomes(&alpha, number, &outcome, 1));
    peer_expect_nothing(&beta);
    memory_disk_set_faults(driver.disk,
                           &(struct memory_disk_faults){0}); /* the disk is well again: that changes nothing */
    message = peer_message(&alpha, "m2", "dossier.progress", "H56-1");
    peer_publish(&alpha, &message, 1, NULL);
    (void)driver_commit(&driver);
    assert_false(peer_outcomes(&alpha, number, &outcome, 1));
    peer_expect_nothing(&beta);
    driver_kill(&driver);
    driver_start(&driver);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_answered_before_the_round_is_committed),
        cmocka_unit_test(test_what_was_acknowledged_survives_a_power_cut),
        cmocka_unit_test(test_a_failed_sync_ends_all_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
