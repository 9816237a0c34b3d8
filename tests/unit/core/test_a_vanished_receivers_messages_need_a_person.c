/* test_a_vanished_receivers_messages_need_a_person.c - a system is taken out of the configuration while messages wait for it, are out
 * at it, or ask it: each becomes a dead letter or ends by that name; nothing waits for ever where nobody will come.
 * Under reloads, restarts and with a system that comes back. */
#include "core_driver.h"

#include <stdio.h>

#include "protobuf_wire.h"

#define TERMS "    purpose: Kiểm thử\n    basis: internal-rule\n    valid: {from: 2026-01-01}\n"

static const struct driver_config without_beta = {
    .absent = {[BETA] = true},
    .only_routes = "  - name: alpha-progress\n    from: alpha\n    type: dossier.progress\n    to: gamma\n"
                   "  - name: verify\n    from: alpha\n    type: citizen.verify\n    to: delta\n    within: 20s\n",
    .only_agreements =
        "  - name: alpha-gamma\n    provider: alpha\n    consumer: gamma\n    types: [dossier.progress]\n" TERMS
        "  - name: delta-alpha\n    provider: delta\n    consumer: alpha\n    types: [citizen.verify]\n" TERMS};

static const struct driver_config without_delta = {
    .absent = {[DELTA] = true},
    .only_routes = "  - name: alpha-progress\n    from: alpha\n    type: dossier.progress\n    to: [beta, gamma]\n",
    .only_agreements =
        "  - name: alpha-beta\n    provider: alpha\n    consumer: beta\n    types: [dossier.progress]\n" TERMS
        "  - name: alpha-gamma\n    provider: alpha\n    consumer: gamma\n    types: [dossier.progress]\n" TERMS};

static const struct driver_config without_alpha = {
    .absent = {[ALPHA] = true},
    .only_routes = "  - name: verify\n    from: beta\n    type: citizen.verify\n    to: delta\n    within: 20s\n",
    .only_agreements =
        "  - name: delta-beta\n    provider: delta\n    consumer: beta\n    types: [citizen.verify]\n" TERMS};

/* Every dead letter there is, is of that destination and says that a system is no longer on the bus. */
static void expect_dead(struct driver *driver, const char *destination, size_t count)
{
    struct journal_record record;
    struct record_fate fate;
    assert_int_equal(driver_record_count(driver, RECORD_DEAD), count);
    for (size_t i = 0; i < count; i++) {
        assert_true(driver_record(driver, RECORD_DEAD, i, &record));
        assert_int_equal(record_fate_decode(record.body, &fate, NULL), 0);
        assert_true(bytes_equal_string(fate.system, destination));
        assert_int_equal(fate.code, -TRUC_E_NOT_FOUND);
        assert_non_null(memmem(fate.text.data, fate.text.size, "no longer on the bus", 20));
    }
}

static void restart(struct driver *driver, bool cleanly)
{
    if (cleanly)
        driver_stop(driver);
    else
        driver_kill(driver);
    driver_start(driver);
}

static void retry_all(struct driver *driver)
{
    struct buffer arguments BUFFER_CLEANUP = {0};
    struct peer operator= driver_connect(driver, OPERATOR, 0);
    wire_put_string(&arguments, 4, "đã khôi phục");
    assert_int_equal(peer_ask(&operator, "dead-retry", buffer_view(&arguments), NULL), 0);
}

static void test_what_waits_for_it_becomes_a_dead_letter_at_the_reload(void **state)
{
    (void)state;
    for (unsigned cleanly = 0; cleanly < 2; cleanly++) {
        struct driver driver;
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        peer_accepted(&alpha, "m1", "A");
        peer_accepted(&alpha, "m2", "A");
        driver_reload(&driver, &without_beta);
        expect_dead(&driver, "beta", 2);
        restart(&driver, cleanly);
        driver_round(&driver);
        expect_dead(&driver, "beta", 2); /* once, not once a start */
        driver_reload(&driver, NULL);    /* it comes back: a person may send them after all */
        retry_all(&driver);
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        struct taken taken[3];
        assert_int_equal(peer_take_deliveries(&beta, taken, COUNT_OF(taken)), 2);
        peer_settle_one(&beta, &taken[0], SETTLED_DONE);
        peer_settle_one(&beta, &taken[1], SETTLED_DONE);
        peer_expect_nothing(&beta);
        driver_close(&driver);
    }
}

