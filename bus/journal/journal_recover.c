/* journal_recover.c - from files to state: the snapshot to start from, the groups behind it, what the end looks like.
 * Reads only; the writer's part of opening (cutting, rewriting, keys) is in journal_open.c.
 * The unit is the group: group N+1 is written only after N is durable, so only the last one can be torn. */
#include <inttypes.h>
#include <stdlib.h>

#include "fault.h"
#include "journal_private.h"

/* ---- following groups ---- */

static int group_take_in(struct journal *journal, const struct recovery_scan *scan, const struct group_header *header,
                         const struct buffer *group)
{
    const struct journal_recovery *recovery = scan->recovery;
    for (size_t i = 0; i < header->record_count; i++) {
        struct record_header record;
        struct bytes body;
        records_get(group_records(header, group), i, &record, &body);
        struct sha256_digest digest = sha256_of(body), leaf = leaf_hash_of(&record, &digest);
        journal_add_leaf(journal, &leaf);
        if (recovery == NULL || recovery->replay == NULL)
            continue;
        struct journal_record view = {
            .sequence = record.sequence,
            .time_ns = record.time_ns,
            .kind = record.kind,
            .flags = record.flags,
            .body = body,
            .body_digest = digest,
            .has_payload = record.flags & JOURNAL_RECORD_HAS_PAYLOAD,
        };
        int stop = recovery->replay(recovery->context, &view);
        if (stop != 0)
            return stop;
    }
    journal->next_sequence += header->record_count;
    journal->root = merkle_frontier_root(&journal->frontier);
    journal->verified_through = header->verified_through;
    journal_add_boundary(journal);
    return 0;
}

/* What must hold for a group whose checksums do: it continues the sequence and the tree. */
static int group_fits(const struct journal *journal, const struct segment *segment, const struct group_header *header,
                      uint64_t offset, struct truc_fault *fault)
{
    if (header->first_sequence != journal->next_sequence)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset,
                             "the group does not continue the sequence");
    if (!sha256_equal(&header->root_before, &journal->root))
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset,
                             "the group does not continue the tree before it");
    return 0;
}

static int checkpoint_fits(const struct journal *journal, struct truc_fault *fault)
{
    if (journal->checkpoint_size != journal->next_sequence || sha256_equal(&journal->checkpoint_root, &journal->root))
        return 0;
    return fault_set(fault, TRUC_E_CHECKPOINT,
                     "the records below %" PRIu64 " are not those that the latest checkpoint signed",
                     journal->checkpoint_size);
}

/* Takes in the groups of one segment from `offset` to where no good group begins. */
static int segment_follow(struct journal *journal, struct recovery_scan *scan, size_t index, uint64_t offset,
                          struct buffer *group, struct truc_fault *fault)
{
    struct segment *segment;
    struct group_header header;
    int code = segment_use(journal, index, &segment, fault);
    if (code < 0)
        return code;
    if (offset == FORMAT_SEGMENT_HEADER_BYTES && (segment->first_sequence != journal->next_sequence ||
                                                  !sha256_equal(&segment->header.root_before, &journal->root)))
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, 0,
                             "the segment does not continue the one before it");
    segment->groups_end = offset;
    for (;;) {
        code = group_read_at(journal, segment, offset, GROUP_RECORDS | GROUP_PAYLOADS, group, &header, fault);
        if (code != GROUP_GOOD)
            break;
        code = group_fits(journal, segment, &header, offset, fault);
        if (code == 0)
            code = group_take_in(journal, scan, &header, group);
        if (code == 0)
            code = checkpoint_fits(journal, fault);
        if (code == 0 &&
            segment_add_group(segment, header.first_sequence, offset, offset + group_padded_bytes(&header)) < 0)
            code = fault_set(fault, TRUC_E_MEMORY, "no memory for the table of groups");
        if (code != 0)
            return code;
        offset = segment->groups_end;
        scan->done_bytes += group_padded_bytes(&header);
        if (scan->recovery != NULL && scan->recovery->progress != NULL)
            scan->recovery->progress(scan->recovery->context, scan->done_bytes, scan->total_bytes);
    }
    segment->end_sequence = journal->next_sequence;
    segment->groups_are_known = true;
    return code;
}

int recovery_follow(struct journal *journal, struct recovery_scan *scan, size_t index, uint64_t offset,
                    struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer group = {0};
    for (; index < journal->segment_count; index++) {
        int code = segment_follow(journal, scan, index, offset, &group, fault);
        if (code != 0)
            return code;
        const struct segment *segment = &journal->segments[index];
        if (index + 1 < journal->segment_count && journal->next_sequence != segment[1].first_sequence)
            return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, segment->groups_end,
                                 "the segment is damaged here: the next segment begins with a later record");
        offset = FORMAT_SEGMENT_HEADER_BYTES;
    }
    return 0;
}

