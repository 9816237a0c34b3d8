/* test_secret_file.c - which key files are read, and which are refused with the reason.
 * Files are made in a directory of the test.
 * See bus/io/secret_file.h. */
#include "cmocka_start.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret_file.h"

struct place {
    char directory[64];
    char file[96], link[96];
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    strcpy(place->directory, "/tmp/truc-secret-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    (void)snprintf(place->file, sizeof place->file, "%s/key", place->directory);
    (void)snprintf(place->link, sizeof place->link, "%s/link", place->directory);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    unlink(place->file);
    unlink(place->link);
    rmdir(place->directory);
    free(place);
    return 0;
}

static void put(const struct place *place, const void *data, size_t size, mode_t mode)
{
    unlink(place->file);
    int fd = open(place->file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), (ssize_t)size);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void a_file_for_its_owner_alone_is_read(void **state)
{
    struct place *place = *state;
    static const mode_t modes[] = {0600, 0400};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct secret secret = {0};
        put(place, " \tkey text\r\n", 12, modes[i]);
        assert_int_equal(secret_file_read(place->file, &secret, NULL), 0);
        assert_int_equal(secret.size, 12);
        assert_true(bytes_equal_string(secret_text(&secret), "key text"));
        secret_free(&secret);
        assert_null(secret.data);
    }
    secret_free(NULL);
}

static void a_file_that_others_may_use_is_refused(void **state)
{
    struct place *place = *state;
    static const mode_t modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0644, 0777};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct secret secret = {0};
        struct truc_fault fault;
        put(place, "key", 3, modes[i]);
        assert_int_equal(secret_file_read(place->file, &secret, &fault), TRUC_E_CONFIG);
        assert_non_null(strstr(fault.text, place->file));
        assert_non_null(strstr(fault.hint, "chmod 600"));
        assert_null(secret.data);
    }
}

static void a_file_of_another_user_is_refused(void **state)
{
    struct place *place = *state;
    struct secret secret = {0};
    put(place, "key", 3, 0600);
    if (geteuid() != 0) {
        print_message("SKIP: giving a file to another user needs root\n");
        skip();
    }
    assert_int_equal(chown(place->file, 12345, (gid_t)-1), 0);
    assert_int_equal(secret_file_read(place->file, &secret, NULL), TRUC_E_CONFIG);
}

static void a_folder_that_others_may_use_is_refused(void **state)
{
    static const mode_t open_modes[] = {0755, 0750, 0701, 0710, 0770};
    struct place *place = *state;
    struct truc_fault fault = {0};
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s/folder", place->directory);
    assert_int_equal(secret_folder_check(folder, &fault), 0); /* not there yet */
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(secret_folder_check(folder, &fault), 0);
    for (size_t i = 0; i < COUNT_OF(open_modes); i++) {
        assert_int_equal(chmod(folder, open_modes[i]), 0);
        assert_int_equal(secret_folder_check(folder, &fault), TRUC_E_CONFIG);
        assert_non_null(strstr(fault.text, folder));
        assert_non_null(strstr(fault.hint, "chmod"));
    }
    assert_int_equal(rmdir(folder), 0);
    put(place, "key", 3, 0600);
    assert_int_equal(secret_folder_check(place->file, &fault), TRUC_E_CONFIG);
    (void)snprintf(folder, sizeof folder, "%s/below", place->file);
    assert_int_equal(secret_folder_check(folder, &fault), TRUC_E_IO); /* a file on the way: nothing is known of it */
}

static void what_is_not_a_key_file_is_refused(void **state)
{
    struct place *place = *state;
    struct secret secret = {0};
    assert_int_equal(secret_file_read(place->file, &secret, NULL), TRUC_E_NOT_FOUND);
    assert_int_equal(secret_file_read(place->directory, &secret, NULL), TRUC_E_CONFIG);
    put(place, "key", 3, 0600);
    assert_int_equal(symlink(place->file, place->link), 0);
    assert_int_equal(secret_file_read(place->link, &secret, NULL), TRUC_E_CONFIG);
    unlink(place->link);
    assert_int_equal(mkfifo(place->link, 0600), 0);
    assert_int_equal(secret_file_read(place->link, &secret, NULL), TRUC_E_CONFIG); /* and does not wait for a writer */
}

static void sizes_have_bounds(void **state)
{
    struct place *place = *state;
    struct secret secret = {0};
    static char large[SECRET_FILE_BYTES_MAX + 1];
    put(place, "", 0, 0600);
    assert_int_equal(secret_file_read(place->file, &secret, NULL), TRUC_E_CONFIG);
    put(place, large, SECRET_FILE_BYTES_MAX + 1, 0600);
    assert_int_equal(secret_file_read(place->file, &secret, NULL), TRUC_E_CONFIG);
    put(place, large, SECRET_FILE_BYTES_MAX, 0600);
    assert_int_equal(secret_file_read(place->file, &secret, NULL), 0);
    secret_free(&secret);
}

static void a_text_of_spaces_is_empty(void **state)
{
    struct place *place = *state;
    struct secret secret = {0};
    put(place, " \n\n", 3, 0600);
    assert_int_equal(secret_file_read(place->file, &secret, NULL), 0);
    assert_int_equal(secret_text(&secret).size, 0);
    secret_free(&secret);
}

int main(void)
{
#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        FILE_TEST(a_file_for_its_owner_alone_is_read), FILE_TEST(a_file_that_others_may_use_is_refused),
        FILE_TEST(a_file_of_another_user_is_refused),  FILE_TEST(a_folder_that_others_may_use_is_refused),
        FILE_TEST(what_is_not_a_key_file_is_refused),  FILE_TEST(sizes_have_bounds),
        FILE_TEST(a_text_of_spaces_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
