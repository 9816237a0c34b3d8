/* journal_verify.c - full verification: reads everything and believes nothing.
 * Changes nothing; shares only the byte layout with what wrote the files, not their state.
 * Run in the background after a start, by auditors on a copy, and by tests on every kind of damage. */
#include <inttypes.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "journal_private.h"

struct verification {
    struct journal *journal;
    const struct journal_verify *verify; /* may be NULL */
    struct journal_verified result;
    struct merkle_frontier frontier;
    struct boundary *ends; /* every group's end, to hold checkpoints against */
    size_t end_count, end_capacity;
    struct buffer group;
    uint64_t done_bytes, total_bytes;
};

static int end_remember(struct verification *verification, struct truc_fault *fault)
{
    if (verification->end_count == verification->end_capacity) {
        size_t capacity = verification->end_capacity ? 2 * verification->end_capacity : 1024;
        struct boundary *grown = realloc(verification->ends, capacity * sizeof(*grown));
        if (grown == NULL)
            return fault_set(fault, TRUC_E_MEMORY, "no memory to verify the journal");
        verification->ends = grown;
        verification->end_capacity = capacity;
    }
    verification->ends[verification->end_count++] =
        (struct boundary){verification->frontier.size, merkle_frontier_root(&verification->frontier)};
    return 0;
}

/* ---- a group ---- */

static int zeros_check(const struct segment *segment, struct bytes data, uint64_t offset, const char *text,
                       struct truc_fault *fault)
{
    for (size_t i = 0; i < data.size; i++) {
        if (data.data[i] != 0)
            return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset + i, text);
    }
    return 0;
}

/* Blobs in the order of their records: each belongs to the next record that has a payload; salts hold together. */
static int blobs_check(struct verification *verification, const struct segment *segment,
                       const struct group_header *header, uint64_t group_offset, struct truc_fault *fault)
{
    struct bytes records = group_records(header, &verification->group),
                 section = group_payloads(header, &verification->group);
    uint64_t base = group_offset + FORMAT_GROUP_HEADER_BYTES + header->records_bytes, at = 0;
    if (header->flags & FORMAT_GROUP_WITHOUT_PAYLOADS)
        return 0;
    for (size_t i = 0; i < header->record_count; i++) {
        struct record_header record;
        struct blob_header blob;
        struct bytes body;
        bool salt_is_good;
        records_get(records, i, &record, &body);
        if (!(record.flags & JOURNAL_RECORD_HAS_PAYLOAD))
            continue;
        if (section.size - at < FORMAT_BLOB_HEADER_BYTES || (uint64_t)record.payload_place * FORMAT_BLOB_ALIGN != at ||
            !blob_header_read(section.data + at, &blob, &salt_is_good) || blob.sequence != record.sequence)
            return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, base + at, "a payload is not its record's");
        if (!salt_is_good)
            return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, base + at, "a payload's salt is damaged");
        verification->result.payloads_erased += blob.erased;
        at += blob_stored_bytes(blob.payload_bytes);
    }
    return at == section.size
               ? 0
               : segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, base + at, "a payload belongs to no record");
}

static int record_check(void *context, const struct journal_record *record)
{
    struct verification *verification = context;
    struct sha256_digest leaf = journal_leaf_hash(record);
    merkle_frontier_append(&verification->frontier, &leaf);
    verification->result.records++;
    verification->result.payloads += record->payload_is_read;
    verification->result.payloads_without_key +=
        record->has_payload && !record->payload_is_read; /* erased ones go below */
    const struct journal_verify *verify = verification->verify;
    return verify != NULL && verify->check != NULL ? verify->check(verify->context, record) : 0;
}

