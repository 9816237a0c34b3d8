/* test_journal_crash.c - whatever moment the power fails, the process dies or the disk refuses: nothing acknowledged is
 * lost, nothing half written is believed, and after a failed sync nothing more is promised. The disk plays every
 * unsynced sector and name both ways, by seed. */
#include <errno.h>

#include "journal_fixture.h"

/* Appends until something fails; returns the sequence up to which everything was acknowledged. */
static uint64_t append_until_failure(struct journal_fixture *fixture, struct journal *journal)
{
    for (size_t i = 0; i < 40; i++) {
        int code = i % 10 == 9 ? journal_snapshot_write(journal, bytes_string("state"), i, NULL) : 0;
        if (code == 0 && i % 7 == 6)
            code = journal_checkpoint_make(journal, journal_next_sequence(journal), i, NULL);
        if (code >= 0)
            code = fixture_append(fixture, journal, 1 + i * 5 % 17);
        if (code < 0)
            break;
    }
    return journal_next_sequence(journal);
}

static void check_after_crash(struct journal_fixture *fixture, uint64_t acknowledged, uint64_t seed)
{
    struct journal *journal = fixture_must_open(fixture);
    uint64_t next = journal_next_sequence(journal);
    if (next < acknowledged)
        fail_msg("seed %llu: %llu acknowledged, %llu there", (unsigned long long)seed, (unsigned long long)acknowledged,
                 (unsigned long long)next);
    fixture_check_all(fixture, journal);
    int code = journal_verify_all(journal, NULL, NULL, &fixture->fault);
    if (code != 0)
        fail_msg("seed %llu: %s (%s)", (unsigned long long)seed, fixture->fault.text, fixture->fault.where);
    fixture_must_append(fixture, journal, 3);
    assert_int_equal(journal_close(journal, 9, NULL), 0);
    journal = fixture_must_open(fixture);
    assert_int_equal(journal_next_sequence(journal), next + 3);
    assert_int_equal(journal_verify_all(journal, NULL, NULL, &fixture->fault), 0);
    assert_int_equal(journal_close(journal, 9, NULL), 0);
}

static void power_cuts_at_every_step_lose_nothing_acknowledged(void **state)
{
    (void)state;
    for (uint64_t step = 1; step < 220; step += 1) {
        struct journal_fixture fixture;
        struct journal *journal = NULL;
        fixture_begin(&fixture);
        assert_int_equal(disk_make_directory(fixture.options.disk, "/home"), 0);
        assert_int_equal(disk_sync_directory(fixture.options.disk, "/"), 0);
        fixture.options.directory = "/home/journal";
        struct memory_disk_faults faults = {.power_off = step};
        memory_disk_set_faults(fixture.disk, &faults);
        uint64_t acknowledged = 0;
        if (fixture_open(&fixture, &journal) == 0)
            acknowledged = append_until_failure(&fixture, journal);
        journal_close(journal, 9, NULL);
        memory_disk_crash(fixture.disk, step * 77 + 5);
        check_after_crash(&fixture, acknowledged, step);
        fixture_end(&fixture);
    }
}

static void crashes_upon_crashes_lose_nothing_acknowledged(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    uint64_t acknowledged = 0;
    for (uint64_t seed = 1; seed < 60; seed++) {
        struct journal *journal = NULL;
        struct memory_disk_faults faults = {.power_off = 3 + seed * 13 % 61};
        memory_disk_set_faults(fixture.disk, &faults);
        if (fixture_open(&fixture, &journal) == 0) {
            assert_true(journal_next_sequence(journal) >= acknowledged);
            acknowledged = append_until_failure(&fixture, journal);
        }
        journal_close(journal, 9, NULL);
        if (seed % 5 == 0)
            memory_disk_kill(fixture.disk);
        else
            memory_disk_crash(fixture.disk, seed);
    }
    assert_true(acknowledged > 100);
    check_after_crash(&fixture, acknowledged, 0);
    fixture_end(&fixture);
}

static void after_a_failed_write_or_sync_it_is_failed_for_good(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct journal_fixture fixture;
        fixture_begin(&fixture);
        struct journal *journal = fixture_must_open(&fixture);
        fixture_must_append(&fixture, journal, 5);
        struct memory_disk_faults faults = {.fail_write = which == 0, .fail_sync = which == 1};
        memory_disk_set_faults(fixture.disk, &faults);
        assert_int_equal(fixture_append(&fixture, journal, 5), TRUC_E_JOURNAL_FAILED);
        assert_true(journal_is_failed(journal));
        assert_int_equal(journal_next_sequence(journal), 5);
        struct memory_disk_counts before = memory_disk_counts(fixture.disk);
        struct sha256_digest digest;
        assert_int_equal(fixture_append(&fixture, journal, 1), TRUC_E_JOURNAL_FAILED);
        assert_int_equal(journal_prepare_step(journal, NULL), TRUC_E_JOURNAL_FAILED);
        assert_int_equal(journal_checkpoint_make(journal, 5, 1, NULL), TRUC_E_JOURNAL_FAILED);
        assert_int_equal(journal_snapshot_write(journal, BYTES_EMPTY, 1, NULL), TRUC_E_JOURNAL_FAILED);
        assert_int_equal(journal_object_put(journal, BYTES_EMPTY, &digest, NULL), TRUC_E_JOURNAL_FAILED);
        assert_int_equal(journal_erase_payload(journal, 1, NULL), TRUC_E_JOURNAL_FAILED);
        assert_int_equal(memory_disk_counts(fixture.disk).changes, before.changes);
        fixture_check_all(&fixture, journal); /* reading still works */
        journal_close(journal, 1, NULL);
        assert_int_equal(memory_disk_counts(fixture.disk).syncs, before.syncs);
        fixture_end(&fixture);
    }
}

