/* journal_read.c - reading one record by its sequence, and walking records in order.
 * Changes nothing; decrypts payloads only when asked.
 * Used by delivery, the command line, the index and proofs. */
#include <inttypes.h>

#include "encode.h"
#include "fault.h"
#include "journal_private.h"

/* Opens the blob whose bytes are `data` into `out` and fills the record. */
static int blob_open(struct journal *journal, struct segment *segment, const struct record_header *header,
                     struct bytes data, struct buffer *out, struct journal_record *record, struct truc_fault *fault)
{
    struct blob_header blob;
    bool salt_is_good;
    if (data.size < FORMAT_BLOB_HEADER_BYTES || !blob_header_read(data.data, &blob, &salt_is_good) ||
        blob.sequence != header->sequence || blob_stored_bytes(blob.payload_bytes) > data.size || !salt_is_good)
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the payload of record %" PRIu64 " is damaged",
                         header->sequence);
    if (blob.erased)
        return fault_set(fault, TRUC_E_ERASED, "the payload of record %" PRIu64 " was erased", header->sequence);
    struct bytes content =
        bytes_of(data.data + FORMAT_BLOB_HEADER_BYTES, (size_t)blob.payload_bytes + FORMAT_TAG_BYTES);
    if (crc32c(0, content) != blob.content_crc)
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the payload of record %" PRIu64 " is damaged",
                         header->sequence);
    int code = segment_use_keys(journal, segment, fault);
    if (code < 0)
        return code;
    if (segment->keys_state != SEGMENT_KEYS_READY)
        return fault_set(fault, journal->master_key ? TRUC_E_ERASED : TRUC_E_JOURNAL_KEY,
                         journal->master_key ? "the payload of record %" PRIu64 " was purged with its segment's key"
                                             : "the payload of record %" PRIu64 " can't be read without the master key",
                         header->sequence);
    size_t before = out->size;
    code = payload_open(journal->cipher, &segment->keys, journal->bus_id, &blob, content, record->salt, out, fault);
    if (code == 0) {
        record->payload = bytes_of(out->data + before, blob.payload_bytes);
        record->payload_is_read = true;
    }
    return code;
}

static struct journal_record record_of(const struct record_header *header, struct bytes body)
{
    return (struct journal_record){
        .sequence = header->sequence,
        .time_ns = header->time_ns,
        .kind = header->kind,
        .flags = header->flags,
        .body = body,
        .has_payload = header->flags & JOURNAL_RECORD_HAS_PAYLOAD,
    };
}

/* ---- one record ---- */

/* Where record and, behind the records section, payloads begin. */
struct record_place {
    struct segment *segment;
    struct group_header group;
    uint64_t group_offset;
    uint64_t record_offset; /* in the file */
    uint64_t record_bytes;
};

/* The record of the group at place->group_offset: from the offset table at the head of the records section, its offset and the next
 * one's. */
static int record_place_in_group(struct journal *journal, uint64_t sequence, struct record_place *place,
                                 struct truc_fault *fault)
{
    uint8_t offsets[8];
    int code = group_header_at(journal, place->segment, place->group_offset, &place->group, fault);
    if (code < 0)
        return code;
    uint64_t index = sequence - place->group.first_sequence;
    if (code == GROUP_BAD || sequence < place->group.first_sequence || index >= place->group.record_count)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, place->segment, place->group_offset,
                             "no group begins where one must");
    bool is_last = index + 1 == place->group.record_count;
    uint64_t section = place->group_offset + FORMAT_GROUP_HEADER_BYTES;
    code = file_read_exactly(place->segment->file, segment_path(journal, place->segment->first_sequence).text,
                             section + 4 * index, offsets, is_last ? 4 : 8, fault);
    if (code < 0)
        return code;
    uint64_t begin = load_le32(offsets), end = is_last ? place->group.records_bytes : load_le32(offsets + 4);
    if (begin >= end || end > place->group.records_bytes)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, place->segment, section + 4 * index,
                             "a group's table is damaged");
    place->record_offset = section + begin;
    place->record_bytes = end - begin;
    return 0;
}

