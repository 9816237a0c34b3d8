/* journal_open.c - making, opening, refreshing and closing a journal: directories, lock, format file, and the writer's
 * part of recovery (cut a torn end, make the last group durable once more, keys). What the files say is
 * journal_recover.c's. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <sodium.h>

#include "fault.h"
#include "journal_private.h"
#include "locked.h"
#include "signing.h"

static const char *const part_names[] = {"segments",  "keys",   "checkpoints", "objects",
                                         "snapshots", "queues", "ids",         "index"};
enum {
    PART_COUNT = sizeof(part_names) / sizeof(part_names[0]),
    FORMAT_FILE_BYTES_MAX = 256,
    PART_NAME_BYTES_MAX = 96 /* "/objects/", 64 digits, ".tmp": the longest below the directory */
};

static void random_of_system(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
}

/* ---- the format file: "truc-journal VERSION\nbus ID\n" ---- */

static int directories_make(struct journal *journal, struct truc_fault *fault)
{
    char parent[DISK_PATH_BYTES_MAX];
    int error = disk_make_directory(journal->disk, journal->directory);
    if (error < 0 && error != -EEXIST)
        return file_fault(fault, error, "make", journal->directory);
    for (size_t i = 0; i < PART_COUNT; i++) {
        struct file_path path = file_path_of(journal->directory, part_names[i]);
        error = disk_make_directory(journal->disk, path.text);
        if (error < 0 && error != -EEXIST)
            return file_fault(fault, error, "make", path.text);
    }
    memcpy(parent, journal->directory, sizeof(parent));
    char *slash = strrchr(parent, '/');
    if (slash == NULL)
        memcpy(parent, ".", 2);
    else
        slash[slash == parent] = '\0';
    error = disk_sync_directory(journal->disk, parent);
    return error < 0 ? file_fault(fault, error, "sync the directory", parent) : 0;
}

static int format_make(struct journal *journal, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {0};
    int code = directories_make(journal, fault);
    if (code < 0)
        return code;
    buffer_printf(&text, "truc-journal %d\nbus %s\n", FORMAT_VERSION, journal->bus_id);
    if (buffer_failed(&text) != 0)
        return fault_set(fault, buffer_failed(&text), "no memory for the format file");
    return file_replace(journal->disk, journal->directory, "format", buffer_view(&text), fault);
}

static bool prefix_take(struct bytes *text, const char *prefix)
{
    size_t size = strlen(prefix);
    if (text->size < size || memcmp(text->data, prefix, size) != 0)
        return false;
    *text = bytes_of(text->data + size, text->size - size);
    return true;
}

/* Reads the format file; fills in the bus when the caller didn't name one. */
static int format_check(struct journal *journal, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer file = {0};
    struct file_path path = file_path_of(journal->directory, "format");
    struct bytes version_text, bus_id;
    uint64_t version = 0;
    int code = file_read_whole(journal->disk, path.text, FORMAT_FILE_BYTES_MAX, &file, fault);
    if (code == TRUC_E_NOT_FOUND && fault != NULL)
        fault_hint(fault, "check the path, or make the journal by starting trucd once");
    if (code < 0)
        return code;
    struct bytes text = buffer_view(&file);
    bool has_version = line_take(&text, &version_text) && prefix_take(&version_text, "truc-journal ") &&
                       decimal_read(version_text, &version);
    if (has_version && version > FORMAT_VERSION)
        return fault_set(fault, TRUC_E_JOURNAL_VERSION,
                         "the journal has format version %" PRIu64 "; this program reads up to version %d", version,
                         FORMAT_VERSION);
    if (!has_version || version == 0 || !line_take(&text, &bus_id) || !prefix_take(&bus_id, "bus ") ||
        bus_id.size == 0 || bus_id.size > JOURNAL_BUS_ID_BYTES_MAX || text.size != 0) {
        fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the journal's format file is damaged");
        fault_where(fault, "format:0");
        return TRUC_E_JOURNAL_CORRUPT;
    }
    if (journal->bus_id[0] == '\0')
        memcpy(journal->bus_id, bus_id.data, bus_id.size);
    if (!bytes_equal_string(bus_id, journal->bus_id))
        return fault_set(fault, TRUC_E_WRONG_BUS, "the journal belongs to bus '%.*s', not to '%s'",
                         BYTES_PRINTF(bus_id), journal->bus_id);
    return 0;
}

