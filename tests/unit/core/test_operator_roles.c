/* test_operator_roles.c - who may ask what: operators change, auditors look, systems neither; every change and every attempt is journaled.
 * Not what the command line makes of the answers.
 * One line a role and verb. */
#include "core_driver.h"

#include "operate.h"

static void test_roles_decide_what_may_be_asked(void **state)
{
    static const struct {
        enum driver_system who;
        const char *verb;
        int code;
    } asks[] = {{OPERATOR, "status", 0},
                {AUDITOR, "status", 0},
                {ALPHA, "status", TRUC_E_STATE},
                {ALPHA, "queue-show", TRUC_E_STATE},
                {OPERATOR, "dead-list", 0},
                {AUDITOR, "dead-list", 0},
                {ALPHA, "dead-list", TRUC_E_STATE},
                {AUDITOR, "dead-retry", TRUC_E_STATE},
                {ALPHA, "dead-retry", TRUC_E_STATE},
                {AUDITOR, "reload", TRUC_E_STATE},
                {ALPHA, "reload", TRUC_E_STATE},
                {AUDITOR, "dead-discard", TRUC_E_STATE},
                {OPERATOR, "follow", 0},
                {ALPHA, "follow", TRUC_E_STATE},
                {OPERATOR, "shut-down", TRUC_E_NOT_FOUND}};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    for (size_t i = 0; i < COUNT_OF(asks); i++) {
        struct peer peer = driver_connect(&driver, asks[i].who, 0);
        assert_int_equal(peer_ask(&peer, asks[i].verb, BYTES_EMPTY, NULL), asks[i].code);
    }
    assert_int_equal(driver_record_count(&driver, RECORD_OPERATION), 5); /* five attempts to change something */
    driver_close(&driver);
}

#define YES OPERATE_MAY
#define NO  OPERATE_MAY_NOT
#define OWN OPERATE_MAY_OWN

/* The whole table once more, by hand: a new verb fails here until somebody has decided for each role. */
static void test_every_verb_decides_for_every_role(void **state)
{
    static const struct {
        const char *verb;
        enum operate_decision system, operator, auditor, integrator;
    } decided[] = {
        {"status", NO, YES, YES, OWN},    {"queue-show", NO, YES, YES, OWN},  {"system-show", NO, YES, YES, OWN},
        {"dead-list", NO, YES, YES, OWN}, {"dead-retry", NO, YES, NO, NO},    {"dead-discard", NO, YES, NO, NO},
        {"reload", NO, YES, NO, NO},      {"queue-pause", NO, YES, NO, NO},   {"queue-resume", NO, YES, NO, NO},
        {"follow", NO, YES, YES, OWN},    {"payload-show", NO, YES, YES, NO}, {"person-look", NO, YES, YES, NO}};
    size_t n = 0;
    (void)state;
    for (; operate_verb(n); n++) {
        bool found = false;
        for (size_t at = 0; at < COUNT_OF(decided); at++) {
            const enum operate_decision may[POLICY_ROLES_COUNT] = {[POLICY_ROLE_SYSTEM] = decided[at].system,
                                                                   [POLICY_ROLE_OPERATOR] = decided[at].operator,
                                                                   [POLICY_ROLE_AUDITOR] = decided[at].auditor,
                                                                   [POLICY_ROLE_INTEGRATOR] = decided[at].integrator};
            if (strcmp(decided[at].verb, operate_verb(n)) != 0)
                continue;
            found = true;
            for (int role = 0; role < POLICY_ROLES_COUNT; role++)
                assert_int_equal(operate_decides(n, (enum policy_role)role), may[role]);
        }
        if (!found)
            fail_msg("nobody decided who may use '%s'", operate_verb(n));
    }
    assert_int_equal(n, COUNT_OF(decided));
}

/* A denied attempt is journaled with its arguments: of their size depends what a stranger can write there, and once even
 * whether the record could be written at all. */
static void test_arguments_have_a_bound(void **state)
{
    static uint8_t arguments[PROTOCOL_MESSAGE_BYTES_MAX + 1024];
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct command ask = {.kind = COMMAND_ASK};
    ask.ask = (struct command_ask){
        .number = 1, .verb = bytes_string("dead-retry"), .arguments = bytes_of(arguments, sizeof arguments)};
    peer_send(&alpha, &ask);
    driver_round(&driver);
    peer_expect_error(&alpha, TRUC_E_PROTOCOL);
    assert_int_equal(driver_record_count(&driver, RECORD_OPERATION), 0);
    driver_close(&driver);
}

