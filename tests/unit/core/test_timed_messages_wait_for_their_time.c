/* test_timed_messages_wait_for_their_time.c - what is not to be delivered before an instant (Hỏa tốc hẹn giờ) is kept until then,
 * over every kind of restart, holds up nothing meanwhile, and takes its place when its time has come.
 * Times are the wall clock's. */
#include "core_driver.h"

#include <stdio.h>

enum { EXPRESS = 4 };

static uint64_t publish_timed(struct peer *alpha, const char *id, const char *subject, uint64_t after_ns)
{
    struct test_message message = peer_message(alpha, id, "dossier.progress", subject);
    message.header.not_before_ns = alpha->driver->now_ns + after_ns;
    message.header.urgency = EXPRESS;
    struct outcome outcome = peer_publish_one(alpha, &message);
    assert_int_equal(outcome.code, 0);
    return outcome.sequence;
}

static void test_nothing_comes_before_its_time_and_nothing_waits_for_it(void **state)
{
    struct driver driver;
    struct journal_record record;
    struct record_fate fate;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    uint64_t t1 = publish_timed(&alpha, "t1", "A", 5 * SECOND);
    peer_expect_nothing(&beta);
    peer_accepted(&alpha, "a1", "A"); /* of the same dossier: its time has come already */
    struct taken a1 = peer_expect_one(&beta, "a1");
    peer_settle_one(&beta, &a1, SETTLED_DONE);
    driver_advance(&driver, 5 * SECOND - 100 * MS);
    peer_expect_nothing(&beta);
    assert_int_equal(driver_record_count(&driver, RECORD_RELEASED), 0);
    driver_advance(&driver, 100 * MS);
    peer_expect_one(&beta, "t1");
    assert_true(driver_record(&driver, RECORD_RELEASED, 0, &record));
    assert_int_equal(record_fate_decode(record.body, &fate, NULL), 0);
    assert_int_equal(fate.message, t1);
    assert_true(bytes_equal_string(fate.system, "beta"));
    driver_close(&driver);
}

/* Beta connects, and takes and settles these one after the other; the connection is lost then. */
static void expect_order(struct driver *driver, const char *const *ids, size_t count)
{
    struct peer beta = driver_connect(driver, BETA, DRIVER_CREDIT_BYTES);
    for (size_t i = 0; i < count; i++) {
        struct taken taken = peer_expect_one(&beta, ids[i]);
        peer_settle_one(&beta, &taken, SETTLED_DONE);
    }
    peer_expect_nothing(&beta);
    peer_lose(&beta);
}

static void restart(struct driver *driver, unsigned way)
{
    if (way == 0)
        driver_kill(driver);
    else if (way == 1)
        driver_power_cut(driver);
    else
        driver_stop(driver);
    if (way == 3)
        driver_remove_files(driver, ".ql");
    driver_start(driver);
}

static void test_a_restart_forgets_no_time(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        struct driver driver;
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        peer_accepted(&alpha, "first", "F");
        publish_timed(&alpha, "late", "A", 20 * SECOND);
        publish_timed(&alpha, "soon", "A", 10 * SECOND);
        restart(&driver, way);
        driver_advance(&driver, 9 * SECOND);
        expect_order(&driver, (const char *const[]){"first"}, 1);
        driver_advance(&driver, SECOND);
        restart(&driver, way); /* released, and not delivered yet */
        expect_order(&driver, (const char *const[]){"soon"}, 1);
        restart(&driver, way);
        driver_advance(&driver, 10 * SECOND);
        expect_order(&driver, (const char *const[]){"late"}, 1);
        driver_close(&driver);
    }
}

/* The bus was down when the time came. */
static void test_what_became_due_meanwhile_is_released_at_the_start(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    publish_timed(&alpha, "t1", "A", 10 * SECOND);
    driver_stop(&driver);
    driver.now_ns += DAY;
    driver_start(&driver);
    driver_advance(&driver, SECOND);
    expect_order(&driver, (const char *const[]){"t1"}, 1);
    driver_close(&driver);
}

