/* revocation_list.h - an authority's list of the certificates it has taken back (CRL, RFC 5280 5).
 * Not where it comes from: somebody fetches it and puts it into the configuration. No clock, no I/O.
 * Policy reads it at each load; what it names is refused from the moment of revocation on, and stays provable before. */
#ifndef TRUC_REVOCATION_LIST_H
#define TRUC_REVOCATION_LIST_H

#include "certificate.h"

enum { REVOCATION_LIST_BYTES_MAX = 8 * 1024 * 1024 };

struct revocation_list {
    struct X509_crl_st *crl; /* owned */
    uint64_t this_update_ns;
    uint64_t next_update_ns; /* UINT64_MAX: it names none */
};

/* Exactly one whole list of one authority. TRUC_E_CRYPTO with the reason: bad encoding, a delta, an indirect or partitioned list,
 * critical extensions that are not known here. */
int revocation_list_from_pem(struct bytes pem, struct revocation_list *ret_list, struct truc_fault *fault);
void revocation_list_clear(struct revocation_list *list); /* leaves {0}; NULL is fine */

/* 0 when `authority` issued and signed it. TRUC_E_SIGNING_KEY for another issuer, TRUC_E_SIGNATURE. */
int revocation_list_check(const struct revocation_list *list, const struct certificate *authority,
                          struct truc_fault *fault);
/* Since when the certificate, which must be of the list's authority, is revoked: UINT64_MAX when it is not, 0 (always) when the
 * list names no proper time. 0 or TRUC_E_MEMORY. */
int revocation_list_find(const struct revocation_list *list, const struct certificate *certificate,
                         uint64_t *ret_since_ns);

#endif