static int group_check(struct verification *verification, const struct segment *segment, uint64_t offset,
                       uint64_t *ret_end, struct truc_fault *fault)
{
    struct journal *journal = verification->journal;
    struct group_header header;
    struct sha256_digest root = merkle_frontier_root(&verification->frontier);
    int code =
        group_read_at(journal, segment, offset, GROUP_RECORDS | GROUP_PAYLOADS, &verification->group, &header, fault);
    if (code == GROUP_BAD)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset, "a group is damaged");
    if (code < 0)
        return code;
    if (header.first_sequence != verification->frontier.size || !sha256_equal(&header.root_before, &root))
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset,
                             "the group does not continue what is before it");
    code = blobs_check(verification, segment, &header, offset, fault);
    if (code == 0)
        code = group_visit(journal, &header, &verification->group, 0, JOURNAL_WITH_PAYLOAD, record_check, verification,
                           fault);
    if (code == TRUC_E_JOURNAL_CORRUPT && fault != NULL && fault->where[0] == '\0')
        fault_where(fault, "segments/%020" PRIu64 ".tj:%" PRIu64, segment->first_sequence, offset);
    if (code != 0)
        return code;
    verification->result.groups++;
    *ret_end = offset + group_stored_bytes(&header);
    return end_remember(verification, fault);
}

/* ---- a segment ---- */

/* Zeros up to the next group, or up to the end of the file. */
static int padding_check(struct verification *verification, const struct segment *segment, uint64_t from, uint64_t to,
                         struct truc_fault *fault)
{
    enum { CHUNK_BYTES = 64 * 1024 };
    struct file_path path = segment_path(verification->journal, segment->first_sequence);
    struct buffer *chunk = &verification->group;
    while (from < to) {
        size_t size = to - from < CHUNK_BYTES ? (size_t)(to - from) : CHUNK_BYTES;
        buffer_clear(chunk);
        if (buffer_extend(chunk, size) == NULL)
            return fault_set(fault, buffer_failed(chunk), "no memory to verify the journal");
        int code = file_read_exactly(segment->file, path.text, from, chunk->data, size, fault);
        if (code == 0)
            code = zeros_check(segment, buffer_view(chunk), from, "there is something where zeros belong", fault);
        if (code < 0)
            return code;
        from += size;
    }
    return 0;
}

static int keys_check(struct verification *verification, size_t index, struct truc_fault *fault)
{
    struct segment *segment;
    int code = segment_use(verification->journal, index, &segment, fault);
    return code < 0 || verification->journal->master_key == NULL
               ? code
               : segment_use_keys(verification->journal, segment, fault);
}

static int segment_check(struct verification *verification, size_t index, struct truc_fault *fault)
{
    struct journal *journal = verification->journal;
    struct segment *segment = &journal->segments[index];
    bool is_last = index + 1 == journal->segment_count;
    uint64_t end_sequence = is_last ? journal->next_sequence : segment[1].first_sequence;
    struct sha256_digest root = merkle_frontier_root(&verification->frontier);
    if (!is_last)
        segment_close(segment); /* so that its header is read again, now */
    int code = segment_use(journal, index, &segment, fault);
    if (code == 0)
        code = keys_check(verification, index, fault);
    if (code < 0)
        return code;
    if (segment->first_sequence != verification->frontier.size || !sha256_equal(&segment->header.root_before, &root))
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, 0,
                             "the segment does not continue the one before it");
    uint64_t offset = FORMAT_SEGMENT_HEADER_BYTES;
    while (verification->frontier.size < end_sequence) {
        uint64_t end = 0;
        const struct journal_verify *verify = verification->verify;
        code = group_check(verification, segment, offset, &end, fault);
        if (code == 0)
            code = segment_use(journal, index, &segment, fault); /* the visitor may have read elsewhere */
        uint64_t next = align_up(end, FORMAT_ALIGN);
        int64_t size = code == 0 ? disk_size(segment->file) : 0;
        if (code == 0)
            code = padding_check(verification, segment, end, (uint64_t)size < next ? (uint64_t)size : next, fault);
        if (code != 0)
            return code;
        verification->done_bytes += next - offset;
        offset = next;
        code = verify != NULL && verify->progress != NULL
                   ? verify->progress(verify->context, verification->done_bytes, verification->total_bytes)
                   : 0;
        if (code != 0)
            return code;
    }
    int64_t size = disk_size(segment->file);
    if (size < 0)
        return file_fault(fault, (int)size, "ask the size", segment_path(journal, segment->first_sequence).text);
    verification->result.segments++;
    /* Behind the end known to a reader, the writer may be writing at this moment. */
    return is_last && journal->is_read_only ? 0 : padding_check(verification, segment, offset, (uint64_t)size, fault);
}

