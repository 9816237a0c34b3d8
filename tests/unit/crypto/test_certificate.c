/* Promise: what the bus's authority issues is accepted for that system and that time, and nothing else is. */
#include "cmocka_start.h"

#include "certificate.h"
#include "time_text.h"

#define DAY_NS (86400 * TIME_NS_PER_S)
#define NOW_NS (1795417387 * TIME_NS_PER_S) /* 23 November 2026 */

struct authority {
    struct signing_key *key;
    struct certificate certificate;
};

static void authority_make(struct authority *authority, enum signing_algorithm algorithm)
{
    struct truc_fault fault = {0};
    assert_int_equal(signing_key_generate(algorithm, &authority->key, &fault), 0);
    assert_int_equal(certificate_make_authority(authority->key, "thanhhoa", NOW_NS, &authority->certificate, &fault),
                     0);
}

static void authority_free(struct authority *authority)
{
    signing_key_free(authority->key);
    certificate_clear(&authority->certificate);
}

/* A certificate for "onestop"; the key may be kept or freed. */
static struct certificate issue(const struct authority *authority, enum signing_algorithm algorithm, uint64_t now_ns)
{
    struct signing_key *key;
    struct certificate certificate;
    struct truc_fault fault = {0};
    assert_int_equal(signing_key_generate(algorithm, &key, &fault), 0);
    struct certificate_request request = {
        .bus = "thanhhoa", .system = "onestop", .key = signing_key_public(key), .now_ns = now_ns};
    assert_int_equal(certificate_issue(&authority->certificate, authority->key, &request, &certificate, &fault), 0);
    assert_memory_equal(&certificate.key.id, &signing_key_public(key)->id, sizeof(struct key_id));
    signing_key_free(key);
    return certificate;
}

static void test_issued_certificates_are_accepted(void **state)
{
    (void)state;
    static const enum signing_algorithm algorithms[] = {SIGNING_ED25519, SIGNING_ECDSA_P256, SIGNING_RSA};
    for (size_t a = 0; a < 2; a++)
        for (size_t s = 0; s < 2; s++) {
            struct authority authority;
            struct truc_fault fault = {0};
            authority_make(&authority, algorithms[a]);
            assert_true(authority.certificate.is_authority);
            assert_string_equal(authority.certificate.subject, "Truc thanhhoa authority");
            struct certificate certificate = issue(&authority, algorithms[s], NOW_NS);
            assert_string_equal(certificate.subject, "onestop");
            assert_string_equal(certificate.issuer, "Truc thanhhoa authority");
            assert_string_equal(certificate.uri, "urn:truc:thanhhoa:onestop");
            assert_false(certificate.is_authority);
            assert_int_equal(certificate.serial_size, 16);
            assert_int_equal(certificate.not_before_ns, NOW_NS);
            assert_int_equal(certificate.not_after_ns, NOW_NS + 730 * DAY_NS);
            assert_int_equal(certificate_check_chain(&certificate, &authority.certificate, NOW_NS + DAY_NS, &fault), 0);
            certificate_clear(&certificate);
            authority_free(&authority);
        }
}

static void test_a_certificate_reads_back(void **state)
{
    (void)state;
    struct authority authority;
    struct certificate again;
    BUFFER_CLEANUP struct buffer pem = {0};
    authority_make(&authority, SIGNING_ED25519);
    buffer_append_string(&pem, "a line of comment before it\n");
    assert_int_equal(certificate_append_pem(&authority.certificate, &pem, NULL), 0);
    assert_int_equal(certificate_from_pem(buffer_view(&pem), &again, NULL), 0);
    assert_true(bytes_equal(certificate_der(&again), certificate_der(&authority.certificate)));
    assert_true(sha256_equal(&again.digest, &authority.certificate.digest));
    certificate_clear(&again);
    assert_int_equal(certificate_append_pem(&authority.certificate, &pem, NULL), 0);
    assert_int_equal(certificate_from_pem(buffer_view(&pem), &again, NULL), TRUC_E_CRYPTO); /* two of them */
    authority_free(&authority);
}

