/* test_outbox.c - promises of the outbox: what truc_publish took is answered, by a later run if need be, and with the same bytes.
 * A real process is killed with SIGKILL in the middle; the broker is small_broker.h. No waiting but for conditions.
 * See docs/sdk.md, "The outbox". */
#include "small_broker.h"

#include "cmocka_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGES = 20, FIRST_LOT = 5 };

static char log_text[4096]; /* what adapters said, one a line */

static void take_log(void *context, int level, const char *text)
{
    (void)context;
    size_t used = strlen(log_text);
    if (level <= 3)
        (void)snprintf(log_text + used, sizeof log_text - used, "%s\n", text);
}

static int open_at(const char *settings, truc_adapter **ret_adapter, struct truc_fault *fault)
{
    struct truc_options options = {.size = sizeof options, .settings = settings, .log = take_log};
    return truc_adapter_open(&options, ret_adapter, fault);
}

static truc_adapter *open_adapter(const struct small_broker *broker)
{
    char path[128];
    truc_adapter *adapter = NULL;
    struct truc_fault fault = {0};
    broker_path(broker, "settings.yaml", path);
    log_text[0] = 0;
    int code = open_at(path, &adapter, &fault);
    assert_string_equal(fault.text, "");
    assert_int_equal(code, 0);
    return adapter;
}

static void begin(struct small_broker *broker)
{
    broker_begin(broker);
    broker_write_settings(broker, "inbox", "inbox: inbox.db\noutbox: outbox.db\nqueue-messages: 40");
}

struct outcomes {
    size_t count;
    int code;
    char id[65], text[128];
};

static void note_outcome(void *context, const struct truc_outcome *outcome)
{
    struct outcomes *outcomes = context;
    outcomes->count++;
    outcomes->code = outcome->code;
    (void)snprintf(outcomes->id, sizeof outcomes->id, "%s", outcome->id);
    (void)snprintf(outcomes->text, sizeof outcomes->text, "%s", outcome->text);
}

static int publish(truc_adapter *adapter, const char *id, struct outcomes *outcomes)
{
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "citizen.changed",
                                    .subject = "H56.14-261123-0042",
                                    .payload = id,
                                    .payload_bytes = strlen(id),
                                    .classification = TRUC_NOT_SECRET,
                                    .id = id};
    return truc_publish(adapter, &message, outcomes ? note_outcome : NULL, outcomes, NULL);
}

/* ---- the process that is killed ---- */

static int step(truc_adapter *adapter)
{
    enum { WAIT_MS_MAX = 50 };
    int timeout_ms = truc_timeout_ms(adapter);
    struct pollfd descriptor = {.fd = truc_fd(adapter), .events = POLLIN};
    (void)poll(&descriptor, 1, timeout_ms < WAIT_MS_MAX ? timeout_ms : WAIT_MS_MAX);
    return truc_step(adapter, NULL);
}

/* Publishes, a byte to standard output for each that was taken; the first lot is answered before the rest. Then waits to be killed. */
static int be_the_publisher(const char *settings)
{
    enum { STEPS_MAX = 2000 }; /* a bound for the case that nobody kills */
    truc_adapter *adapter = NULL;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (open_at(settings, &adapter, NULL) < 0)
        return 1;
    for (int i = 0; i < MESSAGES; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "m-%02d", i);
        if (publish(adapter, id, NULL) < 0 || write(STDOUT_FILENO, "+", 1) != 1)
            return 1;
        for (int steps = 0; i == FIRST_LOT - 1 && truc_publish_pending(adapter) > 0; steps++)
            if (steps == STEPS_MAX || step(adapter) < 0)
                return 1;
    }
    for (int steps = 0; steps < STEPS_MAX; steps++)
        if (step(adapter) < 0)
            return 1;
    return 1;
}

static pid_t start_publisher(const struct small_broker *broker, int *ret_taken)
{
    int ends[2];
    char settings[128];
    broker_path(broker, "settings.yaml", settings);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execl("/proc/self/exe", "test_outbox", "--publish", settings, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    *ret_taken = ends[0];
    return child;
}

/* Serves the publisher until it has said so many times that a message was taken, and the broker has seen so many; then kills it. */
static size_t kill_after(struct small_broker *broker, size_t taken_wanted, size_t seen_wanted)
{
    enum { ROUNDS_MAX = 5000 };
    int pipe_end;
    size_t taken = 0;
    char bytes[MESSAGES];
    pid_t child = start_publisher(broker, &pipe_end);
    struct pollfd descriptor = {.fd = pipe_end, .events = POLLIN};
    for (int i = 0; i < ROUNDS_MAX && (taken < taken_wanted || broker->published_count < seen_wanted); i++) {
        enum { WAIT_MS = 2 };
        (void)poll(&descriptor, 1, WAIT_MS);
        ssize_t count = read(pipe_end, bytes, sizeof bytes);
        taken += count > 0 ? (size_t)count : 0;
        broker_pump(broker, NULL);
    }
    int status;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); /* it was alive */
    assert_true(taken >= taken_wanted && broker->published_count >= seen_wanted);
    ssize_t rest = read(pipe_end, bytes, sizeof bytes);
    (void)close(pipe_end);
    return taken + (rest > 0 ? (size_t)rest : 0);
}

