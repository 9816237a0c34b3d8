/* test_observers_never_delay_or_fail.c - an observer gets its copy, and whatever becomes of it concerns nobody else.
 * Not which observers a configuration may name (tests/unit/policy).
 * Beta observes what alpha tells gamma and asks delta. */
#include "core_driver.h"

#include <stdio.h>

#define TERMS "    purpose: Kiểm thử\n    basis: internal-rule\n    valid: {from: 2026-01-01}\n"
#define ROUTES                                                                                                         \
    "  - {name: tell, from: alpha, type: dossier.progress, to: gamma, observe: beta, retry: {first: 1s, for: 60s}}\n"  \
    "  - {name: ask, from: alpha, type: citizen.verify, to: delta, observe: [beta], within: 20s}\n"
#define AGREEMENTS                                                                                                     \
    "  - name: alpha-gamma\n    provider: alpha\n    consumer: gamma\n    types: dossier.progress\n" TERMS             \
    "  - name: delta-alpha\n    provider: delta\n    consumer: alpha\n    types: citizen.verify\n" TERMS
#define OBSERVES                                                                                                       \
    "  - name: beta-sees\n    provider: alpha\n    consumer: beta\n    observes: true\n"                               \
    "    types: [dossier.progress, citizen.verify]\n"

static const struct driver_config config = {.only_routes = ROUTES, .only_agreements = AGREEMENTS OBSERVES TERMS};

struct scene {
    struct driver driver;
    struct peer alpha, beta, gamma, delta;
};

static void begin(struct scene *scene, const struct driver_config *with)
{
    driver_open(&scene->driver, with);
    scene->alpha = driver_connect(&scene->driver, ALPHA, DRIVER_CREDIT_BYTES);
    scene->gamma = driver_connect(&scene->driver, GAMMA, DRIVER_CREDIT_BYTES);
    scene->delta = driver_connect(&scene->driver, DELTA, DRIVER_CREDIT_BYTES);
}

/* What the n-th accepted record says of beta. Its texts live until the next record is read. */
static struct record_destination recorded(struct driver *driver, size_t n)
{
    struct journal_record record;
    struct record_accepted accepted;
    struct record_destination destination = {0};
    size_t offset = 0;
    assert_true(driver_record(driver, RECORD_ACCEPTED, n, &record));
    assert_int_equal(record_accepted_decode(record.body, &accepted, NULL), 0);
    while (record_destination_next(accepted.destinations, &offset, &destination) > 0)
        if (bytes_equal_string(destination.system, "beta"))
            return destination;
    fail_msg("beta is not in the record");
    return destination;
}

static void expect_outcome(struct driver *driver, size_t n, int code)
{
    struct record_destination destination = recorded(driver, n);
    assert_true(destination.observer);
    assert_string_equal(truc_error_name(-(int)destination.outcome), truc_error_name(code));
    assert_int_equal(driver_record_count(driver, RECORD_DEAD), 0);
}

static void test_an_observer_gets_a_copy_that_says_so(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, &config);
    scene.beta = driver_connect(&scene.driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&scene.alpha, "m1", "A");
    struct taken copy = peer_expect_one(&scene.beta, "m1"), original = peer_expect_one(&scene.gamma, "m1");
    assert_true(copy.observed);
    assert_false(original.observed);
    assert_true(bytes_equal(copy.message.header, original.message.header));
    assert_true(bytes_equal(copy.message.payload, original.message.payload));
    assert_true(bytes_equal_string(recorded(&scene.driver, 0).agreement, "beta-sees"));
    expect_outcome(&scene.driver, 0, 0);
    driver_close(&scene.driver);
}

static void test_an_observer_that_is_away_or_refuses_holds_up_nobody(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, &config);
    peer_accepted(&scene.alpha, "m1", "A");
    struct taken first = peer_expect_one(&scene.gamma, "m1");
    peer_settle_one(&scene.gamma, &first, SETTLED_DONE);
    scene.beta = driver_connect(&scene.driver, BETA, DRIVER_CREDIT_BYTES);
    struct taken copy = peer_expect_one(&scene.beta, "m1");
    peer_settle_one(&scene.beta, &copy, SETTLED_REJECT);
    assert_int_equal(driver_record_count(&scene.driver, RECORD_DEAD), 1); /* beta's own, for an operator */
    peer_accepted(&scene.alpha, "m2", "A");
    peer_expect_one(&scene.gamma, "m2");
    driver_close(&scene.driver);
}

