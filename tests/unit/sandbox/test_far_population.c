/* test_far_population.c - the population database over real HTTP: answers, faults, its log, and its absence.
 * The reading of single elements is in test_far_soap.c. */
#include "far_citizen.h"
#include "far_soap_sample.h"
#include "far_test.h"

#include <stdio.h>
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
    return far_side_open(&far_population_kind, &fixture->test->world, 0, &fixture->side, NULL);
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    far_side_close(&fixture->side);
    far_test_end(fixture->test);
    free(fixture);
    return 0;
}

static int ask(struct fixture *fixture, const char *operation, const char *procedure, const char *officer,
               const struct far_citizen *citizen)
{
    char body[8192], header[2048];
    snprintf(
        header, sizeof header,
        SAMPLE_CLIENT
        "<xro:service><id:xRoadInstance>VN</id:xRoadInstance><id:memberClass>GOV</id:memberClass><id:memberCode>G01"
        "</id:memberCode><id:subsystemCode>dancu</id:subsystemCode><id:serviceCode>%s</id:serviceCode>"
        "</xro:service>" SAMPLE_REST,
        operation);
    snprintf(body, sizeof body,
             SAMPLE_MESSAGE("%s", "%s",
                            "<dan:MaYeuCau>y1</dan:MaYeuCau><dan:MaDVC>%s</dan:MaDVC><dan:MaTichHop/>"
                            "<dan:MaCanBo>%s</dan:MaCanBo><dan:MaDonVi>H56.14</dan:MaDonVi><dan:TaiKhoan/>"
                            "<dan:SoDinhDanh>%s</dan:SoDinhDanh><dan:HoVaTen>%s</dan:HoVaTen><dan:NgayThangNamSinh>"
                            "<dan:NgayThangNam>%s</dan:NgayThangNam></dan:NgayThangNamSinh>"),
             header, operation, procedure, officer, citizen->number, citizen->name, citizen->birth, operation);
    return far_test_post_with(fixture->test, &fixture->side, "/", "m-1", "text/xml; charset=utf-8", NULL, body);
}

static bool says(struct fixture *fixture, const char *text)
{
    return strstr(buffer_string(&fixture->test->answer), text) != NULL;
}

static const char verify[] = "XacThucThongTinCongDan", lookup[] = "TraCuuThongTinCongDan";
static const char licensed[] = "1.001193", officer[] = "038975000217";

static void a_citizen_of_the_register_exists(void **state)
{
    struct fixture *fixture = *state;
    struct far_citizen citizen = far_citizen_of(7, 12);
    assert_int_equal(ask(fixture, verify, licensed, officer, &citizen), 200);
    assert_true(says(fixture, "<dan:TonTai>true</dan:TonTai>"));
    assert_false(says(fixture, citizen.number)); /* the least data: nothing but the answer */
}

static void unknown_and_mismatch_are_one_answer(void **state)
{
    struct fixture *fixture = *state;
    struct far_citizen unknown = far_citizen_of(7, 5000), mismatch = far_citizen_of(7, 12);
    snprintf(mismatch.birth, sizeof mismatch.birth, "19000101");
    struct buffer first = {0};
    assert_int_equal(ask(fixture, verify, licensed, officer, &unknown), 200);
    assert_true(says(fixture, "<dan:TonTai>false</dan:TonTai>"));
    buffer_append_bytes(&first, buffer_view(&fixture->test->answer));
    assert_int_equal(ask(fixture, verify, licensed, officer, &mismatch), 200);
    assert_true(bytes_equal(buffer_view(&first), buffer_view(&fixture->test->answer)));
    buffer_free(&first);
}

static void look_up_gives_the_citizen_or_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct far_citizen citizen = far_citizen_of(7, 12), unknown = far_citizen_of(7, 5000);
    assert_int_equal(ask(fixture, lookup, licensed, officer, &citizen), 200);
    assert_true(says(fixture, citizen.number) && says(fixture, citizen.name) && says(fixture, "<dan:CongDan>"));
    assert_int_equal(ask(fixture, lookup, licensed, officer, &unknown), 200);
    assert_false(says(fixture, "<dan:CongDan>"));
}

static void who_may_not_ask_gets_a_fault(void **state)
{
    struct fixture *fixture = *state;
    struct far_citizen citizen = far_citizen_of(7, 12);
    assert_int_equal(ask(fixture, verify, "9.999999", officer, &citizen), 500);
    assert_true(says(fixture, "<dan:Ma>004</dan:Ma>"));
    assert_int_equal(ask(fixture, verify, licensed, "038975999999", &citizen), 500);
    assert_true(says(fixture, "<dan:Ma>005</dan:Ma>"));
}

static void what_is_no_soap_gets_a_fault(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/", NULL, "{}"), 500);
    assert_true(says(fixture, "<dan:Ma>001</dan:Ma>"));
}

static void every_call_is_logged_also_refused_ones(void **state)
{
    struct fixture *fixture = *state;
    struct far_citizen citizen = far_citizen_of(7, 12);
    ask(fixture, verify, licensed, officer, &citizen);
    ask(fixture, verify, "9.999999", officer, &citizen);
    far_side_close(&fixture->side);
    struct far_store store = {0};
    assert_int_equal(far_store_open(&store, fixture->test->directory, "population", "", NULL), 0);
    assert_int_equal(far_test_number(&store, "SELECT count(*) FROM calls WHERE outcome = 'match'"), 1);
    assert_int_equal(far_test_number(&store, "SELECT count(*) FROM calls WHERE outcome = 'fault 004'"), 1);
    far_store_close(&store);
}

static void an_outage_is_no_answer_and_ends_on_the_same_port(void **state)
{
    struct fixture *fixture = *state;
    struct far_citizen citizen = far_citizen_of(7, 12);
    assert_int_equal(far_server_down(fixture->side.server, FAR_OUTAGE_REFUSED, NULL), 0);
    assert_int_equal(ask(fixture, verify, licensed, officer, &citizen), TRUC_E_UNAVAILABLE);
    assert_int_equal(far_server_up(fixture->side.server, NULL), 0);
    assert_int_equal(ask(fixture, verify, licensed, officer, &citizen), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_citizen_of_the_register_exists, begin, end),
        cmocka_unit_test_setup_teardown(unknown_and_mismatch_are_one_answer, begin, end),
        cmocka_unit_test_setup_teardown(look_up_gives_the_citizen_or_nobody, begin, end),
        cmocka_unit_test_setup_teardown(who_may_not_ask_gets_a_fault, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_soap_gets_a_fault, begin, end),
        cmocka_unit_test_setup_teardown(every_call_is_logged_also_refused_ones, begin, end),
        cmocka_unit_test_setup_teardown(an_outage_is_no_answer_and_ends_on_the_same_port, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
