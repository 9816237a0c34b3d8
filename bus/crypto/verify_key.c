/* verify_key.c - public keys: reading them strictly, naming them, and the one rule of verification.
 * Not the secrets (signing.c). Nothing here decides whether a key is trusted.
 * The broker's signature workers spend their time in verify_key_check. */
#include "encode.h"
#include "sha256.h"
#include "signing_private.h"
#include "words.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

_Static_assert(ED25519_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519 key");
_Static_assert(ED25519_SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519 signature");
_Static_assert(ED25519_SEED_BYTES == crypto_sign_SEEDBYTES, "Ed25519 seed");

enum { P256_DER_BYTES = 91, CURVE_NAME_BYTES_MAX = 64 };

/* SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes } (RFC 8410 4) */
static const uint8_t ed25519_der_prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

const char *signing_algorithm_name(enum signing_algorithm algorithm)
{
    switch (algorithm) {
    case SIGNING_ED25519:
        return "Ed25519";
    case SIGNING_ECDSA_P256:
        return "ECDSA P-256";
    case SIGNING_RSA:
        return "RSA";
    }
    return "unknown";
}

void key_id_format(const struct key_id *id, char out[KEY_ID_TEXT_BYTES])
{
    sodium_bin2hex(out, KEY_ID_TEXT_BYTES, id->bytes, KEY_ID_BYTES);
}

int key_id_parse(struct bytes text, struct key_id *ret_id)
{
    BUFFER_CLEANUP struct buffer bytes = {.size_max = KEY_ID_BYTES};
    if (text.size != KEY_ID_TEXT_BYTES - 1)
        return TRUC_E_ARGUMENT;
    int code = hex_decode(text, &bytes);
    if (code < 0)
        return code;
    memcpy(ret_id->bytes, bytes.data, KEY_ID_BYTES);
    return 0;
}

int crypto_fault(struct truc_fault *fault, int code, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return fault_set(fault, code, "%s: %s", what, reason ? reason : "no reason given");
}

static void verify_key_set_id(struct verify_key *key)
{
    struct sha256_digest digest = sha256_of(verify_key_der(key));
    memcpy(key->id.bytes, digest.bytes, KEY_ID_BYTES);
}

int verify_key_from_ed25519(struct bytes key, struct verify_key *ret_key, struct truc_fault *fault)
{
    if (key.size != ED25519_KEY_BYTES)
        return fault_set(fault, TRUC_E_CRYPTO, "an Ed25519 key has 32 bytes, not %zu", key.size);
    if (!crypto_core_ed25519_is_valid_point(key.data))
        return fault_set(fault, TRUC_E_CRYPTO, N_("the Ed25519 key is no canonical point of the prime-order group"));
    struct verify_key made = {.algorithm = SIGNING_ED25519, .der_size = sizeof ed25519_der_prefix + ED25519_KEY_BYTES};
    memcpy(made.ed25519, key.data, ED25519_KEY_BYTES);
    memcpy(made.der, ed25519_der_prefix, sizeof ed25519_der_prefix);
    memcpy(made.der + sizeof ed25519_der_prefix, key.data, ED25519_KEY_BYTES);
    verify_key_set_id(&made);
    *ret_key = made;
    return 0;
}

static int verify_key_from_ec(EVP_PKEY *pkey, struct verify_key *ret_key, struct truc_fault *fault)
{
    char curve[CURVE_NAME_BYTES_MAX] = "";
    if (EVP_PKEY_get_group_name(pkey, curve, sizeof curve, NULL) != 1 || strcmp(curve, "prime256v1") != 0) {
        ERR_clear_error();
        return fault_set(fault, TRUC_E_CRYPTO, "only the curve P-256 is accepted for ECDSA, not '%.40s'", curve);
    }
    /* Explicit parameters or a compressed point give another size, and would give one key two ids. */
    struct verify_key made = {.algorithm = SIGNING_ECDSA_P256, .der_size = P256_DER_BYTES};
    if (i2d_PUBKEY(pkey, NULL) != P256_DER_BYTES) {
        ERR_clear_error();
        return fault_set(fault, TRUC_E_CRYPTO, N_("a P-256 key must name its curve and hold an uncompressed point"));
    }
    uint8_t *at = made.der;
    if (i2d_PUBKEY(pkey, &at) != P256_DER_BYTES || EVP_PKEY_up_ref(pkey) != 1)
        return crypto_fault(fault, TRUC_E_CRYPTO, "encoding a P-256 key");
    made.evp = pkey;
    verify_key_set_id(&made);
    *ret_key = made;
    return 0;
}

/* 65537 is what authorities issue (FIPS 186-5 5.4 asks for at least that): smaller exponents invite forgeries, larger ones
 * are slow to check. */
static bool rsa_exponent_is_usual(const EVP_PKEY *pkey)
{
    BIGNUM *exponent = NULL;
    bool usual = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 && BN_is_word(exponent, RSA_F4);
    BN_free(exponent);
    return usual;
}

static int verify_key_from_rsa(EVP_PKEY *pkey, struct verify_key *ret_key, struct truc_fault *fault)
{
    int bits = EVP_PKEY_get_bits(pkey);
    if (bits < RSA_MODULUS_BITS_MIN || bits > RSA_MODULUS_BITS_MAX)
        return fault_set(fault, TRUC_E_CRYPTO, "RSA keys of %d to %d bits are accepted, not of %d",
                         RSA_MODULUS_BITS_MIN, RSA_MODULUS_BITS_MAX, bits);
    if (!rsa_exponent_is_usual(pkey))
        return fault_set(fault, TRUC_E_CRYPTO, N_("only RSA keys with the exponent 65537 are accepted"));
    int size = i2d_PUBKEY(pkey, NULL);
    if (size <= 0 || size > VERIFY_KEY_DER_BYTES_MAX)
        return crypto_fault(fault, TRUC_E_CRYPTO, "encoding an RSA key");
    struct verify_key made = {.algorithm = SIGNING_RSA, .der_size = (size_t)size};
    uint8_t *at = made.der;
    if (i2d_PUBKEY(pkey, &at) != size || EVP_PKEY_up_ref(pkey) != 1)
        return crypto_fault(fault, TRUC_E_CRYPTO, "encoding an RSA key");
    made.evp = pkey;
    verify_key_set_id(&made);
    *ret_key = made;
    return 0;
}

int verify_key_from_evp(EVP_PKEY *pkey, struct verify_key *ret_key, struct truc_fault *fault)
{
    uint8_t raw[ED25519_KEY_BYTES];
    size_t size = sizeof raw;
    switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_ED25519:
        if (EVP_PKEY_get_raw_public_key(pkey, raw, &size) != 1)
            return crypto_fault(fault, TRUC_E_CRYPTO, "reading an Ed25519 key");
        return verify_key_from_ed25519(bytes_of(raw, size), ret_key, fault);
    case EVP_PKEY_EC:
        return verify_key_from_ec(pkey, ret_key, fault);
    case EVP_PKEY_RSA:
        return verify_key_from_rsa(pkey, ret_key, fault);
    case EVP_PKEY_RSA_PSS:
        return fault_set(fault, TRUC_E_CRYPTO,
                         N_("RSA keys bound to PSS are not accepted: certificates with plain RSA keys are"));
    default:
        return fault_set(fault, TRUC_E_CRYPTO,
                         N_("keys of this algorithm are not accepted; use Ed25519, ECDSA on P-256 or RSA"));
    }
}

int verify_key_from_der(struct bytes der, struct verify_key *ret_key, struct truc_fault *fault)
{
    const uint8_t *at = der.data;
    EVP_PKEY *pkey = der.size > 0 && der.size <= LONG_MAX ? d2i_PUBKEY(NULL, &at, (long)der.size) : NULL;
    if (pkey == NULL)
        return crypto_fault(fault, TRUC_E_CRYPTO, "reading a public key");
    struct verify_key made = {0};
    int code = at == der.data + der.size ? verify_key_from_evp(pkey, &made, fault)
                                         : fault_set(fault, TRUC_E_CRYPTO, "there are bytes behind the public key");
    EVP_PKEY_free(pkey);
    if (code < 0)
        return code;
    if (!bytes_equal(verify_key_der(&made), der)) {
        verify_key_clear(&made);
        return fault_set(fault, TRUC_E_CRYPTO, "the public key is not encoded in DER");
    }
    *ret_key = made;
    return 0;
}

int verify_key_copy(const struct verify_key *from, struct verify_key *ret_key)
{
    if (from->evp != NULL && EVP_PKEY_up_ref(from->evp) != 1)
        return TRUC_E_CRYPTO;
    *ret_key = *from;
    return 0;
}

void verify_key_clear(struct verify_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->evp);
    *key = (struct verify_key){0};
}

