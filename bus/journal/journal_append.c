/* journal_append.c - appending a group: laid out in one buffer, encrypted, written once, synced once.
 * Decides nothing about what is recorded.
 * The point in the flow where a message becomes durable: what returns 0 here may be acknowledged. */
#include <inttypes.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "journal_private.h"

/* Sizes of the group's sections; TRUC_E_ARGUMENT or TRUC_E_LIMIT when an entry is not acceptable. */
static int group_measure(const struct journal_group *group, struct group_header *header, struct truc_fault *fault)
{
    uint64_t records = record_table_bytes(group->count), payloads = 0;
    if (group->count == 0 || group->count > JOURNAL_GROUP_RECORDS_MAX)
        return fault_set(fault, TRUC_E_ARGUMENT, "a group holds 1 to %d records, not %zu", JOURNAL_GROUP_RECORDS_MAX,
                         group->count);
    for (size_t i = 0; i < group->count; i++) {
        const struct journal_entry *entry = &group->entries[i];
        if (entry->body.size > JOURNAL_RECORD_BYTES_MAX)
            return fault_set(fault, TRUC_E_LIMIT, "a record of %zu bytes is over the limit of %d", entry->body.size,
                             JOURNAL_RECORD_BYTES_MAX);
        if (entry->has_payload && entry->payload.size > JOURNAL_PAYLOAD_BYTES_MAX)
            return fault_set(fault, TRUC_E_LIMIT, "a payload of %zu bytes is over the limit of %d", entry->payload.size,
                             JOURNAL_PAYLOAD_BYTES_MAX);
        records += record_stored_bytes(entry->body.size);
        payloads += entry->has_payload ? blob_stored_bytes(entry->payload.size) : 0;
    }
    header->record_count = (uint32_t)group->count;
    header->records_bytes = align_up(records, FORMAT_BLOB_ALIGN);
    header->payload_bytes = payloads;
    return 0;
}

/* Writes the records and blobs of the group into its place in the buffer. */
static int group_fill(struct journal *journal, const struct segment *segment, const struct journal_group *group,
                      struct group_header *header, uint8_t *data, struct truc_fault *fault)
{
    uint8_t *records = data + FORMAT_GROUP_HEADER_BYTES, *payloads = records + header->records_bytes;
    uint64_t record_at = record_table_bytes(group->count), payload_at = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct journal_entry *entry = &group->entries[i];
        struct record_header record = {
            .body_bytes = (uint32_t)entry->body.size,
            .kind = entry->kind,
            .flags = (uint16_t)(entry->has_payload ? entry->flags | JOURNAL_RECORD_HAS_PAYLOAD
                                                   : entry->flags & ~JOURNAL_RECORD_HAS_PAYLOAD),
            .sequence = header->first_sequence + i,
            .time_ns = entry->time_ns,
            .payload_place = entry->has_payload ? (uint32_t)(payload_at / FORMAT_BLOB_ALIGN) : 0,
        };
        if (entry->has_payload) {
            int code = payload_seal(journal->cipher, &segment->keys, journal->bus_id, record.sequence, entry->salt,
                                    entry->payload, payloads + payload_at, fault);
            if (code < 0)
                return code;
            payload_at += blob_stored_bytes(entry->payload.size);
        }
        store_le32(records + 4 * i, (uint32_t)record_at);
        record_write(&record, entry->body, records + record_at);
        record_at += record_stored_bytes(entry->body.size);
    }
    header->records_crc = crc32c(0, bytes_of(records, (size_t)header->records_bytes));
    if (!payloads_crc(bytes_of(payloads, (size_t)header->payload_bytes), &header->payload_crc))
        return fault_set(fault, TRUC_E_INTERNAL, "a group's payload section does not read back");
    group_header_write(header, data);
    return 0;
}

/* After the group is durable: leaves, root, table. Can't fail: room in the table was made before. */
static void group_count_in(struct journal *journal, struct segment *segment, const struct group_header *header,
                           uint64_t offset)
{
    struct bytes section = group_records(header, &journal->group_buffer);
    for (size_t i = 0; i < header->record_count; i++) {
        struct record_header record;
        struct bytes body;
        records_get(section, i, &record, &body);
        struct sha256_digest digest = sha256_of(body), leaf = leaf_hash_of(&record, &digest);
        journal_add_leaf(journal, &leaf);
    }
    journal->next_sequence += header->record_count;
    segment->end_sequence = journal->next_sequence;
    segment->groups[segment->group_count++] = (struct group_place){header->first_sequence, offset};
    segment->groups_end = offset + group_padded_bytes(header);
    journal->root = merkle_frontier_root(&journal->frontier);
    journal->groups_since_checkpoint++;
    journal_add_boundary(journal);
}

