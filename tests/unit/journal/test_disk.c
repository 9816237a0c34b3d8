/* test_disk.c - real files and the memory disk keep the same promises of disk.h: one suite for both.
 * What a disk loses in a power cut is the memory disk's own affair and is tested by the journal's crashes.
 * The journal runs once on real files, locks and all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file_disk.h"
#include "journal_fixture.h"

struct disk_under_test {
    struct disk *disk;
    struct memory_disk *memory;
    char directory[64];
};

static void remove_tree(const char *path)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

static int setup_memory(void **state)
{
    struct disk_under_test *test = calloc(1, sizeof(*test));
    assert_non_null(test);
    test->memory = memory_disk_new();
    test->disk = memory_disk_interface(test->memory);
    (void)snprintf(test->directory, sizeof(test->directory), "/d");
    *state = test;
    return disk_make_directory(test->disk, test->directory);
}

static int setup_files(void **state)
{
    struct disk_under_test *test = calloc(1, sizeof(*test));
    assert_non_null(test);
    (void)snprintf(test->directory, sizeof(test->directory), "/tmp/truc-disk-XXXXXX");
    assert_non_null(mkdtemp(test->directory));
    test->disk = file_disk();
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct disk_under_test *test = *state;
    if (test->memory == NULL)
        remove_tree(test->directory);
    memory_disk_free(test->memory);
    free(test);
    return 0;
}

static const char *in(const struct disk_under_test *test, const char *name)
{
    static char paths[2][128];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", test->directory, name);
    return path;
}

static int count_names(void *context, const char *name)
{
    size_t *count = context;
    assert_true(name[0] != '.');
    ++*count;
    return 0;
}

static int stop_at_once(void *context, const char *name)
{
    (void)context;
    (void)name;
    return -42;
}

static void files_hold_what_was_written(void **state)
{
    struct disk_under_test *test = *state;
    struct disk_file *file = NULL;
    char data[16];
    assert_int_equal(disk_open(test->disk, in(test, "a"), DISK_READ, &file), -ENOENT);
    assert_int_equal(disk_open(test->disk, in(test, "no/a"), DISK_READ | DISK_WRITE | DISK_CREATE, &file), -ENOENT);
    assert_int_equal(disk_open(test->disk, in(test, "a"), DISK_READ | DISK_WRITE | DISK_CREATE, &file), 0);
    assert_int_equal(disk_size(file), 0);
    assert_int_equal(disk_read_at(file, 0, data, sizeof(data)), 0);
    assert_int_equal(disk_write_at(file, 5, "hello", 5), 0);
    assert_int_equal(disk_size(file), 10);
    assert_int_equal(disk_read_at(file, 3, data, sizeof(data)), 7);
    assert_memory_equal(data, "\0\0hello", 7);
    assert_int_equal(disk_sync(file), 0);
    assert_int_equal(disk_truncate(file, 7), 0);
    assert_int_equal(disk_truncate(file, 12), 0);
    assert_int_equal(disk_read_at(file, 5, data, sizeof(data)), 7);
    assert_memory_equal(data, "he\0\0\0\0\0", 7);
    disk_close(file);
    assert_int_equal(disk_open(test->disk, in(test, "a"), DISK_WRITE | DISK_READ | DISK_CREATE | DISK_EXCLUSIVE, &file),
                     -EEXIST);
    assert_int_equal(disk_open(test->disk, in(test, "a"), DISK_READ, &file), 0);
    assert_int_equal(disk_size(file), 12);
    assert_int_equal(disk_write_at(file, 0, "x", 1), -EBADF);
    disk_close(file);
}

/* What is aligned may go past the system's cache, what isn't goes through it: the later write counts, whichever way. */
static void past_the_cache_and_through_it_is_one_file(void **state)
{
    struct disk_under_test *test = *state;
    enum { PAGES = 4, SIZE = PAGES * DISK_PAGE_BYTES };
    uint8_t *written = aligned_alloc(DISK_PAGE_BYTES, SIZE), expected[SIZE], read[SIZE];
    assert_non_null(written);
    struct disk_file *file = NULL;
    assert_int_equal(
        disk_open(test->disk, in(test, "direct"), DISK_READ | DISK_WRITE | DISK_CREATE | DISK_DIRECT, &file), 0);
    memset(written, 1, SIZE);
    assert_int_equal(disk_write_at(file, 0, written, SIZE), 0);
    assert_int_equal(disk_write_at(file, 100, "unaligned", 9), 0);
    memset(written, 2, SIZE);
    assert_int_equal(disk_write_at(file, 3 * DISK_SECTOR_BYTES, written, DISK_PAGE_BYTES), 0);
    assert_int_equal(disk_write_at(file, 3 * DISK_SECTOR_BYTES + 7, "again", 5), 0);
    assert_int_equal(disk_write_at(file, 2 * DISK_PAGE_BYTES, written + 1, DISK_PAGE_BYTES), 0);
    assert_int_equal(disk_sync(file), 0);
    memset(expected, 1, SIZE);
    memcpy(expected + 100, "unaligned", 9);
    memset(expected + 3 * DISK_SECTOR_BYTES, 2, DISK_PAGE_BYTES);
    memcpy(expected + 3 * DISK_SECTOR_BYTES + 7, "again", 5);
    memset(expected + 2 * DISK_PAGE_BYTES, 2, DISK_PAGE_BYTES);
    assert_int_equal(disk_read_at(file, 0, read, SIZE), SIZE);
    assert_memory_equal(read, expected, SIZE);
    disk_close(file);
    assert_int_equal(disk_open(test->disk, in(test, "direct"), DISK_READ, &file), 0);
    assert_int_equal(disk_read_at(file, 0, read, SIZE), SIZE);
    assert_memory_equal(read, expected, SIZE);
    disk_close(file);
    free(written);
}

