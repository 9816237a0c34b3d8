/* certificate.h - X.509 certificates that say which system a signing key belongs to (RFC 5280).
 * Not TLS and not revocation (the configuration lists that); no clock: times are arguments. No I/O.
 * Issued by the bus's own authority (`truc init`, `truc issue`); policy reads them; auditors check them years later. */
#ifndef TRUC_CERTIFICATE_H
#define TRUC_CERTIFICATE_H

#include "sha256.h"
#include "signing.h"

enum {
    CERTIFICATE_NAME_BYTES_MAX = 256,
    CERTIFICATE_SERIAL_BYTES_MAX = 20, /* RFC 5280 4.1.2.2 */
    CERTIFICATE_DER_BYTES_MAX = 16 * 1024,
    CERTIFICATE_ID_BYTES_MAX = 48, /* of a bus or a system */
    CERTIFICATE_SYSTEM_YEARS = 2,
    CERTIFICATE_AUTHORITY_YEARS = 10,
};

struct certificate {
    uint8_t *der; /* owned; the bytes as they came */
    size_t der_size;
    struct sha256_digest digest;                  /* of the DER: the certificate's name in the journal's objects */
    char subject[CERTIFICATE_NAME_BYTES_MAX + 1]; /* common name */
    char issuer[CERTIFICATE_NAME_BYTES_MAX + 1];  /* common name; "" when it has none */
    char uri[CERTIFICATE_NAME_BYTES_MAX + 1];     /* the one URI among the alternative names; "" when none */
    uint8_t serial[CERTIFICATE_SERIAL_BYTES_MAX]; /* big-endian */
    size_t serial_size;
    uint64_t not_before_ns; /* 0 when before 1970 */
    uint64_t not_after_ns;  /* the last valid second's beginning; UINT64_MAX when after 2554 */
    bool is_authority;      /* may sign certificates */
    struct verify_key key;
};

/* Exactly one certificate. TRUC_E_CRYPTO with the reason: bad encoding, doubtful names, a key that is not accepted. */
int certificate_from_pem(struct bytes pem, struct certificate *ret_certificate, struct truc_fault *fault);
int certificate_from_der(struct bytes der, struct certificate *ret_certificate, struct truc_fault *fault);
int certificate_append_pem(const struct certificate *certificate, struct buffer *out, struct truc_fault *fault);
void certificate_clear(struct certificate *certificate); /* leaves {0}; NULL is fine */
static inline struct bytes certificate_der(const struct certificate *certificate)
{
    return bytes_of(certificate->der, certificate->der_size);
}

/* A self-signed authority for one bus: CN "Truc <bus> authority", path length 0, valid 10 years from now_ns.
 * TRUC_E_ARGUMENT unless `bus` is 1 to 48 of a-z, 0-9, '-', '.'. */
int certificate_make_authority(const struct signing_key *key, const char *bus, uint64_t now_ns,
                               struct certificate *ret_certificate, struct truc_fault *fault);

/* A system's certificate: CN = system, URI urn:truc:<bus>:<system>, digital signatures only, valid 2 years but never
 * longer than the authority. TRUC_E_ARGUMENT for bad ids, or when `key` is not the authority's. */
struct certificate_request {
    const char *bus;
    const char *system;
    const struct verify_key *key; /* the system's */
    uint64_t now_ns;
};
int certificate_issue(const struct certificate *authority, const struct signing_key *authority_key,
                      const struct certificate_request *request, struct certificate *ret_certificate,
                      struct truc_fault *fault);

/* 0 when it is the certificate of this system on this bus: CN and URI both say so. Otherwise TRUC_E_SIGNING_KEY. */
int certificate_check_system(const struct certificate *certificate, const char *bus, const char *system,
                             struct truc_fault *fault);
/* 0 when `authority` issued it and both were valid at that instant. TRUC_E_SIGNING_KEY for "expired", "not yet valid",
 * "wrong issuer", "not an authority" and wrong uses; TRUC_E_SIGNATURE when the issuer's signature does not verify. */
int certificate_check_chain(const struct certificate *certificate, const struct certificate *authority,
                            uint64_t at_time_ns, struct truc_fault *fault);

/* Whether that key signed it, whatever the time. */
bool certificate_is_issued_by(const struct certificate *certificate, const struct certificate *authority);

#define CERTIFICATE_CLEANUP __attribute__((cleanup(certificate_clear)))

#endif