static void check_all_came_with_the_same_bytes(const struct small_broker *broker, size_t taken)
{
    for (size_t i = 0; i < taken; i++) {
        const struct broker_published *first = NULL;
        char id[32];
        (void)snprintf(id, sizeof id, "m-%02zu", i);
        for (size_t k = 0; k < broker->published_count; k++) {
            const struct broker_published *published = &broker->published[k];
            if (strcmp(published->id, id) != 0)
                continue;
            if (first == NULL)
                first = published;
            assert_memory_equal(&first->digest, &published->digest, sizeof first->digest);
        }
        if (first == NULL)
            fail_msg("%s was taken and never came", id);
    }
}

static void test_kill_9_loses_nothing_and_doubles_nothing(void **state)
{
    static const struct {
        size_t taken, seen;
    } moments[] = {{1, 0}, {FIRST_LOT + 1, FIRST_LOT}, {12, FIRST_LOT}, {MESSAGES, FIRST_LOT + 3}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        struct small_broker broker;
        struct outcomes outcomes = {0};
        begin(&broker);
        broker.answers_max = FIRST_LOT;
        size_t taken = kill_after(&broker, moments[i].taken, moments[i].seen);
        broker.answers_max = 0;
        truc_adapter *adapter = open_adapter(&broker);
        truc_on_outcome(adapter, note_outcome, &outcomes);
        size_t left = truc_publish_pending(adapter), seen_before = broker.published_count;
        assert_true(left + FIRST_LOT >= taken); /* only the first lot was answered */
        broker_pump_until(&broker, adapter, &outcomes.count, left);
        check_all_came_with_the_same_bytes(&broker, taken);
        for (size_t k = seen_before + 1; k < broker.published_count; k++)
            assert_true(strcmp(broker.published[k - 1].id, broker.published[k].id) < 0); /* in their order */
        truc_adapter_close(adapter);
        adapter = open_adapter(&broker);
        assert_int_equal(truc_publish_pending(adapter), 0); /* answered once and for all */
        assert_int_equal(outcomes.count, left);
        truc_adapter_close(adapter);
        broker_end(&broker);
    }
}

/* ---- in one process ---- */

static void leave_behind(struct small_broker *broker, const char *const *ids, size_t count)
{
    struct outcomes outcomes = {0};
    truc_adapter *adapter = open_adapter(broker);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(publish(adapter, ids[i], &outcomes), 0);
    truc_adapter_close(adapter);
    assert_int_equal(outcomes.count, count);
    assert_int_equal(outcomes.code, TRUC_E_CLOSED);
    assert_non_null(strstr(outcomes.text, "the next run sends it"));
}

