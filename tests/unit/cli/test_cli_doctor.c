/* test_cli_doctor.c - what `truc doctor` judges by, and that it finds what is wrong with a state directory.
 * Not: how fast this machine's disk is or whether its clock is synchronised: of those only the form is looked at.
 * Against the stub broker; a real one is met in tests/integration. */
#include "cli_bench.h"

#include "cli_journal_maker.h"
#include "cli_stub_broker.h"
#include "doctor.h"
#include "time_text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_NS  (86400ull * TIME_NS_PER_S)
#define YEAR_NS (365 * DAY_NS)

static int setup(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    *state = bench;
    return 0;
}

/* ---- judging ---- */

static void test_marks_divide_good_from_bad(void **state)
{
    const uint64_t now = BENCH_NOW_NS;
    (void)state;
    assert_int_equal(doctor_judge_sync(DOCTOR_SYNC_GOOD_US), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_sync(DOCTOR_SYNC_GOOD_US + 1), DOCTOR_WARN);
    assert_int_equal(doctor_judge_sync(DOCTOR_SYNC_BAD_US + 1), DOCTOR_BAD);
    assert_int_equal(doctor_judge_disk(80, 90), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_disk(81, 90), DOCTOR_WARN);
    assert_int_equal(doctor_judge_disk(91, 90), DOCTOR_BAD);
    assert_int_equal(doctor_judge_end(now, now + 31 * DAY_NS), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_end(now, now + 30 * DAY_NS), DOCTOR_WARN);
    assert_int_equal(doctor_judge_end(now, now), DOCTOR_BAD);
    assert_int_equal(doctor_judge_end(now, POLICY_NEVER), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_descriptors(16384), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_descriptors(1024), DOCTOR_WARN);
    assert_int_equal(doctor_judge_descriptors(1023), DOCTOR_BAD);
    assert_int_equal(doctor_judge_checkpoint(now, now - DAY_NS), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_checkpoint(now, now - DAY_NS - 1), DOCTOR_WARN);
    assert_int_equal(doctor_judge_checkpoint(now, now + DAY_NS), DOCTOR_GOOD);
}

static void test_the_clock_may_not_be_behind_the_journal(void **state)
{
    const uint64_t now = BENCH_NOW_NS;
    (void)state;
    assert_int_equal(doctor_judge_clock(now, now - DAY_NS, true, 12), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_clock(now, now + 4 * TIME_NS_PER_S, true, 12), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_clock(now, now + 6 * TIME_NS_PER_S, true, 12), DOCTOR_BAD);
    assert_int_equal(doctor_judge_clock(now, 0, false, 12), DOCTOR_WARN);
    assert_int_equal(doctor_judge_clock(now, 0, true, 501), DOCTOR_WARN);
}

static void test_a_secret_is_its_owners_alone(void **state)
{
    (void)state;
    assert_int_equal(doctor_judge_secret(S_IFREG | 0600, 1000, 1000), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_secret(S_IFREG | 0400, 0, 1000), DOCTOR_GOOD);
    assert_int_equal(doctor_judge_secret(S_IFREG | 0640, 1000, 1000), DOCTOR_BAD);
    assert_int_equal(doctor_judge_secret(S_IFREG | 0600, 1001, 1000), DOCTOR_BAD);
    assert_int_equal(doctor_judge_secret(S_IFLNK | 0777, 1000, 1000), DOCTOR_BAD);
}

/* ---- looking ---- */

static json_t *examine(struct cli_bench *bench)
{
    const char *bus = cli_bench_path(bench, "bus");
    int code = RUN(bench, "doctor", "--state", bus, "--output", "json");
    json_t *document = cli_bench_json(bench);
    assert_int_equal(code, json_integer_value(json_object_get(document, "bad")) ? CLI_NOT_SO : CLI_OK);
    assert_string_equal(bench->err, "");
    return document;
}

