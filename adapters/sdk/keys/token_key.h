/* token_key.h - a signing key that stays in a token or HSM: named by a PKCS #11 URI (RFC 7512), used through its module.
 * Not key files (signing.h) and not the making of keys: the token's own tools do that.
 * settings.c finds the URI, keyring.c opens the key and checks that it is the certificate's. */
#ifndef TRUC_TOKEN_KEY_H
#define TRUC_TOKEN_KEY_H

#include "signing.h"

enum { TOKEN_URI_BYTES_MAX = 1024, TOKEN_PIN_BYTES_MAX = 64 };

/* Whether a setting names a token instead of a file. */
bool token_uri_is(const char *text);

/* Copies the URI's pin-source without "file:", "" when it has none. TRUC_E_CONFIG for a URI that is not one, that names no
 * module-path, that holds a PIN itself, or whose pin-source is no file. */
int token_uri_pin_file(const char *uri, char ret_path[TOKEN_URI_BYTES_MAX], struct truc_fault *fault);

/* Loads the module, logs in with the PIN (empty: does not log in), and finds the one private key that the URI describes; it must
 * be that of `public_key`, which is tried. Signs as signing.h says: Ed25519, ECDSA P-256, RSA. A key that is taken away while in
 * use fails with TRUC_E_CRYPTO. TRUC_E_CONFIG, TRUC_E_NOT_FOUND (module, token or key) or TRUC_E_CRYPTO with the token's reason. */
int token_key_open(const char *uri, struct bytes pin, const struct verify_key *public_key, struct signing_key **ret_key,
                   struct truc_fault *fault);

#endif
