/* test_blocked_holds_publishes_in_order.c - short of something, the broker says so, keeps what came, and goes on in order.
 * Not what makes it short (bus/io/disk_space.h).
 * Through engine_room, as the daemon calls it. */
#include <stdio.h>

#include "core_driver.h"

static void room(struct driver *driver, bool blocked)
{
    assert_int_equal(engine_room(driver->engine, blocked, blocked ? "disk 91 % > 90 %" : "", NULL), 0);
}

static void publish(struct peer *peer, const char *id, struct bytes payload)
{
    struct test_message message = peer_message(peer, id, "dossier.progress", "A");
    message.payload = payload;
    peer_publish(peer, &message, 1, NULL);
}

static void test_publishes_wait_and_are_taken_in_order(void **state)
{
    struct driver driver;
    struct command notice;
    struct outcome outcome;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    room(&driver, true);
    driver_round(&driver);
    assert_true(peer_take(&alpha, COMMAND_NOTICE, &notice));
    assert_int_equal(notice.error.code, -TRUC_E_BLOCKED);
    assert_true(bytes_equal_string(notice.error.text, "disk 91 % > 90 %"));
    publish(&alpha, "m1", BYTES_EMPTY);
    publish(&alpha, "m2", BYTES_EMPTY);
    driver_round(&driver);
    assert_false(peer_outcomes(&alpha, 1, &outcome, 1));
    room(&driver, false);
    publish(&alpha, "m3", BYTES_EMPTY);
    driver_round(&driver);
    for (uint64_t number = 1; number <= 3; number++)
        assert_true(peer_outcomes(&alpha, number, &outcome, 1));
    struct taken first = peer_expect_one(&beta, "m1");
    peer_settle_one(&beta, &first, SETTLED_DONE);
    first = peer_expect_one(&beta, "m2");
    peer_settle_one(&beta, &first, SETTLED_DONE);
    peer_expect_one(&beta, "m3");
    driver_close(&driver);
}

/* A held frame lives shorter than the frames of the round in which it is released. */
static void test_held_payloads_are_stored_as_they_came(void **state)
{
    struct driver driver;
    struct buffer payload BUFFER_CLEANUP = {0};
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    buffer_append_string(&payload, "\x3a\x80\x20"); /* DossierProgress.note of 4096 bytes */
    for (unsigned i = 0; i < 4096; i++)
        buffer_append_byte(&payload, 'x');
    room(&driver, true);
    publish(&alpha, "m1", buffer_view(&payload));
    driver_round(&driver);
    room(&driver, false);
    struct command ping = {.kind = COMMAND_PING};
    peer_send(&alpha, &ping); /* a frame of the same round */
    driver_round(&driver);
    struct taken taken = peer_expect_one(&beta, "m1");
    assert_true(bytes_equal(taken.message.payload, buffer_view(&payload)));
    driver_close(&driver);
}

static void test_a_client_may_end_while_its_frames_are_released(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    room(&driver, true);
    publish(&alpha, "m1", BYTES_EMPTY);
    alpha.number--; /* the same number twice: a protocol error, seen when it is released */
    publish(&alpha, "m2", BYTES_EMPTY);
    publish(&alpha, "m3", BYTES_EMPTY);
    driver_round(&driver);
    room(&driver, false);
    driver_round(&driver);
    peer_expect_error(&alpha, TRUC_E_PROTOCOL);
    peer_expect_one(&beta, "m1");
    driver_close(&driver);
}

static void test_a_client_removed_meanwhile_is_sent_away(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer beta = driver_connect(&driver, BETA, 0);
    room(&driver, true);
    struct test_message message = peer_message(&beta, "r1", "citizen.verify", "");
    message.header.kind = HEADER_REQUEST;
    peer_publish(&beta, &message, 1, NULL);
    driver_round(&driver);
    driver_reload(&driver, &(struct driver_config){.beta_lines = "suspended: true\n"});
    peer_expect_error(&beta, TRUC_E_SUSPENDED);
    room(&driver, false);
    driver_round(&driver);
    assert_int_equal(driver_record_count(&driver, RECORD_ACCEPTED), 0);
    driver_close(&driver);
}

static uint64_t stored_bytes(struct driver *driver)
{
    uint64_t bytes = 0;
    const char *path;
    for (size_t n = 0; (path = memory_disk_path(driver->disk, n)) != NULL; n++)
        bytes += memory_disk_content(driver->disk, path)->size;
    return bytes;
}

