/* test_flow.c - a province at work for ten seconds, much of it wrong on purpose; each kind of wrong has its designed outcome.
 * Runs the demo as a user would, then looks at what is left: the far sides' account and stores, the journal, the logs.
 * That the demo ends with 0 says that nothing is missing, doubled or out of order; the rest says why. */
#include "cmocka_start.h"

#include <stdio.h>
#include <unistd.h>

#include "flow_evidence.h"

enum { DEMO_WAIT_MS = 150000 };

struct flow {
    struct kit_bus bus; /* what the demo left; its broker is started again by the last tests */
    char demo_state[KIT_PATH_BYTES];
    int demo_status;
    json_t *account;
    struct buffer journal;
};

static void assert_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static int run_demo(struct flow *flow, struct truc_fault *fault)
{
    char log[KIT_PATH_BYTES];
    struct child demo = {0};
    int code = kit_path(log, fault, "%s/demo.log", flow->bus.folder);
    const char *const arguments[] = {FLOW_DEMO, "--for", "10s",     "--rate",         "10/s",     "--wrong",   "30%",
                                     "--seed",  "4",     "--state", flow->demo_state, "--source", FLOW_SOURCE, NULL};
    if (code == 0)
        code = child_start(&demo, "truc-demo", arguments, log, false, fault);
    if (code == 0)
        code = kit_wait_end(&demo, DEMO_WAIT_MS, fault);
    kit_kill(&demo);
    flow->demo_status = code == 0 ? child_result(&demo) : -1;
    if (flow->demo_status != 0)
        print_error("truc-demo ended with %d; TRUC_KEEP=1 keeps its log %s\n", flow->demo_status, log);
    return code;
}

static int name_paths(struct flow *flow, struct truc_fault *fault)
{
    struct kit_bus *bus = &flow->bus;
    int code = kit_bus_folder(bus, NULL, fault);
    if (code == 0)
        code = kit_path(flow->demo_state, fault, "%s/demo", bus->folder);
    return code < 0 ? code : kit_path(bus->state, fault, "%s/bus", flow->demo_state);
}

static int set_up(void **state)
{
    static struct flow flow;
    struct truc_fault fault = {0};
    *state = &flow;
    int code = name_paths(&flow, &fault);
    if (code == 0)
        code = run_demo(&flow, &fault);
    if (code == 0 && (flow.account = flow_account_read(flow.demo_state, &fault)) == NULL)
        code = fault.code;
    if (code == 0)
        code = flow_journal_read(&flow.bus, &flow.journal, &fault);
    if (code == 0)
        return 0;
    print_error("%s: %s\n", truc_error_name(fault.code), fault.text);
    kit_bus_remove(&flow.bus);
    return -1;
}

static int tear_down(void **state)
{
    struct flow *flow = *state;
    json_decref(flow->account);
    buffer_free(&flow->journal);
    kit_bus_remove(&flow->bus);
    return 0;
}

/* ---- what the account says */

/* Dossiers of the class were posted, and every one was answered like this. */
static void assert_answered(const struct flow *flow, const char *class, const char *answer)
{
    const json_t *answers =
        json_object_get(json_object_get(json_object_get(flow->account, "classes"), class), "answers");
    const char *given;
    json_t *count;
    assert_true(json_object_size(answers) > 0);
    json_object_foreach((json_t *)(uintptr_t)answers, given, count) {
        assert_string_equal(given, answer);
    }
}

static void assert_ended_only_with(const struct flow *flow, const char *class, const char *status)
{
    const json_t *ended = json_object_get(json_object_get(json_object_get(flow->account, "classes"), class), "ended");
    assert_int_equal(json_object_size(ended), 1);
    assert_non_null(json_object_get(ended, status));
}

static void everything_is_accounted_for(void **state)
{
    static const char *const lists[] = {"unfinished", "doubled", "leaked", "out-of-order", "unexpected"};
    const struct flow *flow = *state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const json_t *count = json_object_get(json_object_get(flow->account, lists[i]), "count");
        if (!json_is_integer(count) || json_integer_value(count) != 0)
            fail_msg("%s: %lld", lists[i], (long long)json_integer_value(count));
    }
    assert_true(json_is_true(json_object_get(flow->account, "complete")));
    assert_int_equal(flow->demo_status, 0);
    assert_answered(flow, "plain", "202");
}

static void an_unknown_citizen_gets_a_refusal_from_the_desk(void **state)
{
    const struct flow *flow = *state;
    assert_answered(flow, "unknown-citizen", "202");
    assert_ended_only_with(flow, "unknown-citizen", "3");
}

