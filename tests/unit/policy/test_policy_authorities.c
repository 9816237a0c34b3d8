/* test_policy_authorities.c - Promise: a key counts as long as everyone who vouches for it does: the bus's authority, and one
 * outside where the system's file names it; what their lists take back is refused from then on.
 * In the flow: loader → policy_signing_key_check. */
#include "policy_fixture.h"

#include "certificate.h"
#include "outside_authority.h"
#include "signing.h"
#include "time_text.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

enum { AUTHORITY_SEED = 200, DAY_S = 86400, SERIAL = 0x1234 };

static const char bus_yaml[] = "bus: thanhhoa\n"
                               "title: Trục thử nghiệm\n"
                               "listen: [\"tcp://127.0.0.1:7400\"]\n"
                               "ca: certs/ca.pem\n"
                               "outside-authorities:\n"
                               "  - {file: certs/outside-ca.pem, revocations: certs/outside.crl}\n"
                               "schemas: truc.descriptors\n";
static const char bus_with_own_list_yaml[] = "bus: thanhhoa\n"
                                             "title: Trục thử nghiệm\n"
                                             "listen: [\"tcp://127.0.0.1:7400\"]\n"
                                             "ca: certs/ca.pem\n"
                                             "ca-revocations: certs/own.crl\n"
                                             "schemas: truc.descriptors\n";
static const char portal_yaml[] = "id: portal\n"
                                  "title: Cổng dịch vụ công tỉnh\n"
                                  "transport-keys: keys/portal.pub\n"
                                  "certificates: [{file: certs/portal.pem, outside: certs/portal-outside.pem}]\n";

static time_t now_s(void)
{
    return (time_t)(FIXTURE_NOW_NS / TIME_NS_PER_S);
}

static struct outside_authority outside;
static struct buffer outside_pem, portal_pem, other_pem, list_pem, old_list_pem, own_list_pem, foreign_list_pem;

static const struct policy_signing_key *portal_key(const struct policy *policy)
{
    return &policy_system_by_id(policy, bytes_string("portal"))->signing_keys[0];
}

static void make_lists(void)
{
    static const uint8_t serial[] = {SERIAL >> 8, SERIAL & 0xff};
    struct revocation_request request = {.serial = serial,
                                         .serial_size = sizeof serial,
                                         .revoked = now_s() - DAY_S,
                                         .now = now_s() - DAY_S,
                                         .next_update = now_s() + DAY_S};
    assert_true(revocation_list_make(outside.key, outside.x509, &request, &list_pem));
    request.serial_size = 0;
    request.next_update = now_s() - 1;
    assert_true(revocation_list_make(outside.key, outside.x509, &request, &old_list_pem));
}

/* A list by the fixture's own authority, whose key is known: it names portal's certificate. */
static void make_own_list(const struct certificate *portal, struct bytes authority_pem)
{
    uint8_t seed[ED25519_SEED_BYTES];
    memset(seed, AUTHORITY_SEED, sizeof seed);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    BIO *input = BIO_new_mem_buf(authority_pem.data, (int)authority_pem.size);
    X509 *issuer = PEM_read_bio_X509(input, NULL, NULL, NULL);
    struct revocation_request request = {.serial = portal->serial,
                                         .serial_size = portal->serial_size,
                                         .revoked = now_s() + DAY_S,
                                         .now = now_s() - DAY_S,
                                         .next_update = now_s() + DAY_S};
    assert_true(revocation_list_make(key, issuer, &request, &own_list_pem));
    request.serial_size = 0;
    assert_true(
        revocation_list_make(outside.key, issuer, &request, &foreign_list_pem)); /* the right name, a wrong key */
    X509_free(issuer);
    BIO_free(input);
    EVP_PKEY_free(key);
}

static void make_material(struct policy_fixture *fixture)
{
    struct policy *policy = fixture_load(fixture);
    const struct policy_signing_key *portal = portal_key(policy);
    assert_true(outside_authority_make(&outside, now_s() - 30 * DAY_S));
    assert_true(outside_authority_pem(&outside, &outside_pem));
    assert_true(outside_authority_issue(&outside, verify_key_der(portal->verify_key), SERIAL, now_s() - 20 * DAY_S,
                                        &portal_pem));
    const struct policy_system *onestop = policy_system_by_id(policy, bytes_string("onestop"));
    assert_true(outside_authority_issue(&outside, verify_key_der(onestop->signing_keys[0].verify_key), SERIAL + 1,
                                        now_s() - 20 * DAY_S, &other_pem));
    make_lists();
    for (uint32_t i = 0; i < policy->files_count; i++)
        if (strcmp(policy->files[i].name, "certs/ca.pem") == 0)
            make_own_list(portal->certificate, policy->files[i].content);
    assert_true(own_list_pem.size > 0);
    policy_free(policy);
}

static int group_setup(void **state)
{
    int code = fixture_setup(state);
    if (code == 0)
        make_material(*state);
    return code;
}

static int group_teardown(void **state)
{
    struct buffer *all[] = {&outside_pem,  &portal_pem,   &other_pem,       &list_pem,
                            &old_list_pem, &own_list_pem, &foreign_list_pem};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        buffer_free(all[i]);
    outside_authority_free(&outside);
    return fixture_teardown(state);
}