/* The first finding of a check that holds this part in its fact; NULL when there is none. */
static const json_t *find(const json_t *document, const char *check, const char *part)
{
    const json_t *findings = json_object_get(document, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        if (strcmp(json_string_value(json_object_get(finding, "check")), check) == 0 &&
            strstr(json_string_value(json_object_get(finding, "fact")), part))
            return finding;
    }
    return NULL;
}

static void expect(struct cli_bench *bench, const json_t *document, const char *state, const char *check,
                   const char *part, const char *advice)
{
    const json_t *finding = find(document, check, part);
    if (finding == NULL)
        fail_msg("no '%s' with '%s' in:\n%s", check, part, bench->out);
    assert_string_equal(json_string_value(json_object_get(finding, "state")), state);
    cli_bench_expect(json_string_value(json_object_get(finding, "do")), advice);
}

static void test_a_new_state_directory_is_sound(void **state)
{
    struct cli_bench *bench = *state;
    json_t *document = examine(bench);
    expect(bench, document, "warn", "broker", "no broker runs here", "start it");
    expect(bench, document, "warn", "journal", "no records yet", "first start");
    expect(bench, document, "good", "configuration", "6 systems", "");
    expect(bench, document, "good", "certificate", "6 certificates", "");
    expect(bench, document, "good", "secret", "23 secret files", "");
    expect(bench, document, "warn", "authority-key", "ca.key", "keep it off the machine");
    expect(bench, document, "warn", "handed-over", "5 systems", "hand each folder");
    assert_non_null(find(document, "disk-sync", "a sync of the journal's disk takes "));
    assert_non_null(find(document, "disk-space", "% full"));
    assert_non_null(find(document, "clock", "synchronised"));
    json_decref(document);
}

static void test_measuring_leaves_nothing_behind(void **state)
{
    struct cli_bench *bench = *state;
    json_decref(examine(bench));
    assert_int_equal(rmdir(cli_bench_path(bench, "bus/journal")), 0); /* it is empty still */
    json_t *document = examine(bench);
    expect(bench, document, "bad", "journal", "there is no folder", "--state");
    json_decref(document);
}

static void test_what_ends_soon_is_named_before_it_ends(void **state)
{
    struct cli_bench *bench = *state;
    bench->now_ns = BENCH_NOW_NS + 2 * YEAR_NS - 20 * DAY_NS;
    json_t *document = examine(bench);
    expect(bench, document, "warn", "certificate", "of portal ends in ", "issue a new one");
    json_decref(document);
    bench->now_ns = BENCH_NOW_NS + 3 * YEAR_NS;
    document = examine(bench);
    expect(bench, document, "bad", "certificate", "of portal has ended on ", "issue a new one");
    json_decref(document);
}

static void test_agreements_near_their_lapse_are_named_with_their_place(void **state)
{
    static const char until[] = "until: 2026-12-10";
    struct cli_bench *bench = *state;
    const char *path = cli_bench_path(bench, "bus/config/agreements/population.yaml");
    char *text = cli_bench_read(path, NULL), *at = strstr(text, "until: ");
    assert_non_null(at);
    memcpy(at, until, sizeof until - 1); /* the dates have the same length */
    cli_bench_write(path, text, strlen(text));
    json_t *document = examine(bench);
    expect(bench, document, "warn", "agreement", "lapses in 17 days, its last day is 10/12/2026",
           "agreements/population.yaml:");
    json_decref(document);
    bench->now_ns = BENCH_NOW_NS + 60 * DAY_NS;
    document = examine(bench);
    expect(bench, document, "bad", "agreement", "has lapsed on 10/12/2026", "renew it");
    json_decref(document);
    free(text);
}

static void test_a_key_that_others_may_read_is_bad(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(chmod(cli_bench_path(bench, "bus/keys/journal.key"), 0640), 0);
    json_t *document = examine(bench);
    expect(bench, document, "bad", "secret", "keys/journal.key has mode 0640", "chmod 600");
    assert_null(find(document, "secret", "persons.key"));
    json_decref(document);
}