/* ---- checkpoints and snapshots ---- */

static int checkpoint_check(struct verification *verification, struct bytes note, struct truc_fault *fault)
{
    uint64_t size;
    struct sha256_digest root;
    int code = checkpoint_note_check(verification->journal, note, &size, &root, fault);
    if (code < 0)
        return code;
    size_t low = 0, high = verification->end_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (verification->ends[middle].size < size)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == verification->end_count || verification->ends[low].size != size ||
        !sha256_equal(&verification->ends[low].root, &root))
        return fault_set(fault, TRUC_E_CHECKPOINT, "the first %" PRIu64 " records are not those a checkpoint signed",
                         size);
    verification->result.checkpoints++;
    return 0;
}

static int history_check(void *context, struct bytes note, uint64_t offset, struct truc_fault *fault)
{
    int code = checkpoint_check(context, note, fault);
    if (code < 0)
        fault_where(fault, "checkpoints/log:%" PRIu64, offset);
    return code;
}

static int checkpoints_check(struct verification *verification, struct truc_fault *fault)
{
    static const char *const names[] = {"latest.a", "latest.b"};
    struct journal *journal = verification->journal;
    int code = checkpoint_history_each(journal, history_check, verification, fault);
    for (size_t i = 0; code == 0 && i < 2; i++) {
        BUFFER_CLEANUP struct buffer note = {0};
        struct file_path path = file_path_in(journal->directory, "checkpoints", names[i]);
        code = file_read_whole(journal->disk, path.text, JOURNAL_CHECKPOINT_NOTE_BYTES_MAX, &note, fault);
        bool is_there = code != TRUC_E_NOT_FOUND;
        if (code == 0)
            code = checkpoint_check(verification, buffer_view(&note), fault);
        if (code < 0 && is_there)
            fault_where(fault, "checkpoints/%s:0", names[i]);
        code = is_there ? code : 0;
    }
    return code;
}

static int snapshots_check(struct verification *verification, struct truc_fault *fault)
{
    uint64_t sequences[SNAPSHOTS_LISTED_MAX];
    int count = snapshots_list(verification->journal, sequences, fault);
    for (int i = 0; i < count; i++) {
        struct snapshot snapshot;
        int code = snapshot_read(verification->journal, sequences[i], &snapshot, fault);
        if (code == TRUC_E_NOT_FOUND)
            continue; /* replaced by a newer one meanwhile */
        if (code < 0)
            return code;
        snapshot_free(&snapshot);
        verification->result.snapshots++;
    }
    return count < 0 ? count : 0;
}

int journal_verify_all(struct journal *journal, const struct journal_verify *verify,
                       struct journal_verified *ret_verified, struct truc_fault *fault)
{
    struct verification verification = {.journal = journal, .verify = verify};
    int code = 0;
    verification.total_bytes = journal->segment_count * journal->segment_bytes;
    for (size_t i = 0; code == 0 && i < journal->segment_count; i++)
        code = segment_check(&verification, i, fault);
    if (code == 0)
        code = checkpoints_check(&verification, fault);
    if (code == 0)
        code = snapshots_check(&verification, fault);
    verification.result.payloads_without_key -= verification.result.payloads_erased;
    verification.result.root = merkle_frontier_root(&verification.frontier);
    if (code == 0 && !sha256_equal(&verification.result.root, &journal->root))
        code = fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the records on disk are not those that were appended");
    free(verification.ends);
    buffer_free(&verification.group);
    if (code == 0 && ret_verified != NULL)
        *ret_verified = verification.result;
    return code;
}
