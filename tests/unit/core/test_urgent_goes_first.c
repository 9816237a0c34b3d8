/* test_urgent_goes_first.c - urgency is the order of delivery, but never breaks the order of a dossier and starves nobody.
 * Thường, Khẩn, Thượng khẩn and Hỏa tốc: 1 to 4. The same before and after every kind of restart.
 * Through a receiver that was away while messages came. */
#include "core_driver.h"

#include <stdio.h>

enum { NORMAL = 1, URGENT = 2, MOST_URGENT = 3, EXPRESS = 4 };

static void publish(struct peer *alpha, const char *id, const char *subject, uint32_t urgency)
{
    struct test_message message = peer_message(alpha, id, "dossier.progress", subject);
    message.header.urgency = urgency;
    assert_int_equal(peer_publish_one(alpha, &message).code, 0);
}

/* Beta takes what is there, in this order, and settles all of it. */
static void expect_order(struct driver *driver, const char *const *ids, size_t count)
{
    struct taken taken[64];
    struct settlement settlements[64];
    struct peer beta = driver_connect(driver, BETA, DRIVER_CREDIT_BYTES);
    for (size_t at = 0; at < count;) {
        size_t some = peer_take_deliveries(&beta, taken, COUNT_OF(taken));
        assert_in_range(some, 1, count - at);
        for (size_t i = 0; i < some; i++, at++) {
            if (!bytes_equal_string(taken[i].header.id, ids[at]))
                fail_msg("%.*s came instead of %s", BYTES_PRINTF(taken[i].header.id), ids[at]);
            settlements[i] = taken_settlement(&taken[i], SETTLED_DONE);
        }
        peer_settle(&beta, settlements, some, false);
    }
    peer_expect_nothing(&beta);
    peer_lose(&beta);
}

static void test_the_most_urgent_is_delivered_first(void **state)
{
    static const char *const order[] = {"x1", "x2", "m1", "u1", "n1", "n2"};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    publish(&alpha, "n1", "A", NORMAL);
    publish(&alpha, "u1", "B", URGENT);
    publish(&alpha, "x1", "C", EXPRESS);
    publish(&alpha, "n2", "D", 0);
    publish(&alpha, "m1", "E", MOST_URGENT);
    publish(&alpha, "x2", "F", EXPRESS);
    expect_order(&driver, order, COUNT_OF(order));
    driver_close(&driver);
}

static void test_a_dossier_keeps_its_order_whatever_its_messages_urgency(void **state)
{
    static const char *const order[] = {"b1", "a1", "a2", "a3", "b2"};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    publish(&alpha, "a1", "A", NORMAL);
    publish(&alpha, "a2", "A", EXPRESS); /* goes behind a1 */
    publish(&alpha, "b1", "B", EXPRESS);
    publish(&alpha, "b2", "B", NORMAL); /* goes behind b1 */
    publish(&alpha, "a3", "A", MOST_URGENT);
    struct taken taken[8];
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    assert_int_equal(peer_take_deliveries(&beta, taken, 8), 2);
    assert_true(bytes_equal_string(taken[0].header.id, order[0]));
    assert_true(bytes_equal_string(taken[1].header.id, order[1]));
    struct taken b1 = taken[0], a1 = taken[1];
    peer_settle_one(&beta, &a1, SETTLED_RETRY); /* its dossier waits, urgent as the rest of it may be */
    peer_expect_nothing(&beta);
    peer_settle_one(&beta, &b1, SETTLED_DONE);
    struct taken b2 = peer_expect_one(&beta, "b2");
    peer_settle_one(&beta, &b2, SETTLED_DONE);
    driver_advance(&driver, SECOND);
    for (size_t i = 1; i < 4; i++) {
        struct taken next = peer_expect_one(&beta, order[i]);
        peer_settle_one(&beta, &next, SETTLED_DONE);
    }
    peer_lose(&beta);
    publish(&alpha, "n1", "N", NORMAL);
    publish(&alpha, "a4", "A", EXPRESS); /* nothing of its dossier waits: on its own lane again */
    expect_order(&driver, (const char *const[]){"a4", "n1"}, 2);
    driver_close(&driver);
}

