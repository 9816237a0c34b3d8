/* Promise: a buffer keeps its limit, remembers the first failure, and is always a valid C string. */
#include "cmocka_start.h"

#include "buffer.h"

#include <truc/error.h>

static void test_appends_arrive_in_order(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_append_string(&buffer, "ab");
    buffer_append_byte(&buffer, 'c');
    buffer_append_le16(&buffer, 0x0102);
    buffer_append_le32(&buffer, 0x03040506);
    buffer_append_le64(&buffer, 0x0708090a0b0c0d0eull);
    buffer_append(&buffer, NULL, 0);
    static const uint8_t expected[] = {'a', 'b', 'c', 2, 1, 6, 5, 4, 3, 14, 13, 12, 11, 10, 9, 8, 7};
    assert_int_equal(buffer.size, sizeof expected);
    assert_memory_equal(buffer.data, expected, sizeof expected);
    assert_int_equal(load_le64(buffer.data + 9), 0x0708090a0b0c0d0eull);
    buffer_free(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
}

static void test_growth_keeps_the_content(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    for (uint32_t i = 0; i < 100000; i++)
        buffer_append_le32(&buffer, i);
    assert_int_equal(buffer_failed(&buffer), 0);
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(load_le32(buffer.data + 4 * (size_t)i), i);
    buffer_free(&buffer);
}

static void test_the_limit_is_reached_exactly_and_failure_is_remembered(void **state)
{
    (void)state;
    struct buffer buffer = {.size_max = 100};
    assert_non_null(buffer_extend(&buffer, 100));
    assert_int_equal(buffer_failed(&buffer), 0);
    buffer_append_byte(&buffer, 1);
    assert_int_equal(buffer_failed(&buffer), TRUC_E_LIMIT);
    assert_int_equal(buffer.size, 100);
    assert_null(buffer_string(&buffer));
    buffer_clear(&buffer);
    assert_int_equal(buffer_failed(&buffer), 0);
    buffer_append_string(&buffer, "again");
    assert_string_equal(buffer_string(&buffer), "again");
    assert_null(buffer_extend(&buffer, SIZE_MAX));
    buffer_append_string(&buffer, "nothing after a failure");
    assert_int_equal(buffer.size, 5);
    buffer_free(&buffer);
}

static void test_used_again_it_keeps_little_memory(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    assert_non_null(buffer_extend(&buffer, BUFFER_REUSE_BYTES / 2));
    const uint8_t *kept = buffer.data;
    buffer_reuse(&buffer);
    assert_int_equal(buffer.size, 0);
    assert_ptr_equal(buffer.data, kept);
    assert_non_null(buffer_extend(&buffer, BUFFER_REUSE_BYTES + 1));
    buffer_reuse(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
    buffer.size_max = 1;
    assert_null(buffer_extend(&buffer, 2));
    buffer_reuse(&buffer);
    assert_int_equal(buffer_failed(&buffer), 0);
    buffer_free(&buffer);
}

static void test_it_prints_and_reads_as_a_string(void **state)
{
    (void)state;
    struct buffer buffer = {.size_max = 64};
    assert_string_equal(buffer_string(&buffer), "");
    buffer_printf(&buffer, "%s", "");
    assert_string_equal(buffer_string(&buffer), "");
    for (int i = 0; i < 8; i++)
        buffer_printf(&buffer, "%07d,", i);
    assert_int_equal(buffer.size, 64);
    assert_string_equal(buffer_string(&buffer), "0000000,0000001,0000002,0000003,0000004,0000005,0000006,0000007,");
    buffer_printf(&buffer, "x");
    assert_int_equal(buffer_failed(&buffer), TRUC_E_LIMIT);
    buffer_free(&buffer);
    buffer_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_arrive_in_order),
        cmocka_unit_test(test_growth_keeps_the_content),
        cmocka_unit_test(test_the_limit_is_reached_exactly_and_failure_is_remembered),
        cmocka_unit_test(test_used_again_it_keeps_little_memory),
        cmocka_unit_test(test_it_prints_and_reads_as_a_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
