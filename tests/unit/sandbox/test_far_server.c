/* test_far_server.c - what every far side answers alike, its limits, and an outage that keeps the port.
 * With the portal as the far side at hand. */
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

static void an_unknown_path_is_404(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/api/other", NULL, "{}"), 404);
    assert_string_equal(far_test_text(fixture->test, "error_code"), "1");
}

static void a_body_over_the_limit_is_413_and_the_next_is_taken(void **state)
{
    struct fixture *fixture = *state;
    char *body = malloc(FAR_BODY_BYTES_MAX + 2);
    memset(body, ' ', FAR_BODY_BYTES_MAX + 1);
    body[FAR_BODY_BYTES_MAX + 1] = '\0';
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/api/ho-so/trang-thai", NULL, body), 413);
    free(body);
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/api/ho-so/trang-thai", NULL, "{}"), 400);
}

static void a_busy_port_is_refused_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct far_side other = {0};
    struct truc_fault fault = {0};
    uint16_t port = far_server_port(fixture->side.server);
    assert_int_equal(far_side_open(&far_onestop_kind, &fixture->test->world, port, &other, &fault), TRUC_E_IO);
    assert_null(other.kind);
    assert_true(strstr(fault.text, "127.0.0.1") != NULL);
}

static void down_means_no_connection_and_up_the_same_port(void **state)
{
    struct fixture *fixture = *state;
    uint16_t port = far_server_port(fixture->side.server);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(far_server_down(fixture->side.server, FAR_OUTAGE_REFUSED, NULL), 0);
        assert_int_equal(far_server_down(fixture->side.server, FAR_OUTAGE_REFUSED, NULL), 0);
        assert_int_equal(far_test_post(fixture->test, &fixture->side, "/", NULL, "{}"), TRUC_E_UNAVAILABLE);
        assert_int_equal(far_server_up(fixture->side.server, NULL), 0);
        assert_int_equal(far_server_up(fixture->side.server, NULL), 0);
        assert_int_equal(far_server_port(fixture->side.server), port);
        assert_int_equal(far_test_post(fixture->test, &fixture->side, "/", NULL, "{}"), 404);
    }
}

static void out_of_order_means_503_and_nothing_stored(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(far_server_down(fixture->side.server, FAR_OUTAGE_503, NULL), 0);
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/api/ho-so/trang-thai", NULL, "{}"), 503);
    assert_string_equal(far_test_text(fixture->test, "error_code"), "UNAVAILABLE");
    assert_int_equal(far_server_up(fixture->side.server, NULL), 0);
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/api/ho-so/trang-thai", NULL, "{}"), 400);
}

static void every_kind_of_the_table_opens_and_says_it_is_well(void **state)
{
    struct fixture *fixture = *state;
    far_side_close(&fixture->side);
    struct far_side sides[FAR_SIDES_MAX] = {0};
    for (size_t i = 0; i < far_side_kinds_count(); i++) {
        assert_int_equal(far_side_open(far_side_kind_at(i), &fixture->test->world, 0, &sides[i], NULL), 0);
        assert_ptr_equal(far_side_kind_find(far_side_kind_at(i)->id), far_side_kind_at(i));
    }
    for (size_t i = 0; i < far_side_kinds_count(); i++) {
        assert_int_equal(far_test_post(fixture->test, &sides[i], "/nowhere", NULL, "{}"), 404);
        far_side_close(&sides[i]);
    }
    assert_null(far_side_kind_find("nobody"));
    assert_null(far_side_kind_at(far_side_kinds_count()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_unknown_path_is_404, begin, end),
        cmocka_unit_test_setup_teardown(a_body_over_the_limit_is_413_and_the_next_is_taken, begin, end),
        cmocka_unit_test_setup_teardown(a_busy_port_is_refused_by_name, begin, end),
        cmocka_unit_test_setup_teardown(down_means_no_connection_and_up_the_same_port, begin, end),
        cmocka_unit_test_setup_teardown(out_of_order_means_503_and_nothing_stored, begin, end),
        cmocka_unit_test_setup_teardown(every_kind_of_the_table_opens_and_says_it_is_well, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
