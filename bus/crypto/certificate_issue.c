/* certificate_issue.c - makes certificates: the bus's own authority, and the systems' under it.
 * Not a policy of who gets one: the operator decides that at the command line.
 * The result is parsed again by certificate_from_der, so nothing is issued that would not be accepted. */
#include "certificate.h"
#include "signing_private.h"
#include "time_text.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sodium.h>

enum { SERIAL_BYTES = 16, SECONDS_PER_DAY = 86400, DAYS_PER_YEAR = 365 };

/* Ids go into a URN, where ':' divides: only these characters. */
static bool id_is_valid(const char *id)
{
    size_t size = strlen(id);
    return size >= 1 && size <= CERTIFICATE_ID_BYTES_MAX &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-.") == size;
}

static int check_id(const char *what, const char *id, struct truc_fault *fault)
{
    if (id_is_valid(id))
        return 0;
    return fault_set(fault, TRUC_E_ARGUMENT, "a %s id is 1 to %d of a-z, 0-9, '-' and '.', not '%.60s'", what,
                     CERTIFICATE_ID_BYTES_MAX, id);
}

static bool set_serial(X509 *x509)
{
    uint8_t serial[SERIAL_BYTES];
    randombytes_buf(serial, sizeof serial);
    serial[0] &= 0x7f; /* positive without a leading zero byte */
    serial[0] |= 0x40; /* and always 16 bytes */
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    bool set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return set;
}

static bool set_validity(X509 *x509, uint64_t from_ns, uint64_t until_ns)
{
    time_t from = (time_t)(from_ns / TIME_NS_PER_S), until = (time_t)(until_ns / TIME_NS_PER_S);
    return ASN1_TIME_set(X509_getm_notBefore(x509), from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x509), until) != NULL;
}

static bool add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool set_subject(X509 *x509, const char *common_name)
{
    return X509_NAME_add_entry_by_NID(X509_get_subject_name(x509), NID_commonName, MBSTRING_UTF8,
                                      (const uint8_t *)common_name, -1, -1, 0) == 1;
}

static uint64_t years_later(uint64_t now_ns, unsigned years)
{
    uint64_t later_ns;
    uint64_t span_ns = (uint64_t)years * DAYS_PER_YEAR * SECONDS_PER_DAY * TIME_NS_PER_S;
    return __builtin_add_overflow(now_ns, span_ns, &later_ns) ? UINT64_MAX : later_ns;
}

/* Signs, encodes and reads back. Takes ownership of `x509`. */
static int finish(X509 *x509, bool filled, const struct signing_key *key, struct certificate *ret_certificate,
                  struct truc_fault *fault)
{
    const EVP_MD *digest = signing_key_public(key)->algorithm == SIGNING_ED25519 ? NULL : EVP_sha256();
    uint8_t *der = NULL;
    int size = filled && X509_sign(x509, signing_key_evp(key), digest) > 0 ? i2d_X509(x509, &der) : -1;
    X509_free(x509);
    if (size < 0)
        return crypto_fault(fault, TRUC_E_CRYPTO, "making a certificate");
    int code = certificate_from_der(bytes_of(der, (size_t)size), ret_certificate, fault);
    OPENSSL_free(der);
    return code;
}

int certificate_make_authority(const struct signing_key *key, const char *bus, uint64_t now_ns,
                               struct certificate *ret_certificate, struct truc_fault *fault)
{
    int code = check_id("bus", bus, fault);
    if (code < 0)
        return code;
    char name[CERTIFICATE_NAME_BYTES_MAX];
    snprintf(name, sizeof name, "Truc %s authority", bus); /* 48 bytes at most: a common name takes 64 characters */
    X509 *x509 = sodium_init() < 0 ? NULL : X509_new();
    bool filled = x509 != NULL && X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
                  set_validity(x509, now_ns, years_later(now_ns, CERTIFICATE_AUTHORITY_YEARS)) &&
                  set_subject(x509, name) && X509_set_issuer_name(x509, X509_get_subject_name(x509)) == 1 &&
                  X509_set_pubkey(x509, signing_key_evp(key)) == 1 &&
                  add_extension(x509, x509, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                  add_extension(x509, x509, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                  add_extension(x509, x509, NID_subject_key_identifier, "hash");
    return finish(x509, filled, key, ret_certificate, fault);
}

/* OpenSSL's form of a public key; NULL on failure. Freed by the caller. */
static EVP_PKEY *public_evp(const struct verify_key *key)
{
    const uint8_t *at = key->der;
    return d2i_PUBKEY(NULL, &at, (long)key->der_size);
}

static bool fill_system(X509 *x509, X509 *issuer, EVP_PKEY *pkey, const struct certificate_request *request,
                        uint64_t until_ns)
{
    char uri[CERTIFICATE_NAME_BYTES_MAX];
    snprintf(uri, sizeof uri, "URI:urn:truc:%s:%s", request->bus, request->system); /* ids hold no ',' to escape */
    return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
           set_validity(x509, request->now_ns, until_ns) && set_subject(x509, request->system) &&
           X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1 && X509_set_pubkey(x509, pkey) == 1 &&
           add_extension(x509, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(x509, issuer, NID_key_usage, "critical,digitalSignature") &&
           add_extension(x509, issuer, NID_subject_alt_name, uri) &&
           add_extension(x509, issuer, NID_subject_key_identifier, "hash") &&
           add_extension(x509, issuer, NID_authority_key_identifier, "keyid:always");
}

int certificate_issue(const struct certificate *authority, const struct signing_key *authority_key,
                      const struct certificate_request *request, struct certificate *ret_certificate,
                      struct truc_fault *fault)
{
    int code = check_id("bus", request->bus, fault);
    if (code == 0)
        code = check_id("system", request->system, fault);
    if (code < 0)
        return code;
    if (!bytes_equal(key_id_view(&authority->key.id), key_id_view(&signing_key_public(authority_key)->id)))
        return fault_set(fault, TRUC_E_ARGUMENT, "the key is not that of the authority '%s'", authority->subject);
    if (request->now_ns > authority->not_after_ns)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the authority '%s' is expired: make a new one",
                         authority->subject);
    uint64_t until_ns = years_later(request->now_ns, CERTIFICATE_SYSTEM_YEARS);
    if (until_ns > authority->not_after_ns)
        until_ns = authority->not_after_ns;
    const uint8_t *at = authority->der;
    X509 *issuer = d2i_X509(NULL, &at, (long)authority->der_size);
    EVP_PKEY *pkey = public_evp(request->key);
    X509 *x509 = sodium_init() < 0 ? NULL : X509_new();
    bool filled = issuer != NULL && pkey != NULL && x509 != NULL && fill_system(x509, issuer, pkey, request, until_ns);
    code = finish(x509, filled, authority_key, ret_certificate, fault);
    X509_free(issuer);
    EVP_PKEY_free(pkey);
    return code;
}
