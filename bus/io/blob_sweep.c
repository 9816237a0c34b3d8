/* blob_sweep.c - finds the attachments that no retained message names: first the log of names, line by line, then the folders.
 * What is named goes into a filter of bits: it may keep an attachment too many until the next sweep, and never one too few.
 * Nothing is removed here: see blob_store_remove. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "blob_store_private.h"
#include "encode.h"
#include "fault.h"

enum {
    NAMES_A_STEP = 64,
    FILTER_BITS_A_NAME = 16,
    FILTER_BYTES_MIN = 4096,
    FILTER_BYTES_MAX = 16 * 1024 * 1024,
    FOLDERS = 256,
};

struct blob_sweep {
    struct blob_store *store;
    struct blob_sweep_options options;
    struct blob_filter filter; /* what is needed */
    struct disk_file *kept;    /* named.new */
    uint64_t read_bytes, kept_bytes;
    bool names_done;
    unsigned outer, inner; /* the next folder */
};

/* ---- beginning and ending ---- */

int blob_sweep_begin(struct blob_store *store, const struct blob_sweep_options *options, struct blob_sweep **ret_sweep,
                     struct truc_fault *fault)
{
    struct file_path path = file_path_of(store->directory, "named.new");
    int code = blob_names_open(store, fault);
    if (code < 0)
        return code;
    struct blob_sweep *sweep = calloc(1, sizeof *sweep);
    uint64_t bytes = FILTER_BYTES_MIN, wanted = store->names_bytes / BLOB_NAMED_BYTES * FILTER_BITS_A_NAME / 8;
    while (bytes < wanted && bytes < FILTER_BYTES_MAX)
        bytes *= 2;
    if (sweep == NULL || (sweep->filter.bits = calloc(1, bytes)) == NULL) {
        free(sweep);
        return fault_set(fault, TRUC_E_MEMORY, "no memory to look through the attachments");
    }
    sweep->store = store;
    sweep->options = *options;
    sweep->filter.count = bytes * 8;
    int error = disk_open(store->disk, path.text, DISK_READ | DISK_WRITE | DISK_CREATE, &sweep->kept);
    if (error == 0)
        error = disk_truncate(sweep->kept, 0);
    if (error < 0) {
        free(sweep->filter.bits);
        free(sweep);
        return blob_fault(fault, error, "begin", path.text);
    }
    store->needed = &sweep->filter;
    *ret_sweep = sweep;
    return 0;
}

void blob_sweep_end(struct blob_sweep *sweep)
{
    if (sweep == NULL)
        return;
    sweep->store->needed = NULL;
    disk_close(sweep->kept);
    free(sweep->filter.bits);
    free(sweep);
}

/* ---- the names ---- */

static int keep_name(struct blob_sweep *sweep, const uint8_t *entry, struct truc_fault *fault)
{
    struct sha256_digest sha256;
    uint64_t sequence;
    if (!blob_named_read(entry, &sha256, &sequence))
        return 0; /* torn by a crash: replay wrote it again behind */
    int needed = sweep->options.is_needed(sweep->options.context, sequence, fault);
    if (needed <= 0)
        return needed;
    blob_filter_add(&sweep->filter, &sha256);
    int error = disk_write_at(sweep->kept, sweep->kept_bytes, entry, BLOB_NAMED_BYTES);
    if (error < 0)
        return blob_fault(fault, error, "write", "blobs/named.new");
    sweep->kept_bytes += BLOB_NAMED_BYTES;
    return 0;
}

/* All have been looked at: the shorter log takes the place of the longer one. */
static int replace_names(struct blob_sweep *sweep, struct truc_fault *fault)
{
    struct blob_store *store = sweep->store;
    int error = disk_sync(sweep->kept);
    if (error == 0)
        error = disk_rename(store->disk, file_path_of(store->directory, "named.new").text,
                            file_path_of(store->directory, "named.log").text);
    if (error == 0)
        error = disk_sync_directory(store->disk, store->directory);
    if (error < 0)
        return blob_fault(fault, error, "replace", "blobs/named.log");
    disk_close(store->names);
    store->names = sweep->kept;
    store->names_bytes = sweep->kept_bytes;
    sweep->kept = NULL;
    sweep->names_done = true;
    return 0;
}

static int step_names(struct blob_sweep *sweep, struct truc_fault *fault)
{
    struct blob_store *store = sweep->store;
    uint8_t entries[NAMES_A_STEP * BLOB_NAMED_BYTES];
    uint64_t left = store->names_bytes - sweep->read_bytes;
    size_t size = left < sizeof entries ? (size_t)left : sizeof entries;
    if (size == 0)
        return replace_names(sweep, fault);
    int code = file_read_exactly(store->names, "blobs/named.log", sweep->read_bytes, entries, size, fault);
    for (size_t at = 0; code == 0 && at < size; at += BLOB_NAMED_BYTES)
        code = keep_name(sweep, entries + at, fault);
    sweep->read_bytes += size;
    return code;
}

