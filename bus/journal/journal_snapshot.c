/* journal_snapshot.c - snapshots of the state above the journal, and objects kept by their hash.
 * Neither is the truth: a snapshot only shortens the start, an object is what a record's hash names.
 * Written by the core's effects; read when opening and by auditors. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "journal_private.h"

enum { SNAPSHOTS_KEPT = 2, SNAPSHOT_BYTES_MAX = 1024 * 1024 * 1024, OBJECT_BYTES_MAX = 256 * 1024 * 1024 };
enum { SNAPSHOT_STATE_SIZE_AT = 24, SNAPSHOT_FRONTIER_AT = 32 };
static const char snapshot_magic[8] = {'T', 'R', 'U', 'C', 'S', 'N', 'P', '\n'};

static struct file_path snapshot_path(const struct journal *journal, uint64_t sequence)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name_of(sequence, ".snap", name);
    return file_path_in(journal->directory, "snapshots", name);
}

void snapshot_free(struct snapshot *snapshot)
{
    buffer_free(&snapshot->file);
}

/* ---- listing ---- */

struct snapshot_names {
    uint64_t sequences[SNAPSHOTS_LISTED_MAX];
    size_t count;
};

/* Keeps the newest ones, in falling order. */
static int snapshot_name_visit(void *context, const char *name)
{
    struct snapshot_names *names = context;
    char expected[SEGMENT_NAME_BYTES];
    char *end;
    uint64_t sequence = strtoull(name, &end, 10);
    segment_name_of(sequence, ".snap", expected);
    if (strcmp(name, expected) != 0)
        return 0;
    size_t at = names->count;
    while (at > 0 && names->sequences[at - 1] < sequence)
        at--;
    if (at == SNAPSHOTS_LISTED_MAX)
        return 0;
    size_t moved = names->count < SNAPSHOTS_LISTED_MAX ? names->count - at : SNAPSHOTS_LISTED_MAX - 1 - at;
    memmove(&names->sequences[at + 1], &names->sequences[at], moved * sizeof(names->sequences[0]));
    names->sequences[at] = sequence;
    names->count += names->count < SNAPSHOTS_LISTED_MAX;
    return 0;
}

int snapshots_list(struct journal *journal, uint64_t sequences[SNAPSHOTS_LISTED_MAX], struct truc_fault *fault)
{
    struct snapshot_names names = {.count = 0};
    struct file_path path = file_path_of(journal->directory, "snapshots");
    int error = disk_list(journal->disk, path.text, snapshot_name_visit, &names);
    if (error < 0 && error != -ENOENT) /* an auditor's copy needs none */
        return file_fault(fault, error, "list", path.text);
    memcpy(sequences, names.sequences, names.count * sizeof(sequences[0]));
    return (int)names.count;
}

/* ---- reading and writing: section "Snapshots" ---- */

int snapshot_read(struct journal *journal, uint64_t sequence, struct snapshot *ret_snapshot, struct truc_fault *fault)
{
    struct snapshot snapshot = {.file = {.size_max = SNAPSHOT_BYTES_MAX}};
    struct file_path path = snapshot_path(journal, sequence);
    int code = file_read_whole(journal->disk, path.text, SNAPSHOT_BYTES_MAX, &snapshot.file, fault);
    if (code < 0) {
        snapshot_free(&snapshot);
        return code;
    }
    const uint8_t *data = snapshot.file.data;
    size_t size = snapshot.file.size, before_state = 0;
    if (size >= SNAPSHOT_FRONTIER_AT + 8 + SHA256_BYTES)
        before_state =
            SNAPSHOT_FRONTIER_AT + 8 + merkle_frontier_count(load_le64(data + SNAPSHOT_FRONTIER_AT)) * SHA256_BYTES;
    bool is_good = before_state > 0 && size >= before_state + SHA256_BYTES &&
                   memcmp(data, snapshot_magic, sizeof(snapshot_magic)) == 0 && load_le32(data + 8) == FORMAT_VERSION &&
                   load_le32(data + 12) == 0 &&
                   load_le64(data + SNAPSHOT_STATE_SIZE_AT) == size - before_state - SHA256_BYTES &&
                   merkle_frontier_read(bytes_of(data + SNAPSHOT_FRONTIER_AT, before_state - SNAPSHOT_FRONTIER_AT),
                                        &snapshot.frontier) == 0 &&
                   snapshot.frontier.size == sequence;
    if (is_good) {
        struct sha256_digest digest = sha256_of(bytes_of(data, size - SHA256_BYTES));
        is_good = memcmp(digest.bytes, data + size - SHA256_BYTES, SHA256_BYTES) == 0;
    }
    if (!is_good) {
        snapshot_free(&snapshot);
        fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "a snapshot is damaged or of another version");
        fault_where(fault, "snapshots/%020" PRIu64 ".snap:0", sequence);
        return TRUC_E_JOURNAL_CORRUPT;
    }
    snapshot.time_ns = load_le64(data + 16);
    snapshot.state = bytes_of(data + before_state, size - before_state - SHA256_BYTES);
    *ret_snapshot = snapshot;
    return 0;
}

