/* blob_format.h - the file of one attachment: a header, then its content in slots, each sealed alone (docs/journal-format.md, "Blobs").
 * No disk and no names: bytes in, bytes out; randomness is an argument. One cipher serves one thread.
 * Under blob_upload.c, which writes it, and blob_reader.c, which reads it. */
#ifndef TRUC_BLOB_FORMAT_H
#define TRUC_BLOB_FORMAT_H

#include <truc/error.h>

#include "aead.h"
#include "sha256.h"

enum {
    BLOB_VERSION = 1,
    BLOB_HEADER_BYTES = 4096,
    BLOB_CHUNK_BYTES = 256 * 1024, /* plain, of all slots but the last */
    BLOB_SLOT_HEAD_BYTES = 512,
    BLOB_SALT_BYTES = 32,
    BLOB_ERASABLE_AT = 72, /* salt, its CRC, state: 40 bytes of the first sector */
    BLOB_ERASABLE_BYTES = 40,
};

struct blob_file_header {
    uint64_t size_bytes;
    uint64_t begun_ns; /* when its upload began */
    struct sha256_digest sha256;
    uint8_t salt[BLOB_SALT_BYTES];
};

/* The header's BLOB_HEADER_BYTES. */
void blob_file_header_write(const struct blob_file_header *header, const char *bus_id, uint8_t *out);
/* TRUC_E_ERASED: its salt is gone. TRUC_E_JOURNAL_CORRUPT, TRUC_E_JOURNAL_VERSION, TRUC_E_WRONG_BUS. */
int blob_file_header_read(const uint8_t *in, const char *bus_id, struct blob_file_header *ret,
                          struct truc_fault *fault);
/* What overwrites the erasable part. */
void blob_file_erased_write(uint8_t out[BLOB_ERASABLE_BYTES]);

static inline uint64_t blob_slot_count(uint64_t size_bytes)
{
    return (size_bytes + BLOB_CHUNK_BYTES - 1) / BLOB_CHUNK_BYTES;
}
static inline uint64_t blob_slot_at(uint64_t index)
{
    return BLOB_HEADER_BYTES + index * (BLOB_SLOT_HEAD_BYTES + BLOB_CHUNK_BYTES);
}
/* Plain bytes of a slot. */
static inline size_t blob_slot_bytes(uint64_t size_bytes, uint64_t index)
{
    uint64_t left = size_bytes - index * BLOB_CHUNK_BYTES;
    return left < BLOB_CHUNK_BYTES ? (size_t)left : BLOB_CHUNK_BYTES;
}
/* What a slot of so many plain bytes takes in the file: a multiple of a sector. */
static inline size_t blob_slot_stored_bytes(size_t plain_bytes)
{
    return BLOB_SLOT_HEAD_BYTES + (plain_bytes + 511) / 512 * 512;
}

/* What seals the slots of one blob. */
struct blob_cipher {
    struct aead *aead;
    struct sha256_digest key;
    uint64_t size_bytes;
    struct sha256_digest sha256;
    const char *bus_id;
};
void blob_cipher_derive(struct blob_cipher *cipher, struct aead *aead, struct bytes store_key,
                        const struct blob_file_header *header, const char *bus_id);
void blob_cipher_wipe(struct blob_cipher *cipher);
/* Writes a whole slot to `out`; `scratch` is used in between. `nonce` must be random: a slot may be written again after a crash. */
int blob_slot_seal(const struct blob_cipher *cipher, uint64_t index, struct bytes plain,
                   const uint8_t nonce[AEAD_NONCE_BYTES], struct buffer *scratch, uint8_t *out);
/* Appends the plain bytes. TRUC_E_JOURNAL_CORRUPT when it is not that slot of that blob. */
int blob_slot_open(const struct blob_cipher *cipher, uint64_t index, struct bytes stored, struct buffer *scratch,
                   struct buffer *out);

#endif
