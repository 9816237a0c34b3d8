/* journal_purge.c - old payloads go: a sealed segment loses its key, then gives back the room of what can't be read any
 * more. Records, their leaves and every proof stay as they are. Called by the daemon's retention; erasing one message
 * is journal_read.c's journal_erase_payload(). */
#include <errno.h>
#include <inttypes.h>

#include "fault.h"
#include "journal_private.h"

/* Overwritten before it is unlinked: the name going away would leave the wrapped key on the disk. 1: it was there. */
static int key_drop(struct journal *journal, const struct segment *segment, struct truc_fault *fault)
{
    uint8_t zeros[SEGMENT_KEY_FILE_BYTES] = {0};
    char name[SEGMENT_NAME_BYTES];
    FILE_CLEANUP struct disk_file *file = NULL;
    segment_name_of(segment->first_sequence, ".key", name);
    struct file_path path = file_path_in(journal->directory, "keys", name);
    int error = disk_open(journal->disk, path.text, DISK_READ | DISK_WRITE, &file);
    if (error == -ENOENT)
        return 0;
    if (error == 0)
        error = disk_write_at(file, 0, zeros, sizeof(zeros));
    if (error == 0)
        error = disk_sync(file);
    if (error == 0)
        error = disk_unlink(journal->disk, path.text);
    if (error == 0)
        error = disk_sync_directory(journal->disk, file_path_of(journal->directory, "keys").text);
    return error < 0 ? file_fault(fault, error, "drop", path.text) : 1;
}

/* Writes one group without its payloads at `to`; the records section is copied as it is. */
static int group_copy(struct journal *journal, const struct segment *segment, uint64_t from, struct disk_file *file,
                      uint64_t *to, struct buffer *group, struct group_header *ret_header, struct truc_fault *fault)
{
    int code = group_read_at(journal, segment, from, GROUP_RECORDS, group, ret_header, fault);
    if (code == GROUP_BAD)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, from, "a group is damaged");
    if (code < 0)
        return code;
    struct group_header shortened = *ret_header;
    shortened.flags |= FORMAT_GROUP_WITHOUT_PAYLOADS;
    size_t size = (size_t)group_padded_bytes(&shortened), before = group->size;
    if (size > before) {
        uint8_t *padding = buffer_extend(group, size - before);
        if (padding == NULL)
            return fault_set(fault, buffer_failed(group), "no memory to shorten a segment");
        memset(padding, 0, size - before);
    }
    group_header_write(&shortened, group->data);
    int error = disk_write_at(file, *to, group->data, size);
    *to += size;
    return error < 0 ? file_fault(fault, error, "shorten", "segments/shorter.tmp") : 0;
}

static int groups_copy(struct journal *journal, const struct segment *segment, struct disk_file *file,
                       struct truc_fault *fault)
{
    uint8_t header_bytes[FORMAT_SEGMENT_HEADER_BYTES];
    BUFFER_CLEANUP struct buffer group = {0};
    uint64_t from = FORMAT_SEGMENT_HEADER_BYTES, to = FORMAT_SEGMENT_HEADER_BYTES, sequence = segment->first_sequence;
    segment_header_write(&segment->header, header_bytes);
    int error = disk_truncate(file, 0);
    if (error == 0)
        error = disk_write_at(file, 0, header_bytes, sizeof(header_bytes));
    int code = error < 0 ? file_fault(fault, error, "shorten", "segments/shorter.tmp") : 0;
    while (code == 0 && sequence < segment->end_sequence) {
        struct group_header header;
        code = group_copy(journal, segment, from, file, &to, &group, &header, fault);
        if (code == 0 && header.first_sequence != sequence)
            code =
                segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, from, "the group does not continue the sequence");
        if (code < 0)
            break;
        sequence += header.record_count;
        from += group_padded_bytes(&header);
    }
    return code;
}

/* The shorter file takes the segment's name at once or not at all. */
static int segment_shorten(struct journal *journal, size_t index, struct truc_fault *fault)
{
    struct segment *segment;
    struct file_path temporary = file_path_in(journal->directory, "segments", "shorter.tmp");
    FILE_CLEANUP struct disk_file *file = NULL;
    int code = segment_use(journal, index, &segment, fault);
    if (code < 0)
        return code;
    struct file_path path = segment_path(journal, segment->first_sequence);
    int error = disk_open(journal->disk, temporary.text, DISK_READ | DISK_WRITE | DISK_CREATE, &file);
    if (error < 0)
        return file_fault(fault, error, "make", temporary.text);
    code = groups_copy(journal, segment, file, fault);
    if (code < 0)
        return code;
    error = disk_sync(file);
    if (error == 0)
        error = disk_rename(journal->disk, temporary.text, path.text);
    if (error == 0)
        error = disk_sync_directory(journal->disk, file_path_of(journal->directory, "segments").text);
    if (error < 0)
        return file_fault(fault, error, "shorten", path.text);
    /* Its groups lie elsewhere now: an old table beside it would lie. */
    char name[SEGMENT_NAME_BYTES];
    segment_name_of(segment->first_sequence, ".groups", name);
    error = disk_unlink(journal->disk, file_path_in(journal->directory, "index", name).text);
    segment_close(segment);
    return error < 0 && error != -ENOENT ? file_fault(fault, error, "drop", name) : 0;
}

/* 1: every group's flag says so, since all are written together; also a purge that was interrupted is told so. */
static int segment_is_short(struct journal *journal, size_t index, struct truc_fault *fault)
{
    struct segment *segment;
    struct group_header header = {0};
    int code = segment_use(journal, index, &segment, fault);
    if (code == 0)
        code = group_header_at(journal, segment, FORMAT_SEGMENT_HEADER_BYTES, &header, fault);
    return code == GROUP_GOOD ? (header.flags & FORMAT_GROUP_WITHOUT_PAYLOADS) != 0 : code;
}

static int segment_purge(struct journal *journal, size_t index, struct truc_fault *fault)
{
    struct segment *segment = &journal->segments[index];
    int dropped = key_drop(journal, segment, fault);
    if (dropped < 0)
        return dropped;
    segment_keys_wipe(&segment->keys);
    segment->keys_state = SEGMENT_KEYS_GONE;
    int is_short = segment_is_short(journal, index, fault);
    int code = is_short == 0 ? segment_shorten(journal, index, fault) : is_short;
    return code < 0 ? code : dropped || is_short == 0;
}

int journal_purge_payloads(struct journal *journal, uint64_t before, struct truc_fault *fault)
{
    int purged = 0;
    int code = journal_may_write(journal, fault);
    for (size_t i = 0; code >= 0 && i + 1 < journal->segment_count && journal->segments[i].end_sequence <= before;
         i++) {
        code = segment_purge(journal, i, fault);
        purged += code > 0;
    }
    return code < 0 ? journal_write_code(journal, code, fault) : purged;
}
