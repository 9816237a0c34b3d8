/* test_far_registry.c - a citizen is found by number, name and birth together, however the name is typed.
 * Straight at the register, without SOAP. */
#include "far_registry.h"
#include "far_test.h"

#include <stdio.h>
#include <stdlib.h>

struct fixture {
    struct far_test *test;
    struct far_store store;
    struct far_citizen citizen;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->test = far_test_begin();
    *state = fixture;
    fixture->citizen = far_citizen_of(7, 3);
    return far_registry_open(&fixture->store, fixture->test->directory, 7, 50, NULL);
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    far_store_close(&fixture->store);
    far_test_end(fixture->test);
    free(fixture);
    return 0;
}

static int find(struct fixture *fixture, const char *number, bool is_old, const char *name, const char *birth)
{
    struct far_query query = {.is_old_number = is_old};
    snprintf(query.number, sizeof query.number, "%s", number);
    snprintf(query.name, sizeof query.name, "%s", name);
    snprintf(query.birth, sizeof query.birth, "%s", birth);
    struct far_citizen found = {0};
    int result = far_registry_find(&fixture->store, &query, &found, NULL);
    if (result == 1)
        assert_string_equal(found.number, fixture->citizen.number);
    else
        assert_string_equal(found.number, ""); /* written only on success */
    return result;
}

static void name_is_compared_folded(void **state)
{
    struct fixture *fixture = *state;
    far_store_run(&fixture->store, "UPDATE citizens SET name = 'Đỗ Thị Hằng', folded = 'do thi hang' WHERE number = ?",
                  FAR_VALUES(far_text(fixture->citizen.number)), NULL);
    const char *number = fixture->citizen.number, *birth = fixture->citizen.birth;
    static const char *const same[] = {"Đỗ Thị Hằng", "ĐỖ THỊ HẰNG", "do thi hang", "  Đỗ   Thị  Hằng ",
                                       "\u0110o\u0302\u0303 Thi\u0323 Ha\u0306\u0300ng" /* NFD */};
    for (size_t i = 0; i < COUNT_OF(same); i++)
        assert_int_equal(find(fixture, number, false, same[i], birth), 1);
    assert_int_equal(find(fixture, number, false, "Đỗ Thị Hạnh", birth), 0);
    assert_int_equal(find(fixture, number, false, "ĐỗThị Hằng", birth), 0);
}

static void number_name_and_birth_must_all_fit(void **state)
{
    struct fixture *fixture = *state;
    const struct far_citizen *citizen = &fixture->citizen;
    struct far_citizen other = far_citizen_of(7, 4);
    assert_int_equal(find(fixture, citizen->number, false, citizen->name, citizen->birth), 1);
    assert_int_equal(find(fixture, citizen->number, false, citizen->name, "19000101"), 0);
    assert_int_equal(find(fixture, other.number, false, citizen->name, citizen->birth), 0);
    assert_int_equal(find(fixture, "038990999999", false, citizen->name, citizen->birth), 0);
}

static void a_year_alone_is_enough_where_only_it_is_known(void **state)
{
    struct fixture *fixture = *state;
    char year[5];
    snprintf(year, sizeof year, "%.4s", fixture->citizen.birth);
    assert_int_equal(find(fixture, fixture->citizen.number, false, fixture->citizen.name, year), 1);
    assert_int_equal(find(fixture, fixture->citizen.number, false, fixture->citizen.name, "1899"), 0);
}

static void the_old_number_finds_too(void **state)
{
    struct fixture *fixture = *state;
    const struct far_citizen *citizen = &fixture->citizen;
    assert_int_equal(find(fixture, citizen->number + 3, true, citizen->name, citizen->birth), 1);
    assert_int_equal(find(fixture, citizen->number + 3, false, citizen->name, citizen->birth), 0);
}

static void a_name_that_is_no_text_is_an_error_not_a_mismatch(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(find(fixture, fixture->citizen.number, false, "\xff\xfe", fixture->citizen.birth),
                     TRUC_E_ARGUMENT);
}

static void a_register_of_another_seed_is_not_taken(void **state)
{
    struct fixture *fixture = *state;
    far_store_close(&fixture->store);
    struct truc_fault fault = {0};
    struct far_store other = {0};
    assert_int_equal(far_registry_open(&other, fixture->test->directory, 8, 50, &fault), TRUC_E_STATE);
    assert_int_equal(far_registry_open(&fixture->store, fixture->test->directory, 7, 50, &fault), 0);
    assert_int_equal(far_test_number(&fixture->store, "SELECT count(*) FROM citizens"), 50);
}

static void the_message_log_keeps_no_number(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        far_registry_log(&fixture->store, "m1", "op", "038975000217", "1.001193", "038990123456", "match", NULL), 0);
    assert_int_equal(far_test_number(&fixture->store, "SELECT count(*) FROM calls WHERE number_tail = '456'"
                                                      " AND officer = '217' AND message_id = 'm1'"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(name_is_compared_folded, begin, end),
        cmocka_unit_test_setup_teardown(number_name_and_birth_must_all_fit, begin, end),
        cmocka_unit_test_setup_teardown(a_year_alone_is_enough_where_only_it_is_known, begin, end),
        cmocka_unit_test_setup_teardown(the_old_number_finds_too, begin, end),
        cmocka_unit_test_setup_teardown(a_name_that_is_no_text_is_an_error_not_a_mismatch, begin, end),
        cmocka_unit_test_setup_teardown(a_register_of_another_seed_is_not_taken, begin, end),
        cmocka_unit_test_setup_teardown(the_message_log_keeps_no_number, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
