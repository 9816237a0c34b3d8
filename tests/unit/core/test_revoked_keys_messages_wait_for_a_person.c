/* test_revoked_keys_messages_wait_for_a_person.c - a key's compromise becomes known later than it happened: what was accepted since
 * then and has not been delivered is not; what was accepted before is.
 * Through a configuration that comes into force while messages wait. */
#include "core_driver.h"

/* One message waits for beta while the configuration changes; the code of its dead letter, 0 when it was delivered. */
static int wait_through(const struct driver_config *config)
{
    struct driver driver;
    struct journal_record record;
    struct record_fate fate = {0};
    struct taken taken[1];
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    driver_reload(&driver, config);
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    size_t delivered = peer_take_deliveries(&beta, taken, 1);
    bool is_dead = driver_record(&driver, RECORD_DEAD, 0, &record);
    assert_int_equal(delivered + is_dead, 1);
    if (is_dead)
        assert_int_equal(record_fate_decode(record.body, &fate, NULL), 0);
    driver_close(&driver);
    return -(int)fate.code;
}

static void test_what_was_accepted_since_the_compromise_is_kept_back(void **state)
{
    (void)state;
    assert_int_equal(wait_through(&(struct driver_config){.alpha_revoked = "2026-11-01T00:00:00+07:00"}),
                     TRUC_E_SIGNING_KEY);
}

static void test_what_was_accepted_before_it_is_delivered(void **state)
{
    (void)state;
    assert_int_equal(wait_through(&(struct driver_config){.alpha_revoked = "2026-11-30T00:00:00+07:00"}), 0);
    assert_int_equal(wait_through(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_accepted_since_the_compromise_is_kept_back),
        cmocka_unit_test(test_what_was_accepted_before_it_is_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
