/* signing_private.h - what certificate.c needs from the keys: OpenSSL's form of them.
 * Not for other folders: outside bus/crypto nobody sees OpenSSL.
 * Also the one way an OpenSSL failure becomes a fault. */
#ifndef TRUC_SIGNING_PRIVATE_H
#define TRUC_SIGNING_PRIVATE_H

#include "signing.h"

#include <openssl/evp.h>

/* Copies what it needs of `pkey`; the rule of verify_key_from_der. */
int verify_key_from_evp(EVP_PKEY *pkey, struct verify_key *ret_key, struct truc_fault *fault);
/* Owned by the key; OpenSSL counts references behind const. */
EVP_PKEY *signing_key_evp(const struct signing_key *key);
/* "<what>: <OpenSSL's reason>"; empties the thread's error queue, which never holds key material. */
int crypto_fault(struct truc_fault *fault, int code, const char *what);

#endif
