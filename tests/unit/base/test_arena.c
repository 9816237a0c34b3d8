/* Promise: arena memory is zeroed, aligned, capped, and reusable after a reset. */
#include "cmocka_start.h"

#include "arena.h"

#include <stdio.h>

static void test_memory_is_zeroed_and_aligned_again_after_reset(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300; size++) {
            uint8_t *memory = arena_alloc(&arena, size);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % 16, 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(memory[i], 0);
            memset(memory, 0xa5, size);
        }
        arena_reset(&arena);
        assert_int_equal(arena.used_bytes, 0);
    }
    arena_free(&arena);
}

static void test_earlier_memory_survives_growth(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *words[500];
    for (int i = 0; i < 500; i++) {
        char text[16];
        snprintf(text, sizeof text, "word %d", i);
        words[i] = arena_string(&arena, bytes_string(text));
    }
    assert_non_null(arena_alloc(&arena, 3 * 1024 * 1024));
    for (int i = 0; i < 500; i++) {
        char text[16];
        snprintf(text, sizeof text, "word %d", i);
        assert_string_equal(words[i], text);
    }
    arena_free(&arena);
}

static void test_the_cap_holds_exactly(void **state)
{
    (void)state;
    struct arena arena = {.used_bytes_max = 64};
    assert_non_null(arena_alloc(&arena, 33)); /* takes 48 */
    assert_null(arena_alloc(&arena, 17));
    assert_non_null(arena_alloc(&arena, 16));
    assert_null(arena_alloc(&arena, 1));
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 64));
    arena_free(&arena);
}

static void test_impossible_sizes_fail(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 20));
    assert_null(arena_string(&arena, bytes_of("", SIZE_MAX)));
    arena_free(&arena);
    arena_free(NULL);
}

static void test_copies_are_separate(void **state)
{
    (void)state;
    struct arena arena = {0};
    char original[] = "abc";
    struct bytes copy = arena_copy(&arena, bytes_string(original));
    original[0] = 'x';
    assert_true(bytes_equal_string(copy, "abc"));
    assert_int_equal(arena_copy(&arena, BYTES_EMPTY).size, 0);
    assert_string_equal(arena_string(&arena, BYTES_EMPTY), "");
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned_again_after_reset),
        cmocka_unit_test(test_earlier_memory_survives_growth),
        cmocka_unit_test(test_the_cap_holds_exactly),
        cmocka_unit_test(test_impossible_sizes_fail),
        cmocka_unit_test(test_copies_are_separate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