static void a_broken_body_is_refused_at_the_door(void **state)
{
    assert_answered(*state, "malformed", "400 PAYLOAD");
}

static void a_message_nobody_may_send_is_refused_by_the_bus(void **state)
{
    const struct flow *flow = *state;
    struct truc_fault fault = {0};
    struct flow_codes forbidden;
    static const char *const arguments[] = {"journal", "find", "--outcome", "refused", "--count", "1000", NULL};
    assert_answered(flow, "forbidden", "403 NO_ROUTE");
    assert_done(flow_codes_read(flow->demo_state, FLOW_FORBIDDEN, &forbidden, &fault), &fault);
    json_t *found = flow_ask(&flow->bus, arguments, &fault);
    if (found == NULL)
        fail_msg("%s", fault.text);
    const json_t *messages = json_object_get(found, "messages");
    size_t at;
    json_t *message;
    assert_int_equal(json_array_size(messages), forbidden.count); /* the bus refused these and no other */
    json_array_foreach((json_t *)(uintptr_t)messages, at, message) {
        assert_string_equal(json_string_value(json_object_get(message, "code")), "NO_ROUTE");
        assert_string_equal(json_string_value(json_object_get(message, "type")), "dossier.withdraw");
        assert_string_equal(json_string_value(json_object_get(message, "sender")), "portal");
    }
    json_decref(found);
}

static void a_repeated_post_has_one_effect(void **state)
{
    const struct flow *flow = *state;
    assert_answered(flow, "repeated", "202");
    const json_t *onestop = json_object_get(json_object_get(flow->account, "far-sides"), "onestop");
    struct flow_codes plain, unknown, repeated;
    struct truc_fault fault = {0};
    assert_done(flow_codes_read(flow->demo_state, FLOW_UNKNOWN_CITIZEN, &unknown, &fault), &fault);
    assert_done(flow_codes_read(flow->demo_state, FLOW_REPEATED, &repeated, &fault), &fault);
    assert_done(flow_codes_read(flow->demo_state, FLOW_PLAIN, &plain, &fault), &fault);
    assert_true(plain.count == FLOW_CODES_MAX || json_integer_value(json_object_get(onestop, "dossiers")) ==
                                                     (json_int_t)(plain.count + unknown.count + repeated.count));
}

/* ---- what the journal says */

static bool journal_names(struct flow *flow, const char *text)
{
    return strstr(buffer_string(&flow->journal), text) != NULL;
}

static void nothing_of_a_secret_or_broken_dossier_is_in_the_journal(void **state)
{
    static const enum flow_class kept_out[] = {FLOW_SECRET, FLOW_MALFORMED};
    struct flow *flow = *state;
    struct flow_codes codes;
    struct truc_fault fault = {0};
    assert_answered(flow, "secret", "403 SECRET");
    for (size_t i = 0; i < COUNT_OF(kept_out); i++) {
        assert_done(flow_codes_read(flow->demo_state, kept_out[i], &codes, &fault), &fault);
        assert_true(codes.count > 0);
        for (size_t k = 0; k < codes.count; k++)
            if (journal_names(flow, codes.codes[k]))
                fail_msg("dossier %s is in the journal", codes.codes[k]);
    }
    assert_done(flow_codes_read(flow->demo_state, FLOW_PLAIN, &codes, &fault), &fault);
    assert_true(codes.count > 0 && journal_names(flow, codes.codes[0])); /* the others are found in this way */
}

/* An auditor must be able to read old payloads by the schemas of their time. */
static void the_schemas_in_force_are_kept_with_the_journal(void **state)
{
    static const char name[] = "\"descriptors\":\"";
    struct flow *flow = *state;
    struct truc_fault fault = {0};
    char object[KIT_PATH_BYTES];
    const char *hash = strstr(buffer_string(&flow->journal), name);
    assert_non_null(hash);
    assert_done(kit_path(object, &fault, "%s/bus/journal/objects/%.64s", flow->demo_state, hash + strlen(name)),
                &fault);
    assert_int_equal(access(object, R_OK), 0);
}

static void citizens_numbers_are_in_no_log_and_masked_when_shown(void **state)
{
    static const char *const folders[] = {"log", "run"};
    const struct flow *flow = *state;
    struct truc_fault fault = {0};
    char folder[KIT_PATH_BYTES], where[KIT_PATH_BYTES];
    bool found;
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        assert_done(kit_path(folder, &fault, "%s/%s", flow->demo_state, folders[i]), &fault);
        assert_done(flow_find_citizen(folder, &found, where, &fault), &fault);
        if (found)
            fail_msg("a citizen's number is in %s", where);
    }
    assert_false(flow_has_citizen(flow->journal.data, flow->journal.size));
    static const char number[] = "so dinh danh 038955000001.";
    assert_true(flow_has_citizen((const uint8_t *)number, sizeof number - 1)); /* it would be found */
}

