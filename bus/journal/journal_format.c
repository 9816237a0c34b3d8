/* journal_format.c - the journal's bytes: segment headers, group headers, records and payload blobs, to and from
 * memory. No disk, no keys, no tree: only layout and checksums. The one place that knows offsets. Below appending,
 * reading, recovery and verification; specified in docs/journal-format.md. */
#include "journal_format.h"

#include "encode.h"
#include "fault.h"

static const char segment_magic[8] = {'T', 'R', 'U', 'C', 'S', 'E', 'G', '\n'};
static const char group_magic[8] = {'T', 'R', 'U', 'C', 'G', 'R', 'P', '\n'};

bool bytes_are_zero(struct bytes data)
{
    for (size_t i = 0; i < data.size; i++) {
        if (data.data[i] != 0)
            return false;
    }
    return true;
}

/* ---- segment header: section "Segments" ---- */

void segment_header_write(const struct segment_header *header, uint8_t out[FORMAT_SEGMENT_HEADER_BYTES])
{
    memset(out, 0, FORMAT_SEGMENT_HEADER_BYTES);
    memcpy(out, segment_magic, sizeof(segment_magic));
    store_le32(out + 8, FORMAT_VERSION);
    store_le32(out + 12, FORMAT_SEGMENT_HEADER_BYTES);
    store_le64(out + 16, header->first_sequence);
    store_le64(out + 24, header->time_ns);
    store_le64(out + 32, header->segment_bytes);
    memcpy(out + 40, header->root_before.bytes, SHA256_BYTES);
    memcpy(out + 72, header->key_id, FORMAT_KEY_ID_BYTES);
    memcpy(out + 88, header->segment_id, FORMAT_SEGMENT_ID_BYTES);
    memcpy(out + 104, header->bus_id, sizeof(header->bus_id));
    store_le32(out + FORMAT_SEGMENT_HEADER_BYTES - 4, crc32c(0, bytes_of(out, FORMAT_SEGMENT_HEADER_BYTES - 4)));
}

int segment_header_read(const uint8_t data[FORMAT_SEGMENT_HEADER_BYTES], struct segment_header *ret_header,
                        struct truc_fault *fault)
{
    enum { BUS_ID_AT = 104, RESERVED_AT = BUS_ID_AT + JOURNAL_BUS_ID_BYTES_MAX + 1 };
    if (memcmp(data, segment_magic, sizeof(segment_magic)) != 0)
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "not a journal segment: it doesn't begin with TRUCSEG");
    if (load_le32(data + FORMAT_SEGMENT_HEADER_BYTES - 4) != crc32c(0, bytes_of(data, FORMAT_SEGMENT_HEADER_BYTES - 4)))
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the segment header's checksum does not hold");
    if (load_le32(data + 8) != FORMAT_VERSION)
        return fault_set(fault, TRUC_E_JOURNAL_VERSION,
                         "the segment has format version %u; this program reads version %d", load_le32(data + 8),
                         FORMAT_VERSION);
    if (load_le32(data + 12) != FORMAT_SEGMENT_HEADER_BYTES || data[RESERVED_AT - 1] != 0 ||
        !bytes_are_zero(bytes_of(data + RESERVED_AT, FORMAT_SEGMENT_HEADER_BYTES - 4 - RESERVED_AT)))
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the segment header holds what its version does not know");
    ret_header->first_sequence = load_le64(data + 16);
    ret_header->time_ns = load_le64(data + 24);
    ret_header->segment_bytes = load_le64(data + 32);
    memcpy(ret_header->root_before.bytes, data + 40, SHA256_BYTES);
    memcpy(ret_header->key_id, data + 72, FORMAT_KEY_ID_BYTES);
    memcpy(ret_header->segment_id, data + 88, FORMAT_SEGMENT_ID_BYTES);
    memcpy(ret_header->bus_id, data + BUS_ID_AT, sizeof(ret_header->bus_id));
    return 0;
}

/* ---- group header: section "Groups" ---- */

void group_header_write(const struct group_header *header, uint8_t out[FORMAT_GROUP_HEADER_BYTES])
{
    memset(out, 0, FORMAT_GROUP_HEADER_BYTES);
    memcpy(out, group_magic, sizeof(group_magic));
    store_le32(out + 8, header->flags);
    store_le32(out + 12, header->record_count);
    store_le64(out + 16, header->first_sequence);
    store_le64(out + 24, header->records_bytes);
    store_le64(out + 32, header->payload_bytes);
    store_le64(out + 40, header->time_ns);
    store_le64(out + 48, header->verified_through);
    store_le32(out + 56, header->records_crc);
    store_le32(out + 60, header->payload_crc);
    memcpy(out + 64, header->root_before.bytes, SHA256_BYTES);
    memcpy(out + 96, header->segment_id, FORMAT_SEGMENT_ID_BYTES);
    store_le32(out + FORMAT_GROUP_HEADER_BYTES - 4, crc32c(0, bytes_of(out, FORMAT_GROUP_HEADER_BYTES - 4)));
}

