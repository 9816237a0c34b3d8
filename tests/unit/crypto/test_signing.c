/* Promise: one rule of verification, with published vectors; keys go through PEM unchanged; ids name keys. */
#include "cmocka_start.h"

#include "encode.h"
#include "signing.h"

#include <sodium.h>

static void from_hex(const char *text, struct buffer *out)
{
    buffer_clear(out);
    assert_int_equal(hex_decode(bytes_string(text), out), 0);
}

static void test_vectors_of_rfc_8032(void **state)
{
    (void)state;
    static const struct {
        const char *seed, *key, *message, *signature;
    } vectors[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bb"
         "e246"
         "55141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302"
         "aee"
         "b00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed"
         "28d"
         "c027beceea1ec40a"},
    };
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        BUFFER_CLEANUP struct buffer seed = {0}, key_bytes = {0}, message = {0}, expected = {0}, signature = {0};
        from_hex(vectors[i].seed, &seed);
        from_hex(vectors[i].key, &key_bytes);
        from_hex(vectors[i].message, &message);
        from_hex(vectors[i].signature, &expected);
        struct signing_key *key;
        assert_int_equal(signing_key_from_seed(buffer_view(&seed), &key, NULL), 0);
        assert_memory_equal(signing_key_public(key)->ed25519, key_bytes.data, ED25519_KEY_BYTES);
        assert_int_equal(signing_key_sign(key, buffer_view(&message), &signature), 0);
        assert_true(bytes_equal(buffer_view(&signature), buffer_view(&expected)));
        assert_int_equal(verify_key_check(signing_key_public(key), buffer_view(&message), buffer_view(&signature)), 0);
        signing_key_free(key);
    }
}

/* Points of small order, and encodings of field elements at or above p: Chalkias, Garillot, Nikolaenko, "Taming the
 * many EdDSAs", 2020. With such a key a signature can be made that fits any message. */
static void test_doubtful_ed25519_keys_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000", /* order 4 */
        "0000000000000000000000000000000000000000000000000000000000000080", /* order 4, other sign */
        "0100000000000000000000000000000000000000000000000000000000000000", /* the identity */
        "0100000000000000000000000000000000000000000000000000000000000080", /* the identity, not canonical */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", /* order 2, not canonical */
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p: 0, not canonical */
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p + 1: 1, not canonical */
        "f1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p + 4, not canonical, not small */
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", /* order 8 */
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", /* order 8 */
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", /* order 8 */
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", /* order 8 */
    };
    uint8_t zeros[ED25519_SIGNATURE_BYTES] = {1}; /* R = identity, S = 0: fits R = S·B - h·A whenever h·A is 0 */
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        BUFFER_CLEANUP struct buffer bytes = {0};
        struct verify_key key;
        struct truc_fault fault = {0};
        from_hex(keys[i], &bytes);
        assert_int_equal(verify_key_from_ed25519(buffer_view(&bytes), &key, &fault), TRUC_E_CRYPTO);
        /* The check itself refuses them too, for keys that came another way. */
        struct verify_key forced = {.algorithm = SIGNING_ED25519};
        memcpy(forced.ed25519, bytes.data, ED25519_KEY_BYTES);
        for (uint8_t message = 0; message < 32; message++)
            assert_int_equal(verify_key_check(&forced, bytes_of(&message, 1), bytes_of(zeros, sizeof zeros)),
                             TRUC_E_SIGNATURE);
    }
    uint8_t off_curve[ED25519_KEY_BYTES] = {2};
    struct verify_key key;
    assert_int_equal(verify_key_from_ed25519(bytes_of(off_curve, 32), &key, NULL), TRUC_E_CRYPTO);
    assert_int_equal(verify_key_from_ed25519(bytes_of(off_curve, 31), &key, NULL), TRUC_E_CRYPTO);
}

/* A key with a part of order 8 besides its proper one: libsodium's check alone would take it, others judge differently. */
static void test_keys_of_mixed_order_are_refused(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer small = {0};
    uint8_t seed[ED25519_SEED_BYTES] = {7}, mixed[ED25519_KEY_BYTES];
    struct signing_key *signer;
    struct verify_key key;
    from_hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", &small);
    assert_int_equal(signing_key_from_seed(bytes_of(seed, 32), &signer, NULL), 0);
    assert_int_equal(crypto_core_ed25519_add(mixed, signing_key_public(signer)->ed25519, small.data), 0);
    assert_int_equal(verify_key_from_ed25519(bytes_of(mixed, 32), &key, NULL), TRUC_E_CRYPTO);
    signing_key_free(signer);
}