/* ---- the folders ---- */

struct found {
    struct buffer hashes; /* SHA256_BYTES each */
};

static int find_blob(void *context, const char *name)
{
    struct found *found = context;
    struct sha256_digest sha256;
    if (blob_name_parse(name, &sha256))
        buffer_append(&found->hashes, sha256.bytes, SHA256_BYTES);
    return buffer_failed(&found->hashes) ? -ENOMEM : 0;
}

/* Whoever uploaded it last may be about to name it. */
static int judge(struct blob_sweep *sweep, const struct sha256_digest *sha256, struct truc_fault *fault)
{
    struct blob_store *store = sweep->store;
    struct file_path path = blob_path(store, sha256, "");
    FILE_CLEANUP struct disk_file *file = NULL;
    struct blob_file_header header;
    uint64_t held_ns = 0;
    if (blob_filter_has(&sweep->filter, sha256))
        return 0;
    int code = blob_newest_holder(store, sha256, &held_ns, fault);
    if (code < 0 || held_ns >= sweep->options.before_ns)
        return code;
    int error = disk_open(store->disk, path.text, DISK_READ, &file);
    if (error < 0)
        return error == -ENOENT ? 0 : file_fault(fault, error, "open", path.text);
    code = blob_file_header_load(store, file, path.text, &header, fault);
    if (code == TRUC_E_ERASED) /* a removal that was interrupted behind its record */
        return blob_store_remove(store, sha256, fault);
    return code < 0 ? code : sweep->options.unused(sweep->options.context, sha256, header.size_bytes, fault);
}

static int list_folder(struct blob_store *store, unsigned outer, unsigned inner, struct found *found,
                       struct truc_fault *fault)
{
    struct sha256_digest place = {.bytes = {(uint8_t)outer, (uint8_t)inner}};
    struct file_path path = blob_folder(store, &place);
    int error = disk_list(store->disk, path.text, find_blob, found);
    return error < 0 && error != -ENOENT ? file_fault(fault, error, "list", path.text) : 0;
}

static int see_nothing(void *context, const char *name)
{
    (void)context;
    (void)name;
    return 1;
}

static bool outer_is_there(struct blob_store *store, unsigned outer)
{
    struct sha256_digest place = {.bytes = {(uint8_t)outer}};
    struct file_path path = blob_folder(store, &place);
    path.text[strlen(path.text) - 3] = '\0';
    return disk_list(store->disk, path.text, see_nothing, NULL) > 0;
}

static int step_folder(struct blob_sweep *sweep, struct truc_fault *fault)
{
    struct found found = {0};
    if (sweep->inner == 0 && !outer_is_there(sweep->store, sweep->outer)) {
        sweep->outer++;
        return 0;
    }
    int code = list_folder(sweep->store, sweep->outer, sweep->inner, &found, fault);
    for (size_t at = 0; code == 0 && at < found.hashes.size; at += SHA256_BYTES) {
        struct sha256_digest sha256;
        memcpy(sha256.bytes, found.hashes.data + at, SHA256_BYTES);
        code = judge(sweep, &sha256, fault);
    }
    buffer_free(&found.hashes);
    if (++sweep->inner == FOLDERS) {
        sweep->inner = 0;
        sweep->outer++;
    }
    return code;
}

int blob_sweep_step(struct blob_sweep *sweep, struct truc_fault *fault)
{
    int code = sweep->names_done ? step_folder(sweep, fault) : step_names(sweep, fault);
    return code < 0 ? code : sweep->outer < FOLDERS;
}

int blob_store_each(struct blob_store *store, blob_visit_fn *visit, void *context, struct truc_fault *fault)
{
    int code = 0;
    for (unsigned outer = 0; code == 0 && outer < FOLDERS; outer++) {
        if (!outer_is_there(store, outer))
            continue;
        for (unsigned inner = 0; code == 0 && inner < FOLDERS; inner++) {
            struct found found = {0};
            code = list_folder(store, outer, inner, &found, fault);
            for (size_t at = 0; code == 0 && at < found.hashes.size; at += SHA256_BYTES) {
                struct sha256_digest sha256;
                memcpy(sha256.bytes, found.hashes.data + at, SHA256_BYTES);
                code = visit(context, &sha256, fault);
            }
            buffer_free(&found.hashes);
        }
    }
    return code;
}
