/* certificate.c - reads certificates strictly and judges a chain of two: a system's and its authority's.
 * Not their making (certificate_issue.c). Does not ask what time it is and trusts no list of the system.
 * Policy loads systems' certificates through it; auditors judge old ones by the time of the message. */
#include "certificate.h"
#include "certificate_private.h"
#include "signing_private.h"
#include "text.h"
#include "time_text.h"
#include "words.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

static int certificate_fault(struct truc_fault *fault, const char *what)
{
    return fault_set(fault, TRUC_E_CRYPTO, "%s", what);
}

void certificate_clear(struct certificate *certificate)
{
    if (certificate == NULL)
        return;
    free(certificate->der);
    verify_key_clear(&certificate->key);
    *certificate = (struct certificate){0};
}

/* A name is for people and logs: UTF-8, no control characters, so also no zero that would hide the rest of it. */
static int certificate_copy_name(struct bytes name, char out[CERTIFICATE_NAME_BYTES_MAX + 1])
{
    if (name.size > CERTIFICATE_NAME_BYTES_MAX || !text_is_utf8(name) || text_has_control(name))
        return TRUC_E_CRYPTO;
    if (name.size > 0)
        memcpy(out, name.data, name.size);
    out[name.size] = '\0';
    return 0;
}

/* The one common name; "" when there is none. */
static int certificate_common_name(const X509_NAME *name, char out[CERTIFICATE_NAME_BYTES_MAX + 1])
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    out[0] = '\0';
    if (at < 0)
        return 0;
    if (X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
        return TRUC_E_CRYPTO;
    uint8_t *text = NULL;
    int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0)
        return TRUC_E_CRYPTO;
    int code = certificate_copy_name(bytes_of(text, (size_t)size), out);
    OPENSSL_free(text);
    return code;
}

/* The one URI of the alternative names; "" when there is none. */
static int certificate_uri(X509 *x509, char out[CERTIFICATE_NAME_BYTES_MAX + 1])
{
    int critical = -1, code = 0;
    out[0] = '\0';
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, NULL);
    if (names == NULL)
        return critical == -1 ? 0 : TRUC_E_CRYPTO; /* -1: not there; others: unreadable or twice */
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && code == 0; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_URI)
            continue;
        const ASN1_STRING *uri = name->d.uniformResourceIdentifier;
        code = out[0] != '\0'
                   ? TRUC_E_CRYPTO
                   : certificate_copy_name(bytes_of(ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri)), out);
    }
    GENERAL_NAMES_free(names);
    return code;
}

int certificate_time(const ASN1_TIME *time, uint64_t *ret_time_ns)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return TRUC_E_CRYPTO;
    char text[TIME_TEXT_BYTES];
    int size = snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                        tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (size < 0 || (size_t)size >= sizeof text)
        return TRUC_E_CRYPTO;
    if (time_parse_compact(bytes_string(text), 0, ret_time_ns) < 0)
        *ret_time_ns = tm.tm_year < 70 ? 0 : UINT64_MAX; /* outside of what 64 bits of nanoseconds hold */
    return 0;
}

