/* signing.c - private keys: made, read, written, used, wiped.
 * Not their storage: callers read and write the files. Ed25519 signs by libsodium, P-256 and RSA by OpenSSL.
 * The SDK signs bundles with it, the journal its checkpoints, the bus's authority its certificates. */
#include "signing.h"
#include "locked.h"
#include "signing_private.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdlib.h>

struct signing_key {
    struct verify_key public_key;
    uint8_t ed25519_secret[crypto_sign_SECRETKEYBYTES]; /* seed and public key; only for SIGNING_ED25519 */
    struct signer signer;                               /* of a secret that is elsewhere; else zeros */
    EVP_PKEY *evp; /* OpenSSL's form, for the other signatures, PEM and certificates */
};

void signing_key_free(struct signing_key *key)
{
    if (key == NULL)
        return;
    if (key->signer.free)
        key->signer.free(key->signer.context);
    verify_key_clear(&key->public_key);
    EVP_PKEY_free(key->evp); /* OpenSSL cleanses the secret in it */
    locked_free(key);
}

const struct verify_key *signing_key_public(const struct signing_key *key)
{
    return &key->public_key;
}

EVP_PKEY *signing_key_evp(const struct signing_key *key)
{
    return key->evp;
}

/* Takes ownership of `evp`, also on failure. */
static int signing_key_from_evp(EVP_PKEY *evp, struct signing_key **ret_key, struct truc_fault *fault)
{
    struct signing_key *key = locked_new(sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(evp);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a signing key");
    }
    key->evp = evp;
    int code = verify_key_from_evp(evp, &key->public_key, fault);
    if (code == 0 && key->public_key.algorithm == SIGNING_ED25519) {
        uint8_t seed[ED25519_SEED_BYTES], public_key[ED25519_KEY_BYTES];
        size_t size = sizeof seed;
        if (EVP_PKEY_get_raw_private_key(evp, seed, &size) != 1 || size != sizeof seed)
            code = crypto_fault(fault, TRUC_E_CRYPTO, "reading an Ed25519 private key");
        else
            crypto_sign_seed_keypair(public_key, key->ed25519_secret, seed);
        sodium_memzero(seed, sizeof seed);
    }
    if (code < 0) {
        signing_key_free(key);
        return code;
    }
    *ret_key = key;
    return 0;
}

int signing_key_from_signer(const struct signer *signer, const struct verify_key *public_key,
                            struct signing_key **ret_key, struct truc_fault *fault)
{
    struct signing_key *key = locked_new(sizeof *key);
    if (key == NULL || verify_key_copy(public_key, &key->public_key) < 0) {
        locked_free(key);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a signing key");
    }
    key->signer = *signer;
    *ret_key = key;
    return 0;
}

int signing_key_from_seed(struct bytes seed, struct signing_key **ret_key, struct truc_fault *fault)
{
    if (seed.size != ED25519_SEED_BYTES)
        return fault_set(fault, TRUC_E_ARGUMENT, "an Ed25519 seed has 32 bytes, not %zu", seed.size);
    EVP_PKEY *evp = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.data, seed.size);
    if (evp == NULL)
        return crypto_fault(fault, TRUC_E_CRYPTO, "making an Ed25519 key");
    return signing_key_from_evp(evp, ret_key, fault);
}

int signing_key_generate(enum signing_algorithm algorithm, struct signing_key **ret_key, struct truc_fault *fault)
{
    if (algorithm == SIGNING_ED25519) {
        uint8_t seed[ED25519_SEED_BYTES];
        if (sodium_init() < 0)
            return fault_set(fault, TRUC_E_CRYPTO, "libsodium does not start");
        randombytes_buf(seed, sizeof seed);
        int code = signing_key_from_seed(bytes_of(seed, sizeof seed), ret_key, fault);
        sodium_memzero(seed, sizeof seed);
        return code;
    }
    EVP_PKEY *evp = algorithm == SIGNING_RSA ? EVP_RSA_gen(RSA_MODULUS_BITS_MIN) : EVP_EC_gen("P-256");
    if (evp == NULL)
        return crypto_fault(fault, TRUC_E_CRYPTO, "making a key");
    return signing_key_from_evp(evp, ret_key, fault);
}

/* Without it OpenSSL would ask for the passphrase on the terminal. */
static int no_passphrase(char *text, int size, int writing, void *context)
{
    (void)text, (void)size, (void)writing, (void)context;
    return -1;
}

int signing_key_from_pem(struct bytes pem, struct signing_key **ret_key, struct truc_fault *fault)
{
    if (pem.size == 0 || pem.size > INT_MAX)
        return fault_set(fault, TRUC_E_CRYPTO, "reading a private key: the text is empty or too long");
    BIO *input = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (input == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to read a private key");
    EVP_PKEY *evp = PEM_read_bio_PrivateKey(input, NULL, no_passphrase, NULL);
    BIO_free(input);
    if (evp == NULL) {
        ERR_clear_error();
        return fault_set(fault, TRUC_E_CRYPTO, "the text holds no unencrypted private key (PEM, PKCS #8)");
    }
    return signing_key_from_evp(evp, ret_key, fault);
}

int signing_key_append_pem(const struct signing_key *key, struct buffer *out, struct truc_fault *fault)
{
    if (key->evp == NULL)
        return fault_set(fault, TRUC_E_STATE, "the secret is in a token: it can't be written down");
    BIO *output = BIO_new(BIO_s_mem()); /* cleansed when freed */
    if (output == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to write a private key");
    if (PEM_write_bio_PKCS8PrivateKey(output, key->evp, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(output);
        return crypto_fault(fault, TRUC_E_CRYPTO, "writing a private key");
    }
    char *text = NULL;
    long size = BIO_get_mem_data(output, &text);
    buffer_append(out, text, (size_t)size);
    BIO_free(output);
    int code = buffer_failed(out);
    return code < 0 ? fault_set(fault, code, "no room for a private key") : 0;
}

static int sign_sha256(const struct signing_key *key, struct bytes message, struct buffer *out)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL)
        return TRUC_E_MEMORY;
    uint8_t signature[SIGNATURE_BYTES_MAX];
    size_t size = sizeof signature;
    bool made = EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->evp) == 1 &&
                EVP_DigestSign(context, signature, &size, message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    if (!made) {
        ERR_clear_error();
        return TRUC_E_CRYPTO;
    }
    buffer_append(out, signature, size);
    return buffer_failed(out);
}

int signing_key_sign(const struct signing_key *key, struct bytes message, struct buffer *out)
{
    static const uint8_t nothing = 0;
    if (message.size == 0)
        message.data = &nothing;
    if (key->signer.sign)
        return key->signer.sign(key->signer.context, message, out);
    if (key->public_key.algorithm != SIGNING_ED25519)
        return sign_sha256(key, message, out);
    uint8_t *signature = buffer_extend(out, ED25519_SIGNATURE_BYTES);
    if (signature == NULL)
        return buffer_failed(out);
    crypto_sign_detached(signature, NULL, message.data, message.size, key->ed25519_secret);
    return 0;
}
