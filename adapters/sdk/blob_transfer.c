/* blob_transfer.c - attachments between files and the session: hashed before they go, compared after they came, a piece at a time.
 * What is read or written in one step is bounded, so that heartbeats and messages pass meanwhile.
 * Called by programs (truc/truc.h), and by adapter_step.c with the session's effects. */
#include "adapter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_STEP_BYTES = 4 * 1024 * 1024 };

enum blob_phase { BLOB_HASHING, BLOB_PASSING };

/* One upload or download; its address is the session's token. */
struct blob_transfer {
    struct list_link link;
    struct truc_blob_options options;
    bool is_get, is_ours; /* the descriptor was opened here */
    int fd;
    char *path; /* get to a file: where it goes; NULL */
    enum blob_phase phase;
    struct sha256 hash; /* put: of what was read before it goes. get: of what came */
    uint64_t hashed, size_bytes;
    uint64_t message; /* get: position plus one */
    struct sha256_digest sha256;
    struct truc_fault broken; /* what this side's file did; code 0: nothing */
};

static void finish(struct truc_adapter *adapter, struct blob_transfer *transfer, int code, const char *text,
                   const char *hint)
{
    struct truc_blob_result result = {.code = code,
                                      .sha256 = transfer->sha256.bytes,
                                      .size_bytes = transfer->is_get ? transfer->hashed : transfer->size_bytes,
                                      .text = text,
                                      .hint = hint};
    adapter->is_stirred = true;
    list_remove(&transfer->link);
    if (transfer->is_ours)
        (void)close(transfer->fd); /* what was to last was synced */
    if (transfer->options.done)
        transfer->options.done(transfer->options.context, &result);
    free(transfer->path);
    free(transfer);
}

static void finish_with(struct truc_adapter *adapter, struct blob_transfer *transfer, const struct truc_fault *fault)
{
    struct truc_fault kept = *fault;
    finish(adapter, transfer, kept.code, kept.text, kept.hint);
}

static void tell_progress(const struct blob_transfer *transfer, uint64_t done)
{
    if (transfer->options.progress)
        transfer->options.progress(transfer->options.context, done, transfer->size_bytes);
}

/* ---- taking ---- */

static int check_options(const struct truc_blob_options *options, struct truc_fault *fault)
{
    return options == NULL || options->size < sizeof *options
               ? fault_set(fault, TRUC_E_ARGUMENT, "truc_blob_options.size is not set")
               : 0;
}

static struct blob_transfer *transfer_new(struct truc_adapter *adapter, const struct truc_blob_options *options, int fd)
{
    struct blob_transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL)
        return NULL;
    transfer->options = *options;
    transfer->fd = fd;
    sha256_begin(&transfer->hash);
    list_append(&adapter->blobs, &transfer->link);
    adapter->is_stirred = true;
    return transfer;
}

static int put(truc_adapter *adapter, int fd, bool is_ours, const struct truc_blob_options *options,
               struct truc_fault *fault)
{
    struct stat status;
    if (options->classification != TRUC_NOT_SECRET)
        return fault_set(fault, TRUC_E_SECRET, "the file is not classified as not secret; nothing of it was read");
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return fault_set(fault, TRUC_E_ARGUMENT, "only a file can be uploaded: it is read twice");
    struct blob_transfer *transfer = transfer_new(adapter, options, fd);
    if (transfer == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an upload");
    transfer->is_ours = is_ours;
    transfer->size_bytes = (uint64_t)status.st_size;
    return 0;
}

int truc_blob_put_fd(truc_adapter *adapter, int fd, const struct truc_blob_options *options, struct truc_fault *fault)
{
    int code = check_options(options, fault);
    return code < 0 ? code : put(adapter, fd, false, options, fault);
}

int truc_blob_put_file(truc_adapter *adapter, const char *path, const struct truc_blob_options *options,
                       struct truc_fault *fault)
{
    int code = check_options(options, fault);
    if (code < 0)
        return code;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "can't open %s", path);
    code = put(adapter, fd, true, options, fault);
    if (code < 0)
        (void)close(fd); /* only read */
    return code;
}

