/* test_cli_format.c - numbers, times and texts look as they do in Việt Nam, and hostile text can't reach a terminal.
 * Also tables and the reading of options.
 * Pure functions; no command is run. */
#include "cmocka_start.h"

#include "cli_arguments.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_table.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define NOW_NS 1795417387118000000ull /* 23/11/2026 07:03:07.118 UTC */

static void test_thousands_are_parted_by_dots(void **state)
{
    static const struct {
        uint64_t count;
        const char *text;
    } rows[] = {{0, "0"},
                {7, "7"},
                {999, "999"},
                {1000, "1.000"},
                {58120, "58.120"},
                {1204331, "1.204.331"},
                {UINT64_MAX, "18.446.744.073.709.551.615"}};
    char text[CLI_NUMBER_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(cli_format_count(rows[i].count, text), rows[i].text);
}

static void test_sizes_have_a_decimal_comma(void **state)
{
    static const struct {
        uint64_t size;
        const char *text;
    } rows[] = {{0, "0 B"},
                {1023, "1023 B"},
                {1024, "1,0 KiB"},
                {1536, "1,5 KiB"},
                {200 * 1024, "200 KiB"},
                {1024 * 1024 + 460 * 1024, "1,4 MiB"},
                {UINT64_MAX, "15,9 EiB"}};
    char text[CLI_NUMBER_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(cli_format_bytes(rows[i].size, text), rows[i].text);
}

static void test_times_are_gmt_plus_7(void **state)
{
    char text[TIME_TEXT_BYTES];
    (void)state;
    assert_string_equal(cli_format_time(NOW_NS, text), "23/11/2026 14:03 GMT+7");
    assert_string_equal(cli_format_moment(NOW_NS, text), "23/11/2026 14:03:07.118");
    assert_string_equal(cli_format_clock(NOW_NS, text), "14:03:07.118");
    assert_string_equal(cli_format_time(1767200400000000000ull, text),
                        "01/01/2026 00:00 GMT+7"); /* the day changes at 17:00 UTC */
    assert_string_equal(cli_format_time(0, text), "-");
    assert_string_equal(cli_format_uptime(72 * TIME_NS_PER_S, text), "00:01:12");
    assert_string_equal(cli_format_uptime((3 * 86400 + 14706) * TIME_NS_PER_S, text), "3d 04:05:06");
}

static void check_safe(const char *from, size_t size, const char *expected)
{
    struct buffer out = {0};
    cli_append_safe(&out, bytes_of(from, size));
    assert_string_equal(buffer_string(&out), expected);
    buffer_free(&out);
}

static void test_hostile_text_is_made_safe(void **state)
{
    (void)state;
    check_safe("Hồ sơ", strlen("Hồ sơ"), "Hồ sơ");
    check_safe("a\x1b[2Jb", 6, "a\xef\xbf\xbd[2Jb");
    check_safe("a\nb\0c", 5,
               "a\xef\xbf\xbd"
               "b\xef\xbf\xbd"
               "c");
    check_safe("\xff\xfe", 2, "\xef\xbf\xbd\xef\xbf\xbd");
    check_safe("\xe1\xbb", 2, "\xef\xbf\xbd\xef\xbf\xbd"); /* a character cut off */
}

static void test_citizen_numbers_keep_three_digits(void **state)
{
    (void)state;
    check_safe("so 038909012345.", 16, "so *********345.");
    check_safe("123456789", 9, "******789");
    check_safe("H56.14-261123-0042", 18, "H56.14-261123-0042");
}

static void test_hashes_are_shown_by_their_beginning(void **state)
{
    (void)state;
    struct buffer out = {0};
    cli_append_short(
        &out, bytes_string("key: 8f463a72b718e4bc82ab000000962b35 → 803ae5d703c542208e813279cbfe7aca, 123456789"));
    assert_string_equal(buffer_string(&out), "key: 8f463a72… → 803ae5d7…, ******789");
    buffer_free(&out);
    check_safe("8f463a72b718e4bc82ab000000962b35", 32, "8f463a72b718e4bc82ab000000962b35"); /* no citizen's number */
}

static void test_padding_counts_characters(void **state)
{
    struct buffer out = {0};
    (void)state;
    cli_append_padded(&out, bytes_string("Thượng khẩn"), 14);
    buffer_append_string(&out, "|");
    assert_string_equal(buffer_string(&out), "Thượng khẩn   |");
    assert_int_equal(cli_text_width(bytes_string("o\xcc\x82\xcc\x81")), 1); /* ố in parts */
    buffer_free(&out);
}

static void test_a_table_lines_up(void **state)
{
    static const struct cli_column columns[] = {{"SYSTEM", false}, {"QUEUED", true}, {"TITLE", false}};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    struct cli_table *table = cli_table_create(columns, COUNT_OF(columns));
    cli_table_row(table);
    cli_table_text(table, "portal");
    cli_table_count(table, 58120);
    cli_table_text(table, "Cổng dịch vụ công tỉnh");
    cli_table_row(table);
    cli_table_text(table, "national-portal");
    cli_table_count(table, 3);
    cli_table_text(table, "x\ty");
    assert_int_equal(cli_table_print(table, out), 0);
    fclose(out);
    assert_string_equal(text, "SYSTEM          QUEUED TITLE\n"
                              "portal          58.120 Cổng dịch vụ công tỉnh\n"
                              "national-portal      3 x\xef\xbf\xbdy\n");
    cli_table_free(table);
    free(text);
}

static void test_a_table_without_memory_says_so(void **state)
{
    (void)state;
    cli_table_row(NULL);
    cli_table_text(NULL, "x");
    assert_int_equal(cli_table_print(NULL, stdout), TRUC_E_MEMORY);
    cli_table_free(NULL);
}

static void test_json_times_are_utc(void **state)
{
    json_t *time = cli_json_time(NOW_NS), *none = cli_json_time(0), *text = cli_json_text(bytes_of("\xff", 1));
    (void)state;
    assert_string_equal(json_string_value(time), "2026-11-23T07:03:07.118000000Z");
    assert_true(json_is_null(none));
    assert_string_equal(json_string_value(text), "\xef\xbf\xbd");
    json_decref(time);
    json_decref(none);
    json_decref(text);
}

/* ---- options ---- */

static const struct cli_option options[] = {
    {.name = "count", .value = "N", .explanation = ""},
    {.name = "since", .value = "TIME", .explanation = ""},
    {.name = "field", .value = "P=V", .explanation = "", .repeats = true},
    {.name = "all", .explanation = ""},
    {.name = NULL},
};

static int read_options(struct cli_arguments *arguments, struct truc_fault *fault, int argc, char **argv)
{
    memset(arguments, 0, sizeof *arguments);
    memset(fault, 0, sizeof *fault);
    return cli_arguments_read(options, argc, argv, 0, arguments, fault);
}
#define READ(...) read_options(&arguments, &fault, (int)COUNT_OF(((char *[]){__VA_ARGS__})), (char *[]){__VA_ARGS__})

static void test_options_are_read_in_both_forms(void **state)
{
    struct cli_arguments arguments;
    struct truc_fault fault;
    uint64_t number = 0;
    (void)state;
    assert_int_equal(READ("one", "--count=1.204.331", "--field", "a=1", "--field=b=2", "--all", "--", "--two"), 0);
    assert_string_equal(cli_operand(&arguments, 0), "one");
    assert_string_equal(cli_operand(&arguments, 1), "--two");
    assert_null(cli_operand(&arguments, 2));
    assert_int_equal(cli_option_number(&arguments, "count", &number, &fault), 1);
    assert_int_equal(number, 1204331);
    assert_string_equal(cli_option_nth(&arguments, "field", 0), "a=1");
    assert_string_equal(cli_option_nth(&arguments, "field", 1), "b=2");
    assert_null(cli_option_nth(&arguments, "field", 2));
    assert_string_equal(cli_option_value(&arguments, "all"), "");
    assert_int_equal(cli_option_number(&arguments, "since", &number, &fault), 0);
}

static void test_wrong_options_are_named(void **state)
{
    struct cli_arguments arguments;
    struct truc_fault fault;
    (void)state;
    assert_int_equal(READ("--cuont", "3"), TRUC_E_ARGUMENT);
    assert_string_equal(fault.text, "unknown option --cuont");
    assert_string_equal(fault.hint, "did you mean --count?");
    assert_int_equal(READ("--count"), TRUC_E_ARGUMENT);
    assert_string_equal(fault.text, "--count needs a value: --count N");
    assert_int_equal(READ("--all=yes"), TRUC_E_ARGUMENT);
    assert_string_equal(fault.text, "--all takes no value");
    assert_int_equal(READ("--count", "1", "--count", "2"), TRUC_E_ARGUMENT);
    assert_string_equal(fault.text, "--count is given twice");
    assert_int_equal(READ("-n"), TRUC_E_ARGUMENT);
}

static void test_wrong_numbers_are_refused(void **state)
{
    static const char *const wrong[] = {"", "x", "-1", "1,5", "99999999999999999999", ".5", "5."};
    struct cli_arguments arguments;
    struct truc_fault fault;
    uint64_t number = 42;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        char text[32];
        snprintf(text, sizeof text, "--count=%s", wrong[i]);
        assert_int_equal(READ(text), 0);
        assert_int_equal(cli_option_number(&arguments, "count", &number, &fault), TRUC_E_ARGUMENT);
        assert_int_equal(number, 42);
    }
}

static void test_times_are_read_as_day_instant_or_span(void **state)
{
    struct cli_arguments arguments;
    struct truc_fault fault;
    uint64_t time = 0;
    (void)state;
    assert_int_equal(READ("--since", "2h"), 0);
    assert_int_equal(cli_option_time(&arguments, "since", NOW_NS, &time, &fault), 1);
    assert_int_equal(time, NOW_NS - 7200 * TIME_NS_PER_S);
    assert_int_equal(READ("--since", "2026-11-23"), 0);
    assert_int_equal(cli_option_time(&arguments, "since", NOW_NS, &time, &fault), 1);
    assert_int_equal(time, 1795366800 * TIME_NS_PER_S);
    assert_int_equal(READ("--since", "2026-11-23T14:03:07.118+07:00"), 0);
    assert_int_equal(cli_option_time(&arguments, "since", 0, &time, &fault), 1);
    assert_int_equal(time, NOW_NS);
    assert_int_equal(READ("--since", "yesterday"), 0);
    assert_int_equal(cli_option_time(&arguments, "since", 0, &time, &fault), TRUC_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thousands_are_parted_by_dots),
        cmocka_unit_test(test_sizes_have_a_decimal_comma),
        cmocka_unit_test(test_times_are_gmt_plus_7),
        cmocka_unit_test(test_hostile_text_is_made_safe),
        cmocka_unit_test(test_citizen_numbers_keep_three_digits),
        cmocka_unit_test(test_hashes_are_shown_by_their_beginning),
        cmocka_unit_test(test_padding_counts_characters),
        cmocka_unit_test(test_a_table_lines_up),
        cmocka_unit_test(test_a_table_without_memory_says_so),
        cmocka_unit_test(test_json_times_are_utc),
        cmocka_unit_test(test_options_are_read_in_both_forms),
        cmocka_unit_test(test_wrong_options_are_named),
        cmocka_unit_test(test_wrong_numbers_are_refused),
        cmocka_unit_test(test_times_are_read_as_day_instant_or_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
