/* test_example.c - the example adapter, run as a program: answers, survives SIGTERM with status 0.
 * Argument: the program's path.
 * See adapters/examples/citizen_registry.c. */
#include "small_broker.h"

#include "cmocka_start.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program_path;

static void make_registry(const struct small_broker *broker)
{
    char path[128];
    sqlite3 *database;
    broker_path(broker, "citizens.db", path);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database,
                                  "CREATE TABLE citizen (identity_number TEXT, name TEXT, birth TEXT);"
                                  "INSERT INTO citizen VALUES ('038900000001', 'Nguyễn Văn A', '1990-01-02');",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static pid_t start(const struct small_broker *broker)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (chdir(broker->folder) == 0)
            (void)execl(program_path, program_path, "--settings", "settings.yaml", (char *)NULL);
        _exit(127);
    }
    return child;
}

/* Wire form by hand: identity_number = 1, name = 3, birth = 4, all shorter than 128 bytes. */
static void make_query(char out[128], const char *number)
{
    (void)snprintf(out, 128, "\x0a\x0c%s\x1a\x0fNguyễn Văn A\"\x0a%s", number, "1990-01-02");
}

static void test_it_answers_and_ends_in_good_order(void **state)
{
    struct small_broker broker;
    char known[128], unknown[128];
    (void)state;
    broker_begin(&broker);
    make_registry(&broker);
    make_query(known, "038900000001");
    make_query(unknown, "038900000002");
    pid_t child = start(&broker);
    broker_pump_until(&broker, NULL, &broker.hello_count, 1);
    broker_deliver(&broker, &(struct broker_message){"q1", "citizen.verify", known, TRUC_REQUEST, 50, 1});
    broker_pump_until(&broker, NULL, &broker.settled_count, 1);
    assert_string_equal(broker.published[0].payload, "\x08\x01"); /* exists = true */
    broker_deliver(&broker, &(struct broker_message){"q2", "citizen.verify", unknown, TRUC_REQUEST, 51, 1});
    broker_pump_until(&broker, NULL, &broker.settled_count, 2);
    assert_string_equal(broker.published[1].payload, "");
    broker_deliver(&broker, &(struct broker_message){"q3", "citizen.verify", "\x12\x01x", TRUC_REQUEST, 52, 1});
    broker_pump_until(&broker, NULL, &broker.settled_count, 3);
    assert_int_equal(broker.settled[2].outcome, SETTLED_REJECT);
    assert_int_equal(kill(child, SIGTERM), 0);
    broker_pump_until(&broker, NULL, &broker.bye_count, 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    broker_end(&broker);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_answers_and_ends_in_good_order)};
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s PROGRAM\n", argv[0]);
        return 2;
    }
    program_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
