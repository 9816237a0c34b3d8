/* test_dead_letters_and_redrive.c - what a receiver rejects needs a person: kept, listed, and queued again when asked for.
 * Also over a restart, from the journal and from a snapshot.
 * Through an operator's questions. */
#include "core_driver.h"

#include <stdio.h>

#include "protobuf_wire.h"

static struct bytes query(struct buffer *out)
{
    buffer_clear(out);
    wire_put_string(out, 4, "đã sửa");
    return buffer_view(out);
}

static void restart(struct driver *driver, bool cleanly)
{
    if (cleanly)
        driver_stop(driver);
    else
        driver_kill(driver);
    driver_start(driver);
}

static void test_a_rejected_message_is_kept_and_queued_again(void **state)
{
    (void)state;
    for (unsigned cleanly = 0; cleanly < 2; cleanly++) {
        struct driver driver;
        struct buffer arguments BUFFER_CLEANUP = {0};
        struct bytes result;
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0),
                    beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        peer_accepted(&alpha, "m1", "A");
        struct taken taken = peer_expect_one(&beta, "m1");
        struct settlement settlement = taken_settlement(&taken, SETTLED_REJECT);
        settlement.reason = bytes_string("UNKNOWN_ADDRESS");
        settlement.text = bytes_string("038999000001 không có"); /* a receiver's words: never into the log */
        peer_settle(&beta, &settlement, 1, false);
        assert_null(strstr(buffer_string(&driver.log), "038999000001"));
        restart(&driver, cleanly);
        beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        peer_expect_nothing(&beta);
        struct peer operator= driver_connect(&driver, OPERATOR, 0);
        assert_int_equal(peer_ask(&operator, "dead-list", BYTES_EMPTY, &result), 0);
        assert_non_null(memmem(result.data, result.size, "UNKNOWN_ADDRESS", 15));
        assert_int_equal(peer_ask(&operator, "dead-retry", BYTES_EMPTY, NULL), TRUC_E_ARGUMENT); /* without a reason */
        assert_int_equal(peer_ask(&operator, "dead-retry", query(&arguments), NULL), 0);
        taken = peer_expect_one(&beta, "m1");
        restart(&driver, cleanly); /* redriven and not settled: it comes again */
        beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        taken = peer_expect_one(&beta, "m1");
        peer_settle_one(&beta, &taken, SETTLED_DONE);
        restart(&driver, cleanly); /* settled: it doesn't */
        beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        peer_expect_nothing(&beta);
        driver_close(&driver);
    }
}

static void test_it_may_be_rejected_and_queued_again_many_times(void **state)
{
    struct driver driver;
    struct buffer arguments BUFFER_CLEANUP = {0};
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct peer operator= driver_connect(&driver, OPERATOR, 0);
    peer_accepted(&alpha, "m1", "A");
    for (unsigned round = 0; round < 5; round++) {
        struct taken taken = peer_expect_one(&beta, "m1");
        peer_settle_one(&beta, &taken, SETTLED_REJECT);
        assert_int_equal(peer_ask(&operator, "dead-retry", query(&arguments), NULL), 0);
    }
    assert_int_equal(driver_record_count(&driver, RECORD_DEAD), 5);
    assert_int_equal(driver_record_count(&driver, RECORD_REDRIVEN), 5);
    struct journal_record record;
    struct record_operation operation;
    assert_true(driver_record(&driver, RECORD_OPERATION, 0, &record));
    assert_int_equal(record_operation_decode(record.body, &operation, NULL), 0);
    assert_true(operation.reason.size > 0); /* who asked said why */
    driver_kill(&driver);
    driver_start(&driver);
    beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct taken taken = peer_expect_one(&beta, "m1"); /* once, not once a round */
    peer_settle_one(&beta, &taken, SETTLED_DONE);
    peer_expect_nothing(&beta);
    driver_close(&driver);
}

static void test_a_code_that_no_list_can_hold_is_a_plain_rejection(void **state)
{
    static const uint32_t codes[] = {0, 10000, INT32_MAX};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct driver driver;
        struct journal_record record;
        struct record_fate fate;
        driver_open(&driver, NULL);
        struct peer alpha = driver_connect(&driver, ALPHA, 0),
                    beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        peer_accepted(&alpha, "m1", "A");
        struct taken taken = peer_expect_one(&beta, "m1");
        struct settlement settlement = taken_settlement(&taken, SETTLED_REJECT);
        settlement.code = codes[i];
        peer_settle(&beta, &settlement, 1, false);
        assert_true(driver_record(&driver, RECORD_DEAD, 0, &record));
        assert_int_equal(record_fate_decode(record.body, &fate, NULL), 0);
        assert_int_equal(fate.code, -TRUC_E_REJECTED);
        driver_close(&driver);
    }
}

