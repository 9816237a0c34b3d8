/* sha256.c - SHA-256, HMAC-SHA-256 and HKDF-SHA-256 over OpenSSL's block functions.
 * Not for signatures or encryption (bus/crypto); pure computation, nothing can fail.
 * The journal takes several hashes a message: see docs/adr/0004-sha256-block-functions.md for why not EVP. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sha256.h"

#include <openssl/sha.h>
#include <sodium.h>

_Static_assert(sizeof(struct sha256) >= sizeof(SHA256_CTX), "struct sha256 must hold OpenSSL's state");
_Static_assert(_Alignof(struct sha256) >= _Alignof(SHA256_CTX), "and be aligned for it");

enum { HMAC_BLOCK_BYTES = SHA256_CBLOCK };

static SHA256_CTX *sha256_context(struct sha256 *hash)
{
    return (SHA256_CTX *)(void *)hash->state;
}

void sha256_begin(struct sha256 *hash)
{
    SHA256_Init(sha256_context(hash)); /* these three return 1 always: they only compute */
}

void sha256_add(struct sha256 *hash, struct bytes data)
{
    if (data.size > 0)
        SHA256_Update(sha256_context(hash), data.data, data.size);
}

struct sha256_digest sha256_end(struct sha256 *hash)
{
    struct sha256_digest digest;
    SHA256_Final(digest.bytes, sha256_context(hash));
    sodium_memzero(hash, sizeof *hash);
    return digest;
}

struct sha256_digest sha256_of(struct bytes data)
{
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, data);
    return sha256_end(&hash);
}

/* RFC 2104 over up to two pieces of data: H(key ^ opad, H(key ^ ipad, a, b)). */
static struct sha256_digest hmac_of(struct bytes key, struct bytes a, struct bytes b)
{
    uint8_t pad[HMAC_BLOCK_BYTES] = {0};
    if (key.size > HMAC_BLOCK_BYTES) {
        struct sha256_digest shorter = sha256_of(key);
        memcpy(pad, shorter.bytes, SHA256_BYTES);
        sodium_memzero(&shorter, sizeof shorter);
    } else if (key.size > 0) {
        memcpy(pad, key.data, key.size);
    }
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36;
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, bytes_of(pad, sizeof pad));
    sha256_add(&hash, a);
    sha256_add(&hash, b);
    struct sha256_digest inner = sha256_end(&hash);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    sha256_begin(&hash);
    sha256_add(&hash, bytes_of(pad, sizeof pad));
    sha256_add(&hash, sha256_view(&inner));
    sodium_memzero(pad, sizeof pad);
    sodium_memzero(&inner, sizeof inner);
    return sha256_end(&hash);
}

struct sha256_digest hmac_sha256(struct bytes key, struct bytes data)
{
    return hmac_of(key, data, BYTES_EMPTY);
}

struct sha256_digest hkdf_sha256(struct bytes key, struct bytes salt, struct bytes info)
{
    static const uint8_t first_block = 1; /* RFC 5869 2.3: T(1) = HMAC(PRK, info, 0x01) */
    struct sha256_digest extracted = hmac_of(salt, key, BYTES_EMPTY);
    struct sha256_digest expanded = hmac_of(sha256_view(&extracted), info, bytes_of(&first_block, 1));
    sodium_memzero(&extracted, sizeof extracted);
    return expanded;
}
