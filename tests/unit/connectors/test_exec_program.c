/* test_exec_program.c - what truc-exec does with a program that is good, and with programs that are wrong in each way there is.
 * Lines alone are tests/fuzz/fuzz_exec_line.c, mappings the cases of adapters/examples/exec.
 * Promise: whatever a program does has a name; its message is retried or ends where the operator sees it; no loop is tight. */
#include "exec_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REFUSED "{\"code\": \"H56-1\", \"reason\": \"vì thế\"}"

/* Keeps every line it gets; answers deliveries with @answer, which sees the number as $n. */
#define ANSWERS(answer)                                                                                                \
    "while read -r l; do printf '%s\\n' \"$l\" >>$D/got; case $l in *'\"deliver\"'*) n=$(number \"$l\"); " answer      \
    ";; *bye*) exit 0;; esac; done\n"
#define SAYS_DONE "say '{\"op\":\"done\",\"delivery\":'$n'}'"

static void a_delivery_is_a_line_and_its_answer_settles(void **state)
{
    struct exec_world *world = *state;
    struct fake_settlement settlement;
    exec_world_run(world, "", ANSWERS(SAYS_DONE));
    exec_world_deliver(world, "dossier.refused", "m-1", REFUSED, &settlement);
    assert_int_equal(settlement.how, FAKE_DONE);
    json_t *line = json_loads(exec_world_file(world, "got"), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(line, "op")), "deliver");
    assert_string_equal(json_string_value(json_object_get(line, "id")), "m-1");
    assert_string_equal(json_string_value(json_object_get(line, "kind")), "event");
    assert_string_equal(json_string_value(json_object_get(json_object_get(line, "body"), "reason")), "vì thế");
    assert_string_equal(json_string_value(json_object_get(json_object_get(line, "header"), "source")), "tester");
    json_decref(line);
}

static void each_answer_is_what_it_says(void **state)
{
    struct exec_world *world = *state;
    struct fake_settlement settlement;
    exec_world_run(
        world, "",
        ANSWERS("case $l in"
                " *'\"later\"'*) say '{\"op\":\"retry\",\"delivery\":'$n',\"after\":\"30s\",\"text\":\"of "
                "038912345217\"}';;"
                " *'\"never\"'*) say '{\"op\":\"reject\",\"delivery\":'$n',\"reason\":\"ADDRESS_UNKNOWN\"}';;"
                " *'\"odd\"'*) say '{\"op\":\"reject\",\"delivery\":'$n',\"reason\":\"no name\"}';;"
                " *) say '{\"op\":\"reply\",\"delivery\":'$n',\"body\":{\"exists\":true}}';; esac"));
    exec_world_deliver(world, "dossier.refused", "later", REFUSED, &settlement);
    assert_int_equal(settlement.how, FAKE_RETRY);
    assert_int_equal(settlement.after_ms, 30000);
    assert_string_equal(settlement.text, "of …217");
    exec_world_deliver(world, "dossier.refused", "never", REFUSED, &settlement);
    assert_int_equal(settlement.how, FAKE_REJECT);
    assert_string_equal(settlement.reason, "ADDRESS_UNKNOWN");
    exec_world_deliver(world, "dossier.refused", "odd", REFUSED, &settlement);
    assert_int_equal(settlement.how, FAKE_REJECT);
    assert_string_equal(settlement.reason, "REJECTED");
    exec_world_deliver(world, "dossier.refused", "wrong", REFUSED, &settlement);
    assert_int_equal(settlement.how, FAKE_REJECT); /* a reply to what is no request */
    assert_string_equal(settlement.reason, "HANDLER");
    exec_world_deliver(world, "citizen.verify", "asked", "{\"identity_number\": \"038912345217\"}", &settlement);
    assert_int_equal(settlement.how, FAKE_REPLY);
    assert_int_equal(settlement.payload_bytes, 2);
}

static void a_mapped_body_is_the_adapter_files(void **state)
{
    struct exec_world *world = *state;
    struct fake_settlement settlement;
    exec_world_run(world, "", ANSWERS(SAYS_DONE));
    exec_world_deliver(world, "dossier.withdraw", "m-1", "{\"code\": \"H56-1\"}", &settlement);
    assert_non_null(strstr(exec_world_file(world, "got"), "\"body\":{\"ma\":\"H56-1\",\"nguon\":\"tester\"}"));
}

