/* test_far_dossier.c - one seed gives one province: the same citizens and dossiers, right and wrong as asked.
 * Nothing is sent here. */
#include "far_test.h"
#include "far_citizen.h"
#include "far_dossier.h"
#include "far_plan.h"
#include "far_random.h"

#include <stdio.h>
#include <text.h>
#include <time_text.h>

static const uint64_t noon_ns = UINT64_C(1795410000) * TIME_NS_PER_S;

static void one_seed_gives_the_same_bytes(void **state)
{
    (void)state;
    const struct far_mix mix = {42, 100, 0.5};
    for (uint64_t number = 1; number <= 200; number++) {
        struct far_dossier a = {0}, b = {0};
        assert_int_equal(far_dossier_make(&mix, number, noon_ns, &a), 0);
        assert_int_equal(far_dossier_make(&mix, number, noon_ns, &b), 0);
        assert_true(bytes_equal(buffer_view(&a.body), buffer_view(&b.body)));
        assert_string_equal(a.code, b.code);
        assert_string_equal(a.message_id, b.message_id);
        assert_int_equal(a.class, b.class);
        far_dossier_free(&a);
        far_dossier_free(&b);
    }
}

static void another_seed_gives_others(void **state)
{
    (void)state;
    const struct far_mix one = {1, 100, 0}, two = {2, 100, 0};
    unsigned same = 0;
    for (uint64_t number = 1; number <= 50; number++) {
        struct far_dossier a = {0}, b = {0};
        assert_int_equal(far_dossier_make(&one, number, noon_ns, &a), 0);
        assert_int_equal(far_dossier_make(&two, number, noon_ns, &b), 0);
        same += bytes_equal(buffer_view(&a.body), buffer_view(&b.body));
        far_dossier_free(&a);
        far_dossier_free(&b);
    }
    assert_int_equal(same, 0);
}

static void wrong_ones_come_in_the_asked_share_and_take_turns(void **state)
{
    (void)state;
    enum { NUMBERS = 1000 };
    const struct far_mix mix = {1, 5000, 0.2};
    unsigned counts[FAR_DOSSIER_CLASSES] = {0};
    for (uint64_t number = 1; number <= NUMBERS; number++)
        counts[far_dossier_class_of(&mix, number)]++;
    assert_int_equal(counts[FAR_DOSSIER_PLAIN], NUMBERS * 8 / 10);
    for (int class = FAR_DOSSIER_UNKNOWN_CITIZEN; class < FAR_DOSSIER_CLASSES; class ++)
        assert_int_equal(counts[class], NUMBERS * 4 / 100); /* a fifth of a fifth */
}

/* Fifteen seconds of the demo: 5 dossiers a second, 8 % wrong. */
static void a_short_run_shows_every_kind_whatever_the_seed(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        const struct far_mix mix = {seed, 5000, 0.08};
        unsigned counts[FAR_DOSSIER_CLASSES] = {0};
        for (uint64_t number = 1; number <= 75; number++)
            counts[far_dossier_class_of(&mix, number)]++;
        for (int class = FAR_DOSSIER_PLAIN; class < FAR_DOSSIER_CLASSES; class ++)
            assert_true(counts[class] > 0);
    }
}

static void without_a_wrong_share_none_is_wrong(void **state)
{
    (void)state;
    const struct far_mix right = {3, 10, 0}, wrong = {3, 10, 1};
    for (uint64_t number = 1; number <= 1000; number++) {
        assert_int_equal(far_dossier_class_of(&right, number), FAR_DOSSIER_PLAIN);
        assert_int_not_equal(far_dossier_class_of(&wrong, number), FAR_DOSSIER_PLAIN);
    }
}

/* The first dossier of a class. */
static void make_class(enum far_dossier_class class, struct far_dossier *dossier)
{
    const struct far_mix mix = {9, 100, class == FAR_DOSSIER_PLAIN ? 0 : 1};
    uint64_t number = 1;
    while (far_dossier_class_of(&mix, number) != class)
        number++;
    assert_int_equal(far_dossier_make(&mix, number, noon_ns, dossier), 0);
}

