/* Promise: timers leave in the order of their keys, however they were moved or removed before. */
#include "cmocka_start.h"

#include "heap.h"

enum { NODES = 1000 };

static uint64_t next_random(uint64_t *random)
{
    *random = *random * 6364136223846793005ull + 1442695040888963407ull;
    return *random >> 33;
}

static void test_everything_leaves_in_order(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct heap_node nodes[NODES] = {0};
    uint64_t random = 42;
    for (size_t i = 0; i < NODES; i++)
        assert_int_equal(heap_put(&heap, &nodes[i], next_random(&random) % 300), 0);
    for (size_t i = 0; i < NODES; i += 3)
        assert_int_equal(heap_put(&heap, &nodes[i], next_random(&random) % 300), 0); /* moves */
    size_t removed = 0;
    for (size_t i = 1; i < NODES; i += 5, removed++)
        heap_remove(&heap, &nodes[i]);
    assert_int_equal(heap.count, NODES - removed);
    uint64_t before = 0;
    size_t left = 0;
    for (struct heap_node *node; (node = heap_first(&heap)) != NULL; left++) {
        assert_true(node->key >= before);
        before = node->key;
        heap_remove(&heap, node);
        assert_int_equal(node->place, 0);
    }
    assert_int_equal(left, NODES - removed);
    heap_free(&heap);
}

static void test_under_churn_the_first_is_always_the_smallest(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct heap_node nodes[64] = {0};
    uint64_t random = 7;
    for (int step = 0; step < 20000; step++) {
        struct heap_node *node = &nodes[next_random(&random) % COUNT_OF(nodes)];
        if (next_random(&random) % 3 == 0)
            heap_remove(&heap, node);
        else
            assert_int_equal(heap_put(&heap, node, next_random(&random) % 100), 0);
        uint64_t smallest = UINT64_MAX;
        size_t present = 0;
        for (size_t i = 0; i < COUNT_OF(nodes); i++) {
            if (nodes[i].place == 0)
                continue;
            present++;
            if (nodes[i].key < smallest)
                smallest = nodes[i].key;
        }
        assert_int_equal(heap.count, present);
        if (present > 0)
            assert_int_equal(heap_first(&heap)->key, smallest);
        else
            assert_null(heap_first(&heap));
    }
    heap_free(&heap);
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        assert_int_equal(nodes[i].place, 0);
}

struct alarm {
    int number;
    struct heap_node timer;
};

static void test_the_element_is_found_from_its_node(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct alarm late = {.number = 1}, early = {.number = 2};
    heap_put(&heap, &late.timer, 20);
    heap_put(&heap, &early.timer, 10);
    assert_int_equal(heap_element(heap_first(&heap), struct alarm, timer)->number, 2);
    heap_free(&heap);
    heap_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_leaves_in_order),
        cmocka_unit_test(test_under_churn_the_first_is_always_the_smallest),
        cmocka_unit_test(test_the_element_is_found_from_its_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
