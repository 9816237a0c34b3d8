/* curve_key.c - X25519 key pairs for CurveZMQ and the Z85 text they are written in.
 * Not the handshake: libzmq does that. Own Z85 because libzmq's wants terminated strings and accepts overflowing groups.
 * Sits between the key files and the sockets. */
#include "curve_key.h"

#include <sodium.h>
#include <truc/error.h>

static const char z85_digits[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

enum { Z85_BASE = 85, Z85_GROUP_BYTES = 4, Z85_GROUP_DIGITS = 5 };

int z85_append(struct buffer *out, struct bytes data)
{
    if (data.size % Z85_GROUP_BYTES != 0 || data.size > SIZE_MAX / 2)
        return TRUC_E_ARGUMENT;
    uint8_t *at = buffer_extend(out, data.size / Z85_GROUP_BYTES * Z85_GROUP_DIGITS);
    if (at == NULL)
        return buffer_failed(out);
    for (size_t i = 0; i < data.size; i += Z85_GROUP_BYTES, at += Z85_GROUP_DIGITS) {
        const uint8_t *group = data.data + i;
        uint32_t value = (uint32_t)group[0] << 24 | (uint32_t)group[1] << 16 | (uint32_t)group[2] << 8 | group[3];
        for (int digit = Z85_GROUP_DIGITS - 1; digit >= 0; digit--, value /= Z85_BASE)
            at[digit] = (uint8_t)z85_digits[value % Z85_BASE];
    }
    return 0;
}

/* The four bytes of five characters; 0 or TRUC_E_ARGUMENT. */
static int z85_group(const uint8_t *text, uint8_t *out)
{
    uint64_t value = 0;
    for (int i = 0; i < Z85_GROUP_DIGITS; i++) {
        const char *digit = text[i] ? strchr(z85_digits, text[i]) : NULL;
        if (digit == NULL)
            return TRUC_E_ARGUMENT;
        value = value * Z85_BASE + (uint64_t)(digit - z85_digits);
    }
    if (value > UINT32_MAX)
        return TRUC_E_ARGUMENT;
    for (int i = Z85_GROUP_BYTES - 1; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
    return 0;
}

int z85_decode(struct bytes text, struct buffer *out)
{
    if (text.size % Z85_GROUP_DIGITS != 0)
        return TRUC_E_ARGUMENT;
    size_t before = out->size;
    uint8_t *at = buffer_extend(out, text.size / Z85_GROUP_DIGITS * Z85_GROUP_BYTES);
    if (at == NULL)
        return buffer_failed(out);
    for (size_t i = 0; i < text.size; i += Z85_GROUP_DIGITS, at += Z85_GROUP_BYTES)
        if (z85_group(text.data + i, at) < 0) {
            out->size = before;
            return TRUC_E_ARGUMENT;
        }
    return 0;
}

static int curve_key_text(const uint8_t key[CURVE_KEY_BYTES], char out[CURVE_KEY_TEXT_BYTES])
{
    BUFFER_CLEANUP struct buffer text = {0};
    int code = z85_append(&text, bytes_of(key, CURVE_KEY_BYTES));
    if (code < 0)
        return code;
    const char *whole = buffer_string(&text);
    if (whole == NULL)
        return TRUC_E_MEMORY;
    memcpy(out, whole, CURVE_KEY_TEXT_BYTES);
    return 0;
}

static int curve_key_make(const uint8_t public_key[CURVE_KEY_BYTES], const uint8_t secret[CURVE_KEY_BYTES],
                          struct curve_key *ret_key)
{
    CURVE_KEY_CLEANUP struct curve_key key = {"", ""};
    int code = curve_key_text(public_key, key.public_text);
    if (code == 0)
        code = curve_key_text(secret, key.secret_text);
    if (code == 0)
        *ret_key = key;
    return code;
}

int curve_key_generate(struct curve_key *ret_key)
{
    uint8_t public_key[CURVE_KEY_BYTES], secret[CURVE_KEY_BYTES];
    if (sodium_init() < 0 || crypto_box_keypair(public_key, secret) != 0)
        return TRUC_E_CRYPTO;
    int code = curve_key_make(public_key, secret, ret_key);
    sodium_memzero(secret, sizeof secret);
    return code;
}

int curve_key_from_secret(struct bytes secret_text, struct curve_key *ret_key)
{
    BUFFER_CLEANUP struct buffer secret = {.size_max = CURVE_KEY_BYTES};
    if (secret_text.size != CURVE_KEY_TEXT_BYTES - 1)
        return TRUC_E_ARGUMENT;
    int code = z85_decode(secret_text, &secret);
    if (code < 0)
        return code;
    uint8_t public_key[CURVE_KEY_BYTES];
    crypto_scalarmult_base(public_key, secret.data);
    return curve_key_make(public_key, secret.data, ret_key);
}

void curve_key_wipe(struct curve_key *key)
{
    if (key != NULL)
        sodium_memzero(key, sizeof *key);
}
