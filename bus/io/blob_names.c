/* blob_names.c - the log of which message names which attachment: named.log, a line of 48 bytes each.
 * A function of the journal: what a crash took of it is written again in replay, and lines that are there twice do no harm.
 * Read by blob_sweep.c. */
#include <errno.h>

#include "blob_store_private.h"
#include "encode.h"
#include "fault.h"

void blob_named_write(const struct sha256_digest *sha256, uint64_t sequence, uint8_t out[BLOB_NAMED_BYTES])
{
    memset(out, 0, BLOB_NAMED_BYTES);
    memcpy(out, sha256->bytes, SHA256_BYTES);
    store_le64(out + SHA256_BYTES, sequence);
    store_le32(out + 44, crc32c(0, bytes_of(out, 44)));
}

bool blob_named_read(const uint8_t in[BLOB_NAMED_BYTES], struct sha256_digest *ret_sha256, uint64_t *ret_sequence)
{
    if (load_le32(in + 44) != crc32c(0, bytes_of(in, 44)))
        return false;
    memcpy(ret_sha256->bytes, in, SHA256_BYTES);
    *ret_sequence = load_le64(in + SHA256_BYTES);
    return true;
}

int blob_names_open(struct blob_store *store, struct truc_fault *fault)
{
    struct file_path path = file_path_of(store->directory, "named.log");
    if (store->names)
        return 0;
    int code = blob_store_make(store, fault);
    if (code < 0)
        return code;
    int error = disk_open(store->disk, path.text, DISK_READ | DISK_WRITE | DISK_CREATE, &store->names);
    if (error < 0)
        return blob_fault(fault, error, "open", path.text);
    int64_t size = disk_size(store->names);
    if (size < 0)
        return file_fault(fault, (int)size, "ask the size of", path.text);
    store->names_bytes = (uint64_t)size / BLOB_NAMED_BYTES * BLOB_NAMED_BYTES; /* the rest was interrupted */
    return 0;
}

int blob_store_name(struct blob_store *store, const struct sha256_digest *sha256, uint64_t sequence,
                    struct truc_fault *fault)
{
    uint8_t entry[BLOB_NAMED_BYTES];
    int code = blob_names_open(store, fault);
    if (code < 0)
        return code;
    blob_named_write(sha256, sequence, entry);
    int error = disk_write_at(store->names, store->names_bytes, entry, sizeof entry);
    if (error < 0)
        return blob_fault(fault, error, "write", "blobs/named.log");
    if (store->needed)
        blob_filter_add(store->needed, sha256);
    store->names_bytes += sizeof entry;
    store->names_dirty = true;
    return 0;
}

int blob_store_sync_names(struct blob_store *store, struct truc_fault *fault)
{
    if (!store->names_dirty)
        return 0;
    int error = disk_sync(store->names);
    if (error == 0)
        error = disk_sync_directory(store->disk, store->directory);
    if (error < 0)
        return file_fault(fault, error, "sync", "blobs/named.log");
    store->names_dirty = false;
    return 0;
}