static void what_goes_wrong_has_a_name(void **state)
{
    static const struct {
        const char *keys, *program, *text;
    } cases[] = {
        {"", ANSWERS("say 'Warning: undefined variable'"), "none of the protocol: the line is not JSON"},
        {"", ANSWERS("say ''"), "none of the protocol: the line is no JSON object"},
        {"", ANSWERS("say '{\"op\":\"finished\"}'"), "none of the protocol: op is none of"},
        {"", ANSWERS("say '{\"op\":\"done\"}'"), "an answer needs the delivery's number"},
        {"", ANSWERS("say '{\"op\":\"done\",\"delivery\":'$n',\"deliver\":1}'"), "a member that its op does not have"},
        {"", ANSWERS("say '{\"op\":\"done\",\"delivery\":77}'"), "it answered a delivery that is not with it"},
        {"", ANSWERS("say '{\"op\":\"ready\"}'"), "or said it twice"},
        {"line-size: 4KiB, ", ANSWERS("head -c 5000 /dev/zero | tr '\\\\0' x; sleep 100"), "longer than line-size"},
        {"answer-within: 200ms, ", ANSWERS("sleep 100"), "it hangs: no answer within answer-within"},
        {"", ANSWERS("exit 3"), "it ended by itself, with status 3"},
        {"", ANSWERS("printf '{\"op\":\"done\",\"delivery\":'$n'}'; exit 4"), "it ended by itself, with status 4"},
        {"", ANSWERS("kill -SEGV $$"), "it was ended by signal 11"},
        {"", ANSWERS("exec >&-; sleep 100"), "it closed its standard output"},
    };
    struct exec_world *world = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fake_settlement settlement;
        exec_world_run(world, cases[i].keys, cases[i].program);
        exec_world_deliver(world, "dossier.refused", "m-1", REFUSED, &settlement);
        assert_int_equal(settlement.how, FAKE_RETRY);
        assert_int_equal(settlement.after_ms, 0); /* by the route's schedule */
        if (!strstr(settlement.text, cases[i].text))
            fail_msg("'%s' says '%s'", cases[i].program, settlement.text);
        exec_world_wait_log(world, "next start in 1000 ms");
        exec_world_stop(world);
        world->log_bytes = 0;
    }
}

static void a_program_that_is_never_ready_or_not_there_is_named(void **state)
{
    struct exec_world *world = *state;
    struct fake_settlement settlement;
    exec_world_run_bare(world, "ready-within: 100ms, answer-within: 300ms, ", "exec sleep 100");
    exec_world_deliver(world, "dossier.refused", "m-1", REFUSED, &settlement);
    assert_int_equal(settlement.how, FAKE_RETRY);
    assert_non_null(strstr(settlement.text, "it did not say ready in time"));
    exec_world_stop(world);
    exec_world_run_bare(world, "answer-within: 50ms, ", "");
    ((struct exec_adapter *)world->adapter)->program.arguments[0] = "imagined-program";
    exec_world_deliver(world, "dossier.refused", "m-1", REFUSED, &settlement);
    assert_non_null(strstr(settlement.text, "imagined-program can't be started: No such file"));
}

static void starts_come_slower_and_slower(void **state)
{
    struct exec_world *world = *state;
    /* a run longer than at-most begins anew, and no run of this is so long */
    exec_world_run_bare(world, "restart: {first: 50ms, at-most: 1h}, ", "exit 1");
    exec_world_wait_log(world, "with status 1; next start in 50 ms");
    exec_world_wait_log(world, "with status 1; next start in 100 ms");
    exec_world_wait_log(world, "with status 1; next start in 200 ms");
    exec_world_stop(world);
    world->log_bytes = 0;
    world->log[0] = 0;
    exec_world_run_bare(world, "restart: {first: 50ms, at-most: 60ms}, ", "echo started >>$D/starts; exit 1");
    exec_world_wait_file(world, "starts", 4);
    assert_null(strstr(world->log, "next start in 100 ms")); /* and not beyond at-most */
}

