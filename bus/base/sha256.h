/* sha256.h - SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104), incremental and in one call.
 * Pure computation over OpenSSL's block functions; see docs/adr for why not EVP. */
#ifndef TRUC_SHA256_H
#define TRUC_SHA256_H

#include "bytes.h"

enum { SHA256_BYTES = 32 };

struct sha256_digest {
    uint8_t bytes[SHA256_BYTES];
};

struct sha256 {
    uint64_t state[16]; /* opaque; large enough for SHA256_CTX */
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, struct bytes data);
struct sha256_digest sha256_end(struct sha256 *hash); /* wipes the state */
struct sha256_digest sha256_of(struct bytes data);
struct sha256_digest hmac_sha256(struct bytes key, struct bytes data);
/* HKDF-SHA-256 (RFC 5869), extract and expand, output 32 bytes. */
struct sha256_digest hkdf_sha256(struct bytes key, struct bytes salt, struct bytes info);
static inline bool sha256_equal(const struct sha256_digest *a, const struct sha256_digest *b)
{
    return memcmp(a->bytes, b->bytes, SHA256_BYTES) == 0;
}
static inline struct bytes sha256_view(const struct sha256_digest *digest)
{
    return bytes_of(digest->bytes, SHA256_BYTES);
}

#endif
