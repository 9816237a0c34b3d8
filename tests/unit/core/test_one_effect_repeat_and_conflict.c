/* test_one_effect_repeat_and_conflict.c - an id is accepted once; the same again is a repeat, other content a conflict.
 * Not the receiver's inbox (tests/unit/sdk).
 * Also across a restart, with and without a snapshot. */
#include "core_driver.h"

static void expect_repeat(struct peer *alpha, const struct test_message *message, uint64_t sequence)
{
    struct outcome outcome = peer_publish_one(alpha, message);
    assert_int_equal(outcome.code, 0);
    assert_true(outcome.repeat);
    assert_int_equal(outcome.sequence, sequence);
}

static void expect_conflict(struct peer *alpha, const struct test_message *message)
{
    struct test_message other = *message;
    other.header.subject = bytes_string("H56-other");
    assert_int_equal(peer_publish_one(alpha, &other).code, -TRUC_E_CONFLICT);
}

static void test_a_repeat_is_answered_and_not_delivered_again(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "H56-1");
    uint64_t sequence = peer_publish_one(&alpha, &message).sequence;
    expect_repeat(&alpha, &message, sequence);
    expect_conflict(&alpha, &message);
    peer_expect_one(&beta, "m1");
    assert_int_equal(driver_record_count(&driver, RECORD_ACCEPTED), 1);
    driver_close(&driver);
}

/* What the next welcome says of the publishes of this run of the program; 0: none known. */
static uint64_t answered_so_far(struct peer *peer, const uint8_t session[PROTOCOL_SESSION_BYTES])
{
    struct command hello = driver_hello(peer, 0), welcome;
    if (session)
        hello.hello.session = bytes_of(session, PROTOCOL_SESSION_BYTES);
    peer_send(peer, &hello);
    driver_round(peer->driver);
    assert_true(peer_take(peer, COMMAND_WELCOME, &welcome));
    return welcome.welcome.published_through;
}

static void test_a_reconnected_sender_is_told_how_far_it_was_answered(void **state)
{
    static const uint8_t other_run[PROTOCOL_SESSION_BYTES] = {2};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_peer(&driver, ALPHA);
    assert_int_equal(answered_so_far(&alpha, NULL), 0);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "H56-1");
    peer_publish_one(&alpha, &message);
    struct test_message second = peer_message(&alpha, "m2", "dossier.progress", "H56-1");
    peer_publish_one(&alpha, &second);
    uint64_t number = alpha.number;
    peer_lose(&alpha);
    struct peer again = driver_peer(&driver, ALPHA);
    assert_int_equal(answered_so_far(&again, NULL), number);
    peer_lose(&again);
    struct peer another = driver_peer(&driver, ALPHA);
    assert_int_equal(answered_so_far(&another, other_run), 0);
    driver_close(&driver);
}

static void test_repeats_are_known_inside_one_bundle(void **state)
{
    struct driver driver;
    struct outcome outcomes[3];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "H56-1");
    struct test_message bundle[] = {message, message, peer_message(&alpha, "m1", "dossier.progress", "H56-2")};
    uint64_t number = peer_publish(&alpha, bundle, 3, NULL);
    driver_round(&driver);
    assert_true(peer_outcomes(&alpha, number, outcomes, 3));
    assert_false(outcomes[0].repeat);
    assert_true(outcomes[1].repeat);
    assert_int_equal(outcomes[1].sequence, outcomes[0].sequence);
    assert_int_equal(outcomes[2].code, -TRUC_E_CONFLICT);
    driver_close(&driver);
}

static void test_ids_are_remembered_over_restarts(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "H56-1");
    uint64_t sequence = peer_publish_one(&alpha, &message).sequence;
    driver_kill(&driver); /* replayed */
    driver_start(&driver);
    alpha = driver_connect(&driver, ALPHA, 0);
    expect_repeat(&alpha, &message, sequence);
    driver_stop(&driver); /* from the snapshot */
    driver_start(&driver);
    alpha = driver_connect(&driver, ALPHA, 0);
    expect_repeat(&alpha, &message, sequence);
    expect_conflict(&alpha, &message);
    driver_close(&driver);
}

