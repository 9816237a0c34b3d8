/* test_far_portal.c - the provincial portal keeps each status update once, and says what is wrong with the others.
 * What citizens submit is in test_far_traffic.c. */
#include "far_portal.h"
#include "far_test.h"

#include <stdlib.h>

struct fixture {
    struct far_test *test;
    struct far_side side;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->test = far_test_begin();
    *state = fixture;
    return far_side_open(&far_portal_kind, &fixture->test->world, 0, &fixture->side, NULL);
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    far_side_close(&fixture->side);
    far_test_end(fixture->test);
    free(fixture);
    return 0;
}

static int send_update(struct fixture *fixture, const char *message_id, const char *body)
{
    return far_test_post(fixture->test, &fixture->side, "/api/ho-so/trang-thai", message_id, body);
}

static int64_t number_of(struct fixture *fixture, const char *sql)
{
    return far_test_number(far_portal_store(fixture->side.state), sql);
}

static const char received[] = "{\"MaHoSo\":\"H56.14-261123-0001\",\"TrangThai\":\"2\",\"ThoiDiem\":\"20261123140000\","
                               "\"NoiDung\":\"Tiếp nhận\"}";

static void an_update_is_stored(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(send_update(fixture, "m-1", received), 200);
    assert_string_equal(far_test_text(fixture->test, "error_code"), "0");
    assert_int_equal(number_of(fixture, "SELECT count(*) FROM statuses WHERE code = 'H56.14-261123-0001' AND status = 2"
                                        " AND at = '20261123140000' AND content = 'Tiếp nhận' AND message_id = 'm-1'"),
                     1);
}

static void the_same_message_again_has_one_effect(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(send_update(fixture, "m-1", received), 200);
    assert_int_equal(number_of(fixture, "SELECT count(*) FROM statuses"), 1);
    assert_int_equal(number_of(fixture, "SELECT repeats FROM statuses"), 2);
}

static void without_an_id_the_body_stands_for_it(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(send_update(fixture, NULL, received), 200);
    assert_int_equal(send_update(fixture, NULL, received), 200);
    assert_int_equal(number_of(fixture, "SELECT count(*) FROM statuses"), 1);
}

static void two_messages_are_two_rows(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(send_update(fixture, "m-1", received), 200);
    assert_int_equal(send_update(fixture, "m-2", received), 200);
    assert_int_equal(number_of(fixture, "SELECT count(*) FROM statuses"), 2);
}

static void a_status_may_be_a_number(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(send_update(fixture, "m", "{\"MaHoSo\":\"a\",\"TrangThai\":10,\"ThoiDiem\":\"20261123140000\"}"),
                     200);
    assert_int_equal(number_of(fixture, "SELECT status FROM statuses"), 10);
}

static void what_is_wrong_is_named(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *body, *where;
    } wrongs[] = {
        {"{\"TrangThai\":\"2\",\"ThoiDiem\":\"20261123140000\"}", "MaHoSo"},
        {"{\"MaHoSo\":\"\",\"TrangThai\":\"2\",\"ThoiDiem\":\"20261123140000\"}", "MaHoSo"},
        {"{\"MaHoSo\":\"a\",\"ThoiDiem\":\"20261123140000\"}", "TrangThai"},
        {"{\"MaHoSo\":\"a\",\"TrangThai\":\"11\",\"ThoiDiem\":\"20261123140000\"}", "TrangThai"},
        {"{\"MaHoSo\":\"a\",\"TrangThai\":\"02\",\"ThoiDiem\":\"20261123140000\"}", "TrangThai"},
        {"{\"MaHoSo\":\"a\",\"TrangThai\":0,\"ThoiDiem\":\"20261123140000\"}", "TrangThai"},
        {"{\"MaHoSo\":\"a\",\"TrangThai\":\"2\",\"ThoiDiem\":\"20261323140000\"}", "ThoiDiem"},
        {"{\"MaHoSo\":\"a\",\"TrangThai\":\"2\",\"ThoiDiem\":\"2026112314\"}", "ThoiDiem"},
        {"{\"MaHoSo\":\"a\",\"MaHoSo\":\"b\",\"TrangThai\":\"2\",\"ThoiDiem\":\"20261123140000\"}", NULL},
        {"[]", "1:1"},
        {"{\"MaHoSo\":", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        assert_int_equal(send_update(fixture, "m", wrongs[i].body), 400);
        assert_string_equal(far_test_text(fixture->test, "error_code"), "1");
        assert_string_not_equal(far_test_text(fixture->test, "message"), "");
        if (wrongs[i].where)
            assert_string_equal(far_test_text(fixture->test, "where"), wrongs[i].where);
    }
    assert_int_equal(number_of(fixture, "SELECT count(*) FROM statuses"), 0);
}

static void what_was_stored_is_there_after_a_restart(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(send_update(fixture, "m-1", received), 200);
    far_side_close(&fixture->side);
    assert_int_equal(far_side_open(&far_portal_kind, &fixture->test->world, 0, &fixture->side, NULL), 0);
    assert_int_equal(send_update(fixture, "m-1", received), 200);
    assert_int_equal(number_of(fixture, "SELECT repeats FROM statuses"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_update_is_stored, begin, end),
        cmocka_unit_test_setup_teardown(the_same_message_again_has_one_effect, begin, end),
        cmocka_unit_test_setup_teardown(without_an_id_the_body_stands_for_it, begin, end),
        cmocka_unit_test_setup_teardown(two_messages_are_two_rows, begin, end),
        cmocka_unit_test_setup_teardown(a_status_may_be_a_number, begin, end),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_named, begin, end),
        cmocka_unit_test_setup_teardown(what_was_stored_is_there_after_a_restart, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