/* Two are with the program when it dies: each goes alone then. The good one is done, the bad one ends as a dead letter. */
static void a_message_that_kills_the_program_is_put_aside(void **state)
{
    struct exec_world *world = *state;
    struct fake_settlement good, bad;
    exec_world_run(world, "restart: {first: 10ms, at-most: 20ms}, deaths: 2, ",
                   ANSWERS("case $l in *'\"bad\"'*) exit 9;; esac; if [ -e $D/first ]; then " SAYS_DONE
                           "; else echo >>$D/first; fi"));
    exec_world_send(world, "dossier.refused", "good", REFUSED, &good);
    exec_world_send(world, "dossier.refused", "bad", REFUSED, &bad);
    exec_world_wait(world, &good);
    exec_world_wait(world, &bad);
    assert_int_equal(good.how, FAKE_RETRY);
    assert_int_equal(bad.how, FAKE_RETRY);
    exec_world_send(world, "dossier.refused", "bad", REFUSED, &bad);
    exec_world_send(world, "dossier.refused", "good", REFUSED, &good);
    exec_world_wait(world, &bad); /* alone, though there was room for both: the first time */
    assert_int_equal(bad.how, FAKE_RETRY);
    exec_world_wait(world, &good);
    assert_int_equal(good.how, FAKE_DONE);
    exec_world_deliver(world, "dossier.refused", "bad", REFUSED, &bad);
    assert_int_equal(bad.how, FAKE_REJECT);
    assert_string_equal(bad.reason, "HANDLER");
    assert_int_equal(bad.code, TRUC_E_HANDLER);
    assert_non_null(strstr(bad.text, "2 times with this message alone: it ended by itself, with status 9"));
}

static void errors_are_logged_masked(void **state)
{
    struct exec_world *world = *state;
    struct fake_settlement settlement;
    exec_world_run(world, "",
                   ANSWERS("echo \"no citizen 038912345217, 123456789 or 20261126\" >&2; printf 'half' >&2; exit 5"));
    exec_world_deliver(world, "dossier.refused", "m-1", REFUSED, &settlement);
    exec_world_wait_log(world, "program: half");
    assert_non_null(strstr(world->log, "<4> program: no citizen …217, …789 or 20261126\n"));
}

static void long_and_many_errors_are_bounded(void **state)
{
    struct exec_world *world = *state;
    exec_world_run(world, "",
                   "head -c 3990 /dev/zero | tr '\\\\0' x >&2; printf '%s' 038912345217 >&2; head -c 9000 /dev/zero | "
                   "tr '\\\\0' 7 >&2; "
                   "echo >&2; echo next >&2; i=0; while [ $i -lt 300 ]; do echo line $i >&2; i=$((i+1)); done; exit 1");
    exec_world_wait_log(world, "with status 1");
    assert_non_null(strstr(world->log, "program: next\n"));
    assert_non_null(strstr(world->log, "program: line 100\n"));
    assert_null(strstr(world->log, "program: line 250\n"));
    assert_null(strstr(world->log, "0389"));
}

/* ---- what the program sends ------------------------------------------------------------------------------------ */

#define EVENT(ref, more)                                                                                               \
    "say '{\"op\":\"publish\",\"ref\":\"" ref "\",\"type\":\"dossier.refused\",\"id\":\"17\",\"subject\":\"H56-1\","   \
    "\"time\":\"2026-11-23T14:03:07+07:00\"," more "}'; "
#define KEEPS "while read -r l; do printf '%s\\n' \"$l\" >>$D/got; case $l in *bye*) exit 0;; esac; done"

static json_t *got(struct exec_world *world, size_t line)
{
    const char *at = exec_world_file(world, "got");
    while (line-- && at)
        at = strchr(at, '\n') + 1;
    json_t *object = json_loadb(at, strcspn(at, "\n"), 0, NULL);
    assert_non_null(object);
    return object;
}

static void assert_got(struct exec_world *world, size_t line, const char *member, const char *value)
{
    json_t *object = got(world, line);
    const char *text = json_string_value(json_object_get(object, member));
    if (!text || strcmp(text, value) != 0)
        fail_msg("line %zu: %s is '%s', not '%s'", line, member, text ? text : "none", value);
    json_decref(object);
}

static void what_is_published_is_accepted(void **state)
{
    struct exec_world *world = *state;
    exec_world_run(world, "",
                   EVENT("a", "\"classification\":\"not-secret\",\"body\":{\"code\":\"H56-1\"}")
                       EVENT("b", "\"classification\":\"not-secret\",\"body\":{\"code\":\"H56-1\"}") KEEPS);
    exec_world_wait_file(world, "got", 2);
    assert_got(world, 0, "op", "accepted");
    assert_got(world, 0, "ref", "a");
    assert_got(world, 0, "id", fake_sdk_sent(world->bus, 0)->id);
    assert_got(world, 1, "id", fake_sdk_sent(world->bus, 0)->id); /* the same again is the same message */
    assert_string_equal(fake_sdk_sent(world->bus, 0)->subject, "H56-1");
}