static void test_a_redrive_is_confirmed_only_when_it_is_durable(void **state)
{
    struct driver driver;
    struct buffer arguments BUFFER_CLEANUP = {0};
    struct command answer;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct peer operator= driver_connect(&driver, OPERATOR, 0);
    peer_accepted(&alpha, "m1", "A");
    struct taken taken = peer_expect_one(&beta, "m1");
    peer_settle_one(&beta, &taken, SETTLED_REJECT);
    struct command ask = {.kind = COMMAND_ASK};
    ask.ask = (struct command_ask){.number = 1, .verb = bytes_string("dead-retry"), .arguments = query(&arguments)};
    peer_send(&operator, & ask);
    memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){.fail_sync = 1});
    assert_int_equal(driver_commit(&driver), TRUC_E_JOURNAL_FAILED);
    assert_false(peer_take(&operator, COMMAND_ANSWER, &answer));
    driver_kill(&driver);
    driver_close(&driver);
}

/* gamma's agreement has lapsed, beta's has not: each message is a dead letter as soon as it is accepted. */
static void test_dead_letters_made_at_once_have_a_bound(void **state)
{
    enum { BUNDLES = CORE_DEAD_MAX / PROTOCOL_BUNDLE_MESSAGES_MAX + 1 };
    static char names[PROTOCOL_BUNDLE_MESSAGES_MAX][16];
    static struct outcome outcomes[PROTOCOL_BUNDLE_MESSAGES_MAX];
    struct test_message messages[PROTOCOL_BUNDLE_MESSAGES_MAX];
    struct driver driver;
    (void)state;
    driver_open(&driver, &(struct driver_config){
                             .routes = "  - name: too\n    from: alpha\n    type: dossier.received\n    to: gamma\n",
                             .agreements = "  - name: lapsed\n    provider: alpha\n    consumer: gamma\n    types: "
                                           "[dossier.received]\n    purpose: Kiểm thử\n    basis: internal-rule\n    "
                                           "valid: {from: 2026-01-01, until: 2026-01-02}\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned bundle = 0; bundle < BUNDLES; bundle++) {
        for (unsigned i = 0; i < PROTOCOL_BUNDLE_MESSAGES_MAX; i++) {
            (void)snprintf(names[i], sizeof names[i], "m%u", bundle * PROTOCOL_BUNDLE_MESSAGES_MAX + i);
            messages[i] = peer_message(&alpha, names[i], "dossier.received", names[i]);
        }
        uint64_t number = peer_publish(&alpha, messages, PROTOCOL_BUNDLE_MESSAGES_MAX, NULL);
        assert_int_equal(driver_commit(&driver), 0);
        assert_true(peer_outcomes(&alpha, number, outcomes, PROTOCOL_BUNDLE_MESSAGES_MAX));
        assert_int_equal(outcomes[0].code, 0);
    }
    assert_int_equal(outcomes[PROTOCOL_BUNDLE_MESSAGES_MAX - 1].code, -TRUC_E_BLOCKED);
    assert_int_equal(driver_record_count(&driver, RECORD_DEAD), CORE_DEAD_MAX);
    driver_close(&driver);
}

/* Codes are numbers of a list; negated, the largest of the wire's would be none. */
static void test_a_code_beyond_any_list_is_a_violation(void **state)
{
    static const uint32_t codes[] = {0x80000000, UINT32_MAX};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        struct taken taken = peer_expect_one(&beta, "m1");
        struct settlement settlement = taken_settlement(&taken, SETTLED_REJECT);
        settlement.code = codes[i];
        peer_settle(&beta, &settlement, 1, false);
        peer_expect_error(&beta, TRUC_E_PROTOCOL);
    }
    assert_int_equal(driver_record_count(&driver, RECORD_DEAD), 0);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rejected_message_is_kept_and_queued_again),
        cmocka_unit_test(test_a_code_beyond_any_list_is_a_violation),
        cmocka_unit_test(test_it_may_be_rejected_and_queued_again_many_times),
        cmocka_unit_test(test_a_code_that_no_list_can_hold_is_a_plain_rejection),
        cmocka_unit_test(test_a_redrive_is_confirmed_only_when_it_is_durable),
        cmocka_unit_test(test_dead_letters_made_at_once_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
