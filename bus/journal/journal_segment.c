/* journal_segment.c - segment files as the journal holds them: found, opened, checked, and where their groups lie.
 * Neither writes groups nor interprets records.
 * Under reading, scanning, recovery and verification. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "journal_private.h"

void segment_name_of(uint64_t first_sequence, const char *suffix, char out[SEGMENT_NAME_BYTES])
{
    int size = snprintf(out, SEGMENT_NAME_BYTES, "%020" PRIu64 "%s", first_sequence, suffix);
    if (size < 0)
        out[0] = '\0';
}

struct file_path segment_path(const struct journal *journal, uint64_t first_sequence)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name_of(first_sequence, ".tj", name);
    return file_path_in(journal->directory, "segments", name);
}

int segment_fault(struct truc_fault *fault, int code, const struct segment *segment, uint64_t offset, const char *text)
{
    fault_set(fault, code, "%s", text);
    fault_where(fault, "segments/%020" PRIu64 ".tj:%" PRIu64, segment->first_sequence, offset);
    return code;
}

/* ---- which there are ---- */

struct segment_names {
    uint64_t *sequences;
    size_t count, capacity;
};

/* 20 digits and ".tj"; anything else in the folder (spare, temporary files) is no segment. */
static bool segment_name_read(const char *name, uint64_t *ret_sequence)
{
    uint64_t sequence = 0;
    for (int i = 0; i < 20; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        sequence = sequence * 10 + (uint64_t)(name[i] - '0');
    }
    *ret_sequence = sequence;
    return strcmp(name + 20, ".tj") == 0;
}

static int segment_name_visit(void *context, const char *name)
{
    struct segment_names *names = context;
    uint64_t sequence;
    if (!segment_name_read(name, &sequence))
        return 0;
    if (names->count == names->capacity) {
        size_t capacity = names->capacity ? 2 * names->capacity : 64;
        uint64_t *grown = realloc(names->sequences, capacity * sizeof(*grown));
        if (grown == NULL)
            return -ENOMEM;
        names->sequences = grown;
        names->capacity = capacity;
    }
    names->sequences[names->count++] = sequence;
    return 0;
}