/* Suspended when it was accepted, beta gets it all the same if it may by then; a dead letter could have been retried before. */
static void test_who_may_not_have_it_is_asked_when_its_time_has_come(void **state)
{
    const struct driver_config suspended = {.beta_lines = "suspended: true\n"};
    (void)state;
    for (unsigned still = 0; still < 2; still++) {
        struct driver driver;
        driver_open(&driver, &suspended);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        publish_timed(&alpha, "t1", "A", 10 * SECOND);
        driver_advance(&driver, 9 * SECOND);
        assert_int_equal(driver_record_count(&driver, RECORD_DEAD), 0);
        if (!still)
            driver_reload(&driver, NULL);
        driver_advance(&driver, SECOND);
        driver_reload(&driver, NULL);
        expect_order(&driver, (const char *const[]){"t1"}, 1);
        driver_close(&driver);
    }
}

static void test_the_routes_span_begins_when_its_time_has_come(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver,
                &(struct driver_config){
                    .only_routes = "  - name: short\n    from: alpha\n    type: dossier.progress\n    to: beta\n"
                                   "    expire: 60s\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    publish_timed(&alpha, "t1", "A", 600 * SECOND);
    driver_advance(&driver, 601 * SECOND);
    expect_order(&driver, (const char *const[]){"t1"}, 1);
    assert_int_equal(driver_record_count(&driver, RECORD_EXPIRED), 0);
    driver_close(&driver);
}

static void test_what_can_not_wait_is_refused(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message ask = peer_message(&alpha, "r1", "citizen.verify", "");
    ask.header.kind = HEADER_REQUEST;
    ask.header.not_before_ns = driver.now_ns + SECOND;
    assert_int_equal(peer_publish_one(&alpha, &ask).code, -TRUC_E_HEADER);
    struct test_message expired = peer_message(&alpha, "e1", "dossier.progress", "A");
    expired.header.not_before_ns = expired.header.expires_ns = driver.now_ns + SECOND;
    assert_int_equal(peer_publish_one(&alpha, &expired).code, -TRUC_E_HEADER);
    driver_close(&driver);
}

static void test_timed_messages_have_a_bound(void **state)
{
    enum { BUNDLES = CORE_TIMED_MAX / PROTOCOL_BUNDLE_MESSAGES_MAX + 1 };
    static char names[PROTOCOL_BUNDLE_MESSAGES_MAX][16];
    static struct outcome outcomes[PROTOCOL_BUNDLE_MESSAGES_MAX];
    struct test_message messages[PROTOCOL_BUNDLE_MESSAGES_MAX];
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned bundle = 0; bundle < BUNDLES; bundle++) {
        for (unsigned i = 0; i < PROTOCOL_BUNDLE_MESSAGES_MAX; i++) {
            (void)snprintf(names[i], sizeof names[i], "m%u", bundle * PROTOCOL_BUNDLE_MESSAGES_MAX + i);
            messages[i] = peer_message(&alpha, names[i], "dossier.progress", names[i]);
            messages[i].header.not_before_ns = driver.now_ns + DAY;
        }
        uint64_t number = peer_publish(&alpha, messages, PROTOCOL_BUNDLE_MESSAGES_MAX, NULL);
        driver_round(&driver);
        assert_true(peer_outcomes(&alpha, number, outcomes, PROTOCOL_BUNDLE_MESSAGES_MAX));
        assert_int_equal(outcomes[0].code, 0);
    }
    assert_int_equal(outcomes[PROTOCOL_BUNDLE_MESSAGES_MAX - 1].code, -TRUC_E_LIMIT);
    peer_accepted(&alpha, "now", "A"); /* others are taken all the same */
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_comes_before_its_time_and_nothing_waits_for_it),
        cmocka_unit_test(test_a_restart_forgets_no_time),
        cmocka_unit_test(test_what_became_due_meanwhile_is_released_at_the_start),
        cmocka_unit_test(test_who_may_not_have_it_is_asked_when_its_time_has_come),
        cmocka_unit_test(test_the_routes_span_begins_when_its_time_has_come),
        cmocka_unit_test(test_what_can_not_wait_is_refused),
        cmocka_unit_test(test_timed_messages_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