/* ECDSA, and RSA with the padding of PKCS #1 v1.5, which is what OpenSSL does unless told otherwise. */
static int verify_sha256(const struct verify_key *key, struct bytes message, struct bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL)
        return TRUC_E_MEMORY;
    int good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key->evp) == 1
                   ? EVP_DigestVerify(context, signature.data, signature.size, message.data, message.size)
                   : -1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good == 1 ? 0 : TRUC_E_SIGNATURE;
}

int verify_key_check(const struct verify_key *key, struct bytes message, struct bytes signature)
{
    static const uint8_t nothing = 0;
    if (message.size == 0)
        message.data = &nothing;
    switch (key->algorithm) {
    case SIGNING_ED25519:
        if (signature.size != ED25519_SIGNATURE_BYTES)
            return TRUC_E_SIGNATURE;
        return crypto_sign_verify_detached(signature.data, message.data, message.size, key->ed25519) == 0
                   ? 0
                   : TRUC_E_SIGNATURE;
    case SIGNING_ECDSA_P256:
        return signature.size == 0 ? TRUC_E_SIGNATURE : verify_sha256(key, message, signature);
    case SIGNING_RSA:
        return signature.size != (size_t)EVP_PKEY_get_size(key->evp) ? TRUC_E_SIGNATURE
                                                                     : verify_sha256(key, message, signature);
    }
    return TRUC_E_SIGNATURE;
}
