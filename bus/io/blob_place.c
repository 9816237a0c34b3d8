/* blob_place.c - where things of the store lie, and reading a header or a slot from there.
 * No state of its own: the store's directory and buffers.
 * Under the other files of the store. */
#include <stdio.h>

#include "blob_store_private.h"
#include "encode.h"
#include "fault.h"

void blob_name_of(const struct sha256_digest *sha256, char out[BLOB_NAME_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        out[2 * i] = digits[sha256->bytes[i] >> 4];
        out[2 * i + 1] = digits[sha256->bytes[i] & 15];
    }
    out[BLOB_NAME_BYTES - 1] = '\0';
}

bool blob_name_parse(const char *name, struct sha256_digest *ret)
{
    BUFFER_CLEANUP struct buffer bytes = {0};
    char again[BLOB_NAME_BYTES];
    if (strlen(name) != (size_t)2 * SHA256_BYTES || hex_decode(bytes_string(name), &bytes) < 0 ||
        bytes.size != SHA256_BYTES)
        return false;
    memcpy(ret->bytes, bytes.data, SHA256_BYTES);
    blob_name_of(ret, again);
    return strcmp(again, name) == 0; /* lower case */
}

struct file_path blob_folder(const struct blob_store *store, const struct sha256_digest *sha256)
{
    struct file_path path;
    (void)snprintf(path.text, sizeof path.text, "%s/%02x/%02x", store->directory, sha256->bytes[0], sha256->bytes[1]);
    return path;
}

struct file_path blob_path(const struct blob_store *store, const struct sha256_digest *sha256, const char *ending)
{
    char name[BLOB_NAME_BYTES];
    struct file_path path;
    blob_name_of(sha256, name);
    (void)snprintf(path.text, sizeof path.text, "%s/%.2s/%.2s/%s%s", store->directory, name, name + 2, name, ending);
    return path;
}

int blob_fault(struct truc_fault *fault, int error, const char *doing, const char *path)
{
    int code = file_fault(fault, error, doing, path);
    if (code != TRUC_E_JOURNAL_FULL)
        return code;
    if (fault)
        fault->code = TRUC_E_BLOB_SPACE;
    return TRUC_E_BLOB_SPACE;
}

int blob_file_header_load(struct blob_store *store, struct disk_file *file, const char *path,
                          struct blob_file_header *ret, struct truc_fault *fault)
{
    uint8_t header[BLOB_HEADER_BYTES];
    int code = file_read_exactly(file, path, 0, header, sizeof header, fault);
    if (code == 0 && (code = blob_file_header_read(header, store->bus_id, ret, fault)) < 0)
        fault_where(fault, "%s", path);
    return code;
}

int blob_slot_load(struct blob_store *store, const struct blob_cipher *cipher, struct disk_file *file, const char *path,
                   uint64_t index, struct truc_fault *fault)
{
    size_t size = blob_slot_stored_bytes(blob_slot_bytes(cipher->size_bytes, index));
    int code = file_read_exactly(file, path, blob_slot_at(index), store->slot, size, fault);
    if (code < 0)
        return code;
    buffer_clear(&store->plain);
    code = blob_slot_open(cipher, index, bytes_of(store->slot, size), &store->scratch, &store->plain);
    if (code < 0) {
        fault_set(fault, code, "a part of an attachment is not what was stored");
        fault_where(fault, "%s:%llu", path, (unsigned long long)blob_slot_at(index));
    }
    return code;
}