static void a_right_dossier_has_the_national_fields(void **state)
{
    (void)state;
    static const char *const names[] = {
        "MaHoSo",       "MaTTHC",      "TenTTHC",      "MaLinhVuc",       "TenLinhVuc",  "MucDo",
        "KenhThucHien", "ChuHoSo",     "LoaiDoiTuong", "SoGiayToChuHoSo", "SoDienThoai", "NgaySinhChuHoSo",
        "Email",        "DiaChi",      "TrichYeuHoSo", "TrangThaiHoSo",   "HinhThuc",    "DonViXuLy",
        "MaDonVi",      "NgayNopHoSo", "DoMat",
    };
    struct far_dossier dossier = {0};
    make_class(FAR_DOSSIER_PLAIN, &dossier);
    json_t *root = json_loadb((const char *)dossier.body.data, dossier.body.size, 0, NULL);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_non_null(json_string_value(json_object_get(root, names[i])));
    assert_string_equal(json_string_value(json_object_get(root, "MaHoSo")), dossier.code);
    assert_string_equal(json_string_value(json_object_get(root, "TrangThaiHoSo")), "1");
    assert_string_equal(json_string_value(json_object_get(root, "DoMat")), "Thường");
    assert_string_equal(json_string_value(json_object_get(root, "NgayNopHoSo")), "20261123120000");
    assert_int_equal(json_array_size(json_object_get(root, "TaiLieuNop")), 1);
    assert_true(json_is_array(json_object_get(root, "DanhSachLePhi")));
    assert_string_equal(dossier.path, "/dossiers");
    json_decref(root);
    far_dossier_free(&dossier);
}

static void wrong_dossiers_are_wrong_in_their_own_way(void **state)
{
    (void)state;
    struct far_dossier malformed = {0}, secret = {0}, forbidden = {0};
    make_class(FAR_DOSSIER_MALFORMED, &malformed);
    assert_null(json_loadb((const char *)malformed.body.data, malformed.body.size, 0, NULL));
    make_class(FAR_DOSSIER_SECRET, &secret);
    json_t *root = json_loadb((const char *)secret.body.data, secret.body.size, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(root, "DoMat")), "Mật");
    json_decref(root);
    make_class(FAR_DOSSIER_FORBIDDEN, &forbidden);
    assert_string_equal(forbidden.path, "/dossiers/forbidden");
    far_dossier_free(&malformed);
    far_dossier_free(&secret);
    far_dossier_free(&forbidden);
}

static void nobody_is_real(void **state)
{
    (void)state;
    for (uint32_t place = 0; place < 5000; place++) {
        struct far_citizen citizen = far_citizen_of(1, place);
        assert_int_equal(strlen(citizen.number), FAR_CITIZEN_NUMBER_DIGITS);
        assert_int_equal(strspn(citizen.number, "0123456789"), FAR_CITIZEN_NUMBER_DIGITS);
        assert_int_equal(citizen.number[3], '9');
        assert_int_equal(strlen(citizen.birth), 8);
    }
}

static void numbers_differ_and_names_are_nfc(void **state)
{
    (void)state;
    for (uint32_t place = 0; place < 2000; place++) {
        struct far_citizen citizen = far_citizen_of(1, place), next = far_citizen_of(1, place + 1);
        assert_string_not_equal(citizen.number, next.number);
        struct buffer nfc = {0};
        assert_int_equal(text_to_nfc(bytes_string(citizen.name), &nfc), 0);
        assert_string_equal(buffer_string(&nfc), citizen.name);
        buffer_free(&nfc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_the_same_bytes),
        cmocka_unit_test(another_seed_gives_others),
        cmocka_unit_test(wrong_ones_come_in_the_asked_share_and_take_turns),
        cmocka_unit_test(a_short_run_shows_every_kind_whatever_the_seed),
        cmocka_unit_test(without_a_wrong_share_none_is_wrong),
        cmocka_unit_test(a_right_dossier_has_the_national_fields),
        cmocka_unit_test(wrong_dossiers_are_wrong_in_their_own_way),
        cmocka_unit_test(nobody_is_real),
        cmocka_unit_test(numbers_differ_and_names_are_nfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
