/* journal_follow.c - records without proof: group after group as a writer appends them, or one whose place is nearly known.
 * Not recovery and not verification: checksums and sequences hold, no tree is computed, no end is judged.
 * For what is rebuilt from the journal at any time: the search index. */
#include "fault.h"
#include "journal_private.h"

/* ---- where a group begins ---- */

static bool group_begins_at(struct journal *journal, const struct segment *segment, struct journal_place place)
{
    struct group_header header;
    return place.offset >= FORMAT_SEGMENT_HEADER_BYTES &&
           group_header_at(journal, segment, place.offset, &header, NULL) == GROUP_GOOD &&
           header.first_sequence == place.sequence;
}

/* Hops from the group at `place` to the one that holds `sequence`: 1, or 0 when no good group leads there. */
static int group_hop_to(struct journal *journal, const struct segment *segment, uint64_t sequence,
                        struct journal_place *place, struct truc_fault *fault)
{
    for (;;) {
        struct group_header header = {0};
        int code = group_header_at(journal, segment, place->offset, &header, fault);
        if (code < 0)
            return code;
        if (code == GROUP_BAD || header.first_sequence != place->sequence || sequence < place->sequence)
            return 0;
        if (sequence - header.first_sequence < header.record_count)
            return 1;
        place->sequence += header.record_count;
        place->offset += group_padded_bytes(&header);
    }
}

/* The group that holds `sequence` of this segment: from the place given, else from the table of a sealed segment, else from the
 * segment's beginning. 1, or 0. */
static int group_locate(struct journal *journal, size_t index, uint64_t sequence, struct journal_place *place,
                        struct truc_fault *fault)
{
    struct segment *segment;
    struct journal_place at = *place;
    int code = segment_use(journal, index, &segment, fault);
    if (code < 0)
        return code;
    if (at.sequence >= segment->first_sequence && group_begins_at(journal, segment, at))
        code = group_hop_to(journal, segment, sequence, &at, fault);
    if (code == 0) {
        at = (struct journal_place){segment->first_sequence, FORMAT_SEGMENT_HEADER_BYTES};
        const struct group_place *group = NULL;
        if (index + 1 < journal->segment_count && segment_use_groups(journal, index, &segment, NULL) == 0)
            group = segment_find_group(segment, sequence);
        if (group)
            at = (struct journal_place){group->first_sequence, group->offset};
        code = group_hop_to(journal, segment, sequence, &at, fault);
    }
    if (code >= 0 && (code > 0 || at.sequence == sequence))
        *place = at; /* also the end so far, where the group of `sequence` will be */
    return code;
}

int journal_read_near(struct journal *journal, struct journal_place place, uint64_t sequence, struct buffer *scratch,
                      struct journal_record *ret_record, struct truc_fault *fault)
{
    int code = journal->segment_count
                   ? group_locate(journal, segment_index_of(journal, sequence), sequence, &place, fault)
                   : 0;
    if (code == 0)
        return fault_set(fault, TRUC_E_NOT_FOUND, "there is no record %llu", (unsigned long long)sequence);
    return code < 0 ? code
                    : record_read_in_group(journal, &journal->segments[segment_index_of(journal, sequence)],
                                           place.offset, sequence, scratch, ret_record, fault);
}

/* ---- following ---- */

static int records_visit(const struct group_header *header, const struct buffer *group,
                         const struct journal_follow *follow)
{
    for (size_t i = 0; i < header->record_count; i++) {
        struct record_header record;
        struct bytes body;
        records_get(group_records(header, group), i, &record, &body);
        const struct journal_record view = {.sequence = record.sequence,
                                            .time_ns = record.time_ns,
                                            .kind = record.kind,
                                            .flags = record.flags,
                                            .body = body,
                                            .has_payload = record.flags & JOURNAL_RECORD_HAS_PAYLOAD};
        int stop = follow->visit(follow->context, &view);
        if (stop != 0)
            return stop;
    }
    return 0;
}

/* Where no good group begins: the next segment (1), the end so far (0), or damage. */
static int segment_leave(struct journal *journal, size_t index, struct journal_place *place, struct truc_fault *fault)
{
    bool is_last = index + 1 == journal->segment_count;
    int code = is_last ? segments_list(journal, fault) : 0;
    if (code < 0)
        return code;
    struct segment *segment = &journal->segments[index]; /* behind the listing, which may move them */
    if (index + 1 == journal->segment_count) {
        if (place->offset == FORMAT_SEGMENT_HEADER_BYTES)
            segment_close(segment); /* an empty one may be replaced by another file */
        return 0;
    }
    /* A segment is sealed after its last group is whole: what is missing here is missing for good, unless it was only just listed. */
    if (!is_last && segment[1].first_sequence != place->sequence)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, place->offset,
                             "the segment is damaged here: the next segment begins with a later record");
    return 1;
}

static int group_follow(struct journal *journal, size_t index, struct journal_place *place,
                        const struct journal_follow *follow, struct buffer *group, size_t *visited,
                        struct truc_fault *fault)
{
    struct segment *segment;
    struct group_header header;
    int code = segment_use(journal, index, &segment, fault);
    if (code < 0)
        return code;
    if (place->sequence == segment->first_sequence)
        place->offset = FORMAT_SEGMENT_HEADER_BYTES;
    code = group_read_at(journal, segment, place->offset, GROUP_RECORDS, group, &header, fault);
    if (code < 0)
        return code;
    if (code == GROUP_BAD)
        return segment_leave(journal, index, place, fault);
    if (header.first_sequence != place->sequence)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, place->offset,
                             "the group does not continue the sequence");
    if ((code = records_visit(&header, group, follow)) != 0)
        return code;
    *visited += header.record_count;
    place->sequence += header.record_count;
    place->offset += group_padded_bytes(&header);
    return 1;
}

/* Where following begins. A place that is not known, or from which a purge has moved the group, is looked for. */
static int place_check(struct journal *journal, struct journal_place *place, struct truc_fault *fault)
{
    size_t index = segment_index_of(journal, place->sequence);
    struct segment *segment;
    if (place->sequence == journal->segments[index].first_sequence) {
        place->offset = FORMAT_SEGMENT_HEADER_BYTES;
        return 0;
    }
    int code = segment_use(journal, index, &segment, fault);
    bool is_sealed = index + 1 < journal->segment_count;
    if (code < 0 || (is_sealed ? group_begins_at(journal, segment, *place) : place->offset > 0))
        return code;
    place->offset = 0;
    code = group_locate(journal, index, place->sequence, place, fault);
    if (code < 0 || place->offset > 0)
        return code < 0 ? code : 0;
    return fault_set(fault, TRUC_E_NOT_FOUND, "no group begins with record %llu", (unsigned long long)place->sequence);
}

int journal_follow(struct journal *journal, struct journal_place *place, const struct journal_follow *follow,
                   struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer group = {0};
    size_t visited = 0;
    int code = journal->segment_count ? 0 : segments_list(journal, fault);
    if (code < 0 || journal->segment_count == 0)
        return code;
    code = place_check(journal, place, fault);
    if (code < 0)
        return code;
    for (code = 1; code == 1 && place->sequence < follow->end && visited < follow->records_max;)
        code =
            group_follow(journal, segment_index_of(journal, place->sequence), place, follow, &group, &visited, fault);
    return code == 1 ? 0 : code;
}
