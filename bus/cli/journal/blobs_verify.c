/* blobs_verify.c - every attachment of a journal's store against its hash: each part by its seal, the whole by SHA-256.
 * Reads beside a broker that runs: what it removes meanwhile is no damage.
 * See blobs_verify.h. */
#include "blobs_verify.h"

#include "blob_store.h"
#include "cli_words.h"
#include "fault.h"
#include "file_disk.h"

struct blobs_verifying {
    const char *bus_id;
    struct blob_store *store;
    uint64_t count;
};

static int read_whole(struct blob_reader *reader, struct sha256_digest *ret_digest, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer piece = {0};
    struct sha256 hash;
    int code = 0;
    sha256_begin(&hash);
    for (uint64_t at = 0; code == 0 && at < blob_reader_size(reader); at += piece.size) {
        buffer_clear(&piece);
        code = blob_reader_read(reader, at, &piece, fault);
        sha256_add(&hash, buffer_view(&piece));
    }
    *ret_digest = sha256_end(&hash);
    return code;
}

static int verify_one(void *context, const struct sha256_digest *sha256, struct truc_fault *fault)
{
    struct blobs_verifying *verifying = context;
    struct blob_reader *reader = NULL;
    struct sha256_digest digest;
    char name[BLOB_NAME_BYTES];
    int code = blob_reader_open(verifying->store, sha256, &reader, fault);
    if (code == TRUC_E_NOT_FOUND || code == TRUC_E_ERASED) {
        *fault = (struct truc_fault){0};
        return 0; /* removed since its folder was read */
    }
    if (code == 0)
        code = read_whole(reader, &digest, fault);
    blob_reader_close(reader);
    if (code == 0 && !sha256_equal(&digest, sha256)) {
        blob_name_of(sha256, name);
        code = fault_set(fault, TRUC_E_JOURNAL_CORRUPT, _("an attachment has another hash than its name"));
        fault_where(fault, "%s", name);
    }
    verifying->count += code == 0;
    return code;
}

static int verify_all(void *context, const char *folder, const uint8_t *key, struct truc_fault *fault)
{
    struct blobs_verifying *verifying = context;
    const struct blob_store_options options = {
        .disk = file_disk(), .directory = folder, .bus_id = verifying->bus_id, .master_key = key, .read_only = true};
    int code = blob_store_open(&options, 0, &verifying->store, fault);
    if (code == TRUC_E_NOT_FOUND) {
        *fault = (struct truc_fault){0};
        return 0; /* there has been no attachment */
    }
    if (code == 0)
        code = blob_store_each(verifying->store, verify_one, verifying, fault);
    blob_store_close(verifying->store);
    return code;
}

int blobs_verify(const struct cli *cli, const struct cli_arguments *arguments, const struct cli_journal *journal,
                 uint64_t *ret_count, struct truc_fault *fault)
{
    struct blobs_verifying verifying = {.bus_id = journal_bus_id(journal->journal)};
    int code = cli_journal_with_key(cli, arguments, verify_all, &verifying, fault);
    *ret_count = verifying.count;
    return code;
}
