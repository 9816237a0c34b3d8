/* test_attachments_go_with_their_payloads.c - an attachment stays as long as a payload that names it, or a queue; then it goes.
 * With a record, before its file; and what was never named goes after its time.
 * The sweep's reading of the store is tested in tests/unit/io/test_blob_store.c. */
#include <stdio.h>

#include "core_blobs.h"

enum { SMALL = 700, ROUNDS_OF_A_SWEEP = 700 };

static void open_driver(struct driver *driver)
{
    driver_open(driver, &(struct driver_config){.limits = "  blob-unnamed: 60s\n"});
    driver_stop(driver);
    driver->blob_sweep_ns = SECOND;
    driver_start(driver);
}

static bool is_there(struct driver *driver, const struct test_blob *blob)
{
    const char *path;
    char name[2 * SHA256_BYTES + 1];
    for (size_t i = 0; i < SHA256_BYTES; i++)
        (void)snprintf(name + 2 * i, 3, "%02x", blob->sha256.bytes[i]);
    for (size_t n = 0; (path = memory_disk_path(driver->disk, n)); n++)
        if (strstr(path, name))
            return true;
    return false;
}

static void sweep(struct driver *driver)
{
    for (unsigned round = 0; round < ROUNDS_OF_A_SWEEP; round++)
        driver_round(driver);
}

static void it_goes_when_its_payload_has_gone_and_no_queue_has_it(void **state)
{
    struct driver driver;
    struct truc_fault fault = {0};
    struct test_blob blob = blob_make(SMALL, 1);
    (void)state;
    open_driver(&driver);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_all(&alpha, 1, &blob);
    uint64_t position = blob_publish_one(&alpha, "m1", &blob);
    driver_advance(&driver, 100 * SECOND);
    sweep(&driver);
    assert_true(is_there(&driver, &blob)); /* beta and gamma were away: it is queued, and its payload is there */
    assert_int_equal(journal_erase_payload(engine_journal(driver.engine), position, &fault), 0);
    sweep(&driver);
    assert_true(is_there(&driver, &blob)); /* it is still queued */
    driver_stop(&driver);
    driver_start(&driver);
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES),
                gamma = driver_connect(&driver, GAMMA, DRIVER_CREDIT_BYTES),
                operator= driver_connect(&driver, OPERATOR, 0);
    (void)beta;
    (void)gamma;
    driver_round(&driver); /* what can't be read any more is a dead letter: ERASED */
    sweep(&driver);
    assert_true(is_there(&driver, &blob)); /* a person may queue it again */
    const uint8_t reason[] = {0x22, 4, 't', 'e', 's', 't'};
    operator= driver_connect(&driver, OPERATOR, 0);
    assert_int_equal(peer_ask(&operator, "dead-discard", bytes_of(reason, sizeof reason), NULL), 0);
    size_t records = driver_record_count(&driver, RECORD_BLOB);
    sweep(&driver);
    assert_false(is_there(&driver, &blob));
    assert_int_equal(driver_record_count(&driver, RECORD_BLOB), records + 1);
    struct record_blob record = blob_record(&driver, records);
    assert_int_equal(record.event, RECORD_BLOB_REMOVED);
    assert_int_equal(record.size_bytes, SMALL);
    assert_true(bytes_equal(record.sha256, sha256_view(&blob.sha256)));
    beta = driver_connect(&driver, BETA, 0);
    assert_int_equal(blob_download(&beta, 1, &blob, position + 1, 0), TRUC_E_ERASED);
    driver_close(&driver);
    blob_free(&blob);
}

static void it_stays_while_another_message_names_it(void **state)
{
    struct driver driver;
    struct truc_fault fault = {0};
    struct test_blob blob = blob_make(SMALL, 1);
    struct taken taken[2];
    (void)state;
    open_driver(&driver);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES),
                gamma = driver_connect(&driver, GAMMA, DRIVER_CREDIT_BYTES);
    blob_upload_all(&alpha, 1, &blob);
    uint64_t first = blob_publish_one(&alpha, "m1", &blob);
    taken[0] = peer_expect_one(&beta, "m1");
    peer_settle_one(&beta, &taken[0], SETTLED_DONE);
    taken[0] = peer_expect_one(&gamma, "m1");
    peer_settle_one(&gamma, &taken[0], SETTLED_DONE);
    blob_publish_one(&alpha, "m2", &blob);
    taken[0] = peer_expect_one(&beta, "m2");
    peer_settle_one(&beta, &taken[0], SETTLED_DONE);
    taken[0] = peer_expect_one(&gamma, "m2");
    peer_settle_one(&gamma, &taken[0], SETTLED_DONE);
    assert_int_equal(journal_erase_payload(engine_journal(driver.engine), first, &fault), 0);
    driver_power_cut(&driver); /* what the log of names lost, replay writes again */
    driver_start(&driver);
    driver_advance(&driver, 100 * SECOND);
    sweep(&driver);
    assert_true(is_there(&driver, &blob));
    driver_close(&driver);
    blob_free(&blob);
}

static void what_is_never_named_goes_after_its_time(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SMALL, 1);
    (void)state;
    open_driver(&driver);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_all(&alpha, 1, &blob);
    sweep(&driver);
    assert_true(is_there(&driver, &blob)); /* 28 s */
    driver_advance(&driver, 100 * SECOND);
    sweep(&driver);
    assert_false(is_there(&driver, &blob));
    alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_all(&alpha, 1, &blob); /* and may come again */
    driver_close(&driver);
    blob_free(&blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_when_its_payload_has_gone_and_no_queue_has_it),
        cmocka_unit_test(it_stays_while_another_message_names_it),
        cmocka_unit_test(what_is_never_named_goes_after_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
