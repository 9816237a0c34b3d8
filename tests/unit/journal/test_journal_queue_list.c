/* test_journal_queue_list.c - a queue's list gives back what was put in, in order, by number; what is torn or damaged
 * is cut or reported, never invented. On the memory disk, since nothing in a list is synced. */
#include <stdlib.h>

#include "cmocka_start.h"
#include "memory_disk.h"
#include "encode.h"
#include "queue_list.h"

static const char *const path = "/onestop.1.ql";

static struct queue_entry entry_of(uint64_t number)
{
    return (struct queue_entry){number * 3, number * 0x9e3779b97f4a7c15ull, (uint32_t)(number % 9999),
                                (uint32_t)(number % 5)};
}

static struct queue_list *list_open(struct memory_disk *disk)
{
    struct queue_list *list = NULL;
    assert_int_equal(queue_list_open(memory_disk_interface(disk), path, &list, NULL), 0);
    return list;
}

static void append_to(struct queue_list *list, uint64_t count)
{
    while (queue_list_count(list) < count) {
        struct queue_entry entry = entry_of(queue_list_count(list));
        assert_int_equal(queue_list_append(list, &entry, NULL), 0);
    }
}

static void check_from(struct queue_list *list, uint64_t index)
{
    static struct queue_entry entries[1000];
    int count;
    while ((count = queue_list_read(list, index, entries, COUNT_OF(entries), NULL)) > 0) {
        for (int i = 0; i < count; i++, index++) {
            struct queue_entry expected = entry_of(index);
            assert_int_equal(entries[i].sequence, expected.sequence);
            assert_int_equal(entries[i].key_hash, expected.key_hash);
            assert_int_equal(entries[i].size_bytes, expected.size_bytes);
            assert_int_equal(entries[i].flags, expected.flags);
        }
    }
    assert_int_equal(count, 0);
    assert_int_equal(index, queue_list_count(list));
}

static void entries_are_read_back_buffered_and_written_and_reopened(void **state)
{
    (void)state;
    struct memory_disk *disk = memory_disk_new();
    struct queue_list *list = list_open(disk);
    check_from(list, 0);
    append_to(list, 3);
    check_from(list, 0);
    append_to(list, 5000);
    check_from(list, 0);
    check_from(list, 4999);
    assert_int_equal(queue_list_close(list, NULL), 0);
    list = list_open(disk);
    assert_int_equal(queue_list_count(list), 5000);
    append_to(list, 5001);
    check_from(list, 17);
    assert_int_equal(queue_list_close(list, NULL), 0);
    memory_disk_free(disk);
}

static void truncating_forgets_the_end(void **state)
{
    (void)state;
    struct memory_disk *disk = memory_disk_new();
    struct queue_list *list = list_open(disk);
    append_to(list, 700);
    assert_int_equal(queue_list_truncate(list, 690, NULL), 0); /* in the buffer */
    check_from(list, 0);
    assert_int_equal(queue_list_truncate(list, 100, NULL), 0); /* in the file */
    check_from(list, 0);
    assert_int_equal(queue_list_truncate(list, 101, NULL), TRUC_E_ARGUMENT);
    append_to(list, 300);
    check_from(list, 0);
    assert_int_equal(queue_list_truncate(list, 0, NULL), 0);
    assert_int_equal(queue_list_count(list), 0);
    assert_int_equal(queue_list_close(list, NULL), 0);
    memory_disk_free(disk);
}

static void discarding_keeps_numbers_and_gives_room_back(void **state)
{
    (void)state;
    struct memory_disk *disk = memory_disk_new();
    struct queue_list *list = list_open(disk);
    append_to(list, 200000);
    assert_int_equal(queue_list_discard(list, 10, NULL), 0);
    assert_int_equal(queue_list_first(list), 10);
    struct queue_entry entry;
    assert_int_equal(queue_list_read(list, 9, &entry, 1, NULL), TRUC_E_NOT_FOUND);
    check_from(list, 10);
    size_t before = memory_disk_content(disk, path)->size;
    assert_int_equal(queue_list_discard(list, 150000, NULL), 0);
    assert_true(memory_disk_content(disk, path)->size < before / 3);
    check_from(list, 150000);
    append_to(list, 210000);
    assert_int_equal(queue_list_discard(list, 210001, NULL), TRUC_E_ARGUMENT);
    assert_int_equal(queue_list_close(list, NULL), 0);
    list = list_open(disk);
    assert_int_equal(queue_list_first(list), 150000);
    assert_int_equal(queue_list_count(list), 210000);
    check_from(list, 150000);
    assert_int_equal(queue_list_reset(list, 42, NULL), 0);
    assert_int_equal(queue_list_count(list), 42);
    append_to(list, 50);
    check_from(list, 42);
    assert_int_equal(queue_list_close(list, NULL), 0);
    memory_disk_free(disk);
}

