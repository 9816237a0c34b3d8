/* test_a_paused_queue_waits.c - an operator's pause: what comes for the system is accepted and waits, nothing is delivered, and that
 * is so after a restart, however it was read back, until an operator resumes it.
 * Alpha's dossiers go to beta and to gamma; beta is paused. */
#include "core_driver.h"

#include "protobuf_wire.h"

static int ask(struct peer *peer, const char *verb, const char *system, const char *reason)
{
    struct buffer arguments = {0};
    wire_put_string(&arguments, 1, system);
    wire_put_string(&arguments, 2, reason);
    int code = peer_ask(peer, verb, buffer_view(&arguments), NULL);
    buffer_free(&arguments);
    return code;
}

static int pause_beta(struct driver *driver, const char *verb)
{
    struct peer operator= driver_connect(driver, OPERATOR, 0);
    int code = ask(&operator, verb, "beta", "bảo trì");
    peer_lose(&operator);
    return code;
}

static void test_nothing_is_delivered_until_it_is_resumed(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct peer gamma = driver_connect(&driver, GAMMA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "before", "A");
    struct taken before = peer_expect_one(&beta, "before");
    assert_int_equal(pause_beta(&driver, "queue-pause"), 0);
    peer_accepted(&alpha, "during", "B");
    driver_advance(&driver, SECOND);
    peer_expect_nothing(&beta);
    peer_settle_one(&beta, &before, SETTLED_DONE); /* what it has may be settled, */
    peer_expect_nothing(&beta);                    /* and brings nothing new */
    struct taken taken[4];
    assert_int_equal(peer_take_deliveries(&gamma, taken, COUNT_OF(taken)), 2); /* others are not concerned */
    assert_int_equal(pause_beta(&driver, "queue-resume"), 0);
    peer_expect_one(&beta, "during");
    driver_close(&driver);
}

/* What was picked in the same round is on its way out of the journal when the pause comes. */
static void test_what_is_being_fetched_is_put_back_in_order_with_its_credit(void **state)
{
    static const char *const ids[] = {"m0", "m1", "m2"}, *const subjects[] = {"A", "B", "C"};
    struct driver driver;
    struct taken taken[4];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), operator= driver_connect(&driver, OPERATOR, 0);
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        peer_accepted(&alpha, ids[i], subjects[i]);
    struct peer beta = driver_peer(&driver, BETA);
    struct command hello = driver_hello(&beta, DRIVER_CREDIT_BYTES), question = {.kind = COMMAND_ASK};
    struct buffer arguments = {0};
    wire_put_string(&arguments, 1, "beta");
    wire_put_string(&arguments, 2, "at once");
    question.ask =
        (struct command_ask){.number = 77, .verb = bytes_string("queue-pause"), .arguments = buffer_view(&arguments)};
    peer_send(&beta, &hello);
    peer_send(&operator, & question);
    driver_round(&driver);
    peer_expect_nothing(&beta);
    buffer_free(&arguments);
    assert_int_equal(driver_record_count(&driver, RECORD_ATTEMPTED), 0);
    assert_int_equal(pause_beta(&driver, "queue-resume"), 0);
    assert_int_equal(peer_take_deliveries(&beta, taken, COUNT_OF(taken)), COUNT_OF(ids));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_true(bytes_equal_string(taken[i].header.id, ids[i]));
        assert_int_equal(taken[i].attempt, 1);
    }
    driver_close(&driver);
}

static void save(struct driver *driver, struct buffer *out)
{
    buffer_clear(out);
    assert_int_equal(core_save(engine_core(driver->engine), out), 0);
    assert_non_null(memmem(out->data, out->size, "bảo trì", strlen("bảo trì")));
}

