/* test_journal_id_run.c - a run of ids gives back what was put in or says that it can't: torn, flipped, of another bus, newer.
 * Whatever moment the power fails at, under its name there is the whole run or nothing. On the memory disk.
 * Not what the broker does with the answer (tests/unit/core/test_ids_are_known_from_disk.c). */
#include <stdlib.h>

#include "cmocka_start.h"
#include "encode.h"
#include "id_run.h"
#include "memory_disk.h"

enum { COUNT = 30000, SMALL = 250, PAGE_BYTES = 4096, CRC_AT = 4092 }; /* COUNT: more pages than one step writes */
static const char *const path = "/j/ids/00000000000000001000.ids";
static const uint8_t filter_bytes[64] = {1, 2, 3};

/* Sorted keys with gaps; in the middle one key with several checks, over the end of a page. */
static struct id_entry entry_of(uint64_t number)
{
    uint64_t key = number >= 95 && number < 110 ? 95 : number;
    return (struct id_entry){.key = key * 0x9e3779b97f4aull + 7,
                             .check = number * 3,
                             .content = ~number,
                             .sequence = 1000 + number * 7 % COUNT,
                             .time_ns = 5000 + number};
}

struct fixture {
    struct memory_disk *disk;
    struct id_entry *entries;
    struct id_run_content content;
};

static void begin(struct fixture *fixture, uint64_t count)
{
    fixture->disk = memory_disk_new();
    fixture->entries = malloc(count * sizeof *fixture->entries);
    assert_non_null(fixture->entries);
    for (uint64_t i = 0; i < count; i++)
        fixture->entries[i] = entry_of(i);
    fixture->content = (struct id_run_content){.facts = {.first_sequence = 1000,
                                                         .last_sequence = 1000 + COUNT,
                                                         .first_time_ns = 5000,
                                                         .last_time_ns = 5000 + count - 1,
                                                         .count = count},
                                               .entries = fixture->entries,
                                               .filter = bytes_of(filter_bytes, sizeof filter_bytes)};
    assert_int_equal(disk_make_directory(memory_disk_interface(fixture->disk), "/j"), 0);
    assert_int_equal(disk_sync_directory(memory_disk_interface(fixture->disk), "/"), 0);
}

static void end(struct fixture *fixture)
{
    memory_disk_free(fixture->disk);
    free(fixture->entries);
}

/* 0, or the code of the call that failed; how many steps. */
static int write_run(struct fixture *fixture, unsigned *ret_steps, struct truc_fault *fault)
{
    struct id_run_writer *writer;
    int more =
        id_run_write_begin(memory_disk_interface(fixture->disk), "/j", "test", &fixture->content, &writer, fault);
    if (more < 0)
        return more;
    *ret_steps = 0;
    do {
        more = id_run_write_step(writer, fault);
        ++*ret_steps;
    } while (more == 1);
    id_run_write_end(writer);
    return more;
}

static int open_run(struct memory_disk *disk, const struct id_run_facts *facts, const char *bus,
                    struct id_run **ret_run, struct truc_fault *fault)
{
    struct buffer filter BUFFER_CLEANUP = {0};
    int code = id_run_open(memory_disk_interface(disk), "/j", bus, facts, ret_run, &filter, fault);
    if (code == 0)
        assert_true(bytes_equal(buffer_view(&filter), bytes_of(filter_bytes, sizeof filter_bytes)));
    return code;
}

static void check_all(const struct fixture *fixture, struct id_run *run)
{
    struct id_entry found;
    for (uint64_t i = 0; i < fixture->content.facts.count; i++) {
        const struct id_entry *entry = &fixture->entries[i];
        assert_int_equal(id_run_find(run, entry->key, entry->check, &found, NULL), 1);
        assert_int_equal(found.content, entry->content);
        assert_int_equal(found.sequence, entry->sequence);
        assert_int_equal(found.time_ns, entry->time_ns);
        assert_int_equal(id_run_find(run, entry->key, entry->check + 1, &found, NULL), 0);
        assert_int_equal(id_run_find(run, entry->key + 1, entry->check, &found, NULL), 0);
    }
    assert_int_equal(id_run_find(run, 0, 0, &found, NULL), 0);
    assert_int_equal(id_run_find(run, UINT64_MAX, 0, &found, NULL), 0);
}