/* Removing an old one can fail without harm: it is tried again with the next. */
static void snapshots_trim(struct journal *journal)
{
    uint64_t sequences[SNAPSHOTS_LISTED_MAX] = {0};
    int count = snapshots_list(journal, sequences, NULL);
    for (int i = SNAPSHOTS_KEPT; i < count; i++)
        disk_unlink(journal->disk, snapshot_path(journal, sequences[i]).text);
}

int journal_snapshot_write(struct journal *journal, struct bytes state, uint64_t time_ns, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer file = {.size_max = SNAPSHOT_BYTES_MAX};
    char name[SEGMENT_NAME_BYTES];
    int code = journal_may_write(journal, fault);
    if (code < 0)
        return code;
    buffer_append(&file, snapshot_magic, sizeof(snapshot_magic));
    buffer_append_le32(&file, FORMAT_VERSION);
    buffer_append_le32(&file, 0);
    buffer_append_le64(&file, time_ns);
    buffer_append_le64(&file, state.size);
    merkle_frontier_write(&journal->frontier, &file);
    buffer_append_bytes(&file, state);
    struct sha256_digest digest = sha256_of(buffer_view(&file));
    buffer_append(&file, digest.bytes, sizeof(digest.bytes));
    if (buffer_failed(&file) != 0)
        return fault_set(fault, buffer_failed(&file), "no memory for a snapshot of %zu bytes", state.size);
    tree_sync(
        &journal
             ->tree); /* what comes before the snapshot need not be read again for the tree; unusable when it fails */
    segment_name_of(journal->next_sequence, ".snap", name);
    code = file_replace(journal->disk, file_path_of(journal->directory, "snapshots").text, name, buffer_view(&file),
                        fault);
    if (code == 0)
        snapshots_trim(journal);
    return journal_write_code(journal, code, fault);
}

/* ---- objects ---- */

static void object_name(const struct sha256_digest *digest, char out[2 * SHA256_BYTES + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        out[2 * i] = digits[digest->bytes[i] >> 4];
        out[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    out[(size_t)2 * SHA256_BYTES] = '\0';
}

int journal_object_get(struct journal *journal, const struct sha256_digest *digest, struct buffer *out,
                       struct truc_fault *fault)
{
    char name[2 * SHA256_BYTES + 1];
    size_t before = out->size;
    object_name(digest, name);
    struct file_path path = file_path_in(journal->directory, "objects", name);
    int code = file_read_whole(journal->disk, path.text, OBJECT_BYTES_MAX, out, fault);
    if (code < 0)
        return code;
    struct sha256_digest found =
        sha256_of(out->size > before ? bytes_of(out->data + before, out->size - before) : BYTES_EMPTY);
    if (sha256_equal(&found, digest))
        return 0;
    out->size = before;
    fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "an object is not what its name says");
    fault_where(fault, "objects/%s", name);
    return TRUC_E_JOURNAL_CORRUPT;
}

int journal_object_put(struct journal *journal, struct bytes content, struct sha256_digest *ret_digest,
                       struct truc_fault *fault)
{
    char name[2 * SHA256_BYTES + 1];
    BUFFER_CLEANUP struct buffer present = {0};
    struct sha256_digest digest = sha256_of(content);
    int code = journal_may_write(journal, fault);
    if (code < 0)
        return code;
    object_name(&digest, name);
    if (content.size > OBJECT_BYTES_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "an object of %zu bytes is over the limit of %d", content.size,
                         OBJECT_BYTES_MAX);
    /* One that is there and right stays; a damaged one is replaced. */
    if (journal_object_get(journal, &digest, &present, NULL) < 0)
        code = file_replace(journal->disk, file_path_of(journal->directory, "objects").text, name, content, fault);
    if (code == 0)
        *ret_digest = digest;
    return journal_write_code(journal, code, fault);
}
