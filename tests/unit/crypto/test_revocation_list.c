/* Promise: what an authority's whole, signed list names is revoked since then; nothing else is taken for such a list. */
#include "cmocka_start.h"

#include "outside_authority.h"
#include "revocation_list.h"
#include "signing.h"

enum { NOW_S = 1780000000, DAY_S = 86400 };
#define NS_PER_S 1000000000ull

struct bench {
    struct outside_authority maker;
    struct certificate authority, revoked, good;
};

static void issue(const struct outside_authority *maker, long serial, struct certificate *certificate)
{
    struct signing_key *key;
    BUFFER_CLEANUP struct buffer pem = {0};
    assert_int_equal(signing_key_generate(SIGNING_RSA, &key, NULL), 0);
    assert_true(outside_authority_issue(maker, verify_key_der(signing_key_public(key)), serial, NOW_S, &pem));
    assert_int_equal(certificate_from_pem(buffer_view(&pem), certificate, NULL), 0);
    signing_key_free(key);
}

static int setup(void **state)
{
    static struct bench bench;
    BUFFER_CLEANUP struct buffer pem = {0};
    assert_true(outside_authority_make(&bench.maker, NOW_S));
    assert_true(outside_authority_pem(&bench.maker, &pem));
    assert_int_equal(certificate_from_pem(buffer_view(&pem), &bench.authority, NULL), 0);
    issue(&bench.maker, 4711, &bench.revoked);
    issue(&bench.maker, 4712, &bench.good);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    outside_authority_free(&bench->maker);
    certificate_clear(&bench->authority);
    certificate_clear(&bench->revoked);
    certificate_clear(&bench->good);
    return 0;
}

static struct revocation_request request_for(const struct certificate *certificate)
{
    return (struct revocation_request){.serial = certificate->serial,
                                       .serial_size = certificate->serial_size,
                                       .revoked = NOW_S + DAY_S,
                                       .now = NOW_S + 2 * DAY_S,
                                       .next_update = NOW_S + 9 * DAY_S};
}

static int read_list(const struct outside_authority *maker, const struct revocation_request *request,
                     struct revocation_list *list, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer pem = {0};
    assert_true(revocation_list_make(maker->key, maker->x509, request, &pem));
    return revocation_list_from_pem(buffer_view(&pem), list, fault);
}

static void test_certificates_of_such_authorities_are_judged(void **state)
{
    const struct bench *bench = *state;
    assert_string_equal(bench->good.subject, "Trung tâm Phục vụ hành chính công");
    assert_int_equal(certificate_check_chain(&bench->good, &bench->authority, NOW_S * NS_PER_S, NULL), 0);
    struct outside_authority other = {0};
    struct certificate stranger = {0};
    BUFFER_CLEANUP struct buffer pem = {0};
    assert_true(outside_authority_make(&other, NOW_S)); /* the same name, another key */
    assert_true(outside_authority_pem(&other, &pem));
    assert_int_equal(certificate_from_pem(buffer_view(&pem), &stranger, NULL), 0);
    assert_true(certificate_check_chain(&bench->good, &stranger, NOW_S * NS_PER_S, NULL) < 0);
    certificate_clear(&stranger);
    outside_authority_free(&other);
}

static void test_what_a_list_names_is_revoked_since_then(void **state)
{
    const struct bench *bench = *state;
    struct revocation_request request = request_for(&bench->revoked);
    struct revocation_list list = {0};
    uint64_t since_ns = 1;
    assert_int_equal(read_list(&bench->maker, &request, &list, NULL), 0);
    assert_int_equal(revocation_list_check(&list, &bench->authority, NULL), 0);
    assert_int_equal(list.next_update_ns, (NOW_S + 9 * DAY_S) * NS_PER_S);
    assert_int_equal(revocation_list_find(&list, &bench->revoked, &since_ns), 0);
    assert_int_equal(since_ns, (NOW_S + DAY_S) * NS_PER_S);
    assert_int_equal(revocation_list_find(&list, &bench->good, &since_ns), 0);
    assert_true(since_ns == UINT64_MAX);
    revocation_list_clear(&list);
    request.serial_size = 0;
    request.next_update = 0;
    assert_int_equal(read_list(&bench->maker, &request, &list, NULL), 0);
    assert_true(list.next_update_ns == UINT64_MAX);
    assert_int_equal(revocation_list_find(&list, &bench->revoked, &since_ns), 0);
    assert_true(since_ns == UINT64_MAX);
    revocation_list_clear(&list);
    revocation_list_clear(NULL);
}

static void test_another_authoritys_list_does_not_count(void **state)
{
    const struct bench *bench = *state;
    struct revocation_request request = request_for(&bench->revoked);
    struct outside_authority other = {0};
    struct revocation_list list = {0};
    struct truc_fault fault = {0};
    assert_true(outside_authority_make(&other, NOW_S));
    assert_int_equal(read_list(&other, &request, &list, NULL), 0);
    assert_int_equal(revocation_list_check(&list, &bench->authority, &fault), TRUC_E_SIGNATURE);
    assert_int_equal(revocation_list_check(&list, &bench->good, &fault), TRUC_E_SIGNING_KEY);
    revocation_list_clear(&list);
    outside_authority_free(&other);
}

static void test_weak_and_partial_lists_are_refused(void **state)
{
    const struct bench *bench = *state;
    struct revocation_request request = request_for(&bench->revoked);
    struct revocation_list list = {0};
    struct truc_fault fault = {0};
    request.delta = true;
    assert_int_equal(read_list(&bench->maker, &request, &list, &fault), TRUC_E_CRYPTO);
    assert_non_null(strstr(fault.text, "deltaCRL"));
    request.delta = false;
    request.sha1 = true;
    assert_int_equal(read_list(&bench->maker, &request, &list, &fault), 0);
    assert_int_equal(revocation_list_check(&list, &bench->authority, &fault), TRUC_E_SIGNATURE);
    revocation_list_clear(&list);
}

static void test_what_is_no_list_is_named(void **state)
{
    const struct bench *bench = *state;
    static const char *const texts[] = {"", "no list", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
                                        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    struct revocation_list list = {0};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct truc_fault fault = {0};
        assert_int_equal(revocation_list_from_pem(bytes_string(texts[i]), &list, &fault), TRUC_E_CRYPTO);
        assert_non_null(strstr(fault.text, "revocation list"));
    }
    struct revocation_request request = request_for(&bench->revoked);
    BUFFER_CLEANUP struct buffer pem = {0};
    assert_true(revocation_list_make(bench->maker.key, bench->maker.x509, &request, &pem));
    assert_true(revocation_list_make(bench->maker.key, bench->maker.x509, &request, &pem));
    struct truc_fault fault = {0};
    assert_int_equal(revocation_list_from_pem(buffer_view(&pem), &list, &fault), TRUC_E_CRYPTO);
    assert_non_null(strstr(fault.text, "more than one"));
    assert_null(list.crl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates_of_such_authorities_are_judged),
        cmocka_unit_test(test_what_a_list_names_is_revoked_since_then),
        cmocka_unit_test(test_another_authoritys_list_does_not_count),
        cmocka_unit_test(test_weak_and_partial_lists_are_refused),
        cmocka_unit_test(test_what_is_no_list_is_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
