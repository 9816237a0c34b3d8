/* aead.c - AES-256-GCM (NIST SP 800-38D) over OpenSSL's EVP, with a context that is made once.
 * Not a place for keys: they come with each call and stay only as the context's last schedule.
 * Sits under the journal's payload encryption. */
#include "aead.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <truc/error.h>

int aead_begin(struct aead *aead)
{
    struct aead made = {.cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL), .context = EVP_CIPHER_CTX_new()};
    int code = made.cipher == NULL ? TRUC_E_CRYPTO : made.context == NULL ? TRUC_E_MEMORY : 0;
    if (code < 0) {
        ERR_clear_error();
        aead_free(&made);
        return code;
    }
    *aead = made;
    return 0;
}

void aead_free(struct aead *aead)
{
    if (aead == NULL)
        return;
    EVP_CIPHER_CTX_free(aead->context);
    EVP_CIPHER_free(aead->cipher);
    *aead = (struct aead){0};
}

void aead_forget(struct aead *aead)
{
    (void)EVP_CIPHER_CTX_reset(aead->context); /* always 1; the next call brings cipher and key */
}

static bool aead_sizes_fit(struct bytes key, struct bytes nonce, struct bytes associated)
{
    return key.size == AEAD_KEY_BYTES && nonce.size == AEAD_NONCE_BYTES && associated.size <= AEAD_PLAIN_BYTES_MAX;
}

/* The part that sealing and opening share: key, nonce, associated data, then the text from `in` to `out`. */
static bool aead_run(struct aead *aead, bool seal, struct bytes key, struct bytes nonce, struct bytes associated,
                     struct bytes in, uint8_t *out)
{
    int size = 0;
    if (EVP_CipherInit_ex(aead->context, aead->cipher, NULL, key.data, nonce.data, seal) != 1)
        return false;
    if (associated.size > 0 && EVP_CipherUpdate(aead->context, NULL, &size, associated.data, (int)associated.size) != 1)
        return false;
    return in.size == 0 || EVP_CipherUpdate(aead->context, out, &size, in.data, (int)in.size) == 1;
}

int aead_seal(struct aead *aead, struct bytes key, struct bytes nonce, struct bytes associated, struct bytes plain,
              struct buffer *out)
{
    if (!aead_sizes_fit(key, nonce, associated))
        return TRUC_E_ARGUMENT;
    if (plain.size > AEAD_PLAIN_BYTES_MAX)
        return TRUC_E_LIMIT;
    size_t before = out->size;
    uint8_t *at = buffer_extend(out, plain.size + AEAD_TAG_BYTES);
    if (at == NULL)
        return buffer_failed(out);
    int size = 0;
    uint8_t *tag = at + plain.size;
    if (aead_run(aead, true, key, nonce, associated, plain, at) && EVP_CipherFinal_ex(aead->context, tag, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_BYTES, tag) == 1)
        return 0;
    ERR_clear_error();
    out->size = before;
    return TRUC_E_CRYPTO;
}

int aead_open(struct aead *aead, struct bytes key, struct bytes nonce, struct bytes associated, struct bytes sealed,
              struct buffer *out)
{
    if (!aead_sizes_fit(key, nonce, associated))
        return TRUC_E_ARGUMENT;
    if (sealed.size < AEAD_TAG_BYTES)
        return TRUC_E_CRYPTO;
    if (sealed.size > AEAD_PLAIN_BYTES_MAX + AEAD_TAG_BYTES)
        return TRUC_E_LIMIT;
    struct bytes text = bytes_of(sealed.data, sealed.size - AEAD_TAG_BYTES);
    size_t before = out->size;
    uint8_t *at = buffer_extend(out, text.size);
    if (at == NULL)
        return buffer_failed(out);
    int size = 0;
    uint8_t tag[AEAD_TAG_BYTES], rest[AEAD_TAG_BYTES];
    memcpy(tag, sealed.data + text.size, sizeof tag);
    if (aead_run(aead, false, key, nonce, associated, text, at) &&
        EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_BYTES, tag) == 1 &&
        EVP_CipherFinal_ex(aead->context, rest, &size) == 1)
        return 0;
    ERR_clear_error();
    sodium_memzero(at, text.size);
    out->size = before;
    return TRUC_E_CRYPTO;
}

int key_wrap(struct aead *aead, struct bytes wrapping_key, struct bytes associated, struct bytes key,
             struct buffer *out)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    if (key.size != AEAD_KEY_BYTES)
        return TRUC_E_ARGUMENT;
    if (sodium_init() < 0)
        return TRUC_E_CRYPTO;
    randombytes_buf(nonce, sizeof nonce);
    size_t before = out->size;
    buffer_append(out, nonce, sizeof nonce);
    int code = aead_seal(aead, wrapping_key, bytes_of(nonce, sizeof nonce), associated, key, out);
    aead_forget(aead);
    if (code < 0)
        out->size = before;
    return code;
}

int key_unwrap(struct aead *aead, struct bytes wrapping_key, struct bytes associated, struct bytes wrapped,
               uint8_t ret_key[AEAD_KEY_BYTES])
{
    BUFFER_CLEANUP struct buffer key = {.size_max = AEAD_KEY_BYTES};
    if (wrapped.size != KEY_WRAPPED_BYTES)
        return TRUC_E_CRYPTO;
    int code = aead_open(aead, wrapping_key, bytes_of(wrapped.data, AEAD_NONCE_BYTES), associated,
                         bytes_of(wrapped.data + AEAD_NONCE_BYTES, wrapped.size - AEAD_NONCE_BYTES), &key);
    aead_forget(aead);
    if (code < 0)
        return code;
    memcpy(ret_key, key.data, AEAD_KEY_BYTES);
    return 0;
}