static void test_what_waits_for_it_becomes_a_dead_letter_at_a_start(void **state)
{
    (void)state;
    for (unsigned cleanly = 0; cleanly < 2; cleanly++) {
        struct driver driver;
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        peer_accepted(&alpha, "m1", "A");
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        (void)peer_expect_one(&beta, "m1"); /* it is out, too, when the broker ends */
        if (cleanly)
            driver_stop(&driver);
        else
            driver_kill(&driver);
        driver_reload(&driver, &without_beta);
        driver_start(&driver);
        driver_round(&driver);
        expect_dead(&driver, "beta", 1);
        restart(&driver, cleanly);
        driver_round(&driver);
        expect_dead(&driver, "beta", 1);
        driver_close(&driver);
    }
}

static void test_what_is_out_at_it_becomes_a_dead_letter(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "m1", "A");
    (void)peer_expect_one(&beta, "m1");
    driver_reload(&driver, &without_beta);
    peer_expect_error(&beta, TRUC_E_UNKNOWN_KEY);
    expect_dead(&driver, "beta", 1);
    driver_close(&driver);
}

/* It is still in the configuration, and so are its agreements; but its new role receives nothing. */
static void test_a_receiver_of_another_role_has_vanished_too(void **state)
{
    struct driver_config config = without_beta;
    struct driver driver;
    struct journal_record record;
    struct record_fate fate;
    (void)state;
    config.absent[BETA] = false;
    config.absent[INTEGRATOR] = true;
    config.beta_lines = "role: auditor\n";
    config.only_agreements = NULL;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    driver_reload(&driver, &config);
    driver_round(&driver);
    assert_int_equal(driver_record_count(&driver, RECORD_DEAD), 1);
    assert_true(driver_record(&driver, RECORD_DEAD, 0, &record));
    assert_int_equal(record_fate_decode(record.body, &fate, NULL), 0);
    assert_true(bytes_equal_string(fate.text, "beta is no longer a system of the bus: its role is auditor"));
    assert_true(engine_wake_up_ns(driver.engine) > driver.up_ns);
    driver_close(&driver);
}

static void test_more_than_one_round_can_take_are_all_taken(void **state)
{
    enum { MESSAGES = 5 * CORE_BURIED_MAX };
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned i = 0; i < MESSAGES; i++) {
        char id[16], subject[16];
        (void)snprintf(id, sizeof id, "m%u", i);
        (void)snprintf(subject, sizeof subject, "S%u", i % 7);
        peer_accepted(&alpha, id, subject);
    }
    driver_reload(&driver, &without_beta);
    assert_in_range(driver_record_count(&driver, RECORD_DEAD), 1, MESSAGES - 1); /* others are served in between */
    for (unsigned i = 0; i < MESSAGES / CORE_BURIED_MAX; i++)
        driver_round(&driver);
    expect_dead(&driver, "beta", MESSAGES);
    assert_true(engine_wake_up_ns(driver.engine) > driver.up_ns); /* and then it rests */
    driver_close(&driver);
}

static void test_a_timed_message_becomes_one_when_its_time_comes(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message message = peer_message(&alpha, "later", "dossier.progress", "A");
    message.header.not_before_ns = driver.now_ns + 60 * SECOND;
    assert_int_equal(peer_publish_one(&alpha, &message).code, 0);
    driver_reload(&driver, &without_beta);
    expect_dead(&driver, "beta", 0);
    driver_advance(&driver, 61 * SECOND);
    driver_round(&driver);
    expect_dead(&driver, "beta", 1);
    driver_close(&driver);
}