static void torn_ends_are_cut_and_damage_is_told(void **state)
{
    (void)state;
    struct memory_disk *disk = memory_disk_new();
    struct queue_list *list = list_open(disk);
    append_to(list, 100);
    assert_int_equal(queue_list_close(list, NULL), 0);
    struct buffer *content = memory_disk_content(disk, path);
    content->size -= 7;
    memset(content->data + content->size - 32 * 3 - 25, 0, 32 * 3 + 25);
    list = list_open(disk);
    assert_int_equal(queue_list_count(list), 96);
    check_from(list, 0);
    content->data[32 + 50 * 32 + 3] ^= 1;
    static struct queue_entry entries[100];
    struct truc_fault fault;
    assert_int_equal(queue_list_read(list, 40, entries, 10, NULL), 10);
    assert_int_equal(queue_list_read(list, 40, entries, 11, &fault), TRUC_E_JOURNAL_CORRUPT);
    assert_non_null(strstr(fault.where, ":1632"));
    assert_int_equal(queue_list_close(list, NULL), 0);
    list = list_open(disk); /* opened again, it ends before the damage */
    assert_int_equal(queue_list_count(list), 50);
    check_from(list, 0);
    assert_int_equal(queue_list_close(list, NULL), 0);
    content->data[5] ^= 1; /* not a list any more: empty, so that the state above rebuilds it */
    list = list_open(disk);
    assert_int_equal(queue_list_count(list), 0);
    assert_int_equal(queue_list_close(list, NULL), 0);
    memory_disk_free(disk);
}

/* A header whose checksum holds, and whose first number leaves no room for more: as good as damaged. */
static void numbers_never_overflow(void **state)
{
    (void)state;
    struct memory_disk *disk = memory_disk_new();
    struct queue_list *list = list_open(disk);
    append_to(list, 3);
    assert_int_equal(queue_list_close(list, NULL), 0);
    struct buffer *content = memory_disk_content(disk, path);
    store_le64(content->data + 16, UINT64_MAX);
    store_le32(content->data + 28, crc32c(0, bytes_of(content->data, 28)));
    list = list_open(disk);
    assert_int_equal(queue_list_first(list), 0);
    assert_int_equal(queue_list_count(list), 0);
    assert_int_equal(queue_list_close(list, NULL), 0);
    memory_disk_free(disk);
}

static void crashes_leave_a_prefix(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct memory_disk *disk = memory_disk_new();
        struct queue_list *list = list_open(disk);
        append_to(list, 1000);
        queue_list_close(list, NULL);
        memory_disk_crash(disk, seed);
        list = list_open(disk);
        assert_true(queue_list_count(list) <= 1000);
        check_from(list, 0);
        queue_list_close(list, NULL);
        memory_disk_free(disk);
    }
}

static void a_full_disk_keeps_entries_in_memory_until_there_is_room(void **state)
{
    (void)state;
    struct memory_disk *disk = memory_disk_new();
    struct queue_list *list = list_open(disk);
    append_to(list, 10);
    assert_int_equal(queue_list_flush(list, NULL), 0);
    memory_disk_set_faults(disk, &(struct memory_disk_faults){.space_bytes = memory_disk_content(disk, path)->size});
    append_to(list, 5000);
    assert_true(queue_list_is_held(list));
    check_from(list, 0);
    assert_int_equal(queue_list_flush(list, NULL), TRUC_E_JOURNAL_FULL);
    check_from(list, 0);
    memory_disk_set_faults(disk, &(struct memory_disk_faults){0});
    assert_int_equal(queue_list_flush(list, NULL), 0);
    assert_false(queue_list_is_held(list));
    append_to(list, 6000);
    check_from(list, 0);
    assert_int_equal(queue_list_close(list, NULL), 0);
    list = list_open(disk);
    assert_int_equal(queue_list_count(list), 6000);
    check_from(list, 0);
    assert_int_equal(queue_list_close(list, NULL), 0);
    memory_disk_free(disk);
}

static void what_memory_holds_for_a_full_disk_has_a_bound(void **state)
{
    (void)state;
    struct memory_disk *disk = memory_disk_new();
    struct queue_list *list = list_open(disk);
    memory_disk_set_faults(disk, &(struct memory_disk_faults){.space_bytes = memory_disk_content(disk, path)->size});
    append_to(list, QUEUE_LIST_HELD_MAX);
    struct queue_entry entry = entry_of(QUEUE_LIST_HELD_MAX);
    struct truc_fault fault = {0};
    assert_int_equal(queue_list_append(list, &entry, &fault), TRUC_E_JOURNAL_FULL);
    assert_int_equal(fault.code, TRUC_E_JOURNAL_FULL);
    assert_int_equal(queue_list_count(list), QUEUE_LIST_HELD_MAX);
    assert_int_equal(queue_list_close(list, NULL), TRUC_E_JOURNAL_FULL);
    memory_disk_free(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_read_back_buffered_and_written_and_reopened),
        cmocka_unit_test(truncating_forgets_the_end),
        cmocka_unit_test(discarding_keeps_numbers_and_gives_room_back),
        cmocka_unit_test(torn_ends_are_cut_and_damage_is_told),
        cmocka_unit_test(numbers_never_overflow),
        cmocka_unit_test(crashes_leave_a_prefix),
        cmocka_unit_test(a_full_disk_keeps_entries_in_memory_until_there_is_room),
        cmocka_unit_test(what_memory_holds_for_a_full_disk_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
