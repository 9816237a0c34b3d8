/* outside_authority.h - an authority like a government's, for tests: certificates with its own kinds of names, revocation lists.
 * Not the bus's own authority, which the project makes itself (certificate_issue.c). By OpenSSL alone, so that what is tested
 * did not also make its input.
 * For the tests of bus/crypto and bus/policy. */
#ifndef TRUC_OUTSIDE_AUTHORITY_H
#define TRUC_OUTSIDE_AUTHORITY_H

#include "buffer.h"

#include <stdbool.h>
#include <time.h>

struct outside_authority {
    struct evp_pkey_st *key; /* RSA */
    struct x509_st *x509;
};

/* "CN=Trung tâm thử nghiệm, O=…, C=VN", RSA of 2048 bits, may sign certificates and lists. False when OpenSSL fails. */
bool outside_authority_make(struct outside_authority *authority, time_t now);
void outside_authority_free(struct outside_authority *authority);
bool outside_authority_pem(const struct outside_authority *authority, struct buffer *pem);

/* A certificate for this public key (DER SubjectPublicKeyInfo), one year, subject and extensions as such authorities write them. */
bool outside_authority_issue(const struct outside_authority *authority, struct bytes public_key, long serial,
                             time_t now, struct buffer *pem);

/* What a list says, and how it is wrong on purpose. */
struct revocation_request {
    const uint8_t *serial;            /* big-endian */
    size_t serial_size;               /* 0: nothing is revoked */
    time_t revoked, now, next_update; /* next_update 0: none */
    bool delta;                       /* names the list it adds to: critical */
    bool sha1;                        /* signed as nobody should any more */
};
/* A list by this key and certificate. Ed25519 keys sign it too. */
bool revocation_list_make(struct evp_pkey_st *key, struct x509_st *issuer, const struct revocation_request *request,
                          struct buffer *pem);

#endif
