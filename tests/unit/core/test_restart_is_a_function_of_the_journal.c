/* test_restart_is_a_function_of_the_journal.c - what a restart remembers does not depend on how it was read back.
 * Snapshot and replay, replay alone, and lost queue lists give the same state, byte for byte as core_save writes it.
 * Not damage of the journal itself (tests/unit/journal). */
#include "core_driver.h"

#include <stdio.h>

static const char *const ids[] = {"m0", "m1", "m2", "m3", "m4", "m5"}, *const subjects[] = {"A", "B", "A",
                                                                                            "C", "D", "A"};

/* Something of everything: done, rejected, retried, waiting, an open request, an answered one. */
static void live(struct driver *driver)
{
    struct taken taken[8];
    struct peer alpha = driver_connect(driver, ALPHA, DRIVER_CREDIT_BYTES),
                beta = driver_connect(driver, BETA, DRIVER_CREDIT_BYTES);
    struct peer delta = driver_connect(driver, DELTA, DRIVER_CREDIT_BYTES);
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        peer_accepted(&alpha, ids[i], subjects[i]);
    assert_int_equal(peer_take_deliveries(&beta, taken, 8), 4);
    peer_settle_one(&beta, &taken[1], SETTLED_DONE);
    peer_settle_one(&beta, &taken[2], SETTLED_REJECT);
    peer_settle_one(&beta, &taken[3], SETTLED_RETRY);
    peer_request(&alpha, "r1");
    struct taken request = peer_expect_one(&delta, "r1");
    struct test_message reply = peer_reply(&delta, "p1", &request);
    assert_int_equal(peer_publish_one(&delta, &reply).code, 0);
    peer_settle_one(&delta, &request, SETTLED_DONE);
    peer_request(&alpha, "r2");
}

static void save(struct driver *driver, struct buffer *out)
{
    buffer_clear(out);
    assert_int_equal(core_save(engine_core(driver->engine), out), 0);
}

/* Delivers what is left; the ids in order, with dead letters and open requests. */
static void describe(struct driver *driver, struct buffer *out)
{
    struct taken taken[8];
    struct bytes dead;
    buffer_clear(out);
    struct peer operator= driver_connect(driver, OPERATOR, 0);
    assert_int_equal(peer_ask(&operator, "dead-list", BYTES_EMPTY, &dead), 0);
    buffer_append_bytes(out, dead);
    static const enum driver_system receivers[] = {ALPHA, BETA, GAMMA, DELTA};
    for (size_t i = 0; i < COUNT_OF(receivers); i++) {
        struct peer peer = driver_connect(driver, receivers[i], DRIVER_CREDIT_BYTES);
        for (size_t count; (count = peer_take_deliveries(&peer, taken, 8)) > 0;) {
            struct settlement settlements[8];
            for (size_t k = 0; k < count; k++) {
                buffer_printf(out, "%u:%.*s@%llu ", (unsigned)i, BYTES_PRINTF(taken[k].header.id),
                              (unsigned long long)taken[k].sequence);
                settlements[k] = taken_settlement(&taken[k], SETTLED_DONE);
            }
            peer_settle(&peer, settlements, count, false);
        }
    }
}

static void test_every_way_back_gives_the_same_state(void **state)
{
    struct driver driver, other;
    struct buffer first BUFFER_CLEANUP = {0}, second BUFFER_CLEANUP = {0};
    (void)state;
    const char *const lost[] = {NULL, "snapshot", ".ql"};
    for (size_t i = 0; i < 3; i++) {
        driver_open(i ? &other : &driver, NULL);
        struct driver *it = i ? &other : &driver;
        live(it);
        driver_stop(it);
        if (lost[i])
            driver_remove_files(it, lost[i]);
        driver_start(it);
        assert_int_equal(engine_opened(it->engine)->restored_sequence > 0, i == 0);
        describe(it, i ? &second : &first);
        if (i) {
            assert_int_equal(first.size, second.size);
            assert_memory_equal(first.data, second.data, first.size);
        }
        driver_close(it);
    }
}

