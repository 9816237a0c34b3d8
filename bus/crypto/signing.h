/* signing.h - the keys that sign and the keys that verify: Ed25519; ECDSA on P-256 and RSA for outside certificates.
 * Not encryption (aead.h) and not trust (certificate.h says whose key it is). No I/O, no clock.
 * Adapters sign bundles, receivers sign receipts, the journal signs checkpoints; broker, SDK and auditor verify. */
#ifndef TRUC_SIGNING_H
#define TRUC_SIGNING_H

#include "buffer.h"
#include "fault.h"

enum signing_algorithm {
    SIGNING_ED25519 = 1,    /* RFC 8032, pure; 64-byte signatures */
    SIGNING_ECDSA_P256 = 2, /* FIPS 186-4 with SHA-256; DER signatures, 70 to 72 bytes */
    SIGNING_RSA = 3,        /* RFC 8017 8.2, RSASSA-PKCS1-v1_5 with SHA-256; as long as the modulus */
};

enum {
    KEY_ID_BYTES = 16,
    KEY_ID_TEXT_BYTES = 33, /* with the terminator */
    ED25519_KEY_BYTES = 32,
    ED25519_SEED_BYTES = 32,
    ED25519_SIGNATURE_BYTES = 64,
    RSA_MODULUS_BITS_MIN = 2048,
    RSA_MODULUS_BITS_MAX =
        4096, /* a signature fills PROTOCOL_SIGNATURE_BYTES_MAX; a larger key costs the broker too much */
    VERIFY_KEY_DER_BYTES_MAX = 550, /* RSA of 4096 bits; P-256 takes 91, Ed25519 44 */
    SIGNATURE_BYTES_MAX = RSA_MODULUS_BITS_MAX / 8,
};

/* The first 16 bytes of SHA-256 over the key's DER SubjectPublicKeyInfo (RFC 5280 4.1). */
struct key_id {
    uint8_t bytes[KEY_ID_BYTES];
};

/* Made only by the functions below, which refuse keys outside the one rule (see verify_key_check). */
struct verify_key {
    enum signing_algorithm algorithm;
    struct key_id id;
    uint8_t ed25519[ED25519_KEY_BYTES];    /* only for SIGNING_ED25519 */
    struct evp_pkey_st *evp;               /* for the others; owned */
    uint8_t der[VERIFY_KEY_DER_BYTES_MAX]; /* SubjectPublicKeyInfo */
    size_t der_size;
};

struct signing_key; /* holds the secret, wiped when freed, or knows who does */

/* A secret that stays elsewhere, such as in a token: `sign` appends a signature in this header's form; safe from several threads. */
struct signer {
    void *context;
    int (*sign)(void *context, struct bytes message, struct buffer *out);
    void (*free)(void *context);
};

const char *signing_algorithm_name(enum signing_algorithm algorithm); /* "Ed25519"; "unknown" for others */

void key_id_format(const struct key_id *id, char out[KEY_ID_TEXT_BYTES]); /* lower-case hexadecimal */
int key_id_parse(struct bytes text, struct key_id *ret_id);               /* TRUC_E_ARGUMENT unless 32 digits */
static inline struct bytes key_id_view(const struct key_id *id)
{
    return bytes_of(id->bytes, KEY_ID_BYTES);
}

/* An Ed25519 public key of 32 bytes. TRUC_E_CRYPTO when it is not canonical, not on the curve, or not of the prime-order group. */
int verify_key_from_ed25519(struct bytes key, struct verify_key *ret_key, struct truc_fault *fault);
/* From a DER SubjectPublicKeyInfo, nothing behind it. TRUC_E_CRYPTO for other algorithms, curves and encodings, and for RSA
 * outside 2048 to 4096 bits or with an exponent that is not 65537. */
int verify_key_from_der(struct bytes der, struct verify_key *ret_key, struct truc_fault *fault);
int verify_key_copy(const struct verify_key *from, struct verify_key *ret_key); /* shares OpenSSL's key by reference */
void verify_key_clear(struct verify_key *key);                                  /* leaves {0}; NULL is fine */
static inline struct bytes verify_key_der(const struct verify_key *key)
{
    return bytes_of(key->der, key->der_size);
}

/* The one rule of verification, the same in broker, SDK and auditor: 0 or TRUC_E_SIGNATURE (TRUC_E_MEMORY: not judged).
 * Ed25519 as in RFC 8032 5.1.7 without cofactor, with canonical S, R and key, and no small-order R or key (libsodium).
 * P-256: strict DER. Both S and n - S are accepted, so a signature is never an identity. RSA: exactly as long as the
 * modulus. Safe from several threads. */
int verify_key_check(const struct verify_key *key, struct bytes message, struct bytes signature);

/* A new key from the system's random numbers (RSA: 2048 bits). Owned by the caller, as from the other two. */
int signing_key_generate(enum signing_algorithm algorithm, struct signing_key **ret_key, struct truc_fault *fault);
/* The Ed25519 key of RFC 8032's 32-byte secret: for tests, simulations and derived keys. */
int signing_key_from_seed(struct bytes seed, struct signing_key **ret_key, struct truc_fault *fault);
/* From one unencrypted PEM private key (PKCS #8, RFC 5958). The text is never part of a fault. */
int signing_key_from_pem(struct bytes pem, struct signing_key **ret_key, struct truc_fault *fault);
/* Takes the signer over on success. */
int signing_key_from_signer(const struct signer *signer, const struct verify_key *public_key,
                            struct signing_key **ret_key, struct truc_fault *fault);
/* PKCS #8. TRUC_E_STATE when the secret is elsewhere. */
int signing_key_append_pem(const struct signing_key *key, struct buffer *out, struct truc_fault *fault);
void signing_key_free(struct signing_key *key);
/* The matching public key; lives as long as `key`. */
const struct verify_key *signing_key_public(const struct signing_key *key);
/* Appends the signature. TRUC_E_CRYPTO or the buffer's failure; `out` is unchanged then. Safe from several threads. */
int signing_key_sign(const struct signing_key *key, struct bytes message, struct buffer *out);

#endif
