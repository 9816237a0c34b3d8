/* test_journal_damage.c - damage is found, named with its place, and never made worse: by opening when it lies where
 * opening reads, by full verification wherever it lies. Every byte of a small journal's files is flipped in turn. */
#include "journal_fixture.h"

#include <stdio.h>

#include "encode.h"

/* 3 groups in one segment, a checkpoint of all but the last, a snapshot, closed as a crash would. */
static void small_journal(struct journal_fixture *fixture)
{
    fixture_begin(fixture);
    struct journal *journal = fixture_must_open(fixture);
    fixture_must_append(fixture, journal, 3);
    assert_int_equal(journal_snapshot_write(journal, bytes_string("state"), 1, &fixture->fault), 0);
    fixture_must_append(fixture, journal, 2);
    assert_int_equal(journal_checkpoint_make(journal, 5, 1, &fixture->fault), 1);
    fixture_must_append(fixture, journal, 4);
    fixture_die(fixture, journal);
}

/* Found: refused, or cut and said so, or named by verification. A file that is only an accelerator may be ignored. */
static bool damage_is_found(struct journal_fixture *fixture, struct memory_disk *disk)
{
    struct journal *journal = NULL;
    if (fixture_open_on(fixture, disk, &journal) != 0)
        return true;
    bool found = fixture->opened.cut_bytes > 0 || journal_verify_all(journal, NULL, NULL, &fixture->fault) != 0;
    journal_close(journal, 1, NULL);
    return found;
}

static size_t segments_count(struct memory_disk *disk)
{
    size_t count = 0;
    for (size_t n = 0; memory_disk_path(disk, n) != NULL; n++)
        count += strstr(memory_disk_path(disk, n), ".tj") != NULL;
    return count;
}

static void every_flipped_byte_is_found(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    small_journal(&fixture);
    char path[DISK_PATH_BYTES_MAX];
    for (size_t n = 0; memory_disk_path(fixture.disk, n) != NULL; n++) {
        (void)snprintf(path, sizeof(path), "%s", memory_disk_path(fixture.disk, n));
        size_t size = memory_disk_content(fixture.disk, path)->size;
        if (strstr(path, "/index/") != NULL || strstr(path, "/lock") != NULL)
            continue;
        /* Of the segment's zeros behind the groups and in its header, some are enough. */
        bool is_segment = strstr(path, ".tj") != NULL;
        for (size_t at = 0; at < size; at += is_segment && ((at > 168 && at < 4000) || at > 12000) ? 97 : 1) {
            struct memory_disk *disk = memory_disk_copy(fixture.disk);
            memory_disk_content(disk, path)->data[at] ^= (uint8_t)(1 << at % 8);
            if (!damage_is_found(&fixture, disk))
                fail_msg("byte %zu of %s", at, path);
            memory_disk_free(disk);
        }
    }
    fixture_end(&fixture);
}

/* A sealed and an open segment and a snapshot, and checkpoints of all but the last group: the same promise for each kind of file.
 * Of long files every 31st byte is enough. */
static void flipped_bytes_of_sealed_segments_are_found(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    while (segments_count(fixture.disk) < 2) {
        fixture_must_append(&fixture, journal, 40);
        if (journal_next_sequence(journal) == 80)
            assert_int_equal(journal_checkpoint_make(journal, 80, 1, &fixture.fault), 1);
    }
    assert_int_equal(journal_snapshot_write(journal, bytes_string("state"), 1, &fixture.fault), 0);
    assert_int_equal(journal_checkpoint_make(journal, journal_next_sequence(journal), 2, &fixture.fault), 1);
    fixture_must_append(&fixture, journal, 4);
    fixture_die(&fixture, journal);
    char path[DISK_PATH_BYTES_MAX];
    size_t tried = 0;
    for (size_t n = 0; memory_disk_path(fixture.disk, n) != NULL; n++) {
        (void)snprintf(path, sizeof(path), "%s", memory_disk_path(fixture.disk, n));
        if (strstr(path, "/index/") != NULL || strstr(path, "/lock") != NULL)
            continue;
        size_t size = memory_disk_content(fixture.disk, path)->size;
        size_t step = size > 4096 ? 31 : 1;
        for (size_t at = 0; at < size; at += step, tried++) {
            struct memory_disk *disk = memory_disk_copy(fixture.disk);
            memory_disk_content(disk, path)->data[at] ^= (uint8_t)(1 << at % 8);
            if (!damage_is_found(&fixture, disk))
                fail_msg("byte %zu of %s", at, path);
            memory_disk_free(disk);
        }
    }
    assert_true(tried > 4000);
    fixture_end(&fixture);
}

