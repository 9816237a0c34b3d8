/* test_journal_append.c - what was appended is read back, now and after opening again, over as many segments as it
 * takes. Also: limits, bounds, room, objects, snapshots, erasing, and readers beside the writer. Crashes are
 * test_journal_crash.c's, damage is test_journal_damage.c's. */
#include <errno.h>
#include <stdlib.h>

#include "journal_fixture.h"

static void records_are_read_back_after_opening_again(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    assert_int_equal(journal_next_sequence(journal), 0);
    for (size_t count = 1; count < 12; count++)
        fixture_must_append(&fixture, journal, count);
    fixture_check_all(&fixture, journal);
    struct sha256_digest root = journal_root(journal);
    assert_int_equal(journal_close(journal, 1, &fixture.fault), 0);

    journal = fixture_must_open(&fixture);
    struct sha256_digest root_again = journal_root(journal);
    assert_int_equal(journal_next_sequence(journal), 66);
    assert_int_equal(fixture.opened.next_sequence, 66);
    assert_int_equal(fixture.opened.checkpoint_size, 66);
    assert_int_equal(fixture.opened.cut_bytes, 0);
    assert_true(sha256_equal(&root, &root_again));
    fixture_check_all(&fixture, journal);
    assert_int_equal(journal_close(journal, 1, &fixture.fault), 0);
    fixture_end(&fixture);
}