static void assert_refused(const struct certificate *certificate, const struct certificate *authority,
                           uint64_t at_time_ns, int code, const char *words)
{
    struct truc_fault fault = {0};
    assert_int_equal(certificate_check_chain(certificate, authority, at_time_ns, &fault), code);
    assert_non_null(strstr(fault.text, words));
}

static void test_times_are_judged_to_the_second(void **state)
{
    (void)state;
    struct authority authority;
    authority_make(&authority, SIGNING_ED25519);
    struct certificate certificate = issue(&authority, SIGNING_ED25519, NOW_NS + DAY_NS);
    uint64_t from_ns = NOW_NS + DAY_NS, until_ns = from_ns + 730 * DAY_NS + TIME_NS_PER_S;
    assert_refused(&certificate, &authority.certificate, from_ns - 1, TRUC_E_SIGNING_KEY, "not yet valid");
    assert_int_equal(certificate_check_chain(&certificate, &authority.certificate, from_ns, NULL), 0);
    assert_int_equal(certificate_check_chain(&certificate, &authority.certificate, until_ns - 1, NULL), 0);
    assert_refused(&certificate, &authority.certificate, until_ns, TRUC_E_SIGNING_KEY, "expired");
    certificate_clear(&certificate);
    /* Never longer than the authority, which is refused when it has ended itself. */
    certificate = issue(&authority, SIGNING_ED25519, NOW_NS + 3640 * DAY_NS);
    assert_int_equal(certificate.not_after_ns, authority.certificate.not_after_ns);
    certificate_clear(&certificate);
    struct certificate_request late = {
        .bus = "thanhhoa", .system = "onestop", .key = &authority.certificate.key, .now_ns = NOW_NS + 3651 * DAY_NS};
    assert_int_equal(certificate_issue(&authority.certificate, authority.key, &late, &certificate, NULL),
                     TRUC_E_SIGNING_KEY);
    authority_free(&authority);
}

static void test_other_issuers_are_refused(void **state)
{
    (void)state;
    struct authority authority, impostor;
    struct signing_key *stranger_key;
    struct certificate stranger;
    authority_make(&authority, SIGNING_ED25519);
    authority_make(&impostor, SIGNING_ED25519); /* the same name, another key */
    struct certificate genuine = issue(&authority, SIGNING_ED25519, NOW_NS);
    struct certificate forged = issue(&impostor, SIGNING_ED25519, NOW_NS);
    assert_refused(&forged, &authority.certificate, NOW_NS, TRUC_E_SIGNING_KEY, "wrong issuer");
    assert_int_equal(signing_key_generate(SIGNING_ED25519, &stranger_key, NULL), 0);
    assert_int_equal(certificate_make_authority(stranger_key, "daklak", NOW_NS, &stranger, NULL), 0);
    assert_refused(&genuine, &stranger, NOW_NS, TRUC_E_SIGNING_KEY, "wrong issuer");
    assert_refused(&genuine, &forged, NOW_NS, TRUC_E_SIGNING_KEY, "not an authority");
    assert_refused(&genuine, &genuine, NOW_NS, TRUC_E_SIGNING_KEY, "not an authority");
    assert_refused(&authority.certificate, &authority.certificate, NOW_NS, TRUC_E_SIGNING_KEY, "an authority's");
    struct certificate_request request = {
        .bus = "thanhhoa", .system = "onestop", .key = &genuine.key, .now_ns = NOW_NS};
    struct certificate none;
    assert_int_equal(certificate_issue(&authority.certificate, impostor.key, &request, &none, NULL), TRUC_E_ARGUMENT);
    certificate_clear(&genuine);
    certificate_clear(&forged);
    certificate_clear(&stranger);
    signing_key_free(stranger_key);
    authority_free(&authority);
    authority_free(&impostor);
}

