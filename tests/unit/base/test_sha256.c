/* Promise: SHA-256 (FIPS 180-4), HMAC (RFC 4231) and HKDF (RFC 5869) give the published values. */
#include "cmocka_start.h"

#include "encode.h"
#include "sha256.h"

static void assert_digest(struct sha256_digest digest, const char *expected)
{
    struct buffer text = {0};
    hex_append(&text, sha256_view(&digest));
    assert_string_equal(buffer_string(&text), expected);
    buffer_free(&text);
}

static void test_hashes_of_fips_180_4(void **state)
{
    (void)state;
    assert_digest(sha256_of(BYTES_EMPTY), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(sha256_of(bytes_string("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(sha256_of(bytes_string("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    struct sha256 hash;
    sha256_begin(&hash);
    for (int i = 0; i < 100000; i++)
        sha256_add(&hash, bytes_string("aaaaaaaaaa"));
    assert_digest(sha256_end(&hash), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_the_state_is_wiped_at_the_end(void **state)
{
    (void)state;
    struct sha256 hash;
    static const struct sha256 nothing = {{0}};
    sha256_begin(&hash);
    sha256_add(&hash, bytes_string("secret"));
    sha256_end(&hash);
    assert_memory_equal(&hash, &nothing, sizeof hash);
}

static void test_hmac_of_rfc_4231(void **state)
{
    (void)state;
    uint8_t key[131];
    memset(key, 0x0b, 20);
    assert_digest(hmac_sha256(bytes_of(key, 20), bytes_string("Hi There")),
                  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_digest(hmac_sha256(bytes_string("Jefe"), bytes_string("what do ya want for nothing?")),
                  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    assert_digest(
        hmac_sha256(bytes_of(key, 131), bytes_string("Test Using Larger Than Block-Size Key - Hash Key First")),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* The published outputs are longer than 32 bytes where the RFC asks for more; T(1) is their beginning. */
static void test_hkdf_of_rfc_5869(void **state)
{
    (void)state;
    uint8_t key[80], salt[80], info[80];
    memset(key, 0x0b, 22);
    for (uint8_t i = 0; i < 13; i++)
        salt[i] = i;
    for (uint8_t i = 0; i < 10; i++)
        info[i] = (uint8_t)(0xf0 + i);
    assert_digest(hkdf_sha256(bytes_of(key, 22), bytes_of(salt, 13), bytes_of(info, 10)),
                  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    assert_digest(hkdf_sha256(bytes_of(key, 22), BYTES_EMPTY, BYTES_EMPTY),
                  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    for (uint8_t i = 0; i < 80; i++) {
        key[i] = i;
        salt[i] = (uint8_t)(0x60 + i);
        info[i] = (uint8_t)(0xb0 + i);
    }
    assert_digest(hkdf_sha256(bytes_of(key, 80), bytes_of(salt, 80), bytes_of(info, 80)),
                  "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_of_fips_180_4),
        cmocka_unit_test(test_the_state_is_wiped_at_the_end),
        cmocka_unit_test(test_hmac_of_rfc_4231),
        cmocka_unit_test(test_hkdf_of_rfc_5869),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
