/* test_far_plan.c - the desk's plans: every status appears early, every plan ends in an end state.
 * Tables only. */
#include "far_event.h"
#include "far_plan.h"
#include "far_test.h"

#include <time_text.h>

static void twenty_dossiers_show_every_status_of_the_desk(void **state)
{
    (void)state;
    bool seen[11] = {false};
    for (uint64_t arrival = 0; arrival < 20; arrival++) {
        enum far_step step;
        for (unsigned place = 0; (step = far_plan_step(far_plan_of_arrival(arrival), place)) != FAR_STEP_END; place++)
            seen[far_step_kind_of(step)->status] = true;
    }
    for (int status = 2; status <= 10; status++)
        assert_true(seen[status]);
}

static void every_plan_ends_where_a_dossier_may_end(void **state)
{
    (void)state;
    for (int plan = 0; plan < FAR_PLANS; plan++) {
        int last = 0;
        enum far_step step;
        for (unsigned place = 0; (step = far_plan_step((enum far_plan)plan, place)) != FAR_STEP_END; place++)
            last = far_step_kind_of(step)->status;
        assert_true(last == 3 || last == 7 || last == 8 || last == 10);
    }
}

static void nothing_happens_before_the_citizen_is_checked(void **state)
{
    (void)state;
    for (int plan = 0; plan < FAR_PLANS; plan++) {
        if (plan != FAR_PLAN_NO_CITIZEN) /* entered after the check */
            assert_int_equal(far_plan_step((enum far_plan)plan, 0), FAR_STEP_VERIFY);
    }
}

static void no_two_steps_say_the_same(void **state)
{
    (void)state;
    for (int a = FAR_STEP_VERIFY; a < FAR_STEPS; a++) {
        for (int b = a + 1; b < FAR_STEPS; b++)
            assert_string_not_equal(far_step_kind_of((enum far_step)a)->content,
                                    far_step_kind_of((enum far_step)b)->content);
    }
}

static json_t *body_of(enum far_step step)
{
    json_t *dossier =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "MaHoSo", "H56.14-261123-0001", "MaTTHC", "1.001193", "ChuHoSo",
                  "Lê Thị An", "SoGiayToChuHoSo", "038990000001", "NgaySinhChuHoSo", "19900101", "MaDonVi", "H56.14");
    struct buffer out = {0};
    assert_int_equal(far_event_append(step, dossier, 3, UINT64_C(1795410000) * TIME_NS_PER_S, &out), 0);
    json_t *root = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_non_null(root);
    buffer_free(&out);
    json_decref(dossier);
    return root;
}

static void assert_texts(json_t *root, const char *const *names)
{
    for (; *names; names++) {
        if (!json_object_get(root, *names))
            fail_msg("no %s", *names);
    }
    json_decref(root);
}

static void bodies_hold_the_fields_of_their_event(void **state)
{
    (void)state;
    static const char *const question[] = {"MaHoSo",  "MaTTHC",   "MaCanBo", "SoDinhDanh",
                                           "HoVaTen", "NgaySinh", "DoMat",   NULL};
    static const char *const received[] = {"NgayTiepNhan", "NgayHenTra", "ChuHoSo", "DoMat", "TrangThai", NULL};
    static const char *const refused[] = {"NgayTuChoi", "LyDo", "TrangThai", "DoMat", NULL};
    static const char *const progress[] = {"NguoiXuLy",   "ChucDanh",  "ThoiDiemXuLy", "PhongBanXuLy",
                                           "NoiDungXuLy", "TrangThai", "NgayBatDau",   "NgayKetThucTheoQuyDinh",
                                           NULL};
    static const char *const ready[] = {"NgayKetThucXuLy", "DanhSachGiayToKetQua", NULL};
    static const char *const delivered[] = {"NgayTra", NULL};
    assert_texts(body_of(FAR_STEP_VERIFY), question);
    assert_texts(body_of(FAR_STEP_RECEIVED), received);
    assert_texts(body_of(FAR_STEP_NO_CITIZEN), refused);
    assert_texts(body_of(FAR_STEP_SUPPLEMENT), progress);
    assert_texts(body_of(FAR_STEP_READY), ready);
    assert_texts(body_of(FAR_STEP_DELIVERED), delivered);
}

static void an_event_does_not_tell_more_of_the_citizen_than_it_must(void **state)
{
    (void)state;
    json_t *root = body_of(FAR_STEP_WORK);
    assert_null(json_object_get(root, "SoGiayToChuHoSo"));
    assert_null(json_object_get(root, "ChuHoSo"));
    assert_string_equal(json_string_value(json_object_get(root, "TrangThai")), "4");
    assert_string_equal(json_string_value(json_object_get(root, "ThoiDiemXuLy")), "20261123120000");
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_dossiers_show_every_status_of_the_desk),
        cmocka_unit_test(every_plan_ends_where_a_dossier_may_end),
        cmocka_unit_test(nothing_happens_before_the_citizen_is_checked),
        cmocka_unit_test(no_two_steps_say_the_same),
        cmocka_unit_test(bodies_hold_the_fields_of_their_event),
        cmocka_unit_test(an_event_does_not_tell_more_of_the_citizen_than_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
