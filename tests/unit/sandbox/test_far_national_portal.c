/* test_far_national_portal.c - its rules: session, order of calls, field checks, one effect a message.
 * Over real HTTP, as its adapter meets it. */
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
    return far_side_open(&far_national_portal_kind, &fixture->test->world, 0, &fixture->side, NULL);
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    far_side_close(&fixture->side);
    far_test_end(fixture->test);
    free(fixture);
    return 0;
}

/* The error_code of a call; `more` stands between service and data, e.g. "\"isUpdating\":\"True\",". */
static const char *call(struct fixture *fixture, const char *message_id, const char *service, const char *more,
                        const char *data)
{
    char body[4096];
    snprintf(body, sizeof body, "{\"session\":\"session-1\",\"madonvi\":\"H56\",\"service\":\"%s\",%s\"data\":[%s]}",
             service, more, data);
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/", message_id, body), 200);
    return far_test_text(fixture->test, "error_code");
}

#define DOSSIER_HEAD     "{\"MaHoSo\":\"D-1\",\"MaTTHC\":\"1.001193\",\"NgayTiepNhan\":\"20261123140000\","
#define DOSSIER(status)  DOSSIER_HEAD "\"TrangThaiHoSo\":\"" status "\"}"
#define PROGRESS_HEAD    "{\"MaHoSo\":\"D-1\",\"NguoiXuLy\":\"Lê Thị Thu Hà\",\"ThoiDiemXuLy\":\"20261123140500\","
#define PROGRESS(status) PROGRESS_HEAD "\"NoiDungXuLy\":\"Thụ lý\",\"TrangThai\":\"" status "\"}"
static const char is_new[] = "\"isUpdating\":\"False\",", is_known[] = "\"isUpdating\":\"True\",";

static size_t found(struct fixture *fixture)
{
    assert_string_equal(call(fixture, "q", "TraCuuHoSo", "", "{\"MaHoSo\":\"D-1\"}"), "0");
    return json_array_size(json_object_get(fixture->test->json, "result"));
}

static const char *found_status(struct fixture *fixture)
{
    assert_int_equal(found(fixture), 1);
    const json_t *first = json_array_get(json_object_get(fixture->test->json, "result"), 0);
    return json_string_value(json_object_get(first, "TrangThaiHoSo"));
}

static void find_then_sync_then_progress(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(found(fixture), 0);
    assert_string_equal(call(fixture, "m-1", "DongBoHoSoMC", is_new, DOSSIER("2")), "0");
    assert_string_equal(found_status(fixture), "2");
    assert_string_equal(call(fixture, "m-2", "CapNhatTienDoHoSoMC", "", PROGRESS("4")), "0");
    assert_string_equal(found_status(fixture), "4");
    assert_string_equal(call(fixture, "m-3", "DongBoHoSoMC", is_known, DOSSIER("9")), "0");
    assert_string_equal(found_status(fixture), "9");
}

static void progress_before_the_dossier_is_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(call(fixture, "m-1", "CapNhatTienDoHoSoMC", "", PROGRESS("4")), "1");
    assert_string_equal(far_test_text(fixture->test, "message"), "chưa đồng bộ hồ sơ");
    assert_string_equal(call(fixture, "m-2", "DongBoHoSoMC", is_known, DOSSIER("4")), "1");
    assert_string_equal(far_test_text(fixture->test, "message"), "chưa đồng bộ hồ sơ");
    assert_int_equal(found(fixture), 0);
}

static void a_dossier_is_new_only_once(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(call(fixture, "m-1", "DongBoHoSoMC", is_new, DOSSIER("2")), "0");
    assert_string_equal(call(fixture, "m-2", "DongBoHoSoMC", is_new, DOSSIER("2")), "1");
    assert_string_equal(far_test_text(fixture->test, "where"), "isUpdating");
}

