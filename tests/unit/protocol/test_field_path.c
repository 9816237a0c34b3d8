/* test_field_path.c - paths of field numbers are read strictly, and trimming keeps what they name and nothing else.
 * Not: who may say which (tests/unit/core/test_replies_are_trimmed_to_the_agreement.c).
 * Payloads are written as hexadecimal digits of protobuf's wire form. */
#include "field_path.h"

#include "cmocka_start.h"

#include "encode.h"
#include "protobuf_wire.h"
#include <truc/error.h>

static void put_paths(const char *const *texts, struct buffer *out)
{
    for (size_t i = 0; texts[i] != NULL; i++)
        wire_put_element(out, 6, bytes_string(texts[i]));
}

static void test_trimming_keeps_what_is_named(void **state)
{
    static const struct {
        const char *paths[4];
        const char *before, *after; /* after NULL: nothing is left out */
    } cases[] = {
        {{"1"}, "0801", NULL},
        {{"1"}, "", NULL},
        {{"1"}, "08011201410802", "08010802"},               /* every occurrence, in its order */
        {{"2", "1"}, "08011201411801", "0801120141"},        /* the order of the paths says nothing */
        {{"3"}, "1a060a01411201420801", "1a060a0141120142"}, /* a part as a whole */
        {{"3.2"}, "1a060a0141120142", "1a03120142"},         /* of a part one field */
        {{"3.2"}, "1a030a0141", "1a00"},                     /* the part stays, empty */
        {{"3.2", "3.1"}, "1a060a0141120142", NULL},
        {{"3.2"}, "1807", ""}, /* no part where one was named: nothing of it is allowed */
        {{"14.3.1"}, "72070a01411a020a00", "72041a020a00"},
        {{"536870911"}, "0801fa ffffff0f0141", "faffffff0f0141"},
        {{"1"}, "090102030405060708", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer paths BUFFER_CLEANUP = {0}, before BUFFER_CLEANUP = {0}, after BUFFER_CLEANUP = {0};
        struct buffer expected BUFFER_CLEANUP = {0}, hex BUFFER_CLEANUP = {0};
        for (const char *at = cases[i].before; *at; at++) /* spaces are for the eye */
            if (*at != ' ')
                buffer_append_byte(&hex, (uint8_t)*at);
        put_paths(cases[i].paths, &paths);
        assert_int_equal(hex_decode(buffer_view(&hex), &before), 0);
        int left_out = field_paths_trim(buffer_view(&paths), buffer_view(&before), &after);
        assert_int_equal(left_out, cases[i].after != NULL);
        assert_int_equal(hex_decode(bytes_string(cases[i].after ? cases[i].after
                                                                : (const char *)(hex.size ? buffer_string(&hex) : "")),
                                    &expected),
                         0);
        if (!bytes_equal(buffer_view(&after), buffer_view(&expected)))
            fail_msg("%s", cases[i].before);
    }
}

static void test_what_is_no_path_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        ".",
                                        "1.",
                                        ".1",
                                        "1..2",
                                        "0",
                                        "01",
                                        "-1",
                                        "a",
                                        "1 ",
                                        "536870912",
                                        "99999999999",
                                        "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const char *const one[] = {wrong[i], NULL};
        struct buffer paths BUFFER_CLEANUP = {0}, out BUFFER_CLEANUP = {0};
        struct field_path path;
        size_t offset = 0;
        put_paths(one, &paths);
        assert_int_equal(field_path_next(buffer_view(&paths), &offset, &path), TRUC_E_PROTOCOL);
        assert_int_equal(field_paths_trim(buffer_view(&paths), bytes_string("\x08\x01"), &out), TRUC_E_PROTOCOL);
    }
}

static void test_a_path_reads_back(void **state)
{
    const struct field_path written = {{3, 536870911, 1}, 3};
    struct field_path path;
    struct buffer out BUFFER_CLEANUP = {0};
    size_t offset = 0;
    (void)state;
    field_path_append(&out, &written);
    assert_int_equal(field_path_next(buffer_view(&out), &offset, &path), 1);
    assert_int_equal(path.count, 3);
    assert_memory_equal(path.numbers, written.numbers, 3 * sizeof path.numbers[0]);
    assert_int_equal(field_path_next(buffer_view(&out), &offset, &path), 0);
}

static void test_a_malformed_payload_is_an_error(void **state)
{
    static const char *const one[] = {"3.1", NULL};
    static const struct bytes payloads[] = {
        {(const uint8_t *)"\x1a\x05\x01", 3}, {(const uint8_t *)"\x1a\x02\x0a\x7f", 4}, {(const uint8_t *)"\x0b", 1}};
    struct buffer paths BUFFER_CLEANUP = {0};
    (void)state;
    put_paths(one, &paths);
    for (size_t i = 0; i < COUNT_OF(payloads); i++) {
        struct buffer out BUFFER_CLEANUP = {0};
        assert_int_equal(field_paths_trim(buffer_view(&paths), payloads[i], &out), TRUC_E_PROTOCOL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trimming_keeps_what_is_named),
        cmocka_unit_test(test_what_is_no_path_is_refused),
        cmocka_unit_test(test_a_path_reads_back),
        cmocka_unit_test(test_a_malformed_payload_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