static void what_is_wrong_is_refused_by_its_field(void **state)
{
    static const struct {
        const char *line, *code, *where;
    } cases[] = {
        {"\"type\":\"dossier.refused\",\"classification\":\"not-secret\",\"id\":\"1\",\"subject\":\"s\"", "PAYLOAD",
         "time"},
        {"\"type\":\"dossier.refused\",\"classification\":\"not-secret\",\"time\":\"2026-11-23T14:03:07Z\",\"subject\":"
         "\"s\"",
         "PAYLOAD", "id"},
        {"\"type\":\"dossier.refused\",\"classification\":\"not-secret\",\"id\":\"1\",\"time\":\"yesterday\","
         "\"subject\":\"s\"",
         "PAYLOAD", "time"},
        {"\"type\":\"dossier.refused\",\"classification\":\"not-secret\",\"id\":\"1\",\"time\":\"2026-11-23T14:03:"
         "07Z\",\"subject\":\"s\","
         "\"body\":{\"cod\":\"x\"}",
         "PAYLOAD", "body"},
        {"\"type\":\"dossier.refused\",\"classification\":\"not-secret\",\"ids\":\"1\"", "PAYLOAD", "ids"},
        {"\"type\":\"dossier.refused\",\"classification\":\"secret\",\"id\":\"1\"", "SECRET", "classification"},
        {"\"type\":\"dossier.refused\",\"id\":\"1\",\"body\":{}", "SECRET", "classification"},
        {"\"type\":\"dossier.submitted\",\"classification\":\"not-secret\"", "UNKNOWN_TYPE", "type"},
        {"\"type\":\"citizen.verify\",\"classification\":\"not-secret\"", "PAYLOAD", "op"},
        {"\"type\":\"dossier.withdraw\",\"body\":{\"ma\":\"H56-1\",\"mat\":\"Mật\"}", "SECRET", "$.mat"},
        {"\"type\":\"dossier.withdraw\",\"body\":{\"mat\":\"Thường\"}", "PAYLOAD", "$.ma"},
        {"\"type\":\"dossier.withdraw\",\"id\":\"1\",\"body\":{\"mat\":\"Thường\"}", "PAYLOAD", "body"},
    };
    struct exec_world *world = *state;
    char program[4096] = "";
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        snprintf(program + strlen(program), sizeof(program) - strlen(program),
                 "say '{\"op\":\"publish\",\"ref\":\"%zu\",%s}'; ", i, cases[i].line);
    snprintf(program + strlen(program), sizeof(program) - strlen(program), "%s", KEEPS);
    exec_world_run(world, "", program);
    exec_world_wait_file(world, "got", COUNT_OF(cases));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char ref[8];
        snprintf(ref, sizeof(ref), "%zu", i);
        assert_got(world, i, "op", "refused");
        assert_got(world, i, "ref", ref);
        assert_got(world, i, "code", cases[i].code);
        assert_got(world, i, "where", cases[i].where);
    }
    assert_int_equal(fake_sdk_sent_count(world->bus), 0);
    assert_null(strstr(world->log, "<4>")); /* the program lives on */
}

static void a_request_is_replied_or_refused(void **state)
{
    static const uint8_t yes[] = {8, 1};
    struct exec_world *world = *state;
    exec_world_run(
        world, "",
        "say '{\"op\":\"request\",\"ref\":\"q\",\"type\":\"citizen.verify\",\"within\":\"2s\",\"subject\":\"H56-1\","
        "\"classification\":\"not-secret\",\"purpose\":{\"officer\":\"cb-1\"},\"body\":{\"name\":\"An\"}}'; " KEEPS);
    fake_sdk_answer(world->bus, 0, "", bytes_of(yes, sizeof(yes)));
    exec_world_wait_file(world, "got", 1);
    assert_got(world, 0, "op", "replied");
    assert_string_equal(fake_sdk_sent(world->bus, 0)->officer, "cb-1");
    json_t *reply = got(world, 0);
    assert_true(json_is_true(json_object_get(json_object_get(reply, "body"), "exists")));
    json_decref(reply);
}

