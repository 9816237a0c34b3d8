/* test_tools.c - truc send, request, doctor, top and bundle against a real trucd: positions, named refusals, exit codes.
 * The population database is this test itself, over libtruc; onestop and portal are away, and stay so.
 * One bus serves all tests, in their order. */
#include "cmocka_start.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <truc/truc.h>
#include <unistd.h>

#include "kit_bus.h"

enum { ARGUMENTS_MAX = 48, STEP_WAIT_MS = 10000, ASK_WAIT_MS = 20000 };

#define DOSSIER                                                                                                        \
    "{\"code\":\"H56.14-261126-0001\",\"procedure\":{\"code\":\"1.005129\",\"service\":\"full\"},"                     \
    "\"agency\":{\"code\":\"H56.14\"},\"applicant\":{\"name\":\"Nguyễn Thị A\"}}"
#define NOT_SECRET "--classification", "not-secret"

struct tools {
    struct kit_bus bus;
    struct buffer output; /* of the last command */
    char portal[KIT_PATH_BYTES], onestop[KIT_PATH_BYTES], population[KIT_PATH_BYTES];
};

static void assert_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static int set_up(void **state)
{
    static struct tools tools;
    struct truc_fault fault = {0};
    *state = &tools;
    int code = kit_bus_make(&tools.bus, NULL, TOOLS_CONFIG, NULL, &fault);
    if (code == 0)
        code = kit_bus_start(&tools.bus, &fault);
    if (code == 0)
        code = kit_bus_settings(&tools.bus, "portal", tools.portal, &fault);
    if (code == 0)
        code = kit_bus_settings(&tools.bus, "onestop", tools.onestop, &fault);
    if (code == 0)
        code = kit_bus_settings(&tools.bus, "population", tools.population, &fault);
    if (code == 0)
        return 0;
    print_error("%s: %s\n", truc_error_name(fault.code), fault.text);
    kit_bus_remove(&tools.bus);
    return -1;
}

static int tear_down(void **state)
{
    struct tools *tools = *state;
    buffer_free(&tools->output);
    kit_bus_remove(&tools->bus);
    return 0;
}

/* Runs `truc ARGUMENTS… --state STATE`; what it printed is in tools->output. */
static int run(struct tools *tools, const char *const arguments[])
{
    struct truc_fault fault = {0};
    buffer_clear(&tools->output);
    int status = kit_bus_truc(&tools->bus, arguments, &tools->output, &fault);
    assert_done(status, &fault);
    return status;
}
#define TRUC(tools, ...) run(tools, (const char *const[]){__VA_ARGS__, NULL})

static const char *text(struct tools *tools)
{
    const char *whole = buffer_string(&tools->output);
    assert_non_null(whole);
    return whole;
}

static json_t *json(struct tools *tools)
{
    json_t *value = json_loads(text(tools), 0, NULL);
    if (value == NULL)
        fail_msg("not JSON: %s", text(tools));
    return value;
}

static void expect(struct tools *tools, const char *part)
{
    if (strstr(text(tools), part) == NULL)
        fail_msg("'%s' is not in: %s", part, text(tools));
}

/* A number of a system's queue. */
static json_int_t queue_number(struct tools *tools, const char *system, const char *name)
{
    assert_int_equal(TRUC(tools, "queue", "list", "--output", "json"), 0);
    json_t *document = json(tools);
    const json_t *queues = json_object_get(document, "queues");
    json_int_t number = -1;
    for (size_t i = 0; i < json_array_size(queues); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(queues, i), "system")), system) == 0)
            number = json_integer_value(json_object_get(json_array_get(queues, i), name));
    json_decref(document);
    return number;
}

/* ---- sending ---- */

static void an_accepted_message_is_at_the_position_that_was_said(void **state)
{
    struct tools *tools = *state;
    assert_int_equal(TRUC(tools, "send", "dossier.submitted", "--settings", tools->portal, NOT_SECRET, "--subject",
                          "H56.14-261126-0001", "--json", DOSSIER, "--urgency", "express", "--expires", "2h",
                          "--output", "json"),
                     0);
    json_t *outcome = json(tools);
    char position[32];
    snprintf(position, sizeof position, "%lld", (long long)json_integer_value(json_object_get(outcome, "position")));
    assert_string_equal(json_string_value(json_object_get(outcome, "outcome")), "ACCEPTED");
    assert_int_equal(TRUC(tools, "journal", "show", "--position", position, "--output", "json"), 0);
    json_t *record = json(tools);
    assert_string_equal(json_string_value(json_object_get(record, "id")),
                        json_string_value(json_object_get(outcome, "id")));
    assert_string_equal(json_string_value(json_object_get(record, "subject")), "H56.14-261126-0001");
    assert_int_equal(json_integer_value(json_object_get(record, "urgency")), TRUC_EXPRESS);
    json_decref(record);
    json_decref(outcome);
}