/* The position of every settlement of `system` with this outcome, as the journal's lines name them. */
static size_t positions_of(struct flow *flow, const char *system, const char *outcome, json_int_t *out, size_t out_max)
{
    size_t count = 0, at;
    json_t *settlement;
    const char *line = buffer_string(&flow->journal);
    for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
        json_t *record = json_loadb(line, (size_t)(end - line), 0, NULL);
        const char *of = json_string_value(json_object_get(record, "system"));
        if (of && strcmp(of, system) == 0)
            json_array_foreach(json_object_get(record, "settlements"), at, settlement)
                if (strcmp(json_string_value(json_object_get(settlement, "outcome")), outcome) == 0 && count < out_max)
                    out[count++] = json_integer_value(json_object_get(settlement, "position"));
        json_decref(record);
    }
    return count;
}

/* The population database is away for 8 of the 10 seconds' end: questions to it are tried again, and succeed afterwards or
 * end at their deadline, after which the desk asks anew. Never is an outage taken for an answer: see the unknown citizens. */
static void a_far_side_that_was_away_gets_its_messages_afterwards(void **state)
{
    enum { POSITIONS_MAX = 2000 };
    static json_int_t retried[POSITIONS_MAX], done[POSITIONS_MAX];
    struct flow *flow = *state;
    size_t retried_count = positions_of(flow, "population", "retry", retried, POSITIONS_MAX);
    size_t done_count = positions_of(flow, "population", "done", done, POSITIONS_MAX), delivered_later = 0;
    for (size_t i = 0; i < retried_count; i++)
        for (size_t k = 0; k < done_count; k++)
            delivered_later += retried[i] == done[k];
    assert_true(retried_count > 0);
    assert_true(delivered_later > 0);
}

static void the_journal_proves_itself(void **state)
{
    const struct flow *flow = *state;
    static const char *const arguments[] = {"journal", "verify", NULL};
    BUFFER_CLEANUP struct buffer output = {0};
    struct truc_fault fault = {0};
    int status = kit_bus_truc(&flow->bus, arguments, &output, &fault);
    assert_done(status, &fault);
    if (status != 0)
        fail_msg("truc journal verify ended with %d: %s", status, buffer_string(&output));
}

/* ---- what a broker says that starts on it */

static void a_new_broker_finds_nothing_waiting_and_nothing_dead(void **state)
{
    struct flow *flow = *state;
    struct truc_fault fault = {0};
    static const char *const status_arguments[] = {"status", NULL}, *const dead_arguments[] = {"dead", "list", NULL};
    size_t at;
    json_t *queue;
    assert_done(kit_bus_start(&flow->bus, &fault), &fault);
    json_t *status = flow_ask(&flow->bus, status_arguments, &fault);
    json_t *dead = status ? flow_ask(&flow->bus, dead_arguments, &fault) : NULL;
    int stopped = kit_bus_stop(&flow->bus, &fault);
    if (status == NULL || dead == NULL)
        fail_msg("%s", fault.text);
    assert_done(stopped, &fault);
    const json_t *queues = json_object_get(status, "queues");
    assert_true(json_array_size(queues) >= 3); /* those that got messages */
    json_array_foreach((json_t *)(uintptr_t)queues, at, queue) {
        assert_int_equal(json_integer_value(json_object_get(queue, "waiting")), 0);
        assert_int_equal(json_integer_value(json_object_get(queue, "dead")), 0);
    }
    const json_t *letters = json_object_get(dead, "letters");
    assert_true(json_is_array(letters));
    assert_int_equal(json_array_size(letters), 0);
    json_decref(status);
    json_decref(dead);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_accounted_for),
        cmocka_unit_test(an_unknown_citizen_gets_a_refusal_from_the_desk),
        cmocka_unit_test(a_broken_body_is_refused_at_the_door),
        cmocka_unit_test(a_message_nobody_may_send_is_refused_by_the_bus),
        cmocka_unit_test(a_repeated_post_has_one_effect),
        cmocka_unit_test(nothing_of_a_secret_or_broken_dossier_is_in_the_journal),
        cmocka_unit_test(the_schemas_in_force_are_kept_with_the_journal),
        cmocka_unit_test(citizens_numbers_are_in_no_log_and_masked_when_shown),
        cmocka_unit_test(a_far_side_that_was_away_gets_its_messages_afterwards),
        cmocka_unit_test(the_journal_proves_itself),
        cmocka_unit_test(a_new_broker_finds_nothing_waiting_and_nothing_dead),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
