/* test_journal_failures.c - whichever allocation, write or sync fails, the journal says so by name and keeps what it acknowledged.
 * A scene is played once for each of them, and that one fails (the linker's --wrap; the memory disk's faults).
 * Leaks and wild accesses are the sanitizers' to find. */
#include <errno.h>

#include "failing_disk.h"
#include "failing_memory.h"
#include "journal_fixture.h"

/* ---- the scene ---- */

enum { GROUPS = 3, GROUP_RECORDS = 2 };

static int append(struct journal *journal, struct journal_fixture *fixture)
{
    struct journal_entry entries[GROUP_RECORDS] = {{.kind = 1, .time_ns = 1, .body = bytes_string("body")},
                                                   {.kind = 2,
                                                    .time_ns = 2,
                                                    .body = bytes_string("other"),
                                                    .has_payload = true,
                                                    .payload = bytes_string("payload")}};
    struct journal_group group = {entries, GROUP_RECORDS, 3, journal_next_sequence(journal)};
    return journal_append_group(journal, &group, &fixture->fault);
}

/* Opens, appends, keeps a snapshot, makes a checkpoint, proves, verifies, closes. How many groups were acknowledged. */
static int play(struct journal_fixture *fixture, unsigned *ret_groups)
{
    struct journal *journal = NULL;
    struct merkle_proof proof;
    *ret_groups = 0;
    int code = fixture_open(fixture, &journal);
    for (unsigned i = 0; code == 0 && i < GROUPS; i++) {
        code = append(journal, fixture);
        *ret_groups += code == 0;
    }
    if (code == 0)
        code = journal_snapshot_write(journal, bytes_string("state"), 1, &fixture->fault);
    if (code == 0 && (code = journal_checkpoint_make(journal, GROUPS * GROUP_RECORDS, 1, &fixture->fault)) > 0)
        code = 0;
    if (code == 0)
        code = journal_prove_inclusion(journal, 1, 0, &proof, &fixture->fault);
    if (code == 0)
        code = journal_verify_all(journal, NULL, NULL, &fixture->fault);
    int closed = journal_close(journal, 1, NULL);
    return code == 0 ? closed : code;
}

/* After a restart without faults: all that was acknowledged, and nothing that is damaged. */
static void check_restart(struct journal_fixture *fixture, unsigned groups)
{
    memory_disk_kill(fixture->disk);
    struct journal *journal = fixture_must_open(fixture);
    assert_true(journal_next_sequence(journal) >= (uint64_t)groups * GROUP_RECORDS);
    if (journal_verify_all(journal, NULL, NULL, &fixture->fault) != 0)
        fail_msg("%s %s", fixture->fault.text, fixture->fault.where);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
}

static void each_failing_allocation_is_survived(void **state)
{
    enum { ALLOCATIONS_MAX = 5000 };
    unsigned failures = 0, n = 0;
    bool is_over = false;
    (void)state;
    for (; n < ALLOCATIONS_MAX && !is_over; n++) {
        struct journal_fixture fixture;
        struct failing_disk disk;
        unsigned groups;
        fixture_begin(&fixture);
        failing_disk_begin(&disk, memory_disk_interface(fixture.disk)); /* its own allocations are the test's */
        fixture.options.disk = &disk.disk;
        failing_memory_begin(n);
        (void)failing_memory_arm(true);
        int code = play(&fixture, &groups);
        (void)failing_memory_arm(false);
        is_over = failing_memory_is_over();
        if (code != 0 && code != TRUC_E_MEMORY && code != TRUC_E_JOURNAL_FAILED)
            fail_msg("allocation %u: %s: %s", n, truc_error_name(code), fixture.fault.text);
        failures += code != 0;
        check_restart(&fixture, groups);
        fixture_end(&fixture);
    }
    assert_true(is_over);
    assert_in_range(failures, 20, n);
}

/* `which` is 0 for writes and 1 for syncs. */
static void fail_each(unsigned which, int error)
{
    enum { CALLS_MAX = 2000 };
    for (uint64_t n = 1; n < CALLS_MAX; n++) {
        struct journal_fixture fixture;
        unsigned groups;
        fixture_begin(&fixture);
        struct memory_disk_faults faults = {.fail_error = error};
        *(which == 0 ? &faults.fail_write : &faults.fail_sync) = n;
        memory_disk_set_faults(fixture.disk, &faults);
        int code = play(&fixture, &groups);
        struct memory_disk_counts counts = memory_disk_counts(fixture.disk);
        bool was_last = (which == 0 ? counts.writes : counts.syncs) < n;
        if (was_last ? code != 0
                     : code != 0 && code != TRUC_E_IO && code != TRUC_E_JOURNAL_FAILED && code != TRUC_E_JOURNAL_FULL)
            fail_msg("call %u: %s: %s", (unsigned)n, truc_error_name(code), fixture.fault.text);
        memory_disk_crash(fixture.disk, n);
        check_restart(&fixture, groups);
        fixture_end(&fixture);
        if (was_last) {
            assert_true(n > 10);
            return;
        }
    }
    fail_msg("the scene never ended");
}

static void each_failing_write_is_survived(void **state)
{
    (void)state;
    fail_each(0, 0);
    fail_each(0, -ENOSPC);
}

static void each_failing_sync_is_survived(void **state)
{
    (void)state;
    fail_each(1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failing_allocation_is_survived),
        cmocka_unit_test(each_failing_write_is_survived),
        cmocka_unit_test(each_failing_sync_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