static int record_place_find(struct journal *journal, uint64_t sequence, struct record_place *place,
                             struct truc_fault *fault)
{
    if (sequence >= journal->next_sequence)
        return fault_set(fault, TRUC_E_NOT_FOUND, "there is no record %" PRIu64 "; the journal ends at %" PRIu64,
                         sequence, journal->next_sequence);
    int code = segment_use_groups(journal, segment_index_of(journal, sequence), &place->segment, fault);
    if (code < 0)
        return code;
    const struct group_place *group = segment_find_group(place->segment, sequence);
    if (group == NULL)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, place->segment, 0,
                             "no group of the segment holds the record");
    place->group_offset = group->offset;
    return record_place_in_group(journal, sequence, place, fault);
}

/* Without its payload. */
static int record_get(struct journal *journal, const struct record_place *place, uint64_t sequence,
                      struct buffer *scratch, struct record_header *ret_header, struct journal_record *ret_record,
                      struct truc_fault *fault)
{
    struct bytes body;
    buffer_clear(scratch);
    if (buffer_extend(scratch, (size_t)place->record_bytes) == NULL)
        return fault_set(fault, buffer_failed(scratch), "no memory for a record of %" PRIu64 " bytes",
                         place->record_bytes);
    int code = file_read_exactly(place->segment->file, segment_path(journal, place->segment->first_sequence).text,
                                 place->record_offset, scratch->data, scratch->size, fault);
    if (code < 0)
        return code;
    if (!record_read(buffer_view(scratch), ret_header, &body) || ret_header->sequence != sequence)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, place->segment, place->record_offset,
                             "a record's checksum does not hold");
    *ret_record = record_of(ret_header, body);
    return 0;
}

int record_read_in_group(struct journal *journal, struct segment *segment, uint64_t group_offset, uint64_t sequence,
                         struct buffer *scratch, struct journal_record *ret_record, struct truc_fault *fault)
{
    struct record_place place = {.segment = segment, .group_offset = group_offset};
    struct record_header header;
    int code = record_place_in_group(journal, sequence, &place, fault);
    return code < 0 ? code : record_get(journal, &place, sequence, scratch, &header, ret_record, fault);
}

static int payload_read(struct journal *journal, const struct record_place *place, const struct record_header *header,
                        struct buffer *scratch, struct journal_record *record, struct truc_fault *fault)
{
    struct segment *segment = place->segment;
    uint64_t in_section = (uint64_t)header->payload_place * FORMAT_BLOB_ALIGN;
    uint64_t offset = place->group_offset + FORMAT_GROUP_HEADER_BYTES + place->group.records_bytes + in_section;
    uint8_t head[FORMAT_BLOB_HEADER_BYTES];
    struct blob_header blob;
    if (place->group.flags & FORMAT_GROUP_WITHOUT_PAYLOADS)
        return fault_set(fault, TRUC_E_ERASED, "the payload of record %" PRIu64 " was purged", header->sequence);
    int code = file_read_exactly(segment->file, segment_path(journal, segment->first_sequence).text, offset, head,
                                 sizeof(head), fault);
    if (code < 0)
        return code;
    if (!blob_header_read(head, &blob, NULL) ||
        in_section + blob_stored_bytes(blob.payload_bytes) > place->group.payload_bytes)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset, "a stored payload's header is damaged");
    BUFFER_CLEANUP struct buffer stored = {.size_max = JOURNAL_SEGMENT_BYTES_MAX};
    uint8_t *data = buffer_extend(&stored, (size_t)blob_stored_bytes(blob.payload_bytes));
    if (data == NULL)
        return fault_set(fault, buffer_failed(&stored), "no memory for a payload of %u bytes", blob.payload_bytes);
    code = file_read_exactly(segment->file, segment_path(journal, segment->first_sequence).text, offset, data,
                             stored.size, fault);
    if (code == 0)
        code = blob_open(journal, segment, header, buffer_view(&stored), scratch, record, fault);
    if (code == TRUC_E_JOURNAL_CORRUPT)
        fault_where(fault, "segments/%020" PRIu64 ".tj:%" PRIu64, segment->first_sequence, offset);
    return code;
}

