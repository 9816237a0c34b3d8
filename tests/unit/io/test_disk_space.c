/* test_disk_space.c - what the watch over the disk promises: when it brakes, what it says, when it lets go.
 * By numbers; and one look at the real file system.
 * See bus/io/disk_space.h. */
#include "cmocka_start.h"

#include "disk_space.h"

static void it_brakes_above_the_mark_and_says_why(void **state)
{
    (void)state;
    struct disk_space space = {.percent_max = 90};
    assert_int_equal(disk_space_judge(&space, 90, 10), 0);
    assert_false(space.is_blocked);
    assert_int_equal(disk_space_judge(&space, 901, 99), 1); /* 90.1 % is above 90 % */
    assert_true(space.is_blocked);
    assert_string_equal(space.text, "disk 91 % > 90 %");
    assert_int_equal(disk_space_judge(&space, 95, 5), 1); /* the text has changed */
    assert_string_equal(space.text, "disk 95 % > 88 %");
    assert_int_equal(disk_space_judge(&space, 95, 5), 0);
}

static void it_lets_go_only_well_below_the_mark(void **state)
{
    (void)state;
    struct disk_space space = {.percent_max = 90};
    assert_int_equal(disk_space_judge(&space, 91, 9), 1);
    (void)disk_space_judge(&space, 89, 11);
    assert_true(space.is_blocked);
    assert_int_equal(disk_space_judge(&space, 88, 12), 1);
    assert_false(space.is_blocked);
    assert_string_equal(space.text, "");
}

static void a_disk_without_any_room_is_full(void **state)
{
    (void)state;
    struct disk_space space = {.percent_max = 90};
    assert_int_equal(disk_space_judge(&space, 0, 0), 1);
    assert_true(space.is_blocked);
    assert_int_equal(disk_space_judge(&space, UINT64_MAX / 2, UINT64_MAX / 2), 1);
    assert_false(space.is_blocked);
}

static void it_looks_at_a_real_file_system(void **state)
{
    (void)state;
    struct disk_space space = {.percent_max = 100};
    struct truc_fault fault;
    assert_true(disk_space_look(&space, "/", &fault) >= 0);
    assert_false(space.is_blocked);
    assert_int_equal(disk_space_look(&space, "/nowhere/at/all", &fault), TRUC_E_IO);
    assert_non_null(strstr(fault.text, "/nowhere/at/all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_brakes_above_the_mark_and_says_why),
        cmocka_unit_test(it_lets_go_only_well_below_the_mark),
        cmocka_unit_test(a_disk_without_any_room_is_full),
        cmocka_unit_test(it_looks_at_a_real_file_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
