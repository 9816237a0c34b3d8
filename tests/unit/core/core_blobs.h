/* core_blobs.h - attachments in a test's hands: contents that can be made again, uploads and downloads by hand.
 * Not the SDK: each command can also be said wrongly.
 * Used by test_attachments_*.c. */
#ifndef TRUC_CORE_BLOBS_H
#define TRUC_CORE_BLOBS_H

#include "core_driver.h"

enum { BLOB_CHUNK = PROTOCOL_BLOB_CHUNK_BYTES };

struct test_blob {
    uint8_t *content;
    size_t size;
    struct sha256_digest sha256;
};
struct test_blob blob_make(size_t size, uint8_t seed);
void blob_free(struct test_blob *blob);

void blob_ask_put(struct peer *peer, uint64_t number, const struct test_blob *blob, uint32_t classification,
                  uint64_t message);
void blob_send_chunk(struct peer *peer, uint64_t number, const struct test_blob *blob, uint64_t offset, size_t size);
void blob_ask_get(struct peer *peer, uint64_t number, const struct test_blob *blob, uint64_t message, uint64_t offset,
                  uint64_t through);
/* The oldest BlobState, after at most a few rounds; it must be there. */
struct command_blob_state blob_state(struct peer *peer, uint64_t number);
void blob_expect_code(struct peer *peer, uint64_t number, int code);
/* Uploads up to `most` bytes, in the windows given; the last state. */
struct command_blob_state blob_upload_to(struct peer *peer, uint64_t number, const struct test_blob *blob,
                                         uint64_t most);
void blob_upload_all(struct peer *peer, uint64_t number, const struct test_blob *blob); /* must be stored */
/* Fetches from `offset` to the end and compares; 0 or the code that came instead. */
int blob_download(struct peer *peer, uint64_t number, const struct test_blob *blob, uint64_t message, uint64_t offset);

/* A dossier.progress that names these blobs, its outcome. */
struct outcome blob_publish(struct peer *peer, const char *id, const struct test_blob *const *blobs, size_t count);
uint64_t blob_publish_one(struct peer *peer, const char *id, const struct test_blob *blob); /* must be accepted */

/* The n-th record of a blob. */
struct record_blob blob_record(struct driver *driver, size_t n);

#endif
