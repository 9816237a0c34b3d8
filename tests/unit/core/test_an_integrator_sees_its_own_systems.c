/* test_an_integrator_sees_its_own_systems.c - who looks after beta is told of beta: its queue, its dead letters, what it sends and gets, its
 * rules; of nobody else, no contents and no changes. A refusal says why.
 * What the command line makes of the answers is tests/integration/operate's. */
#include "core_driver.h"

#include "protobuf_wire.h"

#include <stdio.h>

static int ask_of(struct peer *peer, const char *verb, const char *system, struct bytes *ret)
{
    struct buffer arguments = {0};
    wire_put_string(&arguments, 1, system);
    int code = peer_ask(peer, verb, buffer_view(&arguments), ret);
    buffer_free(&arguments);
    return code;
}

static int dead_list_behind(struct peer *peer, const char *destination, struct bytes *ret)
{
    enum { AFTER_DESTINATION = 9 };
    struct buffer arguments = {0};
    wire_put_string(&arguments, AFTER_DESTINATION, destination);
    int code = peer_ask(peer, "dead-list", buffer_view(&arguments), ret);
    buffer_free(&arguments);
    return code;
}

static bool says(struct bytes answer, const char *text)
{
    return memmem(answer.data, answer.size, text, strlen(text)) != NULL;
}

/* Whether the answer has that field. */
static bool has_field(struct bytes answer, uint32_t number)
{
    struct wire_reader reader = wire_read(answer);
    struct wire_field field;
    while (wire_next(&reader, &field) > 0)
        if (field.number == number)
            return true;
    return false;
}

static void test_status_is_of_its_systems_and_not_of_the_bus(void **state)
{
    enum { ACCEPTED = 8, SCOPE = 21 };
    struct driver driver;
    struct bytes answer;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0),
                vendor = driver_connect(&driver, INTEGRATOR, 0), operator= driver_connect(&driver, OPERATOR, 0);
    peer_accepted(&alpha, "m1", "H56-1"); /* to beta and gamma */
    assert_int_equal(peer_ask(&operator, "status", BYTES_EMPTY, &answer), 0);
    assert_true(says(answer, "gamma"));
    assert_true(has_field(answer, ACCEPTED));
    assert_false(has_field(answer, SCOPE));
    assert_int_equal(peer_ask(&vendor, "status", BYTES_EMPTY, &answer), 0);
    assert_true(says(answer, "beta"));
    assert_false(says(answer, "gamma"));
    assert_false(says(answer, "alpha"));
    assert_false(has_field(answer, ACCEPTED));
    assert_true(has_field(answer, SCOPE));
    driver_close(&driver);
}

static void test_other_systems_are_refused_with_the_reason(void **state)
{
    static const char *const verbs[] = {"queue-show", "system-show"};
    struct driver driver;
    struct bytes answer;
    struct command command;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), vendor = driver_connect(&driver, INTEGRATOR, 0);
    peer_accepted(&alpha, "m1", "H56-1");
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        assert_int_equal(ask_of(&vendor, verbs[i], "beta", &answer), 0);
        assert_int_equal(ask_of(&vendor, verbs[i], "gamma", NULL), TRUC_E_STATE);
        assert_int_equal(ask_of(&vendor, verbs[i], "nobody", NULL), TRUC_E_STATE); /* does not say whether it exists */
    }
    assert_int_equal(ask_of(&vendor, "system-show", "beta", &answer), 0);
    assert_true(says(answer, "alpha-progress"));
    assert_true(says(answer, "alpha-beta"));
    assert_false(says(answer, "alpha-gamma"));
    struct buffer arguments = {0};
    wire_put_string(&arguments, 1, "gamma");
    command = (struct command){.kind = COMMAND_ASK};
    command.ask =
        (struct command_ask){.number = 99, .verb = bytes_string("queue-show"), .arguments = buffer_view(&arguments)};
    peer_send(&vendor, &command);
    driver_round(&driver);
    assert_true(peer_take(&vendor, COMMAND_ANSWER, &command));
    assert_true(bytes_equal_string(command.answer.text, "'gamma' is none of the systems that 'vendor' looks after"));
    assert_true(bytes_equal_string(command.answer.hint,
                                   "truc status shows those; an operator can add one: truc explain systems"));
    buffer_free(&arguments);
    driver_close(&driver);
}

/* Any key may say hello in any name: what it is told must not be a way to ask who is on the bus. */
static void test_hello_does_not_say_which_systems_there_are(void **state)
{
    static const char *const names[] = {"gamma", "nobody"};
    struct driver driver;
    struct command error;
    char texts[COUNT_OF(names)][128];
    (void)state;
    driver_open(&driver, NULL);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct peer vendor = driver_peer(&driver, INTEGRATOR);
        struct command hello = driver_hello(&vendor, 0);
        hello.hello.system = bytes_string(names[i]);
        peer_send(&vendor, &hello);
        driver_round(&driver);
        assert_true(peer_take(&vendor, COMMAND_ERROR, &error));
        assert_int_equal(error.error.code, -TRUC_E_NOT_SENDER);
        (void)snprintf(texts[i], sizeof texts[i], "%.*s", BYTES_PRINTF(error.error.text));
    }
    assert_string_equal(texts[0], texts[1]);
    driver_close(&driver);
}

