/* test_kill9_judge.c - the judge of the kill -9 test finds every kind of trouble, and none where there is none.
 * Made-up records only; without this, a silent judge would make test_kill9.c a test that cannot fail.
 * See kill9_judge.h. */
#include "cmocka_start.h"

#include "kill9_judge.h"

static void all_is_well(void **state)
{
    (void)state;
    struct record_line acknowledged[] = {{"alpha-1", "k1", 10, 5}, {"alpha-2", "k2", 11, 6}, {"beta-1", "k1", 12, 9}};
    struct record_line effects[] = {{"beta-1", "k1", 12, 0}, {"alpha-2", "k2", 11, 0}, {"alpha-1", "k1", 10, 0}};
    struct kill9_verdict verdict;
    assert_int_equal(kill9_judge(acknowledged, COUNT_OF(acknowledged), effects, COUNT_OF(effects), &verdict), 0);
    assert_int_equal(verdict.lost + verdict.doubled + verdict.out_of_order + verdict.unexplained, 0);
    assert_string_equal(verdict.first, "");
    assert_int_equal(verdict.longest_stop_ns, 3);
}

static void a_lost_message_is_found(void **state)
{
    (void)state;
    struct record_line acknowledged[] = {{"alpha-1", "k1", 10, 1}, {"alpha-2", "k1", 11, 2}};
    struct record_line effects[] = {{"alpha-1", "k1", 10, 0}};
    struct kill9_verdict verdict;
    assert_int_equal(kill9_judge(acknowledged, 2, effects, 1, &verdict), 0);
    assert_int_equal(verdict.lost, 1);
    assert_string_equal(verdict.first, "lost: alpha-2");
    assert_int_equal(kill9_judge(acknowledged, 2, effects, 0, &verdict), 0);
    assert_int_equal(verdict.lost, 2);
}

static void a_second_effect_is_found(void **state)
{
    (void)state;
    struct record_line acknowledged[] = {{"alpha-1", "k1", 10, 1}};
    struct record_line effects[] = {{"alpha-1", "k1", 10, 0}, {"alpha-1", "k1", 10, 0}, {"alpha-1", "k1", 10, 0}};
    struct kill9_verdict verdict;
    assert_int_equal(kill9_judge(acknowledged, 1, effects, 3, &verdict), 0);
    assert_int_equal(verdict.doubled, 2);
    assert_int_equal(verdict.lost, 0);
}

static void disorder_is_found_within_a_key_alone(void **state)
{
    (void)state;
    struct record_line acknowledged[] = {
        {"alpha-2", "k1", 1, 1}, {"alpha-10", "k1", 2, 2}, {"alpha-3", "k2", 3, 3}, {"beta-1", "k1", 4, 4}};
    struct record_line effects[] = {
        {"alpha-10", "k1", 2, 0}, {"beta-1", "k1", 4, 0}, {"alpha-3", "k2", 3, 0}, {"alpha-2", "k1", 1, 0}};
    struct kill9_verdict verdict;
    assert_int_equal(kill9_judge(acknowledged, 4, effects, 4, &verdict), 0);
    assert_int_equal(verdict.out_of_order, 1);
    assert_string_equal(verdict.first, "out of order: alpha-2");
}

static void what_nobody_acknowledged_is_found(void **state)
{
    (void)state;
    struct record_line acknowledged[] = {{"alpha-1", "k1", 10, 1}, {"alpha-1", "k1", 10, 2}, {"alpha-4", "k1", 14, 3}};
    struct record_line effects[] = {{"alpha-1", "k1", 10, 0}, {"alpha-3", "k1", 13, 0}, {"alpha-4", "k1", 15, 0}};
    struct kill9_verdict verdict;
    assert_int_equal(kill9_judge(acknowledged, 3, effects, 3, &verdict), 0);
    assert_int_equal(verdict.unexplained, 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well),
        cmocka_unit_test(a_lost_message_is_found),
        cmocka_unit_test(a_second_effect_is_found),
        cmocka_unit_test(disorder_is_found_within_a_key_alone),
        cmocka_unit_test(what_nobody_acknowledged_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