/* The kernel may show what the disk never got: a restart must not count it as durable until it has written it again. */
static void what_a_failed_sync_left_in_memory_is_written_again(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    fixture_must_append(&fixture, journal, 5);
    struct memory_disk_faults faults = {.fail_sync = 1};
    memory_disk_set_faults(fixture.disk, &faults);
    assert_int_equal(fixture_append(&fixture, journal, 5), TRUC_E_JOURNAL_FAILED);
    journal_close(journal, 1, NULL);
    memory_disk_kill(fixture.disk);
    journal = fixture_must_open(&fixture);
    assert_int_equal(journal_next_sequence(journal), 10); /* readable, so it counts */
    fixture_must_append(&fixture, journal, 5);
    journal_close(journal, 1, NULL);
    memory_disk_crash(fixture.disk, 4);
    check_after_crash(&fixture, 15, 4);
    fixture_end(&fixture);
}

/* The same for the history of checkpoints, which is appended to likewise. */
static void a_checkpoint_that_a_failed_sync_left_in_memory_is_written_again(void **state)
{
    (void)state;
    for (uint64_t sync = 1; sync < 4; sync++) {
        struct journal_fixture fixture;
        fixture_begin(&fixture);
        struct journal *journal = fixture_must_open(&fixture);
        fixture_must_append(&fixture, journal, 5);
        assert_int_equal(journal_checkpoint_make(journal, 5, 1, NULL), 1);
        fixture_must_append(&fixture, journal, 5);
        struct memory_disk_faults faults = {.fail_sync = sync};
        memory_disk_set_faults(fixture.disk, &faults);
        assert_int_equal(journal_checkpoint_make(journal, 10, 1, NULL), TRUC_E_JOURNAL_FAILED);
        journal_close(journal, 1, NULL);
        memory_disk_kill(fixture.disk);
        journal = fixture_must_open(&fixture);
        fixture_must_append(&fixture, journal, 5);
        assert_true(journal_checkpoint_make(journal, 15, 1, NULL) >= 0);
        journal_close(journal, 1, NULL);
        memory_disk_crash(fixture.disk, sync);
        check_after_crash(&fixture, 15, sync);
        fixture_end(&fixture);
    }
}

/* A process is killed between naming a file and syncing its directory, wherever that is: the next one must not build on a name that a
 * power cut takes back. */
static void names_that_a_killed_process_left_unsynced_are_made_durable(void **state)
{
    (void)state;
    for (uint64_t run = 0; run < 220 * 4; run++) {
        const uint64_t step = 1 + run / 4; /* four outcomes of the power cut for each */
        struct journal_fixture fixture;
        struct journal *journal = NULL;
        fixture_begin(&fixture);
        struct memory_disk_faults faults = {.power_off = step};
        memory_disk_set_faults(fixture.disk, &faults);
        if (fixture_open(&fixture, &journal) == 0)
            append_until_failure(&fixture, journal);
        journal_close(journal, 9, NULL);
        memory_disk_kill(fixture.disk); /* the machine lives on, with all that was written */
        journal = fixture_must_open(&fixture);
        fixture_must_append(&fixture, journal, 2);
        uint64_t acknowledged = journal_next_sequence(journal);
        memory_disk_crash(fixture.disk, run);
        journal_close(journal, 9, NULL);
        check_after_crash(&fixture, acknowledged, step);
        fixture_end(&fixture);
    }
}

static void an_erased_payload_stays_erased(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 8; seed++) {
        struct journal_fixture fixture;
        fixture_begin(&fixture);
        struct journal *journal = fixture_must_open(&fixture);
        fixture_must_append(&fixture, journal, 9);
        assert_int_equal(journal_erase_payload(journal, 4, &fixture.fault), 0);
        memory_disk_crash(fixture.disk, seed);
        journal_close(journal, 1, NULL);
        journal = fixture_must_open(&fixture);
        BUFFER_CLEANUP struct buffer scratch = {0};
        struct journal_record record;
        assert_int_equal(journal_read(journal, 4, JOURNAL_WITH_PAYLOAD, &scratch, &record, NULL), TRUC_E_ERASED);
        fixture_check_record(&fixture, journal, 7);
        journal_close(journal, 1, NULL);
        fixture_end(&fixture);
    }
}

