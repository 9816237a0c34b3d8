/* test_notify.c - what the service manager hears: datagrams on a socket of the test.
 * Both kinds of socket names, the watchdog's span, and what happens without a manager.
 * See bus/io/notify.h. */
#include "cmocka_start.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "notify.h"

/* A manager's socket; `name` begins with '@' for an abstract one. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(name);
    memcpy(address.sun_path, name, size);
    if (name[0] == '@')
        address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return fd;
}

static int forget_environment(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return 0;
}

static void expect_datagram(int fd, const char *text)
{
    char heard[NOTIFY_TEXT_BYTES_MAX];
    ssize_t size = recv(fd, heard, sizeof heard - 1, 0);
    assert_true(size >= 0);
    heard[size] = 0;
    assert_string_equal(heard, text);
}

static void a_manager_at_a_path_hears_each_notice(void **state)
{
    (void)state;
    char directory[] = "/tmp/truc-notify-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/socket", directory);
    int manager = listen_at(path);
    struct notify notify;
    assert_int_equal(notify_open(&notify, NULL), 0);
    assert_int_equal(notify_send(&notify, NULL, "READY=1\nSTATUS=%s", "running"), 0);
    assert_int_equal(notify_send(&notify, NULL, "STOPPING=1"), 0);
    expect_datagram(manager, "READY=1\nSTATUS=running");
    expect_datagram(manager, "STOPPING=1");
    close(manager);
    unlink(path);
    struct truc_fault fault;
    assert_int_equal(notify_send(&notify, &fault, "WATCHDOG=1"), TRUC_E_IO); /* the manager is gone: said, not fatal */
    notify_close(&notify);
    rmdir(directory);
}

static void a_manager_with_an_abstract_name_hears_too(void **state)
{
    (void)state;
    char name[64];
    (void)snprintf(name, sizeof name, "@truc-test-notify-%d", (int)getpid());
    int manager = listen_at(name);
    struct notify notify;
    assert_int_equal(notify_open(&notify, NULL), 0);
    assert_int_equal(notify_send(&notify, NULL, "WATCHDOG=1"), 0);
    expect_datagram(manager, "WATCHDOG=1");
    notify_close(&notify);
    close(manager);
}

static void without_a_manager_nothing_happens(void **state)
{
    (void)state;
    struct notify notify;
    assert_int_equal(notify_open(&notify, NULL), 0);
    assert_int_equal(notify.fd, -1);
    assert_int_equal(notify_send(&notify, NULL, "READY=1"), 0);
    notify_close(&notify);
    notify_close(NULL);
}

static void a_notice_that_is_too_long_is_refused_whole(void **state)
{
    (void)state;
    char name[64], text[NOTIFY_TEXT_BYTES_MAX + 1];
    (void)snprintf(name, sizeof name, "@truc-test-long-%d", (int)getpid());
    int manager = listen_at(name);
    struct notify notify;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    assert_int_equal(notify_open(&notify, NULL), 0);
    assert_int_equal(notify_send(&notify, NULL, "%s", text), TRUC_E_LIMIT);
    char heard[8];
    assert_int_equal(recv(manager, heard, sizeof heard, 0), -1);
    notify_close(&notify);
    close(manager);
}

static void the_watchdog_is_ours_when_it_names_us_or_nobody(void **state)
{
    (void)state;
    char name[64], pid[32];
    (void)snprintf(name, sizeof name, "@truc-test-watchdog-%d", (int)getpid());
    int manager = listen_at(name);
    static const struct {
        int pid_offset;
        uint64_t expected_ns;
    } rows[] = {{0, 30000000000}, {1, 0}};
    setenv("WATCHDOG_USEC", "30000000", 1);
    struct notify notify;
    assert_int_equal(notify_open(&notify, NULL), 0);
    assert_int_equal(notify.watchdog_ns, 30000000000);
    notify_close(&notify);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        (void)snprintf(pid, sizeof pid, "%d", (int)getpid() + rows[i].pid_offset);
        setenv("WATCHDOG_PID", pid, 1);
        assert_int_equal(notify_open(&notify, NULL), 0);
        assert_int_equal(notify.watchdog_ns, rows[i].expected_ns);
        notify_close(&notify);
    }
    close(manager);
}

static void a_malformed_environment_is_named(void **state)
{
    (void)state;
    struct notify notify;
    struct truc_fault fault;
    setenv("NOTIFY_SOCKET", "relative/path", 1);
    assert_int_equal(notify_open(&notify, &fault), TRUC_E_ARGUMENT);
    assert_non_null(strstr(fault.text, "relative/path"));
    setenv("NOTIFY_SOCKET", "/run/x", 1);
    setenv("WATCHDOG_USEC", "-5", 1);
    assert_int_equal(notify_open(&notify, &fault), TRUC_E_ARGUMENT);
    assert_non_null(strstr(fault.text, "WATCHDOG_USEC"));
}

int main(void)
{
#define NOTIFY_TEST(name) cmocka_unit_test_setup_teardown(name, forget_environment, forget_environment)
    const struct CMUnitTest tests[] = {
        NOTIFY_TEST(a_manager_at_a_path_hears_each_notice),
        NOTIFY_TEST(a_manager_with_an_abstract_name_hears_too),
        NOTIFY_TEST(without_a_manager_nothing_happens),
        NOTIFY_TEST(a_notice_that_is_too_long_is_refused_whole),
        NOTIFY_TEST(the_watchdog_is_ours_when_it_names_us_or_nobody),
        NOTIFY_TEST(a_malformed_environment_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