static void test_a_snapshot_and_the_records_behind_it_are_as_good_as_all_records(void **state)
{
    struct driver driver;
    struct buffer first BUFFER_CLEANUP = {0}, second BUFFER_CLEANUP = {0};
    (void)state;
    driver_open(&driver, NULL);
    live(&driver);
    driver_stop(&driver);
    driver_start(&driver);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct taken taken[8];
    size_t count = peer_take_deliveries(&beta, taken, 8);
    assert_true(count > 0);
    peer_settle_one(&beta, &taken[0], SETTLED_DONE);
    peer_accepted(&alpha, "later", "Z");
    driver_kill(&driver);
    struct memory_disk *copy = memory_disk_copy(driver.disk);
    assert_non_null(copy);
    driver_start(&driver); /* from the snapshot */
    assert_true(engine_opened(driver.engine)->restored_sequence > 0);
    describe(&driver, &first);
    driver_kill(&driver);
    struct memory_disk *used = driver.disk;
    driver.disk = copy;
    driver_remove_files(&driver, "snapshot");
    driver_start(&driver); /* from nothing */
    assert_int_equal(engine_opened(driver.engine)->restored_sequence, 0);
    describe(&driver, &second);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    memory_disk_free(used);
    driver_close(&driver);
}

static void test_a_restart_without_events_changes_nothing(void **state)
{
    struct driver driver;
    struct buffer before BUFFER_CLEANUP = {0}, after BUFFER_CLEANUP = {0};
    (void)state;
    driver_open(&driver, NULL);
    live(&driver);
    driver_stop(&driver);
    driver_start(&driver);
    save(&driver, &before);
    driver_stop(&driver);
    driver_start(&driver);
    save(&driver, &after);
    assert_int_equal(before.size, after.size);
    driver_close(&driver);
}

/* What was settled ahead of an unsettled one is known from the journal at first, and then from snapshots alone. */
static void test_what_was_settled_stays_settled_over_snapshots(void **state)
{
    struct driver driver;
    struct taken taken[8];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "open", "A");
    peer_accepted(&alpha, "done", "B");
    peer_accepted(&alpha, "dead", "C");
    assert_int_equal(peer_take_deliveries(&beta, taken, 8), 3);
    peer_settle_one(&beta, &taken[1], SETTLED_DONE);
    peer_settle_one(&beta, &taken[2], SETTLED_REJECT);
    for (unsigned restarts = 0; restarts < 3; restarts++) {
        if (restarts == 0)
            driver_kill(&driver);
        else
            driver_stop(&driver);
        driver_start(&driver);
        beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        peer_expect_one(&beta, "open");
        peer_expect_nothing(&beta);
    }
    driver_close(&driver);
}

/* A dead letter made at once was never in the queue: nothing must go on looking for it there. */
static void test_a_restart_remembers_no_more_than_was_known_before(void **state)
{
    struct driver driver;
    struct buffer before BUFFER_CLEANUP = {0}, after BUFFER_CLEANUP = {0};
    (void)state;
    driver_open(&driver, &(struct driver_config){
                             .routes = "  - name: all\n    from: alpha\n    type: dossier.received\n    to: gamma\n",
                             .agreements = "  - name: lapsed\n    provider: alpha\n    consumer: gamma\n    types: "
                                           "[dossier.received]\n    purpose: Kiểm thử\n    basis: internal-rule\n    "
                                           "valid: {from: 2026-01-01, until: 2026-01-02}\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message message = peer_message(&alpha, "m1", "dossier.received", "A");
    assert_int_equal(peer_publish_one(&alpha, &message).code, 0);
    assert_int_equal(driver_record_count(&driver, RECORD_DEAD), 1);
    save(&driver, &before);
    driver_kill(&driver);
    driver_start(&driver);
    save(&driver, &after);
    assert_int_equal(after.size, before.size);
    driver_close(&driver);
}

/* Lists are never synced: a power cut may take a sector out of the middle of one and leave the end. */
static void test_a_list_with_a_hole_is_rebuilt(void **state)
{
    enum { LIST_HEADER_BYTES = 32, LIST_ENTRY_BYTES = 32 };
    (void)state;
    for (unsigned behind = 0; behind < 2;
         behind++) { /* whether the hole is in what the snapshot counts on, or behind it */
        struct driver driver;
        struct taken taken[8];
        const char *const path = "/journal/queues/beta.1.ql";
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        for (size_t i = 0; i < COUNT_OF(ids); i++) {
            peer_accepted(&alpha, ids[i], ids[i]);
            if (behind && i == 0) {
                driver_stop(&driver);
                driver_start(&driver);
                alpha = driver_connect(&driver, ALPHA, 0);
            }
        }
        if (!behind)
            driver_stop(&driver);
        else {
            assert_int_equal(engine_commit(driver.engine, NULL), 0);
            engine_abandon(driver.engine); /* writes the list, but no snapshot */
            driver.engine = NULL;
        }
        struct buffer *list = memory_disk_content(driver.disk, path);
        assert_int_equal(list->size, LIST_HEADER_BYTES + COUNT_OF(ids) * LIST_ENTRY_BYTES);
        memset(list->data + LIST_HEADER_BYTES + 2 * LIST_ENTRY_BYTES, 0, LIST_ENTRY_BYTES);
        driver_start(&driver);
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        assert_int_equal(peer_take_deliveries(&beta, taken, 8), COUNT_OF(ids));
        for (size_t i = 0; i < COUNT_OF(ids); i++)
            assert_true(bytes_equal_string(taken[i].header.id, ids[i]));
        driver_close(&driver);
    }
}

/* A receipt is journaled whole, so it must be taken whole: else a restart would settle what was not. */
static void test_a_receipt_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    for (unsigned twist = 0; twist < 3; twist++) {
        struct driver driver;
        struct taken taken[8];
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0),
                    beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        peer_accepted(&alpha, "a1", "A");
        peer_accepted(&alpha, "b1", "B");
        assert_int_equal(peer_take_deliveries(&beta, taken, 8), 2);
        struct settlement settlements[] = {taken_settlement(&taken[0], SETTLED_DONE),
                                           taken_settlement(&taken[1], SETTLED_DONE)};
        if (twist == 0)
            settlements[1].message_leaf = taken[0].message.header; /* another message's leaf */
        else if (twist == 1)
            settlements[1] = settlements[0]; /* the same twice */
        else
            settlements[1].outcome = 9;
        peer_settle(&beta, settlements, 2, false);
        peer_expect_error(&beta, TRUC_E_PROTOCOL);
        assert_int_equal(driver_record_count(&driver, RECORD_SETTLED), 0);
        driver_kill(&driver);
        driver_start(&driver);
        beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        assert_int_equal(peer_take_deliveries(&beta, taken, 8), 2);
        settlements[0] = taken_settlement(&taken[0], SETTLED_DONE);
        peer_settle(&beta, settlements, 1, true);
        peer_expect_error(&beta, TRUC_E_SIGNATURE);
        driver_close(&driver);
    }
}

