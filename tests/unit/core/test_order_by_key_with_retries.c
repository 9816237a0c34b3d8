/* test_order_by_key_with_retries.c - order holds per sender and key; what fails blocks only its own key.
 * The key is the subject, as routes without order-by say.
 * Through one receiver that is sent three dossiers. */
#include "core_driver.h"

#include <stdio.h>

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

static void test_lost_connections_do_not_make_a_retry_wait_longer(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "a1", "A");
    struct taken taken = peer_expect_one(&beta, "a1");
    for (unsigned attempt = 2; attempt <= 5; attempt++) {
        peer_lose(&beta);
        beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        taken = peer_expect_one(&beta, "a1");
        assert_int_equal(taken.attempt, attempt);
    }
    peer_settle_one(&beta, &taken, SETTLED_RETRY);
    driver_advance(&driver, SECOND); /* the route's first wait */
    assert_int_equal(peer_expect_one(&beta, "a1").attempt, 6);
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
    struct journal_record record;
    struct record_fate fate;
    assert_true(driver_record(&driver, RECORD_DEAD, 0, &record));
    assert_int_equal(record_fate_decode(record.body, &fate, NULL), 0);
    assert_int_equal(fate.code, -TRUC_E_RETRIES);
    assert_in_range(attempts, 12, 20); /* 1, 2, 4, 4 ... s within 60 s */
    peer_expect_one(&beta, "a2");      /* the key is free again */
    driver_close(&driver);
}

/* The same bytes each time: what is refused for now is sent again as it was. */
static struct test_message same(const struct peer *alpha, const char *id)
{
    struct test_message message = peer_message(alpha, id, "dossier.received", "A");
    message.header.time_ns = TEST_BUS_START_NS;
    return message;
}

static struct outcome published(struct peer *alpha, const char *id)
{
    struct test_message message = same(alpha, id);
    return peer_publish_one(alpha, &message);
}

/* Fills beta's queue, which may hold 1000, with other dossiers. */
static void fill(struct driver *driver, struct peer *alpha)
{
    enum { BUNDLES = 4, MESSAGES = 250 };
    static char names[MESSAGES][16];
    struct test_message messages[MESSAGES];
    struct outcome outcomes[MESSAGES];
    for (unsigned bundle = 0; bundle < BUNDLES; bundle++) {
        for (unsigned i = 0; i < MESSAGES; i++) {
            (void)snprintf(names[i], sizeof names[i], "other%u", bundle * MESSAGES + i);
            messages[i] = peer_message(alpha, names[i], "dossier.received", names[i]);
        }
        uint64_t number = peer_publish(alpha, messages, MESSAGES, NULL);
        driver_round(driver);
        assert_true(peer_outcomes(alpha, number, outcomes, MESSAGES));
        assert_int_equal(outcomes[MESSAGES - 1].code, 0);
    }
}

/* A client has more under way when it hears that a message was refused for want of room. Then room comes. */
static void test_nothing_overtakes_what_was_refused_for_want_of_room(void **state)
{
    static struct taken taken[CORE_FETCH_MESSAGES_MAX];
    struct driver driver;
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  queue-messages: 1000\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    fill(&driver, &alpha);
    assert_int_equal(published(&alpha, "a1").code, -TRUC_E_BLOCKED);
    struct peer beta = driver_connect(&driver, BETA, 1024);
    assert_in_range(peer_take_deliveries(&beta, taken, COUNT_OF(taken)), 1, 900);
    peer_settle_one(&beta, &taken[0], SETTLED_DONE);
    assert_int_equal(published(&alpha, "a2").code, -TRUC_E_BLOCKED); /* there is room, but not for this one */
    struct test_message both[] = {same(&alpha, "a1"), same(&alpha, "a3")};
    struct outcome outcomes[2];
    uint64_t number = peer_publish(&alpha, both, 2, NULL); /* it has not heard of a2 yet */
    driver_round(&driver);
    assert_true(peer_outcomes(&alpha, number, outcomes, 2));
    assert_int_equal(outcomes[0].code, 0);
    assert_int_equal(outcomes[1].code, -TRUC_E_BLOCKED);
    size_t refusals = driver_record_count(&driver, RECORD_REFUSED);
    struct test_message two[] = {same(&alpha, "a2"), same(&alpha, "a3")};
    peer_publish(&alpha, two, 2, NULL); /* still full */
    driver_round(&driver);
    assert_int_equal(driver_record_count(&driver, RECORD_REFUSED), refusals + 1); /* one for both of them */
    for (unsigned i = 1; i < 3; i++)
        peer_settle_one(&beta, &taken[i], SETTLED_DONE);
    assert_true(peer_outcomes(&alpha, alpha.number, outcomes, 2));
    assert_int_equal(published(&alpha, "a2").code, 0);
    assert_int_equal(published(&alpha, "a3").code, 0);
    assert_int_equal(published(&alpha, "a4").code, -TRUC_E_BLOCKED); /* full again */
    driver_close(&driver);
}

/* What its sender has given up holds up the next of its key once, not for ever. */
static void test_what_was_given_up_blocks_nothing_for_long(void **state)
{
    static struct taken taken[CORE_FETCH_MESSAGES_MAX];
    struct driver driver;
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  queue-messages: 1000\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    fill(&driver, &alpha);
    assert_int_equal(published(&alpha, "a1").code, -TRUC_E_BLOCKED);
    assert_int_equal(published(&alpha, "a2").code, -TRUC_E_BLOCKED);
    assert_int_equal(published(&alpha, "a1").code, -TRUC_E_BLOCKED);
    assert_int_equal(published(&alpha, "a2").code, -TRUC_E_BLOCKED); /* a1 was just here: it waits, too */
    struct peer beta = driver_connect(&driver, BETA, 1024);
    assert_in_range(peer_take_deliveries(&beta, taken, COUNT_OF(taken)), 2, 900);
    for (unsigned i = 0; i < 2; i++)
        peer_settle_one(&beta, &taken[i], SETTLED_DONE);
    assert_int_equal(published(&alpha, "a2").code, 0); /* a1 did not come before it: it never will */
    assert_int_equal(published(&alpha, "a3").code, 0);
    driver_close(&driver);
}

/* Each try is a record: a receiver that asks for the next one at once, and again, must not write the journal full. */
static void test_a_receiver_does_not_ask_for_retries_without_pause(void **state)
{
    struct driver driver;
    struct taken taken[2];
    size_t tries = 0;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "m1", "A");
    for (unsigned i = 0; i < 300; i++) { /* 30 s, by tenths */
        if (peer_take_deliveries(&beta, taken, COUNT_OF(taken)) == 1) {
            struct settlement settlement = taken_settlement(&taken[0], SETTLED_RETRY);
            settlement.retry_after_ms = 1;
            peer_settle(&beta, &settlement, 1, false);
            tries++;
        }
        driver_advance(&driver, 100 * MS);
    }
    assert_in_range(tries, 10, 20); /* once a second, then every four, as the route says */
    assert_int_equal(driver_record_count(&driver, RECORD_SETTLED), tries);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_receiver_does_not_ask_for_retries_without_pause),
        cmocka_unit_test(test_what_waits_for_its_retry_blocks_only_its_own_key),
        cmocka_unit_test(test_a_lost_connection_brings_back_the_same_order),
        cmocka_unit_test(test_lost_connections_do_not_make_a_retry_wait_longer),
        cmocka_unit_test(test_retries_end_after_the_span_of_the_route),
        cmocka_unit_test(test_nothing_overtakes_what_was_refused_for_want_of_room),
        cmocka_unit_test(test_what_was_given_up_blocks_nothing_for_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
