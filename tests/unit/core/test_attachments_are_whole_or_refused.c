/* test_attachments_are_whole_or_refused.c - what is uploaded is whole, its sender's and not secret, or it has a named refusal.
 * Gaps, sizes, hashes, bounds, a broker killed in between; and messages that name what is not there.
 * The store's own crashes are in tests/unit/io/test_blob_store.c. */
#include "core_blobs.h"

enum { SIZE = 9 * BLOB_CHUNK + 321, SMALL = 500 };

static void expect_outcome(struct outcome outcome, int code)
{
    assert_string_equal(truc_error_name(-(int)outcome.code), truc_error_name(code));
}

static void an_upload_is_named_and_delivered(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SIZE, 1), empty = blob_make(0, 0);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    blob_upload_all(&alpha, 1, &blob);
    blob_upload_all(&alpha, 2, &empty);
    const struct test_blob *both[] = {&blob, &empty};
    expect_outcome(blob_publish(&alpha, "m1", both, 2), 0);
    struct taken taken = peer_expect_one(&beta, "m1");
    assert_int_equal(taken.header.attachment_count, 2);
    assert_int_equal(blob_download(&beta, 1, &blob, taken.sequence + 1, 0), 0);
    assert_int_equal(blob_download(&beta, 1, &empty, taken.sequence + 1, 0), 0);
    struct record_blob record = blob_record(&driver, 0);
    assert_int_equal(record.event, RECORD_BLOB_STORED);
    assert_true(record.is_new);
    assert_int_equal(record.size_bytes, SIZE);
    assert_true(bytes_equal(record.sha256, sha256_view(&blob.sha256)));
    blob_upload_all(&alpha, 3, &blob); /* costs nothing: no record, no chunk */
    assert_int_equal(driver_record_count(&driver, RECORD_BLOB), 4);
    driver_close(&driver);
    blob_free(&blob);
    blob_free(&empty);
}

static void what_is_not_there_can_not_be_named(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SIZE, 1), others = blob_make(SMALL, 2), lie;
    const struct test_blob *one;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0);
    blob_upload_all(&beta, 1, &others);
    one = &blob;
    expect_outcome(blob_publish(&alpha, "m1", &one, 1), TRUC_E_BLOB_MISSING); /* nobody has it */
    one = &others;
    expect_outcome(blob_publish(&alpha, "m2", &one, 1), TRUC_E_BLOB_MISSING); /* beta has it: the same answer */
    blob_upload_to(&alpha, 1, &blob, 2 * BLOB_CHUNK);
    one = &blob;
    expect_outcome(blob_publish(&alpha, "m3", &one, 1), TRUC_E_BLOB_MISSING); /* not yet whole */
    blob_upload_all(&alpha, 2, &others);
    lie = others;
    lie.size++;
    one = &lie;
    expect_outcome(blob_publish(&alpha, "m4", &one, 1), TRUC_E_BLOB_SIZE);
    one = &others;
    expect_outcome(blob_publish(&alpha, "m5", &one, 1), 0);
    driver_close(&driver);
    blob_free(&blob);
    blob_free(&others);
}

static void messages_without_any_pass_behind_one_that_is_looked_for(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SMALL, 1);
    struct outcome outcome;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_all(&alpha, 1, &blob);
    const struct header_attachment attachment = {.sha256 = sha256_view(&blob.sha256), .size_bytes = SMALL};
    struct test_message with = peer_message(&alpha, "m1", "dossier.progress", "D1"),
                        without = peer_message(&alpha, "m2", "dossier.progress", "D1");
    with.attachments = &attachment;
    with.attachments_count = 1;
    uint64_t first = peer_publish(&alpha, &with, 1, NULL), second = peer_publish(&alpha, &without, 1, NULL);
    driver_round(&driver);
    assert_true(peer_outcomes(&alpha, first, &outcome, 1)); /* in their order */
    expect_outcome(outcome, 0);
    assert_true(peer_outcomes(&alpha, second, &outcome, 1));
    expect_outcome(outcome, 0);
    driver_close(&driver);
    blob_free(&blob);
}

