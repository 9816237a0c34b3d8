/* Promise: CRC-32C is the published one, the same by instruction and by table, in one piece or many. */
#include "cmocka_start.h"

#include "../../../bus/base/crc32c_table.h"
#include "encode.h"

/* The definition, bit by bit. */
static uint32_t crc_by_definition(struct bytes data)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < data.size; i++) {
        crc ^= data.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
    }
    return ~crc;
}

static void test_published_values(void **state)
{
    (void)state;
    /* RFC 3720 appendix B.4 */
    uint8_t zeros[32] = {0}, ones[32], rising[32];
    memset(ones, 0xff, sizeof ones);
    for (uint8_t i = 0; i < 32; i++)
        rising[i] = i;
    assert_int_equal(crc32c(0, bytes_string("123456789")), 0xe3069283);
    assert_int_equal(crc32c_portable(0, bytes_string("123456789")), 0xe3069283);
    assert_int_equal(crc32c(0, bytes_of(zeros, 32)), 0x8a9136aa);
    assert_int_equal(crc32c(0, bytes_of(ones, 32)), 0x62a8ab43);
    assert_int_equal(crc32c(0, bytes_of(rising, 32)), 0x46dd794e);
    assert_int_equal(crc32c(0, BYTES_EMPTY), 0);
}

static void test_both_ways_agree_at_every_length_and_alignment(void **state)
{
    (void)state;
    uint8_t data[300];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        random = random * 1664525 + 1013904223;
        data[i] = (uint8_t)(random >> 24);
    }
    for (size_t start = 0; start < 9; start++)
        for (size_t size = 0; start + size <= sizeof data; size++) {
            struct bytes view = bytes_of(data + start, size);
            uint32_t expected = crc_by_definition(view);
            assert_int_equal(crc32c(0, view), expected);
            assert_int_equal(crc32c_portable(0, view), expected);
        }
    for (size_t cut = 0; cut <= sizeof data; cut++) {
        uint32_t first = crc32c(0, bytes_of(data, cut));
        assert_int_equal(crc32c(first, bytes_of(data + cut, sizeof data - cut)),
                         crc_by_definition(bytes_of(data, sizeof data)));
    }
}

static void test_every_table_entry_follows_from_the_polynomial(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int table = 0; table < 4; table++) {
            for (int bit = 0; bit < 8; bit++)
                crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
            assert_int_equal(crc32c_table[table][i], crc);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_values),
        cmocka_unit_test(test_both_ways_agree_at_every_length_and_alignment),
        cmocka_unit_test(test_every_table_entry_follows_from_the_polynomial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