/* The last segment, with room for `size` more bytes and for one more place in its table. */
static int segment_with_room(struct journal *journal, uint64_t size, uint64_t time_ns, struct segment **ret_segment,
                             struct truc_fault *fault)
{
    struct segment *segment;
    int code = segment_use(journal, journal->segment_count - 1, &segment, fault);
    if (code == 0)
        code = segment_use_keys(journal, segment, fault);
    if (code < 0)
        return code;
    if (segment->keys_state != SEGMENT_KEYS_READY || segment->groups_end + size > segment->file_bytes) {
        code = journal_start_segment(journal, time_ns, fault);
        segment = &journal->segments[journal->segment_count - 1];
    }
    if (code == 0 && segment_reserve_group(segment) < 0)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for the table of groups");
    *ret_segment = segment;
    return code;
}

static int group_write(struct journal *journal, struct segment *segment, struct truc_fault *fault)
{
    const struct buffer *data = &journal->group_buffer;
    int error = disk_write_at(segment->file, segment->groups_end, data->data, data->size);
    if (error == 0)
        error = disk_sync(segment->file);
    if (error == 0)
        return 0;
    file_fault(fault, error, "write or sync", segment_path(journal, segment->first_sequence).text);
    return journal_fail(journal, fault);
}

/* The group and zeros to the end of its last page, as the file has them there anyway: a page written in part would
 * have to be read from the disk first. */
static size_t group_written_bytes(const struct segment *segment, const struct group_header *header)
{
    uint64_t end = align_up(segment->groups_end + group_padded_bytes(header), DISK_PAGE_BYTES);
    return (size_t)((end < segment->file_bytes ? end : segment->file_bytes) - segment->groups_end);
}

/* The buffer as `size` zeros, aligned so that the disk can take them from where they are. */
static int group_buffer_take(struct journal *journal, size_t size, struct truc_fault *fault)
{
    struct buffer *buffer = &journal->group_buffer;
    if (size > buffer->capacity) {
        size_t capacity = (size_t)align_up(size + size / 2, DISK_PAGE_BYTES);
        uint8_t *data = aligned_alloc(DISK_PAGE_BYTES, capacity);
        if (data == NULL)
            return fault_set(fault, TRUC_E_MEMORY, "no memory for a group of %zu bytes", size);
        buffer_free(buffer);
        *buffer = (struct buffer){.data = data, .capacity = capacity};
    }
    memset(buffer->data, 0, size);
    buffer->size = size;
    return 0;
}

/* Lays the whole group out in the buffer. */
static int group_lay_out(struct journal *journal, const struct segment *segment, const struct journal_group *group,
                         struct group_header *header, struct truc_fault *fault)
{
    size_t size = group_written_bytes(segment, header);
    int code = group_buffer_take(journal, size, fault);
    if (code < 0)
        return code;
    header->first_sequence = journal->next_sequence;
    header->time_ns = group->time_ns;
    header->verified_through = journal->verified_through;
    header->root_before = journal->root;
    memcpy(header->segment_id, segment->header.segment_id, FORMAT_SEGMENT_ID_BYTES);
    return group_fill(journal, segment, group, header, journal->group_buffer.data, fault);
}

int journal_append_group(struct journal *journal, const struct journal_group *group, struct truc_fault *fault)
{
    struct group_header header = {0};
    struct segment *segment = NULL;
    int code = journal_may_write(journal, fault);
    if (code == 0)
        code = group_measure(group, &header, fault);
    if (code < 0)
        return code;
    if (group_padded_bytes(&header) > journal->segment_bytes - FORMAT_SEGMENT_HEADER_BYTES)
        return fault_set(fault, TRUC_E_LIMIT, "a group of %" PRIu64 " bytes does not fit a segment of %" PRIu64,
                         group_padded_bytes(&header), journal->segment_bytes);
    if (group->verified_through > journal->verified_through)
        journal->verified_through = group->verified_through;
    code = journal_checkpoint_when_due(journal, group->time_ns, fault);
    if (code == 0)
        code = segment_with_room(journal, group_padded_bytes(&header), group->time_ns, &segment, fault);
    if (code == 0)
        code = group_lay_out(journal, segment, group, &header, fault);
    if (code == 0)
        code = group_write(journal, segment, fault);
    if (code == 0)
        group_count_in(journal, segment, &header, segment->groups_end);
    return code;
}
