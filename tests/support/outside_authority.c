/* outside_authority.c - certificates and revocation lists made by OpenSSL's own functions.
 * Keys are new each time, serial numbers and times are the caller's.
 * See outside_authority.h. */
#include "outside_authority.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

enum { AUTHORITY_YEARS = 10, SUBJECT_YEARS = 1, SECONDS_PER_YEAR = 365 * 86400 };

static bool add_name(X509_NAME *name, const char *field, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const uint8_t *)text, -1, -1, 0) == 1;
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

static bool fill(X509 *x509, EVP_PKEY *key, long serial, time_t now, int years)
{
    return X509_set_version(x509, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x509), serial) == 1 &&
           X509_set_pubkey(x509, key) == 1 && ASN1_TIME_set(X509_getm_notBefore(x509), now) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x509), now + (time_t)years * SECONDS_PER_YEAR) != NULL;
}

/* Takes what a memory BIO holds. Frees it. */
static bool take(BIO *output, bool written, struct buffer *pem)
{
    char *text = NULL;
    long size = written ? BIO_get_mem_data(output, &text) : 0;
    if (size > 0)
        buffer_append(pem, text, (size_t)size);
    BIO_free(output);
    return written && buffer_failed(pem) == 0;
}

bool outside_authority_make(struct outside_authority *authority, time_t now)
{
    authority->key = EVP_RSA_gen(2048);
    authority->x509 = X509_new();
    X509 *x509 = authority->x509;
    if (authority->key == NULL || x509 == NULL || !fill(x509, authority->key, 1, now, AUTHORITY_YEARS))
        return false;
    X509_NAME *name = X509_get_subject_name(x509);
    return add_name(name, "C", "VN") && add_name(name, "O", "Cơ quan thử nghiệm") &&
           add_name(name, "CN", "Trung tâm thử nghiệm") && X509_set_issuer_name(x509, name) == 1 &&
           add_extension(x509, x509, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(x509, x509, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(x509, x509, NID_subject_key_identifier, "hash") &&
           X509_sign(x509, authority->key, EVP_sha256()) > 0;
}

void outside_authority_free(struct outside_authority *authority)
{
    X509_free(authority->x509);
    EVP_PKEY_free(authority->key);
    *authority = (struct outside_authority){0};
}

bool outside_authority_pem(const struct outside_authority *authority, struct buffer *pem)
{
    BIO *output = BIO_new(BIO_s_mem());
    return take(output, output != NULL && PEM_write_bio_X509(output, authority->x509) == 1, pem);
}

static bool fill_subject(X509 *x509, X509 *issuer, EVP_PKEY *key, long serial, time_t now)
{
    X509_NAME *name = X509_get_subject_name(x509);
    return fill(x509, key, serial, now, SUBJECT_YEARS) && add_name(name, "C", "VN") &&
           add_name(name, "L", "Thanh Hóa") && add_name(name, "O", "Ủy ban nhân dân tỉnh") &&
           add_name(name, "CN", "Trung tâm Phục vụ hành chính công") &&
           X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1 &&
           add_extension(x509, issuer, NID_basic_constraints, "CA:FALSE") &&
           add_extension(x509, issuer, NID_key_usage, "critical,digitalSignature,nonRepudiation") &&
           add_extension(x509, issuer, NID_ext_key_usage, "emailProtection,clientAuth") &&
           add_extension(x509, issuer, NID_crl_distribution_points, "URI:http://crl.example.vn/ca.crl") &&
           add_extension(x509, issuer, NID_authority_key_identifier, "keyid");
}

bool outside_authority_issue(const struct outside_authority *authority, struct bytes public_key, long serial,
                             time_t now, struct buffer *pem)
{
    const uint8_t *at = public_key.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)public_key.size);
    X509 *x509 = X509_new();
    BIO *output = BIO_new(BIO_s_mem());
    bool made = key != NULL && x509 != NULL && output != NULL &&
                fill_subject(x509, authority->x509, key, serial, now) &&
                X509_sign(x509, authority->key, EVP_sha256()) > 0 && PEM_write_bio_X509(output, x509) == 1;
    X509_free(x509);
    EVP_PKEY_free(key);
    return take(output, made, pem);
}

static bool set_time(X509_CRL *crl, int (*set)(X509_CRL *, const ASN1_TIME *), time_t time)
{
    ASN1_TIME *value = ASN1_TIME_set(NULL, time);
    bool done = value != NULL && set(crl, value) == 1;
    ASN1_TIME_free(value);
    return done;
}

static bool add_revoked(X509_CRL *crl, const struct revocation_request *request)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    BIGNUM *number = BN_bin2bn(request->serial, (int)request->serial_size, NULL);
    ASN1_INTEGER *serial = number == NULL ? NULL : BN_to_ASN1_INTEGER(number, NULL);
    ASN1_TIME *time = ASN1_TIME_set(NULL, request->revoked);
    bool added = entry != NULL && serial != NULL && time != NULL && X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
                 X509_REVOKED_set_revocationDate(entry, time) == 1 && X509_CRL_add0_revoked(crl, entry) == 1;
    if (!added)
        X509_REVOKED_free(entry);
    BN_free(number);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(time);
    return added;
}

static bool add_delta(X509_CRL *crl)
{
    ASN1_INTEGER *base = ASN1_INTEGER_new();
    bool added =
        base != NULL && ASN1_INTEGER_set(base, 1) == 1 && X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, 0) == 1;
    ASN1_INTEGER_free(base);
    return added;
}

bool revocation_list_make(EVP_PKEY *key, X509 *issuer, const struct revocation_request *request, struct buffer *pem)
{
    const EVP_MD *digest = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    X509_CRL *crl = X509_CRL_new();
    BIO *output = BIO_new(BIO_s_mem());
    bool made = crl != NULL && output != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
                X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
                set_time(crl, X509_CRL_set1_lastUpdate, request->now) &&
                (request->next_update == 0 || set_time(crl, X509_CRL_set1_nextUpdate, request->next_update)) &&
                (request->serial_size == 0 || add_revoked(crl, request)) && (!request->delta || add_delta(crl)) &&
                X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, key, request->sha1 ? EVP_sha1() : digest) > 0 &&
                PEM_write_bio_X509_CRL(output, crl) == 1;
    X509_CRL_free(crl);
    return take(output, made, pem);
}