/* The disk has no room for the next segment although the daemon's look at it found nothing amiss: a quota, a small disk. */
static void test_no_room_for_a_segment_blocks_until_there_is_room(void **state)
{
    (void)state;
    for (unsigned daemon_too = 0; daemon_too < 2; daemon_too++) {
        struct driver driver;
        struct command notice;
        struct outcome outcome;
        driver_open(&driver, NULL);
        memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){.space_bytes = stored_bytes(&driver)});
        struct peer alpha = driver_connect(&driver, ALPHA, 0),
                    beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        assert_true(peer_take(&alpha, COMMAND_NOTICE, &notice));
        assert_int_equal(notice.error.code, -TRUC_E_BLOCKED);
        publish(&alpha, "m1", BYTES_EMPTY);
        driver_round(&driver);
        assert_false(peer_outcomes(&alpha, 1, &outcome, 1));
        assert_true(engine_wake_up_ns(driver.engine) > driver.up_ns); /* it does not ask the disk all the time */
        memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){0});
        if (daemon_too)
            room(&driver, true);
        driver_advance(&driver, SECOND);
        if (daemon_too) { /* one reason is gone, the other is not */
            assert_false(peer_outcomes(&alpha, 1, &outcome, 1));
            room(&driver, false);
            driver_round(&driver);
        }
        assert_true(peer_outcomes(&alpha, 1, &outcome, 1));
        assert_true(peer_take(&alpha, COMMAND_NOTICE, &notice));
        assert_int_equal(notice.error.code, 0);
        peer_expect_one(&beta, "m1");
        driver_close(&driver);
    }
}

/* What waits for one is delivered and settled while nothing new is taken; a snapshot is no reason to end that. */
static void test_a_full_disk_leaves_a_snapshot_out_and_nothing_else(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    driver_round(&driver); /* the next segment is ready */
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    driver_kill(&driver);
    driver.snapshot_records = 1;
    driver_start(&driver);
    driver_round(&driver);
    memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){.space_bytes = stored_bytes(&driver)});
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct taken taken = peer_expect_one(&beta, "m1");
    peer_settle_one(&beta, &taken, SETTLED_DONE);
    assert_non_null(strstr(buffer_string(&driver.log), "no room for a snapshot"));
    memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){0});
    driver_close(&driver);
}

/* To the last byte, so that the lists of what waits can't be written either: they are kept in memory, and nothing new is taken. */
static void test_a_full_disk_holds_the_lists_and_blocks(void **state)
{
    enum { MESSAGES = 2 * QUEUE_LIST_BUFFERED_MAX };
    (void)state;
    for (unsigned ends_full = 0; ends_full < 2; ends_full++) {
        struct driver driver;
        struct command notice;
        char id[16];
        driver_open(&driver, NULL);
        driver_round(&driver); /* the next segment is ready */
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){.space_bytes = stored_bytes(&driver)});
        for (unsigned i = 0; i < MESSAGES; i++) {
            (void)snprintf(id, sizeof id, "m%u", i);
            publish(&alpha, id, BYTES_EMPTY);
        }
        driver_round(&driver);
        assert_true(peer_take(&alpha, COMMAND_NOTICE, &notice));
        assert_int_equal(notice.error.code, -TRUC_E_BLOCKED);
        assert_non_null(strstr(buffer_string(&driver.log), "blocked: no room for the lists of what waits"));
        assert_true(engine_wake_up_ns(driver.engine) > driver.up_ns); /* it does not ask the disk all the time */
        if (!ends_full) {
            memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){0});
            driver_advance(&driver, SECOND);
            assert_true(peer_take(&alpha, COMMAND_NOTICE, &notice));
            assert_int_equal(notice.error.code, 0);
        }
        driver_stop(&driver); /* a clean end, full disk or not */
        memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){0});
        driver_start(&driver);
        assert_int_equal(driver_record_count(&driver, RECORD_ACCEPTED), MESSAGES);
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        for (unsigned i = 0; i < MESSAGES; i++) {
            (void)snprintf(id, sizeof id, "m%u", i);
            struct taken taken = peer_expect_one(&beta, id);
            peer_settle_one(&beta, &taken, SETTLED_DONE);
        }
        driver_close(&driver);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publishes_wait_and_are_taken_in_order),
        cmocka_unit_test(test_held_payloads_are_stored_as_they_came),
        cmocka_unit_test(test_a_client_may_end_while_its_frames_are_released),
        cmocka_unit_test(test_a_client_removed_meanwhile_is_sent_away),
        cmocka_unit_test(test_no_room_for_a_segment_blocks_until_there_is_room),
        cmocka_unit_test(test_a_full_disk_leaves_a_snapshot_out_and_nothing_else),
        cmocka_unit_test(test_a_full_disk_holds_the_lists_and_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