static void secret_content_never_enters(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SMALL, 1);
    const char *path;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (uint32_t classification = 0; classification < 4; classification++) {
        if (classification == HEADER_NOT_SECRET)
            continue;
        blob_ask_put(&alpha, 1, &blob, classification, 0);
        blob_send_chunk(&alpha, 1, &blob, 0, SMALL);
        blob_expect_code(&alpha, 1, TRUC_E_SECRET);
    }
    for (size_t n = 0; (path = memory_disk_path(driver.disk, n)); n++) {
        assert_null(strstr(path, "/blobs/"));
        const struct buffer *file = memory_disk_content(driver.disk, path);
        assert_null(file->size ? memmem(file->data, file->size, blob.sha256.bytes, SHA256_BYTES) : NULL);
    }
    assert_int_equal(blob_record(&driver, 0).event, RECORD_BLOB_REFUSED); /* who and when, and that it was secret */
    assert_int_equal(blob_record(&driver, 0).code, -TRUC_E_SECRET);
    driver_close(&driver);
    blob_free(&blob);
}

static void each_wrong_chunk_has_its_name(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(3 * BLOB_CHUNK + 5, 1), changed = blob_make(SMALL, 2);
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  blob-bytes: 1MiB\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    const struct {
        uint64_t offset;
        size_t size;
        int code;
    } wrong[] = {{BLOB_CHUNK, BLOB_CHUNK, TRUC_E_BLOB_GAP},
                 {0, BLOB_CHUNK - 1, TRUC_E_BLOB_SIZE},
                 {0, 0, TRUC_E_BLOB_SIZE},
                 {3 * BLOB_CHUNK, 6, TRUC_E_BLOB_BEYOND},
                 {UINT64_MAX, 1, TRUC_E_BLOB_BEYOND}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        blob_ask_put(&alpha, 10 + i, &blob, HEADER_NOT_SECRET, 0);
        assert_int_equal(blob_state(&alpha, 10 + i).offset, 0);
        blob_send_chunk(&alpha, 10 + i, &blob, wrong[i].offset, wrong[i].size);
        blob_expect_code(&alpha, 10 + i, wrong[i].code);
    }
    blob_ask_put(&alpha, 19, &blob, HEADER_NOT_SECRET, 0);
    blob_state(&alpha, 19);
    blob_send_chunk(&alpha, 19, &blob, 2 * BLOB_CHUNK, BLOB_CHUNK);
    blob_expect_code(&alpha, 19, TRUC_E_BLOB_GAP);
    changed.content[7] ^= 1;
    struct command_blob_state state_of = blob_upload_to(&alpha, 20, &changed, UINT64_MAX);
    assert_int_equal(state_of.code, -TRUC_E_BLOB_HASH);
    changed.content[7] ^= 1;
    blob_upload_all(&alpha, 21, &changed); /* nothing of the wrong one was kept */
    struct test_blob large = blob_make(1024 * 1024 + 1, 3);
    blob_ask_put(&alpha, 22, &large, HEADER_NOT_SECRET, 0);
    blob_expect_code(&alpha, 22, TRUC_E_TOO_LARGE);
    driver_close(&driver);
    blob_free(&large);
    blob_free(&blob);
    blob_free(&changed);
}

static void more_than_the_room_given_ends_the_session(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SIZE, 1);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    blob_ask_put(&alpha, 1, &blob, HEADER_NOT_SECRET, 0);
    struct command_blob_state told = blob_state(&alpha, 1);
    assert_int_equal(told.through, CORE_BLOB_WINDOW_CHUNKS * BLOB_CHUNK);
    for (uint64_t at = 0; at <= told.through; at += BLOB_CHUNK)
        blob_send_chunk(&alpha, 1, &blob, at, BLOB_CHUNK);
    driver_round(&driver);
    peer_expect_error(&alpha, TRUC_E_CREDIT);
    driver_close(&driver);
    blob_free(&blob);
}

static void a_transfer_number_in_use_is_a_violation(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SIZE, 1);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0);
    blob_ask_put(&alpha, 1, &blob, HEADER_NOT_SECRET, 0);
    blob_ask_put(&alpha, 1, &blob, HEADER_NOT_SECRET, 0);
    driver_round(&driver);
    peer_expect_error(&alpha, TRUC_E_PROTOCOL);
    blob_ask_put(&beta, 0, &blob, HEADER_NOT_SECRET, 0);
    driver_round(&driver);
    peer_expect_error(&beta, TRUC_E_PROTOCOL);
    struct peer operator= driver_connect(&driver, OPERATOR, 0);
    blob_ask_put(&operator, 1, &blob, HEADER_NOT_SECRET, 0);
    driver_round(&driver);
    peer_expect_error(&operator, TRUC_E_PROTOCOL);
    driver_close(&driver);
    blob_free(&blob);
}