static void test_doubtful_ed25519_signatures_are_refused(void **state)
{
    (void)state;
    /* L, the order of the group, little-endian: S + L fits the equation, but gives one message two signatures. */
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                      0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
    uint8_t seed[ED25519_SEED_BYTES] = {9};
    struct signing_key *signer;
    BUFFER_CLEANUP struct buffer signature = {0};
    struct bytes message = bytes_string("message");
    assert_int_equal(signing_key_from_seed(bytes_of(seed, 32), &signer, NULL), 0);
    const struct verify_key *key = signing_key_public(signer);
    assert_int_equal(signing_key_sign(signer, message, &signature), 0);
    for (size_t bit = 0; bit < 8 * signature.size; bit++) {
        signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(verify_key_check(key, message, buffer_view(&signature)), TRUC_E_SIGNATURE);
        signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(verify_key_check(key, message, buffer_view(&signature)), 0);
    assert_int_equal(verify_key_check(key, bytes_string("massage"), buffer_view(&signature)), TRUC_E_SIGNATURE);
    assert_int_equal(verify_key_check(key, message, bytes_of(signature.data, 63)), TRUC_E_SIGNATURE);
    assert_int_equal(verify_key_check(key, message, BYTES_EMPTY), TRUC_E_SIGNATURE);
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof order; i++) {
        carry += (unsigned)signature.data[32 + i] + order[i];
        signature.data[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_int_equal(verify_key_check(key, message, buffer_view(&signature)), TRUC_E_SIGNATURE);
    signing_key_free(signer);
}

/* RFC 6979 A.2.5 (P-256, SHA-256, "sample"): key, and its signature in DER. */
static void test_p256_verifies_a_published_signature(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer der = {0}, signature = {0};
    from_hex("3059301306072a8648ce3d020106082a8648ce3d030107034200"
             "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
             "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
             &der);
    from_hex("3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
             "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
             &signature);
    struct verify_key key, copy;
    assert_int_equal(verify_key_from_der(buffer_view(&der), &key, NULL), 0);
    assert_int_equal(key.algorithm, SIGNING_ECDSA_P256);
    assert_int_equal(verify_key_copy(&key, &copy), 0);
    verify_key_clear(&key);
    assert_int_equal(verify_key_check(&copy, bytes_string("sample"), buffer_view(&signature)), 0);
    assert_int_equal(verify_key_check(&copy, bytes_string("simple"), buffer_view(&signature)), TRUC_E_SIGNATURE);
    assert_int_equal(verify_key_check(&copy, bytes_string("sample"), BYTES_EMPTY), TRUC_E_SIGNATURE);
    buffer_append_byte(&signature, 0);
    assert_int_equal(verify_key_check(&copy, bytes_string("sample"), buffer_view(&signature)), TRUC_E_SIGNATURE);
    verify_key_clear(&copy);
}

/* Made by OpenSSL's command line: openssl genrsa 2048; printf sample | openssl dgst -sha256 -sign KEY */
static void test_rsa_verifies_what_another_program_signed(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer der = {0}, signature = {0};
    from_hex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100d05d36b9ba9921ed90ed30077508a1ca67"
             "0e0491a3e83434ec9a39151a041181f455e97d379ca985530d79fe2802980edb9d670223a1de041fd99f2f7a8a334e0f37ca"
             "e5c862d0e8f3e1eb5eb15b27812b3b3a42044753ce97df561659108ed1f911f968a1b9e11ee1edd0c1602981eccd1737cec1"
             "b77c4cc7b2eb1f400cd86aadf839e678aaa45cee0b6a7feb7d38422788b7c416f6005759132ef346c1409d6c789bdea7bbc6"
             "4e2aa7b1f8d103d957117b95cd5cee3a919703bb1ea144be048e0ccd430d7ae5e9d2a79ab115a6a8787a73b414e5a8c2a707"
             "d5f48e792ffd507afd783dcf04c89d8cd3a28959dc54e562b2c83046765415e32d2b880748b1bd0203010001",
             &der);
    from_hex("084ff2317ca5176e6fe4fbff73800178331fd2d07512284b5521bf67b9bc42d53f9dbd831f5704d418b05ce87e245a366cb2"
             "7f28278e0f8ce499668eefa1ef8bd3ba82b256c665436d1221da97d9c5141637aa19555bacaf87e519bbde8ef59acf22503c"
             "db36d35f7407e4b1243be0a5b86a86726c8d228e369db8a95f45beb8dc14f692cf1bc4dbd553fb8aec898b2f93c8c4037772"
             "af1ad7d71380f941de7c35e638f05affc7d691353ad839feda3e754b254ac2d60314ca86c41b3a7f4045249c18c861b667ed"
             "55646bb738bd0fa371c251691579cc454e1d26cf9644c6a6eefaf36b9ee6ac0ace6ebbd0c77bb6d081b9c9a1176b53ef9687"
             "f7b5b8c23e14",
             &signature);
    struct verify_key key, copy;
    assert_int_equal(verify_key_from_der(buffer_view(&der), &key, NULL), 0);
    assert_int_equal(key.algorithm, SIGNING_RSA);
    assert_int_equal(verify_key_copy(&key, &copy), 0);
    verify_key_clear(&key);
    struct bytes sample = bytes_string("sample");
    assert_int_equal(verify_key_check(&copy, sample, buffer_view(&signature)), 0);
    assert_int_equal(verify_key_check(&copy, bytes_string("simple"), buffer_view(&signature)), TRUC_E_SIGNATURE);
    assert_int_equal(verify_key_check(&copy, sample, BYTES_EMPTY), TRUC_E_SIGNATURE);
    assert_int_equal(verify_key_check(&copy, sample, bytes_of(signature.data, signature.size - 1)), TRUC_E_SIGNATURE);
    signature.data[0] ^= 0x80;
    assert_int_equal(verify_key_check(&copy, sample, buffer_view(&signature)), TRUC_E_SIGNATURE);
    signature.data[0] ^= 0x80;
    buffer_append_byte(&signature, 0);
    assert_int_equal(verify_key_check(&copy, sample, buffer_view(&signature)), TRUC_E_SIGNATURE);
    verify_key_clear(&copy);
}

static void test_weak_rsa_keys_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *der, *why;
    } weak[] = {
        /* openssl genrsa 1024; openssl genrsa -3 2048 */
        {"30819f300d06092a864886f70d010101050003818d0030818902818100aaa6baceff0eeb4de964a2fc19f8a2dc71624b534d"
         "cc57d651f006be7da9bc423928d64f9672055c639e4ae8c24646739bf8d4abe5181a43747a1aab090f57bf6661274ef92f21"
         "24c4a80883a93b807af848fa05568312e17d261017f0dca278f6b385ee6a10098bfe1c63a48cd64e1bf07bc61adda1685b2f"
         "fd2de4cf5246e70203010001",
         "not of 1024"},
        {"30820120300d06092a864886f70d01010105000382010d003082010802820101009090fa4b4d66494483001af9b299b2870b"
         "d58c7a31e7d62e12aab9756d49f011cc480ca35ad5e3af17ad6e7f4eb9aba49aeae581e25689b0c3ffbaf2aa080b910e150f"
         "e775bd808ef1a783716116ef751f4307d9e2e952c7985ae8d6900ca46d33748b8034257f18aab0fc1f1f845ea570b813aa23"
         "5e3f23d4d34f89fb4137dc50c07e5f842d1d488953d3f3285a6c7a9ffdffcd0fec8078406f3b7b2d1e4f034b013235514939"
         "dfd143beec77cc0eb785be308b7a1a57d2daf6970c776684a1a7f05b815e70ac69a744b33d14b97ff3aaa864e82d5901e05b"
         "ed2d8ea12463964997ea10f5d582a8f9e2de0f2f637ccbf7ac1bcd44827d9836e242863495106d020103",
         "65537"},
    };
    for (size_t i = 0; i < COUNT_OF(weak); i++) {
        BUFFER_CLEANUP struct buffer der = {0};
        struct verify_key key;
        struct truc_fault fault = {0};
        from_hex(weak[i].der, &der);
        assert_int_equal(verify_key_from_der(buffer_view(&der), &key, &fault), TRUC_E_CRYPTO);
        assert_non_null(strstr(fault.text, weak[i].why));
    }
}

