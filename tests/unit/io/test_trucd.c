/* test_trucd.c - what the program promises around its core: its end has a reason, a reload changes all or nothing,
 * the service manager knows how it stands, and a restart remembers.
 * A real process, real sockets; messages themselves are the integration tests' matter. */
#include "cmocka_start.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "command.h"
#include "protocol_limits.h"
#include "trucd_process.h"
#include "zmq_test_client.h"

enum {
    PATIENCE_MS = 20000,
    EXIT_CONFIGURATION = 2,
    EXIT_DAMAGED = 3,
    EXIT_FAILED = 4,
    EXIT_CANNOT_BIND = 5,
    FRAME_BYTES_MAX = 64 * 1024
};

static struct trucd_programs programs;

static int setup(void **state)
{
    struct trucd_process *process = calloc(1, sizeof *process);
    trucd_prepare(process, &programs);
    *state = process;
    return 0;
}

static int teardown(void **state)
{
    struct trucd_process *process = *state;
    trucd_forget(process);
    free(process);
    return 0;
}

static void stop_cleanly(struct trucd_process *process)
{
    trucd_signal(process, SIGTERM);
    assert_int_equal(trucd_await_end(process), 0);
}

/* ---- a client of the wire protocol ---- */

static void connect_as(struct trucd_process *process, struct test_client *client, const char *system)
{
    char name[TRUCD_PATH_BYTES], secret[TRUCD_TEXT_BYTES];
    (void)snprintf(name, sizeof name, "state/systems/%s/transport.key", system);
    trucd_read(process, name, secret, sizeof secret);
    test_client_make(client);
    assert_int_equal(curve_key_from_secret(bytes_string(secret), &client->key), 0);
    test_client_connect(client, process->endpoint, process->server_key, NULL);
}

static void send_hello(struct test_client *client, const char *system)
{
    struct buffer frame = {0};
    static const uint8_t session[PROTOCOL_SESSION_BYTES] = "0123456789abcde";
    struct command command = {.kind = COMMAND_HELLO};
    command.hello = (struct command_hello){.version_min = 1,
                                           .version_max = 1,
                                           .bus = bytes_string("thanhhoa"),
                                           .system = bytes_string(system),
                                           .session = bytes_of(session, sizeof session),
                                           .software = bytes_string("test"),
                                           .receive_credit_bytes = FRAME_BYTES_MAX};
    command_encode(&command, &frame);
    test_client_send(client, frame.data, frame.size, false);
    buffer_free(&frame);
}

/* Receives until a command of this kind comes. `frame` holds its bytes. */
static struct command await_command(struct test_client *client, enum command_kind kind, uint8_t frame[FRAME_BYTES_MAX])
{
    struct command command;
    zmq_pollitem_t item = {.socket = client->socket, .events = ZMQ_POLLIN};
    do {
        assert_int_equal(zmq_poll(&item, 1, PATIENCE_MS), 1);
        int size = test_client_receive(client, frame, FRAME_BYTES_MAX);
        assert_true(size >= 0 && size <= FRAME_BYTES_MAX);
        assert_int_equal(command_decode(bytes_of(frame, (size_t)size), &command, NULL), 0);
    } while (command.kind != kind);
    return command;
}

static void await_log(const struct trucd_process *process, const char *text)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int i = 0; i < PATIENCE_MS / 10 && !trucd_log_has(process, text); i++)
        nanosleep(&pause, NULL);
    assert_true(trucd_log_has(process, text));
}

/* ---- promises ---- */

static void a_registered_system_is_welcomed_and_told_of_the_end(void **state)
{
    struct trucd_process *process = *state;
    struct test_client client;
    static uint8_t frame[FRAME_BYTES_MAX];
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    connect_as(process, &client, "portal");
    send_hello(&client, "portal");
    struct command welcome = await_command(&client, COMMAND_WELCOME, frame);
    assert_true(bytes_equal_string(welcome.welcome.bus, "thanhhoa"));
    trucd_signal(process, SIGTERM);
    (void)await_command(&client, COMMAND_BYE, frame);
    assert_int_equal(trucd_await_end(process), 0);
    trucd_await_notice(process, "STOPPING=1");
    test_client_close(&client);
}

static void a_system_is_who_its_key_says(void **state)
{
    struct trucd_process *process = *state;
    struct test_client client;
    static uint8_t frame[FRAME_BYTES_MAX];
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    connect_as(process, &client, "portal");
    send_hello(&client, "onestop");
    struct command error = await_command(&client, COMMAND_ERROR, frame);
    assert_int_equal(error.error.code, -TRUC_E_NOT_SENDER);
    test_client_close(&client);
    stop_cleanly(process);
}