static struct blob_transfer *get(truc_adapter *adapter, const void *sha256, uint64_t sequence, int fd,
                                 const struct truc_blob_options *options)
{
    struct blob_transfer *transfer = transfer_new(adapter, options, fd);
    if (transfer == NULL)
        return NULL;
    transfer->is_get = true;
    transfer->message = sequence == TRUC_BLOB_HELD ? 0 : sequence + 1;
    memcpy(transfer->sha256.bytes, sha256, SHA256_BYTES);
    return transfer;
}

int truc_blob_get_fd(truc_adapter *adapter, const void *sha256, uint64_t sequence, int fd,
                     const struct truc_blob_options *options, struct truc_fault *fault)
{
    int code = check_options(options, fault);
    if (code < 0)
        return code;
    return get(adapter, sha256, sequence, fd, options) ? 0
                                                       : fault_set(fault, TRUC_E_MEMORY, "no memory for a download");
}

/* What came is in PATH.part until it is whole; an earlier run's is gone on with. */
int truc_blob_get_file(truc_adapter *adapter, const void *sha256, uint64_t sequence, const char *path,
                       const struct truc_blob_options *options, struct truc_fault *fault)
{
    char part[4096];
    struct stat status;
    int code = check_options(options, fault);
    if (code < 0)
        return code;
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        return fault_set(fault, TRUC_E_ARGUMENT, "the path is too long");
    int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fstat(fd, &status) < 0) {
        fault_errno(fault, TRUC_E_IO, errno, "can't write %s", part);
        if (fd >= 0)
            (void)close(fd);
        return TRUC_E_IO;
    }
    struct blob_transfer *transfer = get(adapter, sha256, sequence, fd, options);
    if (transfer == NULL || (transfer->path = strdup(path)) == NULL) {
        if (transfer) {
            list_remove(&transfer->link);
            free(transfer);
        }
        (void)close(fd); /* nothing was written */
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a download");
    }
    transfer->is_ours = true;
    transfer->size_bytes = (uint64_t)status.st_size; /* to be hashed before more is asked for */
    return 0;
}

/* ---- hashing ---- */

/* So much of the file as a step allows; a file that ends early has changed. */
static int hash_on(struct blob_transfer *transfer)
{
    enum { PIECE_BYTES = 256 * 1024 };
    uint8_t *own = malloc(PIECE_BYTES);
    if (own == NULL)
        return fault_set(&transfer->broken, TRUC_E_MEMORY, "no memory to read a file");
    int code = 0;
    for (size_t read = 0; code == 0 && read < HASH_STEP_BYTES && transfer->hashed < transfer->size_bytes;) {
        uint64_t left = transfer->size_bytes - transfer->hashed;
        ssize_t got =
            pread(transfer->fd, own, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, (off_t)transfer->hashed);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            code = got < 0
                       ? fault_errno(&transfer->broken, TRUC_E_IO, errno, "the file can't be read")
                       : fault_set(&transfer->broken, TRUC_E_BLOB_SIZE, "the file became shorter while it was read");
            break;
        }
        sha256_add(&transfer->hash, bytes_of(own, (size_t)got));
        transfer->hashed += (uint64_t)got;
        read += (size_t)got;
    }
    free(own);
    return code;
}

static int begin(struct truc_adapter *adapter, struct blob_transfer *transfer)
{
    transfer->phase = BLOB_PASSING;
    if (transfer->is_get)
        return session_blob_get(adapter->session, &transfer->sha256, transfer->message, transfer->hashed, transfer,
                                &transfer->broken);
    transfer->sha256 = sha256_end(&transfer->hash);
    return session_blob_put(adapter->session, &transfer->sha256, transfer->size_bytes, transfer, &transfer->broken);
}

void adapter_blobs_step(struct truc_adapter *adapter)
{
    list_each(link, &adapter->blobs) {
        struct blob_transfer *transfer = list_element(link, struct blob_transfer, link);
        if (transfer->phase != BLOB_HASHING)
            continue;
        int code = hash_on(transfer);
        if (code == 0 && transfer->hashed == transfer->size_bytes)
            code = begin(adapter, transfer);
        if (code < 0)
            finish_with(adapter, transfer, &transfer->broken);
    }
}

bool adapter_blobs_are_hashing(const struct truc_adapter *adapter)
{
    list_each(link, &adapter->blobs)
        if (list_element(link, struct blob_transfer, link)->phase == BLOB_HASHING)
            return true;
    return false;
}