static void test_two_systems_may_use_the_same_id(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0);
    assert_int_not_equal(peer_request(&alpha, "m1"), peer_request(&beta, "m1"));
    driver_close(&driver);
}

/* The outcome was lost with the connection, and limits were lowered before the sender came back. */
static void test_a_repeat_is_one_whatever_the_limits_are_by_now(void **state)
{
    struct driver driver;
    struct buffer payload BUFFER_CLEANUP = {0};
    (void)state;
    buffer_append_string(&payload, "\x3a\x80\x20"); /* DossierProgress.note of 4096 bytes */
    for (unsigned i = 0; i < 4096; i++)
        buffer_append_byte(&payload, 'x');
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "A");
    message.payload = buffer_view(&payload);
    uint64_t sequence = peer_publish_one(&alpha, &message).sequence;
    driver_reload(&driver, &(struct driver_config){.limits = "  message-bytes: 2048\n"});
    expect_repeat(&alpha, &message, sequence);
    message.header.id = bytes_string("m2");
    assert_int_equal(peer_publish_one(&alpha, &message).code, -TRUC_E_TOO_LARGE);
    driver_close(&driver);
}

/* An id whose window is over may be used again. The journal then has it many times, the broker once. */
static void test_an_id_used_again_after_its_window_is_known_by_its_last_use(void **state)
{
    enum { USES = 12 };
    struct driver driver;
    struct outcome outcome = {0};
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  dedupe-window: 1h\n"});
    struct test_message message = {0};
    for (unsigned use = 0; use < USES; use++) {
        driver_advance(&driver, 7200 * SECOND);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        message = peer_message(&alpha, "weekly", "dossier.progress", "A");
        outcome = peer_publish_one(&alpha, &message);
        assert_int_equal(outcome.code, 0);
        assert_false(outcome.repeat);
    }
    driver_kill(&driver);
    driver_start(&driver); /* from the journal alone */
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned again = 0; again < 2; again++) {
        struct outcome repeat = peer_publish_one(&alpha, &message);
        assert_int_equal(repeat.code, 0);
        assert_true(repeat.repeat);
        assert_int_equal(repeat.sequence, outcome.sequence);
        driver_advance(&driver, SECOND); /* earlier uses are forgotten */
        driver_advance(&driver, SECOND);
    }
    driver_close(&driver);
}

/* Its id may have been accepted and forgotten: taking it could mean a second effect. Backfill is of old times by its nature. */
static void test_what_may_be_a_forgotten_repeat_is_too_old(void **state)
{
    struct driver driver;
    struct driver_config config = {.limits = "  dedupe-window: 1h\n"};
    (void)state;
    driver_open(&driver, &config);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message old = peer_message(&alpha, "m1", "dossier.progress", "H56-1"),
                        unknown = peer_message(&alpha, "m2", "dossier.progress", "H56-2"),
                        backfill = peer_message(&alpha, "m3", "dossier.progress", "H56-3");
    backfill.header.historical = true;
    peer_publish_one(&alpha, &old);
    driver_advance(&driver, 2 * 3600 * SECOND);
    alpha = driver_connect(&driver, ALPHA, 0);
    assert_int_equal(peer_publish_one(&alpha, &old).code, -TRUC_E_TOO_OLD);
    assert_int_equal(peer_publish_one(&alpha, &unknown).code, -TRUC_E_TOO_OLD);
    assert_int_equal(peer_publish_one(&alpha, &backfill).code, 0);
    struct test_message fresh = peer_message(&alpha, "m4", "dossier.progress", "H56-4");
    assert_int_equal(peer_publish_one(&alpha, &fresh).code, 0);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_repeat_is_answered_and_not_delivered_again),
        cmocka_unit_test(test_a_reconnected_sender_is_told_how_far_it_was_answered),
        cmocka_unit_test(test_repeats_are_known_inside_one_bundle),
        cmocka_unit_test(test_ids_are_remembered_over_restarts),
        cmocka_unit_test(test_what_may_be_a_forgotten_repeat_is_too_old),
        cmocka_unit_test(test_two_systems_may_use_the_same_id),
        cmocka_unit_test(test_a_repeat_is_one_whatever_the_limits_are_by_now),
        cmocka_unit_test(test_an_id_used_again_after_its_window_is_known_by_its_last_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
