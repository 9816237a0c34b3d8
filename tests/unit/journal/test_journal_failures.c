/* test_journal_failures.c - whichever allocation, write or sync fails, the journal says so by name and keeps what it acknowledged.
 * A scene is played once for each of them, and that one fails (the linker's --wrap; the memory disk's faults).
 * Leaks and wild accesses are the sanitizers' to find. */
#include <errno.h>

#include "journal_fixture.h"

static unsigned allocation_next, allocation_fails;
static bool is_armed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool fails_now(void)
{
    return is_armed && allocation_next++ == allocation_fails;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails_now() ? NULL : __real_realloc(memory, size);
}

/* ---- the disk's own allocations are the test's, and don't fail ---- */

static const struct disk_operations *disk_real;

#define DISARMED(type, call)                                                                                           \
    bool was_armed = is_armed;                                                                                         \
    is_armed = false;                                                                                                  \
    type result = disk_real->call;                                                                                     \
    is_armed = was_armed;                                                                                              \
    return result

static struct disk_operations disk_disarmed;

static int disarmed_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file)
{
    bool was_armed = is_armed;
    is_armed = false;
    int error = disk_real->open(disk, path, flags, ret_file);
    if (error == 0)
        (*ret_file)->operations = &disk_disarmed;
    is_armed = was_armed;
    return error;
}

static int disarmed_lock(struct disk *disk, const char *path, struct disk_file **ret_file)
{
    bool was_armed = is_armed;
    is_armed = false;
    int error = disk_real->lock(disk, path, ret_file);
    if (error == 0)
        (*ret_file)->operations = &disk_disarmed;
    is_armed = was_armed;
    return error;
}

static int64_t disarmed_read_at(struct disk_file *file, uint64_t offset, void *data, size_t size)
{
    DISARMED(int64_t, read_at(file, offset, data, size));
}

static int disarmed_write_at(struct disk_file *file, uint64_t offset, const void *data, size_t size)
{
    DISARMED(int, write_at(file, offset, data, size));
}

static int disarmed_sync(struct disk_file *file)
{
    DISARMED(int, sync(file));
}

static int disarmed_truncate(struct disk_file *file, uint64_t size)
{
    DISARMED(int, truncate(file, size));
}

static int disarmed_rename(struct disk *disk, const char *from, const char *to)
{
    DISARMED(int, rename(disk, from, to));
}

static int disarmed_unlink(struct disk *disk, const char *path)
{
    DISARMED(int, unlink(disk, path));
}

static int disarmed_make_directory(struct disk *disk, const char *path)
{
    DISARMED(int, make_directory(disk, path));
}

static int disarmed_sync_directory(struct disk *disk, const char *path)
{
    DISARMED(int, sync_directory(disk, path));
}

static void disk_disarm(struct disk *disk)
{
    disk_real = disk->operations;
    disk_disarmed = *disk_real;
    disk_disarmed.open = disarmed_open;
    disk_disarmed.lock = disarmed_lock;
    disk_disarmed.read_at = disarmed_read_at;
    disk_disarmed.write_at = disarmed_write_at;
    disk_disarmed.sync = disarmed_sync;
    disk_disarmed.truncate = disarmed_truncate;
    disk_disarmed.rename = disarmed_rename;
    disk_disarmed.unlink = disarmed_unlink;
    disk_disarmed.make_directory = disarmed_make_directory;
    disk_disarmed.sync_directory = disarmed_sync_directory;
    disk->operations = &disk_disarmed;
}

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
    unsigned failures = 0;
    (void)state;
    for (allocation_fails = 0; allocation_fails < ALLOCATIONS_MAX; allocation_fails++) {
        struct journal_fixture fixture;
        unsigned groups;
        fixture_begin(&fixture);
        disk_disarm(memory_disk_interface(fixture.disk));
        allocation_next = 0;
        is_armed = true;
        int code = play(&fixture, &groups);
        is_armed = false;
        bool was_last = allocation_next <= allocation_fails; /* every allocation had its turn */
        if (code != 0 && code != TRUC_E_MEMORY && code != TRUC_E_JOURNAL_FAILED)
            fail_msg("allocation %u: %s: %s", allocation_fails, truc_error_name(code), fixture.fault.text);
        failures += code != 0;
        check_restart(&fixture, groups);
        fixture_end(&fixture);
        if (was_last)
            break;
    }
    assert_in_range(failures, 20, ALLOCATIONS_MAX - 1);
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