static int sequence_order(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

int segments_reserve(struct journal *journal)
{
    if (journal->segment_count < journal->segment_capacity)
        return 0;
    size_t capacity = journal->segment_capacity ? 2 * journal->segment_capacity : 64;
    struct segment *grown = realloc(journal->segments, capacity * sizeof(*grown));
    if (grown == NULL)
        return TRUC_E_MEMORY;
    journal->segments = grown;
    journal->segment_capacity = capacity;
    return 0;
}

static int segment_append(struct journal *journal, uint64_t first_sequence)
{
    if (segments_reserve(journal) < 0)
        return TRUC_E_MEMORY;
    if (journal->segment_count > 0)
        journal->segments[journal->segment_count - 1].end_sequence = first_sequence;
    journal->segments[journal->segment_count++] =
        (struct segment){.first_sequence = first_sequence, .end_sequence = first_sequence};
    return 0;
}

int segments_list(struct journal *journal, struct truc_fault *fault)
{
    struct segment_names names = {0};
    struct file_path path = file_path_of(journal->directory, "segments");
    int code = disk_list(journal->disk, path.text, segment_name_visit, &names);
    if (code < 0) {
        free(names.sequences);
        return file_fault(fault, code, "list", path.text);
    }
    if (names.count > 0)
        qsort(names.sequences, names.count, sizeof(names.sequences[0]), sequence_order);
    if (names.count > 0 && names.sequences[0] != 0)
        code = fault_set(fault, TRUC_E_JOURNAL_CORRUPT,
                         "the journal's first segment is missing; the oldest one begins with %" PRIu64,
                         names.sequences[0]);
    for (size_t i = journal->segment_count; code == 0 && i < names.count; i++) {
        if (segment_append(journal, names.sequences[i]) < 0)
            code = fault_set(fault, TRUC_E_MEMORY, "no memory for %zu segments", names.count);
    }
    free(names.sequences);
    return code;
}

void segment_close(struct segment *segment)
{
    disk_close(segment->file);
    free(segment->groups);
    segment_keys_wipe(&segment->keys);
    *segment = (struct segment){.first_sequence = segment->first_sequence, .end_sequence = segment->end_sequence};
}

void segments_free(struct journal *journal)
{
    for (size_t i = 0; i < journal->segment_count; i++)
        segment_close(&journal->segments[i]);
    free(journal->segments);
    journal->segments = NULL;
    journal->segment_count = journal->segment_capacity = 0;
}

size_t segment_index_of(const struct journal *journal, uint64_t sequence)
{
    size_t low = 0, high = journal->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (journal->segments[middle].first_sequence <= sequence)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- opening ---- */

/* Closes the one unused for longest when too many are open. The last segment stays: it is being appended to. */
static void segments_make_room(struct journal *journal)
{
    struct segment *oldest = NULL;
    size_t open = 0;
    for (size_t i = 0; i + 1 < journal->segment_count; i++) {
        struct segment *segment = &journal->segments[i];
        if (segment->file == NULL)
            continue;
        open++;
        if (oldest == NULL || segment->used < oldest->used)
            oldest = segment;
    }
    if (open >= SEGMENTS_OPEN_MAX)
        segment_close(oldest);
}

static int segment_open(struct journal *journal, struct segment *segment, bool is_last, struct truc_fault *fault)
{
    struct file_path path = segment_path(journal, segment->first_sequence);
    uint8_t data[FORMAT_SEGMENT_HEADER_BYTES];
    bool writes = is_last && !journal->is_read_only;
    FILE_CLEANUP struct disk_file *file = NULL;
    int code = disk_open(journal->disk, path.text, writes ? DISK_READ | DISK_WRITE | DISK_DIRECT : DISK_READ, &file);
    if (code < 0)
        return file_fault(fault, code, "open", path.text);
    code = file_read_exactly(file, path.text, 0, data, sizeof(data), fault);
    if (code == 0)
        code = segment_header_read(data, &segment->header, fault);
    if (code == TRUC_E_JOURNAL_CORRUPT || code == TRUC_E_JOURNAL_VERSION)
        fault_where(fault, "segments/%020" PRIu64 ".tj:0", segment->first_sequence);
    if (code < 0)
        return code;
    if (segment->header.first_sequence != segment->first_sequence)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, 16,
                             "the segment's header belongs to another segment");
    if (journal->bus_id[0] == '\0')
        memcpy(journal->bus_id, segment->header.bus_id, sizeof(journal->bus_id));
    if (strcmp(journal->bus_id, segment->header.bus_id) != 0)
        return segment_fault(fault, TRUC_E_WRONG_BUS, segment, 104, "the segment belongs to another bus");
    int64_t file_bytes = disk_size(file);
    if (file_bytes < 0)
        return file_fault(fault, (int)file_bytes, "ask the size", path.text);
    segment->file = file;
    segment->file_bytes = (uint64_t)file_bytes;
    segment->groups_end = FORMAT_SEGMENT_HEADER_BYTES;
    file = NULL;
    return 0;
}

int segment_use(struct journal *journal, size_t index, struct segment **ret_segment, struct truc_fault *fault)
{
    struct segment *segment = &journal->segments[index];
    if (segment->file == NULL) {
        segments_make_room(journal);
        int code = segment_open(journal, segment, index + 1 == journal->segment_count, fault);
        if (code < 0)
            return code;
    }
    segment->used = ++journal->uses;
    *ret_segment = segment;
    return 0;
}

/* ---- where groups lie ---- */

int segment_reserve_group(struct segment *segment)
{
    if (segment->group_count < segment->group_capacity)
        return 0;
    size_t capacity = segment->group_capacity ? 2 * segment->group_capacity : 256;
    struct group_place *grown = realloc(segment->groups, capacity * sizeof(*grown));
    if (grown == NULL)
        return TRUC_E_MEMORY;
    segment->groups = grown;
    segment->group_capacity = capacity;
    return 0;
}

int segment_add_group(struct segment *segment, uint64_t first_sequence, uint64_t offset, uint64_t end)
{
    if (segment_reserve_group(segment) < 0)
        return TRUC_E_MEMORY;
    segment->groups[segment->group_count++] = (struct group_place){first_sequence, offset};
    segment->groups_end = end;
    return 0;
}

const struct group_place *segment_find_group(const struct segment *segment, uint64_t sequence)
{
    size_t low = 0, high = segment->group_count;
    if (high == 0 || sequence < segment->groups[0].first_sequence)
        return NULL;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (segment->groups[middle].first_sequence <= sequence)
            low = middle;
        else
            high = middle;
    }
    return &segment->groups[low];
}

int group_header_at(struct journal *journal, const struct segment *segment, uint64_t offset,
                    struct group_header *ret_header, struct truc_fault *fault)
{
    uint8_t data[FORMAT_GROUP_HEADER_BYTES];
    struct group_header header = {0};
    int64_t got = disk_read_at(segment->file, offset, data, sizeof(data));
    if (got < 0)
        return file_fault(fault, (int)got, "read", segment_path(journal, segment->first_sequence).text);
    if ((uint64_t)got < sizeof(data) || !group_header_read(data, &header) ||
        memcmp(header.segment_id, segment->header.segment_id, FORMAT_SEGMENT_ID_BYTES) != 0)
        return GROUP_BAD;
    *ret_header = header;
    return GROUP_GOOD;
}