int journal_read(struct journal *journal, uint64_t sequence, unsigned flags, struct buffer *scratch,
                 struct journal_record *ret_record, struct truc_fault *fault)
{
    struct record_place place = {0};
    struct record_header header;
    struct journal_record record = {0};
    int code = record_place_find(journal, sequence, &place, fault);
    if (code == 0)
        code = record_get(journal, &place, sequence, scratch, &header, &record, fault);
    if (code < 0)
        return code;
    size_t body_bytes = record.body.size;
    if (flags & JOURNAL_WITH_PAYLOAD && record.has_payload)
        code = payload_read(journal, &place, &header, scratch, &record, fault);
    record.body = bytes_of(scratch->data + FORMAT_RECORD_HEADER_BYTES, body_bytes); /* the buffer may have moved */
    if (code == 0 || code == TRUC_E_ERASED || code == TRUC_E_JOURNAL_KEY)
        *ret_record = record;
    return code;
}

struct sha256_digest journal_leaf_hash(const struct journal_record *record)
{
    struct record_header header = {
        .body_bytes = (uint32_t)record->body.size,
        .kind = record->kind,
        .flags = record->flags,
        .sequence = record->sequence,
        .time_ns = record->time_ns,
    };
    struct sha256_digest digest = sha256_of(record->body);
    return leaf_hash_of(&header, &digest);
}

/* ---- all records of a group ---- */

int group_visit(struct journal *journal, const struct group_header *header, const struct buffer *group, uint64_t from,
                unsigned flags, journal_visit_fn *visit, void *context, struct truc_fault *fault)
{
    struct bytes records = group_records(header, group), payloads = group_payloads(header, group);
    BUFFER_CLEANUP struct buffer plain = {.size_max = JOURNAL_SEGMENT_BYTES_MAX};
    for (size_t i = 0; i < header->record_count; i++) {
        struct record_header record_header;
        struct bytes body;
        records_get(records, i, &record_header, &body);
        if (record_header.sequence < from)
            continue;
        struct journal_record record = record_of(&record_header, body);
        record.body_digest = sha256_of(body);
        uint64_t at = (uint64_t)record_header.payload_place * FORMAT_BLOB_ALIGN;
        if (flags & JOURNAL_WITH_PAYLOAD && record.has_payload && at < payloads.size) {
            struct segment *segment; /* asked again: the visitor may have read elsewhere meanwhile */
            int code = segment_use(journal, segment_index_of(journal, header->first_sequence), &segment, fault);
            if (code < 0)
                return code;
            buffer_clear(&plain);
            struct truc_fault reason;
            code = blob_open(journal, segment, &record_header, bytes_of(payloads.data + at, payloads.size - at), &plain,
                             &record, &reason);
            if (code < 0 && code != TRUC_E_ERASED && code != TRUC_E_JOURNAL_KEY) {
                if (fault != NULL)
                    *fault = reason;
                return code;
            }
        }
        int stop = visit(context, &record);
        if (stop != 0)
            return stop;
    }
    return 0;
}

int journal_scan(struct journal *journal, uint64_t from, unsigned flags, journal_visit_fn *visit, void *context,
                 struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer group = {0};
    unsigned parts = flags & JOURNAL_WITH_PAYLOAD ? GROUP_RECORDS | GROUP_PAYLOADS : GROUP_RECORDS;
    uint64_t end = journal->next_sequence;
    while (from < end) {
        struct segment *segment;
        struct group_header header;
        int code = segment_use_groups(journal, segment_index_of(journal, from), &segment, fault);
        if (code < 0)
            return code;
        const struct group_place *place = segment_find_group(segment, from);
        if (place == NULL)
            return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, 0, "no group of the segment holds the record");
        uint64_t offset = place->offset;
        code = group_read_at(journal, segment, offset, parts, &group, &header, fault);
        if (code < 0)
            return code;
        if (code == GROUP_BAD || from < header.first_sequence || from - header.first_sequence >= header.record_count)
            return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset, "a group's checksum does not hold");
        code = group_visit(journal, &header, &group, from, flags, visit, context, fault);
        if (code != 0)
            return code;
        from = header.first_sequence + header.record_count;
    }
    return 0;
}

