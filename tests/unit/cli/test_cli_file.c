/* test_cli_file.c - a file that the command line has replaced is on disk under its name, not only in memory: keys are among them, and
 * what is wrapped by a key that a power cut takes away is lost.
 * The order of the calls is looked at (the linker's --wrap); no power is cut. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_file.h"
#include "cmocka_start.h"

enum { CALLS_MAX = 8 };
static char calls[CALLS_MAX + 1]; /* f: a file synced, d: the folder, r: renamed */
static struct stat folder;

int __real_fsync(int file);
int __real_rename(const char *from, const char *to);
int __wrap_fsync(int file);
int __wrap_rename(const char *from, const char *to);

static void note(char call)
{
    size_t count = strlen(calls);
    assert_true(count < CALLS_MAX);
    calls[count] = call;
}

int __wrap_fsync(int file)
{
    struct stat status;
    assert_int_equal(fstat(file, &status), 0);
    if (S_ISDIR(status.st_mode))
        assert_true(status.st_ino == folder.st_ino && status.st_dev == folder.st_dev);
    note(S_ISDIR(status.st_mode) ? 'd' : 'f');
    return __real_fsync(file);
}

int __wrap_rename(const char *from, const char *to)
{
    note('r');
    return __real_rename(from, to);
}

static void expect_calls(const char *expected)
{
    assert_string_equal(calls, expected);
    memset(calls, 0, sizeof calls);
}

static void test_what_was_replaced_is_on_disk_under_its_name(void **state)
{
    char path[] = "/tmp/truc-cli-file-XXXXXX", file[64], other[64];
    struct truc_fault fault = {0};
    (void)state;
    assert_non_null(mkdtemp(path));
    assert_int_equal(stat(path, &folder), 0);
    (void)snprintf(file, sizeof file, "%s/journal.key.next", path);
    (void)snprintf(other, sizeof other, "%s/journal.key", path);
    assert_int_equal(cli_file_replace(file, bytes_string("new"), 0600, &fault), 0);
    expect_calls("frd");
    assert_int_equal(cli_file_change(file, bytes_string("changed"), &fault), 0);
    expect_calls("frd");
    assert_int_equal(cli_file_rename(file, other, &fault), 0);
    expect_calls("rd");
    assert_int_equal(cli_file_rename(file, other, &fault), TRUC_E_IO); /* it is gone */
    expect_calls("r");
    assert_int_equal(cli_file_remove(other, &fault), 0);
    expect_calls("d");
    assert_int_equal(rmdir(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_replaced_is_on_disk_under_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