int group_read_at(struct journal *journal, const struct segment *segment, uint64_t offset, unsigned parts,
                  struct buffer *out, struct group_header *ret_header, struct truc_fault *fault)
{
    struct group_header header = {0};
    int code = group_header_at(journal, segment, offset, &header, fault);
    if (code != GROUP_GOOD)
        return code;
    bool has_payloads = !(header.flags & FORMAT_GROUP_WITHOUT_PAYLOADS) && parts & GROUP_PAYLOADS;
    uint64_t size = FORMAT_GROUP_HEADER_BYTES + header.records_bytes + (has_payloads ? header.payload_bytes : 0);
    int64_t file_bytes = disk_size(segment->file);
    if (file_bytes < 0)
        return file_fault(fault, (int)file_bytes, "ask the size", segment_path(journal, segment->first_sequence).text);
    if (group_stored_bytes(&header) > (uint64_t)file_bytes - offset)
        return GROUP_BAD;
    buffer_clear(out);
    out->size_max = JOURNAL_SEGMENT_BYTES_MAX;
    uint8_t *data = buffer_extend(out, (size_t)size);
    if (data == NULL)
        return fault_set(fault, buffer_failed(out), "no memory for a group of %" PRIu64 " bytes", size);
    int64_t got = disk_read_at(segment->file, offset, data, (size_t)size);
    if (got < 0)
        return file_fault(fault, (int)got, "read", segment_path(journal, segment->first_sequence).text);
    uint32_t crc = 0;
    if ((uint64_t)got < size || !records_check(&header, group_records(&header, out)))
        return GROUP_BAD;
    if (has_payloads && (!payloads_crc(group_payloads(&header, out), &crc) || crc != header.payload_crc))
        return GROUP_BAD;
    *ret_header = header;
    return GROUP_GOOD;
}

/* ---- the table of groups beside a sealed segment (index/NAME.groups): section "Group tables" ---- */

enum { TABLE_HEADER_BYTES = 48, TABLE_ENTRY_BYTES = 16, TABLE_BYTES_MAX = 64 * 1024 * 1024 };
static const char table_magic[8] = {'T', 'R', 'U', 'C', 'G', 'T', 'B', '\n'};

static struct file_path table_path(const struct journal *journal, const struct segment *segment)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name_of(segment->first_sequence, ".groups", name);
    return file_path_in(journal->directory, "index", name);
}

void segment_groups_save(struct journal *journal, const struct segment *segment)
{
    BUFFER_CLEANUP struct buffer table = {0};
    buffer_append(&table, table_magic, sizeof(table_magic));
    buffer_append_le32(&table, FORMAT_VERSION);
    buffer_append_le32(&table, (uint32_t)segment->group_count);
    buffer_append(&table, segment->header.segment_id, FORMAT_SEGMENT_ID_BYTES);
    buffer_append_le64(&table, segment->end_sequence);
    buffer_append_le64(&table, segment->groups_end);
    for (size_t i = 0; i < segment->group_count; i++) {
        buffer_append_le64(&table, segment->groups[i].first_sequence);
        buffer_append_le64(&table, segment->groups[i].offset);
    }
    buffer_append_le32(&table, crc32c(0, buffer_view(&table)));
    struct file_path path = table_path(journal, segment);
    FILE_CLEANUP struct disk_file *file = NULL;
    /* Never synced and checked when read: whatever goes wrong here only costs a hop over the headers later. */
    if (buffer_failed(&table) == 0 &&
        disk_open(journal->disk, path.text, DISK_READ | DISK_WRITE | DISK_CREATE, &file) == 0 &&
        disk_write_at(file, 0, table.data, table.size) == 0)
        disk_truncate(file, table.size);
}

static bool segment_groups_load(struct journal *journal, struct segment *segment)
{
    BUFFER_CLEANUP struct buffer table = {0};
    struct file_path path = table_path(journal, segment);
    if (file_read_whole(journal->disk, path.text, TABLE_BYTES_MAX, &table, NULL) < 0 ||
        table.size < TABLE_HEADER_BYTES + 4)
        return false;
    uint64_t count = load_le32(table.data + 12);
    if (memcmp(table.data, table_magic, sizeof(table_magic)) != 0 || load_le32(table.data + 8) != FORMAT_VERSION ||
        table.size != TABLE_HEADER_BYTES + count * TABLE_ENTRY_BYTES + 4 ||
        load_le32(table.data + table.size - 4) != crc32c(0, bytes_of(table.data, table.size - 4)) ||
        memcmp(table.data + 16, segment->header.segment_id, FORMAT_SEGMENT_ID_BYTES) != 0 ||
        load_le64(table.data + 32) != segment->end_sequence)
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = table.data + TABLE_HEADER_BYTES + i * TABLE_ENTRY_BYTES;
        if (segment_add_group(segment, load_le64(entry), load_le64(entry + 8), load_le64(table.data + 40)) < 0)
            return false;
    }
    return true;
}