static void the_same_id_time_and_payload_have_one_effect(void **state)
{
    struct tools *tools = *state;
    json_int_t positions[2];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(TRUC(tools, "send", "dossier.submitted", "--settings", tools->portal, NOT_SECRET, "--subject",
                              "A", "--id", "again", "--time", "1m", "--json", DOSSIER, "--output", "json"),
                         i == 0 ? 0 : 1); /* a minute ago is another minute: a conflict, and nothing taken twice */
        json_t *outcome = json(tools);
        positions[i] = json_integer_value(json_object_get(outcome, "position"));
        json_decref(outcome);
    }
    assert_true(positions[0] > 0 && positions[1] == 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(TRUC(tools, "send", "dossier.submitted", "--settings", tools->portal, NOT_SECRET, "--subject",
                              "A", "--id", "once", "--time", "2026-11-01T08:00:00+07:00", "--historical", "--json",
                              DOSSIER, "--output", "json"),
                         0);
        json_t *outcome = json(tools);
        positions[i] = json_integer_value(json_object_get(outcome, "position"));
        json_decref(outcome);
    }
    assert_int_equal(positions[0], positions[1]);
}

static void a_refusal_is_named_with_what_to_do(void **state)
{
    struct tools *tools = *state;
    assert_int_equal(TRUC(tools, "send", "dossier.withdraw", "--settings", tools->portal, NOT_SECRET, "--subject", "A",
                          "--json", "{}", "--output", "json"),
                     1);
    json_t *outcome = json(tools);
    assert_string_equal(json_string_value(json_object_get(outcome, "outcome")), "NO_ROUTE");
    assert_true(json_string_length(json_object_get(outcome, "hint")) > 0);
    assert_true(json_is_null(json_object_get(outcome, "position")));
    json_decref(outcome);
}

/* The broker says so at once; waiting longer would not change the key. */
static void an_operators_key_sends_nothing_and_is_told_so(void **state)
{
    struct tools *tools = *state;
    struct truc_fault fault = {0};
    char settings[KIT_PATH_BYTES];
    assert_done(kit_bus_settings(&tools->bus, "operator", settings, &fault), &fault);
    assert_int_equal(TRUC(tools, "send", "dossier.submitted", "--settings", settings, NOT_SECRET, "--subject", "A",
                          "--json", DOSSIER, "--timeout", "1m", "--output", "json"),
                     2);
    expect(tools, "\"ROLE\"");
    expect(tools, "this role publishes nothing");
}

static void what_is_not_called_not_secret_does_not_leave_the_machine(void **state)
{
    static const char *const words[] = {"secret", NULL};
    struct tools *tools = *state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        const char *const arguments[] = {"send",
                                         "dossier.submitted",
                                         "--settings",
                                         tools->portal,
                                         "--output",
                                         "json",
                                         "--json",
                                         DOSSIER,
                                         words[i] ? "--classification" : NULL,
                                         words[i],
                                         NULL};
        assert_int_equal(run(tools, arguments), 1);
        expect(tools, "\"code\": \"SECRET\"");
    }
    assert_int_equal(TRUC(tools, "journal", "find", "--outcome", "refused", "--output", "json"), 0);
    assert_null(strstr(text(tools), "SECRET")); /* nobody was asked */
}

static void a_line_each_and_a_wrong_one_hinders_no_other(void **state)
{
    static const char lines[] = "{\"subject\":\"L-1\",\"payload\":" DOSSIER "}\n"
                                "\n"
                                "{\"subject\":\"L-2\",\"payload\":{\"nothing\":1}}\n"
                                "not JSON\n"
                                "{\"id\":\"line-5\",\"payload\":" DOSSIER "}\n";
    struct tools *tools = *state;
    struct truc_fault fault = {0};
    char path[KIT_PATH_BYTES];
    assert_done(kit_path(path, &fault, "%s/lines", tools->bus.folder), &fault);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(lines, file);
    assert_int_equal(fclose(file), 0);
    json_int_t before = queue_number(tools, "onestop", "waiting");
    assert_int_equal(TRUC(tools, "send", "dossier.submitted", "--settings", tools->portal, NOT_SECRET, "--subject",
                          "L-0", "--lines", path),
                     1);
    expect(tools, "1: accepted at position ");
    expect(tools, "3: refused PAYLOAD");
    expect(tools, "4: refused PAYLOAD: the line is no JSON object");
    expect(tools, "5: accepted at position ");
    expect(tools, "2 accepted, 2 refused\n");
    assert_int_equal(queue_number(tools, "onestop", "waiting"), before + 2);
    assert_int_equal(TRUC(tools, "journal", "find", "--id", "line-5", "--output", "json"), 0);
    expect(tools, "\"L-0\""); /* the option's, where the line has none */
}