static void test_a_refusal_of_an_earlier_run_is_told(void **state)
{
    static const char *const ids[] = {"a-1"};
    struct small_broker broker;
    struct outcomes outcomes = {0};
    (void)state;
    begin(&broker);
    leave_behind(&broker, ids, 1);
    broker.refusal = TRUC_E_NO_ROUTE;
    truc_adapter *adapter = open_adapter(&broker);
    truc_on_outcome(adapter, note_outcome, &outcomes);
    broker_pump_until(&broker, adapter, &outcomes.count, 1);
    assert_int_equal(outcomes.code, TRUC_E_NO_ROUTE);
    assert_string_equal(outcomes.id, "a-1");
    assert_string_equal(log_text, "");
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_a_refusal_that_nobody_asked_for_is_logged_with_id_and_code(void **state)
{
    static const char *const ids[] = {"a-1"};
    struct small_broker broker;
    struct outcomes later = {0};
    (void)state;
    begin(&broker);
    leave_behind(&broker, ids, 1);
    broker.refusal = TRUC_E_NO_ROUTE;
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(publish(adapter, "a-2", &later), 0);
    broker_pump_until(&broker, adapter, &later.count, 1); /* answered behind it */
    assert_non_null(strstr(log_text, "message a-1 of an earlier run was refused: NO_ROUTE"));
    assert_null(strstr(log_text, "a-2"));
    truc_adapter_close(adapter);
    broker_end(&broker);
}

struct asides {
    size_t count;
    truc_adapter *publishes_with, *lets_go_of; /* NULL: it only looks */
    struct outcomes *outcomes;
    char id[65], type[65], text[128];
    int code;
    uint64_t refused_ns;
    char payload[64];
    size_t payload_bytes;
};

static int note_aside(void *context, const struct truc_aside *aside)
{
    struct asides *asides = context;
    asides->count++;
    asides->code = aside->code;
    asides->refused_ns = aside->refused_ns;
    (void)snprintf(asides->id, sizeof asides->id, "%s", aside->id);
    (void)snprintf(asides->type, sizeof asides->type, "%s", aside->type);
    (void)snprintf(asides->text, sizeof asides->text, "%s", aside->text);
    assert_true(aside->payload_bytes <= sizeof asides->payload);
    memcpy(asides->payload, aside->payload, aside->payload_bytes);
    asides->payload_bytes = aside->payload_bytes;
    if (asides->publishes_with)
        assert_int_equal(publish(asides->publishes_with, "anew", asides->outcomes), 0);
    return asides->lets_go_of ? truc_outbox_let_go(asides->lets_go_of, aside->id, NULL) : 0;
}

/* An office that was away for longer than ids are known: nothing of what it had written down may vanish. */
static void test_what_is_too_old_is_kept_aside_for_a_person(void **state)
{
    static const char *const ids[] = {"a-1", "a-2"};
    struct small_broker broker;
    struct outcomes outcomes = {0};
    struct asides asides = {0};
    (void)state;
    begin(&broker);
    leave_behind(&broker, ids, 2);
    broker.refusal = TRUC_E_TOO_OLD;
    truc_adapter *adapter = open_adapter(&broker);
    truc_on_outcome(adapter, note_outcome, &outcomes);
    broker_pump_until(&broker, adapter, &outcomes.count, 2);
    assert_int_equal(outcomes.code, TRUC_E_TOO_OLD);
    assert_non_null(strstr(log_text, "message a-1 is kept aside in the outbox: TOO_OLD"));
    truc_adapter_close(adapter);
    broker.refusal = 0;
    adapter = open_adapter(&broker); /* it is not sent again, and not forgotten */
    assert_int_equal(truc_publish_pending(adapter), 0);
    assert_int_equal(truc_outbox_aside(adapter, note_aside, &asides, NULL), 0);
    assert_int_equal(asides.count, 2);
    assert_string_equal(asides.id, "a-2");
    assert_string_equal(asides.type, "citizen.changed");
    assert_int_equal(asides.code, TRUC_E_TOO_OLD);
    assert_true(asides.refused_ns > 0);
    assert_true(asides.payload_bytes > 0);
    assert_int_equal(truc_outbox_let_go(adapter, "a-2", NULL), 0);
    assert_int_equal(truc_outbox_let_go(adapter, "a-2", NULL), TRUC_E_NOT_FOUND);
    /* somebody has looked: the other one goes out under another id */
    outcomes = (struct outcomes){0};
    asides = (struct asides){.publishes_with = adapter, .lets_go_of = adapter, .outcomes = &outcomes};
    assert_int_equal(truc_outbox_aside(adapter, note_aside, &asides, NULL), 0);
    assert_int_equal(asides.count, 1);
    broker_pump_until(&broker, adapter, &outcomes.count, 1);
    assert_int_equal(outcomes.code, 0);
    assert_string_equal(outcomes.id, "anew");
    assert_int_equal(truc_outbox_aside(adapter, note_aside, &asides, NULL), 0);
    assert_int_equal(asides.count, 1);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_an_id_that_waits_is_not_taken_twice(void **state)
{
    static const char *const ids[] = {"a-1"};
    struct small_broker broker;
    struct outcomes outcomes = {0};
    (void)state;
    begin(&broker);
    leave_behind(&broker, ids, 1);
    truc_adapter *adapter = open_adapter(&broker);
    truc_on_outcome(adapter, note_outcome, &outcomes);
    assert_int_equal(publish(adapter, "a-1", NULL), TRUC_E_EXISTS);
    assert_int_equal(truc_publish_pending(adapter), 1);
    broker_pump_until(&broker, adapter, &outcomes.count, 1);
    assert_int_equal(publish(adapter, "a-1", &outcomes), 0); /* the broker is the one to know it now */
    broker_pump_until(&broker, adapter, &outcomes.count, 2);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_what_is_taken_back_is_gone_from_the_outbox(void **state)
{
    static const char *const ids[] = {"a-1"};
    struct small_broker broker;
    struct outcomes outcomes = {0};
    (void)state;
    begin(&broker);
    leave_behind(&broker, ids, 1);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(publish(adapter, "a-2", &outcomes), 0);
    assert_int_equal(truc_cancel(adapter, "a-2"), 0);
    assert_int_equal(truc_cancel(adapter, "a-1"), TRUC_E_STATE); /* the earlier run may have sent it */
    assert_int_equal(truc_step(adapter, NULL), 0);
    assert_int_equal(outcomes.count, 1);
    assert_int_equal(outcomes.code, TRUC_E_CANCELLED);
    truc_adapter_close(adapter);
    adapter = open_adapter(&broker);
    assert_int_equal(truc_publish_pending(adapter), 1);
    assert_int_equal(truc_cancel(adapter, "a-2"), TRUC_E_NOT_FOUND);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_the_bound_and_the_order_hold_over_runs(void **state)
{
    static const char *const ids[] = {"c", "a", "b"};
    struct small_broker broker;
    struct outcomes outcomes = {0};
    (void)state;
    begin(&broker);
    broker_write_settings(&broker, "inbox", "inbox: memory\noutbox: outbox.db\nqueue-messages: 3");
    leave_behind(&broker, ids, 3);
    truc_adapter *adapter = open_adapter(&broker);
    truc_on_outcome(adapter, note_outcome, &outcomes);
    assert_int_equal(publish(adapter, "d", NULL), TRUC_E_LIMIT);
    broker_pump_until(&broker, adapter, &outcomes.count, 3);
    assert_int_equal(publish(adapter, "d", &outcomes), 0);
    broker_pump_until(&broker, adapter, &outcomes.count, 4);
    assert_int_equal(broker.published_count, 4);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(broker.published[i].id, ids[i]);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_the_file_is_private_and_holds_nothing_secret(void **state)
{
    static const char *const names[] = {"outbox.db", "outbox.db-wal"};
    struct small_broker broker;
    struct truc_outgoing secret = {.size = sizeof secret, .type = "document.send", .classification = TRUC_SECRET};
    (void)state;
    begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(publish(adapter, "a-1", NULL), 0);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char path[128];
        struct stat status;
        broker_path(&broker, names[i], path);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777u, 0600);
    }
    assert_int_equal(truc_publish(adapter, &secret, NULL, NULL, NULL), TRUC_E_SECRET);
    truc_adapter_close(adapter);
    adapter = open_adapter(&broker);
    assert_int_equal(truc_publish_pending(adapter), 1);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_the_outbox_of_another_bus_is_refused(void **state)
{
    static const char *const ids[] = {"a-1"};
    struct small_broker broker;
    struct truc_fault fault = {0};
    truc_adapter *adapter = NULL;
    char path[128];
    (void)state;
    begin(&broker);
    leave_behind(&broker, ids, 1);
    broker_path(&broker, "outbox.db", path);
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "UPDATE owner SET bus = 'nghean'", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    broker_path(&broker, "settings.yaml", path);
    assert_int_equal(open_at(path, &adapter, &fault), TRUC_E_CONFIG);
    assert_non_null(strstr(fault.text, "nghean"));
    broker_end(&broker);
}

static void test_a_damaged_message_is_named_and_never_sent(void **state)
{
    static const char *const ids[] = {"a-1"};
    struct small_broker broker;
    struct truc_fault fault = {0};
    truc_adapter *adapter = NULL;
    char path[128];
    (void)state;
    begin(&broker);
    leave_behind(&broker, ids, 1);
    broker_path(&broker, "outbox.db", path);
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "UPDATE message SET payload = 'other'", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    broker_path(&broker, "settings.yaml", path);
    assert_int_equal(open_at(path, &adapter, &fault), TRUC_E_ARGUMENT);
    assert_non_null(strstr(fault.text, "population"));
    assert_int_equal(broker.published_count, 0);
    broker_end(&broker);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_9_loses_nothing_and_doubles_nothing),
        cmocka_unit_test(test_a_refusal_of_an_earlier_run_is_told),
        cmocka_unit_test(test_a_refusal_that_nobody_asked_for_is_logged_with_id_and_code),
        cmocka_unit_test(test_what_is_too_old_is_kept_aside_for_a_person),
        cmocka_unit_test(test_an_id_that_waits_is_not_taken_twice),
        cmocka_unit_test(test_what_is_taken_back_is_gone_from_the_outbox),
        cmocka_unit_test(test_the_bound_and_the_order_hold_over_runs),
        cmocka_unit_test(test_the_file_is_private_and_holds_nothing_secret),
        cmocka_unit_test(test_the_outbox_of_another_bus_is_refused),
        cmocka_unit_test(test_a_damaged_message_is_named_and_never_sent),
    };
    if (argc == 3 && strcmp(argv[1], "--publish") == 0)
        return be_the_publisher(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
