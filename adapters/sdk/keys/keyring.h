/* keyring.h - the keys of one adapter: signs for its system, and judges other systems' certificates.
 * The session's crypto, made real. No files: settings.c reads them; no clock.
 * Between bus/crypto and session.c. */
#ifndef TRUC_KEYRING_H
#define TRUC_KEYRING_H

#include "issuers.h"
#include "session.h"

struct keyring {
    char bus[PROTOCOL_NAME_BYTES_MAX + 1];
    struct signing_key *key;
    struct certificate own;
    struct issuers authority;
};

/* From the contents of PEM files: this system's private key and certificate, and the bus's authority. The private key may be in a
 * token instead (token_key.h).
 * TRUC_E_CONFIG or TRUC_E_CRYPTO with the reason: unreadable, not each other's, another system's, not valid at `wall_ns`. */
struct keyring_files {
    const char *bus, *system;
    struct bytes signing_key, certificate, authority;
    const char *token; /* PKCS #11 URI; NULL: signing_key holds the key */
    struct bytes token_pin;
};
int keyring_open(const struct keyring_files *files, uint64_t wall_ns, struct keyring *ret_keyring,
                 struct truc_fault *fault);
void keyring_clear(struct keyring *keyring); /* wipes; leaves {0}; NULL is fine */

/* The context to give with it is the keyring. */
extern const struct session_crypto keyring_crypto;

#endif
