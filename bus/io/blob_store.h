/* blob_store.h - the attachments of a bus on disk: uploads, who holds what, reading, and which messages name them.
 * Not who may do what: the core decides that. Every call does a bounded piece of work, so that a loop can pace it.
 * Files: docs/journal-format.md, "Blobs". Used by engine_blobs.c, and read-only by `truc journal verify --blobs`. */
#ifndef TRUC_BLOB_STORE_H
#define TRUC_BLOB_STORE_H

#include "blob_format.h"
#include "disk.h"
#include "list.h"

struct blob_store;
struct blob_upload;
struct blob_reader;
struct blob_sweep;

enum {
    BLOB_SYSTEM_BYTES_MAX = 64,
    BLOB_INCOMING_MAX = 4096,             /* unfinished uploads of all systems */
    BLOB_SYNC_BYTES = 8 * 1024 * 1024,    /* written between two syncs of one upload: no sync is long */
    BLOB_RESUME_STEP_BYTES = 1024 * 1024, /* read again in one step of going on with an upload */
    BLOB_NAME_BYTES = 2 * SHA256_BYTES + 1,
};

struct blob_store_options {
    struct disk *disk;         /* outlives the store */
    const char *directory;     /* of the journal; the store is blobs/ in it, made with the first upload */
    const char *bus_id;        /* outlives the store */
    const uint8_t *master_key; /* 32 bytes; copied */
    void (*random)(void *context, uint8_t *out, size_t size);
    void *random_context;
    bool read_only; /* changes nothing; TRUC_E_NOT_FOUND when there is no store */
};

/* Looks at unfinished uploads, and at nothing else. TRUC_E_JOURNAL_KEY, TRUC_E_JOURNAL_CORRUPT (its key), TRUC_E_IO, TRUC_E_MEMORY. */
int blob_store_open(const struct blob_store_options *options, uint64_t now_ns, struct blob_store **ret_store,
                    struct truc_fault *fault);
void blob_store_close(struct blob_store *store);         /* everything taken out of it is closed before; NULL is fine */
bool blob_store_is_made(const struct blob_store *store); /* there has been an attachment */
void blob_name_of(const struct sha256_digest *sha256, char out[BLOB_NAME_BYTES]); /* its hash in hexadecimal */

/* ---- uploading ---- */

struct blob_bounds {
    uint64_t stored_bytes; /* of all finished blobs, as the caller counts them */
    uint64_t space_bytes;  /* of these and of unfinished uploads, at most */
    uint32_t uploads_max;  /* unfinished ones of one system; the one that rested longest makes room */
};
/* Goes on with what the system began, or begins. TRUC_E_LIMIT: all its uploads are open; TRUC_E_BLOB_SPACE, TRUC_E_IO. */
int blob_upload_open(struct blob_store *store, const char *system, const struct blob_file_header *wanted,
                     const struct blob_bounds *bounds, uint64_t now_ns, struct blob_upload **ret_upload,
                     struct truc_fault *fault);
/* Reads again what is there. 1: more to do; 0: blob_upload_offset says how far it is. */
int blob_upload_resume(struct blob_upload *upload, struct truc_fault *fault);
uint64_t blob_upload_offset(const struct blob_upload *upload);
/* Writes the chunk at the offset: BLOB_CHUNK_BYTES, or what is left. TRUC_E_BLOB_SPACE: nothing was written, the upload can go on later.
 * After any other code it must be dropped. */
int blob_upload_write(struct blob_upload *upload, struct bytes chunk, uint64_t now_ns, struct truc_fault *fault);
/* All is there: checks it, makes it durable under its hash, held by the system. 1: the bus had it not before; 0: it had.
 * TRUC_E_BLOB_HASH: it must be dropped. Frees the upload unless there is a code. */
int blob_upload_finish(struct blob_upload *upload, uint64_t now_ns, struct truc_fault *fault);
void blob_upload_close(struct blob_upload *upload); /* what is there stays, to go on with; NULL is fine */
void blob_upload_drop(struct blob_upload *upload);  /* what is there goes; NULL is fine */
/* Removes what no open upload has touched since `before_ns`; how many. */
int blob_store_expire(struct blob_store *store, uint64_t before_ns);
size_t blob_store_incoming(const struct blob_store *store,
                           uint64_t *ret_bytes); /* unfinished uploads, and their sizes */

/* ---- holding ---- */

/* 1 and the size: complete, and this system holds it. 0: not so. */
int blob_store_holds(struct blob_store *store, const char *system, const struct sha256_digest *sha256,
                     uint64_t *ret_size_bytes, struct truc_fault *fault);
/* The system holds it from now on, durable. TRUC_E_NOT_FOUND: it is not there. */
int blob_store_hold(struct blob_store *store, const char *system, const struct sha256_digest *sha256, uint64_t now_ns,
                    uint64_t *ret_size_bytes, struct truc_fault *fault);
/* Overwrites the salt and removes it; what has been removed is fine. */
int blob_store_remove(struct blob_store *store, const struct sha256_digest *sha256, struct truc_fault *fault);

/* ---- reading ---- */

/* TRUC_E_NOT_FOUND, TRUC_E_ERASED, TRUC_E_JOURNAL_CORRUPT, TRUC_E_IO. */
int blob_reader_open(struct blob_store *store, const struct sha256_digest *sha256, struct blob_reader **ret_reader,
                     struct truc_fault *fault);
uint64_t blob_reader_size(const struct blob_reader *reader);
/* Appends what is at `offset`, up to the end of its slot: at most BLOB_CHUNK_BYTES, checked. */
int blob_reader_read(struct blob_reader *reader, uint64_t offset, struct buffer *out, struct truc_fault *fault);
void blob_reader_close(struct blob_reader *reader); /* NULL is fine */

/* ---- which messages name it ---- */

/* Notes that the message names it. Not synced: blob_store_sync_names before a snapshot; what is lost is noted again in replay. */
int blob_store_name(struct blob_store *store, const struct sha256_digest *sha256, uint64_t sequence,
                    struct truc_fault *fault);
int blob_store_sync_names(struct blob_store *store, struct truc_fault *fault);

/* Finds what no message needs any more, a little a step. */
struct blob_sweep_options {
    /* 1: the message's payload is still there, or it waits somewhere; 0: not so. */
    int (*is_needed)(void *context, uint64_t sequence, struct truc_fault *fault);
    /* It can go. */
    int (*unused)(void *context, const struct sha256_digest *sha256, uint64_t size_bytes, struct truc_fault *fault);
    void *context;
    uint64_t before_ns; /* what was begun later stays */
};
int blob_sweep_begin(struct blob_store *store, const struct blob_sweep_options *options, struct blob_sweep **ret_sweep,
                     struct truc_fault *fault);
/* 1: more to do; 0: it has ended. */
int blob_sweep_step(struct blob_sweep *sweep, struct truc_fault *fault);
void blob_sweep_end(struct blob_sweep *sweep); /* NULL is fine */

/* Calls for every finished blob; for verification. Non-zero stops and is passed on. */
typedef int blob_visit_fn(void *context, const struct sha256_digest *sha256, struct truc_fault *fault);
int blob_store_each(struct blob_store *store, blob_visit_fn *visit, void *context, struct truc_fault *fault);

#endif