static int first_segment_find(void *context, const char *name)
{
    bool *found = context;
    size_t size = strlen(name);
    *found = *found || (size > 3 && strcmp(name + size - 3, ".tj") == 0);
    return 0;
}

/* Makes the journal where there is none. Segments without a format file are not "none". */
static int format_make_or_check(struct journal *journal, unsigned flags, struct truc_fault *fault)
{
    bool has_segments = false;
    int code = format_check(journal, fault);
    if (code != TRUC_E_NOT_FOUND || !(flags & JOURNAL_CREATE) || journal->is_read_only)
        return code;
    int error =
        disk_list(journal->disk, file_path_of(journal->directory, "segments").text, first_segment_find, &has_segments);
    if (error < 0 && error != -ENOENT)
        return file_fault(fault, error, "list", journal->directory);
    if (has_segments)
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "there are segments but no format file");
    return format_make(journal, fault);
}

/* ---- the writer's part ---- */

static int lock_take(struct journal *journal, struct truc_fault *fault)
{
    struct file_path path = file_path_of(journal->directory, "lock");
    int error = disk_lock(journal->disk, path.text, &journal->lock);
    if (error == -EWOULDBLOCK) {
        fault_set(fault, TRUC_E_STATE, "another process writes the journal in %s", journal->directory);
        fault_hint(fault, "one broker runs at a time: end that one first, or name another state directory");
        return TRUC_E_STATE;
    }
    return error < 0 ? file_fault(fault, error, "lock", path.text) : 0;
}

/* After a failed sync the kernel may hold the last group as clean although the disk never got it. Writing it once more
 * makes it dirty again, so that the sync below means something. Only the last group can be in that state. */
static int last_group_rewrite(struct journal *journal, struct segment *segment, struct truc_fault *fault)
{
    struct group_header header;
    if (segment->group_count == 0)
        return 0;
    uint64_t offset = segment->groups[segment->group_count - 1].offset;
    int code =
        group_read_at(journal, segment, offset, GROUP_RECORDS | GROUP_PAYLOADS, &journal->group_buffer, &header, fault);
    if (code < 0)
        return code;
    if (code == GROUP_BAD)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset, "the last group can't be read twice");
    int error = disk_write_at(segment->file, offset, journal->group_buffer.data, journal->group_buffer.size);
    if (error == 0)
        error = disk_sync(segment->file);
    return error < 0 ? file_fault(fault, error, "write or sync", segment_path(journal, segment->first_sequence).text)
                     : 0;
}

/* A process that died between a rename and the sync of its directory leaves names that can be read and that a power cut takes back.
 * What is built upon from here on must not be lost with them. */
static int directories_sync(const struct journal *journal, struct truc_fault *fault)
{
    int error = disk_sync_directory(journal->disk, journal->directory);
    if (error < 0)
        return file_fault(fault, error, "sync the directory", journal->directory);
    for (size_t i = 0; i < PART_COUNT; i++) {
        struct file_path path = file_path_of(journal->directory, part_names[i]);
        error = disk_sync_directory(journal->disk, path.text);
        if (error < 0)
            return file_fault(fault, error, "sync the directory", path.text);
    }
    return 0;
}

/* Cuts a torn end and makes sure that what was read is durable. The cut segment has no room left: the next group starts
 * another. */