static void a_stranger_is_kept_out_and_named_in_the_log(void **state)
{
    struct trucd_process *process = *state;
    struct test_client client;
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    test_client_make(&client);
    test_client_connect(&client, process->endpoint, process->server_key, NULL);
    send_hello(&client, "portal");
    await_log(process, "belongs to no system");
    test_client_close(&client);
    stop_cleanly(process);
}

static void a_bad_reload_changes_nothing_and_a_good_one_everything(void **state)
{
    struct trucd_process *process = *state;
    static uint8_t frame[FRAME_BYTES_MAX];
    static char before[16 * 1024];
    struct test_client client;
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    trucd_read(process, "state/config/systems/portal.yaml", before, sizeof before);
    trucd_write(process, "state/config/systems/portal.yaml", "\nnonsense: true\n", true);
    trucd_signal(process, SIGHUP);
    trucd_await_notice(process, "RELOADING=1");
    trucd_await_notice(process, "READY=1");
    assert_true(trucd_log_has(process, "reload refused"));
    assert_true(trucd_log_has(process, "nonsense"));
    connect_as(process, &client, "portal");
    send_hello(&client, "portal");
    (void)await_command(&client, COMMAND_WELCOME, frame);
    trucd_write(process, "state/config/systems/portal.yaml", before, false);
    trucd_write(process, "state/config/systems/portal.yaml", "\n# a comment more\n", true);
    trucd_signal(process, SIGHUP);
    trucd_await_notice(process, "RELOADING=1");
    trucd_await_notice(process, "READY=1");
    assert_true(trucd_log_has(process, "a new configuration is in force"));
    (void)await_command(&client, COMMAND_WELCOME, frame); /* clients are told what they may do now */
    test_client_close(&client);
    stop_cleanly(process);
}

static void reload(struct trucd_process *process)
{
    trucd_signal(process, SIGHUP);
    trucd_await_notice(process, "RELOADING=1");
    trucd_await_notice(process, "READY=1");
}

/* Each of these is asked for with a right configuration. */
static void a_reload_says_what_it_can_not_change(void **state)
{
    struct trucd_process *process = *state;
    static char before[16 * 1024], after[16 * 1024];
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    reload(process);
    assert_true(trucd_log_has(process, "the configuration has not changed"));
    trucd_read(process, "state/config/bus.yaml", before, sizeof before);
    char *listen = strstr(before, "listen: [");
    assert_non_null(listen);
    (void)snprintf(after, sizeof after, "%.*slisten: [tcp://127.0.0.1:7499]\n# %s\n", (int)(listen - before), before,
                   listen);
    trucd_write(process, "state/config/bus.yaml", after, false);
    reload(process);
    assert_false(
        trucd_log_has(process, "`listen` has changed")); /* --listen stands above it: a restart changes nothing */
    assert_true(trucd_log_has(process, "a new configuration is in force"));
    char *id = strstr(after, "bus: thanhhoa");
    assert_non_null(id);
    memcpy(id, "bus: thanhhoe", strlen("bus: thanhhoe"));
    trucd_write(process, "state/config/bus.yaml", after, false);
    reload(process);
    assert_true(trucd_log_has(process, "reload refused"));
    stop_cleanly(process);
}

static void it_is_told_to_log_more_and_to_stop_by_signals(void **state)
{
    struct trucd_process *process = *state;
    trucd_start(process, &programs, "--verbose");
    trucd_await_ready(process);
    await_log(process, "connections; in "); /* counts, for who asked for more */
    trucd_signal(process, SIGUSR1);
    await_log(process, "logging less");
    trucd_signal(process, SIGUSR1);
    await_log(process, "logging more");
    trucd_signal(process, SIGINT);
    assert_int_equal(trucd_await_end(process), 0);
    assert_true(trucd_log_has(process, "stopping: SIGINT"));
}

/* A manager that went away is a line in the log; systems are served all the same. */
static void a_manager_that_is_gone_stops_nothing(void **state)
{
    struct trucd_process *process = *state;
    struct test_client client;
    static uint8_t frame[FRAME_BYTES_MAX];
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    close(process->manager_fd);
    process->manager_fd = -1;
    await_log(process, "(IO)");
    connect_as(process, &client, "portal");
    send_hello(&client, "portal");
    (void)await_command(&client, COMMAND_WELCOME, frame);
    test_client_close(&client);
    stop_cleanly(process);
}

static void damage_to(struct trucd_process *process, const char *folder)
{
    char path[TRUCD_PATH_BYTES];
    struct dirent *entry;
    unsigned damaged = 0;
    trucd_path(process, folder, path);
    DIR *files = opendir(path);
    assert_non_null(files);
    while ((entry = readdir(files)))
        if (entry->d_name[0] != '.') {
            char name[TRUCD_PATH_BYTES];
            assert_in_range(snprintf(name, sizeof name, "%s/%s", folder, entry->d_name), 1, sizeof name - 1);
            trucd_write(process, name, "damaged", false);
            damaged++;
        }
    closedir(files);
    assert_true(damaged > 0);
}

