/* Promise: Z85 is ZeroMQ RFC 32's, strict, and key pairs belong together. */
#include "cmocka_start.h"

#include "curve_key.h"

#include <truc/error.h>

static void test_the_vector_of_rfc_32(void **state)
{
    (void)state;
    static const uint8_t hello[] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};
    BUFFER_CLEANUP struct buffer out = {0};
    assert_int_equal(z85_append(&out, bytes_of(hello, sizeof hello)), 0);
    assert_string_equal(buffer_string(&out), "HelloWorld");
    buffer_clear(&out);
    assert_int_equal(z85_decode(bytes_string("HelloWorld"), &out), 0);
    assert_true(bytes_equal(buffer_view(&out), bytes_of(hello, sizeof hello)));
    buffer_clear(&out);
    assert_int_equal(z85_append(&out, bytes_of("\xff\xff\xff\xff\0\0\0\0", 8)), 0);
    assert_string_equal(buffer_string(&out), "%nSc000000");
}

static void test_other_text_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Hell", "HelloW", "Hell ", "Hell\"", "Hell~", "%nSc1", "#####", "Hel\\o"};
    BUFFER_CLEANUP struct buffer out = {0};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(z85_decode(bytes_string(wrong[i]), &out), TRUC_E_ARGUMENT);
        assert_int_equal(out.size, 0);
    }
    assert_int_equal(z85_decode(bytes_of("Hel\0o", 5), &out), TRUC_E_ARGUMENT);
    assert_int_equal(z85_append(&out, bytes_of("abc", 3)), TRUC_E_ARGUMENT);
    assert_int_equal(out.size, 0);
}

/* The server pair that libzmq publishes in its manual (zmq_curve). */
static void test_the_public_key_follows_from_the_secret(void **state)
{
    (void)state;
    CURVE_KEY_CLEANUP struct curve_key key = {"", ""};
    assert_int_equal(curve_key_from_secret(bytes_string("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"), &key), 0);
    assert_string_equal(key.public_text, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
    assert_string_equal(key.secret_text, "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6");
    assert_int_equal(curve_key_from_secret(bytes_string("short"), &key), TRUC_E_ARGUMENT);
    assert_int_equal(curve_key_from_secret(bytes_string("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh~"), &key),
                     TRUC_E_ARGUMENT);
}

static void test_made_pairs_differ_and_are_wiped(void **state)
{
    (void)state;
    struct curve_key a, b, again;
    static const struct curve_key nothing = {"", ""};
    assert_int_equal(curve_key_generate(&a), 0);
    assert_int_equal(curve_key_generate(&b), 0);
    assert_string_not_equal(a.secret_text, b.secret_text);
    assert_int_equal(curve_key_from_secret(bytes_string(a.secret_text), &again), 0);
    assert_string_equal(again.public_text, a.public_text);
    curve_key_wipe(&a);
    assert_memory_equal(&a, &nothing, sizeof a);
    curve_key_wipe(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vector_of_rfc_32),
        cmocka_unit_test(test_other_text_is_refused),
        cmocka_unit_test(test_the_public_key_follows_from_the_secret),
        cmocka_unit_test(test_made_pairs_differ_and_are_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
