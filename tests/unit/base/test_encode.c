/* Promise: hexadecimal and base64 as in RFC 4648, and only text that encodes back to itself is read. */
#include "cmocka_start.h"

#include "encode.h"

#include <truc/error.h>

static void test_base64_vectors_of_rfc_4648(void **state)
{
    (void)state;
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct buffer out = {0};
        base64_append(&out, bytes_string(vectors[i][0]));
        assert_string_equal(buffer_string(&out), vectors[i][1]);
        buffer_clear(&out);
        assert_int_equal(base64_decode(bytes_string(vectors[i][1]), &out), 0);
        assert_string_equal(buffer_string(&out), vectors[i][0]);
        buffer_free(&out);
    }
}

static void test_base64_reads_back_every_length(void **state)
{
    (void)state;
    uint8_t data[200];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 151 + 7);
    for (size_t size = 0; size <= sizeof data; size++) {
        struct buffer text = {.size_max = (size + 2) / 3 * 4 + 1}, back = {.size_max = size + 1};
        base64_append(&text, bytes_of(data, size));
        assert_int_equal(text.size, (size + 2) / 3 * 4);
        assert_int_equal(base64_decode(buffer_view(&text), &back), 0);
        assert_true(bytes_equal(buffer_view(&back), bytes_of(data, size)));
        buffer_free(&text);
        buffer_free(&back);
    }
}

static void test_base64_refuses_what_is_not_canonical(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Z",        "Zg",   "Zg=",   "Zg==\n", "Zh==", "Zm9=", "====",    "Zg==Zg==",
        "Zm 9v===", "-_-_", "Zm9v=", "=Zg=",   "Z===", "Zg=a", "Zm9\xc4", "\xff\xff\xff\xff"};
    struct buffer out = {0};
    buffer_append_string(&out, "kept");
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(base64_decode(bytes_string(wrong[i]), &out), TRUC_E_ARGUMENT);
        assert_string_equal(buffer_string(&out), "kept");
    }
    buffer_free(&out);
}

static void test_hex_both_ways(void **state)
{
    (void)state;
    struct buffer out = {0};
    hex_append(&out, bytes_of("\x00\x7f\x80\xff", 4));
    assert_string_equal(buffer_string(&out), "007f80ff");
    struct buffer back = {0};
    assert_int_equal(hex_decode(bytes_string("007F80ff"), &back), 0);
    assert_true(bytes_equal(buffer_view(&back), bytes_of("\x00\x7f\x80\xff", 4)));
    assert_int_equal(hex_decode(bytes_string("0"), &back), TRUC_E_ARGUMENT);
    assert_int_equal(hex_decode(bytes_string("0g"), &back), TRUC_E_ARGUMENT);
    assert_int_equal(hex_decode(bytes_string(" 0"), &back), TRUC_E_ARGUMENT);
    assert_int_equal(back.size, 4);
    struct buffer narrow = {.size_max = 1};
    assert_int_equal(hex_decode(bytes_string("0011"), &narrow), TRUC_E_LIMIT);
    assert_int_equal(base64_decode(bytes_string("AAAA"), &narrow), TRUC_E_LIMIT);
    buffer_free(&out);
    buffer_free(&back);
    buffer_free(&narrow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_vectors_of_rfc_4648),
        cmocka_unit_test(test_base64_reads_back_every_length),
        cmocka_unit_test(test_base64_refuses_what_is_not_canonical),
        cmocka_unit_test(test_hex_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