static void damaged_accelerators_are_rebuilt(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    for (size_t i = 0; i < 200; i++)
        fixture_must_append(&fixture, journal, 3);
    journal_close(journal, 1, NULL);
    for (size_t round = 0; round < 3; round++) {
        for (size_t n = 0; memory_disk_path(fixture.disk, n) != NULL; n++) {
            const char *path = memory_disk_path(fixture.disk, n);
            struct buffer *content = memory_disk_content(fixture.disk, path);
            if (strstr(path, "/index/") == NULL)
                continue;
            if (round == 0)
                content->size = 0;
            else if (content->size > 5)
                content->data[round == 1 ? 0 : content->size - 5] ^= 4;
        }
        journal = fixture_must_open(&fixture);
        fixture_check_all(&fixture, journal);
        struct merkle_proof proof;
        assert_int_equal(journal_prove_inclusion(journal, 100, 0, &proof, &fixture.fault), 0);
        assert_int_equal(journal_verify_all(journal, NULL, NULL, &fixture.fault), 0);
        journal_close(journal, 1, NULL);
    }
    fixture_end(&fixture);
}

static struct sha256_digest disk_digest(struct memory_disk *disk)
{
    struct sha256 hash;
    sha256_begin(&hash);
    for (size_t n = 0; memory_disk_path(disk, n) != NULL; n++) {
        const char *path = memory_disk_path(disk, n);
        if (strstr(path, "/index/") != NULL || strstr(path, "/lock") != NULL)
            continue;
        sha256_add(&hash, bytes_string(path));
        sha256_add(&hash, buffer_view(memory_disk_content(disk, path)));
    }
    return sha256_end(&hash);
}

static const char *const first_segment = "/journal/segments/00000000000000000000.tj";

static void damage_before_a_good_group_stops_the_opening_and_changes_nothing(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    small_journal(&fixture);
    /* No checkpoint and no snapshot: the groups themselves must tell. */
    memory_disk_remove(fixture.disk, "/journal/checkpoints/latest.a");
    memory_disk_remove(fixture.disk, "/journal/snapshots/00000000000000000003.snap");
    struct buffer *content = memory_disk_content(fixture.disk, first_segment);
    content->data[4096 + 200] ^= 1;
    struct sha256_digest before = disk_digest(fixture.disk);
    struct journal *journal = NULL;
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_JOURNAL_CORRUPT);
    assert_string_equal(fixture.fault.where, "segments/00000000000000000000.tj:4096");
    struct sha256_digest after = disk_digest(fixture.disk);
    assert_true(sha256_equal(&before, &after));
    fixture_end(&fixture);
}

static void a_damaged_last_group_is_cut_unless_a_checkpoint_covers_it(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    small_journal(&fixture);
    struct buffer *content = memory_disk_content(fixture.disk, first_segment);
    size_t used = content->size;
    while (content->data[used - 1] == 0)
        used--;
    content->data[used - 1] ^= 1;
    struct memory_disk *uncovered = memory_disk_copy(fixture.disk);
    struct journal *journal = NULL;
    assert_int_equal(fixture_open_on(&fixture, uncovered, &journal), 0);
    assert_int_equal(journal_next_sequence(journal), 5);
    assert_true(fixture.opened.cut_bytes > 0);
    assert_int_equal(fixture.opened.cut_segment, 0);
    assert_true(fixture.opened.cut_offset > 4096);
    fixture_must_append(&fixture, journal, 1); /* into a new segment: the cut one is sealed */
    assert_non_null(memory_disk_content(uncovered, "/journal/segments/00000000000000000005.tj"));
    journal_close(journal, 1, NULL);
    memory_disk_free(uncovered);

    content->data[used - 1] ^= 1;
    journal = fixture_must_open(&fixture);
    assert_int_equal(journal_checkpoint_make(journal, 9, 1, &fixture.fault), 1);
    journal_close(journal, 1, NULL);
    memory_disk_content(fixture.disk, first_segment)->data[used - 1] ^= 1;
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_JOURNAL_CORRUPT);
    assert_non_null(strstr(fixture.fault.text, "checkpoint"));
    fixture_end(&fixture);
}