static void test_the_journal_is_opened_and_its_last_checkpoint_named(void **state)
{
    struct cli_bench *bench = *state;
    maker_write(bench, "bus", MAKER_RIGHT);
    json_t *document = examine(bench);
    expect(bench, document, "good", "checkpoint", "covers all 10 records", "");
    json_decref(document);
    bench->now_ns = BENCH_NOW_NS - DAY_NS;
    document = examine(bench);
    expect(bench, document, "bad", "clock", "the clock is 86400 s behind the journal's last record", "set the clock");
    json_decref(document);
}

static void test_a_damaged_journal_is_bad_and_named(void **state)
{
    struct cli_bench *bench = *state;
    maker_write(bench, "bus", MAKER_RIGHT);
    cli_bench_write(cli_bench_path(bench, "bus/journal/format"), "rubbish", 7);
    json_t *document = examine(bench);
    expect(bench, document, "bad", "journal", "JOURNAL_", "");
    json_decref(document);
}

static void test_a_broken_configuration_is_bad_and_the_rest_goes_on(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_write(cli_bench_path(bench, "bus/config/bus.yaml"), "bus: [", 6);
    json_t *document = examine(bench);
    expect(bench, document, "bad", "configuration", "error", "truc check");
    assert_non_null(find(document, "disk-space", "%"));
    assert_non_null(find(document, "secret", "secret files"));
    json_decref(document);
}

static void test_a_broker_that_answers_is_heard(void **state)
{
    struct cli_bench *bench = *state;
    char *secret = cli_bench_read(cli_bench_path(bench, "bus/keys/broker.curve"), NULL);
    secret[strcspn(secret, "\n")] = '\0';
    struct stub_broker *broker = stub_broker_start(secret, STUB_ANSWERS);
    assert_int_equal(RUN(bench, "doctor", "--state", cli_bench_path(bench, "bus"), "--broker",
                         stub_broker_endpoint(broker), "--timeout", "10s", "--output", "json"),
                     CLI_NOT_SO); /* it says that it is blocked */
    stub_broker_stop(broker, NULL);
    json_t *document = cli_bench_json(bench);
    expect(bench, document, "good", "broker", "it is up 00:01:12", "");
    expect(bench, document, "bad", "blocked", "disk 91 % > 90 %", "free what is short");
    expect(bench, document, "warn", "dead-letters", "1 messages need a person", "truc dead list");
    expect(bench, document, "warn", "in-force", "is not the one in force", "reload");
    json_decref(document);
    free(secret);
}

static void test_people_get_the_bad_first_and_a_sum(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(chmod(cli_bench_path(bench, "bus/keys/journal.key"), 0644), 0);
    assert_int_equal(RUN(bench, "doctor", "--state", cli_bench_path(bench, "bus")), CLI_NOT_SO);
    assert_int_equal(strncmp(bench->out, "bad   ", 6), 0);
    cli_bench_expect(bench->out, "\n      → chmod 600 ");
    cli_bench_expect(bench->out, " to watch, ");
    assert_int_equal(RUN(bench, "doctor", "--disk-max", "101"), CLI_WRONG_USE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_divide_good_from_bad),
        cmocka_unit_test(test_the_clock_may_not_be_behind_the_journal),
        cmocka_unit_test(test_a_secret_is_its_owners_alone),
        TEST(test_a_new_state_directory_is_sound),
        TEST(test_measuring_leaves_nothing_behind),
        TEST(test_what_ends_soon_is_named_before_it_ends),
        TEST(test_agreements_near_their_lapse_are_named_with_their_place),
        TEST(test_a_key_that_others_may_read_is_bad),
        TEST(test_the_journal_is_opened_and_its_last_checkpoint_named),
        TEST(test_a_damaged_journal_is_bad_and_named),
        TEST(test_a_broken_configuration_is_bad_and_the_rest_goes_on),
        TEST(test_a_broker_that_answers_is_heard),
        TEST(test_people_get_the_bad_first_and_a_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