static void expect_paused(struct driver *driver)
{
    struct peer beta = driver_connect(driver, BETA, DRIVER_CREDIT_BYTES);
    struct peer auditor = driver_connect(driver, AUDITOR, 0);
    struct bytes status;
    peer_expect_nothing(&beta);
    assert_int_equal(peer_ask(&auditor, "status", BYTES_EMPTY, &status), 0);
    assert_non_null(memmem(status.data, status.size, "bảo trì", strlen("bảo trì")));
    peer_lose(&beta);
    peer_lose(&auditor);
}

static void test_a_pause_survives_every_kind_of_restart(void **state)
{
    struct driver driver;
    struct buffer live = {0}, replayed = {0};
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    assert_int_equal(pause_beta(&driver, "queue-pause"), 0);
    peer_accepted(&alpha, "m1", "A");
    expect_paused(&driver);
    driver_kill(&driver); /* from the journal alone */
    driver_start(&driver);
    expect_paused(&driver);
    save(&driver, &live);
    driver_stop(&driver); /* from a snapshot */
    driver_start(&driver);
    expect_paused(&driver);
    driver_stop(&driver);
    driver_remove_files(&driver, "snapshots/");
    driver_start(&driver);
    expect_paused(&driver);
    save(&driver, &replayed);
    assert_int_equal(pause_beta(&driver, "queue-resume"), 0);
    driver_power_cut(&driver);
    driver_start(&driver);
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_expect_one(&beta, "m1");
    buffer_free(&live);
    buffer_free(&replayed);
    driver_close(&driver);
}

static void test_what_can_not_be_is_refused_by_name_and_changes_nothing(void **state)
{
    static const struct {
        const char *verb, *system, *reason;
        int code;
    } asks[] = {{"queue-pause", "nobody", "why", TRUC_E_NOT_FOUND}, {"queue-resume", "beta", "why", TRUC_E_STATE},
                {"queue-pause", "beta", "", TRUC_E_ARGUMENT},       {"queue-pause", "beta", "bảo trì", 0},
                {"queue-pause", "beta", "again", TRUC_E_STATE},     {"queue-resume", "beta", "", TRUC_E_ARGUMENT}};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer operator= driver_connect(&driver, OPERATOR, 0);
    for (size_t i = 0; i < COUNT_OF(asks); i++)
        assert_int_equal(ask(&operator, asks[i].verb, asks[i].system, asks[i].reason), asks[i].code);
    assert_int_equal(driver_record_count(&driver, RECORD_OPERATION), COUNT_OF(asks));
    driver_kill(&driver); /* refused operations mean nothing to a replay either */
    driver_start(&driver);
    expect_paused(&driver);
    driver_close(&driver);
}

static void test_a_question_to_a_paused_provider_ends_at_its_deadline(void **state)
{
    struct driver driver;
    struct command failed;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, DRIVER_CREDIT_BYTES);
    struct peer delta = driver_connect(&driver, DELTA, DRIVER_CREDIT_BYTES);
    struct peer operator= driver_connect(&driver, OPERATOR, 0);
    assert_int_equal(ask(&operator, "queue-pause", "delta", "why"), 0);
    peer_request(&alpha, "r1");
    peer_expect_nothing(&delta);
    const struct command alive = {.kind = COMMAND_PONG};
    for (unsigned s = 0; s < 21; s++) {
        peer_send(&alpha, &alive);
        peer_send(&delta, &alive);
        driver_advance(&driver, SECOND);
    }
    assert_true(peer_take(&alpha, COMMAND_FAILED, &failed));
    assert_int_equal(failed.failed.code, -TRUC_E_DEADLINE);
    peer_expect_nothing(&delta);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_delivered_until_it_is_resumed),
        cmocka_unit_test(test_what_is_being_fetched_is_put_back_in_order_with_its_credit),
        cmocka_unit_test(test_a_pause_survives_every_kind_of_restart),
        cmocka_unit_test(test_what_can_not_be_is_refused_by_name_and_changes_nothing),
        cmocka_unit_test(test_a_question_to_a_paused_provider_ends_at_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
