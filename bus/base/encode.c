/* encode.c - hexadecimal and base64 (RFC 4648), strict when reading.
 * Not for URLs (no base64url) and not lenient: what encodes back to other text is refused.
 * Keys, notes and identifiers pass through here, so base64 uses libsodium's constant-time code. */
#include "encode.h"

#include <sodium.h>
#include <truc/error.h>

enum { BASE64_PIECE_BYTES = 48, BASE64_PIECE_TEXT_BYTES = 65 };

void hex_append(struct buffer *out, struct bytes data)
{
    static const char digits[] = "0123456789abcdef";
    if (data.size > SIZE_MAX / 2) {
        out->failed = TRUC_E_LIMIT;
        return;
    }
    uint8_t *at = buffer_extend(out, data.size * 2);
    if (at == NULL)
        return;
    for (size_t i = 0; i < data.size; i++) {
        *at++ = (uint8_t)digits[data.data[i] >> 4];
        *at++ = (uint8_t)digits[data.data[i] & 15];
    }
}

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

int hex_decode(struct bytes text, struct buffer *out)
{
    if (text.size % 2 != 0)
        return TRUC_E_ARGUMENT;
    for (size_t i = 0; i < text.size; i++)
        if (hex_value(text.data[i]) < 0)
            return TRUC_E_ARGUMENT;
    uint8_t *at = buffer_extend(out, text.size / 2);
    if (at == NULL)
        return buffer_failed(out);
    for (size_t i = 0; i < text.size; i += 2)
        *at++ = (uint8_t)(hex_value(text.data[i]) << 4 | hex_value(text.data[i + 1]));
    return 0;
}

void base64_append(struct buffer *out, struct bytes data)
{
    char piece[BASE64_PIECE_TEXT_BYTES]; /* libsodium writes a terminator, which must not go into the buffer */
    for (size_t at = 0; at < data.size; at += BASE64_PIECE_BYTES) {
        size_t size = data.size - at < BASE64_PIECE_BYTES ? data.size - at : BASE64_PIECE_BYTES;
        sodium_bin2base64(piece, sizeof piece, data.data + at, size, sodium_base64_VARIANT_ORIGINAL);
        buffer_append_string(out, piece);
    }
    sodium_memzero(piece, sizeof piece);
}

/* libsodium 1.0.18 takes a byte from 128 on for a character of the alphabet: its char is signed. */
static bool is_ascii(struct bytes text)
{
    uint8_t seen = 0;
    for (size_t i = 0; i < text.size; i++)
        seen |= text.data[i];
    return seen < 0x80;
}

int base64_decode(struct bytes text, struct buffer *out)
{
    if (text.size == 0)
        return buffer_failed(out);
    if (text.size % 4 != 0 || !is_ascii(text))
        return TRUC_E_ARGUMENT;
    size_t before = out->size;
    size_t size_max = text.size / 4 * 3;
    /* The last group's padding is known before decoding, so the buffer's limit is not strained by two bytes. */
    size_max -= (text.data[text.size - 1] == '=' ? 1u : 0u) + (text.data[text.size - 2] == '=' ? 1u : 0u);
    uint8_t *at = buffer_extend(out, size_max);
    if (at == NULL)
        return buffer_failed(out);
    size_t size = 0;
    if (sodium_base642bin(at, size_max, (const char *)text.data, text.size, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        size != size_max) {
        out->size = before;
        return TRUC_E_ARGUMENT;
    }
    return 0;
}
