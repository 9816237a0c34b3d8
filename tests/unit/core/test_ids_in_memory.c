/* test_ids_in_memory.c - the parts of the broker's memory of ids: the table of the youngest, the filter of a run.
 * The filter's bits are those that docs/journal-format.md tells: files written today are read later.
 * Together, with a disk: test_ids_are_known_from_disk.c. */
#include <stdlib.h>

#include "cmocka_start.h"
#include "dedupe.h"
#include "id_filter.h"

enum { IDS = 20000 };

static struct id_entry entry_of(uint64_t number)
{
    uint8_t name[8];
    store_le64(name, number);
    struct dedupe_id id = dedupe_id_of(bytes_string("alpha"), bytes_of(name, sizeof name));
    return (struct id_entry){
        .key = id.key, .check = id.check, .content = number, .sequence = number, .time_ns = 1000 + number};
}

static void test_every_id_put_is_found_and_the_last_use_counts(void **state)
{
    struct id_table table = {.secret = 42};
    (void)state;
    for (uint64_t i = 0; i < IDS; i++) {
        struct id_entry entry = entry_of(i);
        assert_int_equal(id_table_put(&table, &entry), 0);
    }
    struct id_entry again = entry_of(7);
    again.sequence = IDS;
    again.time_ns = 1000 + IDS;
    assert_int_equal(id_table_put(&table, &again), 0);
    for (uint64_t i = 0; i < IDS; i++) {
        struct id_entry entry = entry_of(i), other = entry_of(i + IDS);
        const struct id_entry *found = id_table_find(&table, entry.key, entry.check);
        assert_non_null(found);
        assert_int_equal(found->sequence, i == 7 ? IDS : i);
        assert_null(id_table_find(&table, other.key, other.check));
        assert_null(id_table_find(&table, entry.key, entry.check + 1));
    }
    id_table_free(&table);
}

static void test_compacting_keeps_what_is_young_once(void **state)
{
    struct id_table table = {.secret = 42};
    (void)state;
    for (unsigned round = 0; round < 2; round++)
        for (uint64_t i = 0; i < 100; i++) {
            struct id_entry entry = entry_of(i);
            entry.time_ns = 1000 + i + round * 10ull;
            assert_int_equal(id_table_put(&table, &entry), 0);
        }
    id_table_compact(&table, 1000 + 50); /* ids 0..39 were last used before */
    assert_int_equal(table.count, 60);
    for (uint64_t i = 0; i < 100; i++) {
        struct id_entry entry = entry_of(i);
        const struct id_entry *found = id_table_find(&table, entry.key, entry.check);
        assert_true((found != NULL) == (i >= 40));
        if (found)
            assert_int_equal(found->time_ns, 1000 + i + 10);
    }
    id_table_compact(&table, UINT64_MAX);
    assert_int_equal(table.count, 0);
    id_table_free(&table);
}

/* Few, many, and many that somebody had put side by side. */
static void test_sorting_is_by_key_and_check_and_loses_nothing(void **state)
{
    const size_t counts[] = {1, 2, 1000, 100000, 100000};
    (void)state;
    for (size_t n = 0; n < COUNT_OF(counts); n++) {
        struct id_entry *entries = malloc(counts[n] * sizeof *entries);
        uint64_t sum = 0;
        assert_non_null(entries);
        for (uint64_t i = 0; i < counts[n]; i++) {
            entries[i] = entry_of(i);
            if (n == 4 && i % 3) /* two of three in one bucket, many of these with one key */
                entries[i].key = entries[i].key % 2 ? 77 : entries[i].key >> 20;
        }
        id_entries_sort(entries, counts[n]);
        for (size_t i = 0; i < counts[n]; i++) {
            sum += entries[i].sequence;
            assert_true(i == 0 || entries[i - 1].key < entries[i].key ||
                        (entries[i - 1].key == entries[i].key && entries[i - 1].check < entries[i].check));
            assert_ptr_equal(id_entries_find(entries, counts[n], entries[i].key, entries[i].check), &entries[i]);
        }
        assert_int_equal(sum, counts[n] * (counts[n] - 1) / 2);
        free(entries);
    }
}

static void test_a_filter_is_never_wrong_about_what_is_new(void **state)
{
    struct id_entry *entries = malloc(IDS * sizeof *entries);
    size_t bytes = id_filter_bytes(IDS), wrong = 0;
    uint8_t *filter = calloc(1, bytes);
    (void)state;
    assert_true(entries && filter);
    assert_int_equal(bytes, (IDS * 20 + 511) / 512 * 64);
    for (uint64_t i = 0; i < IDS; i++)
        entries[i] = entry_of(i);
    id_filter_fill(filter, bytes, entries, IDS);
    for (uint64_t i = 0; i < IDS; i++)
        assert_true(id_filter_may_have(bytes_of(filter, bytes), entries[i].key, entries[i].check));
    for (uint64_t i = IDS; i < 11ull * IDS; i++) {
        struct id_entry other = entry_of(i);
        wrong += id_filter_may_have(bytes_of(filter, bytes), other.key, other.check);
    }
    assert_in_range(wrong, 1, 10 * IDS / 2000); /* of 200,000 about 40; at most one in 2,000 */
    free(entries);
    free(filter);
}

static void test_the_bits_of_a_filter_are_those_of_the_format(void **state)
{
    enum { BLOCKS = 3, BLOCK_BITS = 512 };
    const struct id_entry entry = {.key = 0xaaaaaaab00000000ull | 5u | 6u << 9 | 7u << 18,
                                   .check = 0x40201008040201ull};
    const unsigned bits[] = {1, 1, 1, 1, 1,
                             1, 1, 5, 6, 7}; /* groups of 9 bits: of the check 1 each, of the key 5, 6, 7 */
    uint8_t filter[64 * BLOCKS] = {0}, expected[64 * BLOCKS] = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bits); i++) /* 0xaaaaaaab × 3 is just above 2 × 2³²: block 2 */
        expected[2 * BLOCK_BITS / 8 + bits[i] / 8] |= (uint8_t)(1u << bits[i] % 8);
    id_filter_fill(filter, sizeof filter, &entry, 1);
    assert_memory_equal(filter, expected, sizeof filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_id_put_is_found_and_the_last_use_counts),
        cmocka_unit_test(test_compacting_keeps_what_is_young_once),
        cmocka_unit_test(test_sorting_is_by_key_and_check_and_loses_nothing),
        cmocka_unit_test(test_a_filter_is_never_wrong_about_what_is_new),
        cmocka_unit_test(test_the_bits_of_a_filter_are_those_of_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
