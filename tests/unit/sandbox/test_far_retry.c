/* test_far_retry.c - what an HTTP answer means, how long to wait, and what its error is called.
 * Pure functions. */
#include "far_retry.h"
#include "far_test.h"

static void answers_fall_into_four_classes(void **state)
{
    (void)state;
    static const struct {
        int result;
        enum far_outcome outcome;
    } cases[] = {
        {200, FAR_OUTCOME_TAKEN},
        {202, FAR_OUTCOME_TAKEN},
        {299, FAR_OUTCOME_TAKEN},
        {408, FAR_OUTCOME_AGAIN},
        {425, FAR_OUTCOME_AGAIN},
        {429, FAR_OUTCOME_AGAIN},
        {500, FAR_OUTCOME_AGAIN},
        {503, FAR_OUTCOME_AGAIN},
        {400, FAR_OUTCOME_REFUSED},
        {403, FAR_OUTCOME_REFUSED},
        {422, FAR_OUTCOME_REFUSED},
        {302, FAR_OUTCOME_REFUSED},
        {TRUC_E_TIMEOUT, FAR_OUTCOME_UNKNOWN},
        {TRUC_E_UNAVAILABLE, FAR_OUTCOME_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(far_outcome_of(cases[i].result), cases[i].outcome);
}

static void pauses_double_up_to_the_most(void **state)
{
    (void)state;
    static const uint32_t pauses_ms[] = {200, 200, 400, 800, 1600, 3000, 3000};
    for (unsigned attempts = 0; attempts < COUNT_OF(pauses_ms); attempts++)
        assert_int_equal(far_retry_pause_ms(attempts), pauses_ms[attempts]);
    assert_int_equal(far_retry_pause_ms(4000000000u), FAR_RETRY_MOST_MS);
}

static void an_error_is_named_by_its_code(void **state)
{
    (void)state;
    char code[FAR_ERROR_CODE_BYTES_MAX + 1];
    far_error_code(403, bytes_string("{\"error_code\":\"NO_ROUTE\"}"), code);
    assert_string_equal(code, "NO_ROUTE");
    far_error_code(200, bytes_string("{\"error_code\":0}"), code);
    assert_string_equal(code, "0");
    far_error_code(500, bytes_string("<html>"), code);
    assert_string_equal(code, "");
    far_error_code(TRUC_E_TIMEOUT, BYTES_EMPTY, code);
    assert_string_equal(code, "TIMEOUT");
}

static void nothing_of_the_answer_reaches_a_terminal(void **state)
{
    (void)state;
    char code[FAR_ERROR_CODE_BYTES_MAX + 1];
    far_error_code(400, bytes_string("{\"error_code\":\"A\\u001b[31mB\\nC<é>\"}"), code);
    assert_string_equal(code, "A31mBC");
    far_error_code(
        400, bytes_string("{\"error_code\":\"0123456789012345678901234567890123456789012345678901234567890\"}"), code);
    assert_int_equal(strlen(code), FAR_ERROR_CODE_BYTES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_fall_into_four_classes),
        cmocka_unit_test(pauses_double_up_to_the_most),
        cmocka_unit_test(an_error_is_named_by_its_code),
        cmocka_unit_test(nothing_of_the_answer_reaches_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
