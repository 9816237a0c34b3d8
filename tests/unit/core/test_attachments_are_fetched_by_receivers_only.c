/* test_attachments_are_fetched_by_receivers_only.c - who was sent a message that names it may have it, and nobody else learns that
 * it is there. Each fetch, and each attempt, is in the journal, before the first byte.
 * Positions are easy to guess: every wrong one is tried. */
#include "core_blobs.h"

enum { SIZE = 40 * BLOB_CHUNK + 99, SMALL = 600 };

static void only_its_own_receivers_have_it(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SMALL, 1), other = blob_make(SMALL, 2);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES),
                gamma = driver_connect(&driver, GAMMA, DRIVER_CREDIT_BYTES),
                delta = driver_connect(&driver, DELTA, DRIVER_CREDIT_BYTES);
    blob_upload_all(&alpha, 1, &blob);
    blob_upload_all(&alpha, 2, &other);
    uint64_t position = blob_publish_one(&alpha, "m1", &blob); /* to beta and gamma */
    uint64_t plain = peer_accepted(&alpha, "m2", "D1");
    assert_int_equal(blob_download(&beta, 1, &blob, position + 1, 0), 0);
    assert_int_equal(blob_download(&gamma, 1, &blob, position + 1, 100), 0);
    assert_int_equal(blob_download(&alpha, 3, &blob, 0, 0), 0);            /* it holds it */
    assert_int_equal(blob_download(&alpha, 3, &blob, position + 1, 0), 0); /* and sent it */
    assert_int_equal(blob_download(&delta, 1, &blob, position + 1, 0), TRUC_E_BLOB_DENIED);
    assert_int_equal(blob_download(&delta, 1, &blob, 0, 0), TRUC_E_BLOB_UNKNOWN);
    assert_int_equal(blob_download(&beta, 2, &blob, plain + 1, 0), TRUC_E_BLOB_DENIED);     /* names nothing */
    assert_int_equal(blob_download(&beta, 2, &other, position + 1, 0), TRUC_E_BLOB_DENIED); /* names another */
    assert_int_equal(blob_download(&beta, 2, &other, 0, 0), TRUC_E_BLOB_UNKNOWN);
    assert_int_equal(blob_download(&beta, 2, &blob, position, 0), TRUC_E_BLOB_DENIED);   /* no message */
    assert_int_equal(blob_download(&beta, 2, &blob, UINT64_MAX, 0), TRUC_E_BLOB_DENIED); /* not yet written */
    assert_int_equal(blob_download(&beta, 2, &blob, position + 1, SMALL + 1), TRUC_E_BLOB_BEYOND);
    driver_close(&driver);
    blob_free(&blob);
    blob_free(&other);
}

static void what_exists_and_what_does_not_look_alike(void **state)
{
    struct driver driver;
    struct test_blob there = blob_make(3 * BLOB_CHUNK, 1), absent = blob_make(3 * BLOB_CHUNK, 2);
    struct test_blob *const both[] = {&there, &absent};
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), delta = driver_connect(&driver, DELTA, 0);
    blob_upload_all(&alpha, 1, &there);
    for (uint64_t i = 0; i < 2; i++) {
        assert_int_equal(blob_download(&delta, 1, both[i], 0, 0), TRUC_E_BLOB_UNKNOWN);
        blob_ask_put(&delta, 2 + i, both[i], HEADER_NOT_SECRET, 0);
        struct command_blob_state told = blob_state(&delta, 2 + i);
        assert_int_equal(told.offset, 0);
        assert_false(told.complete);
        assert_int_equal(told.through, 3 * BLOB_CHUNK);
        blob_ask_put(&delta, 4 + i, both[i], HEADER_NOT_SECRET, 9); /* a position that is nothing to it */
        blob_expect_code(&delta, 4 + i, TRUC_E_BLOB_DENIED);
    }
    driver_close(&driver);
    blob_free(&there);
    blob_free(&absent);
}

