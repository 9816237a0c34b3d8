/* journal_history.c - the history of checkpoints, checkpoints/log: each note that was ever signed, behind a line with its checksum.
 * Not which of them is the latest, nor whether it is right (journal_checkpoint.c).
 * Appended to before a checkpoint takes its own file; read whole by verification. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "journal_private.h"

/* History: "checkpoint SIZE TIME_NS BYTES CRC\n", the note of BYTES bytes, "end\n". CRC: CRC-32C, eight hexadecimal
 * digits, of what stands before it on the line and of the note. */
static const char entry_end[] = "\nend\n"; /* the first newline is the note's last */
enum {
    ENTRY_END_BYTES = sizeof(entry_end) - 1,
    ENTRY_HEAD_BYTES_MAX = 96,
    ENTRY_BYTES_MAX = ENTRY_HEAD_BYTES_MAX + JOURNAL_CHECKPOINT_NOTE_BYTES_MAX + ENTRY_END_BYTES,
    TAIL_BYTES = 2 * ENTRY_BYTES_MAX,
};

/* The head line: false unless it is exactly what history_append() writes. */
static bool history_head_read(struct bytes head, uint64_t *ret_size, uint64_t *ret_note_bytes, struct bytes *ret_crc,
                              struct bytes *ret_before_crc)
{
    struct bytes left = head, name, size_text, time_text, bytes_text;
    uint64_t time_ns;
    if (!word_take(&left, &name) || !word_take(&left, &size_text) || !word_take(&left, &time_text) ||
        !word_take(&left, &bytes_text) || !bytes_equal_string(name, "checkpoint") ||
        !decimal_read(size_text, ret_size) || !decimal_read(time_text, &time_ns) ||
        !decimal_read(bytes_text, ret_note_bytes) || *ret_note_bytes == 0 ||
        *ret_note_bytes > JOURNAL_CHECKPOINT_NOTE_BYTES_MAX)
        return false;
    *ret_crc = left;
    *ret_before_crc = bytes_of(head.data, head.size - left.size);
    return true;
}

static bool history_crc_holds(struct bytes crc_text, struct bytes before_crc, struct bytes note)
{
    char expected[sizeof "00000000"];
    (void)snprintf(expected, sizeof expected, "%08" PRIx32, crc32c(crc32c(0, before_crc), note));
    return bytes_equal_string(crc_text, expected);
}

struct history_entry {
    uint64_t size; /* of the tree */
    struct bytes note;
    uint64_t bytes; /* of the whole entry */
};

/* Whether an entry begins at `data` and is whole. */
static bool history_entry_take(struct bytes data, struct history_entry *ret_entry)
{
    struct bytes text = data, head, crc_text, before_crc;
    uint64_t note_bytes = 0, size = 0;
    if (!line_take(&text, &head) || !history_head_read(head, &size, &note_bytes, &crc_text, &before_crc) ||
        text.size < note_bytes + ENTRY_END_BYTES - 1 ||
        memcmp(text.data + note_bytes - 1, entry_end, ENTRY_END_BYTES) != 0 ||
        !history_crc_holds(crc_text, before_crc, bytes_of(text.data, (size_t)note_bytes)))
        return false;
    *ret_entry = (struct history_entry){.size = size,
                                        .note = bytes_of(text.data, (size_t)note_bytes),
                                        .bytes = (uint64_t)(text.data - data.data) + note_bytes + ENTRY_END_BYTES - 1};
    return true;
}

/* One entry at `offset`: reads it into `data`. 1; 0: the file ends here. */
static int history_entry_read(struct disk_file *file, uint64_t offset, uint8_t *data, struct history_entry *ret_entry,
                              struct truc_fault *fault)
{
    int64_t got = disk_read_at(file, offset, data, ENTRY_BYTES_MAX);
    if (got < 0)
        return file_fault(fault, (int)got, "read", "checkpoints/log");
    if (got == 0)
        return 0;
    if (history_entry_take(bytes_of(data, (size_t)got), ret_entry))
        return 1;
    fault_set(fault, TRUC_E_CHECKPOINT, "the history of checkpoints is damaged");
    fault_where(fault, "checkpoints/log:%" PRIu64, offset);
    return TRUC_E_CHECKPOINT;
}

/* Where the next entry goes: behind the last whole one. What an interrupted write left there may have the look of an entry's
 * end without its beginning. Only what no checkpoint was made of is left out: the latest one stands in the history before
 * it takes its own file, so when it is missing here, the history was damaged, and stays as it is for all to see. In *ret_last_bytes the
 * size of that last entry; 0: there is none. */