static int writer_prepare(struct journal *journal, const struct journal_opened *opened, uint64_t time_ns,
                          struct truc_fault *fault)
{
    int code = directories_sync(journal, fault);
    if (code < 0 || journal->segment_count == 0)
        return code < 0 ? code : journal_start_segment(journal, time_ns, fault);
    struct segment *last = NULL;
    code = checkpoint_history_cut(journal, fault);
    if (code == 0)
        code = segment_use(journal, journal->segment_count - 1, &last, fault);
    if (code == 0)
        code = segment_use_keys(journal, last, fault);
    if (code < 0 || last == NULL)
        return code;
    if (opened->cut_bytes > 0) {
        int error = disk_truncate(last->file, last->groups_end);
        if (error == 0)
            error = disk_sync(last->file);
        if (error < 0)
            return file_fault(fault, error, "cut", segment_path(journal, last->first_sequence).text);
        last->file_bytes = last->groups_end;
    }
    return last_group_rewrite(journal, last, fault);
}

/* ---- opening and closing ---- */

static int options_take(struct journal *journal, const struct journal_options *options, struct truc_fault *fault)
{
    uint64_t segment_bytes = options->segment_bytes ? options->segment_bytes : JOURNAL_SEGMENT_BYTES_DEFAULT;
    size_t bus_bytes = options->bus_id == NULL ? 0 : strlen(options->bus_id);
    journal->disk = options->disk;
    journal->is_read_only = options->flags & JOURNAL_READ_ONLY;
    if (segment_bytes < JOURNAL_SEGMENT_BYTES_MIN || segment_bytes > JOURNAL_SEGMENT_BYTES_MAX ||
        segment_bytes % 4096 != 0)
        return fault_set(fault, TRUC_E_ARGUMENT,
                         "a segment of %" PRIu64 " bytes is not a multiple of 4096 from %d to %d", segment_bytes,
                         JOURNAL_SEGMENT_BYTES_MIN, JOURNAL_SEGMENT_BYTES_MAX);
    if (bus_bytes > JOURNAL_BUS_ID_BYTES_MAX || (bus_bytes == 0 && !journal->is_read_only))
        return fault_set(fault, TRUC_E_ARGUMENT, "a bus id has 1 to %d bytes", JOURNAL_BUS_ID_BYTES_MAX);
    if (options->master_key == NULL && !journal->is_read_only)
        return fault_set(fault, TRUC_E_ARGUMENT, "a journal is written with a master key only");
    if (strlen(options->directory) + PART_NAME_BYTES_MAX > sizeof(journal->directory))
        return fault_set(fault, TRUC_E_ARGUMENT, "the journal's directory has too long a path");
    memcpy(journal->directory, options->directory, strlen(options->directory) + 1);
    if (bus_bytes > 0)
        memcpy(journal->bus_id, options->bus_id, bus_bytes);
    if (options->master_key) {
        if ((journal->master_key = locked_new(JOURNAL_MASTER_KEY_BYTES)) == NULL)
            return fault_set(fault, TRUC_E_MEMORY, "no memory for the journal's key");
        memcpy(journal->master_key, options->master_key, JOURNAL_MASTER_KEY_BYTES);
    }
    journal->segment_bytes = segment_bytes;
    journal->checkpoint_groups = options->checkpoint_groups;
    journal->checkpoint_key = options->checkpoint_key;
    journal->checkpoint_verify_key = options->checkpoint_verify_key;
    if (journal->checkpoint_verify_key == NULL && journal->checkpoint_key != NULL)
        journal->checkpoint_verify_key = signing_key_public(journal->checkpoint_key);
    journal->old_checkpoint_keys = options->old_checkpoint_keys;
    journal->old_checkpoint_keys_count = options->old_checkpoint_keys_count;
    journal->random = options->random ? options->random : random_of_system;
    journal->random_context = options->random_context;
    journal->cipher = payload_cipher_new();
    return journal->cipher == NULL ? fault_set(fault, TRUC_E_MEMORY, "no memory for a cipher") : 0;
}

