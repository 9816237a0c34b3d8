/* Promise: a reload that would make waiting messages unreadable is seen, and a harmless one passes. */
#include "schema_test_set.h"

static void test_harmless_changes_pass(void **state)
{
    (void)state;
    struct schema_set *before = test_set("change_same"), *same = test_set("change_same"), *all = test_set(NULL);
    assert_int_equal(schema_set_compatible(before, same, NULL), 0);
    assert_int_equal(schema_set_compatible(all, all, NULL), 0);
    struct schema_set *fewer = test_set("change_field_gone"), *unmarked = test_set("change_mark_lost");
    assert_int_equal(schema_set_compatible(fewer, same, NULL), 0);    /* a field more */
    assert_int_equal(schema_set_compatible(unmarked, same, NULL), 0); /* a mark more */
    schema_set_free(before);
    schema_set_free(same);
    schema_set_free(all);
    schema_set_free(fewer);
    schema_set_free(unmarked);
}

static void test_harmful_changes_are_named(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"change_field_gone", "the field number (2) is gone"},
        {"change_type_changed", "test.v1.Part.number (2): another type"},
        {"change_now_a_list", "changed between single and list"},
        {"change_renamed", "test.v1.Part.number (2): another name"},
        {"change_mark_lost", "lost its mark as personal"},
        {"change_value_gone", "COLOUR_RED"},
        {"change_type_gone", "test.event version 1 is gone"},
        {"change_kind_changed", "now of kind command"},
    };
    struct schema_set *before = test_set("change_same");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct schema_set *after = test_set(cases[i][0]);
        struct truc_fault fault = {0};
        assert_int_equal(schema_set_compatible(before, after, &fault), TRUC_E_CONFIG);
        if (strstr(fault.text, cases[i][1]) == NULL)
            fail_msg("%s: '%s'", cases[i][0], fault.text);
        schema_set_free(after);
    }
    schema_set_free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless_changes_pass),
        cmocka_unit_test(test_harmful_changes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