static void test_a_suspended_observer_misses_what_is_accepted_meanwhile(void **state)
{
    struct scene scene;
    struct driver_config suspended = config;
    (void)state;
    suspended.beta_lines = "suspended: true\n";
    begin(&scene, &suspended);
    peer_accepted(&scene.alpha, "m1", "A");
    peer_expect_one(&scene.gamma, "m1");
    expect_outcome(&scene.driver, 0, TRUC_E_SUSPENDED);
    driver_close(&scene.driver);
}

static void test_a_lapsed_agreement_of_an_observer_refuses_nothing(void **state)
{
    struct scene scene;
    struct driver_config lapsed = config;
    (void)state;
    lapsed.only_agreements = AGREEMENTS OBSERVES "    purpose: Kiểm thử\n    basis: internal-rule\n"
                                                 "    valid: {from: 2026-01-01, until: 2026-02-01}\n";
    begin(&scene, &lapsed);
    peer_accepted(&scene.alpha, "m1", "A");
    peer_expect_one(&scene.gamma, "m1");
    expect_outcome(&scene.driver, 0, TRUC_E_AGREEMENT_LAPSED);
    driver_close(&scene.driver);
}

static void test_a_rate_or_requirement_of_an_observer_refuses_nothing(void **state)
{
    struct scene scene;
    struct driver_config strict = config;
    (void)state;
    strict.only_agreements = AGREEMENTS OBSERVES "    rate: {total: 1/d}\n" TERMS;
    begin(&scene, &strict);
    peer_accepted(&scene.alpha, "m1", "A");
    peer_accepted(&scene.alpha, "m2", "B");
    expect_outcome(&scene.driver, 0, 0);
    expect_outcome(&scene.driver, 1, TRUC_E_RATE);
    strict.only_agreements = AGREEMENTS OBSERVES "    requires: [officer]\n" TERMS;
    driver_reload(&scene.driver, &strict);
    peer_accepted(&scene.alpha, "m3", "C");
    expect_outcome(&scene.driver, 2, TRUC_E_PURPOSE);
    driver_close(&scene.driver);
}

static void test_a_full_queue_of_an_observer_refuses_nothing(void **state)
{
    enum { QUEUE_MESSAGES = 1000 };
    struct scene scene;
    struct driver_config small = config;
    char id[16];
    (void)state;
    small.limits = "  queue-messages: 1000\n";
    begin(&scene, &small);
    for (int i = 0; i <= QUEUE_MESSAGES; i++) {
        snprintf(id, sizeof id, "m%d", i);
        peer_accepted(&scene.alpha, id, id);
        struct taken taken = peer_expect_one(&scene.gamma, id);
        peer_settle_one(&scene.gamma, &taken, SETTLED_DONE);
    }
    expect_outcome(&scene.driver, QUEUE_MESSAGES - 1, 0);
    expect_outcome(&scene.driver, QUEUE_MESSAGES, TRUC_E_BLOCKED);
    driver_close(&scene.driver);
}

static void reply(struct scene *scene, const struct taken *request)
{
    struct test_message message = peer_reply(&scene->delta, "p1", request);
    assert_int_equal(peer_publish_one(&scene->delta, &message).code, 0);
    peer_expect_one(&scene->alpha, "p1");
}