/* The last place of the table is where a group stands: a purge may have moved them all since it was written. */
static bool segment_groups_fit(struct journal *journal, const struct segment *segment)
{
    struct group_header header = {0};
    if (segment->group_count == 0)
        return segment->end_sequence == segment->first_sequence;
    const struct group_place *last = &segment->groups[segment->group_count - 1];
    return group_header_at(journal, segment, last->offset, &header, NULL) == GROUP_GOOD &&
           header.first_sequence == last->first_sequence &&
           header.first_sequence + header.record_count == segment->end_sequence &&
           last->offset + group_padded_bytes(&header) == segment->groups_end;
}

/* From group header to group header. Only for sealed segments: the end is known. */
static int segment_groups_hop(struct journal *journal, struct segment *segment, struct truc_fault *fault)
{
    uint64_t sequence = segment->first_sequence, offset = FORMAT_SEGMENT_HEADER_BYTES;
    segment->group_count = 0;
    while (sequence < segment->end_sequence) {
        struct group_header header = {0};
        int code = group_header_at(journal, segment, offset, &header, fault);
        if (code < 0)
            return code;
        if (code == GROUP_BAD || header.first_sequence != sequence)
            return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset, "no group begins where one must");
        if (segment_add_group(segment, sequence, offset, offset + group_padded_bytes(&header)) < 0)
            return fault_set(fault, TRUC_E_MEMORY, "no memory for a segment's table of groups");
        sequence += header.record_count;
        offset = segment->groups_end;
    }
    return 0;
}

int segment_use_groups(struct journal *journal, size_t index, struct segment **ret_segment, struct truc_fault *fault)
{
    int code = segment_use(journal, index, ret_segment, fault);
    struct segment *segment = &journal->segments[index];
    if (code < 0 || segment->groups_are_known)
        return code;
    if (!segment_groups_load(journal, segment) || !segment_groups_fit(journal, segment)) {
        code = segment_groups_hop(journal, segment, fault);
        if (code < 0)
            return code;
        if (!journal->is_read_only)
            segment_groups_save(journal, segment);
    }
    segment->groups_are_known = true;
    return 0;
}

/* ---- keys ---- */

int segment_use_keys(struct journal *journal, struct segment *segment, struct truc_fault *fault)
{
    char name[SEGMENT_NAME_BYTES];
    if (segment->keys_state != SEGMENT_KEYS_UNKNOWN)
        return 0;
    if (journal->master_key == NULL) {
        segment->keys_state = SEGMENT_KEYS_GONE;
        return 0;
    }
    BUFFER_CLEANUP struct buffer file = {0};
    segment_name_of(segment->first_sequence, ".key", name);
    struct file_path path = file_path_in(journal->directory, "keys", name);
    int code = file_read_whole(journal->disk, path.text, SEGMENT_KEY_FILE_BYTES, &file, fault);
    if (code == TRUC_E_NOT_FOUND) {
        segment->keys_state = SEGMENT_KEYS_GONE;
        return 0;
    }
    if (code == 0 && bytes_are_zero(buffer_view(&file))) { /* a purge was interrupted between wiping and unlinking */
        segment->keys_state = SEGMENT_KEYS_GONE;
        return 0;
    }
    if (code == 0)
        code = segment_key_unwrap(journal->cipher, journal->master_key, journal->bus_id, segment->first_sequence,
                                  buffer_view(&file), &segment->keys, fault);
    if (code == 0 && memcmp(segment->keys.id, segment->header.key_id, FORMAT_KEY_ID_BYTES) != 0) {
        segment_keys_wipe(&segment->keys);
        if (segment->groups_are_known &&
            segment->group_count == 0) { /* an interrupted replacement of an empty segment */
            segment->keys_state = SEGMENT_KEYS_GONE;
            return 0;
        }
        code = fault_set(fault, TRUC_E_JOURNAL_KEY, "the key is not the one the segment's header names");
    }
    if (code < 0)
        return fault_where(fault, "keys/%s", name), code;
    segment->keys_state = SEGMENT_KEYS_READY;
    return 0;
}