static void every_id_is_found_and_no_other(void **state)
{
    (void)state;
    const uint64_t counts[] = {1, 102, 103, SMALL, COUNT};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct fixture fixture;
        struct id_run *run;
        unsigned steps = 0;
        begin(&fixture, counts[i]);
        assert_int_equal(write_run(&fixture, &steps, NULL), 0);
        assert_true(counts[i] == COUNT ? steps > 2 : steps == 2); /* entries, then what makes it a run */
        memory_disk_crash(fixture.disk, i);                       /* it is durable */
        assert_int_equal(open_run(fixture.disk, &fixture.content.facts, "test", &run, NULL), 0);
        check_all(&fixture, run);
        id_run_close(run);
        end(&fixture);
    }
}

/* Opening or, for what only a look reads, the looks: one of them must tell. */
static bool damage_is_told(const struct fixture *fixture, struct truc_fault *fault)
{
    struct id_run *run;
    struct id_entry found;
    int code = open_run(fixture->disk, &fixture->content.facts, "test", &run, fault);
    if (code < 0)
        return code == TRUC_E_JOURNAL_CORRUPT || code == TRUC_E_JOURNAL_VERSION;
    for (uint64_t i = 0; code >= 0 && i < fixture->content.facts.count; i += 24)
        code = id_run_find(run, fixture->entries[i].key, fixture->entries[i].check, &found, fault);
    id_run_close(run);
    return code == TRUC_E_JOURNAL_CORRUPT && strstr(fault->where, ".ids:") != NULL;
}

static void any_flipped_bit_is_told(void **state)
{
    struct fixture fixture;
    unsigned steps;
    (void)state;
    begin(&fixture, SMALL);
    assert_int_equal(write_run(&fixture, &steps, NULL), 0);
    struct buffer *content = memory_disk_content(fixture.disk, path);
    for (size_t at = 0; at < content->size; at++) {
        struct truc_fault fault = {0};
        content->data[at] ^= (uint8_t)(1u << at % 8);
        if (!damage_is_told(&fixture, &fault))
            fail_msg("a flipped bit at %zu is not told: %s", at, fault.text);
        content->data[at] ^= (uint8_t)(1u << at % 8);
    }
    end(&fixture);
}

static void a_torn_file_is_told(void **state)
{
    struct fixture fixture;
    unsigned steps;
    (void)state;
    begin(&fixture, SMALL);
    assert_int_equal(write_run(&fixture, &steps, NULL), 0);
    struct buffer *content = memory_disk_content(fixture.disk, path);
    size_t whole = content->size;
    for (size_t size = 0; size < whole; size += 97) {
        struct truc_fault fault = {0};
        content->size = size;
        assert_true(damage_is_told(&fixture, &fault));
    }
    end(&fixture);
}

static void a_page_of_elsewhere_is_told(void **state)
{
    struct fixture fixture;
    struct truc_fault fault = {0};
    unsigned steps;
    (void)state;
    begin(&fixture, SMALL);
    assert_int_equal(write_run(&fixture, &steps, NULL), 0);
    struct buffer *content = memory_disk_content(fixture.disk, path);
    memcpy(content->data + (size_t)2 * PAGE_BYTES, content->data + PAGE_BYTES, PAGE_BYTES);
    assert_true(damage_is_told(&fixture, &fault));
    end(&fixture);
}

static void another_run_another_bus_and_a_newer_version_are_refused(void **state)
{
    struct fixture fixture;
    struct id_run *run;
    unsigned steps;
    (void)state;
    begin(&fixture, SMALL);
    assert_int_equal(open_run(fixture.disk, &fixture.content.facts, "test", &run, NULL), TRUC_E_NOT_FOUND);
    assert_int_equal(write_run(&fixture, &steps, NULL), 0);
    assert_int_equal(open_run(fixture.disk, &fixture.content.facts, "other", &run, NULL), TRUC_E_WRONG_BUS);
    struct id_run_facts other = fixture.content.facts;
    other.last_sequence++;
    assert_int_equal(open_run(fixture.disk, &other, "test", &run, NULL), TRUC_E_JOURNAL_CORRUPT);
    uint8_t *header = memory_disk_content(fixture.disk, path)->data;
    store_le32(header + 8, 2);
    store_le32(header + CRC_AT, crc32c(0, bytes_of(header, CRC_AT)));
    assert_int_equal(open_run(fixture.disk, &fixture.content.facts, "test", &run, NULL), TRUC_E_JOURNAL_VERSION);
    end(&fixture);
}

