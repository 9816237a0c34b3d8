/* blob_format.c - the file of one attachment: a header, then its content in slots, each sealed alone (docs/journal-format.md, "Blobs").
 * No disk and no names: bytes in, bytes out; randomness is an argument.
 * See blob_format.h. */
#include "blob_format.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "encode.h"
#include "fault.h"

static const char magic[8] = {'T', 'R', 'U', 'C', 'B', 'L', 'B', '\n'};
enum {
    SALT_CRC_AT = BLOB_ERASABLE_AT + BLOB_SALT_BYTES,
    STATE_AT = SALT_CRC_AT + 4,
    BUS_AT = 128,
    BUS_BYTES = 64,
    CRC_AT = BLOB_HEADER_BYTES - 4,
    AAD_BYTES_MAX = 8 + 8 + SHA256_BYTES + BUS_BYTES,
};

/* Without the erasable part, so that erasing leaves it true. */
static uint32_t header_crc(const uint8_t *header)
{
    uint32_t crc = crc32c(0, bytes_of(header, BLOB_ERASABLE_AT));
    const size_t behind = BLOB_ERASABLE_AT + BLOB_ERASABLE_BYTES;
    return crc32c(crc, bytes_of(header + behind, CRC_AT - behind));
}

void blob_file_header_write(const struct blob_file_header *header, const char *bus_id, uint8_t *out)
{
    memset(out, 0, BLOB_HEADER_BYTES);
    memcpy(out, magic, sizeof magic);
    store_le32(out + 8, BLOB_VERSION);
    store_le32(out + 12, BLOB_HEADER_BYTES);
    store_le64(out + 16, header->size_bytes);
    store_le32(out + 24, BLOB_CHUNK_BYTES);
    memcpy(out + 32, header->sha256.bytes, SHA256_BYTES);
    store_le64(out + 64, header->begun_ns);
    memcpy(out + BLOB_ERASABLE_AT, header->salt, BLOB_SALT_BYTES);
    store_le32(out + SALT_CRC_AT, crc32c(0, bytes_of(header->salt, BLOB_SALT_BYTES)));
    memcpy(out + BUS_AT, bus_id, strnlen(bus_id, BUS_BYTES - 1));
    store_le32(out + CRC_AT, header_crc(out));
}

int blob_file_header_read(const uint8_t *in, const char *bus_id, struct blob_file_header *ret, struct truc_fault *fault)
{
    if (memcmp(in, magic, sizeof magic) != 0 || load_le32(in + CRC_AT) != header_crc(in))
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the header of an attachment's file is damaged");
    if (load_le32(in + 8) != BLOB_VERSION || load_le32(in + 12) != BLOB_HEADER_BYTES ||
        load_le32(in + 24) != BLOB_CHUNK_BYTES)
        return fault_set(fault, TRUC_E_JOURNAL_VERSION, "an attachment's file has format version %u",
                         load_le32(in + 8));
    if (strncmp((const char *)in + BUS_AT, bus_id, BUS_BYTES) != 0)
        return fault_set(fault, TRUC_E_WRONG_BUS, "an attachment's file is of another bus");
    if (load_le32(in + STATE_AT) == 1)
        return fault_set(fault, TRUC_E_ERASED, "the attachment was erased");
    if (load_le32(in + STATE_AT) != 0 ||
        load_le32(in + SALT_CRC_AT) != crc32c(0, bytes_of(in + BLOB_ERASABLE_AT, BLOB_SALT_BYTES)))
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the salt of an attachment's file is damaged");
    *ret = (struct blob_file_header){.size_bytes = load_le64(in + 16), .begun_ns = load_le64(in + 64)};
    memcpy(ret->sha256.bytes, in + 32, SHA256_BYTES);
    memcpy(ret->salt, in + BLOB_ERASABLE_AT, BLOB_SALT_BYTES);
    return 0;
}

