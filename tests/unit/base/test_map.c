/* Promise: maps find what was put and nothing else, after any sequence of puts and removals. */
#include "cmocka_start.h"

#include "map.h"

#include <stdio.h>
#include <time.h>
#include <truc/error.h>

enum { KEYS = 512 };

static uint64_t next_random(uint64_t *random)
{
    *random = *random * 6364136223846793005ull + 1442695040888963407ull;
    return *random >> 33;
}

static void test_numbers_under_churn(void **state)
{
    (void)state;
    struct map map = {0};
    int values[2];
    void *expected[KEYS] = {NULL};
    uint64_t random = 3;
    for (int step = 0; step < 200000; step++) {
        size_t key = next_random(&random) % KEYS;
        if (next_random(&random) % 2 == 0) {
            assert_ptr_equal(map_remove_number(&map, key), expected[key]);
            expected[key] = NULL;
        } else {
            void *value = &values[next_random(&random) % 2];
            assert_int_equal(map_put_number(&map, key, value), 0);
            expected[key] = value;
        }
        if (step % 1000 != 0)
            continue;
        size_t present = 0;
        for (size_t i = 0; i < KEYS; i++) {
            assert_ptr_equal(map_get_number(&map, i), expected[i]);
            present += expected[i] != NULL;
        }
        assert_int_equal(map.count, present);
        assert_null(map_get_number(&map, KEYS + 1));
    }
    assert_true(map.capacity <= 2 * KEYS); /* removals leave nothing behind that would make it grow */
    map_free(&map);
}

/* Backwards through the finaliser: a number whose hash is the one asked for, without a key. */
static uint64_t number_with_hash(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * 0x9cb4b2f8129337dbull;
    hash = (hash ^ hash >> 33) * 0x4f74430c22a54005ull;
    return hash ^ hash >> 33;
}

/* Numbers that were chosen to share one slot are as fast as any others under a secret key; without it they need 5 * 10^9 steps. */
static void test_chosen_numbers_do_not_collide_under_a_key(void **state)
{
    enum { CHOSEN = 100000, CPU_SECONDS_MAX = 2 };
    struct map map = {.hash_key = {7, 1, 9, 4, 6, 2, 8, 3}};
    int value = 0;
    clock_t start = clock();
    (void)state;
    for (uint64_t i = 0; i < CHOSEN; i++)
        assert_int_equal(map_put_number(&map, number_with_hash(i << 32), &value), 0);
    for (uint64_t i = 0; i < CHOSEN; i++)
        assert_ptr_equal(map_get_number(&map, number_with_hash(i << 32)), &value);
    assert_true((clock() - start) / CLOCKS_PER_SEC < CPU_SECONDS_MAX);
    map_free(&map);
}

struct word {
    char text[16];
    bool present;
};

static void test_byte_strings_under_churn(void **state)
{
    (void)state;
    struct map map = {.hash_key = {1, 2, 3}};
    static struct word words[KEYS];
    for (size_t i = 0; i < KEYS; i++)
        snprintf(words[i].text, sizeof words[i].text, "key %zu", i);
    uint64_t random = 5;
    for (int step = 0; step < 100000; step++) {
        struct word *word = &words[next_random(&random) % KEYS];
        struct bytes key = bytes_string(word->text);
        assert_ptr_equal(map_get_bytes(&map, key), word->present ? word : NULL);
        if (word->present)
            assert_ptr_equal(map_remove_bytes(&map, key), word);
        else
            assert_int_equal(map_put_bytes(&map, key, word), 0);
        word->present = !word->present;
    }
    size_t at = 0, seen = 0;
    for (struct word *word; (word = map_next(&map, &at)) != NULL; seen++)
        assert_true(word->present);
    assert_int_equal(seen, map.count);
    map_free(&map);
}

static void test_replacing_keeps_the_new_key(void **state)
{
    (void)state;
    struct map map = {0};
    char first[] = "same", second[] = "same";
    assert_int_equal(map_put_bytes(&map, bytes_string(first), first), 0);
    assert_int_equal(map_put_bytes(&map, bytes_string(second), second), 0);
    memset(first, 'x', sizeof first - 1); /* the old value, with its key, is gone */
    assert_int_equal(map.count, 1);
    assert_ptr_equal(map_get_bytes(&map, bytes_string("same")), second);
    map_free(&map);
}

static void test_corner_cases(void **state)
{
    (void)state;
    struct map map = {0};
    int value;
    assert_null(map_get_bytes(&map, bytes_string("a")));
    assert_null(map_remove_number(&map, 0));
    assert_int_equal(map_put_bytes(&map, BYTES_EMPTY, &value), 0);
    assert_ptr_equal(map_get_bytes(&map, bytes_string("")), &value);
    assert_int_equal(map_put_bytes(&map, bytes_string("a"), NULL), TRUC_E_ARGUMENT);
    map_free(&map);
    assert_int_equal(map_put_number(&map, 0, &value), 0);
    assert_int_equal(map_put_number(&map, UINT64_MAX, &value), 0);
    assert_ptr_equal(map_get_number(&map, 0), &value);
    map_free(&map);
    map_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_under_churn),
        cmocka_unit_test(test_chosen_numbers_do_not_collide_under_a_key),
        cmocka_unit_test(test_byte_strings_under_churn),
        cmocka_unit_test(test_replacing_keeps_the_new_key),
        cmocka_unit_test(test_corner_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