static void test_public_keys_are_read_strictly(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        /* P-256: a point off the curve; compressed; P-384's OID; bytes behind */
        "3059301306072a8648ce3d020106082a8648ce3d030107034200"
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462298",
        "3039301306072a8648ce3d020106082a8648ce3d0301070322000360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e"
        "60"
        "f29fb6",
        "3059301306072a8648ce3d020106082a8648ce3d030107034200"
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d446229900",
        /* Ed25519: the identity; a byte short; X25519's OID */
        "302a300506032b65700321000100000000000000000000000000000000000000000000000000000000000000",
        "3029300506032b657003200001000000000000000000000000000000000000000000000000000000000000",
        "302a300506032b656e032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "00",
        "",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        BUFFER_CLEANUP struct buffer der = {0};
        struct verify_key key;
        struct truc_fault fault = {0};
        from_hex(wrong[i], &der);
        assert_int_equal(verify_key_from_der(buffer_view(&der), &key, &fault), TRUC_E_CRYPTO);
        assert_true(fault.text[0] != '\0');
    }
}

static void test_a_key_goes_through_pem_unchanged(void **state)
{
    (void)state;
    static const enum signing_algorithm algorithms[] = {SIGNING_ED25519, SIGNING_ECDSA_P256, SIGNING_RSA};
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        struct signing_key *key, *again;
        struct verify_key public_key;
        BUFFER_CLEANUP struct buffer pem = {0}, signature = {0};
        assert_int_equal(signing_key_generate(algorithms[i], &key, NULL), 0);
        assert_int_equal(signing_key_append_pem(key, &pem, NULL), 0);
        assert_non_null(strstr(buffer_string(&pem), "-----BEGIN PRIVATE KEY-----"));
        assert_int_equal(signing_key_from_pem(buffer_view(&pem), &again, NULL), 0);
        assert_int_equal(verify_key_from_der(verify_key_der(signing_key_public(key)), &public_key, NULL), 0);
        assert_memory_equal(&public_key.id, &signing_key_public(again)->id, sizeof public_key.id);
        assert_int_equal(signing_key_sign(again, bytes_string("text"), &signature), 0);
        assert_true(signature.size <= SIGNATURE_BYTES_MAX);
        assert_int_equal(verify_key_check(&public_key, bytes_string("text"), buffer_view(&signature)), 0);
        buffer_clear(&signature);
        assert_int_equal(signing_key_sign(key, BYTES_EMPTY, &signature), 0);
        assert_int_equal(verify_key_check(&public_key, BYTES_EMPTY, buffer_view(&signature)), 0);
        verify_key_clear(&public_key);
        signing_key_free(key);
        signing_key_free(again);
    }
    signing_key_free(NULL);
    verify_key_clear(NULL);
}