void blob_file_erased_write(uint8_t out[BLOB_ERASABLE_BYTES])
{
    memset(out, 0, BLOB_ERASABLE_BYTES);
    store_le32(out + BLOB_SALT_BYTES, crc32c(0, bytes_of(out, BLOB_SALT_BYTES)));
    store_le32(out + BLOB_SALT_BYTES + 4, 1);
}

/* ---- slots ---- */

void blob_cipher_derive(struct blob_cipher *cipher, struct aead *aead, struct bytes store_key,
                        const struct blob_file_header *header, const char *bus_id)
{
    *cipher = (struct blob_cipher){
        .aead = aead, .size_bytes = header->size_bytes, .sha256 = header->sha256, .bus_id = bus_id};
    cipher->key = hkdf_sha256(store_key, bytes_of(header->salt, BLOB_SALT_BYTES), bytes_string("truc/blob/v1"));
}

void blob_cipher_wipe(struct blob_cipher *cipher)
{
    OPENSSL_cleanse(&cipher->key, sizeof cipher->key);
}

/* A slot is good only in its place of its blob. */
static struct bytes associated(const struct blob_cipher *cipher, uint64_t index, uint8_t out[AAD_BYTES_MAX])
{
    size_t bus_bytes = strnlen(cipher->bus_id, BUS_BYTES);
    store_le64(out, index);
    store_le64(out + 8, cipher->size_bytes);
    memcpy(out + 16, cipher->sha256.bytes, SHA256_BYTES);
    memcpy(out + 16 + SHA256_BYTES, cipher->bus_id, bus_bytes);
    return bytes_of(out, 16 + SHA256_BYTES + bus_bytes);
}

enum { PLAIN_BYTES_AT = 8, NONCE_AT = 12, TAG_AT = 24 };

int blob_slot_seal(const struct blob_cipher *cipher, uint64_t index, struct bytes plain,
                   const uint8_t nonce[AEAD_NONCE_BYTES], struct buffer *scratch, uint8_t *out)
{
    uint8_t aad[AAD_BYTES_MAX];
    buffer_clear(scratch);
    int code = aead_seal(cipher->aead, sha256_view(&cipher->key), bytes_of(nonce, AEAD_NONCE_BYTES),
                         associated(cipher, index, aad), plain, scratch);
    if (code < 0)
        return code;
    memset(out, 0, BLOB_SLOT_HEAD_BYTES);
    store_le64(out, index);
    store_le32(out + PLAIN_BYTES_AT, (uint32_t)plain.size);
    memcpy(out + NONCE_AT, nonce, AEAD_NONCE_BYTES);
    memcpy(out + TAG_AT, scratch->data + plain.size, AEAD_TAG_BYTES);
    memcpy(out + BLOB_SLOT_HEAD_BYTES, scratch->data, plain.size);
    size_t used = BLOB_SLOT_HEAD_BYTES + plain.size;
    memset(out + used, 0, blob_slot_stored_bytes(plain.size) - used);
    return 0;
}

int blob_slot_open(const struct blob_cipher *cipher, uint64_t index, struct bytes stored, struct buffer *scratch,
                   struct buffer *out)
{
    uint8_t aad[AAD_BYTES_MAX];
    size_t plain_bytes = blob_slot_bytes(cipher->size_bytes, index);
    if (stored.size != blob_slot_stored_bytes(plain_bytes) || load_le64(stored.data) != index ||
        load_le32(stored.data + PLAIN_BYTES_AT) != plain_bytes)
        return TRUC_E_JOURNAL_CORRUPT;
    buffer_clear(scratch);
    buffer_append(scratch, stored.data + BLOB_SLOT_HEAD_BYTES, plain_bytes);
    buffer_append(scratch, stored.data + TAG_AT, AEAD_TAG_BYTES);
    if (buffer_failed(scratch))
        return buffer_failed(scratch);
    int code = aead_open(cipher->aead, sha256_view(&cipher->key), bytes_of(stored.data + NONCE_AT, AEAD_NONCE_BYTES),
                         associated(cipher, index, aad), buffer_view(scratch), out);
    return code == TRUC_E_CRYPTO ? TRUC_E_JOURNAL_CORRUPT : code;
}