/* ---- whether it is there, and erasing ---- */

/* Where the record's blob lies; 1, or 0 when the whole section is gone. Only a place that holds this record's blob is
 * given. */
static int blob_place_find(struct journal *journal, const struct record_place *place, uint64_t sequence,
                           uint64_t *ret_offset, bool *ret_erased, struct truc_fault *fault)
{
    struct file_path path = segment_path(journal, place->segment->first_sequence);
    struct record_header header;
    struct blob_header blob;
    struct bytes body;
    uint8_t head[FORMAT_BLOB_HEADER_BYTES];
    BUFFER_CLEANUP struct buffer scratch = {0};
    if (buffer_extend(&scratch, (size_t)place->record_bytes) == NULL)
        return fault_set(fault, buffer_failed(&scratch), "no memory for a record of %" PRIu64 " bytes",
                         place->record_bytes);
    int code =
        file_read_exactly(place->segment->file, path.text, place->record_offset, scratch.data, scratch.size, fault);
    if (code < 0)
        return code;
    if (!record_read(buffer_view(&scratch), &header, &body) || header.sequence != sequence)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, place->segment, place->record_offset,
                             "a record's checksum does not hold");
    if (!(header.flags & JOURNAL_RECORD_HAS_PAYLOAD))
        return fault_set(fault, TRUC_E_NOT_FOUND, "record %" PRIu64 " has no payload", sequence);
    if (place->group.flags & FORMAT_GROUP_WITHOUT_PAYLOADS)
        return 0;
    uint64_t offset = place->group_offset + FORMAT_GROUP_HEADER_BYTES + place->group.records_bytes +
                      (uint64_t)header.payload_place * FORMAT_BLOB_ALIGN;
    code = file_read_exactly(place->segment->file, path.text, offset, head, sizeof(head), fault);
    if (code < 0)
        return code;
    if (!blob_header_read(head, &blob, NULL) || blob.sequence != sequence)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, place->segment, offset,
                             "a stored payload's header is damaged");
    *ret_offset = offset;
    *ret_erased = blob.erased;
    return 1;
}

int journal_has_payload(struct journal *journal, uint64_t sequence, struct truc_fault *fault)
{
    struct record_place place = {0};
    struct truc_fault why = {0};
    uint64_t offset = 0;
    bool erased = false;
    int code = record_place_find(journal, sequence, &place, fault);
    if (code < 0 || place.segment == NULL)
        return code;
    code = blob_place_find(journal, &place, sequence, &offset, &erased, &why);
    if (code == TRUC_E_NOT_FOUND)
        return 0;
    if (code < 0 && fault)
        *fault = why;
    return code <= 0 ? code : !erased;
}

int journal_erase_payload(struct journal *journal, uint64_t sequence, struct truc_fault *fault)
{
    struct record_place place = {0};
    uint64_t offset = 0;
    uint8_t erased[FORMAT_BLOB_ERASABLE_BYTES];
    bool was_erased = false;
    int code = journal_may_write(journal, fault);
    if (code == 0)
        code = record_place_find(journal, sequence, &place, fault);
    if (code == 0)
        code = blob_place_find(journal, &place, sequence, &offset, &was_erased, fault);
    if (code <= 0 || place.segment == NULL)
        return code;
    blob_erased_write(erased);
    struct file_path path = segment_path(journal, place.segment->first_sequence);
    FILE_CLEANUP struct disk_file *file = NULL; /* sealed segments are held open for reading only */
    int error = disk_open(journal->disk, path.text, DISK_READ | DISK_WRITE, &file);
    if (error == 0)
        error = disk_write_at(file, offset, erased, sizeof(erased));
    if (error == 0)
        error = disk_sync(file);
    if (error == 0)
        return 0;
    file_fault(fault, error, "erase a payload in", path.text);
    return journal_fail(journal, fault);
}