static void test_an_observed_request_is_answered_by_its_provider_alone(void **state)
{
    struct scene scene;
    struct command failed;
    (void)state;
    begin(&scene, &config);
    scene.beta = driver_connect(&scene.driver, BETA, DRIVER_CREDIT_BYTES);
    peer_request(&scene.alpha, "r1");
    struct taken request = peer_expect_one(&scene.delta, "r1"), copy = peer_expect_one(&scene.beta, "r1");
    assert_true(copy.observed);
    struct test_message answer = peer_reply(&scene.beta, "p0", &copy);
    assert_int_equal(-(int)peer_publish_one(&scene.beta, &answer).code, TRUC_E_NO_REQUEST);
    peer_settle_one(&scene.beta, &copy, SETTLED_REJECT);
    assert_false(peer_take(&scene.alpha, COMMAND_FAILED, &failed));
    reply(&scene, &request);
    peer_expect_nothing(&scene.beta); /* no copy of the reply */
    driver_close(&scene.driver);
}

static void test_an_observer_learns_of_a_question_whose_time_is_over(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, &config);
    peer_request(&scene.alpha, "r1");
    driver_advance(&scene.driver, 30 * SECOND);
    assert_int_equal(driver_record_count(&scene.driver, RECORD_EXPIRED), 1); /* at delta */
    scene.beta = driver_connect(&scene.driver, BETA, DRIVER_CREDIT_BYTES);
    struct taken copy = peer_expect_one(&scene.beta, "r1");
    peer_settle_one(&scene.beta, &copy, SETTLED_DONE);
    assert_int_equal(driver_record_count(&scene.driver, RECORD_EXPIRED), 1);
    driver_close(&scene.driver);
}

static void test_a_restart_does_not_take_an_observer_for_the_provider(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, &config);
    scene.beta = driver_connect(&scene.driver, BETA, DRIVER_CREDIT_BYTES);
    peer_request(&scene.alpha, "r1");
    struct taken copy = peer_expect_one(&scene.beta, "r1");
    peer_settle_one(&scene.beta, &copy, SETTLED_REJECT);
    driver_kill(&scene.driver);
    driver_start(&scene.driver);
    scene.alpha = driver_connect(&scene.driver, ALPHA, DRIVER_CREDIT_BYTES);
    scene.delta = driver_connect(&scene.driver, DELTA, DRIVER_CREDIT_BYTES);
    struct taken request = peer_expect_one(&scene.delta, "r1");
    assert_false(request.observed);
    reply(&scene, &request);
    driver_close(&scene.driver);
}

static void test_a_withdrawn_agreement_stops_a_copy_that_waits(void **state)
{
    struct scene scene;
    struct driver_config without = config;
    (void)state;
    begin(&scene, &config);
    peer_accepted(&scene.alpha, "m1", "A");
    peer_request(&scene.alpha, "r1");
    without.only_routes = "  - {name: tell, from: alpha, type: dossier.progress, to: gamma}\n"
                          "  - {name: ask, from: alpha, type: citizen.verify, to: delta, within: 20s}\n";
    without.only_agreements = AGREEMENTS;
    driver_reload(&scene.driver, &without);
    scene.beta = driver_connect(&scene.driver, BETA, DRIVER_CREDIT_BYTES);
    peer_expect_nothing(&scene.beta);
    assert_int_equal(driver_record_count(&scene.driver, RECORD_DEAD), 2);
    struct taken request = peer_expect_one(&scene.delta, "r1");
    reply(&scene, &request);
    driver_close(&scene.driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_observer_gets_a_copy_that_says_so),
        cmocka_unit_test(test_an_observer_that_is_away_or_refuses_holds_up_nobody),
        cmocka_unit_test(test_a_suspended_observer_misses_what_is_accepted_meanwhile),
        cmocka_unit_test(test_a_lapsed_agreement_of_an_observer_refuses_nothing),
        cmocka_unit_test(test_a_rate_or_requirement_of_an_observer_refuses_nothing),
        cmocka_unit_test(test_a_full_queue_of_an_observer_refuses_nothing),
        cmocka_unit_test(test_an_observed_request_is_answered_by_its_provider_alone),
        cmocka_unit_test(test_an_observer_learns_of_a_question_whose_time_is_over),
        cmocka_unit_test(test_a_restart_does_not_take_an_observer_for_the_provider),
        cmocka_unit_test(test_a_withdrawn_agreement_stops_a_copy_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