static void a_repeat_is_answered_and_has_one_effect(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 2; i++) {
        assert_string_equal(call(fixture, "m-1", "DongBoHoSoMC", is_new, DOSSIER("2")), "0");
        assert_string_equal(call(fixture, "m-2", "CapNhatTienDoHoSoMC", "", PROGRESS("4")), "0");
    }
    far_side_close(&fixture->side);
    struct far_store store = {0};
    assert_int_equal(far_store_open(&store, fixture->test->directory, "national-portal", "", NULL), 0);
    assert_int_equal(far_test_number(&store, "SELECT count(*) FROM statuses WHERE service = 'CapNhatTienDoHoSoMC'"), 1);
    assert_int_equal(far_test_number(&store, "SELECT repeats FROM statuses WHERE service = 'CapNhatTienDoHoSoMC'"), 1);
    assert_int_equal(far_test_number(&store, "SELECT repeats FROM dossiers"), 1);
    far_store_close(&store);
}

static void a_session_is_needed_and_login_gives_it(void **state)
{
    struct fixture *fixture = *state;
    const char *body =
        "{\"session\":\"old\",\"madonvi\":\"H56\",\"service\":\"TraCuuHoSo\",\"data\":[{\"MaHoSo\":\"D\"}]}";
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/", NULL, body), 200);
    assert_string_equal(far_test_text(fixture->test, "error_code"), "-1");
    assert_int_equal(
        far_test_post(fixture->test, &fixture->side, "/login", NULL, "{\"username\":\"u\",\"password\":\"p\"}"), 200);
    assert_string_equal(far_test_text(fixture->test, "session"), "session-1");
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/login", NULL, "{\"username\":\"u\"}"), 200);
    assert_string_equal(far_test_text(fixture->test, "error_code"), "1");
}

static void what_is_wrong_is_named(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *service, *more, *data, *where;
    } wrongs[] = {
        {"XoaHoSo", "", "{}", "service"},
        {"TraCuuHoSo", "", "", "data"},
        {"TraCuuHoSo", "", "{}", "MaHoSo"},
        {"DongBoHoSoMC", "", DOSSIER("2"), "isUpdating"},
        {"DongBoHoSoMC", "\"isUpdating\":\"false\",", DOSSIER("2"), "isUpdating"},
        {"DongBoHoSoMC", is_new, "{\"MaHoSo\":\"D-1\",\"TrangThaiHoSo\":\"2\"}", "MaTTHC"},
        {"DongBoHoSoMC", is_new, DOSSIER("12"), "TrangThaiHoSo"},
        {"DongBoHoSoMC", is_new,
         "{\"MaHoSo\":\"D\",\"MaTTHC\":\"1\",\"TrangThaiHoSo\":\"2\",\"NgayTiepNhan\":\"hôm nay\"}", "NgayTiepNhan"},
        {"CapNhatTienDoHoSoMC", "", "{\"MaHoSo\":\"D-1\"}", "NguoiXuLy"},
    };
    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        assert_string_equal(call(fixture, "m", wrongs[i].service, wrongs[i].more, wrongs[i].data), "1");
        assert_string_equal(far_test_text(fixture->test, "where"), wrongs[i].where);
    }
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/", NULL, "{"), 400);
}

static void the_destination_header_is_needed(void **state)
{
    struct fixture *fixture = *state;
    const char *body =
        "{\"session\":\"session-1\",\"madonvi\":\"H56\",\"service\":\"TraCuuHoSo\",\"data\":[{\"MaHoSo\":\"D\"}]}";
    assert_int_equal(far_test_post_with(fixture->test, &fixture->side, "/", NULL, "application/json", NULL, body), 200);
    assert_string_equal(far_test_text(fixture->test, "where"), "dstcode");
}

static void a_call_with_one_wrong_record_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(call(fixture, "m-1", "DongBoHoSoMC", is_new, DOSSIER("2") ",{\"MaHoSo\":\"D-2\"}"), "1");
    assert_int_equal(found(fixture), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(find_then_sync_then_progress, begin, end),
        cmocka_unit_test_setup_teardown(progress_before_the_dossier_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_dossier_is_new_only_once, begin, end),
        cmocka_unit_test_setup_teardown(a_repeat_is_answered_and_has_one_effect, begin, end),
        cmocka_unit_test_setup_teardown(a_session_is_needed_and_login_gives_it, begin, end),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_named, begin, end),
        cmocka_unit_test_setup_teardown(the_destination_header_is_needed, begin, end),
        cmocka_unit_test_setup_teardown(a_call_with_one_wrong_record_changes_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