bool group_header_read(const uint8_t data[FORMAT_GROUP_HEADER_BYTES], struct group_header *ret_header)
{
    if (memcmp(data, group_magic, sizeof(group_magic)) != 0 ||
        load_le32(data + FORMAT_GROUP_HEADER_BYTES - 4) != crc32c(0, bytes_of(data, FORMAT_GROUP_HEADER_BYTES - 4)))
        return false;
    struct group_header header = {
        .flags = load_le32(data + 8),
        .record_count = load_le32(data + 12),
        .first_sequence = load_le64(data + 16),
        .records_bytes = load_le64(data + 24),
        .payload_bytes = load_le64(data + 32),
        .time_ns = load_le64(data + 40),
        .verified_through = load_le64(data + 48),
        .records_crc = load_le32(data + 56),
        .payload_crc = load_le32(data + 60),
    };
    memcpy(header.root_before.bytes, data + 64, SHA256_BYTES);
    memcpy(header.segment_id, data + 96, FORMAT_SEGMENT_ID_BYTES);
    if ((header.flags & ~(uint32_t)FORMAT_GROUP_WITHOUT_PAYLOADS) != 0 || !bytes_are_zero(bytes_of(data + 112, 12)) ||
        header.record_count == 0 || header.record_count > JOURNAL_GROUP_RECORDS_MAX ||
        header.records_bytes > JOURNAL_SEGMENT_BYTES_MAX || header.records_bytes % FORMAT_BLOB_ALIGN != 0 ||
        header.payload_bytes > JOURNAL_SEGMENT_BYTES_MAX || header.payload_bytes % FORMAT_BLOB_ALIGN != 0)
        return false;
    *ret_header = header;
    return true;
}

uint64_t group_stored_bytes(const struct group_header *header)
{
    uint64_t payload_bytes = header->flags & FORMAT_GROUP_WITHOUT_PAYLOADS ? 0 : header->payload_bytes;
    return FORMAT_GROUP_HEADER_BYTES + header->records_bytes + payload_bytes;
}

uint64_t group_padded_bytes(const struct group_header *header)
{
    return align_up(group_stored_bytes(header), FORMAT_ALIGN);
}

/* ---- records: section "Records" ---- */

enum { RECORD_CRC_AT = 28 };

static void record_header_write(const struct record_header *header, uint8_t out[FORMAT_RECORD_HEADER_BYTES])
{
    store_le32(out, header->body_bytes);
    store_le16(out + 4, header->kind);
    store_le16(out + 6, header->flags);
    store_le64(out + 8, header->sequence);
    store_le64(out + 16, header->time_ns);
    store_le32(out + 24, header->payload_place);
}

void record_write(const struct record_header *header, struct bytes body, uint8_t *out)
{
    record_header_write(header, out);
    store_le32(out + RECORD_CRC_AT, crc32c(crc32c(0, bytes_of(out, RECORD_CRC_AT)), body));
    if (body.size > 0)
        memcpy(out + FORMAT_RECORD_HEADER_BYTES, body.data, body.size);
}

static void record_header_read(const uint8_t *data, struct record_header *ret_header)
{
    *ret_header = (struct record_header){
        .body_bytes = load_le32(data),
        .kind = load_le16(data + 4),
        .flags = load_le16(data + 6),
        .sequence = load_le64(data + 8),
        .time_ns = load_le64(data + 16),
        .payload_place = load_le32(data + 24),
    };
}

bool record_read(struct bytes data, struct record_header *ret_header, struct bytes *ret_body)
{
    if (data.size < FORMAT_RECORD_HEADER_BYTES)
        return false;
    struct record_header header;
    record_header_read(data.data, &header);
    if (header.body_bytes > data.size - FORMAT_RECORD_HEADER_BYTES)
        return false;
    struct bytes body = bytes_of(data.data + FORMAT_RECORD_HEADER_BYTES, header.body_bytes);
    if (load_le32(data.data + RECORD_CRC_AT) != crc32c(crc32c(0, bytes_of(data.data, RECORD_CRC_AT)), body))
        return false;
    *ret_header = header;
    *ret_body = body;
    return true;
}

bool records_check(const struct group_header *header, struct bytes section)
{
    uint64_t at = record_table_bytes(header->record_count);
    if (section.size != header->records_bytes || at > section.size || crc32c(0, section) != header->records_crc)
        return false;
    for (uint32_t i = 0; i < header->record_count; i++) {
        struct record_header record;
        struct bytes body;
        if (load_le32(section.data + 4 * (size_t)i) != at ||
            !record_read(bytes_of(section.data + at, section.size - at), &record, &body) ||
            record.sequence != header->first_sequence + i)
            return false;
        at += record_stored_bytes(body.size);
        if (at > section.size)
            return false;
    }
    return align_up(at, FORMAT_BLOB_ALIGN) == section.size;
}