static void names_can_be_made_moved_listed_and_removed(void **state)
{
    struct disk_under_test *test = *state;
    struct disk_file *file = NULL;
    size_t count = 0;
    for (const char *name = "ab"; *name != '\0'; name++) {
        char text[2] = {*name, '\0'};
        assert_int_equal(disk_open(test->disk, in(test, text), DISK_READ | DISK_WRITE | DISK_CREATE, &file), 0);
        assert_int_equal(disk_write_at(file, 0, name, 1), 0);
        disk_close(file);
    }
    assert_int_equal(disk_make_directory(test->disk, in(test, "c")), 0);
    assert_int_equal(disk_make_directory(test->disk, in(test, "c")), -EEXIST);
    assert_int_equal(disk_list(test->disk, test->directory, count_names, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(disk_list(test->disk, test->directory, stop_at_once, NULL), -42);
    assert_int_equal(disk_list(test->disk, in(test, "none"), count_names, &count), -ENOENT);
    assert_int_equal(disk_rename(test->disk, in(test, "a"), in(test, "b")), 0);
    assert_int_equal(disk_rename(test->disk, in(test, "a"), in(test, "b")), -ENOENT);
    assert_int_equal(disk_sync_directory(test->disk, test->directory), 0);
    char data;
    assert_int_equal(disk_open(test->disk, in(test, "b"), DISK_READ, &file), 0);
    assert_int_equal(disk_read_at(file, 0, &data, 1), 1);
    assert_int_equal(data, 'a');
    disk_close(file);
    assert_int_equal(disk_unlink(test->disk, in(test, "b")), 0);
    assert_int_equal(disk_unlink(test->disk, in(test, "b")), -ENOENT);
}

static void a_lock_is_held_by_one(void **state)
{
    struct disk_under_test *test = *state;
    struct disk_file *first = NULL, *second = NULL;
    assert_int_equal(disk_lock(test->disk, in(test, "lock"), &first), 0);
    assert_int_equal(disk_lock(test->disk, in(test, "lock"), &second), -EWOULDBLOCK);
    disk_close(first);
    assert_int_equal(disk_lock(test->disk, in(test, "lock"), &second), 0);
    disk_close(second);
}

static void a_journal_lives_on_it(void **state)
{
    struct disk_under_test *test = *state;
    struct journal_fixture fixture;
    struct journal *second = NULL;
    fixture_begin(&fixture);
    fixture.options.disk = test->disk;
    fixture.options.directory = in(test, "journal");
    fixture.options.random = NULL; /* the system's */
    struct journal *journal = NULL;
    assert_int_equal(journal_open(&fixture.options, NULL, &journal, NULL, &fixture.fault), 0);
    assert_int_equal(journal_open(&fixture.options, NULL, &second, NULL, &fixture.fault), TRUC_E_STATE);
    for (size_t i = 0; i < 120; i++)
        fixture_must_append(&fixture, journal, 4);
    assert_int_equal(journal_snapshot_write(journal, bytes_string("state"), 1, &fixture.fault), 0);
    fixture_must_append(&fixture, journal, 2);
    assert_int_equal(journal_close(journal, 1, &fixture.fault), 0);
    assert_int_equal(journal_open(&fixture.options, NULL, &journal, &fixture.opened, &fixture.fault), 0);
    assert_int_equal(fixture.opened.restored_sequence, 480);
    fixture_check_all(&fixture, journal);
    assert_int_equal(journal_verify_all(journal, NULL, NULL, &fixture.fault), 0);
    assert_int_equal(journal_close(journal, 1, &fixture.fault), 0);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_hold_what_was_written, setup_memory, teardown),
        cmocka_unit_test_setup_teardown(files_hold_what_was_written, setup_files, teardown),
        cmocka_unit_test_setup_teardown(past_the_cache_and_through_it_is_one_file, setup_memory, teardown),
        cmocka_unit_test_setup_teardown(past_the_cache_and_through_it_is_one_file, setup_files, teardown),
        cmocka_unit_test_setup_teardown(names_can_be_made_moved_listed_and_removed, setup_memory, teardown),
        cmocka_unit_test_setup_teardown(names_can_be_made_moved_listed_and_removed, setup_files, teardown),
        cmocka_unit_test_setup_teardown(a_lock_is_held_by_one, setup_memory, teardown),
        cmocka_unit_test_setup_teardown(a_lock_is_held_by_one, setup_files, teardown),
        cmocka_unit_test_setup_teardown(a_journal_lives_on_it, setup_memory, teardown),
        cmocka_unit_test_setup_teardown(a_journal_lives_on_it, setup_files, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
