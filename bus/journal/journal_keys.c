/* journal_keys.c - what keeps payloads secret and erasable: segment keys under the master key, payloads under segment
 * keys. No disk: bytes in, bytes out. Randomness is an argument. Used when a segment is started, a payload appended,
 * read or verified; specified in docs/journal-format.md, "Keys". */
#include "journal_keys.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "aead.h"
#include "encode.h"
#include "fault.h"

enum { AAD_BYTES_MAX = 64 + JOURNAL_BUS_ID_BYTES_MAX };
static_assert((int)FORMAT_TAG_BYTES == (int)AEAD_TAG_BYTES && (int)SEGMENT_KEY_BYTES == (int)AEAD_KEY_BYTES &&
                  (int)SEGMENT_KEY_NONCE_BYTES == (int)AEAD_NONCE_BYTES,
              "the format stores what the cipher makes");

struct payload_cipher {
    struct aead aead;
    struct buffer sealed; /* on its way into a blob */
};

struct payload_cipher *payload_cipher_new(void)
{
    struct payload_cipher *cipher = calloc(1, sizeof(*cipher));
    if (cipher == NULL)
        return NULL;
    if (aead_begin(&cipher->aead) == 0)
        return cipher;
    payload_cipher_free(cipher);
    return NULL;
}

void payload_cipher_free(struct payload_cipher *cipher)
{
    if (cipher == NULL)
        return;
    aead_free(&cipher->aead);
    buffer_free(&cipher->sealed);
    free(cipher);
}

/* Encrypts `plain` into `out`, followed by the tag. */
static int seal(struct payload_cipher *cipher, const uint8_t *key, const uint8_t *nonce, struct bytes aad,
                struct bytes plain, uint8_t *out)
{
    buffer_clear(&cipher->sealed);
    int code = aead_seal(&cipher->aead, bytes_of(key, AEAD_KEY_BYTES), bytes_of(nonce, AEAD_NONCE_BYTES), aad, plain,
                         &cipher->sealed);
    if (code == 0)
        memcpy(out, cipher->sealed.data, cipher->sealed.size);
    return code;
}

/* ---- segment keys ---- */

void segment_keys_derive(const uint8_t key[SEGMENT_KEY_BYTES], struct segment_keys *ret_keys)
{
    struct bytes material = bytes_of(key, SEGMENT_KEY_BYTES);
    struct sha256_digest id = hkdf_sha256(material, BYTES_EMPTY, bytes_string("truc/segment-key-id/v1"));
    memcpy(ret_keys->key, key, SEGMENT_KEY_BYTES);
    memcpy(ret_keys->id, id.bytes, FORMAT_KEY_ID_BYTES);
    ret_keys->mask_key = hkdf_sha256(material, BYTES_EMPTY, bytes_string("truc/salt-mask/v1"));
}

void segment_keys_wipe(struct segment_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof(*keys));
}

enum { KEY_NONCE_AT = 24, KEY_SEALED_AT = 36, KEY_CRC_AT = SEGMENT_KEY_FILE_BYTES - 4 };
static const char key_magic[8] = {'T', 'R', 'U', 'C', 'K', 'E', 'Y', '\n'};

/* Binds what surrounds a sealed thing: the bytes before it and the bus. */
static struct bytes aad_of(const void *before, size_t size, const char *bus_id, uint8_t out[AAD_BYTES_MAX])
{
    size_t bus_bytes = strnlen(bus_id, JOURNAL_BUS_ID_BYTES_MAX);
    memcpy(out, before, size);
    memcpy(out + size, bus_id, bus_bytes);
    return bytes_of(out, size + bus_bytes);
}

int segment_key_wrap(struct payload_cipher *cipher, const uint8_t master_key[JOURNAL_MASTER_KEY_BYTES],
                     const char *bus_id, uint64_t first_sequence, const uint8_t key[SEGMENT_KEY_BYTES],
                     const uint8_t nonce[SEGMENT_KEY_NONCE_BYTES], uint8_t out[SEGMENT_KEY_FILE_BYTES],
                     struct truc_fault *fault)
{
    uint8_t aad[AAD_BYTES_MAX];
    memset(out, 0, SEGMENT_KEY_FILE_BYTES);
    memcpy(out, key_magic, sizeof(key_magic));
    store_le32(out + 8, FORMAT_VERSION);
    store_le64(out + 16, first_sequence);
    memcpy(out + KEY_NONCE_AT, nonce, SEGMENT_KEY_NONCE_BYTES);
    struct bytes bound = aad_of(out, KEY_NONCE_AT, bus_id, aad);
    int code = seal(cipher, master_key, nonce, bound, bytes_of(key, SEGMENT_KEY_BYTES), out + KEY_SEALED_AT);
    aead_forget(&cipher->aead);
    if (code < 0)
        return fault_set(fault, code, "a segment key can't be wrapped");
    store_le32(out + KEY_CRC_AT, crc32c(0, bytes_of(out, KEY_CRC_AT)));
    return 0;
}

