/* blob_store.c - the store as a whole: its folder and key, where a blob lies, who holds it, and its removal.
 * Not uploading (blob_upload.c), reading (blob_reader.c) or the log of names (blob_names.c).
 * See blob_store.h. */
#include "blob_store_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "journal_keys.h"
#include "locked.h"

enum { HOLDER_BYTES = 80, HOLDER_CRC_AT = 76 };
#define STORE_KEY_NUMBER UINT64_MAX /* in place of a segment's first sequence: the file has a segment key's form */

/* ---- opening ---- */

bool blob_store_is_made(const struct blob_store *store)
{
    return store->is_made;
}

static int key_read(struct blob_store *store, struct payload_cipher *cipher, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer file = {0};
    struct segment_keys keys;
    int code = file_read_whole(store->disk, file_path_of(store->directory, "store.key").text, SEGMENT_KEY_FILE_BYTES,
                               &file, fault);
    if (code < 0)
        return code;
    code = segment_key_unwrap(cipher, store->master_key, store->bus_id, STORE_KEY_NUMBER, buffer_view(&file), &keys,
                              fault);
    if (code < 0) {
        fault_where(fault, "blobs/store.key");
        return code;
    }
    memcpy(store->key, keys.key, AEAD_KEY_BYTES);
    segment_keys_wipe(&keys);
    store->is_made = true;
    return 0;
}

static int key_make(struct blob_store *store, struct payload_cipher *cipher, struct truc_fault *fault)
{
    uint8_t nonce[SEGMENT_KEY_NONCE_BYTES], file[SEGMENT_KEY_FILE_BYTES];
    store->random(store->random_context, store->key, AEAD_KEY_BYTES);
    store->random(store->random_context, nonce, sizeof nonce);
    int code =
        segment_key_wrap(cipher, store->master_key, store->bus_id, STORE_KEY_NUMBER, store->key, nonce, file, fault);
    if (code == 0)
        code = file_replace(store->disk, store->directory, "store.key", bytes_of(file, sizeof file), fault);
    store->is_made = code == 0;
    return code;
}

static int make_directory(struct blob_store *store, const char *path, const char *parent, struct truc_fault *fault)
{
    int error = disk_make_directory(store->disk, path);
    if (error == -EEXIST)
        return 0; /* by whoever was interrupted: its name is synced with the first file in it, at the latest */
    if (error == 0)
        error = disk_sync_directory(store->disk, parent);
    return error < 0 ? blob_fault(fault, error, "make", path) : 0;
}

int blob_store_make(struct blob_store *store, struct truc_fault *fault)
{
    if (store->is_made)
        return 0;
    struct payload_cipher *cipher = payload_cipher_new();
    struct file_path parent = {.text = ""};
    memcpy(parent.text, store->directory, strlen(store->directory) - strlen("/blobs"));
    int code = cipher == NULL ? fault_set(fault, TRUC_E_MEMORY, "no memory for a cipher") : 0;
    if (code == 0)
        code = make_directory(store, store->directory, parent.text, fault);
    if (code == 0)
        code = make_directory(store, file_path_of(store->directory, "incoming").text, store->directory, fault);
    if (code == 0)
        code = key_make(store, cipher, fault);
    payload_cipher_free(cipher);
    return code;
}

int blob_make_folder(struct blob_store *store, const struct sha256_digest *sha256, struct truc_fault *fault)
{
    struct file_path inner = blob_folder(store, sha256), outer = inner;
    outer.text[strlen(outer.text) - 3] = '\0';
    int code = make_directory(store, outer.text, store->directory, fault);
    if (code == 0)
        code = make_directory(store, inner.text, outer.text, fault);
    if (code < 0)
        return code;
    /* A folder that a crash left without its name synced has it now. */
    int error = disk_sync_directory(store->disk, store->directory);
    if (error == 0)
        error = disk_sync_directory(store->disk, outer.text);
    return error < 0 ? blob_fault(fault, error, "sync", outer.text) : 0;
}

static int load(struct blob_store *store, uint64_t now_ns, struct truc_fault *fault)
{
    struct payload_cipher *cipher = payload_cipher_new();
    int code =
        cipher == NULL ? fault_set(fault, TRUC_E_MEMORY, "no memory for a cipher") : key_read(store, cipher, fault);
    payload_cipher_free(cipher);
    if (code == TRUC_E_NOT_FOUND && !store->read_only)
        return 0; /* no attachment yet */
    return code < 0 ? code : incoming_load(store, now_ns, fault);
}