/* The fixture's files with an outside certificate behind portal's key, and this list of that authority. */
static struct policy_fixture *with_outside(void **state, struct buffer *list)
{
    struct policy_fixture *fixture = *state;
    fixture_reset(fixture);
    fixture_put(fixture, "bus.yaml", bus_yaml);
    fixture_put(fixture, "systems/portal.yaml", portal_yaml);
    fixture_put(fixture, "certs/outside-ca.pem", buffer_string(&outside_pem));
    fixture_put(fixture, "certs/portal-outside.pem", buffer_string(&portal_pem));
    fixture_put(fixture, "certs/outside.crl", buffer_string(list));
    return fixture;
}

static void expect_report(struct policy_fixture *fixture, int expected, const char *text)
{
    int result;
    char *report = fixture_report(fixture, &result);
    if (strstr(report, text) == NULL)
        fail_msg("'%s' is not in:\n%s", text, report);
    assert_int_equal(result, expected);
    free(report);
}

static void test_a_key_that_an_outside_authority_took_back_is_refused_since_then(void **state)
{
    struct policy *policy =
        fixture_load_warned(with_outside(state, &list_pem), 1); /* no other certificate is in force */
    const struct policy_signing_key *key = portal_key(policy);
    struct truc_fault fault = {0};
    assert_int_equal(key->revoked_at_ns, FIXTURE_NOW_NS - DAY_S * TIME_NS_PER_S);
    assert_int_equal(policy_signing_key_check(key, FIXTURE_NOW_NS, &fault), TRUC_E_SIGNING_KEY);
    assert_int_equal(policy_signing_key_check(key, key->revoked_at_ns - 1, &fault), 0);
    policy_free(policy);
}

static void test_a_key_of_its_own_authoritys_list_is_refused_since_then(void **state)
{
    struct policy_fixture *fixture = *state;
    fixture_reset(fixture);
    fixture_put(fixture, "bus.yaml", bus_with_own_list_yaml);
    fixture_put(fixture, "certs/own.crl", buffer_string(&own_list_pem));
    struct policy *policy = fixture_load(fixture);
    const struct policy_signing_key *key = portal_key(policy);
    assert_int_equal(policy_signing_key_check(key, FIXTURE_NOW_NS, NULL), 0);
    assert_int_equal(policy_signing_key_check(key, FIXTURE_NOW_NS + DAY_S * TIME_NS_PER_S, NULL), TRUC_E_SIGNING_KEY);
    policy_free(policy);
    fixture_put(fixture, "certs/own.crl", buffer_string(&foreign_list_pem));
    expect_report(fixture, TRUC_E_CONFIG, "bus.yaml:5:17: error: bad signature: the revocation list is not signed by");
}

static void test_a_key_ends_with_the_outside_certificate(void **state)
{
    struct policy_fixture *fixture = with_outside(state, &old_list_pem);
    expect_report(fixture, 0, "warning: this revocation list is old");
    struct policy *policy = NULL;
    struct policy_report report = {0};
    assert_int_equal(policy_load_files(fixture->files, fixture->files_count, &fixture->options, &policy, &report), 0);
    const struct policy_signing_key *key = portal_key(policy);
    assert_int_equal(key->not_after_ns, key->outside->not_after_ns);
    assert_true(key->not_after_ns != key->certificate->not_after_ns);
    policy_free(policy);
    policy_report_free(&report);
}

static void test_an_outside_certificate_must_be_of_that_key_and_of_a_listed_authority(void **state)
{
    struct policy_fixture *fixture = with_outside(state, &list_pem);
    fixture_put(fixture, "certs/portal-outside.pem", buffer_string(&other_pem));
    expect_report(fixture, TRUC_E_CONFIG, "the outside certificate is for another key");
    fixture = with_outside(state, &list_pem);
    fixture_put(fixture, "certs/portal-outside.pem", buffer_string(&outside_pem));
    expect_report(fixture, TRUC_E_CONFIG, "error: the outside certificate is for another key");
    fixture = with_outside(state, &list_pem);
    fixture_put(fixture, "bus.yaml", bus_with_own_list_yaml);
    fixture_put(fixture, "certs/own.crl", buffer_string(&own_list_pem));
    expect_report(fixture, TRUC_E_CONFIG, "no outside authority issued this: none is listed");
    fixture = with_outside(state, &list_pem);
    fixture_put(fixture, "certs/outside-ca.pem", buffer_string(&portal_pem));
    expect_report(fixture, TRUC_E_CONFIG, "this certificate is no authority's");
    fixture = with_outside(state, &list_pem);
    fixture_put(fixture, "certs/outside.crl", buffer_string(&portal_pem));
    expect_report(fixture, TRUC_E_CONFIG, "revocation list: the text holds no");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_that_an_outside_authority_took_back_is_refused_since_then),
        cmocka_unit_test(test_a_key_of_its_own_authoritys_list_is_refused_since_then),
        cmocka_unit_test(test_a_key_ends_with_the_outside_certificate),
        cmocka_unit_test(test_an_outside_certificate_must_be_of_that_key_and_of_a_listed_authority),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