static int certificate_read(X509 *x509, struct certificate *certificate, struct truc_fault *fault)
{
    uint32_t flags = X509_get_extension_flags(x509);
    if (flags & EXFLAG_INVALID)
        return certificate_fault(fault, N_("certificate: an extension is not encoded as it must be"));
    if (flags & EXFLAG_CRITICAL)
        return certificate_fault(fault, N_("certificate: it has a critical extension that is not known here"));
    if (X509_get_version(x509) != X509_VERSION_3)
        return certificate_fault(fault, N_("certificate: its version is not 3"));
    if (certificate_common_name(X509_get_subject_name(x509), certificate->subject) < 0 ||
        certificate_common_name(X509_get_issuer_name(x509), certificate->issuer) < 0)
        return certificate_fault(
            fault, N_("certificate: a common name is doubtful: twice, over-long or with control characters"));
    if (certificate->subject[0] == '\0')
        return certificate_fault(fault, N_("certificate: it has no common name"));
    if (certificate_uri(x509, certificate->uri) < 0)
        return certificate_fault(
            fault, N_("certificate: its alternative names are doubtful: two URIs, or one with control characters"));
    if (certificate_time(X509_get0_notBefore(x509), &certificate->not_before_ns) < 0 ||
        certificate_time(X509_get0_notAfter(x509), &certificate->not_after_ns) < 0)
        return certificate_fault(fault, N_("certificate: its validity is no time"));
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
    int serial_size = ASN1_STRING_length(serial);
    if (serial_size < 1 || serial_size > CERTIFICATE_SERIAL_BYTES_MAX || ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        return certificate_fault(fault, N_("certificate: its serial number is not 1 to 20 bytes and positive"));
    certificate->serial_size = (size_t)serial_size;
    memcpy(certificate->serial, ASN1_STRING_get0_data(serial), certificate->serial_size);
    certificate->is_authority =
        (flags & EXFLAG_CA) && (flags & EXFLAG_KUSAGE) && (X509_get_key_usage(x509) & KU_KEY_CERT_SIGN);
    EVP_PKEY *pkey = X509_get0_pubkey(x509);
    if (pkey == NULL)
        return crypto_fault(fault, TRUC_E_CRYPTO, "certificate: reading its key");
    return verify_key_from_evp(pkey, &certificate->key, fault);
}

X509 *certificate_x509(struct bytes der, const uint8_t **ret_end)
{
    const uint8_t *at = der.data;
    X509 *x509 = der.size > 0 && der.size <= CERTIFICATE_DER_BYTES_MAX ? d2i_X509(NULL, &at, (long)der.size) : NULL;
    *ret_end = at;
    return x509;
}

int certificate_from_der(struct bytes der, struct certificate *ret_certificate, struct truc_fault *fault)
{
    const uint8_t *end;
    if (der.size > CERTIFICATE_DER_BYTES_MAX)
        return certificate_fault(fault, N_("certificate: it is larger than 16384 bytes"));
    X509 *x509 = certificate_x509(der, &end);
    if (x509 == NULL)
        return crypto_fault(fault, TRUC_E_CRYPTO, "certificate");
    struct certificate made = {.der_size = der.size, .digest = sha256_of(der)};
    int code = end == der.data + der.size ? certificate_read(x509, &made, fault)
                                          : certificate_fault(fault, N_("certificate: there are bytes behind it"));
    X509_free(x509);
    ERR_clear_error();
    if (code == 0 && (made.der = malloc(der.size)) == NULL)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for a certificate");
    if (code < 0 || made.der == NULL) {
        certificate_clear(&made);
        return code;
    }
    memcpy(made.der, der.data, der.size);
    *ret_certificate = made;
    return 0;
}

int certificate_from_pem(struct bytes pem, struct certificate *ret_certificate, struct truc_fault *fault)
{
    uint8_t *der = NULL;
    size_t size;
    int code = pem_read_only(pem, PEM_CERTIFICATE, &der, &size, fault);
    if (code == 0)
        code = certificate_from_der(bytes_of(der, size), ret_certificate, fault);
    OPENSSL_free(der);
    return code;
}

int certificate_append_pem(const struct certificate *certificate, struct buffer *out, struct truc_fault *fault)
{
    BIO *output = BIO_new(BIO_s_mem());
    if (output == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to write a certificate");
    if (PEM_write_bio(output, PEM_STRING_X509, "", certificate->der, (long)certificate->der_size) <= 0) {
        BIO_free(output);
        return crypto_fault(fault, TRUC_E_CRYPTO, "writing a certificate");
    }
    char *text = NULL;
    long size = BIO_get_mem_data(output, &text);
    buffer_append(out, text, (size_t)size);
    BIO_free(output);
    int code = buffer_failed(out);
    return code < 0 ? fault_set(fault, code, "no room for a certificate") : 0;
}

int certificate_check_system(const struct certificate *certificate, const char *bus, const char *system,
                             struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer uri = {0};
    buffer_printf(&uri, "urn:truc:%s:%s", bus, system);
    const char *expected = buffer_string(&uri);
    if (expected == NULL)
        return fault_set(fault, buffer_failed(&uri), "no memory to check a certificate");
    if (strcmp(certificate->subject, system) == 0 && strcmp(certificate->uri, expected) == 0)
        return 0;
    return fault_set(fault, TRUC_E_SIGNING_KEY, "the certificate is for '%s' (%s), not for %s", certificate->subject,
                     certificate->uri[0] ? certificate->uri : "no URI", expected);
}

static int certificate_check_time(const struct certificate *certificate, uint64_t at_time_ns, struct truc_fault *fault)
{
    char limit[TIME_TEXT_BYTES], at[TIME_TEXT_BYTES];
    bool early = at_time_ns < certificate->not_before_ns;
    /* notAfter names the last valid second, all of it (RFC 5280 4.1.2.5) */
    bool late = certificate->not_after_ns < UINT64_MAX - TIME_NS_PER_S &&
                at_time_ns >= certificate->not_after_ns + TIME_NS_PER_S;
    if (!early && !late)
        return 0;
    time_format_full(early ? certificate->not_before_ns : certificate->not_after_ns, limit);
    time_format_full(at_time_ns, at);
    return fault_set(fault, TRUC_E_SIGNING_KEY, "the certificate of '%s' is %s: valid %s %s, asked for %s",
                     certificate->subject, early ? "not yet valid" : "expired", early ? "from" : "until", limit, at);
}

bool certificate_signature_is_strong(int signature_nid)
{
    switch (signature_nid) {
    case NID_ED25519:
    case NID_ecdsa_with_SHA256:
    case NID_ecdsa_with_SHA384:
    case NID_ecdsa_with_SHA512:
    case NID_sha256WithRSAEncryption:
    case NID_sha384WithRSAEncryption:
    case NID_sha512WithRSAEncryption:
        return true;
    default:
        return false;
    }
}

/* The issuer's name, its use, and its signature, in OpenSSL's terms. */
static int certificate_check_issued(X509 *x509, X509 *issuer, const struct certificate *certificate,
                                    const struct certificate *authority, struct truc_fault *fault)
{
    uint32_t usage = X509_get_key_usage(x509);
    if (certificate->is_authority || X509_check_ca(x509) != 0)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the certificate of '%s' is an authority's, not a system's",
                         certificate->subject);
    if (!(X509_get_extension_flags(x509) & EXFLAG_KUSAGE) || !(usage & KU_DIGITAL_SIGNATURE))
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the certificate of '%s' is not for digital signatures",
                         certificate->subject);
    if (X509_check_issued(issuer, x509) != X509_V_OK)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "wrong issuer: the certificate of '%s' is by '%s', not by '%s'",
                         certificate->subject, certificate->issuer, authority->subject);
    if (!certificate_signature_is_strong(X509_get_signature_nid(x509)))
        return fault_set(fault, TRUC_E_SIGNATURE, "the certificate of '%s' is signed in a way that is not accepted",
                         certificate->subject);
    if (X509_verify(x509, X509_get0_pubkey(issuer)) != 1)
        return fault_set(fault, TRUC_E_SIGNATURE, "bad signature: the certificate of '%s' is not signed by '%s'",
                         certificate->subject, authority->subject);
    return 0;
}