static void a_missing_tail_contradicts_the_checkpoint(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    for (size_t i = 0; i < 100; i++)
        fixture_must_append(&fixture, journal, 4);
    journal_close(journal, 1, NULL);
    char last[DISK_PATH_BYTES_MAX] = "";
    for (size_t n = 0; memory_disk_path(fixture.disk, n) != NULL; n++) {
        if (strstr(memory_disk_path(fixture.disk, n), ".tj") != NULL)
            (void)snprintf(last, sizeof(last), "%s", memory_disk_path(fixture.disk, n));
    }
    memory_disk_remove(fixture.disk, last);
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_CHECKPOINT);
    fixture_end(&fixture);
}

/* The power failed while a checkpoint was appended: of its entry only what lay in the second sector arrived. */
static void an_interrupted_checkpoint_leaves_no_trace(void **state)
{
    (void)state;
    for (unsigned made = 0; made < 2; made++) { /* verified right after the start, and after the next checkpoint */
        struct journal_fixture fixture;
        small_journal(&fixture);
        struct buffer *history = memory_disk_content(fixture.disk, "/journal/checkpoints/log");
        size_t size = history->size;
        uint8_t *second = buffer_extend(history, size); /* an entry as long as the first follows */
        assert_non_null(second);
        memset(second, 0, size / 2);
        memcpy(second + size / 2, history->data + size / 2, size - size / 2);
        struct journal *journal = fixture_must_open(&fixture);
        if (made)
            assert_int_equal(journal_checkpoint_make(journal, 9, 2, &fixture.fault), 1);
        if (journal_verify_all(journal, NULL, NULL, &fixture.fault) != 0)
            fail_msg("%s %s", fixture.fault.text, fixture.fault.where);
        journal_close(journal, 1, NULL);
        fixture_end(&fixture);
    }
}

static void a_damaged_checkpoint_is_named_even_when_it_is_the_only_one(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    small_journal(&fixture);
    struct journal *journal = NULL;
    memory_disk_content(fixture.disk, "/journal/checkpoints/latest.a")->data[0] ^= 1;
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_CHECKPOINT);
    assert_string_equal(fixture.fault.where, "checkpoints/latest.a:0");
    fixture_end(&fixture);
}

static void another_history_contradicts_the_checkpoint(void **state)
{
    (void)state;
    struct journal_fixture ours, theirs;
    small_journal(&ours);
    fixture_begin(&theirs);
    theirs.options.time_ns++;
    struct journal *journal = fixture_must_open(&theirs);
    fixture_must_append(&theirs, journal, 3);
    fixture_must_append(&theirs, journal, 2);
    journal_close(journal, 1, NULL);
    const char *const names[] = {"/journal/checkpoints/latest.a", "/journal/checkpoints/log"};
    for (size_t i = 0; i < 2; i++) {
        struct buffer *to = memory_disk_content(theirs.disk, names[i]);
        const struct buffer *from = memory_disk_content(ours.disk, names[i]);
        buffer_clear(to);
        buffer_append_bytes(to, buffer_view(from));
    }
    assert_int_equal(fixture_open(&theirs, &journal), TRUC_E_CHECKPOINT);
    fixture_end(&ours);
    fixture_end(&theirs);
}

static void segments_of_a_newer_format_are_refused(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    small_journal(&fixture);
    struct buffer *content = memory_disk_content(fixture.disk, first_segment);
    content->data[8] = 2;
    struct journal *journal = NULL;
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_JOURNAL_CORRUPT); /* the checksum first */
    store_le32(content->data + 4092, crc32c(0, bytes_of(content->data, 4092)));
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_JOURNAL_VERSION);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_byte_is_found),
        cmocka_unit_test(flipped_bytes_of_sealed_segments_are_found),
        cmocka_unit_test(damaged_accelerators_are_rebuilt),
        cmocka_unit_test(damage_before_a_good_group_stops_the_opening_and_changes_nothing),
        cmocka_unit_test(a_damaged_last_group_is_cut_unless_a_checkpoint_covers_it),
        cmocka_unit_test(a_missing_tail_contradicts_the_checkpoint),
        cmocka_unit_test(an_interrupted_checkpoint_leaves_no_trace),
        cmocka_unit_test(a_damaged_checkpoint_is_named_even_when_it_is_the_only_one),
        cmocka_unit_test(another_history_contradicts_the_checkpoint),
        cmocka_unit_test(segments_of_a_newer_format_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
