/* blob_upload.c - uploads: begun, gone on with, written slot by slot, and finished under the hash of what came.
 * Order at the end: content synced, holder synced, renamed, folders synced. A crash before the rename leaves an upload that goes on.
 * See blob_store.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "blob_store_private.h"
#include "fault.h"

struct blob_upload {
    struct blob_store *store;
    struct incoming *incoming;
    struct blob_file_header header;
    struct blob_cipher cipher;
    struct disk_file *file;
    struct sha256 hash; /* of what lies below offset */
    uint64_t offset, synced;
    bool is_resumed; /* what was there has been read */
};

/* ---- beginning ---- */

static void upload_free(struct blob_upload *upload)
{
    blob_cipher_wipe(&upload->cipher);
    disk_close(upload->file);
    free(upload);
}

/* Of what rests, the system's uploads give way to a new one, the one that rested longest first. */
static int make_way(struct blob_store *store, const char *system, uint32_t uploads_max, struct truc_fault *fault)
{
    for (;;) {
        struct incoming *oldest = NULL;
        uint32_t count = 0;
        list_each(link, &store->incoming) {
            struct incoming *incoming = list_element(link, struct incoming, link);
            if (strcmp(incoming->system, system) != 0)
                continue;
            count++;
            if (incoming->upload == NULL && (oldest == NULL || incoming->touched_ns < oldest->touched_ns))
                oldest = incoming;
        }
        if (count < uploads_max)
            return 0;
        if (oldest == NULL)
            return fault_set(fault, TRUC_E_LIMIT, "blob-uploads (%u) uploads of '%s' are open", uploads_max, system);
        (void)incoming_remove(store, oldest);
    }
}

static int check_space(const struct blob_store *store, const struct blob_bounds *bounds, uint64_t size_bytes,
                       struct truc_fault *fault)
{
    uint64_t used = bounds->stored_bytes + store->incoming_bytes;
    if (store->incoming_count >= BLOB_INCOMING_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "%d uploads of all systems are unfinished", BLOB_INCOMING_MAX);
    if (used > bounds->space_bytes || size_bytes > bounds->space_bytes - used)
        return fault_set(fault, TRUC_E_BLOB_SPACE, "attachments use %llu of %llu bytes, this one has %llu",
                         (unsigned long long)used, (unsigned long long)bounds->space_bytes,
                         (unsigned long long)size_bytes);
    return 0;
}

static int file_begin(struct blob_upload *upload, const char *path, struct truc_fault *fault)
{
    struct blob_store *store = upload->store;
    uint8_t header[BLOB_HEADER_BYTES];
    store->random(store->random_context, upload->header.salt, sizeof upload->header.salt);
    blob_file_header_write(&upload->header, store->bus_id, header);
    int error = disk_open(store->disk, path, DISK_READ | DISK_WRITE | DISK_CREATE | DISK_DIRECT, &upload->file);
    if (error == 0)
        error = disk_truncate(upload->file, 0);
    if (error == 0)
        error = disk_write_at(upload->file, 0, header, sizeof header);
    upload->is_resumed = true;
    return error < 0 ? blob_fault(fault, error, "begin", path) : 0;
}

static int file_go_on(struct blob_upload *upload, const char *path, struct truc_fault *fault)
{
    struct blob_store *store = upload->store;
    struct blob_file_header header;
    int error = disk_open(store->disk, path, DISK_READ | DISK_WRITE | DISK_DIRECT, &upload->file);
    if (error < 0)
        return file_fault(fault, error, "open", path);
    int code = blob_file_header_load(store, upload->file, path, &header, fault);
    if (code == 0)
        upload->header = header;
    return code;
}

static int upload_begin(struct blob_upload *upload, bool goes_on, struct truc_fault *fault)
{
    struct blob_store *store = upload->store;
    struct file_path path = incoming_path(store, upload->incoming);
    int code = goes_on ? file_go_on(upload, path.text, fault) : file_begin(upload, path.text, fault);
    if (code < 0)
        return code;
    blob_cipher_derive(&upload->cipher, &store->aead, bytes_of(store->key, AEAD_KEY_BYTES), &upload->header,
                       store->bus_id);
    sha256_begin(&upload->hash);
    upload->incoming->upload = upload;
    return 0;
}

