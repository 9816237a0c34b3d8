/* Promise: what was sealed opens only with the same key, nonce, context and bytes; keys wrap and unwrap. */
#include "cmocka_start.h"

#include "aead.h"
#include "encode.h"

#include <truc/error.h>

static void from_hex(const char *text, struct buffer *out)
{
    buffer_clear(out);
    assert_int_equal(hex_decode(bytes_string(text), out), 0);
}

/* Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation": AES-256, 60 bytes, associated data. */
static void test_published_vector(void **state)
{
    (void)state;
    AEAD_CLEANUP struct aead aead = {0};
    BUFFER_CLEANUP struct buffer key = {0}, nonce = {0}, associated = {0}, plain = {0}, expected = {0}, out = {0};
    from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", &key);
    from_hex("cafebabefacedbaddecaf888", &nonce);
    from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2", &associated);
    from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
             "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
             &plain);
    from_hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
             "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
             "76fc6ece0f4e1768cddf8853bb2d551b",
             &expected);
    assert_int_equal(aead_begin(&aead), 0);
    for (int round = 0; round < 2; round++) { /* the context is reused */
        buffer_clear(&out);
        assert_int_equal(aead_seal(&aead, buffer_view(&key), buffer_view(&nonce), buffer_view(&associated),
                                   buffer_view(&plain), &out),
                         0);
        assert_true(bytes_equal(buffer_view(&out), buffer_view(&expected)));
        buffer_clear(&out);
        assert_int_equal(aead_open(&aead, buffer_view(&key), buffer_view(&nonce), buffer_view(&associated),
                                   buffer_view(&expected), &out),
                         0);
        assert_true(bytes_equal(buffer_view(&out), buffer_view(&plain)));
    }
}

static void test_any_change_is_noticed_and_nothing_leaks(void **state)
{
    (void)state;
    AEAD_CLEANUP struct aead aead = {0};
    assert_int_equal(aead_begin(&aead), 0);
    uint8_t parts[4][64] = {{1}, {2}, {3}, {0}}; /* key, nonce, associated data, sealed text */
    const size_t sizes[4] = {AEAD_KEY_BYTES, AEAD_NONCE_BYTES, 5, 20 + AEAD_TAG_BYTES};
    BUFFER_CLEANUP struct buffer sealed = {0}, out = {0};
    assert_int_equal(aead_seal(&aead, bytes_of(parts[0], sizes[0]), bytes_of(parts[1], sizes[1]),
                               bytes_of(parts[2], sizes[2]), bytes_string("twenty bytes of text"), &sealed),
                     0);
    memcpy(parts[3], sealed.data, sealed.size);
    buffer_append_string(&out, "kept");
    for (size_t part = 0; part < COUNT_OF(sizes); part++)
        for (size_t bit = 0; bit < sizes[part] * 8; bit++) {
            parts[part][bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(aead_open(&aead, bytes_of(parts[0], sizes[0]), bytes_of(parts[1], sizes[1]),
                                       bytes_of(parts[2], sizes[2]), bytes_of(parts[3], sizes[3]), &out),
                             TRUC_E_CRYPTO);
            assert_string_equal(buffer_string(&out), "kept");
            parts[part][bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    for (size_t size = 0; size < sizes[3]; size++)
        assert_int_equal(aead_open(&aead, bytes_of(parts[0], sizes[0]), bytes_of(parts[1], sizes[1]),
                                   bytes_of(parts[2], sizes[2]), bytes_of(parts[3], size), &out),
                         TRUC_E_CRYPTO);
    assert_int_equal(aead_open(&aead, bytes_of(parts[0], sizes[0]), bytes_of(parts[1], sizes[1]),
                               bytes_of(parts[2], sizes[2]), bytes_of(parts[3], sizes[3]), &out),
                     0);
    assert_string_equal(buffer_string(&out), "kepttwenty bytes of text");
}

static void test_empty_text_and_wrong_sizes(void **state)
{
    (void)state;
    AEAD_CLEANUP struct aead aead = {0};
    uint8_t zero[AEAD_KEY_BYTES] = {0};
    struct bytes key = bytes_of(zero, AEAD_KEY_BYTES), nonce = bytes_of(zero, AEAD_NONCE_BYTES);
    BUFFER_CLEANUP struct buffer sealed = {0}, out = {0}, narrow = {.size_max = 17};
    assert_int_equal(aead_begin(&aead), 0);
    assert_int_equal(aead_seal(&aead, key, nonce, BYTES_EMPTY, BYTES_EMPTY, &sealed), 0);
    assert_int_equal(sealed.size, AEAD_TAG_BYTES);
    assert_int_equal(aead_open(&aead, key, nonce, BYTES_EMPTY, buffer_view(&sealed), &out), 0);
    assert_int_equal(out.size, 0);
    assert_int_equal(aead_seal(&aead, bytes_of(zero, 16), nonce, BYTES_EMPTY, key, &out), TRUC_E_ARGUMENT);
    assert_int_equal(aead_seal(&aead, key, bytes_of(zero, 16), BYTES_EMPTY, key, &out), TRUC_E_ARGUMENT);
    assert_int_equal(aead_open(&aead, key, bytes_of(zero, 11), BYTES_EMPTY, buffer_view(&sealed), &out),
                     TRUC_E_ARGUMENT);
    assert_int_equal(aead_seal(&aead, key, nonce, BYTES_EMPTY, key, &narrow), TRUC_E_LIMIT);
    assert_int_equal(narrow.size, 0);
    aead_free(NULL);
}

static void test_keys_wrap_and_unwrap(void **state)
{
    (void)state;
    AEAD_CLEANUP struct aead aead = {0};
    uint8_t master[AEAD_KEY_BYTES] = {1}, key[AEAD_KEY_BYTES] = {2}, back[AEAD_KEY_BYTES] = {3}, before[AEAD_KEY_BYTES];
    BUFFER_CLEANUP struct buffer first = {0}, second = {0};
    assert_int_equal(aead_begin(&aead), 0);
    struct bytes purpose = bytes_string("segment 1");
    assert_int_equal(key_wrap(&aead, bytes_of(master, 32), purpose, bytes_of(key, 32), &first), 0);
    assert_int_equal(key_wrap(&aead, bytes_of(master, 32), purpose, bytes_of(key, 32), &second), 0);
    assert_int_equal(first.size, KEY_WRAPPED_BYTES);
    assert_false(bytes_equal(buffer_view(&first), buffer_view(&second))); /* a nonce of its own each time */
    memcpy(before, back, sizeof before);
    assert_int_equal(key_unwrap(&aead, bytes_of(master, 32), bytes_string("segment 2"), buffer_view(&first), back),
                     TRUC_E_CRYPTO);
    assert_int_equal(key_unwrap(&aead, bytes_of(key, 32), purpose, buffer_view(&first), back), TRUC_E_CRYPTO);
    assert_int_equal(key_unwrap(&aead, bytes_of(master, 32), purpose, bytes_of(first.data, first.size - 1), back),
                     TRUC_E_CRYPTO);
    assert_memory_equal(back, before, sizeof back);
    assert_int_equal(key_unwrap(&aead, bytes_of(master, 32), purpose, buffer_view(&first), back), 0);
    assert_memory_equal(back, key, sizeof back);
    assert_int_equal(key_wrap(&aead, bytes_of(master, 32), purpose, bytes_of(key, 31), &first), TRUC_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vector),
        cmocka_unit_test(test_any_change_is_noticed_and_nothing_leaks),
        cmocka_unit_test(test_empty_text_and_wrong_sizes),
        cmocka_unit_test(test_keys_wrap_and_unwrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