/* ---- where to start ---- */

/* Hops to the group end at `sequence`, filling the table on the way; false when there is none. */
static bool segment_hop_to(struct journal *journal, struct segment *segment, const struct snapshot *snapshot)
{
    uint64_t sequence = segment->first_sequence, offset = FORMAT_SEGMENT_HEADER_BYTES;
    struct group_header header;
    while (sequence < snapshot->frontier.size) {
        if (group_header_at(journal, segment, offset, &header, NULL) != GROUP_GOOD ||
            header.first_sequence != sequence ||
            segment_add_group(segment, sequence, offset, offset + group_padded_bytes(&header)) < 0)
            return false;
        sequence += header.record_count;
        offset = segment->groups_end;
        journal->verified_through = header.verified_through;
    }
    struct sha256_digest root = merkle_frontier_root(&snapshot->frontier);
    if (sequence != snapshot->frontier.size)
        return false;
    if (journal->checkpoint_size == sequence && !sha256_equal(&root, &journal->checkpoint_root))
        return false;
    return group_header_at(journal, segment, offset, &header, NULL) != GROUP_GOOD ||
           sha256_equal(&header.root_before, &root);
}

/* Takes the snapshot and its place: 1, or 0 when it doesn't fit or isn't wanted. */
static int snapshot_take(struct journal *journal, const struct journal_recovery *recovery, uint64_t sequence,
                         size_t *ret_index, uint64_t *ret_offset)
{
    struct snapshot snapshot;
    struct segment *segment;
    if (snapshot_read(journal, sequence, &snapshot, NULL) < 0)
        return 0;
    size_t index = segment_index_of(journal, sequence);
    bool fits = journal->segment_count > 0 && segment_use(journal, index, &segment, NULL) == 0;
    if (fits && !segment_hop_to(journal, segment, &snapshot)) {
        segment_close(segment);
        fits = false;
    }
    if (fits && recovery != NULL && recovery->restore != NULL &&
        recovery->restore(recovery->context, sequence, snapshot.state) < 0) {
        segment_close(segment);
        fits = false;
    }
    if (fits) {
        journal->frontier = snapshot.frontier;
        journal->next_sequence = sequence;
        journal->root = merkle_frontier_root(&journal->frontier);
        *ret_index = index;
        *ret_offset = segment->groups_end;
    }
    snapshot_free(&snapshot);
    return fits;
}

/* A state above that replays but can't restore needs every record. */
static bool snapshots_are_wanted(const struct journal_recovery *recovery)
{
    return recovery == NULL || recovery->replay == NULL || recovery->restore != NULL;
}

static int snapshot_choose(struct journal *journal, const struct journal_recovery *recovery,
                           struct journal_opened *opened, size_t *ret_index, uint64_t *ret_offset,
                           struct truc_fault *fault)
{
    uint64_t sequences[SNAPSHOTS_LISTED_MAX];
    *ret_index = 0;
    *ret_offset = FORMAT_SEGMENT_HEADER_BYTES;
    if (!snapshots_are_wanted(recovery))
        return 0;
    int count = snapshots_list(journal, sequences, fault);
    if (count < 0)
        return count;
    for (int i = 0; i < count; i++) {
        if (snapshot_take(journal, recovery, sequences[i], ret_index, ret_offset)) {
            opened->restored_sequence = sequences[i];
            return 0;
        }
        opened->snapshots_refused++;
    }
    journal->verified_through = 0;
    return 0;
}

/* ---- what the end looks like ---- */

/* Bytes from the first to the last that isn't zero behind the last group, rounded up to the file's end: 0 when all are
 * zero. */
static int64_t tail_measure(struct journal *journal, const struct segment *segment, struct truc_fault *fault)
{
    enum { CHUNK_BYTES = 256 * 1024 };
    struct file_path path = segment_path(journal, segment->first_sequence);
    int64_t size = disk_size(segment->file), found = 0;
    uint8_t *chunk = malloc(CHUNK_BYTES);
    if (size < 0 || chunk == NULL) {
        free(chunk);
        return size < 0 ? file_fault(fault, (int)size, "ask the size", path.text)
                        : fault_set(fault, TRUC_E_MEMORY, "no memory to read the end of the journal");
    }
    for (uint64_t at = segment->groups_end; at < (uint64_t)size; at += CHUNK_BYTES) {
        int64_t got = disk_read_at(segment->file, at, chunk, CHUNK_BYTES);
        if (got < 0)
            found = file_fault(fault, (int)got, "read", path.text);
        else if (!bytes_are_zero(bytes_of(chunk, (size_t)got)))
            found = size - (int64_t)segment->groups_end;
        if (found != 0)
            break;
    }
    free(chunk);
    return found;
}

