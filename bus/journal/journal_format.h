/* journal_format.h - the journal's bytes: segment headers, group headers, records and payload blobs, to and from
 * memory. No disk, no keys, no tree: only layout and checksums. The one place that knows offsets. Below appending,
 * reading, recovery and verification; specified in docs/journal-format.md. */
#ifndef TRUC_JOURNAL_FORMAT_H
#define TRUC_JOURNAL_FORMAT_H

#include <truc/error.h>

#include "buffer.h"
#include "journal.h"

enum {
    FORMAT_VERSION = 1,
    FORMAT_ALIGN = 512, /* groups begin at its multiples: no disk sector holds bytes of two groups */
    FORMAT_SEGMENT_HEADER_BYTES = 4096,
    FORMAT_GROUP_HEADER_BYTES = 128,
    FORMAT_RECORD_HEADER_BYTES = 32,
    FORMAT_RECORD_ALIGN = 8,
    FORMAT_BLOB_HEADER_BYTES = 64,
    FORMAT_BLOB_ERASABLE_BYTES = 40, /* of the blob header: salt, its CRC, state; outside the group's CRC */
    FORMAT_BLOB_ALIGN = 64,          /* so that the erasable bytes never cross a sector */
    FORMAT_TAG_BYTES = 16,
    FORMAT_LEAF_ENTRY_BYTES = 56,
    FORMAT_SEGMENT_ID_BYTES = 16,
    FORMAT_KEY_ID_BYTES = 16,
};

enum format_group_flags {
    FORMAT_GROUP_WITHOUT_PAYLOADS = 1, /* the payload section was taken away; its size and CRC still describe it */
};

struct segment_header {
    uint64_t first_sequence;
    uint64_t time_ns;
    uint64_t segment_bytes;
    struct sha256_digest root_before; /* of the tree of first_sequence leaves */
    uint8_t key_id[FORMAT_KEY_ID_BYTES];
    uint8_t segment_id[FORMAT_SEGMENT_ID_BYTES]; /* random, repeated in every group: nobody outside can forge a group */
    char bus_id[JOURNAL_BUS_ID_BYTES_MAX + 1];
};

void segment_header_write(const struct segment_header *header, uint8_t out[FORMAT_SEGMENT_HEADER_BYTES]);
/* TRUC_E_JOURNAL_CORRUPT, or TRUC_E_JOURNAL_VERSION when its version is newer. */
int segment_header_read(const uint8_t data[FORMAT_SEGMENT_HEADER_BYTES], struct segment_header *ret_header,
                        struct truc_fault *fault);

struct group_header {
    uint32_t flags;
    uint32_t record_count;
    uint64_t first_sequence;
    uint64_t records_bytes; /* table and records; a multiple of 64 */
    uint64_t payload_bytes; /* a multiple of 64 */
    uint64_t time_ns;
    uint64_t verified_through;
    uint32_t records_crc;
    uint32_t payload_crc;             /* without the erasable bytes */
    struct sha256_digest root_before; /* of the tree of first_sequence leaves */
    uint8_t segment_id[FORMAT_SEGMENT_ID_BYTES];
};

void group_header_write(const struct group_header *header, uint8_t out[FORMAT_GROUP_HEADER_BYTES]);
/* True when magic, CRC and every bound hold. */
bool group_header_read(const uint8_t data[FORMAT_GROUP_HEADER_BYTES], struct group_header *ret_header);
/* Bytes of header and sections as they stand in the file, without and with the padding to FORMAT_ALIGN. */
uint64_t group_stored_bytes(const struct group_header *header);
uint64_t group_padded_bytes(const struct group_header *header);

static inline uint64_t align_up(uint64_t size, uint64_t alignment)
{
    return (size + alignment - 1) / alignment * alignment;
}

/* The records section: a table of u32 offsets (one a record, from the section's start), padded to 8, then the records.
 */
static inline uint64_t record_table_bytes(size_t count)
{
    return align_up(4 * (uint64_t)count, FORMAT_RECORD_ALIGN);
}

static inline uint64_t record_stored_bytes(size_t body_bytes)
{
    return align_up(FORMAT_RECORD_HEADER_BYTES + (uint64_t)body_bytes, FORMAT_RECORD_ALIGN);
}

static inline uint64_t blob_stored_bytes(size_t payload_bytes)
{
    return align_up(FORMAT_BLOB_HEADER_BYTES + (uint64_t)payload_bytes + FORMAT_TAG_BYTES, FORMAT_BLOB_ALIGN);
}

struct record_header {
    uint32_t body_bytes;
    uint16_t kind;
    uint16_t flags;
    uint64_t sequence;
    uint64_t time_ns;
    uint32_t payload_place; /* offset of its blob in the payload section, in units of FORMAT_BLOB_ALIGN; 0 when it has
                               none */
};

/* Writes header and body into `out`, record_stored_bytes() long and zeroed. */
void record_write(const struct record_header *header, struct bytes body, uint8_t *out);
/* Reads the record at the start of `data`; true when its length and CRC hold. The body is a view into data. */
bool record_read(struct bytes data, struct record_header *ret_header, struct bytes *ret_body);
/* Checks a whole records section (CRC, table, every record, consecutive sequences). */
bool records_check(const struct group_header *header, struct bytes section);
/* Record `index` of a checked section, which begins `data`. */
void records_get(struct bytes section, size_t index, struct record_header *ret_header, struct bytes *ret_body);

struct blob_header {
    uint8_t masked_salt[JOURNAL_SALT_BYTES];
    bool erased;
    uint64_t sequence;
    uint32_t payload_bytes;
    uint32_t content_crc; /* of ciphertext and tag */
};

void blob_header_write(const struct blob_header *header, uint8_t out[FORMAT_BLOB_HEADER_BYTES]);
/* What erasing puts over the first FORMAT_BLOB_ERASABLE_BYTES. */
void blob_erased_write(uint8_t out[FORMAT_BLOB_ERASABLE_BYTES]);
/* True when the fixed part's CRC holds. ret_salt_is_good (NULL allowed): the erasable part holds together too. */
bool blob_header_read(const uint8_t data[FORMAT_BLOB_HEADER_BYTES], struct blob_header *ret_header,
                      bool *ret_salt_is_good);
/* CRC of a payload section without the erasable bytes; false when its blobs don't fill it exactly. */
bool payloads_crc(struct bytes section, uint32_t *ret_crc);

/* The bytes whose hash is a record's leaf. */
void leaf_entry_write(const struct record_header *header, const struct sha256_digest *body_digest,
                      uint8_t out[FORMAT_LEAF_ENTRY_BYTES]);
struct sha256_digest leaf_hash_of(const struct record_header *header, const struct sha256_digest *body_digest);

bool bytes_are_zero(struct bytes data);

#endif