static void test_it_changes_nothing_and_sees_no_content(void **state)
{
    static const char *const verbs[] = {"dead-retry",   "dead-discard", "reload",     "queue-pause",
                                        "queue-resume", "payload-show", "person-look"};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer vendor = driver_connect(&driver, INTEGRATOR, 0);
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        assert_int_equal(ask_of(&vendor, verbs[i], "beta", NULL), TRUC_E_STATE);
    assert_int_equal(driver_record_count(&driver, RECORD_OPERATION), COUNT_OF(verbs)); /* attempts are evidence */
    driver_close(&driver);
}

static void test_dead_letters_are_those_for_its_systems_and_from_them(void **state)
{
    struct driver driver;
    struct bytes answer;
    struct taken taken[2];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES),
                gamma = driver_connect(&driver, GAMMA, DRIVER_CREDIT_BYTES),
                vendor = driver_connect(&driver, INTEGRATOR, 0);
    peer_accepted(&alpha, "m1", "H56-1");
    driver_round(&driver);
    assert_int_equal(peer_take_deliveries(&beta, taken, 2), 1);
    peer_settle_one(&beta, &taken[0], SETTLED_REJECT);
    assert_int_equal(peer_take_deliveries(&gamma, taken, 2), 1);
    peer_settle_one(&gamma, &taken[0], SETTLED_REJECT);
    driver_round(&driver);
    struct peer auditor = driver_connect(&driver, AUDITOR, 0);
    assert_int_equal(peer_ask(&auditor, "dead-list", BYTES_EMPTY, &answer), 0);
    assert_true(says(answer, "beta") && says(answer, "gamma"));
    assert_int_equal(peer_ask(&vendor, "dead-list", BYTES_EMPTY, &answer), 0);
    assert_true(says(answer, "beta"));
    assert_false(says(answer, "gamma"));
    /* nor by asking what comes behind it: as with a name that nobody has */
    assert_int_equal(dead_list_behind(&vendor, "nobody", &answer), 0);
    assert_true(says(answer, "beta"));
    assert_int_equal(dead_list_behind(&vendor, "gamma", &answer), 0);
    assert_true(says(answer, "beta"));
    driver_close(&driver);
}

static void test_it_follows_what_its_systems_send_and_get(void **state)
{
    struct driver driver;
    struct command command;
    (void)state;
    driver_open(&driver,
                &(struct driver_config){
                    .routes = "  - name: gamma-only\n    from: alpha\n    type: dossier.refused\n    to: gamma\n",
                    .agreements = "  - name: alpha-gamma-refused\n    provider: alpha\n    consumer: gamma\n"
                                  "    types: [dossier.refused]\n    purpose: Kiểm thử\n    basis: "
                                  "internal-rule\n    valid: {from: 2026-01-01}\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0), vendor = driver_connect(&driver, INTEGRATOR, 0),
                beta = driver_connect(&driver, BETA, 0);
    assert_int_equal(peer_ask(&vendor, "follow", BYTES_EMPTY, NULL), 0);
    struct test_message elsewhere = peer_message(&alpha, "m1", "dossier.refused", "H56-1");
    assert_int_equal(peer_publish_one(&alpha, &elsewhere).code, 0);
    assert_false(peer_take(&vendor, COMMAND_ANSWER, &command));
    peer_accepted(&alpha, "m2", "H56-1"); /* to beta and gamma */
    assert_true(peer_take(&vendor, COMMAND_ANSWER, &command));
    struct bytes seen = command.answer.result; /* an event names all its destinations, not only the integrator's */
    assert_non_null(memmem(seen.data, seen.size, "beta", 4));
    assert_non_null(memmem(seen.data, seen.size, "gamma", 5));
    struct test_message own = peer_message(&beta, "m3", "dossier.progress", "H56-1"); /* no route takes it */
    assert_int_equal(-(int)peer_publish_one(&beta, &own).code, TRUC_E_NO_ROUTE);
    assert_true(peer_take(&vendor, COMMAND_ANSWER, &command));
    driver_close(&driver);
}

static void test_it_follows_what_its_systems_observe(void **state)
{
    struct driver driver;
    struct command command;
    (void)state;
    driver_open(&driver, &(struct driver_config){
                             .only_routes = "  - {name: tell, from: alpha, type: dossier.progress, to: gamma, observe: "
                                            "beta}\n",
                             .agreements = "  - name: beta-sees\n    provider: alpha\n    consumer: beta\n"
                                           "    observes: true\n    types: [dossier.progress]\n    purpose: Kiểm "
                                           "thử\n    basis: internal-rule\n    valid: {from: 2026-01-01}\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0), vendor = driver_connect(&driver, INTEGRATOR, 0);
    assert_int_equal(peer_ask(&vendor, "follow", BYTES_EMPTY, NULL), 0);
    peer_accepted(&alpha, "m1", "H56-1");
    assert_true(peer_take(&vendor, COMMAND_ANSWER, &command));
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_is_of_its_systems_and_not_of_the_bus),
        cmocka_unit_test(test_other_systems_are_refused_with_the_reason),
        cmocka_unit_test(test_hello_does_not_say_which_systems_there_are),
        cmocka_unit_test(test_it_changes_nothing_and_sees_no_content),
        cmocka_unit_test(test_dead_letters_are_those_for_its_systems_and_from_them),
        cmocka_unit_test(test_it_follows_what_its_systems_send_and_get),
        cmocka_unit_test(test_it_follows_what_its_systems_observe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