static void test_a_flood_of_urgent_messages_starves_nobody(void **state)
{
    enum { FLOOD = 3 * CORE_URGENT_RUN_MAX };
    struct driver driver;
    struct taken taken[FLOOD + 2];
    char id[16];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    publish(&alpha, "n1", "A", NORMAL);
    publish(&alpha, "n2", "B", NORMAL);
    for (unsigned i = 0; i < FLOOD; i++) {
        (void)snprintf(id, sizeof id, "x%u", i);
        publish(&alpha, id, id, EXPRESS);
    }
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    assert_int_equal(peer_take_deliveries(&beta, taken, COUNT_OF(taken)), FLOOD + 2);
    assert_true(bytes_equal_string(taken[CORE_URGENT_RUN_MAX].header.id, "n1"));
    assert_true(bytes_equal_string(taken[2 * CORE_URGENT_RUN_MAX + 1].header.id, "n2"));
    driver_close(&driver);
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

static void test_a_restart_changes_neither_urgency_nor_order(void **state)
{
    static const char *const order[] = {"b1", "x1", "a1", "n1", "b2", "a2"};
    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        struct driver driver;
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        publish(&alpha, "a1", "A", NORMAL);
        publish(&alpha, "b1", "B", EXPRESS);
        restart(&driver, way);
        alpha = driver_connect(&driver, ALPHA, 0);
        publish(&alpha, "a2", "A", EXPRESS); /* behind a1, which came before the restart */
        publish(&alpha, "b2", "B", NORMAL);
        publish(&alpha, "n1", "N", NORMAL);
        publish(&alpha, "x1", "X", EXPRESS);
        restart(&driver, way);
        expect_order(&driver, order, COUNT_OF(order));
        restart(&driver, way);
        alpha = driver_connect(&driver, ALPHA, 0);
        publish(&alpha, "c1", "N", NORMAL);
        publish(&alpha, "c2", "A", EXPRESS); /* all of A is settled */
        expect_order(&driver, (const char *const[]){"c2", "c1"}, 2);
        driver_close(&driver);
    }
}

/* Found by simulation, seed 20103: a snapshot took a dossier's list from its messages that were done. */
static void test_a_restart_knows_where_a_dossier_waits_whose_earlier_messages_are_done(void **state)
{
    struct driver driver;
    struct taken taken[2];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    publish(&alpha, "n1", "N", NORMAL); /* not done: so k1 stays in the window behind it */
    publish(&alpha, "k1", "K", NORMAL);
    assert_int_equal(peer_take_deliveries(&beta, taken, 2), 2);
    peer_settle_one(&beta, &taken[1], SETTLED_DONE);
    peer_lose(&beta);
    publish(&alpha, "k2", "K", EXPRESS);
    restart(&driver, 2);
    alpha = driver_connect(&driver, ALPHA, 0);
    publish(&alpha, "k3", "K", NORMAL);
    restart(&driver, 2);
    expect_order(&driver, (const char *const[]){"k2", "n1", "k3"}, 3);
    driver_close(&driver);
}

static void test_a_dead_letter_comes_back_with_its_urgency(void **state)
{
    struct driver driver;
    struct buffer arguments = {0};
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    publish(&alpha, "x1", "X", EXPRESS);
    struct taken x1 = peer_expect_one(&beta, "x1");
    peer_settle_one(&beta, &x1, SETTLED_REJECT);
    peer_lose(&beta);
    driver_stop(&driver);
    driver_start(&driver);
    alpha = driver_connect(&driver, ALPHA, 0);
    publish(&alpha, "n1", "N", NORMAL);
    struct peer operator= driver_connect(&driver, OPERATOR, 0);
    buffer_append(&arguments, "\x22\x04mend", 6); /* reason */
    assert_int_equal(peer_ask(&operator, "dead-retry", buffer_view(&arguments), NULL), 0);
    buffer_free(&arguments);
    expect_order(&driver, (const char *const[]){"x1", "n1"}, 2);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_most_urgent_is_delivered_first),
        cmocka_unit_test(test_a_dossier_keeps_its_order_whatever_its_messages_urgency),
        cmocka_unit_test(test_a_flood_of_urgent_messages_starves_nobody),
        cmocka_unit_test(test_a_restart_changes_neither_urgency_nor_order),
        cmocka_unit_test(test_a_restart_knows_where_a_dossier_waits_whose_earlier_messages_are_done),
        cmocka_unit_test(test_a_dead_letter_comes_back_with_its_urgency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
