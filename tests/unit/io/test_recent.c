/* test_recent.c - the ring of newest messages: what is given back is what was kept, or nothing.
 * Not that deliveries are right: tests/unit/core drives the engine with a ring that holds a few messages only.
 * Unit test of bus/io/recent.c. */
#include <stdlib.h>

#include <truc/error.h>

#include "cmocka_start.h"
#include "recent.h"

enum { RING_BYTES = 1000, BODY_BYTES = 60, PAYLOAD_BYTES = 40 };

static void fill(struct journal_entry *entry, uint8_t bytes[BODY_BYTES + PAYLOAD_BYTES], uint64_t sequence)
{
    memset(bytes, (int)sequence, BODY_BYTES);
    memset(bytes + BODY_BYTES, (int)(sequence + 100), PAYLOAD_BYTES);
    *entry = (struct journal_entry){.time_ns = sequence * 10,
                                    .body = bytes_of(bytes, BODY_BYTES),
                                    .has_payload = sequence % 2 == 0,
                                    .payload = bytes_of(bytes + BODY_BYTES, PAYLOAD_BYTES)};
    memset(entry->salt, (int)(sequence + 200), sizeof entry->salt);
}

static void keep(struct recent *recent, uint64_t sequence)
{
    uint8_t bytes[BODY_BYTES + PAYLOAD_BYTES];
    struct journal_entry entry;
    fill(&entry, bytes, sequence);
    recent_keep(recent, sequence, &entry);
}

static void assert_kept(const struct recent *recent, uint64_t sequence)
{
    uint8_t bytes[BODY_BYTES + PAYLOAD_BYTES];
    struct journal_entry entry;
    fill(&entry, bytes, sequence);
    const struct recent_record *found = recent_find(recent, sequence);
    assert_non_null(found);
    assert_int_equal(found->time_ns, entry.time_ns);
    assert_int_equal(found->body.size, BODY_BYTES);
    assert_memory_equal(found->body.data, entry.body.data, BODY_BYTES);
    assert_int_equal(found->has_payload, entry.has_payload);
    if (!entry.has_payload)
        return;
    assert_int_equal(found->payload.size, PAYLOAD_BYTES);
    assert_memory_equal(found->payload.data, entry.payload.data, PAYLOAD_BYTES);
    assert_memory_equal(found->salt, entry.salt, sizeof entry.salt);
}

static void the_newest_are_here_and_the_oldest_make_room(void **state)
{
    (void)state;
    struct recent recent;
    assert_int_equal(recent_make(RING_BYTES, &recent), 0);
    assert_null(recent_find(&recent, 0));
    for (uint64_t sequence = 1; sequence <= 500; sequence++) {
        keep(&recent, sequence);
        size_t here = 0;
        for (uint64_t i = 0; i <= sequence + 1; i++)
            if (recent_find(&recent, i) != NULL) {
                assert_kept(&recent, i);
                here++;
            }
        assert_kept(&recent, sequence);
        assert_true(sequence < 10 ? here == sequence : here >= 8 && here <= RING_BYTES / BODY_BYTES);
    }
    recent_free(&recent);
}

static void what_is_too_large_is_left_out_and_hides_nothing(void **state)
{
    (void)state;
    struct recent recent;
    uint8_t bytes[RING_BYTES / 4 + 1] = {0};
    assert_int_equal(recent_make(RING_BYTES, &recent), 0);
    struct journal_entry large = {.body = bytes_of(bytes, sizeof bytes)}, nothing = {0};
    keep(&recent, 7);
    recent_keep(&recent, 8, &large);
    recent_keep(&recent, 9, &nothing);
    assert_kept(&recent, 7);
    assert_null(recent_find(&recent, 8));
    assert_null(recent_find(&recent, 9));
    large.body.size--;
    recent_keep(&recent, 8, &large);
    assert_non_null(recent_find(&recent, 8));
    recent_free(&recent);
}

static void a_place_in_the_table_taken_by_another_is_not_mistaken(void **state)
{
    (void)state;
    struct recent recent;
    assert_int_equal(recent_make(0, &recent), 0);
    keep(&recent, 5);
    assert_kept(&recent, 5);
    assert_null(recent_find(&recent, 5 + RECENT_RECORDS));
    keep(&recent, 5 + RECENT_RECORDS);
    assert_null(recent_find(&recent, 5));
    assert_kept(&recent, 5 + RECENT_RECORDS);
    recent_free(&recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_here_and_the_oldest_make_room),
        cmocka_unit_test(what_is_too_large_is_left_out_and_hides_nothing),
        cmocka_unit_test(a_place_in_the_table_taken_by_another_is_not_mistaken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