static void segments_follow_one_another(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    for (size_t i = 0; i < 600; i++) {
        while (i % 3 == 0 && journal_room(journal).spare_bytes < FIXTURE_SEGMENT_BYTES)
            assert_true(journal_prepare_step(journal, &fixture.fault) >= 0);
        fixture_must_append(&fixture, journal, 1 + i % 5);
    }
    fixture_check_all(&fixture, journal);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    journal = fixture_must_open(&fixture);
    assert_int_equal(journal_next_sequence(journal), 1800);
    fixture_check_all(&fixture, journal);
    struct journal_verified verified;
    assert_int_equal(journal_verify_all(journal, NULL, &verified, &fixture.fault), 0);
    assert_int_equal(verified.records, 1800);
    assert_int_equal(verified.groups, 600);
    assert_true(verified.segments > 9); /* more than are held open at once */
    assert_int_equal(verified.payloads, 600);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

struct replayed {
    uint64_t next, restored;
    uint8_t state[64];
    size_t state_size;
    int restore_code;
};

static int restore_state(void *context, uint64_t next_sequence, struct bytes state)
{
    struct replayed *replayed = context;
    if (replayed->restore_code < 0) {
        replayed->restore_code = 0; /* the next one is welcome */
        return TRUC_E_VERSION;
    }
    replayed->next = replayed->restored = next_sequence;
    replayed->state_size = state.size;
    memcpy(replayed->state, state.data, state.size);
    return 0;
}

static int replay_record(void *context, const struct journal_record *record)
{
    struct replayed *replayed = context;
    struct sha256_digest digest = sha256_of(record->body);
    assert_int_equal(record->sequence, replayed->next);
    assert_true(sha256_equal(&digest, &record->body_digest));
    replayed->next++;
    return 0;
}

static struct journal *open_replaying(struct journal_fixture *fixture, struct replayed *replayed)
{
    struct journal *journal = NULL;
    struct journal_recovery recovery = {restore_state, replay_record, replayed, NULL};
    assert_int_equal(journal_open(&fixture->options, &recovery, &journal, &fixture->opened, &fixture->fault), 0);
    return journal;
}

static void snapshots_shorten_the_replay(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    for (size_t i = 0; i < 60; i++) {
        fixture_must_append(&fixture, journal, 4);
        if (i % 20 == 10)
            assert_int_equal(journal_snapshot_write(journal, bytes_of(&i, 1), 5, &fixture.fault), 0);
    }
    assert_int_equal(journal_close(journal, 1, NULL), 0);

    struct replayed replayed = {0};
    journal = open_replaying(&fixture, &replayed);
    assert_int_equal(replayed.restored, 51 * 4);
    assert_int_equal(replayed.state_size, 1);
    assert_int_equal(replayed.state[0], 50);
    assert_int_equal(replayed.next, 240);
    fixture_must_append(&fixture, journal, 2);
    assert_int_equal(journal_close(journal, 1, NULL), 0);

    /* One that the state above can't take: the older one, of which two are kept. */
    replayed = (struct replayed){.restore_code = -1};
    journal = open_replaying(&fixture, &replayed);
    assert_int_equal(replayed.restored, 31 * 4);
    assert_int_equal(replayed.next, 242);
    assert_int_equal(fixture.opened.snapshots_refused, 1);
    assert_int_equal(journal_close(journal, 1, NULL), 0);

    /* Damaged ones: everything is replayed, and verification names them. */
    char damaged[DISK_PATH_BYTES_MAX] = "";
    for (size_t i = 0; memory_disk_path(fixture.disk, i) != NULL; i++) {
        const char *path = memory_disk_path(fixture.disk, i);
        if (strstr(path, "/snapshots/") != NULL) {
            struct buffer *content = memory_disk_content(fixture.disk, path);
            content->data[content->size / 2] ^= 1;
            memcpy(damaged, path, strlen(path) + 1);
        }
    }
    replayed = (struct replayed){0};
    journal = open_replaying(&fixture, &replayed);
    assert_int_equal(replayed.restored, 0);
    assert_int_equal(replayed.next, 242);
    assert_int_equal(fixture.opened.snapshots_refused, 2);
    assert_int_equal(journal_verify_all(journal, NULL, NULL, &fixture.fault), TRUC_E_JOURNAL_CORRUPT);
    assert_non_null(strstr(damaged, "snapshots/"));
    assert_non_null(strstr(fixture.fault.where, "snapshots/"));
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void a_restart_at_the_snapshot_itself_replays_nothing(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    fixture_must_append(&fixture, journal, 7);
    assert_int_equal(journal_snapshot_write(journal, bytes_string("state"), 5, &fixture.fault), 0);
    struct sha256_digest root = journal_root(journal);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    struct replayed replayed = {0};
    journal = open_replaying(&fixture, &replayed);
    struct sha256_digest root_again = journal_root(journal);
    assert_int_equal(replayed.restored, 7);
    assert_int_equal(replayed.next, 7);
    assert_true(sha256_equal(&root, &root_again));
    fixture_must_append(&fixture, journal, 3);
    fixture_check_all(&fixture, journal);
    assert_int_equal(journal_verify_all(journal, NULL, NULL, &fixture.fault), 0);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void erased_payloads_are_gone_and_proofs_stay(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    for (size_t i = 0; i < 150; i++)
        fixture_must_append(&fixture, journal, 4);
    struct sha256_digest root = journal_root(journal);
    assert_int_equal(journal_erase_payload(journal, 4, &fixture.fault), 0);
    assert_int_equal(journal_erase_payload(journal, 4, &fixture.fault), 0);
    assert_int_equal(journal_erase_payload(journal, 598, &fixture.fault), 0);
    assert_int_equal(journal_erase_payload(journal, 3, &fixture.fault), TRUC_E_NOT_FOUND);
    assert_int_equal(journal_erase_payload(journal, 600, &fixture.fault), TRUC_E_NOT_FOUND);
    assert_int_equal(journal_close(journal, 1, NULL), 0);

    journal = fixture_must_open(&fixture);
    struct sha256_digest root_again = journal_root(journal);
    assert_true(sha256_equal(&root, &root_again));
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record;
    assert_int_equal(journal_read(journal, 4, JOURNAL_WITH_PAYLOAD, &scratch, &record, &fixture.fault), TRUC_E_ERASED);
    assert_int_equal(record.sequence, 4);
    assert_true(record.has_payload);
    assert_false(record.payload_is_read);
    assert_int_equal(journal_read(journal, 598, JOURNAL_WITH_PAYLOAD, &scratch, &record, &fixture.fault),
                     TRUC_E_ERASED);
    fixture_check_record(&fixture, journal, 7);
    struct journal_verified verified;
    assert_int_equal(journal_verify_all(journal, NULL, &verified, &fixture.fault), 0);
    assert_int_equal(verified.payloads_erased, 2);
    assert_int_equal(verified.payloads, 198);
    assert_int_equal(verified.payloads_without_key, 0);
    struct merkle_proof proof;
    assert_int_equal(journal_prove_inclusion(journal, 4, 0, &proof, &fixture.fault), 0);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void purged_payloads_are_gone_and_proofs_stay(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    for (size_t i = 0; i < 300; i++)
        fixture_must_append(&fixture, journal, 4);
    uint64_t before_bytes = 0, after_bytes = 0;
    for (size_t i = 0; memory_disk_path(fixture.disk, i) != NULL; i++)
        before_bytes += memory_disk_content(fixture.disk, memory_disk_path(fixture.disk, i))->size;
    assert_true(journal_purge_payloads(journal, 600, &fixture.fault) > 0);
    assert_int_equal(journal_purge_payloads(journal, 600, &fixture.fault), 0);
    for (size_t i = 0; memory_disk_path(fixture.disk, i) != NULL; i++)
        after_bytes += memory_disk_content(fixture.disk, memory_disk_path(fixture.disk, i))->size;
    assert_true(after_bytes < before_bytes);
    for (int round = 0; round < 2; round++) {
        BUFFER_CLEANUP struct buffer scratch = {0};
        struct journal_record record;
        struct journal_verified verified;
        assert_int_equal(journal_read(journal, 1, JOURNAL_WITH_PAYLOAD, &scratch, &record, &fixture.fault),
                         TRUC_E_ERASED);
        assert_int_equal(record.sequence, 1);
        assert_int_equal(journal_erase_payload(journal, 1, &fixture.fault), 0);
        fixture_check_record(&fixture, journal, 1198);
        assert_int_equal(journal_verify_all(journal, NULL, &verified, &fixture.fault), 0);
        assert_int_equal(verified.records, 1200);
        assert_true(verified.payloads_without_key > 0);
        assert_int_equal(verified.payloads + verified.payloads_without_key, 400);
        assert_int_equal(journal_close(journal, 1, NULL), 0);
        journal = fixture_must_open(&fixture);
    }
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void a_reader_sees_what_the_writer_appends(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *writer = fixture_must_open(&fixture), *reader = NULL, *second = NULL;
    struct journal_options reading = {
        .disk = fixture.options.disk, .directory = "/journal", .flags = JOURNAL_READ_ONLY};
    assert_int_equal(fixture_open(&fixture, &second), TRUC_E_STATE);
    assert_non_null(strstr(fixture.fault.hint, "one broker runs at a time"));
    assert_int_equal(journal_open(&reading, NULL, &reader, NULL, &fixture.fault), 0);
    assert_string_equal(journal_bus_id(reader), "test-bus");
    for (size_t i = 0; i < 200; i++) {
        fixture_must_append(&fixture, writer, 1 + i % 7);
        if (i % 9 == 0) {
            assert_int_equal(journal_refresh(reader, &fixture.fault), 0);
            struct sha256_digest ours = journal_root(writer), theirs = journal_root(reader);
            assert_int_equal(journal_next_sequence(reader), journal_next_sequence(writer));
            assert_true(sha256_equal(&ours, &theirs));
        }
    }
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record;
    assert_int_equal(journal_read(reader, 1, JOURNAL_WITH_PAYLOAD, &scratch, &record, &fixture.fault),
                     TRUC_E_JOURNAL_KEY);
    assert_int_equal(record.sequence, 1);
    struct journal_group nothing = {0};
    assert_int_equal(journal_append_group(reader, &nothing, &fixture.fault), TRUC_E_STATE);
    assert_int_equal(journal_close(reader, 1, NULL), 0);
    assert_int_equal(journal_close(writer, 1, NULL), 0);
    fixture_end(&fixture);
}

static int count_records(void *context, const struct journal_record *record)
{
    uint64_t *expected = context;
    assert_int_equal(record->sequence, *expected);
    assert_int_equal(record->payload_is_read, fixture_has_payload(record->sequence));
    return ++*expected == 90 ? 7 : 0;
}

static void a_scan_starts_anywhere_and_stops_when_told(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    for (size_t i = 0; i < 20; i++)
        fixture_must_append(&fixture, journal, 5);
    uint64_t expected = 33;
    assert_int_equal(journal_scan(journal, 33, JOURNAL_WITH_PAYLOAD, count_records, &expected, &fixture.fault), 7);
    assert_int_equal(expected, 90);
    assert_int_equal(
        journal_scan(journal, expected = 95, JOURNAL_WITH_PAYLOAD, count_records, &expected, &fixture.fault), 0);
    assert_int_equal(expected, 100);
    assert_int_equal(journal_scan(journal, 100, 0, count_records, &expected, &fixture.fault), 0);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void what_does_not_fit_is_refused_and_nothing_happens(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    static const uint8_t large[FIXTURE_SEGMENT_BYTES];
    struct journal_entry entry = {.kind = 1, .body = bytes_of(large, sizeof(large))};
    struct journal_group group = {&entry, 1, 1, 0};
    assert_int_equal(journal_append_group(journal, &group, &fixture.fault), TRUC_E_LIMIT);
    entry.body.size = JOURNAL_RECORD_BYTES_MAX + 1;
    assert_int_equal(journal_append_group(journal, &group, &fixture.fault), TRUC_E_LIMIT);
    group.count = 0;
    assert_int_equal(journal_append_group(journal, &group, &fixture.fault), TRUC_E_ARGUMENT);
    group.count = JOURNAL_GROUP_RECORDS_MAX + 1;
    assert_int_equal(journal_append_group(journal, &group, &fixture.fault), TRUC_E_ARGUMENT);
    assert_int_equal(journal_next_sequence(journal), 0);
    assert_false(journal_is_failed(journal));
    fixture_must_append(&fixture, journal, 3);
    fixture_check_all(&fixture, journal);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void a_full_disk_refuses_the_next_segment_and_recovers(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    struct memory_disk_faults faults = {.space_bytes = FIXTURE_SEGMENT_BYTES + 40000};
    memory_disk_set_faults(fixture.disk, &faults);
    int code = 0;
    while (code == 0)
        code = fixture_append(&fixture, journal, 4);
    assert_int_equal(code, TRUC_E_JOURNAL_FULL);
    assert_false(journal_is_failed(journal));
    uint64_t next = journal_next_sequence(journal);
    assert_true(next > 0);
    assert_int_equal(fixture_append(&fixture, journal, 4), TRUC_E_JOURNAL_FULL);
    assert_int_equal(journal_prepare_step(journal, &fixture.fault), TRUC_E_JOURNAL_FULL);
    fixture_check_all(&fixture, journal);
    faults.space_bytes = 0;
    memory_disk_set_faults(fixture.disk, &faults);
    fixture_must_append(&fixture, journal, 4);
    assert_int_equal(journal_next_sequence(journal), next + 4);
    fixture_check_all(&fixture, journal);
    assert_int_equal(journal_verify_all(journal, NULL, NULL, &fixture.fault), 0);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void objects_are_kept_by_their_hash(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    struct sha256_digest digest, empty;
    BUFFER_CLEANUP struct buffer content = {0};
    assert_int_equal(journal_object_put(journal, bytes_string("routes:"), &digest, &fixture.fault), 0);
    assert_int_equal(journal_object_put(journal, bytes_string("routes:"), &digest, &fixture.fault), 0);
    assert_int_equal(journal_object_put(journal, BYTES_EMPTY, &empty, &fixture.fault), 0);
    memory_disk_crash(fixture.disk, 3);
    journal_close(journal, 1, NULL);
    journal = fixture_must_open(&fixture);
    assert_int_equal(journal_object_get(journal, &digest, &content, &fixture.fault), 0);
    assert_true(bytes_equal_string(buffer_view(&content), "routes:"));
    assert_int_equal(journal_object_get(journal, &empty, &content, &fixture.fault), 0);
    struct sha256_digest unknown = sha256_of(bytes_string("unknown"));
    assert_int_equal(journal_object_get(journal, &unknown, &content, &fixture.fault), TRUC_E_NOT_FOUND);
    for (size_t i = 0; memory_disk_path(fixture.disk, i) != NULL; i++) {
        struct buffer *bytes = memory_disk_content(fixture.disk, memory_disk_path(fixture.disk, i));
        if (strstr(memory_disk_path(fixture.disk, i), "/objects/") != NULL && bytes->size > 0)
            bytes->data[0] ^= 1;
    }
    assert_int_equal(journal_object_get(journal, &digest, &content, &fixture.fault), TRUC_E_JOURNAL_CORRUPT);
    assert_int_equal(journal_object_put(journal, bytes_string("routes:"), &digest, &fixture.fault), 0);
    assert_int_equal(journal_object_get(journal, &digest, &content, &fixture.fault), 0);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void the_wrong_journal_is_refused(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = NULL;
    fixture.options.flags = 0;
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_NOT_FOUND);
    fixture.options.flags = JOURNAL_CREATE;
    journal = fixture_must_open(&fixture);
    fixture_must_append(&fixture, journal, 3);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture.options.bus_id = "other-bus";
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_WRONG_BUS);
    fixture.options.bus_id = "test-bus";
    static const uint8_t other_key[JOURNAL_MASTER_KEY_BYTES] = "another key";
    const uint8_t *right_key = fixture.options.master_key;
    fixture.options.master_key = other_key;
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_JOURNAL_KEY);
    fixture.options.master_key = right_key;
    struct buffer *format = memory_disk_content(fixture.disk, "/journal/format");
    format->data[strlen("truc-journal ")] = '2';
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_JOURNAL_VERSION);
    assert_non_null(strstr(fixture.fault.text, "version 2"));
    format->data[strlen("truc-journal ")] = '1';
    journal = fixture_must_open(&fixture);
    fixture_check_all(&fixture, journal);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_back_after_opening_again),
        cmocka_unit_test(segments_follow_one_another),
        cmocka_unit_test(snapshots_shorten_the_replay),
        cmocka_unit_test(a_restart_at_the_snapshot_itself_replays_nothing),
        cmocka_unit_test(erased_payloads_are_gone_and_proofs_stay),
        cmocka_unit_test(purged_payloads_are_gone_and_proofs_stay),
        cmocka_unit_test(a_reader_sees_what_the_writer_appends),
        cmocka_unit_test(a_scan_starts_anywhere_and_stops_when_told),
        cmocka_unit_test(what_does_not_fit_is_refused_and_nothing_happens),
        cmocka_unit_test(a_full_disk_refuses_the_next_segment_and_recovers),
        cmocka_unit_test(objects_are_kept_by_their_hash),
        cmocka_unit_test(the_wrong_journal_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
