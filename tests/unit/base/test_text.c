/* Promise: Vietnamese names compare equal however they were typed; only strict UTF-8 passes; hints are near. */
#include "cmocka_start.h"

#include "text.h"

#include <truc/error.h>

static void test_names_fold_to_one_key(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"Nguyễn Văn Đạt", "nguyen van dat"},
        {"NGUYỄN VĂN ĐẠT", "nguyen van dat"},
        {"  nguyễn\tvăn\u00a0 đạt ", "nguyen van dat"},
        {"Nguye\u0302\u0303n Va\u0306n Đa\u0323t", "nguyen van dat"}, /* NFD */
        {"Nguy\u1ec5n Văn Ð\u1ea1t", "nguyen van dat"},               /* Ð is U+00D0, typed for Đ */
        {"Trần Thị Thuỳ", "tran thi thuy"},
        {"Trần Thị Thùy", "tran thi thuy"},
        {"Lê Ư Ơ ươ", "le u o uo"},
        {"K'Brơi", "k broi"},
        {"K’Brơi", "k broi"},
        {"Y-Blô  Niê.", "y blo nie"},
        {"Zero\u200bWidth", "zerowidth"},
        {"...", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct buffer out = {0};
        assert_int_equal(text_fold_vietnamese(bytes_string(pairs[i][0]), &out), 0);
        assert_string_equal(buffer_string(&out), pairs[i][1]);
        buffer_free(&out);
    }
    struct buffer out = {0};
    buffer_append_string(&out, "x");
    assert_int_equal(text_fold_vietnamese(bytes_string(" Ông"), &out), 0);
    assert_string_equal(buffer_string(&out), "xong"); /* appended: what stood before is not part of the key */
    assert_int_equal(text_fold_vietnamese(bytes_of("\xff", 1), &out), TRUC_E_ARGUMENT);
    buffer_free(&out);
}

static void test_nfc_composes(void **state)
{
    (void)state;
    struct buffer out = {0};
    assert_int_equal(text_to_nfc(bytes_string("Nguye\u0302\u0303n D\u0323"), &out), 0);
    assert_string_equal(buffer_string(&out), "Nguy\u1ec5n \u1e0c");
    buffer_clear(&out);
    assert_int_equal(text_to_nfc(bytes_string("Đặng Thị Hiền"), &out), 0);
    assert_string_equal(buffer_string(&out), "Đặng Thị Hiền");
    buffer_clear(&out);
    assert_int_equal(text_to_nfc(bytes_of("a\0b", 3), &out), 0); /* a zero is a character */
    assert_int_equal(out.size, 3);
    assert_int_equal(text_to_nfc(bytes_of("\xc3", 1), &out), TRUC_E_ARGUMENT);
    assert_int_equal(text_to_nfc(BYTES_EMPTY, &out), 0);
    buffer_free(&out);
}

static void test_utf8_is_strict(void **state)
{
    (void)state;
    static const char *const right[] = {"", "abc", "đ", "ệ", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"};
    static const char *const wrong[] = {
        "\x80",
        "\xc3",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xf0\x80\x80\xaf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "a\xe1\xbb",
        "\xe1\xbb\x61",
        "\xf0\x9f\x98",
    };
    for (size_t i = 0; i < COUNT_OF(right); i++)
        assert_true(text_is_utf8(bytes_string(right[i])));
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(text_is_utf8(bytes_string(wrong[i])));
    for (size_t at = 0; at < 24; at++) { /* wherever it stands: plain letters are looked at eight together */
        char text[] = "Ho so truc tuyen cap tinh";
        text[at] = (char)0x80;
        assert_false(text_is_utf8(bytes_string(text)));
        assert_true(text_is_utf8(bytes_of(text, at)));
    }
}

static void test_distances(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t most, expected;
    } cases[] = {
        {"service", "servise", 5, 1},
        {"service", "sevrice", 5, 1},
        {"", "abc", 5, 3},
        {"abc", "", 5, 3},
        {"", "", 5, 0},
        {"same", "same", 0, 0},
        {"ca", "abc", 5, 3},
        {"abcdef", "uvwxyz", 2, 3},
        {"hồ sơ", "ho so", 5, 2},
        {"\xff\xfe", "\xff", 5, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(text_distance(bytes_string(cases[i].a), bytes_string(cases[i].b), cases[i].most),
                         cases[i].expected);
    char endless[400];
    memset(endless, 'a', sizeof endless);
    assert_int_equal(text_distance(bytes_of(endless, 400), bytes_of(endless, 400), 3), 0);
    assert_int_equal(text_distance(bytes_of(endless, 400), bytes_of(endless, 399), 3), 4);
    assert_int_equal(text_distance(bytes_of(endless, 128), bytes_of(endless, 127), 3), 1);
}

static void test_the_nearest_is_near(void **state)
{
    (void)state;
    static const char *const fields[] = {"procedure", "procedures", "person", "agency"};
    assert_string_equal(text_nearest(bytes_string("procedrue"), fields, COUNT_OF(fields)), "procedure");
    assert_string_equal(text_nearest(bytes_string("proceduress"), fields, COUNT_OF(fields)), "procedures");
    assert_string_equal(text_nearest(bytes_string("procedure"), fields, COUNT_OF(fields)), "procedure");
    assert_string_equal(text_nearest(bytes_string("agenci"), fields, COUNT_OF(fields)), "agency");
    assert_null(text_nearest(bytes_string("deadline"), fields, COUNT_OF(fields)));
    assert_null(text_nearest(bytes_string("procedure"), fields, 0));
    static const char *const short_words[] = {"to", "from"};
    assert_string_equal(text_nearest(bytes_string("t"), short_words, 2), "to");
    assert_null(text_nearest(bytes_string("xx"), short_words, 2));
}

static void test_cuts_fall_between_characters(void **state)
{
    (void)state;
    static const char text[] = "aệ😀"; /* 1 + 3 + 4 bytes */
    static const size_t expected[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};
    for (size_t size_max = 0; size_max < COUNT_OF(expected); size_max++)
        assert_int_equal(text_cut_utf8(text, 8, size_max), expected[size_max]);
    assert_int_equal(text_cut_utf8("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
    assert_int_equal(text_cut_utf8("", 0, 5), 0);
}

static void test_controls_are_seen(void **state)
{
    (void)state;
    assert_true(text_has_control(bytes_string("a\x1b[31m")));
    assert_true(text_has_control(bytes_string("a\n")));
    assert_true(text_has_control(bytes_of("a\0", 2)));
    assert_true(text_has_control(bytes_string("\x7f")));
    assert_true(text_has_control(bytes_string("\xc2\x85")));
    assert_true(text_has_control(bytes_string("\xc2\x9b")));
    assert_false(text_has_control(bytes_string("Đặng Thị Hiền \u00a0 ư")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_fold_to_one_key), cmocka_unit_test(test_nfc_composes),
        cmocka_unit_test(test_utf8_is_strict),        cmocka_unit_test(test_distances),
        cmocka_unit_test(test_the_nearest_is_near),   cmocka_unit_test(test_cuts_fall_between_characters),
        cmocka_unit_test(test_controls_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