bool certificate_is_issued_by(const struct certificate *certificate, const struct certificate *authority)
{
    const uint8_t *end;
    X509 *x509 = certificate_x509(certificate_der(certificate), &end);
    X509 *issuer = certificate_x509(certificate_der(authority), &end);
    bool is_issued = x509 != NULL && issuer != NULL && X509_check_issued(issuer, x509) == X509_V_OK &&
                     X509_verify(x509, X509_get0_pubkey(issuer)) == 1;
    X509_free(x509);
    X509_free(issuer);
    ERR_clear_error();
    return is_issued;
}

int certificate_check_chain(const struct certificate *certificate, const struct certificate *authority,
                            uint64_t at_time_ns, struct truc_fault *fault)
{
    if (!authority->is_authority)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "'%s' is not an authority: it may not sign certificates",
                         authority->subject);
    const uint8_t *end;
    X509 *x509 = certificate_x509(certificate_der(certificate), &end);
    X509 *issuer = certificate_x509(certificate_der(authority), &end);
    int code = x509 != NULL && issuer != NULL ? certificate_check_issued(x509, issuer, certificate, authority, fault)
                                              : fault_set(fault, TRUC_E_MEMORY, "no memory to check a certificate");
    X509_free(x509);
    X509_free(issuer);
    ERR_clear_error();
    if (code == 0)
        code = certificate_check_time(certificate, at_time_ns, fault);
    if (code == 0)
        code = certificate_check_time(authority, at_time_ns, fault);
    return code;
}
