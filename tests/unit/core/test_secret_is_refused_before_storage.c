/* test_secret_is_refused_before_storage.c - of what is not classified as not secret, nothing is stored but who, when, type, id.
 * Whatever else is wrong with it, too.
 * Looks for the subject and the payload in every file of the disk. */
#include "core_driver.h"

static const char subject[] = "SECRETSUBJECT77", content[] = "\x3a\x0fSECRETCONTENT77";

static void expect_nowhere(struct driver *driver, const char *text)
{
    const char *path;
    for (size_t n = 0; (path = memory_disk_path(driver->disk, n)) != NULL; n++) {
        const struct buffer *file = memory_disk_content(driver->disk, path);
        assert_null(file->size ? memmem(file->data, file->size, text, strlen(text)) : NULL);
    }
    assert_null(strstr(buffer_string(&driver->log), text));
}

static void publish_secret(struct peer *alpha, uint32_t classification, const struct publish_twist *twist)
{
    struct outcome outcome;
    struct test_message message = peer_message(alpha, "m1", "dossier.progress", subject);
    message.header.classification = classification;
    message.payload = bytes_string(content);
    uint64_t number = peer_publish(alpha, &message, 1, twist);
    driver_round(alpha->driver);
    assert_true(peer_outcomes(alpha, number, &outcome, 1));
    assert_int_not_equal(outcome.code, 0);
}

static void test_nothing_of_it_is_on_the_disk(void **state)
{
    struct driver driver;
    struct journal_record record;
    struct record_refused refused;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    publish_secret(&alpha, 2, NULL);
    publish_secret(&alpha, 0, NULL);
    publish_secret(&alpha, 2, &(struct publish_twist){.bad_signature = true});
    publish_secret(&alpha, 2, &(struct publish_twist){.other_key = true, .signs_as = BETA});
    expect_nowhere(&driver, subject);
    expect_nowhere(&driver, content + 2);
    for (size_t n = 0; n < 4; n++) {
        assert_true(driver_record(&driver, RECORD_REFUSED, n, &record));
        assert_int_equal(record_refused_decode(record.body, &refused, NULL), 0);
        assert_true(bytes_equal_string(refused.id, "m1"));
        assert_true(bytes_equal_string(refused.sender, "alpha"));
        assert_int_equal(refused.subject.size, 0);
    }
    driver_close(&driver);
}

static void test_the_same_words_not_secret_are_stored(void **state)
{
    struct driver driver;
    struct journal_record record;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", subject);
    assert_true(driver_record(&driver, RECORD_ACCEPTED, 0, &record)); /* so the look above can find something */
    assert_non_null(memmem(record.body.data, record.body.size, subject, strlen(subject)));
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_of_it_is_on_the_disk),
        cmocka_unit_test(test_the_same_words_not_secret_are_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