static void test_who_asked_it_is_told_at_once(void **state)
{
    struct driver driver;
    struct command failed;
    (void)state;
    for (unsigned is_out = 0; is_out < 2; is_out++) {
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, DRIVER_CREDIT_BYTES), delta;
        uint64_t position = peer_request(&alpha, "q1");
        if (is_out) {
            delta = driver_connect(&driver, DELTA, DRIVER_CREDIT_BYTES);
            (void)peer_expect_one(&delta, "q1");
        }
        driver_reload(&driver, &without_delta);
        assert_true(peer_take(&alpha, COMMAND_FAILED, &failed));
        assert_int_equal(failed.failed.sequence, position);
        assert_int_equal(failed.failed.code, -TRUC_E_NOT_FOUND);
        assert_int_equal(driver_record_count(&driver, RECORD_EXPIRED), 1);
        driver_advance(&driver, 30 * SECOND); /* its deadline: it has ended already */
        assert_int_equal(driver_record_count(&driver, RECORD_EXPIRED), 1);
        driver_close(&driver);
    }
}

static void test_an_answer_to_who_is_gone_becomes_a_dead_letter(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), delta = driver_connect(&driver, DELTA, DRIVER_CREDIT_BYTES);
    (void)peer_request(&alpha, "q1");
    struct taken question = peer_expect_one(&delta, "q1");
    struct test_message reply = peer_reply(&delta, "r1", &question);
    assert_int_equal(peer_publish_one(&delta, &reply).code, 0); /* it waits: alpha gave no credit */
    driver_reload(&driver, &without_alpha);
    expect_dead(&driver, "alpha", 1);
    driver_close(&driver);
}

static void test_what_a_vanished_sender_left_becomes_a_dead_letter_at_delivery(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, &(struct driver_config){
                             .only_routes = "  - name: alpha-received\n    from: alpha\n    type: dossier.progress\n"
                                            "    to: beta\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    driver_reload(&driver, &without_alpha);
    expect_dead(&driver, "beta", 0); /* its receiver is away: it waits */
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_expect_nothing(&beta);
    expect_dead(&driver, "beta", 1);
    driver_close(&driver);
}

static void test_a_paused_one_is_left_alone_until_it_is_resumed(void **state)
{
    struct driver driver;
    struct buffer arguments BUFFER_CLEANUP = {0};
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), operator= driver_connect(&driver, OPERATOR, 0);
    wire_put_string(&arguments, 1, "beta");
    wire_put_string(&arguments, 2, "bảo trì");
    assert_int_equal(peer_ask(&operator, "queue-pause", buffer_view(&arguments), NULL), 0);
    peer_accepted(&alpha, "m1", "A");
    driver_reload(&driver, &without_beta);
    driver_round(&driver);
    expect_dead(&driver, "beta", 0);
    assert_int_equal(peer_ask(&operator, "queue-resume", buffer_view(&arguments), NULL), 0);
    driver_round(&driver);
    expect_dead(&driver, "beta", 1);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_waits_for_it_becomes_a_dead_letter_at_the_reload),
        cmocka_unit_test(test_what_waits_for_it_becomes_a_dead_letter_at_a_start),
        cmocka_unit_test(test_what_is_out_at_it_becomes_a_dead_letter),
        cmocka_unit_test(test_a_receiver_of_another_role_has_vanished_too),
        cmocka_unit_test(test_more_than_one_round_can_take_are_all_taken),
        cmocka_unit_test(test_a_timed_message_becomes_one_when_its_time_comes),
        cmocka_unit_test(test_who_asked_it_is_told_at_once),
        cmocka_unit_test(test_an_answer_to_who_is_gone_becomes_a_dead_letter),
        cmocka_unit_test(test_what_a_vanished_sender_left_becomes_a_dead_letter_at_delivery),
        cmocka_unit_test(test_a_paused_one_is_left_alone_until_it_is_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