void journal_free(struct journal *journal)
{
    tree_close(journal);
    spare_close(journal);
    segments_free(journal);
    disk_close(journal->lock);
    payload_cipher_free(journal->cipher);
    buffer_free(&journal->group_buffer);
    buffer_free(&journal->checkpoint_note);
    locked_free(journal->master_key);
    free(journal);
}

int journal_claim(struct journal *journal, const struct journal_options *options, struct truc_fault *fault)
{
    int code = options_take(journal, options, fault);
    if (code == 0)
        code = format_make_or_check(journal, options->flags, fault);
    if (code == 0 && !journal->is_read_only)
        code = lock_take(journal, fault);
    return code < 0 ? code : segments_list(journal, fault);
}

static int journal_begin(struct journal *journal, const struct journal_options *options,
                         const struct journal_recovery *recovery, struct journal_opened *opened,
                         struct truc_fault *fault)
{
    int code = journal_claim(journal, options, fault);
    if (code == 0 && options->flags & JOURNAL_AS_IS) {
        if (!journal->is_read_only)
            return fault_set(fault, TRUC_E_ARGUMENT, "only a reader takes a journal as it is");
        if (journal->segment_count > 0)
            journal->next_sequence = journal->segments[journal->segment_count - 1].first_sequence;
        return 0;
    }
    if (code == 0)
        code = checkpoints_load(journal, fault);
    if (code == 0)
        code = journal_recover(journal, recovery, opened, fault);
    if (code == 0 && !journal->is_read_only)
        code = writer_prepare(journal, opened, options->time_ns, fault);
    return code;
}

int journal_open(const struct journal_options *options, const struct journal_recovery *recovery,
                 struct journal **ret_journal, struct journal_opened *ret_opened, struct truc_fault *fault)
{
    struct journal_opened opened = {0};
    struct journal *journal = calloc(1, sizeof(*journal));
    if (journal == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a journal");
    int code = journal_begin(journal, options, recovery, &opened, fault);
    if (code != 0) {
        journal_free(journal);
        return code;
    }
    if (ret_opened != NULL)
        *ret_opened = opened;
    *ret_journal = journal;
    return 0;
}

int journal_close(struct journal *journal, uint64_t time_ns, struct truc_fault *fault)
{
    int code = 0;
    if (journal == NULL)
        return 0;
    if (!journal->is_read_only && !journal->is_failed && journal->checkpoint_key != NULL)
        code = journal_checkpoint_make(journal, journal->verified_through, time_ns, fault);
    journal_free(journal);
    return code < 0 ? code : 0;
}

int journal_refresh(struct journal *journal, struct truc_fault *fault)
{
    struct recovery_scan scan = {.recovery = NULL};
    if (!journal->is_read_only)
        return fault_set(fault, TRUC_E_STATE, "only a journal opened for reading is refreshed");
    size_t known = journal->segment_count;
    int code = segments_list(journal, fault);
    if (code < 0 || journal->segment_count == 0)
        return code;
    size_t index = known > 0 ? known - 1 : 0;
    struct segment *segment = &journal->segments[index];
    if (segment->group_count == 0)
        segment_close(segment); /* an empty one may have been replaced by another file */
    code = recovery_follow(journal, &scan, index,
                           segment->file == NULL ? FORMAT_SEGMENT_HEADER_BYTES : segment->groups_end, fault);
    return code < 0 ? code : checkpoints_load(journal, fault);
}

uint64_t journal_next_sequence(const struct journal *journal)
{
    return journal->next_sequence;
}

const char *journal_bus_id(const struct journal *journal)
{
    return journal->bus_id;
}

struct sha256_digest journal_root(const struct journal *journal)
{
    return journal->root;
}

bool journal_is_failed(const struct journal *journal)
{
    return journal->is_failed;
}