static int place_in(struct blob_store *store, const char *system, const struct blob_file_header *wanted,
                    const struct blob_bounds *bounds, uint64_t now_ns, struct incoming **ret, struct truc_fault *fault)
{
    int code = make_way(store, system, bounds->uploads_max, fault);
    if (code == 0)
        code = check_space(store, bounds, wanted->size_bytes, fault);
    if (code == 0)
        code = blob_store_make(store, fault);
    if (code == 0 && (*ret = incoming_add(store, system, &wanted->sha256, wanted->size_bytes, now_ns)) == NULL)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for an upload");
    return code;
}

int blob_upload_open(struct blob_store *store, const char *system, const struct blob_file_header *wanted,
                     const struct blob_bounds *bounds, uint64_t now_ns, struct blob_upload **ret_upload,
                     struct truc_fault *fault)
{
    struct incoming *incoming = incoming_find(store, system, &wanted->sha256);
    if (incoming && incoming->upload)
        return fault_set(fault, TRUC_E_LIMIT, "this upload of '%s' is open already", system);
    if (incoming && incoming->size_bytes != wanted->size_bytes) { /* one of them was wrong: this one counts */
        (void)incoming_remove(store, incoming);
        incoming = NULL;
    }
    bool goes_on = incoming != NULL;
    int code = goes_on ? 0 : place_in(store, system, wanted, bounds, now_ns, &incoming, fault);
    if (code < 0 || incoming == NULL)
        return code;
    incoming->touched_ns = now_ns;
    struct blob_upload *upload = calloc(1, sizeof *upload);
    if (upload == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an upload");
    *upload = (struct blob_upload){.store = store, .incoming = incoming, .header = *wanted};
    upload->header.begun_ns = now_ns;
    code = upload_begin(upload, goes_on, fault);
    if (code < 0) {
        upload_free(upload);
        (void)incoming_remove(store, incoming); /* of no use: it begins anew next time */
        return code;
    }
    *ret_upload = upload;
    return 0;
}

int blob_upload_resume(struct blob_upload *upload, struct truc_fault *fault)
{
    struct blob_store *store = upload->store;
    struct file_path path = incoming_path(store, upload->incoming);
    for (uint64_t read = 0; !upload->is_resumed && read < BLOB_RESUME_STEP_BYTES; read += BLOB_CHUNK_BYTES) {
        uint64_t index = upload->offset / BLOB_CHUNK_BYTES;
        int code = upload->offset < upload->header.size_bytes
                       ? blob_slot_load(store, &upload->cipher, upload->file, path.text, index, fault)
                       : TRUC_E_JOURNAL_CORRUPT;
        if (code < 0 && code != TRUC_E_JOURNAL_CORRUPT)
            return code;
        if (code == TRUC_E_JOURNAL_CORRUPT) { /* so far it came */
            upload->is_resumed = true;
            break;
        }
        sha256_add(&upload->hash, buffer_view(&store->plain));
        upload->offset += store->plain.size;
    }
    return upload->is_resumed ? 0 : 1;
}

uint64_t blob_upload_offset(const struct blob_upload *upload)
{
    return upload->offset;
}

/* ---- writing ---- */

int blob_upload_write(struct blob_upload *upload, struct bytes chunk, uint64_t now_ns, struct truc_fault *fault)
{
    struct blob_store *store = upload->store;
    struct file_path path = incoming_path(store, upload->incoming);
    uint8_t nonce[AEAD_NONCE_BYTES];
    uint64_t index = upload->offset / BLOB_CHUNK_BYTES;
    if (!upload->is_resumed || chunk.size != blob_slot_bytes(upload->header.size_bytes, index) || chunk.size == 0)
        return fault_set(fault, TRUC_E_BLOB_SIZE, "a chunk of %zu bytes where another size is due", chunk.size);
    store->random(store->random_context, nonce, sizeof nonce);
    int code = blob_slot_seal(&upload->cipher, index, chunk, nonce, &store->scratch, store->slot);
    if (code < 0)
        return fault_set(fault, code, "a part of an attachment can't be sealed");
    int error = disk_write_at(upload->file, blob_slot_at(index), store->slot, blob_slot_stored_bytes(chunk.size));
    if (error < 0)
        return blob_fault(fault, error, "write", path.text);
    sha256_add(&upload->hash, chunk);
    upload->offset += chunk.size;
    upload->incoming->touched_ns = now_ns;
    if (upload->offset - upload->synced < BLOB_SYNC_BYTES)
        return 0;
    upload->synced = upload->offset;
    error = disk_sync(upload->file);
    return error < 0 ? file_fault(fault, error, "sync", path.text) : 0;
}

void blob_upload_close(struct blob_upload *upload)
{
    if (upload == NULL)
        return;
    upload->incoming->upload = NULL;
    upload_free(upload);
}

void blob_upload_drop(struct blob_upload *upload)
{
    if (upload == NULL)
        return;
    struct blob_store *store = upload->store;
    struct incoming *incoming = upload->incoming;
    upload_free(upload);
    (void)incoming_remove(store, incoming); /* what can't be removed now is found by the next start */
}

/* ---- finishing ---- */

static int check_hash(struct blob_upload *upload, struct truc_fault *fault)
{
    struct sha256 hash = upload->hash;
    struct sha256_digest digest = sha256_end(&hash);
    if (upload->offset != upload->header.size_bytes)
        return fault_set(fault, TRUC_E_BLOB_GAP, "the upload is not complete");
    return sha256_equal(&digest, &upload->header.sha256)
               ? 0
               : fault_set(fault, TRUC_E_BLOB_HASH, "the %llu bytes that came have another SHA-256",
                           (unsigned long long)upload->offset);
}

/* It takes its name at once or not at all. */
static int publish(struct blob_upload *upload, const char *from, const char *to, struct truc_fault *fault)
{
    struct blob_store *store = upload->store;
    int error = disk_rename(store->disk, from, to);
    if (error == 0)
        error = disk_sync_directory(store->disk, blob_folder(store, &upload->header.sha256).text);
    if (error == 0)
        error = disk_sync_directory(store->disk, file_path_of(store->directory, "incoming").text);
    return error < 0 ? blob_fault(fault, error, "name", to) : 0;
}

int blob_upload_finish(struct blob_upload *upload, uint64_t now_ns, struct truc_fault *fault)
{
    struct blob_store *store = upload->store;
    struct incoming *incoming = upload->incoming;
    struct sha256_digest sha256 = upload->header.sha256;
    struct file_path from = incoming_path(store, incoming), to = blob_path(store, &sha256, "");
    char system[BLOB_SYSTEM_BYTES_MAX + 1];
    memcpy(system, incoming->system, sizeof system);
    int code = check_hash(upload, fault);
    if (code < 0)
        return code;
    code = blob_store_hold(store, system, &sha256, now_ns, NULL,
                           fault); /* the bus has it: what came proves that it may know */
    if (code == 0) {
        blob_upload_drop(upload);
        return 0;
    }
    if (code != TRUC_E_NOT_FOUND)
        return code;
    if (fault)
        *fault = (struct truc_fault){0};
    int error = disk_sync(upload->file);
    code = error < 0 ? file_fault(fault, error, "sync", from.text) : blob_make_folder(store, &sha256, fault);
    if (code == 0)
        code = blob_holder_add(store, system, &sha256, now_ns, fault);
    if (code == 0)
        code = publish(upload, from.text, to.text, fault);
    if (code < 0)
        return code;
    upload_free(upload);
    incoming_forget(store, incoming);
    return 1;
}