/* Beta may not have them, gamma may: each is one record with its dead letter behind it, however the round is cut into groups. */
static void publish_many_for_the_suspended(struct peer *alpha, size_t note_bytes)
{
    enum { COUNT = 60 };
    struct test_message messages[COUNT];
    char names[COUNT][8];
    struct buffer payload BUFFER_CLEANUP = {0};
    buffer_append_byte(&payload, 0x3a); /* DossierProgress.note */
    buffer_append_byte(&payload, (uint8_t)note_bytes);
    memset(buffer_extend(&payload, note_bytes), 'x', note_bytes);
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(names[i], sizeof names[i], "m%zu", i);
        messages[i] = peer_message(alpha, names[i], "dossier.progress", names[i]);
        messages[i].payload = buffer_view(&payload);
    }
    peer_publish(alpha, messages, COUNT, NULL);
}

static void test_a_dead_letter_is_there_with_its_message(void **state)
{
    enum { SHAPES = 24, GROUPS = 4 };
    const struct driver_config suspended = {.beta_lines = "suspended: true\n"};
    size_t accepted = 0;
    (void)state;
    for (unsigned run = 0; run < SHAPES * GROUPS; run++) {
        struct driver driver;
        driver_open(&driver, &suspended);
        driver_stop(&driver);
        driver.segment_bytes = JOURNAL_SEGMENT_BYTES_MIN;
        memory_disk_free(driver.disk);
        driver.disk = memory_disk_new();
        driver_start(&driver);
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        publish_many_for_the_suspended(&alpha, 1 + run / GROUPS * 5);
        memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){.fail_write = 1 + run % GROUPS});
        (void)driver_commit(&driver); /* fails, or has ended before */
        driver_power_cut(&driver);
        driver_start(&driver);
        accepted += driver_record_count(&driver, RECORD_ACCEPTED);
        assert_int_equal(driver_record_count(&driver, RECORD_DEAD), driver_record_count(&driver, RECORD_ACCEPTED));
        driver_close(&driver);
    }
    assert_true(accepted > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way_back_gives_the_same_state),
        cmocka_unit_test(test_a_snapshot_and_the_records_behind_it_are_as_good_as_all_records),
        cmocka_unit_test(test_a_restart_without_events_changes_nothing),
        cmocka_unit_test(test_what_was_settled_stays_settled_over_snapshots),
        cmocka_unit_test(test_a_restart_remembers_no_more_than_was_known_before),
        cmocka_unit_test(test_a_list_with_a_hole_is_rebuilt),
        cmocka_unit_test(test_a_receipt_is_taken_whole_or_not_at_all),
        cmocka_unit_test(test_a_dead_letter_is_there_with_its_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