static void the_buses_refusal_says_whether_to_send_again(void **state)
{
    struct exec_world *world = *state;
    exec_world_run(world, "", EVENT("a", "\"classification\":\"not-secret\",\"body\":{\"code\":\"H56-1\"}") KEEPS);
    fake_sdk_answer(world->bus, TRUC_E_BLOCKED, "", bytes_of(NULL, 0));
    exec_world_wait_file(world, "got", 1);
    assert_got(world, 0, "code", "BLOCKED");
    json_t *line = got(world, 0);
    assert_true(json_is_true(json_object_get(line, "again")));
    json_decref(line);
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

static bool lives(const char *process)
{
    char path[64], state = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", atoi(process));
    FILE *stream = fopen(path, "r");
    if (!stream)
        return false;
    int read = fscanf(stream, "%*d %*s %c", &state);
    fclose(stream);
    return read == 1 && state != 'Z';
}

static void the_whole_group_ends_with_the_connector(void **state)
{
    struct exec_world *world = *state;
    exec_world_run(world, "", "sleep 1000 & echo $! >>$D/child; trap '' TERM; " KEEPS);
    exec_world_wait_file(world, "child", 1);
    assert_true(lives(exec_world_file(world, "child")));
    exec_engine.close(world->running);
    world->running = NULL;
    for (unsigned i = 0; i < EXEC_PATIENCE_MS && lives(exec_world_file(world, "child")); i++)
        usleep(1000); /* it is killed already; its end may take a moment */
    assert_false(lives(exec_world_file(world, "child")));
}

static void draining_lets_the_program_finish(void **state)
{
    struct exec_world *world = *state;
    struct fake_settlement settlement;
    exec_world_run(
        world, "",
        "while read -r l; do printf '%s\\n' \"$l\" >>$D/got; case $l in *'\"deliver\"'*) last=$(number \"$l\");; "
        "*bye*) n=$last; " SAYS_DONE ";; esac; done; echo over >>$D/over");
    exec_world_send(world, "dossier.refused", "m-1", REFUSED, &settlement);
    exec_world_wait_file(world, "got", 1);
    exec_engine.drain(world->running);
    exec_world_wait(world, &settlement);
    assert_int_equal(settlement.how, FAKE_DONE);
    exec_world_wait_file(world, "over", 1); /* it read the end of its input */
    while (!exec_engine.is_drained(world->running))
        exec_world_step(world);
}

/* ---- secrets of the connector ---------------------------------------------------------------------------------- */

static void the_program_gets_three_descriptors_and_few_variables(void **state)
{
    struct exec_world *world = *state;
    assert_int_equal(setenv("TRUC_TEST_SECRET", "s", 1), 0);
    exec_world_run(world, "environment: {MODE: test}, ",
                   "ls /proc/self/fd | sort -n | tail -n 1 >>$D/fds; env >>$D/env; echo >>$D/done; " KEEPS);
    exec_world_wait_file(world, "done", 1);
    assert_true(atoi(exec_world_file(world, "fds")) <= 3); /* ls has the directory open */
    assert_null(strstr(exec_world_file(world, "env"), "TRUC_TEST_SECRET"));
    assert_non_null(strstr(exec_world_file(world, "env"), "MODE=test"));
}

#define PROGRAM_TEST(test) cmocka_unit_test_setup_teardown(test, exec_world_make, exec_world_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM_TEST(a_delivery_is_a_line_and_its_answer_settles),
        PROGRAM_TEST(each_answer_is_what_it_says),
        PROGRAM_TEST(a_mapped_body_is_the_adapter_files),
        PROGRAM_TEST(what_goes_wrong_has_a_name),
        PROGRAM_TEST(a_program_that_is_never_ready_or_not_there_is_named),
        PROGRAM_TEST(starts_come_slower_and_slower),
        PROGRAM_TEST(a_message_that_kills_the_program_is_put_aside),
        PROGRAM_TEST(errors_are_logged_masked),
        PROGRAM_TEST(long_and_many_errors_are_bounded),
        PROGRAM_TEST(what_is_published_is_accepted),
        PROGRAM_TEST(what_is_wrong_is_refused_by_its_field),
        PROGRAM_TEST(a_request_is_replied_or_refused),
        PROGRAM_TEST(the_buses_refusal_says_whether_to_send_again),
        PROGRAM_TEST(the_whole_group_ends_with_the_connector),
        PROGRAM_TEST(draining_lets_the_program_finish),
        PROGRAM_TEST(the_program_gets_three_descriptors_and_few_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
