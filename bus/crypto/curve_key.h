/* curve_key.h - the keys of the encrypted transport (CurveZMQ: X25519) and their text form, Z85 (ZeroMQ RFC 32).
 * Not signing keys: these say which system is on the line, not who wrote a message.
 * Made by `truc init` and `truc issue`, read by the daemon, the SDK and the connectors. */
#ifndef TRUC_CURVE_KEY_H
#define TRUC_CURVE_KEY_H

#include "buffer.h"

enum { CURVE_KEY_BYTES = 32, CURVE_KEY_TEXT_BYTES = 41 /* Z85, with the terminator */ };

struct curve_key {
    char public_text[CURVE_KEY_TEXT_BYTES];
    char secret_text[CURVE_KEY_TEXT_BYTES];
};

int curve_key_generate(struct curve_key *ret_key); /* TRUC_E_CRYPTO when there are no random numbers */
/* The pair of a secret in Z85. TRUC_E_ARGUMENT when it is not 40 Z85 characters of 32 bytes. */
int curve_key_from_secret(struct bytes secret_text, struct curve_key *ret_key);
void curve_key_wipe(struct curve_key *key); /* NULL is fine */

/* Z85: four bytes are five characters. TRUC_E_ARGUMENT for other lengths, foreign characters, or groups above 2^32 - 1. */
int z85_append(struct buffer *out, struct bytes data);
int z85_decode(struct bytes text, struct buffer *out);

#define CURVE_KEY_CLEANUP __attribute__((cleanup(curve_key_wipe)))

#endif
