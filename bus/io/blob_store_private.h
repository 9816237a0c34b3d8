/* blob_store_private.h - what the files of the store share.
 * Private to blob_store.c, blob_upload.c, blob_reader.c, blob_names.c and blob_sweep.c.
 * See blob_store.h. */
#ifndef TRUC_BLOB_STORE_PRIVATE_H
#define TRUC_BLOB_STORE_PRIVATE_H

#include "blob_store.h"
#include "journal_file.h"

/* One unfinished upload, open or resting. Its file is incoming/SYSTEM.HASH. */
struct incoming {
    struct list_link link;
    char system[BLOB_SYSTEM_BYTES_MAX + 1];
    struct sha256_digest sha256;
    uint64_t size_bytes;
    uint64_t touched_ns;
    struct blob_upload *upload; /* NULL: it rests */
};

/* Bits for hashes: has may say yes for one too many, never no for one that was added. */
struct blob_filter {
    uint8_t *bits;
    uint64_t count; /* a power of two */
};
enum { BLOB_FILTER_PROBES = 7 };
static inline uint64_t blob_filter_bit(const struct blob_filter *filter, const struct sha256_digest *sha256,
                                       size_t probe)
{
    return load_le32(sha256->bytes + 4 * probe) & (filter->count - 1);
}
static inline void blob_filter_add(struct blob_filter *filter, const struct sha256_digest *sha256)
{
    for (size_t i = 0; i < BLOB_FILTER_PROBES; i++) {
        uint64_t bit = blob_filter_bit(filter, sha256, i);
        filter->bits[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
}
static inline bool blob_filter_has(const struct blob_filter *filter, const struct sha256_digest *sha256)
{
    for (size_t i = 0; i < BLOB_FILTER_PROBES; i++) {
        uint64_t bit = blob_filter_bit(filter, sha256, i);
        if (!(filter->bits[bit / 8] & 1u << bit % 8))
            return false;
    }
    return true;
}

struct blob_store {
    struct disk *disk;
    char *directory; /* blobs/ */
    const char *bus_id;
    bool read_only, is_made;   /* the folder and the key are there */
    uint8_t *master_key, *key; /* AEAD_KEY_BYTES each, in locked memory */
    void (*random)(void *context, uint8_t *out, size_t size);
    void *random_context;
    struct aead aead;
    struct buffer scratch, stored, plain; /* of one slot */
    uint8_t *slot;                        /* page-aligned, of a whole slot */
    struct list_link incoming;
    size_t incoming_count;
    uint64_t incoming_bytes;
    struct disk_file *names; /* NULL: not opened yet */
    uint64_t names_bytes;
    bool names_dirty;
    struct blob_filter *needed; /* of the sweep under way; NULL: there is none */
};

/* AB/CD/HASH below the store, with an ending. */
struct file_path blob_path(const struct blob_store *store, const struct sha256_digest *sha256, const char *ending);
struct file_path blob_folder(const struct blob_store *store, const struct sha256_digest *sha256);
int blob_store_make(struct blob_store *store, struct truc_fault *fault); /* the folder, when it is not there */
int blob_make_folder(struct blob_store *store, const struct sha256_digest *sha256, struct truc_fault *fault);
struct file_path incoming_path(const struct blob_store *store, const struct incoming *incoming);
struct incoming *incoming_find(struct blob_store *store, const char *system, const struct sha256_digest *sha256);
struct incoming *incoming_add(struct blob_store *store, const char *system, const struct sha256_digest *sha256,
                              uint64_t size_bytes, uint64_t now_ns); /* NULL: no memory */
void incoming_forget(struct blob_store *store, struct incoming *incoming);
int incoming_remove(struct blob_store *store, struct incoming *incoming); /* and its file: 0 or a negative errno */
int incoming_load(struct blob_store *store, uint64_t now_ns, struct truc_fault *fault);
int blob_file_header_load(struct blob_store *store, struct disk_file *file, const char *path,
                          struct blob_file_header *ret, struct truc_fault *fault);
/* One slot out of the file: appended to store->plain, which is cleared first. */
int blob_slot_load(struct blob_store *store, const struct blob_cipher *cipher, struct disk_file *file, const char *path,
                   uint64_t index, struct truc_fault *fault);
int blob_holder_add(struct blob_store *store, const char *system, const struct sha256_digest *sha256, uint64_t now_ns,
                    struct truc_fault *fault);
/* When a system last came to hold it; 0: none does. */
int blob_newest_holder(struct blob_store *store, const struct sha256_digest *sha256, uint64_t *ret_ns,
                       struct truc_fault *fault);
/* Errors of the disk while something is stored: no room has its own name. */
int blob_fault(struct truc_fault *fault, int error, const char *doing, const char *path);
bool blob_name_parse(const char *name, struct sha256_digest *ret);

/* blob_names.c: entries of the log */
enum { BLOB_NAMED_BYTES = 48 };
void blob_named_write(const struct sha256_digest *sha256, uint64_t sequence, uint8_t out[BLOB_NAMED_BYTES]);
bool blob_named_read(const uint8_t in[BLOB_NAMED_BYTES], struct sha256_digest *ret_sha256, uint64_t *ret_sequence);
int blob_names_open(struct blob_store *store, struct truc_fault *fault);

#endif