static void each_fetch_is_journaled_before_its_first_byte(void **state)
{
    struct driver driver;
    struct command command;
    struct test_blob blob = blob_make(SMALL, 1);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0),
                delta = driver_connect(&driver, DELTA, 0);
    blob_upload_all(&alpha, 1, &blob);
    uint64_t position = blob_publish_one(&alpha, "m1", &blob);
    blob_ask_get(&beta, 1, &blob, position + 1, 200, UINT64_MAX);
    memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){.fail_sync = 1});
    assert_int_equal(driver_commit(&driver), TRUC_E_JOURNAL_FAILED);
    assert_false(peer_take(&beta, COMMAND_BLOB_CHUNK, &command));
    driver_kill(&driver);
    driver_start(&driver);
    beta = driver_connect(&driver, BETA, 0);
    delta = driver_connect(&driver, DELTA, 0);
    size_t before = driver_record_count(&driver, RECORD_BLOB);
    assert_int_equal(blob_download(&beta, 1, &blob, position + 1, 200), 0);
    struct record_blob record = blob_record(&driver, before);
    assert_int_equal(record.event, RECORD_BLOB_FETCHED);
    assert_true(bytes_equal_string(record.system, "beta"));
    assert_true(bytes_equal(record.sha256, sha256_view(&blob.sha256)));
    assert_int_equal(record.message, position + 1);
    assert_int_equal(record.offset, 200);
    assert_int_equal(record.code, 0);
    assert_int_equal(blob_download(&delta, 1, &blob, position + 1, 0), TRUC_E_BLOB_DENIED);
    driver_round(&driver);
    record = blob_record(&driver, before + 1);
    assert_true(bytes_equal_string(record.system, "delta"));
    assert_int_equal(record.code, -TRUC_E_BLOB_DENIED);
    driver_close(&driver);
    blob_free(&blob);
}

static void a_slow_reader_is_sent_no_more_than_it_gave_room_for(void **state)
{
    struct driver driver;
    struct command command;
    struct test_blob blob = blob_make(SIZE, 1);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_all(&alpha, 1, &blob);
    const uint64_t steps[] = {BLOB_CHUNK / 2, 3 * BLOB_CHUNK, SIZE};
    uint64_t at = 0;
    blob_ask_get(&alpha, 2, &blob, 0, 0, steps[0]);
    blob_state(&alpha, 2);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct command more = {.kind = COMMAND_BLOB_MORE};
        more.blob_more = (struct command_blob_more){.number = 2, .through = steps[i]};
        peer_send(&alpha, &more);
        for (unsigned round = 0; round < 40; round++)
            driver_round(&driver);
        while (peer_take(&alpha, COMMAND_BLOB_CHUNK, &command)) {
            assert_int_equal(command.blob_chunk.offset, at);
            assert_memory_equal(command.blob_chunk.data.data, blob.content + at, command.blob_chunk.data.size);
            at += command.blob_chunk.data.size;
        }
        assert_int_equal(at, steps[i]);
    }
    assert_true(blob_state(&alpha, 2).complete);
    driver_close(&driver);
    blob_free(&blob);
}

static void one_that_reads_nothing_is_sent_nothing_more(void **state)
{
    struct driver driver;
    struct command command;
    struct test_blob blob = blob_make(100 * BLOB_CHUNK, 1);
    uint64_t got = 0;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_all(&alpha, 1, &blob);
    blob_ask_get(&alpha, 2, &blob, 0, 0, UINT64_MAX); /* says that it has room for all, and answers no ping */
    for (unsigned round = 0; round < 150; round++)
        driver_round(&driver);
    while (peer_take(&alpha, COMMAND_BLOB_CHUNK, &command))
        got += command.blob_chunk.data.size;
    assert_in_range(got, CORE_PROBE_BYTES, 2 * CORE_PROBE_BYTES);
    driver_close(&driver);
    blob_free(&blob);
}

static void others_messages_pass_between_chunks(void **state)
{
    struct driver driver;
    struct command command;
    struct test_blob blob = blob_make(SIZE, 1);
    uint64_t got = 0;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    blob_upload_all(&alpha, 1, &blob);
    uint64_t position = blob_publish_one(&alpha, "m1", &blob);
    peer_expect_one(&beta, "m1");
    blob_ask_get(&beta, 1, &blob, position + 1, 0, UINT64_MAX);
    driver_round(&driver); /* the record, and what a round may send */
    while (peer_take(&beta, COMMAND_BLOB_CHUNK, &command))
        got += command.blob_chunk.data.size;
    assert_in_range(got, 1, 4 * 1024 * 1024); /* two commits of a mebibyte each, not all of it */
    peer_accepted(&alpha, "m2", "D2");
    peer_expect_one(&beta, "m2");
    driver_close(&driver);
    blob_free(&blob);
}

