/* journal_roll.c - starting segments: the spare is filled with zeros ahead of time, then named and made the last one.
 * Appends no groups.
 * Called when idle (prepare), when a segment is used up, and by recovery after a cut. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "fault.h"
#include "journal_private.h"

int journal_fail(struct journal *journal, struct truc_fault *fault)
{
    journal->is_failed = true;
    if (fault != NULL) {
        struct truc_fault reason = *fault;
        fault_set(fault, TRUC_E_JOURNAL_FAILED, "%s", reason.text);
        fault_where(fault, "%s", reason.where);
    }
    return TRUC_E_JOURNAL_FAILED;
}

int journal_may_write(const struct journal *journal, struct truc_fault *fault)
{
    if (journal->is_failed)
        return fault_set(fault, TRUC_E_JOURNAL_FAILED, "an earlier write or sync of the journal failed");
    if (journal->is_read_only)
        return fault_set(fault, TRUC_E_STATE, "the journal was opened for reading only");
    return 0;
}

int journal_write_code(struct journal *journal, int code, struct truc_fault *fault)
{
    return code == TRUC_E_IO || code == TRUC_E_NOT_FOUND ? journal_fail(journal, fault) : code;
}

static struct file_path spare_path(const struct journal *journal)
{
    return file_path_in(journal->directory, "segments", "spare.tmp");
}

void spare_close(struct journal *journal)
{
    disk_close(journal->spare.file);
    free(journal->spare.zeros);
    journal->spare = (struct spare){0};
}

/* A spare left by an earlier run may have holes where its zeros were never synced: it is made anew. */
static int spare_begin(struct journal *journal, struct truc_fault *fault)
{
    struct file_path path = spare_path(journal);
    struct disk_file *file = NULL;
    uint8_t *zeros = aligned_alloc(DISK_PAGE_BYTES, JOURNAL_PREPARE_STEP_BYTES);
    if (zeros == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to prepare a segment");
    memset(zeros, 0, JOURNAL_PREPARE_STEP_BYTES);
    int error = disk_open(journal->disk, path.text, DISK_READ | DISK_WRITE | DISK_CREATE | DISK_DIRECT, &file);
    if (error == 0)
        error = disk_truncate(file, 0);
    if (error < 0) {
        free(zeros);
        disk_close(file);
        return file_fault(fault, error, "make", path.text);
    }
    journal->spare = (struct spare){.file = file, .zeros = zeros};
    return 0;
}

/* One step; 1: more to do, 0: ready. */
static int spare_step(struct journal *journal, struct truc_fault *fault)
{
    struct spare *spare = &journal->spare;
    if (spare->is_ready)
        return 0;
    int code = spare->file == NULL ? spare_begin(journal, fault) : 0;
    if (code < 0)
        return code;
    uint64_t left = journal->segment_bytes - spare->written_bytes;
    size_t size = left < JOURNAL_PREPARE_STEP_BYTES ? (size_t)left : JOURNAL_PREPARE_STEP_BYTES;
    int error = disk_write_at(spare->file, spare->written_bytes, spare->zeros, size);
    if (error == 0)
        error = disk_sync(spare->file); /* step by step, so that no single sync has a whole segment to write */
    if (error < 0)
        return file_fault(fault, error, "prepare", spare_path(journal).text);
    spare->written_bytes += size;
    if (spare->written_bytes < journal->segment_bytes)
        return 1;
    free(spare->zeros);
    spare->zeros = NULL;
    spare->is_ready = true;
    return 0;
}

int journal_prepare_step(struct journal *journal, struct truc_fault *fault)
{
    int code = journal_may_write(journal, fault);
    return code < 0 ? code : journal_write_code(journal, spare_step(journal, fault), fault);
}

struct journal_room journal_room(const struct journal *journal)
{
    struct journal_room room = {.segment_bytes = journal->segment_bytes, .spare_bytes = journal->spare.written_bytes};
    if (journal->segment_count > 0) {
        const struct segment *last = &journal->segments[journal->segment_count - 1];
        if (last->file != NULL && last->file_bytes > last->groups_end)
            room.segment_free_bytes = last->file_bytes - last->groups_end;
    }
    return room;
}

/* A new random key, wrapped and durable before the segment that names it is. */
static int segment_key_make(struct journal *journal, struct segment_keys *ret_keys, struct truc_fault *fault)
{
    uint8_t key[SEGMENT_KEY_BYTES], nonce[SEGMENT_KEY_NONCE_BYTES], file[SEGMENT_KEY_FILE_BYTES];
    char name[SEGMENT_NAME_BYTES];
    journal->random(journal->random_context, key, sizeof(key));
    journal->random(journal->random_context, nonce, sizeof(nonce));
    int code = segment_key_wrap(journal->cipher, journal->master_key, journal->bus_id, journal->next_sequence, key,
                                nonce, file, fault);
    segment_name_of(journal->next_sequence, ".key", name);
    if (code == 0)
        code = file_replace(journal->disk, file_path_of(journal->directory, "keys").text, name,
                            bytes_of(file, sizeof(file)), fault);
    if (code == 0)
        segment_keys_derive(key, ret_keys);
    explicit_bzero(key, sizeof(key));
    return code;
}

static int segment_header_make(struct journal *journal, const struct segment_keys *keys, uint64_t time_ns,
                               struct segment_header *ret_header, struct truc_fault *fault)
{
    uint8_t data[FORMAT_SEGMENT_HEADER_BYTES];
    struct segment_header header = {
        .first_sequence = journal->next_sequence,
        .time_ns = time_ns,
        .segment_bytes = journal->segment_bytes,
        .root_before = journal->root,
    };
    memcpy(header.key_id, keys->id, FORMAT_KEY_ID_BYTES);
    journal->random(journal->random_context, header.segment_id, sizeof(header.segment_id));
    memcpy(header.bus_id, journal->bus_id, sizeof(header.bus_id));
    segment_header_write(&header, data);
    int error = disk_write_at(journal->spare.file, 0, data, sizeof(data));
    if (error == 0)
        error = disk_sync(journal->spare.file);
    *ret_header = header;
    return error < 0 ? file_fault(fault, error, "write the header of", spare_path(journal).text) : 0;
}

static int segment_name_spare(struct journal *journal, struct truc_fault *fault)
{
    struct file_path path = segment_path(journal, journal->next_sequence);
    struct file_path directory = file_path_of(journal->directory, "segments");
    int error = disk_rename(journal->disk, spare_path(journal).text, path.text);
    if (error == 0)
        error = disk_sync_directory(journal->disk, directory.text);
    return error < 0 ? file_fault(fault, error, "name the new segment", path.text) : 0;
}

/* The used-up segment gives back its unused zeros and gets its table. */
static int segment_seal(struct journal *journal, struct segment *segment, struct truc_fault *fault)
{
    int error = disk_truncate(segment->file, segment->groups_end);
    if (error < 0)
        return file_fault(fault, error, "seal", segment_path(journal, segment->first_sequence).text);
    segment->file_bytes = segment->groups_end;
    segment_groups_save(journal, segment);
    return 0;
}

int journal_start_segment(struct journal *journal, uint64_t time_ns, struct truc_fault *fault)
{
    struct segment_keys keys;
    struct segment_header header;
    int code;
    do
        code = spare_step(journal, fault);
    while (code > 0);
    if (code == 0 && segments_reserve(journal) < 0)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for one more segment");
    if (code == 0)
        code = segment_key_make(journal, &keys, fault);
    if (code == 0)
        code = segment_header_make(journal, &keys, time_ns, &header, fault);
    if (code == 0)
        code = segment_name_spare(journal, fault);
    if (code < 0)
        return journal_write_code(journal, code, fault);
    struct segment *last = journal->segment_count > 0 ? &journal->segments[journal->segment_count - 1] : NULL;
    if (last != NULL && last->first_sequence == journal->next_sequence) {
        segment_close(last); /* it held nothing; the new file has taken its name */
    } else {
        if (last != NULL)
            code = segment_seal(journal, last, fault);
        last = &journal->segments[journal->segment_count++];
    }
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): segments_reserve made room
    *last = (struct segment){
        .first_sequence = journal->next_sequence,
        .end_sequence = journal->next_sequence,
        .file = journal->spare.file,
        .file_bytes = journal->spare.written_bytes,
        .header = header,
        .groups_end = FORMAT_SEGMENT_HEADER_BYTES,
        .groups_are_known = true,
        .keys_state = SEGMENT_KEYS_READY,
        .keys = keys,
        .used = ++journal->uses,
    };
    segment_keys_wipe(&keys);
    journal->spare = (struct spare){0};
    return journal_write_code(journal, code, fault);
}
