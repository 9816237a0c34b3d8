/* Promise: while an authority is changed, what either of its keys certified is accepted, and what neither did is not. */
#include "cmocka_start.h"

#include "issuers.h"
#include "time_text.h"

#define NOW_NS (1795417387 * TIME_NS_PER_S) /* 23 November 2026 */

struct maker {
    struct signing_key *key;
    struct certificate certificate;
};

static struct maker make(uint64_t now_ns)
{
    struct maker maker = {.key = NULL};
    struct truc_fault fault = {0};
    assert_int_equal(signing_key_generate(SIGNING_ED25519, &maker.key, &fault), 0);
    assert_int_equal(certificate_make_authority(maker.key, "thanhhoa", now_ns, &maker.certificate, &fault), 0);
    return maker;
}

static void end(struct maker *maker)
{
    signing_key_free(maker->key);
    certificate_clear(&maker->certificate);
}

static struct certificate issue(const struct maker *maker)
{
    struct signing_key *key;
    struct certificate certificate;
    struct truc_fault fault = {0};
    assert_int_equal(signing_key_generate(SIGNING_ED25519, &key, &fault), 0);
    const struct certificate_request request = {
        .bus = "thanhhoa", .system = "onestop", .key = signing_key_public(key), .now_ns = NOW_NS};
    assert_int_equal(certificate_issue(&maker->certificate, maker->key, &request, &certificate, &fault), 0);
    signing_key_free(key);
    return certificate;
}

static void append(struct buffer *pem, const struct maker *maker)
{
    assert_int_equal(certificate_append_pem(&maker->certificate, pem, NULL), 0);
}

static void either_is_believed_and_no_third(void **state)
{
    (void)state;
    struct maker old = make(NOW_NS - TIME_NS_PER_S), new = make(NOW_NS), other = make(NOW_NS);
    struct certificate by_old = issue(&old), by_new = issue(&new), by_other = issue(&other);
    BUFFER_CLEANUP struct buffer pem = {0};
    ISSUERS_CLEANUP struct issuers issuers = {.count = 0};
    const struct certificate *issuer = NULL;
    struct truc_fault fault = {0};
    append(&pem, &new);
    buffer_append_string(&pem, "\n\n");
    append(&pem, &old);
    assert_int_equal(issuers_from_pem(buffer_view(&pem), &issuers, &fault), 0);
    assert_int_equal(issuers.count, 2);
    assert_int_equal(issuers_check(&issuers, &by_new, NOW_NS, &issuer, &fault), 0);
    assert_ptr_equal(issuer, &issuers.list[0]);
    assert_int_equal(issuers_check(&issuers, &by_old, NOW_NS, &issuer, &fault), 0);
    assert_ptr_equal(issuer, &issuers.list[1]);
    assert_int_equal(issuers_check(&issuers, &by_other, NOW_NS, NULL, &fault), TRUC_E_SIGNING_KEY);
    assert_non_null(strstr(fault.text, "none of the authority's 2 keys"));
    /* of the one that issued it, the reason is the certificate's own */
    assert_int_equal(issuers_check(&issuers, &by_old, by_old.not_after_ns + TIME_NS_PER_S, NULL, &fault),
                     TRUC_E_SIGNING_KEY);
    assert_non_null(strstr(fault.text, "expired"));
    assert_true(certificate_is_issued_by(&by_old, &old.certificate));
    assert_false(certificate_is_issued_by(&by_old, &new.certificate));
    certificate_clear(&by_old);
    certificate_clear(&by_new);
    certificate_clear(&by_other);
    end(&old);
    end(&new);
    end(&other);
}

static void a_file_that_is_no_list_of_authorities_is_refused(void **state)
{
    (void)state;
    struct maker makers[ISSUERS_MAX + 1];
    BUFFER_CLEANUP struct buffer pem = {0}, twice = {0};
    struct issuers issuers;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        makers[i] = make(NOW_NS);
        append(&pem, &makers[i]);
    }
    append(&twice, &makers[0]);
    size_t one = twice.size;
    append(&twice, &makers[0]);
    assert_int_equal(issuers_from_pem(buffer_view(&pem), &issuers, NULL), TRUC_E_LIMIT);
    assert_int_equal(issuers_from_pem(buffer_view(&twice), &issuers, NULL), TRUC_E_CRYPTO);
    assert_int_equal(issuers_from_pem(BYTES_EMPTY, &issuers, NULL), TRUC_E_CRYPTO);
    assert_int_equal(issuers_from_pem(bytes_string("no certificate"), &issuers, NULL), TRUC_E_CRYPTO);
    for (size_t size = one + 20; size < 2 * one - 2; size += 7) /* the second is cut */
        assert_int_equal(issuers_from_pem(bytes_of(pem.data, size), &issuers, NULL), TRUC_E_CRYPTO);
    for (size_t i = 0; i < COUNT_OF(makers); i++)
        end(&makers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_is_believed_and_no_third),
        cmocka_unit_test(a_file_that_is_no_list_of_authorities_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
