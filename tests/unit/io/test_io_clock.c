/* test_io_clock.c - what the clock promises when the wall clock is steered, stepped, or set wrong.
 * Readings are given by hand.
 * See bus/io/io_clock.h. */
#include "cmocka_start.h"

#include "io_clock.h"
#include "time_text.h"

#define S TIME_NS_PER_S
enum { DAY_S = 86400 };

static void it_follows_a_clock_that_is_steered(void **state)
{
    (void)state;
    struct io_clock clock = {0};
    assert_int_equal(io_clock_judge(&clock, 1000 * S, 5 * S), 1000 * S);
    uint64_t wall_ns = 1000 * S;
    for (uint64_t i = 1; i <= 1000; i++) { /* 4 s a second too fast, for 1000 s: each reading is near enough */
        wall_ns += 5 * S;
        assert_int_equal(io_clock_judge(&clock, wall_ns, (5 + i) * S), wall_ns);
    }
    assert_false(clock.jumped);
}

static void a_jump_forward_is_not_followed(void **state)
{
    (void)state;
    struct io_clock clock = {0};
    (void)io_clock_judge(&clock, 1000 * S, 5 * S);
    assert_int_equal(io_clock_judge(&clock, (1001 + DAY_S) * S, 6 * S), 1001 * S);
    assert_true(clock.jumped);
    assert_int_equal(clock.off_by_ns, (int64_t)(DAY_S * S));
    assert_int_equal(io_clock_judge(&clock, (1011 + DAY_S) * S, 16 * S), 1011 * S);
    assert_int_equal(io_clock_judge(&clock, 1012 * S, 17 * S), 1012 * S); /* set right again */
    assert_false(clock.jumped);
}

static void a_jump_back_is_not_followed(void **state)
{
    (void)state;
    struct io_clock clock = {0};
    (void)io_clock_judge(&clock, 1000 * S, 5 * S);
    assert_int_equal(io_clock_judge(&clock, 401 * S, 6 * S), 1001 * S);
    assert_true(clock.jumped);
    assert_int_equal(clock.off_by_ns, -(int64_t)(600 * S));
}

static void a_small_step_back_never_turns_time_around(void **state)
{
    (void)state;
    struct io_clock clock = {0};
    (void)io_clock_judge(&clock, 1000 * S, 5 * S);
    assert_int_equal(io_clock_judge(&clock, 998 * S, 5 * S), 1000 * S);
    assert_false(clock.jumped);
    assert_int_equal(io_clock_judge(&clock, 999 * S, 6 * S), 1000 * S);
    assert_int_equal(io_clock_judge(&clock, 1001 * S, 8 * S), 1001 * S);
}

static void a_jump_that_is_accepted_is_followed(void **state)
{
    (void)state;
    struct io_clock clock = {0};
    (void)io_clock_judge(&clock, 1000 * S, 5 * S);
    (void)io_clock_judge(&clock, 9000 * S, 6 * S);
    assert_true(clock.jumped);
    io_clock_accept(&clock);
    assert_int_equal(io_clock_judge(&clock, 9001 * S, 7 * S), 9001 * S);
    assert_false(clock.jumped);
}

static void the_system_clocks_advance(void **state)
{
    (void)state;
    struct io_clock clock = {0};
    uint64_t now_ns = io_clock_now_ns(&clock), up_ns = io_clock_up_ns();
    assert_true(now_ns > 1700000000 * S);
    assert_true(io_clock_now_ns(&clock) >= now_ns);
    assert_true(io_clock_up_ns() >= up_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_a_clock_that_is_steered),
        cmocka_unit_test(a_jump_forward_is_not_followed),
        cmocka_unit_test(a_jump_back_is_not_followed),
        cmocka_unit_test(a_small_step_back_never_turns_time_around),
        cmocka_unit_test(a_jump_that_is_accepted_is_followed),
        cmocka_unit_test(the_system_clocks_advance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