static void test_the_id_is_the_hash_of_the_public_key(void **state)
{
    (void)state;
    /* printf 302a… | xxd -r -p | sha256sum, for the key of RFC 8032's first vector */
    BUFFER_CLEANUP struct buffer raw = {0};
    struct verify_key key;
    struct key_id id;
    char text[KEY_ID_TEXT_BYTES];
    from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", &raw);
    assert_int_equal(verify_key_from_ed25519(buffer_view(&raw), &key, NULL), 0);
    key_id_format(&key.id, text);
    assert_string_equal(text, "06e3fd8fda29bb60ab59557de61edb0a");
    assert_int_equal(key_id_parse(bytes_string(text), &id), 0);
    assert_memory_equal(&id, &key.id, sizeof id);
    assert_int_equal(key_id_parse(bytes_string("00"), &id), TRUC_E_ARGUMENT);
    assert_int_equal(key_id_parse(bytes_string("0000000000000000000000000000000g"), &id), TRUC_E_ARGUMENT);
}

static void test_other_keys_are_refused_by_name(void **state)
{
    (void)state;
    struct signing_key *key = NULL;
    struct truc_fault fault = {0};
    /* An encrypted key must fail at once, not wait for somebody to type. */
    static const char *const texts[] = {
        "", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAwDAYI\n"
        "KoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(signing_key_from_pem(bytes_string(texts[i]), &key, &fault), TRUC_E_CRYPTO);
    assert_null(key);
    uint8_t seed[31] = {0};
    assert_int_equal(signing_key_from_seed(bytes_of(seed, 31), &key, &fault), TRUC_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_of_rfc_8032),
        cmocka_unit_test(test_doubtful_ed25519_keys_are_refused),
        cmocka_unit_test(test_keys_of_mixed_order_are_refused),
        cmocka_unit_test(test_doubtful_ed25519_signatures_are_refused),
        cmocka_unit_test(test_p256_verifies_a_published_signature),
        cmocka_unit_test(test_rsa_verifies_what_another_program_signed),
        cmocka_unit_test(test_weak_rsa_keys_are_refused),
        cmocka_unit_test(test_public_keys_are_read_strictly),
        cmocka_unit_test(test_a_key_goes_through_pem_unchanged),
        cmocka_unit_test(test_the_id_is_the_hash_of_the_public_key),
        cmocka_unit_test(test_other_keys_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
