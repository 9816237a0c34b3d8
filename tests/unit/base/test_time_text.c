/* Promise: instants and spans read back as they were written; impossible dates are refused. */
#include "cmocka_start.h"

#include "time_text.h"

#include <time.h>
#include <truc/error.h>

enum { GMT7 = 7 * 60 };

static void test_formats(void **state)
{
    (void)state;
    char text[TIME_TEXT_BYTES];
    uint64_t time_ns = 0;
    assert_int_equal(time_parse_rfc3339(bytes_string("2026-11-23T14:03:07.118+07:00"), &time_ns), 0);
    time_format_clock(time_ns, text);
    assert_string_equal(text, "14:03:07.118 (GMT+7)");
    time_format_full(time_ns, text);
    assert_string_equal(text, "2026-11-23 14:03:07.118 +07:00");
    time_format_rfc3339(time_ns, text);
    assert_string_equal(text, "2026-11-23T07:03:07.118000000Z");
    time_format_compact(time_ns, GMT7, text);
    assert_string_equal(text, "20261123140307");
    time_format_full(0, text);
    assert_string_equal(text, "1970-01-01 07:00:00.000 +07:00");
    time_format_rfc3339(UINT64_MAX, text);
    assert_string_equal(text, "2554-07-21T23:34:33.709551615Z");
    uint64_t last = 0;
    assert_int_equal(time_parse_rfc3339(bytes_string(text), &last), 0);
    assert_int_equal(last, UINT64_MAX);
}

static void test_every_day_agrees_with_the_c_library(void **state)
{
    (void)state;
    for (time_t day = 0; day < 200000; day++) {
        time_t seconds = day * 86400 + 86399;
        struct tm expected;
        gmtime_r(&seconds, &expected);
        char text[TIME_TEXT_BYTES], wanted[TIME_TEXT_BYTES];
        time_format_compact((uint64_t)seconds * TIME_NS_PER_S, 0, text);
        strftime(wanted, sizeof wanted, "%Y%m%d%H%M%S", &expected);
        assert_string_equal(text, wanted);
        uint64_t back = 0;
        assert_int_equal(time_parse_compact(bytes_string(text), 0, &back), 0);
        assert_int_equal(back, (uint64_t)seconds * TIME_NS_PER_S);
    }
}

static void test_offsets_move_the_instant(void **state)
{
    (void)state;
    uint64_t a = 0, b = 0;
    assert_int_equal(time_parse_rfc3339(bytes_string("2026-01-01T00:30:00+07:00"), &a), 0);
    assert_int_equal(time_parse_rfc3339(bytes_string("2025-12-31t17:30:00z"), &b), 0);
    assert_int_equal(a, b);
    assert_int_equal(time_parse_rfc3339(bytes_string("2025-12-31T12:00:00-05:30"), &b), 0);
    assert_int_equal(a, b);
    assert_int_equal(time_parse_date(bytes_string("2026-01-01"), GMT7, &b), 0);
    assert_int_equal(a - b, 30 * 60 * TIME_NS_PER_S);
    assert_int_equal(time_parse_compact(bytes_string("20260101003000"), GMT7, &b), 0);
    assert_int_equal(a, b);
    assert_int_equal(time_parse_rfc3339(bytes_string("2024-02-29T00:00:00.000000001Z"), &a), 0);
    assert_int_equal(a % TIME_NS_PER_S, 1);
}

static void test_impossible_instants_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2026-11-23",
        "2026-11-23T14:03:07",
        "2026-11-23 14:03:07Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.0000000001Z",
        "2026-01-01T00:00:00+0700",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00Z ",
        "+026-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+07:00",
        "2554-07-21T23:34:34Z",
        "9999-12-31T23:59:59Z",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        uint64_t time_ns = 17;
        assert_int_equal(time_parse_rfc3339(bytes_string(wrong[i]), &time_ns), TRUC_E_ARGUMENT);
        assert_int_equal(time_ns, 17);
    }
    uint64_t time_ns;
    assert_int_equal(time_parse_compact(bytes_string("2026112314030"), 0, &time_ns), TRUC_E_ARGUMENT);
    assert_int_equal(time_parse_compact(bytes_string("202611231403077"), 0, &time_ns), TRUC_E_ARGUMENT);
    assert_int_equal(time_parse_compact(bytes_string("20261123140307"), 100000, &time_ns), TRUC_E_ARGUMENT);
    assert_int_equal(time_parse_date(bytes_string("2026-1-1"), 0, &time_ns), TRUC_E_ARGUMENT);
    assert_int_equal(time_parse_date(bytes_string("2026-01-011"), 0, &time_ns), TRUC_E_ARGUMENT);
}

static void test_spans(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t span_ns;
        const char *again;
    } spans[] = {
        {"250ms", 250 * TIME_NS_PER_MS, "250ms"},
        {"5s", 5 * TIME_NS_PER_S, "5s"},
        {"90s", 90 * TIME_NS_PER_S, "90s"},
        {"120s", 120 * TIME_NS_PER_S, "2m"},
        {"24h", 86400 * TIME_NS_PER_S, "1d"},
        {"7d", 7 * 86400 * TIME_NS_PER_S, "7d"},
        {"0s", 0, "0s"},
        {"1500ms", 1500 * TIME_NS_PER_MS, "1500ms"},
        {"17ns", 17, "17ns"},
        {"3us", 3000, "3us"},
    };
    for (size_t i = 0; i < COUNT_OF(spans); i++) {
        uint64_t span_ns = 1;
        assert_int_equal(span_parse(bytes_string(spans[i].text), &span_ns), 0);
        assert_int_equal(span_ns, spans[i].span_ns);
        char text[TIME_TEXT_BYTES];
        span_format(span_ns, text);
        assert_string_equal(text, spans[i].again);
    }
    static const char *const wrong[] = {"",    "5",  "s",    "5 s",     "1.5s",
                                        "-1s", "5S", "5sec", "300000d", "99999999999999999999s"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        uint64_t span_ns = 17;
        assert_int_equal(span_parse(bytes_string(wrong[i]), &span_ns), TRUC_E_ARGUMENT);
        assert_int_equal(span_ns, 17);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_every_day_agrees_with_the_c_library),
        cmocka_unit_test(test_offsets_move_the_instant),
        cmocka_unit_test(test_impossible_instants_are_refused),
        cmocka_unit_test(test_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