static void a_killed_broker_says_how_far_it_was(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SIZE, 1);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    assert_int_equal(blob_upload_to(&alpha, 1, &blob, 5 * BLOB_CHUNK).offset, 5 * BLOB_CHUNK);
    driver_kill(&driver);
    driver_start(&driver);
    alpha = driver_connect(&driver, ALPHA, 0);
    blob_ask_put(&alpha, 1, &blob, HEADER_NOT_SECRET, 0);
    assert_int_equal(blob_state(&alpha, 1).offset, 5 * BLOB_CHUNK);
    peer_lose(&alpha); /* and its sender */
    alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_all(&alpha, 7, &blob);
    driver_kill(&driver);
    driver_start(&driver);
    alpha = driver_connect(&driver, ALPHA, 0);
    blob_publish_one(&alpha, "m1", &blob);
    driver_close(&driver);
    blob_free(&blob);
}

static void space_is_bounded_and_counted_over_restarts(void **state)
{
    struct driver driver;
    struct test_blob first = blob_make(900 * 1024, 1), second = blob_make(900 * 1024, 2);
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  blob-space: 1MiB\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_all(&alpha, 1, &first);
    for (unsigned restart = 0; restart < 3; restart++) {
        blob_ask_put(&alpha, 2, &second, HEADER_NOT_SECRET, 0);
        blob_expect_code(&alpha, 2, TRUC_E_BLOB_SPACE);
        if (restart == 0)
            driver_kill(&driver); /* from the journal */
        else
            driver_stop(&driver); /* from the snapshot */
        driver_start(&driver);
        alpha = driver_connect(&driver, ALPHA, 0);
    }
    driver_close(&driver);
    blob_free(&first);
    blob_free(&second);
}

static void an_upload_of_which_nothing_comes_expires(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SIZE, 1);
    struct command ping = {.kind = COMMAND_PING};
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  blob-unfinished: 60s\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_to(&alpha, 1, &blob, BLOB_CHUNK);
    for (unsigned second = 0; second < 100; second += 5) {
        peer_send(&alpha, &ping); /* it is alive */
        driver_advance(&driver, 5 * SECOND);
    }
    blob_expect_code(&alpha, 1, TRUC_E_BLOB_EXPIRED);
    blob_ask_put(&alpha, 2, &blob, HEADER_NOT_SECRET, 0);
    assert_int_equal(blob_state(&alpha, 2).offset, 0);
    driver_close(&driver);
    blob_free(&blob);
}

static void a_full_disk_is_told_and_the_upload_goes_on(void **state)
{
    struct driver driver;
    struct test_blob blob = blob_make(SIZE, 1);
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    blob_upload_to(&alpha, 1, &blob, 4 * BLOB_CHUNK);
    memory_disk_set_faults(driver.disk,
                           &(struct memory_disk_faults){.space_bytes = memory_disk_used_bytes(driver.disk) + 1});
    blob_send_chunk(&alpha, 1, &blob, 4 * BLOB_CHUNK, BLOB_CHUNK);
    blob_expect_code(&alpha, 1, TRUC_E_BLOB_SPACE);
    memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){0});
    blob_ask_put(&alpha, 2, &blob, HEADER_NOT_SECRET, 0);
    assert_int_equal(blob_state(&alpha, 2).offset, 4 * BLOB_CHUNK);
    driver_close(&driver);
    blob_free(&blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upload_is_named_and_delivered),
        cmocka_unit_test(what_is_not_there_can_not_be_named),
        cmocka_unit_test(messages_without_any_pass_behind_one_that_is_looked_for),
        cmocka_unit_test(secret_content_never_enters),
        cmocka_unit_test(each_wrong_chunk_has_its_name),
        cmocka_unit_test(more_than_the_room_given_ends_the_session),
        cmocka_unit_test(a_transfer_number_in_use_is_a_violation),
        cmocka_unit_test(a_killed_broker_says_how_far_it_was),
        cmocka_unit_test(space_is_bounded_and_counted_over_restarts),
        cmocka_unit_test(an_upload_of_which_nothing_comes_expires),
        cmocka_unit_test(a_full_disk_is_told_and_the_upload_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