static void whenever_the_power_fails_it_is_whole_or_not_there(void **state)
{
    unsigned whole = 0, absent = 0, steps;
    (void)state;
    for (uint64_t call = 1;; call++) {
        struct fixture fixture;
        struct id_run *run;
        begin(&fixture, SMALL);
        memory_disk_set_faults(fixture.disk, &(struct memory_disk_faults){.power_off = call});
        int written = write_run(&fixture, &steps, NULL);
        memory_disk_crash(fixture.disk, call);
        int opened = open_run(fixture.disk, &fixture.content.facts, "test", &run, NULL);
        if (opened == 0) {
            check_all(&fixture, run);
            id_run_close(run);
            whole++;
        } else {
            assert_int_equal(opened, TRUC_E_NOT_FOUND);
            assert_true(written < 0);
            absent++;
        }
        end(&fixture);
        if (written == 0)
            break;
    }
    assert_true(whole >= 1 && absent >= 5);
}

static void a_full_disk_may_be_tried_again(void **state)
{
    struct fixture fixture;
    struct id_run_writer *writer;
    struct id_run *run;
    (void)state;
    begin(&fixture, SMALL);
    struct disk *disk = memory_disk_interface(fixture.disk);
    assert_int_equal(id_run_write_begin(disk, "/j", "test", &fixture.content, &writer, NULL), 0);
    memory_disk_set_faults(fixture.disk, &(struct memory_disk_faults){.space_bytes = (size_t)2 * PAGE_BYTES});
    assert_int_equal(id_run_write_step(writer, NULL), TRUC_E_JOURNAL_FULL);
    assert_int_equal(id_run_write_step(writer, NULL), TRUC_E_JOURNAL_FULL);
    memory_disk_set_faults(fixture.disk, &(struct memory_disk_faults){0});
    assert_int_equal(id_run_write_step(writer, NULL), 1);
    assert_int_equal(id_run_write_step(writer, NULL), 0);
    id_run_write_end(writer);
    assert_int_equal(open_run(fixture.disk, &fixture.content.facts, "test", &run, NULL), 0);
    check_all(&fixture, run);
    id_run_close(run);
    end(&fixture);
}

static bool is_thousand(const void *context, uint64_t first_sequence)
{
    (void)context;
    return first_sequence == 1000;
}

static void what_nobody_counts_on_is_removed_and_nothing_else(void **state)
{
    enum { OTHERS = 150 }; /* more than are looked at in one go */
    struct fixture fixture;
    struct disk_file *file;
    unsigned steps;
    (void)state;
    begin(&fixture, SMALL);
    struct disk *disk = memory_disk_interface(fixture.disk);
    assert_int_equal(id_run_remove_others(disk, "/j", is_thousand, NULL, NULL), 0); /* no folder yet */
    for (uint64_t i = 0; i < OTHERS; i++) {
        fixture.content.facts.first_sequence = 2000 + i;
        assert_int_equal(write_run(&fixture, &steps, NULL), 0);
    }
    fixture.content.facts.first_sequence = 1000;
    assert_int_equal(write_run(&fixture, &steps, NULL), 0);
    const char *const more[] = {"/j/ids/00000000000000001000.ids.tmp", "/j/ids/notes"};
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        assert_int_equal(disk_open(disk, more[i], DISK_WRITE | DISK_CREATE, &file), 0);
        disk_close(file);
    }
    assert_int_equal(id_run_remove_others(disk, "/j", is_thousand, NULL, NULL), OTHERS + 1);
    assert_string_equal(memory_disk_path(fixture.disk, 0), path);
    assert_string_equal(memory_disk_path(fixture.disk, 1), "/j/ids/notes");
    assert_null(memory_disk_path(fixture.disk, 2));
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_id_is_found_and_no_other),
        cmocka_unit_test(any_flipped_bit_is_told),
        cmocka_unit_test(a_torn_file_is_told),
        cmocka_unit_test(a_page_of_elsewhere_is_told),
        cmocka_unit_test(another_run_another_bus_and_a_newer_version_are_refused),
        cmocka_unit_test(whenever_the_power_fails_it_is_whole_or_not_there),
        cmocka_unit_test(a_full_disk_may_be_tried_again),
        cmocka_unit_test(what_nobody_counts_on_is_removed_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
