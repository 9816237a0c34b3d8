/* test_cli_journal_stats.c - the numbers of `truc journal stats` over a journal whose contents are known.
 * Not speed. The journal is the maker's: ten records, two of them a message and a refusal.
 * Also that the numbers tell nothing about anybody. */
#include "cli_bench.h"

#include "cli_journal_maker.h"

#include <string.h>

static int setup(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    maker_write(bench, "bus", MAKER_RIGHT);
    *state = bench;
    return 0;
}

static json_t *stats(struct cli_bench *bench)
{
    assert_int_equal(RUN(bench, "journal", "stats", "--state", cli_bench_path(bench, "bus"), "--output", "json"),
                     CLI_OK);
    return cli_bench_json(bench);
}

/* A number of the row whose first member is this text. */
static json_int_t number(const json_t *document, const char *table, const char *key, const char *row, const char *name)
{
    const json_t *rows = json_object_get(document, table);
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(rows, i), key)), row) == 0)
            return json_integer_value(json_object_get(json_array_get(rows, i), name));
    fail_msg("%s has no row %s", table, row);
    return -1;
}

static void test_every_record_is_counted_once_by_kind_and_day(void **state)
{
    struct cli_bench *bench = *state;
    json_t *document = stats(bench);
    json_int_t records = 0, bytes = 0;
    size_t at;
    json_t *row;
    json_array_foreach(json_object_get(document, "kinds"), at, row) {
        records += json_integer_value(json_object_get(row, "records"));
        bytes += json_integer_value(json_object_get(row, "bytes"));
    }
    assert_int_equal(records, MAKER_RECORDS);
    assert_int_equal(json_integer_value(json_object_get(document, "records")), MAKER_RECORDS);
    assert_int_equal(json_integer_value(json_object_get(document, "bytes")), bytes);
    assert_int_equal(number(document, "days", "day", "2026-11-23", "records"), MAKER_RECORDS);
    assert_int_equal(number(document, "days", "day", "2026-11-23", "bytes"), bytes);
    assert_int_equal(number(document, "kinds", "kind", "accepted", "records"), 1);
    assert_int_equal(number(document, "kinds", "kind", "session", "records"), 1);
    assert_int_equal(json_integer_value(json_object_get(document, "malformed")), 0);
    assert_string_equal(json_string_value(json_object_get(document, "first")), "2026-11-23T07:03:07.118000000Z");
    json_decref(document);
}

static void test_messages_are_counted_by_type_sender_and_receiver(void **state)
{
    json_t *document = stats(*state);
    json_int_t bytes = number(document, "kinds", "kind", "accepted", "bytes");
    assert_true(bytes > 0);
    assert_int_equal(number(document, "types", "type", "dossier.submitted", "messages"), 1);
    assert_int_equal(number(document, "types", "type", "dossier.submitted", "bytes"), bytes);
    assert_int_equal(number(document, "systems", "system", "portal", "messages"), 1);
    assert_int_equal(number(document, "systems", "system", "portal", "bytes"), bytes);
    assert_int_equal(number(document, "systems", "system", "portal", "received"), 0);
    assert_int_equal(number(document, "systems", "system", "portal", "refused"), 1);
    assert_int_equal(number(document, "systems", "system", "onestop", "received"), 1);
    assert_int_equal(number(document, "refusals", "code", "NO_ROUTE", "refused"), 1);
    assert_int_equal(json_array_size(json_object_get(document, "refusals")), 1);
    json_decref(document);
}

static void test_people_get_tables(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "journal", "stats", "--state", cli_bench_path(bench, "bus")), CLI_OK);
    cli_bench_expect(bench->out, "10 records, ");
    cli_bench_expect(bench->out, "KIND          RECORDS ");
    cli_bench_expect(bench->out, "dossier.submitted        1 ");
    cli_bench_expect(bench->out, "REFUSED BECAUSE REFUSED\nNO_ROUTE              1\n");
}

static void test_a_span_of_time_can_be_chosen(void **state)
{
    struct cli_bench *bench = *state;
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "journal", "stats", "--state", bus, "--since", "2026-11-24"), CLI_OK);
    assert_string_equal(bench->out, "no records of that time\n");
    assert_int_equal(RUN(bench, "journal", "stats", "--state", bus, "--since", "2026-11-23", "--until", "2026-11-24"),
                     CLI_OK);
    cli_bench_expect(bench->out, "10 records, ");
    /* Records are a millisecond apart: three lie before 07.121. */
    assert_int_equal(RUN(bench, "journal", "stats", "--state", bus, "--until", "2026-11-23T14:03:07.121+07:00"),
                     CLI_OK);
    cli_bench_expect(bench->out, "3 records, ");
    assert_int_equal(RUN(bench, "journal", "stats", "--state", bus, "--since", "soon"), CLI_WRONG_USE);
}

static void test_nothing_about_anybody_is_told(void **state)
{
    static const char *const personal[] = {MAKER_DOSSIER, MAKER_IDENTITY, MAKER_NAME, "H56.14", "0192f0c1"};
    struct cli_bench *bench = *state;
    json_decref(stats(bench));
    for (size_t i = 0; i < COUNT_OF(personal); i++)
        assert_null(strstr(bench->out, personal[i]));
}

static void test_a_record_that_makes_no_sense_hides_no_other(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    (void)state;
    cli_bench_init(bench, "bus");
    maker_write(bench, "bus", MAKER_MALFORMED_BODY);
    json_t *document = stats(bench);
    assert_int_equal(json_integer_value(json_object_get(document, "records")), MAKER_RECORDS);
    json_decref(document);
    cli_bench_free(bench);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_record_is_counted_once_by_kind_and_day),
        TEST(test_messages_are_counted_by_type_sender_and_receiver),
        TEST(test_people_get_tables),
        TEST(test_a_span_of_time_can_be_chosen),
        TEST(test_nothing_about_anybody_is_told),
        cmocka_unit_test(test_a_record_that_makes_no_sense_hides_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
