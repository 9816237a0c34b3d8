/* blob_incoming.c - the table of unfinished uploads: whose, of what, how large, and when something last came.
 * Not their content (blob_upload.c). Bounded by BLOB_INCOMING_MAX; read from incoming/ at start.
 * See blob_store_private.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "blob_store_private.h"
#include "fault.h"

struct file_path incoming_path(const struct blob_store *store, const struct incoming *incoming)
{
    char name[BLOB_NAME_BYTES];
    struct file_path path;
    blob_name_of(&incoming->sha256, name);
    (void)snprintf(path.text, sizeof path.text, "%s/incoming/%s.%s", store->directory, incoming->system, name);
    return path;
}

void incoming_forget(struct blob_store *store, struct incoming *incoming)
{
    store->incoming_bytes -= incoming->size_bytes;
    store->incoming_count--;
    list_remove(&incoming->link);
    free(incoming);
}

struct incoming *incoming_add(struct blob_store *store, const char *system, const struct sha256_digest *sha256,
                              uint64_t size_bytes, uint64_t now_ns)
{
    struct incoming *incoming = calloc(1, sizeof *incoming);
    if (incoming == NULL)
        return NULL;
    memcpy(incoming->system, system, strnlen(system, BLOB_SYSTEM_BYTES_MAX));
    incoming->sha256 = *sha256;
    incoming->size_bytes = size_bytes;
    incoming->touched_ns = now_ns;
    list_append(&store->incoming, &incoming->link);
    store->incoming_count++;
    store->incoming_bytes += size_bytes;
    return incoming;
}

struct incoming *incoming_find(struct blob_store *store, const char *system, const struct sha256_digest *sha256)
{
    list_each(link, &store->incoming) {
        struct incoming *incoming = list_element(link, struct incoming, link);
        if (sha256_equal(&incoming->sha256, sha256) && strcmp(incoming->system, system) == 0)
            return incoming;
    }
    return NULL;
}

int incoming_remove(struct blob_store *store, struct incoming *incoming)
{
    int error = disk_unlink(store->disk, incoming_path(store, incoming).text);
    incoming_forget(store, incoming);
    return error == -ENOENT ? 0 : error;
}

/* ---- at start ---- */

struct names {
    struct buffer names; /* each ended by 0 */
};

static int collect_name(void *context, const char *name)
{
    struct names *names = context;
    buffer_append(&names->names, name, strlen(name) + 1);
    return buffer_failed(&names->names) ? -ENOMEM : 0;
}

/* An upload whose header was never whole is of no use; without keys nobody removes anything. */
static int incoming_take(struct blob_store *store, const char *name, uint64_t now_ns, struct truc_fault *fault)
{
    struct sha256_digest sha256;
    struct blob_file_header header;
    char system[BLOB_SYSTEM_BYTES_MAX + 1] = "";
    size_t length = strlen(name);
    if (length < BLOB_NAME_BYTES + 1 || length - BLOB_NAME_BYTES > BLOB_SYSTEM_BYTES_MAX ||
        !blob_name_parse(name + length - (size_t)2 * SHA256_BYTES, &sha256))
        return 0; /* not ours */
    memcpy(system, name, length - BLOB_NAME_BYTES);
    struct file_path path = file_path_in(store->directory, "incoming", name);
    FILE_CLEANUP struct disk_file *file = NULL;
    int error = disk_open(store->disk, path.text, DISK_READ, &file);
    if (error < 0)
        return file_fault(fault, error, "open", path.text);
    struct truc_fault why = {0};
    int code = blob_file_header_load(store, file, path.text, &header, &why);
    if (code == TRUC_E_JOURNAL_CORRUPT && !store->read_only) {
        error = disk_unlink(store->disk, path.text);
        return error < 0 ? file_fault(fault, error, "remove", path.text) : 0;
    }
    if (code < 0 || !sha256_equal(&header.sha256, &sha256))
        return 0;
    return incoming_add(store, system, &sha256, header.size_bytes, now_ns) ? 0 : TRUC_E_MEMORY;
}

int incoming_load(struct blob_store *store, uint64_t now_ns, struct truc_fault *fault)
{
    struct names names = {0};
    struct file_path path = file_path_of(store->directory, "incoming");
    int error = disk_list(store->disk, path.text, collect_name, &names);
    int code = error < 0 && error != -ENOENT ? file_fault(fault, error, "list", path.text) : 0;
    for (size_t at = 0; code == 0 && at < names.names.size;) {
        const char *name = (const char *)names.names.data + at;
        code = incoming_take(store, name, now_ns, fault);
        at += strlen(name) + 1;
    }
    buffer_free(&names.names);
    return code;
}

int blob_store_expire(struct blob_store *store, uint64_t before_ns)
{
    int removed = 0;
    list_each(link, &store->incoming) {
        struct incoming *incoming = list_element(link, struct incoming, link);
        if (incoming->upload == NULL && incoming->touched_ns < before_ns) {
            (void)incoming_remove(store, incoming); /* what can't be removed now is found by the next start */
            removed++;
        }
    }
    return removed;
}

size_t blob_store_incoming(const struct blob_store *store, uint64_t *ret_bytes)
{
    *ret_bytes = store->incoming_bytes;
    return store->incoming_count;
}