void records_get(struct bytes section, size_t index, struct record_header *ret_header, struct bytes *ret_body)
{
    const uint8_t *at = section.data + load_le32(section.data + 4 * index);
    record_header_read(at, ret_header);
    *ret_body = bytes_of(at + FORMAT_RECORD_HEADER_BYTES, ret_header->body_bytes);
}

/* ---- payload blobs: section "Payloads" ---- */

enum { BLOB_STATE_PRESENT = 0, BLOB_STATE_ERASED = 1, BLOB_STATE_AT = 36, BLOB_CRC_AT = 60 };

void blob_header_write(const struct blob_header *header, uint8_t out[FORMAT_BLOB_HEADER_BYTES])
{
    memset(out, 0, FORMAT_BLOB_HEADER_BYTES);
    memcpy(out, header->masked_salt, JOURNAL_SALT_BYTES);
    store_le32(out + 32, crc32c(0, bytes_of(out, JOURNAL_SALT_BYTES)));
    store_le32(out + BLOB_STATE_AT, header->erased ? BLOB_STATE_ERASED : BLOB_STATE_PRESENT);
    store_le64(out + 40, header->sequence);
    store_le32(out + 48, header->payload_bytes);
    store_le32(out + 52, header->content_crc);
    store_le32(out + BLOB_CRC_AT,
               crc32c(0, bytes_of(out + FORMAT_BLOB_ERASABLE_BYTES, BLOB_CRC_AT - FORMAT_BLOB_ERASABLE_BYTES)));
}

void blob_erased_write(uint8_t out[FORMAT_BLOB_ERASABLE_BYTES])
{
    uint8_t whole[FORMAT_BLOB_HEADER_BYTES];
    struct blob_header header = {.erased = true};
    blob_header_write(&header, whole);
    memcpy(out, whole, FORMAT_BLOB_ERASABLE_BYTES);
}

bool blob_header_read(const uint8_t data[FORMAT_BLOB_HEADER_BYTES], struct blob_header *ret_header,
                      bool *ret_salt_is_good)
{
    struct bytes fixed = bytes_of(data + FORMAT_BLOB_ERASABLE_BYTES, BLOB_CRC_AT - FORMAT_BLOB_ERASABLE_BYTES);
    if (load_le32(data + BLOB_CRC_AT) != crc32c(0, fixed))
        return false;
    uint32_t state = load_le32(data + BLOB_STATE_AT);
    struct bytes salt = bytes_of(data, JOURNAL_SALT_BYTES);
    *ret_header = (struct blob_header){
        .erased = state == BLOB_STATE_ERASED,
        .sequence = load_le64(data + 40),
        .payload_bytes = load_le32(data + 48),
        .content_crc = load_le32(data + 52),
    };
    memcpy(ret_header->masked_salt, salt.data, salt.size);
    if (ret_salt_is_good != NULL)
        *ret_salt_is_good = load_le32(data + 32) == crc32c(0, salt) &&
                            (state == BLOB_STATE_PRESENT || (state == BLOB_STATE_ERASED && bytes_are_zero(salt)));
    return true;
}

bool payloads_crc(struct bytes section, uint32_t *ret_crc)
{
    uint32_t crc = 0;
    for (uint64_t at = 0; at < section.size;) {
        struct blob_header blob;
        if (section.size - at < FORMAT_BLOB_HEADER_BYTES || !blob_header_read(section.data + at, &blob, NULL))
            return false;
        uint64_t size = blob_stored_bytes(blob.payload_bytes);
        if (size > section.size - at)
            return false;
        crc = crc32c(
            crc, bytes_of(section.data + at + FORMAT_BLOB_ERASABLE_BYTES, (size_t)size - FORMAT_BLOB_ERASABLE_BYTES));
        at += size;
    }
    *ret_crc = crc;
    return true;
}

/* ---- leaves: section "The tree" ---- */

void leaf_entry_write(const struct record_header *header, const struct sha256_digest *body_digest,
                      uint8_t out[FORMAT_LEAF_ENTRY_BYTES])
{
    store_le16(out, header->kind);
    store_le16(out + 2, header->flags);
    store_le32(out + 4, header->body_bytes);
    store_le64(out + 8, header->sequence);
    store_le64(out + 16, header->time_ns);
    memcpy(out + 24, body_digest->bytes, SHA256_BYTES);
}

struct sha256_digest leaf_hash_of(const struct record_header *header, const struct sha256_digest *body_digest)
{
    uint8_t entry[FORMAT_LEAF_ENTRY_BYTES];
    leaf_entry_write(header, body_digest, entry);
    return merkle_leaf_hash(bytes_of(entry, sizeof(entry)));
}