/* Every byte of the certificate is either encoding, protected by the signature, or the signature. */
static void test_no_byte_can_be_changed(void **state)
{
    (void)state;
    struct authority authority;
    authority_make(&authority, SIGNING_ED25519);
    struct certificate genuine = issue(&authority, SIGNING_ED25519, NOW_NS);
    size_t parsed = 0, bad_signatures = 0;
    for (size_t at = 0; at < genuine.der_size; at++) {
        struct certificate changed;
        struct truc_fault fault = {0};
        genuine.der[at] ^= (uint8_t)(1 << at % 8);
        if (certificate_from_der(certificate_der(&genuine), &changed, &fault) == 0) {
            parsed++;
            int code = certificate_check_chain(&changed, &authority.certificate, NOW_NS, &fault);
            assert_true(code == TRUC_E_SIGNATURE || code == TRUC_E_SIGNING_KEY);
            bad_signatures += code == TRUC_E_SIGNATURE;
            certificate_clear(&changed);
        }
        genuine.der[at] ^= (uint8_t)(1 << at % 8);
    }
    assert_true(parsed > 100 && bad_signatures > 100);
    for (size_t size = 0; size < genuine.der_size; size++) {
        struct certificate cut;
        assert_int_equal(certificate_from_der(bytes_of(genuine.der, size), &cut, NULL), TRUC_E_CRYPTO);
    }
    certificate_clear(&genuine);
    authority_free(&authority);
}

static void test_a_certificate_is_for_one_system_on_one_bus(void **state)
{
    (void)state;
    struct authority authority;
    struct truc_fault fault = {0};
    authority_make(&authority, SIGNING_ED25519);
    struct certificate certificate = issue(&authority, SIGNING_ED25519, NOW_NS);
    assert_int_equal(certificate_check_system(&certificate, "thanhhoa", "onestop", &fault), 0);
    assert_int_equal(certificate_check_system(&certificate, "thanhhoa", "portal", &fault), TRUC_E_SIGNING_KEY);
    assert_int_equal(certificate_check_system(&certificate, "daklak", "onestop", &fault), TRUC_E_SIGNING_KEY);
    assert_non_null(strstr(fault.text, "urn:truc:daklak:onestop"));
    static const char *const bad_ids[] = {"",    "a:b", "a,b", "A",
                                          "a b", "đ",   "a/b", "1234567890123456789012345678901234567890123456789"};
    for (size_t i = 0; i < COUNT_OF(bad_ids); i++) {
        struct certificate none;
        struct certificate_request request = {
            .bus = "thanhhoa", .system = bad_ids[i], .key = &certificate.key, .now_ns = NOW_NS};
        assert_int_equal(certificate_issue(&authority.certificate, authority.key, &request, &none, NULL),
                         TRUC_E_ARGUMENT);
        assert_int_equal(certificate_make_authority(authority.key, bad_ids[i], NOW_NS, &none, NULL), TRUC_E_ARGUMENT);
    }
    certificate_clear(&certificate);
    authority_free(&authority);
    certificate_clear(NULL);
}

static void test_text_that_is_no_certificate_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "-----BEGIN CERTIFICATE-----",
                                        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"};
    struct certificate certificate;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(certificate_from_pem(bytes_string(texts[i]), &certificate, NULL), TRUC_E_CRYPTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_issued_certificates_are_accepted),
        cmocka_unit_test(test_a_certificate_reads_back),
        cmocka_unit_test(test_times_are_judged_to_the_second),
        cmocka_unit_test(test_other_issuers_are_refused),
        cmocka_unit_test(test_no_byte_can_be_changed),
        cmocka_unit_test(test_a_certificate_is_for_one_system_on_one_bus),
        cmocka_unit_test(test_text_that_is_no_certificate_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