static void test_denied_attempts_do_not_fill_the_journal(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0);
    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(peer_ask(&alpha, "dead-retry", BYTES_EMPTY, NULL), TRUC_E_STATE); /* answered each time */
    assert_int_equal(driver_record_count(&driver, RECORD_OPERATION), 10);
    assert_int_equal(peer_ask(&beta, "dead-retry", BYTES_EMPTY, NULL), TRUC_E_STATE);
    assert_int_equal(driver_record_count(&driver, RECORD_OPERATION), 11); /* each system by itself */
    driver_close(&driver);
}

/* A question may walk over all dead letters, and all others wait meanwhile. */
static void test_questions_have_a_rate(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer auditor = driver_connect(&driver, AUDITOR, 0), operator= driver_connect(&driver, OPERATOR, 0);
    unsigned answered = 0;
    while (answered < 200 && peer_ask(&auditor, "dead-list", BYTES_EMPTY, NULL) == 0)
        answered++;
    assert_in_range(answered, 60, 100);
    assert_int_equal(peer_ask(&operator, "dead-list", BYTES_EMPTY, NULL), 0);
    driver_advance(&driver, SECOND);
    assert_int_equal(peer_ask(&auditor, "dead-list", BYTES_EMPTY, NULL), 0);
    driver_close(&driver);
}

/* A stolen auditor's key takes none of the places that systems need. */
static void test_one_role_has_a_bounded_number_of_sessions(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    for (unsigned i = 0; i < CORE_SESSIONS_OF_ROLE_MAX; i++)
        driver_connect(&driver, AUDITOR, 0);
    struct peer auditor = driver_peer(&driver, AUDITOR);
    struct command hello = driver_hello(&auditor, 0);
    peer_send(&auditor, &hello);
    driver_round(&driver);
    peer_expect_error(&auditor, TRUC_E_LIMIT);
    driver_connect(&driver, OPERATOR, 0);
    driver_connect(&driver, ALPHA, 0);
    driver_close(&driver);
}

static void test_operators_and_auditors_send_and_receive_no_messages(void **state)
{
    static const enum driver_system who[] = {OPERATOR, AUDITOR};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    for (size_t i = 0; i < COUNT_OF(who); i++) {
        struct peer peer = driver_connect(&driver, who[i], DRIVER_CREDIT_BYTES);
        struct test_message message = peer_message(&peer, "m1", "dossier.progress", "A");
        peer_publish(&peer, &message, 1, NULL);
        driver_round(&driver);
        peer_expect_error(&peer, TRUC_E_ROLE);
    }
    assert_int_equal(driver_record_count(&driver, RECORD_ACCEPTED), 0);
    driver_close(&driver);
}

static void test_followers_see_what_happens(void **state)
{
    struct driver driver;
    struct command command;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), auditor = driver_connect(&driver, AUDITOR, 0);
    assert_int_equal(peer_ask(&auditor, "follow", BYTES_EMPTY, NULL), 0);
    peer_accepted(&alpha, "m1", "H56-1");
    assert_true(peer_take(&auditor, COMMAND_ANSWER, &command));
    assert_true(command.answer.more);
    assert_non_null(memmem(command.answer.result.data, command.answer.result.size, "beta, gamma", 11));
    peer_lose(&auditor);
    peer_accepted(&alpha, "m2", "H56-1");
    assert_false(peer_take(&auditor, COMMAND_ANSWER, &command));
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles_decide_what_may_be_asked),
        cmocka_unit_test(test_every_verb_decides_for_every_role),
        cmocka_unit_test(test_arguments_have_a_bound),
        cmocka_unit_test(test_denied_attempts_do_not_fill_the_journal),
        cmocka_unit_test(test_questions_have_a_rate),
        cmocka_unit_test(test_one_role_has_a_bounded_number_of_sessions),
        cmocka_unit_test(test_operators_and_auditors_send_and_receive_no_messages),
        cmocka_unit_test(test_followers_see_what_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
