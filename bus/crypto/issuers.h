/* issuers.h - the certificates of an authority: one, and while it is changed the new one beside the old.
 * Not a chain: each of them vouches by itself, and for systems only. No clock, no I/O.
 * Read from the files that configuration, settings and auditors name; asked by broker, receivers and auditors alike. */
#ifndef TRUC_ISSUERS_H
#define TRUC_ISSUERS_H

#include "certificate.h"

enum { ISSUERS_MAX = 4 };

struct issuers {
    struct certificate list[ISSUERS_MAX]; /* in the order of the file; the first one issues */
    size_t count;
};

/* One to ISSUERS_MAX certificates, each with a key of its own, and nothing between them but what PEM allows outside blocks.
 * TRUC_E_CRYPTO with the reason; TRUC_E_LIMIT. */
int issuers_from_pem(struct bytes pem, struct issuers *ret_issuers, struct truc_fault *fault);
void issuers_clear(struct issuers *issuers); /* leaves {0}; NULL is fine */
static inline void issuers_cleanup(struct issuers *issuers)
{
    issuers_clear(issuers);
}

/* 0 when one of them issued it and both were valid at that instant; *ret_issuer, unless it is NULL, is that one. Otherwise
 * certificate_check_chain's code and reason, of the one that issued it, or of the only one; TRUC_E_SIGNING_KEY when none of several did. */
int issuers_check(const struct issuers *issuers, const struct certificate *certificate, uint64_t at_time_ns,
                  const struct certificate **ret_issuer, struct truc_fault *fault);

#define ISSUERS_CLEANUP __attribute__((cleanup(issuers_cleanup)))

#endif
