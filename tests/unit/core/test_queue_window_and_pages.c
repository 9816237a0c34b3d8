/* test_queue_window_and_pages.c - more may wait than memory holds: pages come from the list on disk, in order, over restarts.
 * Also a round of more records than one group takes.
 * Messages are as small as they may be. */
#include "core_driver.h"

#include <stdio.h>

enum { BUNDLES = 20, WAITING = BUNDLES * PROTOCOL_BUNDLE_MESSAGES_MAX };

static void publish_bundle(struct peer *alpha, unsigned first, bool one_subject)
{
    static char names[PROTOCOL_BUNDLE_MESSAGES_MAX][16];
    struct test_message messages[PROTOCOL_BUNDLE_MESSAGES_MAX];
    for (unsigned i = 0; i < PROTOCOL_BUNDLE_MESSAGES_MAX; i++) {
        (void)snprintf(names[i], sizeof names[i], "m%06u", first + i);
        messages[i] = peer_message(alpha, names[i], "dossier.received", one_subject ? "A" : names[i]);
    }
    peer_publish(alpha, messages, PROTOCOL_BUNDLE_MESSAGES_MAX, NULL);
}

/* Takes and settles everything, in order from `next`, at most `most`; the number of the next. */
static unsigned drain(struct peer *beta, unsigned next, unsigned most)
{
    static struct taken taken[CORE_QUEUE_WINDOW];
    static struct settlement settlements[PROTOCOL_SETTLEMENTS_MAX];
    char name[16];
    for (size_t count; next < most && (count = peer_take_deliveries(beta, taken, COUNT_OF(taken))) > 0;)
        for (size_t at = 0, some; at < count; at += some) {
            some = count - at < COUNT_OF(settlements) ? count - at : COUNT_OF(settlements);
            for (size_t i = 0; i < some; i++, next++) {
                (void)snprintf(name, sizeof name, "m%06u", next);
                assert_true(bytes_equal_string(taken[at + i].header.id, name));
                settlements[i] = taken_settlement(&taken[at + i], SETTLED_DONE);
            }
            peer_settle(beta, settlements, some, false);
        }
    return next;
}

static void fill(struct driver *driver)
{
    struct peer alpha = driver_connect(driver, ALPHA, 0);
    for (unsigned i = 0; i < BUNDLES; i++) {
        publish_bundle(&alpha, i * PROTOCOL_BUNDLE_MESSAGES_MAX, false);
        driver_round(driver);
    }
}

static void test_more_waits_than_the_window_holds_and_all_of_it_comes_in_order(void **state)
{
    struct driver driver;
    _Static_assert((int)WAITING > (int)CORE_QUEUE_WINDOW, "more than the window");
    (void)state;
    driver_open(&driver, NULL);
    fill(&driver);
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    assert_int_equal(drain(&beta, 0, UINT32_MAX), WAITING);
    driver_close(&driver);
}

static void test_half_of_it_before_a_restart_and_half_after(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 3; way++) {
        struct driver driver;
        driver_open(&driver, NULL);
        fill(&driver);
        struct peer beta = driver_connect(&driver, BETA, 200 * 1024);
        unsigned next = drain(&beta, 0, WAITING / 2);
        assert_in_range(next, 1, WAITING - 1);
        if (way == 0)
            driver_kill(&driver);
        else
            driver_stop(&driver);
        if (way == 2)
            driver_remove_files(&driver, ".ql");
        driver_start(&driver);
        beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        assert_int_equal(drain(&beta, next, UINT32_MAX), WAITING);
        driver_close(&driver);
    }
}

static void test_a_round_may_be_more_than_one_group(void **state)
{
    enum { FRAMES = 140 }; /* × 257 records: more than ENGINE_GROUP_RECORDS_MAX */
    struct driver driver;
    struct outcome outcomes[PROTOCOL_BUNDLE_MESSAGES_MAX];
    _Static_assert(FRAMES * PROTOCOL_BUNDLE_MESSAGES_MAX > ENGINE_GROUP_RECORDS_MAX, "more than one group");
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned i = 0; i < FRAMES; i++)
        publish_bundle(&alpha, i * PROTOCOL_BUNDLE_MESSAGES_MAX, true);
    driver_round(&driver);
    for (unsigned i = 1; i <= FRAMES; i++) {
        assert_true(peer_outcomes(&alpha, i, outcomes, PROTOCOL_BUNDLE_MESSAGES_MAX));
        assert_int_equal(outcomes[0].code | outcomes[PROTOCOL_BUNDLE_MESSAGES_MAX - 1].code, 0);
    }
    driver_close(&driver);
}

static void test_a_window_full_of_one_blocked_dossier_says_so(void **state)
{
    struct driver driver;
    struct taken taken[1];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    for (unsigned i = 0; i < BUNDLES; i++)
        publish_bundle(&alpha, i * PROTOCOL_BUNDLE_MESSAGES_MAX, true);
    driver_round(&driver);
    assert_int_equal(peer_take_deliveries(&beta, taken, 1), 1);
    assert_null(strstr(buffer_string(&driver.log), "beta: paused"));
    peer_settle_one(&beta, &taken[0], SETTLED_RETRY);
    assert_non_null(strstr(buffer_string(&driver.log), "beta: paused"));
    driver_advance(&driver, SECOND);
    assert_non_null(strstr(buffer_string(&driver.log), "beta: no longer paused"));
    assert_int_equal(peer_take_deliveries(&beta, taken, 1), 1);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_waits_than_the_window_holds_and_all_of_it_comes_in_order),
        cmocka_unit_test(test_half_of_it_before_a_restart_and_half_after),
        cmocka_unit_test(test_a_round_may_be_more_than_one_group),
        cmocka_unit_test(test_a_window_full_of_one_blocked_dossier_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