/* A valid group behind the damage proves that what is damaged had been durable. */
static int later_group_find(struct journal *journal, const struct segment *segment, struct truc_fault *fault)
{
    int64_t size = disk_size(segment->file);
    for (uint64_t at = segment->groups_end + FORMAT_ALIGN; size > 0 && at < (uint64_t)size; at += FORMAT_ALIGN) {
        struct group_header header;
        int code = group_header_at(journal, segment, at, &header, fault);
        if (code != GROUP_BAD)
            return code;
    }
    return 0;
}

static int end_judge(struct journal *journal, struct journal_opened *opened, struct truc_fault *fault)
{
    if (journal->segment_count > 0) {
        struct segment *last = &journal->segments[journal->segment_count - 1];
        int64_t tail_bytes = tail_measure(journal, last, fault);
        if (tail_bytes < 0)
            return (int)tail_bytes;
        int later = tail_bytes > 0 ? later_group_find(journal, last, fault) : 0;
        if (later < 0)
            return later;
        if (tail_bytes > 0 && (later > 0 || journal->checkpoint_size > journal->next_sequence))
            return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, last, last->groups_end,
                                 later > 0 ? "a group is damaged, and a good one follows it"
                                           : "a group is damaged that the latest checkpoint covers");
        opened->cut_bytes = (uint64_t)tail_bytes;
        opened->cut_offset = last->groups_end;
        opened->cut_segment = last->first_sequence;
    }
    if (journal->checkpoint_size > journal->next_sequence)
        return fault_set(fault, TRUC_E_CHECKPOINT,
                         "the latest checkpoint signed %" PRIu64 " records, the journal ends at %" PRIu64,
                         journal->checkpoint_size, journal->next_sequence);
    return 0;
}

/* A checkpoint older than where replay began is held against the group that begins at its size. */
static int old_checkpoint_fits(struct journal *journal, uint64_t restored_sequence, struct truc_fault *fault)
{
    struct sha256_digest root;
    if (journal->checkpoint_size == 0 || journal->checkpoint_size >= restored_sequence)
        return 0;
    int code = journal_root_at(journal, journal->checkpoint_size, &root, fault);
    if (code == 0 && sha256_equal(&root, &journal->checkpoint_root))
        return 0;
    if (code < 0 && code != TRUC_E_ARGUMENT)
        return code;
    return fault_set(fault, TRUC_E_CHECKPOINT,
                     "the records below %" PRIu64 " are not those that the latest checkpoint signed",
                     journal->checkpoint_size);
}

int journal_recover(struct journal *journal, const struct journal_recovery *recovery, struct journal_opened *ret_opened,
                    struct truc_fault *fault)
{
    struct recovery_scan scan = {.recovery = recovery};
    size_t index;
    uint64_t offset;
    journal->root = merkle_frontier_root(&journal->frontier);
    int code = snapshot_choose(journal, recovery, ret_opened, &index, &offset, fault);
    if (code < 0)
        return code;
    tree_open(journal);
    if (journal->segment_count > 0)
        scan.total_bytes = (journal->segment_count - index) * journal->segment_bytes;
    code = recovery_follow(journal, &scan, index, offset, fault);
    if (code == 0)
        code = end_judge(journal, ret_opened, fault);
    if (code == 0)
        code = old_checkpoint_fits(journal, ret_opened->restored_sequence, fault);
    if (code != 0)
        return code;
    /* A checkpoint signs group ends only. */
    if (journal->checkpoint_size > ret_opened->restored_sequence) {
        struct sha256_digest root;
        code = journal_root_at(journal, journal->checkpoint_size, &root, fault);
        if (code == TRUC_E_ARGUMENT)
            code = fault_set(fault, TRUC_E_CHECKPOINT,
                             "the latest checkpoint's size, %" PRIu64 ", is not the end of a group",
                             journal->checkpoint_size);
    }
    ret_opened->next_sequence = journal->next_sequence;
    ret_opened->verified_through = journal->verified_through;
    ret_opened->checkpoint_size = journal->checkpoint_size;
    return code;
}