/* ---- asking ---- */

static int verify(truc_request *request, void *context)
{
    static const uint8_t exists[] = {0x08, 0x01}; /* CitizenVerifyReply.exists = true */
    size_t size;
    const void *payload = truc_request_payload(request, &size);
    *(size_t *)context += 1;
    return memmem(payload, size, "Nguyễn", strlen("Nguyễn")) ? truc_reply_bytes(request, exists, sizeof exists)
                                                             : truc_reject(request, TRUC_E_NO_MATCH, NULL, "not found");
}

static void step(truc_adapter *provider, int other)
{
    struct truc_fault fault = {0};
    struct pollfd ready[] = {{.fd = truc_fd(provider), .events = POLLIN}, {.fd = other, .events = POLLIN}};
    int wait_ms = truc_timeout_ms(provider);
    if (poll(ready, other < 0 ? 1 : 2, wait_ms < STEP_WAIT_MS ? wait_ms : STEP_WAIT_MS) < 0 && errno != EINTR)
        fail_msg("poll");
    assert_done(truc_step(provider, &fault), &fault);
}

static truc_adapter *open_provider(struct tools *tools, size_t *asked)
{
    const struct truc_options options = {.size = sizeof options, .settings = tools->population, .inbox = "memory"};
    truc_adapter *provider = NULL;
    struct truc_fault fault = {0};
    assert_done(truc_adapter_open(&options, &provider, &fault), &fault);
    assert_int_equal(truc_serve(provider, "citizen.verify", verify, asked), 0);
    uint64_t until_ns = kit_now_ns() + STEP_WAIT_MS * 1000000ull;
    while (!truc_is_connected(provider) && kit_now_ns() < until_ns)
        step(provider, -1);
    assert_true(truc_is_connected(provider));
    return provider;
}

/* `truc request citizen.verify` for this name, while the provider answers. */
static int request(struct tools *tools, truc_adapter *provider, const char *payload)
{
    const char *const arguments[] = {TOOLS_TRUC,  "request", "citizen.verify", "--settings", tools->onestop,
                                     NOT_SECRET,  "--json",  payload,          "--officer",  "CB01",
                                     "--dossier", "D1",      "--procedure",    "1.005129",   "--output",
                                     "json",      "--state", tools->bus.state, NULL};
    struct child child = {0};
    struct truc_fault fault = {0};
    char log[KIT_PATH_BYTES], chunk[4096];
    ssize_t size = 1;
    assert_done(kit_path(log, &fault, "%s/request.log", tools->bus.folder), &fault);
    assert_done(child_start(&child, "truc", arguments, log, true, &fault), &fault);
    buffer_clear(&tools->output);
    while (size > 0) { /* its output ends with it */
        struct pollfd ready = {.fd = child.output, .events = POLLIN};
        step(provider, child.output);
        if (poll(&ready, 1, 0) > 0 && (size = read(child.output, chunk, sizeof chunk)) > 0)
            buffer_append(&tools->output, chunk, (size_t)size);
    }
    assert_done(kit_wait_end(&child, ASK_WAIT_MS, &fault), &fault);
    return child_result(&child);
}

static void a_question_gets_its_answer_and_nothing_else_is_taken(void **state)
{
    struct tools *tools = *state;
    size_t asked = 0;
    json_int_t waiting = queue_number(tools, "onestop", "waiting");
    assert_true(waiting > 0); /* dossiers of the tests before: they are not ours to settle */
    truc_adapter *provider = open_provider(tools, &asked);
    assert_int_equal(request(tools, provider, "{\"identity_number\":\"038909012345\",\"name\":\"Nguyễn Thị A\"}"), 0);
    json_t *answer = json(tools);
    assert_string_equal(json_string_value(json_object_get(answer, "outcome")), "ANSWERED");
    assert_true(json_is_true(json_object_get(json_object_get(answer, "payload"), "exists")));
    json_decref(answer);
    assert_int_equal(asked, 1);
    assert_int_equal(request(tools, provider, "{\"identity_number\":\"038909012345\",\"name\":\"Ai khác\"}"), 1);
    expect(tools, "\"code\": \"NO_MATCH\"");
    assert_int_equal(queue_number(tools, "onestop", "waiting"), waiting);
    assert_int_equal(queue_number(tools, "onestop", "done"), 1); /* the answer itself, and nothing else */
    assert_int_equal(queue_number(tools, "onestop", "dead"), 0);
    /* Acting as a system whose adapter is there would end its connection. */
    assert_int_equal(TRUC(tools, "send", "dossier.submitted", "--settings", tools->population, NOT_SECRET, "--json",
                          DOSSIER, "--output", "json"),
                     2);
    expect(tools, "the adapter of 'population' is connected");
    struct truc_fault fault = {0};
    assert_done(truc_step(provider, &fault), &fault); /* it still has its connection */
    truc_adapter_close(provider);
}