static void a_suspended_or_lapsed_receiver_gets_nothing(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SIZE, 1);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0),
                gamma = driver_connect(&driver, GAMMA, 0);
    blob_upload_all(&alpha, 1, &blob);
    uint64_t position = blob_publish_one(&alpha, "m1", &blob);
    blob_ask_get(&beta, 1, &blob, position + 1, 0, BLOB_CHUNK);
    driver_round(&driver);
    driver_reload(&driver,
                  &(struct driver_config){.beta_lines = "suspended: true\n",
                                          .only_agreements = "  - name: alpha-beta\n    provider: alpha\n"
                                                             "    consumer: beta\n    types: "
                                                             "[dossier.progress, dossier.received]\n"
                                                             "    purpose: Kiểm thử\n    basis: "
                                                             "internal-rule\n    valid: {from: 2026-01-01}\n",
                                          .only_routes = "  - name: alpha-progress\n    from: alpha\n    type: "
                                                         "dossier.progress\n    to: beta\n"});
    peer_expect_error(&beta, TRUC_E_SUSPENDED);
    assert_int_equal(blob_download(&gamma, 1, &blob, position + 1, 0), TRUC_E_NO_AGREEMENT);
    driver_close(&driver);
    blob_free(&blob);
}

static void a_timed_message_gives_nothing_before_its_time(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SMALL, 1);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0);
    blob_upload_all(&alpha, 1, &blob);
    const struct header_attachment attachment = {.sha256 = sha256_view(&blob.sha256), .size_bytes = SMALL};
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "D1");
    message.attachments = &attachment;
    message.attachments_count = 1;
    message.header.not_before_ns = driver.now_ns + 5 * SECOND;
    struct outcome outcome = peer_publish_one(&alpha, &message);
    assert_int_equal(outcome.code, 0);
    assert_int_equal(blob_download(&beta, 1, &blob, outcome.sequence + 1, 0), TRUC_E_BLOB_DENIED);
    driver_advance(&driver, 5 * SECOND);
    assert_int_equal(blob_download(&beta, 2, &blob, outcome.sequence + 1, 0), 0);
    driver_close(&driver);
    blob_free(&blob);
}

static void what_was_received_can_be_taken_over(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SIZE, 1);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0);
    blob_upload_all(&alpha, 1, &blob);
    uint64_t position = blob_publish_one(&alpha, "m1", &blob);
    assert_int_equal(blob_download(&beta, 1, &blob, 0, 0), TRUC_E_BLOB_UNKNOWN);
    blob_ask_put(&beta, 2, &blob, HEADER_NOT_SECRET, position + 1);
    assert_true(blob_state(&beta, 2).complete);
    assert_int_equal(blob_download(&beta, 3, &blob, 0, 0), 0);
    struct record_blob record = blob_record(&driver, 1 + 1);
    assert_int_equal(record.event, RECORD_BLOB_STORED);
    assert_true(bytes_equal_string(record.system, "beta"));
    assert_int_equal(record.message, position + 1);
    assert_false(record.is_new);
    driver_close(&driver);
    blob_free(&blob);
}

static void people_need_a_reason(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SMALL, 1);
    struct command get = {.kind = COMMAND_BLOB_GET};
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), auditor = driver_connect(&driver, AUDITOR, 0),
                vendor = driver_connect(&driver, INTEGRATOR, 0);
    blob_upload_all(&alpha, 1, &blob);
    get.blob_get = (struct command_blob_get){.number = 1, .sha256 = sha256_view(&blob.sha256), .through = UINT64_MAX};
    peer_send(&auditor, &get);
    blob_expect_code(&auditor, 1, TRUC_E_ARGUMENT);
    peer_send(&vendor, &get);
    blob_expect_code(&vendor, 1, TRUC_E_BLOB_DENIED);
    assert_int_equal(blob_download(&auditor, 2, &blob, 0, 0), 0);
    struct record_blob record = blob_record(&driver, 1);
    assert_true(bytes_equal_string(record.system, "auditor"));
    assert_true(bytes_equal_string(record.text, "tra soát số 12"));
    driver_close(&driver);
    blob_free(&blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_own_receivers_have_it),
        cmocka_unit_test(what_exists_and_what_does_not_look_alike),
        cmocka_unit_test(each_fetch_is_journaled_before_its_first_byte),
        cmocka_unit_test(a_slow_reader_is_sent_no_more_than_it_gave_room_for),
        cmocka_unit_test(one_that_reads_nothing_is_sent_nothing_more),
        cmocka_unit_test(others_messages_pass_between_chunks),
        cmocka_unit_test(a_suspended_or_lapsed_receiver_gets_nothing),
        cmocka_unit_test(a_timed_message_gives_nothing_before_its_time),
        cmocka_unit_test(what_was_received_can_be_taken_over),
        cmocka_unit_test(people_need_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
