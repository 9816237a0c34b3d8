/* test_inbox.c - promises about the inbox, the same for both kinds; and what only the file can keep.
 * No session: entries are put and found directly.
 * See inbox.h. */
#include "inbox.h"

#include "cmocka_start.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct inbox_key dossier = {.sender = {(const uint8_t *)"portal", 6}, .id = {(const uint8_t *)"a", 1}};
static const struct inbox_key other = {.sender = {(const uint8_t *)"porta", 5}, .id = {(const uint8_t *)"la", 2}};

static struct inbox *open_inbox(const char *path)
{
    struct inbox *inbox = NULL;
    struct truc_fault fault = {0};
    int code = path ? inbox_open_file(path, &inbox, &fault) : inbox_open_memory(&inbox, &fault);
    assert_string_equal(fault.text, "");
    assert_int_equal(code, 0);
    return inbox;
}

static struct inbox_entry find(struct inbox *inbox, const struct inbox_key *key)
{
    struct inbox_entry entry = {0};
    assert_int_equal(inbox_find(inbox, key, &entry, NULL), 0);
    return entry;
}

static void put(struct inbox *inbox, const struct inbox_key *key, enum inbox_state state, uint64_t time_ns)
{
    struct inbox_entry entry = {.state = state,
                                .outcome = 3,
                                .code = 45,
                                .reason = bytes_string("NO_MATCH"),
                                .text = bytes_string("không có"),
                                .reply = bytes_of("r\0r", 3),
                                .reply_time_ns = UINT64_MAX / 2};
    assert_int_equal(inbox_put(inbox, key, &entry, time_ns, NULL), 0);
    assert_int_equal(inbox_commit(inbox, NULL), 0);
}

static void path_of_new_file(char path[64])
{
    (void)snprintf(path, 64, "/tmp/truc-inbox-XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(close(descriptor), 0);
}

static void remove_file(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        char name[80];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name); /* the last two may not exist */
    }
}

static const uint64_t SECOND_NS = 1000000000, HOUR_NS = 3600 * SECOND_NS;

/* Both kinds do the same. */
static void check_conduct(struct inbox *inbox)
{
    assert_int_equal(find(inbox, &dossier).state, INBOX_UNKNOWN);
    put(inbox, &dossier, INBOX_STARTED, 10 * HOUR_NS);
    assert_int_equal(find(inbox, &dossier).state, INBOX_STARTED);
    assert_int_equal(find(inbox, &other).state, INBOX_UNKNOWN); /* sender and id are apart */
    put(inbox, &dossier, INBOX_REPLIED, 20 * HOUR_NS);
    struct inbox_entry entry = find(inbox, &dossier);
    assert_int_equal(entry.state, INBOX_REPLIED);
    assert_int_equal(entry.outcome, 3);
    assert_int_equal(entry.code, 45);
    assert_true(bytes_equal_string(entry.reason, "NO_MATCH"));
    assert_true(bytes_equal_string(entry.text, "không có"));
    assert_true(bytes_equal(entry.reply, bytes_of("r\0r", 3)));
    assert_true(entry.reply_time_ns == UINT64_MAX / 2);
    put(inbox, &other, INBOX_STARTED, 5 * HOUR_NS);
    assert_int_equal(inbox_purge(inbox, 20 * HOUR_NS, NULL), 0);
    assert_int_equal(find(inbox, &dossier).state, INBOX_REPLIED); /* from when it ended */
    assert_int_equal(inbox_purge(inbox, 20 * HOUR_NS + 1, NULL), 0);
    assert_int_equal(find(inbox, &dossier).state, INBOX_UNKNOWN);
    assert_int_equal(find(inbox, &other).state, INBOX_STARTED); /* begun and not ended: never forgotten */
    put(inbox, &dossier, INBOX_STARTED, 30 * HOUR_NS);
    put(inbox, &dossier, INBOX_SETTLED, 30 * HOUR_NS + 30 * SECOND_NS);
    assert_int_equal(inbox_purge(inbox, 30 * HOUR_NS, NULL), 0);
    assert_int_equal(find(inbox, &dossier).state, INBOX_SETTLED);
    assert_true(bytes_equal(find(inbox, &dossier).reply, bytes_of("r\0r", 3)));
    assert_int_equal(inbox_purge(inbox, 30 * HOUR_NS + 60 * SECOND_NS, NULL), 0);
    assert_int_equal(find(inbox, &dossier).state, INBOX_UNKNOWN);
    assert_int_equal(inbox_remove(inbox, &other, NULL), 0);
    assert_int_equal(inbox_commit(inbox, NULL), 0);
    assert_int_equal(find(inbox, &other).state, INBOX_UNKNOWN);
}

