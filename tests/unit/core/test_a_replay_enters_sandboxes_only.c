/* test_a_replay_enters_sandboxes_only.c - a message that cites the one it replays is refused by every bus but one for trying, and a
 * sandbox says in its welcome what it is, so that nobody need trust a file.
 * Not the tool that replays (tests/integration/replay). */
#include "core_driver.h"

static const uint8_t leaf[32] = {0xa5};

static struct test_message replayed(const struct peer *peer)
{
    struct test_message message = peer_message(peer, "r1", "dossier.progress", "H56-1");
    message.header.replay_of = (struct header_replay){bytes_string("thanhhoa"), 4711, bytes_of(leaf, sizeof leaf)};
    return message;
}

static bool welcomed_to_sandbox(struct driver *driver)
{
    struct command welcome;
    struct peer peer = driver_peer(driver, ALPHA);
    struct command hello = driver_hello(&peer, 0);
    peer_send(&peer, &hello);
    driver_round(driver);
    assert_true(peer_take(&peer, COMMAND_WELCOME, &welcome));
    return welcome.welcome.sandbox;
}

static void test_a_bus_at_work_refuses_it_by_name(void **state)
{
    struct driver driver;
    struct journal_record record;
    struct record_refused refused;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct test_message message = replayed(&alpha);
    assert_int_equal(-(int)peer_publish_one(&alpha, &message).code, TRUC_E_REPLAY);
    assert_int_equal(driver_record_count(&driver, RECORD_ACCEPTED), 0);
    assert_true(driver_record(&driver, RECORD_REFUSED, 0, &record));
    assert_int_equal(record_refused_decode(record.body, &refused, NULL), 0);
    assert_int_equal(-(int)refused.code, TRUC_E_REPLAY);
    peer_expect_nothing(&beta);
    assert_false(welcomed_to_sandbox(&driver));
    driver_close(&driver);
}

static void test_a_sandbox_takes_it_and_relays_the_citation(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, &(struct driver_config){.sandbox = true});
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct test_message message = replayed(&alpha);
    assert_int_equal(peer_publish_one(&alpha, &message).code, 0);
    struct taken taken = peer_expect_one(&beta, "r1");
    assert_true(bytes_equal_string(taken.header.replay_of.bus, "thanhhoa"));
    assert_int_equal(taken.header.replay_of.position, 4711);
    assert_true(bytes_equal(taken.header.replay_of.leaf, bytes_of(leaf, sizeof leaf)));
    peer_accepted(&alpha, "m1", "H56-2"); /* messages of its own pass as ever */
    assert_true(welcomed_to_sandbox(&driver));
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bus_at_work_refuses_it_by_name),
        cmocka_unit_test(test_a_sandbox_takes_it_and_relays_the_citation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
