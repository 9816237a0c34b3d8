/* aead.h - AES-256-GCM in one call: payloads in the journal, and keys wrapped by keys.
 * Not a protocol: the caller makes sure that a key never sees a nonce twice. No I/O.
 * The journal seals every payload under a key of its own. */
#ifndef TRUC_AEAD_H
#define TRUC_AEAD_H

#include "buffer.h"

enum {
    AEAD_KEY_BYTES = 32,
    AEAD_NONCE_BYTES = 12,
    AEAD_TAG_BYTES = 16,
    AEAD_PLAIN_BYTES_MAX = 1 << 30,
    KEY_WRAPPED_BYTES = AEAD_NONCE_BYTES + AEAD_KEY_BYTES + AEAD_TAG_BYTES,
};

/* OpenSSL's cipher and context, reused from call to call by one thread at a time. Empty is {0}. */
struct aead {
    struct evp_cipher_st *cipher;
    struct evp_cipher_ctx_st *context;
};

int aead_begin(struct aead *aead);   /* 0, TRUC_E_MEMORY or TRUC_E_CRYPTO (the algorithm is not there) */
void aead_forget(struct aead *aead); /* wipes the last key's schedule, for a key of which there is to be no copy */
void aead_free(struct aead *aead);   /* wipes the last key's schedule; NULL is fine */

/* Appends the sealed text and its 16-byte tag. `key` has 32 bytes, `nonce` 12; `associated` is protected but not stored.
 * On any failure `out` keeps its size. TRUC_E_ARGUMENT for wrong sizes, TRUC_E_LIMIT, TRUC_E_MEMORY, TRUC_E_CRYPTO. */
int aead_seal(struct aead *aead, struct bytes key, struct bytes nonce, struct bytes associated, struct bytes plain,
              struct buffer *out);
/* Appends the plain text of what aead_seal made. TRUC_E_CRYPTO when key, nonce, associated data or text is another:
 * nothing of the unproven text stays in `out`. */
int aead_open(struct aead *aead, struct bytes key, struct bytes nonce, struct bytes associated, struct bytes sealed,
              struct buffer *out);

/* One 32-byte key under another: random nonce, sealed key, tag (KEY_WRAPPED_BYTES). `associated` says what it is for. */
int key_wrap(struct aead *aead, struct bytes wrapping_key, struct bytes associated, struct bytes key,
             struct buffer *out);
int key_unwrap(struct aead *aead, struct bytes wrapping_key, struct bytes associated, struct bytes wrapped,
               uint8_t ret_key[AEAD_KEY_BYTES]);

#define AEAD_CLEANUP __attribute__((cleanup(aead_free)))

#endif