static void test_memory_and_file_do_the_same(void **state)
{
    char path[64];
    (void)state;
    struct inbox *inbox = open_inbox(NULL);
    check_conduct(inbox);
    inbox_close(inbox);
    path_of_new_file(path);
    inbox = open_inbox(path);
    check_conduct(inbox);
    inbox_close(inbox);
    remove_file(path);
}

static void test_the_file_keeps_what_was_committed_and_nothing_else(void **state)
{
    char path[64];
    (void)state;
    path_of_new_file(path);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* killed in the middle, as a crash would */
        struct inbox *inbox = open_inbox(path);
        put(inbox, &dossier, INBOX_SETTLED, 1);
        struct inbox_entry entry = {.state = INBOX_STARTED};
        (void)inbox_put(inbox, &other, &entry, 1, NULL);
        (void)kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    struct inbox *inbox = open_inbox(path);
    assert_int_equal(find(inbox, &dossier).state, INBOX_SETTLED);
    assert_int_equal(find(inbox, &other).state, INBOX_UNKNOWN);
    inbox_close(inbox);
    remove_file(path);
}

static void test_a_file_in_use_is_refused(void **state)
{
    char path[64];
    (void)state;
    path_of_new_file(path);
    struct inbox *first = open_inbox(path), *second = NULL;
    struct truc_fault fault = {0};
    put(first, &dossier, INBOX_STARTED, 1);
    assert_int_equal(inbox_open_file(path, &second, &fault), TRUC_E_IO);
    assert_non_null(strstr(fault.text, "locked"));
    assert_null(second);
    inbox_close(first);
    remove_file(path);
}

static void test_a_file_that_is_no_inbox_is_refused(void **state)
{
    char path[64];
    struct inbox *inbox = NULL;
    struct truc_fault fault = {0};
    (void)state;
    path_of_new_file(path);
    int descriptor = open(path, O_WRONLY);
    static const char text[] =
        "this is not a database, and long enough to be seen as something else than an empty file .........";
    assert_int_equal(write(descriptor, text, sizeof text), sizeof text);
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(inbox_open_file(path, &inbox, &fault), TRUC_E_IO);
    assert_non_null(strstr(fault.text, path));
    assert_int_equal(inbox_open_file("/nonexistent/inbox", &inbox, &fault), TRUC_E_IO);
    remove_file(path);
}

static void test_a_new_file_is_nobody_elses_business(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char path[64];
    (void)state;
    path_of_new_file(path);
    remove_file(path);
    mode_t before = umask(0); /* the widest there is */
    struct inbox *inbox = open_inbox(path);
    put(inbox, &dossier, INBOX_SETTLED, 1);
    (void)umask(before);
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct stat status;
        char name[80];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        bool is_there = stat(name, &status) == 0; /* who holds the file alone needs no shared memory */
        assert_true(is_there || i > 0);
        assert_true(!is_there || (status.st_mode & (S_IRWXG | S_IRWXO)) == 0);
    }
    inbox_close(inbox);
    remove_file(path);
}

static void test_memory_forgets_the_oldest_ended_at_its_bound(void **state)
{
    struct inbox *inbox = open_inbox(NULL);
    struct inbox_entry entry = {.state = INBOX_STARTED};
    (void)state;
    assert_int_equal(inbox_put(inbox, &dossier, &entry, 0, NULL), 0);
    entry.state = INBOX_SETTLED;
    for (uint32_t i = 0; i <= INBOX_MEMORY_ENTRIES_MAX; i++) {
        struct inbox_key key = {.sender = bytes_string("portal"), .id = bytes_of(&i, sizeof i)};
        assert_int_equal(inbox_put(inbox, &key, &entry, i, NULL), 0);
    }
    uint32_t first = 0, last = INBOX_MEMORY_ENTRIES_MAX;
    assert_int_equal(find(inbox, &dossier).state, INBOX_STARTED);
    assert_int_equal(find(inbox, &(struct inbox_key){bytes_string("portal"), bytes_of(&first, 4)}).state,
                     INBOX_UNKNOWN);
    assert_int_equal(find(inbox, &(struct inbox_key){bytes_string("portal"), bytes_of(&last, 4)}).state, INBOX_SETTLED);
    inbox_close(inbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_and_file_do_the_same),
        cmocka_unit_test(test_the_file_keeps_what_was_committed_and_nothing_else),
        cmocka_unit_test(test_a_file_in_use_is_refused),
        cmocka_unit_test(test_a_file_that_is_no_inbox_is_refused),
        cmocka_unit_test(test_a_new_file_is_nobody_elses_business),
        cmocka_unit_test(test_memory_forgets_the_oldest_ended_at_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