/* ---- the session's effects ---- */

/* A piece for the broker. A file that can't be read as it was hashed is given up, with what came of it. */
int adapter_blob_want(struct truc_adapter *adapter, const struct session_effect *effect, struct truc_fault *fault)
{
    struct blob_transfer *transfer = effect->token;
    uint64_t offset = effect->sequence, left = transfer->size_bytes - offset;
    size_t size = left < PROTOCOL_BLOB_CHUNK_BYTES ? (size_t)left : PROTOCOL_BLOB_CHUNK_BYTES, done = 0;
    uint8_t *piece = malloc(size);
    if (piece == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a piece of a file");
    while (done < size) {
        ssize_t got = pread(transfer->fd, piece + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    int code;
    if (done < size) {
        fault_set(&transfer->broken, TRUC_E_IO, "the file can't be read any more, or became shorter");
        code = session_blob_stop(adapter->session, adapter_time(), transfer, true);
        finish_with(adapter, transfer, &transfer->broken);
    } else {
        code = session_blob_piece(adapter->session, adapter_time(), transfer, offset, bytes_of(piece, size));
    }
    free(piece);
    return code < 0 ? fault_set(fault, code, "the session can't go on") : 0;
}

int adapter_blob_data(struct truc_adapter *adapter, const struct session_effect *effect, struct truc_fault *fault)
{
    struct blob_transfer *transfer = effect->token;
    size_t done = 0;
    while (done < effect->frame.size) {
        ssize_t put_bytes = pwrite(transfer->fd, effect->frame.data + done, effect->frame.size - done,
                                   (off_t)(effect->sequence + done));
        if (put_bytes < 0 && errno == EINTR)
            continue;
        if (put_bytes <= 0) {
            fault_errno(&transfer->broken, TRUC_E_IO, put_bytes < 0 ? errno : EIO, "the file can't be written");
            int code = session_blob_stop(adapter->session, adapter_time(), transfer, false);
            finish_with(adapter, transfer, &transfer->broken);
            return code < 0 ? fault_set(fault, code, "the session can't go on") : 0;
        }
        done += (size_t)put_bytes;
    }
    sha256_add(&transfer->hash, effect->frame);
    transfer->hashed += effect->frame.size;
    tell_progress(transfer, transfer->hashed);
    return 0;
}

void adapter_blob_progress(const struct session_effect *effect)
{
    tell_progress(effect->token, effect->sequence);
}

/* Under its name only when it is whole, and what was asked for. */
static int keep(struct blob_transfer *transfer)
{
    char part[4096];
    struct sha256 hash = transfer->hash;
    struct sha256_digest digest = sha256_end(&hash);
    bool is_it = sha256_equal(&digest, &transfer->sha256);
    if (!is_it)
        fault_set(&transfer->broken, TRUC_E_BLOB_HASH, "what came has another hash");
    if (transfer->path == NULL)
        return is_it ? 0 : TRUC_E_BLOB_HASH;
    (void)snprintf(part, sizeof part, "%s.part", transfer->path); /* it fitted when it was opened */
    if (!is_it) {
        (void)unlink(part); /* of no use to a next try */
        return TRUC_E_BLOB_HASH;
    }
    if (ftruncate(transfer->fd, (off_t)transfer->hashed) < 0 || fsync(transfer->fd) < 0 ||
        rename(part, transfer->path) < 0)
        return fault_errno(&transfer->broken, TRUC_E_IO, errno, "can't write %s", transfer->path);
    return 0;
}

void adapter_blob_end(struct truc_adapter *adapter, const struct session_effect *effect)
{
    struct blob_transfer *transfer = effect->token;
    if (effect->code == 0 && transfer->is_get && keep(transfer) < 0)
        finish_with(adapter, transfer, &transfer->broken);
    else
        finish(adapter, transfer, effect->code, effect->text, effect->hint);
}

/* Those that the session does not know yet. */
void adapter_blobs_close(struct truc_adapter *adapter)
{
    list_each(link, &adapter->blobs)
        finish(adapter, list_element(link, struct blob_transfer, link), TRUC_E_CLOSED, "the adapter was closed", "");
}