/* Snapshots only shorten the start: the journal says the same. */
static void a_damaged_snapshot_is_named_and_not_used(void **state)
{
    struct trucd_process *process = *state;
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    stop_cleanly(process);
    damage_to(process, "state/journal/snapshots");
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    assert_true(trucd_log_has(process, "snapshots could not be used; the journal was read instead"));
    assert_true(trucd_log_has(process, "journal 2 records (0 of them from a snapshot)"));
    stop_cleanly(process);
}

/* Bytes behind the last whole group are a write that a crash cut short. */
static void a_torn_write_is_cut_off_and_named(void **state)
{
    struct trucd_process *process = *state;
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    stop_cleanly(process);
    trucd_write(process, "state/journal/segments/00000000000000000000.tj", "the beginning of a group", true);
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    assert_true(trucd_log_has(process, "bytes of an interrupted last write at segment 0"));
    assert_true(trucd_log_has(process, "none of it was acknowledged"));
    assert_true(trucd_log_has(process, "journal 2 records"));
    stop_cleanly(process);
}

static void an_endless_list_of_addresses_is_refused(void **state)
{
    static const char *const listen = "--listen=tcp://127.0.0.1:*";
    struct trucd_process *process = *state;
    const char *wrapper[] = {programs.trucd, listen, listen, listen, listen, listen, listen, listen, listen, NULL};
    struct trucd_programs many = programs;
    many.wrapper = wrapper;
    many.trucd = listen; /* in the place of the program's name: one more */
    trucd_start(process, &many, NULL);
    assert_int_equal(trucd_await_end(process), EXIT_CONFIGURATION);
    assert_true(trucd_log_has(process, "at most 8 addresses"));
}

static void the_watchdog_is_fed_while_nothing_happens(void **state)
{
    struct trucd_process *process = *state;
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    trucd_await_notice(process, "WATCHDOG=1");
    trucd_await_notice(process, "WATCHDOG=1");
    stop_cleanly(process);
}

static void a_restart_after_a_kill_goes_on(void **state)
{
    struct trucd_process *process = *state;
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    trucd_signal(process, SIGKILL);
    assert_int_equal(trucd_await_end(process), -1);
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    assert_true(trucd_log_has(process, "journal 2 records")); /* the first start and its configuration */
    stop_cleanly(process);
}

static void two_brokers_never_share_a_journal(void **state)
{
    struct trucd_process *process = *state;
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    pid_t first = process->pid;
    trucd_start(process, &programs, NULL);
    int code = trucd_await_end(process);
    process->pid = first;
    assert_int_equal(code, EXIT_CONFIGURATION);
    char where[TRUCD_PATH_BYTES];
    assert_true(trucd_log_has(process, "another process writes the journal"));
    assert_true(trucd_log_has(process, "(STATE)"));
    trucd_path(process, "where.json", where);
    assert_int_equal(access(where, F_OK), 0); /* the second one took nothing of the first's away */
    stop_cleanly(process);
    assert_int_equal(access(where, F_OK), -1);
}

static void a_check_says_all_is_well_or_not(void **state)
{
    struct trucd_process *process = *state;
    trucd_start(process, &programs, "--check");
    assert_int_equal(trucd_await_end(process), 0);
    trucd_write(process, "state/config/bus.yaml", "\nnonsense: true\n", true);
    trucd_start(process, &programs, "--check");
    assert_int_equal(trucd_await_end(process), EXIT_CONFIGURATION);
    assert_true(trucd_log_has(process, "nonsense"));
}

static void a_key_that_others_can_read_is_not_used(void **state)
{
    struct trucd_process *process = *state;
    char path[TRUCD_PATH_BYTES];
    trucd_path(process, "state/keys/persons.key", path);
    assert_int_equal(chmod(path, 0644), 0);
    trucd_start(process, &programs, NULL);
    assert_int_equal(trucd_await_end(process), EXIT_CONFIGURATION);
    assert_true(trucd_log_has(process, "persons.key"));
}

static void a_wrong_key_of_the_journal_is_told_from_damage(void **state)
{
    struct trucd_process *process = *state;
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    stop_cleanly(process);
    trucd_write(process, "state/keys/journal.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
                false);
    trucd_start(process, &programs, NULL);
    assert_int_equal(trucd_await_end(process), EXIT_CONFIGURATION);
}

static void a_journal_that_was_changed_is_not_started_from(void **state)
{
    struct trucd_process *process = *state;
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    stop_cleanly(process);
    trucd_write(process, "state/journal/format", "not a journal of ours, this", false);
    trucd_start(process, &programs, NULL);
    assert_int_equal(trucd_await_end(process), EXIT_DAMAGED);
}