int segment_key_unwrap(struct payload_cipher *cipher, const uint8_t master_key[JOURNAL_MASTER_KEY_BYTES],
                       const char *bus_id, uint64_t first_sequence, struct bytes file, struct segment_keys *ret_keys,
                       struct truc_fault *fault)
{
    uint8_t aad[AAD_BYTES_MAX];
    enum { SEALED_BYTES = SEGMENT_KEY_BYTES + FORMAT_TAG_BYTES };
    if (file.size != SEGMENT_KEY_FILE_BYTES || memcmp(file.data, key_magic, sizeof(key_magic)) != 0 ||
        load_le32(file.data + KEY_CRC_AT) != crc32c(0, bytes_of(file.data, KEY_CRC_AT)))
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the file of a segment's key is damaged");
    if (load_le32(file.data + 8) != FORMAT_VERSION)
        return fault_set(fault, TRUC_E_JOURNAL_VERSION,
                         "a segment's key has format version %u; this program reads version %d",
                         load_le32(file.data + 8), FORMAT_VERSION);
    if (load_le64(file.data + 16) != first_sequence)
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the key file belongs to another segment");
    struct bytes bound = aad_of(file.data, KEY_NONCE_AT, bus_id, aad);
    BUFFER_CLEANUP struct buffer key = {0};
    int code = aead_open(&cipher->aead, bytes_of(master_key, JOURNAL_MASTER_KEY_BYTES),
                         bytes_of(file.data + KEY_NONCE_AT, SEGMENT_KEY_NONCE_BYTES), bound,
                         bytes_of(file.data + KEY_SEALED_AT, SEALED_BYTES), &key);
    aead_forget(&cipher->aead);
    if (code == TRUC_E_CRYPTO)
        return fault_set(fault, TRUC_E_JOURNAL_KEY,
                         "the journal's master key is not the one this segment's key was wrapped with");
    if (code < 0)
        return fault_set(fault, code, "a segment key can't be unwrapped");
    segment_keys_derive(key.data, ret_keys);
    return 0;
}

/* ---- payloads ---- */

/* Salts are stored masked: in clear they would let a reader without the key guess a purged payload from its digest. */
static void salt_mask(const struct segment_keys *keys, uint64_t sequence, const uint8_t in[JOURNAL_SALT_BYTES],
                      uint8_t out[JOURNAL_SALT_BYTES])
{
    uint8_t position[8];
    store_le64(position, sequence);
    struct sha256_digest mask = hmac_sha256(sha256_view(&keys->mask_key), bytes_of(position, sizeof(position)));
    for (size_t i = 0; i < JOURNAL_SALT_BYTES; i++)
        out[i] = in[i] ^ mask.bytes[i];
    OPENSSL_cleanse(&mask, sizeof(mask));
}

struct message_secrets {
    struct sha256_digest key;
    uint8_t nonce[AEAD_NONCE_BYTES];
    uint8_t aad_bytes[AAD_BYTES_MAX];
    struct bytes aad;
};

static void message_secrets_make(const struct segment_keys *keys, const char *bus_id, uint64_t sequence,
                                 const uint8_t salt[JOURNAL_SALT_BYTES], struct message_secrets *ret)
{
    ret->key = hkdf_sha256(bytes_of(keys->key, SEGMENT_KEY_BYTES), bytes_of(salt, JOURNAL_SALT_BYTES),
                           bytes_string("truc/payload/v1"));
    memset(ret->nonce, 0, sizeof(ret->nonce));
    store_le64(ret->nonce, sequence);
    ret->aad = aad_of(ret->nonce, 8, bus_id, ret->aad_bytes);
}

int payload_seal(struct payload_cipher *cipher, const struct segment_keys *keys, const char *bus_id, uint64_t sequence,
                 const uint8_t salt[JOURNAL_SALT_BYTES], struct bytes payload, uint8_t *out, struct truc_fault *fault)
{
    struct message_secrets secrets;
    struct blob_header blob = {.sequence = sequence, .payload_bytes = (uint32_t)payload.size};
    uint8_t *content = out + FORMAT_BLOB_HEADER_BYTES;
    message_secrets_make(keys, bus_id, sequence, salt, &secrets);
    int code = seal(cipher, secrets.key.bytes, secrets.nonce, secrets.aad, payload, content);
    OPENSSL_cleanse(&secrets.key, sizeof(secrets.key));
    if (code < 0)
        return fault_set(fault, code, "a payload can't be encrypted");
    salt_mask(keys, sequence, salt, blob.masked_salt);
    blob.content_crc = crc32c(0, bytes_of(content, payload.size + FORMAT_TAG_BYTES));
    blob_header_write(&blob, out);
    return 0;
}

int payload_open(struct payload_cipher *cipher, const struct segment_keys *keys, const char *bus_id,
                 const struct blob_header *blob, struct bytes content, uint8_t ret_salt[JOURNAL_SALT_BYTES],
                 struct buffer *out, struct truc_fault *fault)
{
    struct message_secrets secrets;
    uint8_t salt[JOURNAL_SALT_BYTES];
    salt_mask(keys, blob->sequence, blob->masked_salt, salt);
    message_secrets_make(keys, bus_id, blob->sequence, salt, &secrets);
    int code = aead_open(&cipher->aead, sha256_view(&secrets.key), bytes_of(secrets.nonce, sizeof(secrets.nonce)),
                         secrets.aad, content, out);
    OPENSSL_cleanse(&secrets.key, sizeof(secrets.key));
    if (code == TRUC_E_CRYPTO)
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "a stored payload is not authentic");
    if (code < 0)
        return fault_set(fault, code, "a payload of %u bytes can't be decrypted", blob->payload_bytes);
    memcpy(ret_salt, salt, sizeof(salt));
    return 0;
}
