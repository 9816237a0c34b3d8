/* test_ids_in_memory.c - the parts of the broker's memory of ids: the table of the youngest, the filter of a run.
 * The filter's bits are those that docs/journal-format.md tells: files written today are read later.
 * Together, with a disk: test_ids_are_known_from_disk.c. */
#include <stdlib.h>

#include "cmocka_start.h"
#include "dedupe.h"
#include "id_filter.h"

enum { IDS = 20000 };
#define SALT 42ull

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
    id_filter_fill(filter, bytes, SALT, entries, IDS);
    for (uint64_t i = 0; i < IDS; i++)
        assert_true(id_filter_may_have(bytes_of(filter, bytes), SALT, entries[i].key, entries[i].check));
    for (uint64_t i = IDS; i < 11ull * IDS; i++) {
        struct id_entry other = entry_of(i);
        wrong += id_filter_may_have(bytes_of(filter, bytes), SALT, other.key, other.check);
    }
    assert_in_range(wrong, 1, 10 * IDS / 2000); /* of 200,000 about 40; at most one in 2,000 */
    free(entries);
    free(filter);
}

/* Ids of one block, if the key alone were to say which: what a sender finds by trying. */
static uint64_t chosen(uint64_t from, struct id_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; from++) {
        struct id_entry entry = entry_of(from);
        if (entry.key >> 54 == 0)
            entries[i++] = entry;
    }
    return from;
}

static void test_chosen_ids_do_not_fill_a_block(void **state)
{
    enum { CHOSEN = 200 };
    struct id_entry *entries = malloc((IDS + CHOSEN) * sizeof *entries), others[CHOSEN];
    size_t bytes = id_filter_bytes(IDS + CHOSEN), wrong = 0;
    uint8_t *filter = calloc(1, bytes);
    (void)state;
    assert_true(entries && filter);
    for (uint64_t i = 0; i < IDS; i++)
        entries[i] = entry_of(i);
    uint64_t next = chosen(IDS, entries + IDS, CHOSEN);
    id_filter_fill(filter, bytes, SALT, entries, IDS + CHOSEN);
    (void)chosen(next, others, CHOSEN);
    for (size_t i = 0; i < CHOSEN; i++)
        wrong += id_filter_may_have(bytes_of(filter, bytes), SALT, others[i].key, others[i].check);
    assert_true(wrong < 5); /* by the key alone: about 180 */
    free(entries);
    free(filter);
}

static void test_the_bits_of_a_filter_are_those_of_the_format(void **state)
{
    enum { BLOCKS = 11, BLOCK = 1, BLOCK_BITS = 512 };
    const struct id_run_facts facts = {.first_sequence = 1,
                                       .last_sequence = 2,
                                       .first_time_ns = 1795000000000000002ull,
                                       .last_time_ns = 1795000000000000003ull,
                                       .count = 2};
    const struct id_entry entry = {.key = 0xaaaaaaab00000000ull | 5u | 6u << 9 | 7u << 18,
                                   .check = 0x40201008040201ull};
    const unsigned bits[] = {1, 1, 1, 1, 1,
                             1, 1, 5, 6, 7}; /* groups of 9 bits: of the check 1 each, of the key 5, 6, 7 */
    uint8_t filter[64 * BLOCKS] = {0}, expected[64 * BLOCKS] = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bits); i++)
        expected[BLOCK * BLOCK_BITS / 8 + bits[i] / 8] |= (uint8_t)(1u << bits[i] % 8);
    assert_int_equal(id_filter_salt(&facts), 0xb26f31489aa587c9ull);
    id_filter_fill(filter, sizeof filter, 0xb26f31489aa587c9ull, &entry, 1);
    assert_memory_equal(filter, expected, sizeof filter);
}

/* A snapshot that somebody made: its sizes are no sizes of memory. */
static void test_a_run_of_more_ids_than_there_can_be_is_refused(void **state)
{
    struct dedupe dedupe = {.young_max = 10, .runs_max = 10};
    struct buffer saved = {0};
    (void)state;
    buffer_append_le64(&saved, 0);
    buffer_append_le64(&saved, 1);
    for (unsigned i = 0; i < 4; i++)
        buffer_append_le64(&saved, i);
    buffer_append_le64(&saved, UINT64_MAX);
    assert_int_equal(dedupe_restore(&dedupe, buffer_view(&saved)), TRUC_E_JOURNAL_CORRUPT);
    dedupe_free(&dedupe);
    buffer_free(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_id_put_is_found_and_the_last_use_counts),
        cmocka_unit_test(test_compacting_keeps_what_is_young_once),
        cmocka_unit_test(test_sorting_is_by_key_and_check_and_loses_nothing),
        cmocka_unit_test(test_a_filter_is_never_wrong_about_what_is_new),
        cmocka_unit_test(test_chosen_ids_do_not_fill_a_block),
        cmocka_unit_test(test_a_run_of_more_ids_than_there_can_be_is_refused),
        cmocka_unit_test(test_the_bits_of_a_filter_are_those_of_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