/* The first two syncs of a start make sure of what is read, the last checkpoint and the last group; later ones are of what is new. */
static void a_failed_sync_ends_the_broker_with_its_own_code(void **state)
{
    struct trucd_process *process = *state;
    static const char *const tracer[] = {TRUCD_TRACER,
                                         "-f",
                                         "-qq",
                                         "-o",
                                         "/dev/null",
                                         "-e",
                                         "trace=fdatasync",
                                         "-e",
                                         "inject=fdatasync:error=EIO:when=3+",
                                         NULL};
    if (access(TRUCD_TRACER, X_OK) != 0) {
        print_message("SKIP: no " TRUCD_TRACER " to make a sync fail\n");
        skip();
    }
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    stop_cleanly(process);
    struct trucd_programs traced = programs;
    traced.wrapper = tracer;
    trucd_start(process, &traced, NULL);
    assert_int_equal(trucd_await_end(process), EXIT_FAILED);
    assert_true(trucd_log_has(process, "JOURNAL_FAILED"));
    trucd_start(process, &programs, NULL); /* what was durable is still there */
    trucd_await_ready(process);
    stop_cleanly(process);
}

static void a_full_disk_is_told_to_senders(void **state)
{
    enum { USED_PERCENT_MIN = 2 };
    struct trucd_process *process = *state;
    struct test_client client;
    struct statvfs status;
    static uint8_t frame[FRAME_BYTES_MAX];
    assert_int_equal(statvfs(process->directory, &status), 0);
    if ((status.f_blocks - status.f_bfree) * 100 <=
        USED_PERCENT_MIN * (status.f_blocks - status.f_bfree + status.f_bavail)) {
        print_message("SKIP: the disk is too empty to be called full\n");
        skip();
    }
    trucd_start(process, &programs, "--disk-max=1");
    trucd_await_ready(process);
    await_log(process, "blocked: disk");
    connect_as(process, &client, "portal");
    send_hello(&client, "portal");
    struct command notice = await_command(&client, COMMAND_NOTICE, frame);
    assert_int_equal(notice.error.code, -TRUC_E_BLOCKED);
    test_client_close(&client);
    stop_cleanly(process);
}

static void an_address_in_use_is_an_end_of_its_own(void **state)
{
    struct trucd_process *process = *state;
    struct trucd_process other;
    char option[TRUCD_TEXT_BYTES + 16];
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    trucd_prepare(&other, &programs);
    (void)snprintf(option, sizeof option, "--listen=%s", process->endpoint);
    trucd_start(&other, &programs, option);
    int code = trucd_await_end(&other);
    bool is_named = trucd_log_has(&other, process->endpoint) && trucd_log_has(&other, "(UNAVAILABLE)");
    trucd_forget(&other);
    assert_int_equal(code, EXIT_CANNOT_BIND);
    assert_true(is_named);
    stop_cleanly(process);
}

int main(int argc, char **argv)
{
#define TRUCD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TRUCD_TEST(a_registered_system_is_welcomed_and_told_of_the_end),
        TRUCD_TEST(a_system_is_who_its_key_says),
        TRUCD_TEST(a_stranger_is_kept_out_and_named_in_the_log),
        TRUCD_TEST(a_bad_reload_changes_nothing_and_a_good_one_everything),
        TRUCD_TEST(a_reload_says_what_it_can_not_change),
        TRUCD_TEST(it_is_told_to_log_more_and_to_stop_by_signals),
        TRUCD_TEST(a_manager_that_is_gone_stops_nothing),
        TRUCD_TEST(a_damaged_snapshot_is_named_and_not_used),
        TRUCD_TEST(a_torn_write_is_cut_off_and_named),
        TRUCD_TEST(an_endless_list_of_addresses_is_refused),
        TRUCD_TEST(the_watchdog_is_fed_while_nothing_happens),
        TRUCD_TEST(a_restart_after_a_kill_goes_on),
        TRUCD_TEST(two_brokers_never_share_a_journal),
        TRUCD_TEST(a_check_says_all_is_well_or_not),
        TRUCD_TEST(a_key_that_others_can_read_is_not_used),
        TRUCD_TEST(a_wrong_key_of_the_journal_is_told_from_damage),
        TRUCD_TEST(a_journal_that_was_changed_is_not_started_from),
        TRUCD_TEST(a_failed_sync_ends_the_broker_with_its_own_code),
        TRUCD_TEST(a_full_disk_is_told_to_senders),
        TRUCD_TEST(an_address_in_use_is_an_end_of_its_own),
    };
    if (argc != 5) {
        (void)fprintf(stderr, "usage: test_trucd TRUCD TRUC CONFIG DESCRIPTORS\n");
        return EXIT_CONFIGURATION;
    }
    programs = (struct trucd_programs){.trucd = argv[1], .truc = argv[2], .config = argv[3], .descriptors = argv[4]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
