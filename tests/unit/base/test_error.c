/* Promise: every outcome has one number, one name and texts; a fault never overflows, nor breaks a character. */
#include "cmocka_start.h"

#include "fault.h"
#include "text.h"

#include <errno.h>

static const struct {
    int number;
    const char *name;
} errors[] = {
#define TRUC_ERROR(name, number, meaning, hint) {number, #name},
#include <truc/error.def>
#undef TRUC_ERROR
};

static void test_numbers_and_names_are_unique_and_texts_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        assert_int_equal(truc_error_from_name(errors[i].name), -errors[i].number);
        assert_string_equal(truc_error_name(-errors[i].number), errors[i].name);
        assert_true(strlen(truc_error_meaning(-errors[i].number)) > 0);
        assert_true(strlen(truc_error_hint(-errors[i].number)) > 0);
        assert_true(strlen(truc_error_hint(-errors[i].number)) < TRUC_FAULT_TEXT_BYTES_MAX);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(errors[j].number, errors[i].number);
    }
}

static void test_unknown_codes_have_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(truc_error_name(-9998), "UNKNOWN");
    assert_string_equal(truc_error_name(TRUC_OK), "OK");
    assert_int_equal(truc_error_from_name("NO_SUCH_OUTCOME"), 0);
    assert_int_equal(truc_error_from_name(""), 0);
}

static void test_a_fault_carries_text_place_and_hint(void **state)
{
    (void)state;
    struct truc_fault fault;
    assert_int_equal(fault_set(&fault, TRUC_E_NO_ROUTE, "type %s", "a.b"), TRUC_E_NO_ROUTE);
    assert_string_equal(fault.text, "type a.b");
    assert_string_equal(fault.where, "");
    assert_string_equal(fault.hint, truc_error_hint(TRUC_E_NO_ROUTE));
    assert_int_equal(fault_where(&fault, "f.yaml:%d:%d", 3, 7), TRUC_E_NO_ROUTE);
    assert_int_equal(fault_hint(&fault, "did you mean '%s'?", "a.c"), TRUC_E_NO_ROUTE);
    assert_string_equal(fault.where, "f.yaml:3:7");
    assert_string_equal(fault.hint, "did you mean 'a.c'?");
    /* A fault may be wrapped into itself. */
    fault_set(&fault, TRUC_E_CONFIG, "reading x: %s", fault.text);
    assert_string_equal(fault.text, "reading x: type a.b");
    assert_string_equal(fault.where, "");
    assert_int_equal(fault_errno(&fault, TRUC_E_IO, ENOENT, "open %s", "/x"), TRUC_E_IO);
    assert_string_equal(fault.text, "open /x: No such file or directory");
}

static void test_nobody_has_to_want_the_reason(void **state)
{
    (void)state;
    assert_int_equal(fault_set(NULL, TRUC_E_IO, "x"), TRUC_E_IO);
    assert_int_equal(fault_errno(NULL, TRUC_E_IO, EIO, "x"), TRUC_E_IO);
    assert_int_equal(fault_where(NULL, "x"), 0);
    assert_int_equal(fault_hint(NULL, "x"), 0);
}

static void test_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        char text[2000] = "";
        memset(text, 'a', lead);
        while (strlen(text) + 3 < sizeof text)
            strcat(text, "ệ");
        struct truc_fault fault;
        fault_set(&fault, TRUC_E_CONFIG, "%s", text);
        fault_where(&fault, "%s", text);
        assert_true(text_is_utf8(bytes_string(fault.text)));
        assert_true(text_is_utf8(bytes_string(fault.where)));
        assert_true(strlen(fault.text) >= TRUC_FAULT_TEXT_BYTES_MAX - 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_and_names_are_unique_and_texts_fit),
        cmocka_unit_test(test_unknown_codes_have_a_name_too),
        cmocka_unit_test(test_a_fault_carries_text_place_and_hint),
        cmocka_unit_test(test_nobody_has_to_want_the_reason),
        cmocka_unit_test(test_long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