/* ---- looking ---- */

static void doctor_finds_the_broker_and_its_limits(void **state)
{
    static const char *const checks[] = {"\"descriptors\"", "\"core-dumps\"", "\"call-filter\"", "\"broker\"",
                                         "\"address\"",     "\"disk-sync\"",  "\"checkpoint\""};
    struct tools *tools = *state;
    (void)TRUC(tools, "doctor", "--output", "json"); /* good or bad is this machine's */
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        expect(tools, checks[i]);
    expect(tools, "the broker lets us in and answers");
    expect(tools, "trucd writes no core file");
#ifdef TRUC_SANITIZED
    expect(tools, "trucd does not filter its system calls");
#else
    expect(tools, "trucd filters its system calls");
#endif
    assert_null(strstr(text(tools), "\"in-force\"")); /* the rules on disk are those in force */
}

static void top_shows_the_queues_of_a_real_broker(void **state)
{
    struct tools *tools = *state;
    assert_int_equal(TRUC(tools, "top", "--count", "2", "--every", "250ms"), 0);
    expect(tools, "onestop          away ");
    expect(tools, "its adapter is away: messages wait for it");
}

static void a_bundle_of_a_running_bus_has_its_status(void **state)
{
    struct tools *tools = *state;
    struct truc_fault fault = {0};
    struct buffer content = {0};
    char path[KIT_PATH_BYTES], chunk[4096];
    size_t size;
    assert_done(kit_path(path, &fault, "%s/bundle.tar", tools->bus.folder), &fault);
    assert_int_equal(TRUC(tools, "bundle", path), 0);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(&content, chunk, size);
    fclose(file);
    assert_non_null(memmem(content.data, content.size, "\"requests_open\"", strlen("\"requests_open\"")));
    assert_non_null(memmem(content.data, content.size, "\"NO_ROUTE\"", strlen("\"NO_ROUTE\"")));
    assert_null(memmem(content.data, content.size, "H56.14-261126", strlen("H56.14-261126")));
    assert_null(memmem(content.data, content.size, "Nguyễn", strlen("Nguyễn")));
    buffer_free(&content);
}

static void without_a_broker_it_is_said_within_the_time(void **state)
{
    struct tools *tools = *state;
    struct truc_fault fault = {0};
    assert_done(kit_bus_stop(&tools->bus, &fault), &fault);
    assert_int_equal(TRUC(tools, "send", "dossier.submitted", "--settings", tools->portal, NOT_SECRET, "--json",
                          DOSSIER, "--timeout", "300ms", "--output", "json"),
                     3);
    expect(tools, "no answer within 300 ms");
    assert_int_equal(TRUC(tools, "request", "citizen.verify", "--settings", tools->onestop, NOT_SECRET, "--json", "{}",
                          "--timeout", "300ms", "--output", "json"),
                     3);
    assert_int_equal(TRUC(tools, "top", "--count", "1"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_accepted_message_is_at_the_position_that_was_said),
        cmocka_unit_test(the_same_id_time_and_payload_have_one_effect),
        cmocka_unit_test(a_refusal_is_named_with_what_to_do),
        cmocka_unit_test(an_operators_key_sends_nothing_and_is_told_so),
        cmocka_unit_test(what_is_not_called_not_secret_does_not_leave_the_machine),
        cmocka_unit_test(a_line_each_and_a_wrong_one_hinders_no_other),
        cmocka_unit_test(a_question_gets_its_answer_and_nothing_else_is_taken),
        cmocka_unit_test(doctor_finds_the_broker_and_its_limits),
        cmocka_unit_test(top_shows_the_queues_of_a_real_broker),
        cmocka_unit_test(a_bundle_of_a_running_bus_has_its_status),
        cmocka_unit_test(without_a_broker_it_is_said_within_the_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