static void an_interrupted_purge_can_be_finished(void **state)
{
    (void)state;
    for (uint64_t step = 1; step < 60; step++) {
        struct journal_fixture fixture;
        fixture_begin(&fixture);
        struct journal *journal = fixture_must_open(&fixture);
        for (size_t i = 0; i < 150; i++)
            fixture_must_append(&fixture, journal, 4);
        /* A snapshot at the end, so that the opening below relies on the stored tables of groups. */
        assert_int_equal(journal_snapshot_write(journal, BYTES_EMPTY, 1, &fixture.fault), 0);
        struct memory_disk_faults faults = {.power_off = step};
        memory_disk_set_faults(fixture.disk, &faults);
        journal_purge_payloads(journal, 400, NULL);
        journal_close(journal, 1, NULL);
        memory_disk_crash(fixture.disk, step);
        journal = fixture_must_open(&fixture);
        assert_int_equal(journal_verify_all(journal, NULL, NULL, &fixture.fault), 0);
        for (uint64_t sequence = 0; sequence < 600; sequence += 3) /* these have no payloads, whatever happened */
            fixture_check_record(&fixture, journal, sequence);
        assert_true(journal_purge_payloads(journal, 400, &fixture.fault) >= 0);
        assert_int_equal(journal_purge_payloads(journal, 400, &fixture.fault), 0);
        struct journal_verified verified;
        assert_int_equal(journal_verify_all(journal, NULL, &verified, &fixture.fault), 0);
        assert_int_equal(verified.records, 600);
        BUFFER_CLEANUP struct buffer scratch = {0};
        struct journal_record record;
        assert_int_equal(journal_read(journal, 1, JOURNAL_WITH_PAYLOAD, &scratch, &record, NULL), TRUC_E_ERASED);
        fixture_check_record(&fixture, journal, 598);
        journal_close(journal, 1, NULL);
        fixture_end(&fixture);
    }
}

/* The segment's bytes up to `size`, as a file that ends there and as one whose rest is zeros. */
static void check_prefix(struct journal_fixture *fixture, const char *path, size_t size, bool zeros,
                         const uint64_t *ends, size_t end_count)
{
    struct memory_disk *disk = memory_disk_copy(fixture->disk);
    struct buffer *content = memory_disk_content(disk, path);
    struct journal *journal = NULL;
    uint64_t expected = 0;
    for (size_t i = 0; i < end_count && ends[i] <= size; i++)
        expected = i + 1;
    if (zeros)
        memset(content->data + size, 0, content->size - size);
    else
        content->size = size;
    int code = fixture_open_on(fixture, disk, &journal);
    if (code != 0)
        fail_msg("%zu bytes: %s", size, fixture->fault.text);
    assert_int_equal(journal_next_sequence(journal), expected * 2);
    fixture_check_all(fixture, journal);
    fixture_must_append(fixture, journal, 2);
    fixture_check_all(fixture, journal);
    assert_int_equal(journal_verify_all(journal, NULL, NULL, &fixture->fault), 0);
    journal_close(journal, 1, NULL);
    memory_disk_free(disk);
}

static void every_prefix_opens_to_its_last_complete_group(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    uint64_t ends[4];
    size_t used = 0;
    const char *path = "/journal/segments/00000000000000000000.tj";
    fixture.options.checkpoint_key = NULL; /* a checkpoint would rightly refuse the shorter ones */
    for (size_t i = 0; i < 4; i++) {
        fixture_must_append(&fixture, journal, 2);
        const struct buffer *content = memory_disk_content(fixture.disk, path);
        for (used = content->size; used > 0 && content->data[used - 1] == 0;)
            used--;
        ends[i] = (used + 63) / 64 * 64; /* sections are padded to 64 */
    }
    fixture_die(&fixture, journal);
    for (size_t size = 4096; size <= used + 64; size += size % 64 < 4 || size % 64 > 60 ? 1 : 7)
        check_prefix(&fixture, path, size, false, ends, 4);
    /* Cut to zeros: a group that ends in zeros anyway is complete without them. */
    const struct buffer *content = memory_disk_content(fixture.disk, path);
    for (size_t i = 0; i < 4; i++) {
        while (content->data[ends[i] - 1] == 0)
            ends[i]--;
    }
    for (size_t size = 4096; size <= used; size += 61)
        check_prefix(&fixture, path, size, true, ends, 4);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_cuts_at_every_step_lose_nothing_acknowledged),
        cmocka_unit_test(crashes_upon_crashes_lose_nothing_acknowledged),
        cmocka_unit_test(after_a_failed_write_or_sync_it_is_failed_for_good),
        cmocka_unit_test(what_a_failed_sync_left_in_memory_is_written_again),
        cmocka_unit_test(a_checkpoint_that_a_failed_sync_left_in_memory_is_written_again),
        cmocka_unit_test(names_that_a_killed_process_left_unsynced_are_made_durable),
        cmocka_unit_test(an_erased_payload_stays_erased),
        cmocka_unit_test(an_interrupted_purge_can_be_finished),
        cmocka_unit_test(every_prefix_opens_to_its_last_complete_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
