/* test_requests_always_end.c - a request ends with its reply, a rejection or its deadline; the asker is told, once.
 * Not the asker's own timer (tests/unit/sdk).
 * Also: a request is never a dead letter. */
#include "core_driver.h"

struct scene {
    struct driver driver;
    struct peer alpha, delta;
    struct taken request;
};

static void begin(struct scene *scene, const struct driver_config *config)
{
    driver_open(&scene->driver, config);
    scene->alpha = driver_connect(&scene->driver, ALPHA, DRIVER_CREDIT_BYTES);
    scene->delta = driver_connect(&scene->driver, DELTA, DRIVER_CREDIT_BYTES);
    peer_request(&scene->alpha, "r1");
    scene->request = peer_expect_one(&scene->delta, "r1");
}

static void expect_failed(struct scene *scene, int code)
{
    struct command command;
    assert_true(peer_take(&scene->alpha, COMMAND_FAILED, &command));
    assert_string_equal(truc_error_name(-(int)command.failed.code), truc_error_name(code));
    assert_true(bytes_equal_string(command.failed.request_id, "r1"));
    assert_int_equal(driver_record_count(&scene->driver, RECORD_DEAD), 0);
    assert_false(peer_take(&scene->alpha, COMMAND_FAILED, &command));
}

static int reply_code(struct scene *scene, struct peer *peer, const char *id)
{
    struct test_message reply = peer_reply(peer, id, &scene->request);
    return -(int)peer_publish_one(peer, &reply).code;
}

static void test_a_reply_ends_it_and_a_second_one_answers_nothing(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, NULL);
    assert_int_equal(reply_code(&scene, &scene.delta, "p1"), 0);
    assert_int_equal(peer_expect_one(&scene.alpha, "p1").header.in_reply_to, scene.request.sequence + 1);
    assert_int_equal(reply_code(&scene, &scene.delta, "p2"), TRUC_E_NO_REQUEST);
    driver_close(&scene.driver);
}

static void test_only_the_provider_may_answer(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, NULL);
    struct peer gamma = driver_connect(&scene.driver, GAMMA, 0);
    assert_int_equal(reply_code(&scene, &gamma, "p1"), TRUC_E_NO_REQUEST);
    assert_int_equal(reply_code(&scene, &scene.delta, "p1"), 0);
    driver_close(&scene.driver);
}

static void test_a_rejection_reaches_the_asker_with_its_reason(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, NULL);
    struct settlement settlement = taken_settlement(&scene.request, SETTLED_REJECT);
    settlement.code = (uint32_t)-TRUC_E_NO_MATCH;
    peer_settle(&scene.delta, &settlement, 1, false);
    expect_failed(&scene, TRUC_E_NO_MATCH);
    assert_int_equal(reply_code(&scene, &scene.delta, "p1"), TRUC_E_NO_REQUEST);
    driver_close(&scene.driver);
}

static void keep_alive(struct peer *peer)
{
    struct command command = {.kind = COMMAND_PONG};
    peer_send(peer, &command);
}

static void test_the_deadline_ends_it_and_a_late_reply_answers_nothing(void **state)
{
    struct scene scene;
    struct journal_record record;
    (void)state;
    begin(&scene, NULL);
    for (unsigned s = 0; s < 21; s++) {
        keep_alive(&scene.alpha);
        keep_alive(&scene.delta);
        driver_advance(&scene.driver, SECOND);
    }
    expect_failed(&scene, TRUC_E_DEADLINE);
    assert_true(driver_record(&scene.driver, RECORD_EXPIRED, 0, &record));
    assert_int_equal(reply_code(&scene, &scene.delta, "p1"), TRUC_E_NO_REQUEST);
    peer_settle_one(&scene.delta, &scene.request, SETTLED_DONE); /* its receipt is evidence still, and no offence */
    struct command error;
    assert_false(peer_take(&scene.delta, COMMAND_ERROR, &error));
    driver_close(&scene.driver);
}

static void test_it_is_not_delivered_after_its_deadline(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, NULL);
    peer_lose(&scene.delta);
    for (unsigned s = 0; s < 21; s++) {
        keep_alive(&scene.alpha);
        driver_advance(&scene.driver, SECOND);
    }
    scene.delta = driver_connect(&scene.driver, DELTA, DRIVER_CREDIT_BYTES);
    peer_expect_nothing(&scene.delta);
    expect_failed(&scene, TRUC_E_DEADLINE);
    driver_close(&scene.driver);
}

static void test_it_ends_over_a_restart_too(void **state)
{
    for (unsigned cleanly = 0; cleanly < 2; cleanly++) {
        struct scene scene;
        (void)state;
        begin(&scene, NULL);
        if (cleanly)
            driver_stop(&scene.driver);
        else
            driver_kill(&scene.driver);
        driver_start(&scene.driver);
        scene.alpha = driver_connect(&scene.driver, ALPHA, DRIVER_CREDIT_BYTES);
        scene.delta = driver_connect(&scene.driver, DELTA, DRIVER_CREDIT_BYTES);
        scene.request = peer_expect_one(&scene.delta, "r1");
        assert_int_equal(reply_code(&scene, &scene.delta, "p1"), 0);
        peer_expect_one(&scene.alpha, "p1");
        driver_close(&scene.driver);
    }
}

static void test_a_withdrawn_agreement_answers_the_asker_at_once(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, NULL);
    peer_lose(&scene.delta);
    driver_reload(
        &scene.driver,
        &(struct driver_config){
            .only_routes = "  - name: alpha-progress\n    from: alpha\n    type: dossier.progress\n    to: [beta]\n",
            .only_agreements =
                "  - name: alpha-beta\n    provider: alpha\n    consumer: beta\n    types: [dossier.progress]\n"
                "    purpose: Kiểm thử\n    basis: internal-rule\n    valid: {from: 2026-01-01}\n"});
    scene.delta = driver_connect(&scene.driver, DELTA, DRIVER_CREDIT_BYTES);
    peer_expect_nothing(&scene.delta);
    expect_failed(&scene, TRUC_E_NO_AGREEMENT);
    driver_close(&scene.driver);
}

static void test_open_requests_of_an_asker_are_bounded(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, &(struct driver_config){.limits = "  requests-open: 1\n"});
    struct test_message second = peer_message(&scene.alpha, "r2", "citizen.verify", "");
    second.header.kind = HEADER_REQUEST;
    assert_int_equal(peer_publish_one(&scene.alpha, &second).code, -TRUC_E_LIMIT);
    struct peer beta = driver_connect(&scene.driver, BETA, DRIVER_CREDIT_BYTES);
    peer_request(&beta, "r2"); /* another asker has its own bound */
    assert_int_equal(reply_code(&scene, &scene.delta, "p1"), 0);
    assert_int_equal(peer_publish_one(&scene.alpha, &second).code, 0);
    driver_close(&scene.driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reply_ends_it_and_a_second_one_answers_nothing),
        cmocka_unit_test(test_only_the_provider_may_answer),
        cmocka_unit_test(test_a_rejection_reaches_the_asker_with_its_reason),
        cmocka_unit_test(test_the_deadline_ends_it_and_a_late_reply_answers_nothing),
        cmocka_unit_test(test_it_is_not_delivered_after_its_deadline),
        cmocka_unit_test(test_it_ends_over_a_restart_too),
        cmocka_unit_test(test_a_withdrawn_agreement_answers_the_asker_at_once),
        cmocka_unit_test(test_open_requests_of_an_asker_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