int blob_store_open(const struct blob_store_options *options, uint64_t now_ns, struct blob_store **ret_store,
                    struct truc_fault *fault)
{
    struct blob_store *store = calloc(1, sizeof *store);
    size_t length = strlen(options->directory);
    if (store == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the store of attachments");
    store->disk = options->disk;
    store->bus_id = options->bus_id;
    store->read_only = options->read_only;
    store->random = options->random;
    store->random_context = options->random_context;
    store->master_key = locked_new(AEAD_KEY_BYTES);
    store->key = locked_new(AEAD_KEY_BYTES);
    list_init(&store->incoming);
    store->directory = malloc(length + sizeof "/blobs");
    store->slot = aligned_alloc(DISK_PAGE_BYTES, BLOB_CHUNK_BYTES + DISK_PAGE_BYTES);
    int code = store->directory == NULL || store->slot == NULL || store->master_key == NULL || store->key == NULL
                   ? fault_set(fault, TRUC_E_MEMORY, "no memory for the store of attachments")
                   : 0;
    if (code == 0) {
        memcpy(store->master_key, options->master_key, AEAD_KEY_BYTES);
        memcpy(store->directory, options->directory, length);
        memcpy(store->directory + length, "/blobs", sizeof "/blobs");
        if ((code = aead_begin(&store->aead)) < 0)
            fault_set(fault, code, "no cipher for attachments");
    }
    if (code == 0)
        code = load(store, now_ns, fault);
    if (code < 0)
        blob_store_close(store);
    else
        *ret_store = store;
    return code;
}

void blob_store_close(struct blob_store *store)
{
    if (store == NULL)
        return;
    list_each(link, &store->incoming)
        incoming_forget(store, list_element(link, struct incoming, link));
    disk_close(store->names);
    aead_free(&store->aead);
    buffer_free(&store->scratch);
    buffer_free(&store->stored);
    buffer_free(&store->plain);
    locked_free(store->key);
    locked_free(store->master_key);
    free(store->slot);
    free(store->directory);
    free(store);
}

/* ---- who holds it ---- */

static bool holder_is(const uint8_t *entry, const char *system)
{
    return load_le32(entry + HOLDER_CRC_AT) == crc32c(0, bytes_of(entry, HOLDER_CRC_AT)) &&
           strncmp((const char *)entry, system, BLOB_SYSTEM_BYTES_MAX) == 0;
}

/* 1: it is in the file. 0: not; then *ret_end is where it may be written. */
static int holder_find(struct disk_file *file, const char *system, uint64_t *ret_end, const char *path,
                       struct truc_fault *fault)
{
    uint8_t entries[64 * HOLDER_BYTES];
    uint64_t at = 0;
    for (;;) {
        int64_t got = disk_read_at(file, at, entries, sizeof entries);
        if (got < 0)
            return file_fault(fault, (int)got, "read", path);
        for (size_t i = 0; i + HOLDER_BYTES <= (size_t)got; i += HOLDER_BYTES)
            if (holder_is(entries + i, system))
                return 1;
        at += (uint64_t)got / HOLDER_BYTES * HOLDER_BYTES; /* the rest, if any, was interrupted */
        if ((size_t)got < sizeof entries)
            break;
    }
    *ret_end = at;
    return 0;
}

int blob_holder_add(struct blob_store *store, const char *system, const struct sha256_digest *sha256, uint64_t now_ns,
                    struct truc_fault *fault)
{
    uint8_t entry[HOLDER_BYTES] = {0};
    struct file_path path = blob_path(store, sha256, ".held");
    FILE_CLEANUP struct disk_file *file = NULL;
    uint64_t end = 0;
    int error = disk_open(store->disk, path.text, DISK_READ | DISK_WRITE | DISK_CREATE, &file);
    if (error < 0)
        return blob_fault(fault, error, "make", path.text);
    int found = holder_find(file, system, &end, path.text, fault);
    if (found < 0)
        return found;
    memcpy(entry, system, strnlen(system, BLOB_SYSTEM_BYTES_MAX));
    store_le64(entry + BLOB_SYSTEM_BYTES_MAX, now_ns);
    store_le32(entry + HOLDER_CRC_AT, crc32c(0, bytes_of(entry, HOLDER_CRC_AT)));
    if (found == 0)
        error = disk_write_at(file, end, entry, sizeof entry);
    if (error == 0)
        error = disk_sync(file); /* also when it was found: whoever wrote it may not have come so far */
    return error < 0 ? blob_fault(fault, error, "write", path.text) : 0;
}

int blob_newest_holder(struct blob_store *store, const struct sha256_digest *sha256, uint64_t *ret_ns,
                       struct truc_fault *fault)
{
    struct file_path path = blob_path(store, sha256, ".held");
    FILE_CLEANUP struct disk_file *file = NULL;
    uint8_t entry[HOLDER_BYTES];
    int64_t got = 0;
    *ret_ns = 0;
    int error = disk_open(store->disk, path.text, DISK_READ, &file);
    if (error < 0)
        return error == -ENOENT ? 0 : file_fault(fault, error, "open", path.text);
    for (uint64_t at = 0; (got = disk_read_at(file, at, entry, sizeof entry)) == HOLDER_BYTES; at += HOLDER_BYTES) {
        uint64_t held_ns = load_le64(entry + BLOB_SYSTEM_BYTES_MAX);
        bool is_whole = load_le32(entry + HOLDER_CRC_AT) == crc32c(0, bytes_of(entry, HOLDER_CRC_AT));
        *ret_ns = is_whole && held_ns > *ret_ns ? held_ns : *ret_ns;
    }
    return got < 0 ? file_fault(fault, (int)got, "read", path.text) : 0;
}

static int blob_is_there(struct blob_store *store, const struct sha256_digest *sha256, uint64_t *ret_size_bytes,
                         struct truc_fault *fault)
{
    struct file_path path = blob_path(store, sha256, "");
    FILE_CLEANUP struct disk_file *file = NULL;
    struct blob_file_header header;
    int error = store->is_made ? disk_open(store->disk, path.text, DISK_READ, &file) : -ENOENT;
    if (error == -ENOENT)
        return 0;
    if (error < 0)
        return file_fault(fault, error, "open", path.text);
    int code = blob_file_header_load(store, file, path.text, &header, fault);
    if (code == TRUC_E_ERASED)
        return 0; /* it is being removed */
    if (code == 0 && ret_size_bytes)
        *ret_size_bytes = header.size_bytes;
    return code < 0 ? code : 1;
}

int blob_store_holds(struct blob_store *store, const char *system, const struct sha256_digest *sha256,
                     uint64_t *ret_size_bytes, struct truc_fault *fault)
{
    struct file_path path = blob_path(store, sha256, ".held");
    FILE_CLEANUP struct disk_file *file = NULL;
    uint64_t end;
    int code = blob_is_there(store, sha256, ret_size_bytes, fault);
    if (code <= 0)
        return code;
    int error = disk_open(store->disk, path.text, DISK_READ, &file);
    if (error == -ENOENT)
        return 0;
    return error < 0 ? file_fault(fault, error, "open", path.text) : holder_find(file, system, &end, path.text, fault);
}

int blob_store_hold(struct blob_store *store, const char *system, const struct sha256_digest *sha256, uint64_t now_ns,
                    uint64_t *ret_size_bytes, struct truc_fault *fault)
{
    int code = blob_is_there(store, sha256, ret_size_bytes, fault);
    if (code == 0)
        return fault_set(fault, TRUC_E_NOT_FOUND, "the attachment is no longer there");
    if (code == 1)
        code = blob_holder_add(store, system, sha256, now_ns, fault);
    if (code < 0)
        return code;
    int error = disk_sync_directory(store->disk, blob_folder(store, sha256).text);
    return error < 0 ? blob_fault(fault, error, "sync", store->directory) : 0;
}

static int unlink_if_there(struct blob_store *store, const char *path, struct truc_fault *fault)
{
    int error = disk_unlink(store->disk, path);
    return error < 0 && error != -ENOENT ? file_fault(fault, error, "remove", path) : 0;
}

int blob_store_remove(struct blob_store *store, const struct sha256_digest *sha256, struct truc_fault *fault)
{
    uint8_t erased[BLOB_ERASABLE_BYTES];
    struct file_path path = blob_path(store, sha256, "");
    struct disk_file *file = NULL;
    int error = disk_open(store->disk, path.text, DISK_READ | DISK_WRITE, &file);
    if (error == 0) {
        blob_file_erased_write(erased);
        error = disk_write_at(file, BLOB_ERASABLE_AT, erased, sizeof erased);
        if (error == 0)
            error = disk_sync(file);
        disk_close(file);
    }
    if (error < 0 && error != -ENOENT)
        return file_fault(fault, error, "erase", path.text);
    int code = unlink_if_there(store, blob_path(store, sha256, ".held").text, fault);
    return code < 0 ? code : unlink_if_there(store, path.text, fault);
}
