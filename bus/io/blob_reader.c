/* blob_reader.c - reading one attachment, slot by slot, each checked against its seal.
 * No more than one slot is in memory, and that is the store's.
 * See blob_store.h. */
#include <stdlib.h>

#include "blob_store_private.h"
#include "fault.h"

struct blob_reader {
    struct blob_store *store;
    struct disk_file *file;
    struct file_path path;
    struct blob_file_header header;
    struct blob_cipher cipher;
};

int blob_reader_open(struct blob_store *store, const struct sha256_digest *sha256, struct blob_reader **ret_reader,
                     struct truc_fault *fault)
{
    struct blob_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to read an attachment");
    reader->store = store;
    reader->path = blob_path(store, sha256, "");
    int error = disk_open(store->disk, reader->path.text, DISK_READ, &reader->file);
    int code = error < 0 ? file_fault(fault, error, "open", reader->path.text)
                         : blob_file_header_load(store, reader->file, reader->path.text, &reader->header, fault);
    if (code == 0 && !sha256_equal(&reader->header.sha256, sha256)) {
        code = fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the file is that of another attachment");
        fault_where(fault, "%s", reader->path.text);
    }
    if (code < 0) {
        blob_reader_close(reader);
        return code;
    }
    blob_cipher_derive(&reader->cipher, &store->aead, bytes_of(store->key, AEAD_KEY_BYTES), &reader->header,
                       store->bus_id);
    *ret_reader = reader;
    return 0;
}

uint64_t blob_reader_size(const struct blob_reader *reader)
{
    return reader->header.size_bytes;
}

int blob_reader_read(struct blob_reader *reader, uint64_t offset, struct buffer *out, struct truc_fault *fault)
{
    struct blob_store *store = reader->store;
    if (offset >= reader->header.size_bytes)
        return fault_set(fault, TRUC_E_BLOB_BEYOND, "the attachment ends at %llu",
                         (unsigned long long)reader->header.size_bytes);
    int code =
        blob_slot_load(store, &reader->cipher, reader->file, reader->path.text, offset / BLOB_CHUNK_BYTES, fault);
    if (code < 0)
        return code;
    size_t skip = offset % BLOB_CHUNK_BYTES;
    buffer_append(out, store->plain.data + skip, store->plain.size - skip);
    return buffer_failed(out);
}

void blob_reader_close(struct blob_reader *reader)
{
    if (reader == NULL)
        return;
    blob_cipher_wipe(&reader->cipher);
    disk_close(reader->file);
    free(reader);
}