static int64_t history_end(const struct journal *journal, struct disk_file *file, uint64_t *ret_last_bytes)
{
    static const char name[] = "checkpoint ";
    int64_t size = disk_size(file);
    *ret_last_bytes = 0;
    if (size <= 0)
        return size;
    uint64_t from = (uint64_t)size > TAIL_BYTES ? (uint64_t)size - TAIL_BYTES : 0;
    BUFFER_CLEANUP struct buffer tail = {0};
    struct history_entry entry, last = {0};
    uint8_t *data = buffer_extend(&tail, (size_t)((uint64_t)size - from));
    if (data == NULL)
        return -ENOMEM;
    int64_t got = disk_read_at(file, from, data, tail.size), found = 0;
    for (int64_t at = 0; at < got; at++) {
        bool begins_line = at == 0 ? from == 0 : data[at - 1] == '\n';
        struct bytes rest = bytes_of(data + at, (size_t)(got - at));
        if (!begins_line || rest.size < sizeof(name) || memcmp(rest.data, name, sizeof(name) - 1) != 0 ||
            !history_entry_take(rest, &entry))
            continue;
        last = entry;
        found = (int64_t)from + at + (int64_t)entry.bytes;
        at += (int64_t)entry.bytes - 1;
    }
    if (got < 0)
        return got;
    if (last.size < journal->checkpoint_size)
        return size;
    *ret_last_bytes = last.bytes;
    return found;
}

/* After a failed sync the kernel may hold it as clean although the disk never got it, as with the last group (journal_open.c). */
static int history_last_rewrite(struct disk_file *file, uint64_t end, uint64_t last_bytes)
{
    BUFFER_CLEANUP struct buffer entry = {0};
    uint8_t *data = buffer_extend(&entry, (size_t)last_bytes);
    if (data == NULL)
        return -ENOMEM;
    int64_t got = disk_read_at(file, end - last_bytes, data, entry.size);
    if (got < 0 || (uint64_t)got < last_bytes)
        return got < 0 ? (int)got : -EIO;
    int error = disk_write_at(file, end - last_bytes, data, entry.size);
    return error < 0 ? error : disk_sync(file);
}

int checkpoint_history_cut(struct journal *journal, struct truc_fault *fault)
{
    struct file_path path = file_path_in(journal->directory, "checkpoints", "log");
    FILE_CLEANUP struct disk_file *file = NULL;
    int error = disk_open(journal->disk, path.text, DISK_READ | DISK_WRITE, &file);
    uint64_t last_bytes = 0;
    int64_t end = error < 0 ? error : history_end(journal, file, &last_bytes);
    if (error == 0 && end >= 0 && end < disk_size(file))
        error = disk_truncate(file, (uint64_t)end);
    if (error == 0 && last_bytes > 0)
        error = history_last_rewrite(file, (uint64_t)end, last_bytes);
    if (error == -ENOENT || (error == 0 && end >= 0))
        return 0;
    return file_fault(fault, error < 0 ? error : (int)end, "cut an interrupted checkpoint off", path.text);
}

int checkpoint_history_append(struct journal *journal, struct bytes note, uint64_t size, uint64_t time_ns,
                              struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer entry = {0};
    struct file_path path = file_path_in(journal->directory, "checkpoints", "log");
    FILE_CLEANUP struct disk_file *file = NULL;
    buffer_printf(&entry, "checkpoint %" PRIu64 " %" PRIu64 " %zu ", size, time_ns, note.size);
    buffer_printf(&entry, "%08" PRIx32 "\n", crc32c(crc32c(0, buffer_view(&entry)), note));
    buffer_append_bytes(&entry, note);
    buffer_append_string(&entry, entry_end + 1);
    if (buffer_failed(&entry) != 0)
        return fault_set(fault, buffer_failed(&entry), "no memory for a checkpoint");
    int error = disk_open(journal->disk, path.text, DISK_READ | DISK_WRITE | DISK_CREATE, &file);
    uint64_t last_bytes;
    int64_t end = error < 0 ? error : history_end(journal, file, &last_bytes);
    if (end >= 0)
        error = disk_truncate(file, (uint64_t)end);
    if (end >= 0 && error == 0)
        error = disk_write_at(file, (uint64_t)end, entry.data, entry.size);
    if (end >= 0 && error == 0)
        error = disk_sync(file);
    if (end >= 0 && error == 0)
        return 0;
    return file_fault(fault, end < 0 ? (int)end : error, "append a checkpoint to", path.text);
}

int checkpoint_history_each(struct journal *journal,
                            int (*visit)(void *context, struct bytes note, uint64_t offset, struct truc_fault *fault),
                            void *context, struct truc_fault *fault)
{
    struct file_path path = file_path_in(journal->directory, "checkpoints", "log");
    FILE_CLEANUP struct disk_file *file = NULL;
    int code = disk_open(journal->disk, path.text, DISK_READ, &file);
    if (code < 0) {
        code = file_fault(fault, code, "open", path.text);
        return code == TRUC_E_NOT_FOUND ? 0 : code;
    }
    uint8_t *data = malloc(ENTRY_BYTES_MAX);
    if (data == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to read the checkpoints");
    struct history_entry entry = {0};
    for (uint64_t offset = 0; (code = history_entry_read(file, offset, data, &entry, fault)) > 0;
         offset += entry.bytes) {
        code = visit(context, entry.note, offset, fault);
        if (code != 0)
            break;
    }
    free(data);
    return code;
}
