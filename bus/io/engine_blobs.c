/* engine_blobs.c - attachments on their way: carries out what the core decided, a little a round, so that messages pass in between.
 * Chunks are written when they come, within windows that the core gave; going on, finishing and sending are paced here.
 * Which messages name them, and which can go, is engine_blob_names.c's; the files are blob_store.h's. */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "command.h"
#include "engine_blobs_private.h"
#include "fault.h"
#include "time_text.h"

enum { ROUND_BYTES = 1024 * 1024 /* read again, sent or answered in one round */ };

void engine_blobs_say(const struct engine *engine, int level, const char *what, const struct truc_fault *fault)
{
    char text[sizeof fault->text + sizeof fault->where + 96];
    (void)snprintf(text, sizeof text, "%s: %s%s%s", what, fault->text, *fault->where ? ": " : "", fault->where);
    engine->options.log(engine->options.log_context, level, text);
}

static void system_random(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
}

int engine_blobs_open(struct engine *engine, struct truc_fault *fault)
{
    const struct engine_options *options = &engine->options;
    struct blob_store_options store = {.disk = options->disk,
                                       .directory = engine->directory,
                                       .bus_id = core_bus_id(engine->core),
                                       .master_key = options->journal_key,
                                       .random = options->random ? options->random : system_random,
                                       .random_context = options->random_context};
    struct engine_blobs *blobs = calloc(1, sizeof *blobs);
    if (blobs == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for attachments");
    list_init(&blobs->transfers);
    engine->blobs = blobs;
    uint64_t every = options->blob_sweep_ns ? options->blob_sweep_ns : ENGINE_BLOB_SWEEP_EVERY_S * TIME_NS_PER_S;
    blobs->sweep_next_up_ns = engine_up_ns(engine) + every;
    return blob_store_open(&store, engine_now_ns(engine), &blobs->store, fault);
}

static void transfer_free(struct engine_transfer *transfer)
{
    list_remove(&transfer->link);
    blob_upload_close(transfer->upload);
    blob_reader_close(transfer->reader);
    free(transfer);
}

void engine_blobs_close(struct engine *engine)
{
    struct engine_blobs *blobs = engine->blobs;
    if (blobs == NULL)
        return;
    list_each(link, &blobs->transfers)
        transfer_free(list_element(link, struct engine_transfer, link));
    blob_sweep_end(blobs->sweep);
    blob_store_close(blobs->store);
    buffer_free(&blobs->frame);
    buffer_free(&blobs->plain);
    buffer_free(&blobs->names);
    free(blobs);
    engine->blobs = NULL;
}

static struct engine_transfer *find(const struct engine *engine, uint64_t peer, uint64_t number)
{
    list_each(link, &engine->blobs->transfers) {
        struct engine_transfer *transfer = list_element(link, struct engine_transfer, link);
        if (transfer->peer == peer && transfer->number == number)
            return transfer;
    }
    return NULL;
}

static struct engine_transfer *begin(struct engine *engine, uint64_t peer, uint64_t number)
{
    struct engine_transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL)
        return NULL;
    transfer->peer = peer;
    transfer->number = number;
    list_append(&engine->blobs->transfers, &transfer->link);
    return transfer;
}

static int tell(struct engine *engine, const struct core_blob_told *told, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_BLOB);
    event.blob = *told;
    return engine_step(engine, &event, fault);
}

/* What is wrong with one attachment is its own affair: its client is told, the operator's log has the place. */
static int tell_failed(struct engine *engine, uint64_t peer, uint64_t number, int code, const struct truc_fault *why,
                       struct truc_fault *fault)
{
    bool is_ours = code == TRUC_E_IO || code == TRUC_E_JOURNAL_CORRUPT || code == TRUC_E_JOURNAL_FULL ||
                   code == TRUC_E_CRYPTO || code == TRUC_E_JOURNAL_VERSION || code == TRUC_E_WRONG_BUS;
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "no memory for attachments");
    if (is_ours)
        engine_blobs_say(engine, ENGINE_LOG_ERROR, "an attachment", why);
    return tell(engine,
                &(struct core_blob_told){.news = BLOB_FAILED,
                                         .peer = peer,
                                         .number = number,
                                         .code = is_ours ? TRUC_E_IO : code,
                                         .text = is_ours ? "the broker's disk failed on it" : why->text},
                fault);
}

/* ---- uploads ---- */

/* What came is kept only where it can be gone on with. */
static int upload_failed(struct engine *engine, struct engine_transfer *transfer, int code,
                         const struct truc_fault *why, struct truc_fault *fault)
{
    uint64_t peer = transfer->peer, number = transfer->number;
    if (code != TRUC_E_BLOB_SPACE) {
        blob_upload_drop(transfer->upload);
        transfer->upload = NULL;
    }
    transfer_free(transfer);
    return tell_failed(engine, peer, number, code, why, fault);
}

int engine_blob_open(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct blob_store *store = engine->blobs->store;
    uint64_t peer = effect->blob_open.peer, number = effect->blob_open.number, size_bytes = 0;
    int code = blob_store_holds(store, effect->blob_open.system, &effect->blob_open.sha256, &size_bytes, &why);
    if (code == 1 && size_bytes != effect->blob_open.size_bytes)
        code = fault_set(&why, TRUC_E_BLOB_SIZE, "it has %llu bytes", (unsigned long long)size_bytes);
    if (code == 1)
        return tell(engine, &(struct core_blob_told){.news = BLOB_HELD, .peer = peer, .number = number}, fault);
    struct engine_transfer *transfer = code == 0 ? begin(engine, peer, number) : NULL;
    if (code == 0 && transfer == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an upload");
    if (transfer == NULL)
        return tell_failed(engine, peer, number, code, &why, fault);
    const struct blob_file_header wanted = {.size_bytes = effect->blob_open.size_bytes,
                                            .sha256 = effect->blob_open.sha256};
    const struct blob_bounds bounds = {.stored_bytes = effect->blob_open.stored_bytes,
                                       .space_bytes = effect->blob_open.space_bytes,
                                       .uploads_max = effect->blob_open.uploads_max};
    transfer->size_bytes = wanted.size_bytes;
    code = blob_upload_open(store, effect->blob_open.system, &wanted, &bounds, engine_now_ns(engine), &transfer->upload,
                            &why);
    return code < 0 ? upload_failed(engine, transfer, code, &why, fault) : 0;
}

int engine_blob_hold(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    uint64_t peer = effect->blob_open.peer, number = effect->blob_open.number, size_bytes = 0;
    int code = blob_store_hold(engine->blobs->store, effect->blob_open.system, &effect->blob_open.sha256,
                               engine_now_ns(engine), &size_bytes, &why);
    if (code == TRUC_E_NOT_FOUND)
        code = fault_set(&why, TRUC_E_ERASED, "the attachment is no longer there");
    if (code < 0)
        return tell_failed(engine, peer, number, code, &why, fault);
    return tell(engine, &(struct core_blob_told){.news = BLOB_STORED, .peer = peer, .number = number}, fault);
}

int engine_blob_write(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct engine_transfer *transfer = find(engine, effect->blob_write.peer, effect->blob_write.number);
    if (transfer == NULL || transfer->upload == NULL)
        return 0; /* it has failed, and its client is being told */
    int code = blob_upload_write(transfer->upload, effect->blob_write.data, engine_now_ns(engine), &why);
    return code < 0 ? upload_failed(engine, transfer, code, &why, fault) : 0;
}

static int finish(struct engine *engine, struct engine_transfer *transfer, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    int code = blob_upload_finish(transfer->upload, engine_now_ns(engine), &why);
    if (code < 0)
        return upload_failed(engine, transfer, code, &why, fault);
    struct core_blob_told told = {
        .news = BLOB_STORED, .peer = transfer->peer, .number = transfer->number, .is_new = code == 1};
    transfer->upload = NULL;
    transfer_free(transfer);
    return tell(engine, &told, fault);
}

/* One piece of work on an upload: bytes read again or answered, 0: there is none. *ret_gone: it has ended. */
static int64_t upload_step(struct engine *engine, struct engine_transfer *transfer, bool *ret_gone,
                           struct truc_fault *fault)
{
    struct truc_fault why = {0};
    int more = transfer->is_opened ? 0 : blob_upload_resume(transfer->upload, &why);
    uint64_t offset = blob_upload_offset(transfer->upload);
    if (more < 0 || (offset == transfer->size_bytes && more == 0 && engine->blobs->going == 0)) {
        *ret_gone = true;
        int code = more < 0 ? upload_failed(engine, transfer, more, &why, fault) : finish(engine, transfer, fault);
        return code < 0 ? code : ROUND_BYTES; /* syncs: enough for a round */
    }
    if (more > 0)
        return ROUND_BYTES;
    if (offset == transfer->size_bytes || (transfer->is_opened && offset == transfer->told_bytes))
        return 0;
    struct core_blob_told told = {.news = transfer->is_opened ? BLOB_WRITTEN : BLOB_OPENED,
                                  .peer = transfer->peer,
                                  .number = transfer->number,
                                  .offset = offset};
    int64_t worked = (int64_t)(offset - transfer->told_bytes);
    transfer->told_bytes = offset;
    transfer->is_opened = true;
    int code = tell(engine, &told, fault);
    return code < 0 ? code : worked > 0 && worked < ROUND_BYTES ? worked : BLOB_CHUNK_BYTES;
}

/* ---- downloads ---- */

int engine_blob_find(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct blob_store *store = engine->blobs->store;
    uint64_t peer = effect->blob_open.peer, number = effect->blob_open.number, size_bytes = 0;
    struct blob_reader *reader = NULL;
    int code = 0;
    if (effect->blob_open.system) {
        code = blob_store_holds(store, effect->blob_open.system, &effect->blob_open.sha256, &size_bytes, &why);
        if (code == 0)
            code = fault_set(&why, TRUC_E_BLOB_UNKNOWN, "%s", truc_error_meaning(TRUC_E_BLOB_UNKNOWN));
    }
    if (code >= 0)
        code = blob_reader_open(store, &effect->blob_open.sha256, &reader, &why);
    if (code == TRUC_E_NOT_FOUND) /* it may know that it was there: a message named it */
        code = fault_set(&why, TRUC_E_ERASED, "the attachment is no longer there");
    if (code < 0)
        return tell_failed(engine, peer, number, code, &why, fault);
    struct engine_transfer *transfer = begin(engine, peer, number);
    if (transfer == NULL) {
        blob_reader_close(reader);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a download");
    }
    transfer->reader = reader;
    transfer->size_bytes = blob_reader_size(reader);
    return tell(engine,
                &(struct core_blob_told){
                    .news = BLOB_FOUND, .peer = peer, .number = number, .size_bytes = transfer->size_bytes},
                fault);
}

int engine_blob_read(struct engine *engine, const struct effect *effect, bool begins)
{
    struct engine_transfer *transfer = find(engine, effect->blob_read.peer, effect->blob_read.number);
    if (transfer == NULL)
        return 0;
    if (begins)
        transfer->offset = effect->blob_read.offset;
    transfer->through = effect->blob_read.through;
    return 0;
}

static int send_chunk(struct engine *engine, struct engine_transfer *transfer, size_t size_bytes,
                      struct truc_fault *fault)
{
    struct engine_blobs *blobs = engine->blobs;
    struct command command = {.kind = COMMAND_BLOB_CHUNK};
    command.blob_chunk = (struct command_blob_chunk){
        .number = transfer->number, .offset = transfer->offset, .data = bytes_of(blobs->plain.data, size_bytes)};
    buffer_clear(&blobs->frame);
    command_encode(&command, &blobs->frame);
    if (buffer_failed(&blobs->frame))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a chunk");
    uint64_t peer = transfer->peer;
    if (engine->options.transport->send(engine->options.transport, peer, buffer_view(&blobs->frame)) < 0) {
        engine->options.transport->close(engine->options.transport, peer);
        return engine_gone(engine, peer, fault); /* the core closes its transfers */
    }
    transfer->offset += size_bytes;
    return tell(engine,
                &(struct core_blob_told){.news = BLOB_SENT,
                                         .peer = peer,
                                         .number = transfer->number,
                                         .offset = transfer->offset,
                                         .frame_bytes = blobs->frame.size},
                fault);
}

static int64_t download_step(struct engine *engine, struct engine_transfer *transfer, bool *ret_gone,
                             struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct engine_blobs *blobs = engine->blobs;
    uint64_t end = transfer->through < transfer->size_bytes ? transfer->through : transfer->size_bytes;
    if (transfer->offset >= end || core_is_behind(engine->core, transfer->peer))
        return 0;
    buffer_clear(&blobs->plain);
    int code = blob_reader_read(transfer->reader, transfer->offset, &blobs->plain, &why);
    if (code < 0) {
        uint64_t peer = transfer->peer, number = transfer->number;
        *ret_gone = true;
        transfer_free(transfer);
        code = tell_failed(engine, peer, number, code, &why, fault);
        return code < 0 ? code : BLOB_CHUNK_BYTES;
    }
    uint64_t room = end - transfer->offset;
    size_t size = blobs->plain.size < room ? blobs->plain.size : (size_t)room;
    code = send_chunk(engine, transfer, size, fault);
    if (code == 0 && transfer->offset == transfer->size_bytes) {
        *ret_gone = true;
        transfer_free(transfer);
    }
    return code < 0 ? code : (int64_t)size;
}

int engine_blob_close(struct engine *engine, const struct effect *effect)
{
    list_each(link, &engine->blobs->transfers) {
        struct engine_transfer *transfer = list_element(link, struct engine_transfer, link);
        if (transfer->peer != effect->blob_close.peer ||
            (effect->blob_close.number && effect->blob_close.number != transfer->number))
            continue;
        if (effect->blob_close.discard) {
            blob_upload_drop(transfer->upload);
            transfer->upload = NULL;
        }
        transfer_free(transfer);
    }
    return 0;
}

/* ---- rounds ---- */

static bool has_work(const struct engine *engine, const struct engine_transfer *transfer)
{
    if (transfer->reader) {
        uint64_t end = transfer->through < transfer->size_bytes ? transfer->through : transfer->size_bytes;
        return transfer->offset < end && !core_is_behind(engine->core, transfer->peer);
    }
    uint64_t offset = blob_upload_offset(transfer->upload);
    return !transfer->is_opened || offset == transfer->size_bytes || offset != transfer->told_bytes;
}

int engine_blobs_step(struct engine *engine, struct truc_fault *fault)
{
    struct engine_blobs *blobs = engine->blobs;
    int64_t left = ROUND_BYTES;
    bool worked = true;
    while (worked && left > 0) {
        worked = false;
        struct list_link *stop = blobs->transfers.previous; /* each once, and those that worked go to the end */
        for (struct list_link *link = list_first(&blobs->transfers), *next = NULL; link && left > 0; link = next) {
            struct engine_transfer *transfer = list_element(link, struct engine_transfer, link);
            bool is_last = link == stop, gone = false;
            next = is_last || link->next == &blobs->transfers ? NULL : link->next;
            if (!has_work(engine, transfer))
                continue;
            int64_t bytes = transfer->reader ? download_step(engine, transfer, &gone, fault)
                                             : upload_step(engine, transfer, &gone, fault);
            if (bytes < 0)
                return (int)bytes;
            left -= bytes;
            worked |= bytes > 0;
            if (!gone) {
                list_remove(&transfer->link);
                list_append(&blobs->transfers, &transfer->link);
            }
        }
    }
    return engine_blob_names_step(engine, fault);
}

uint64_t engine_blobs_wake_up_ns(const struct engine *engine)
{
    const struct engine_blobs *blobs = engine->blobs;
    list_each(link, &blobs->transfers)
        if (has_work(engine, list_element(link, struct engine_transfer, link)))
            return 0;
    uint64_t wake = blobs->sweep_next_up_ns;
    return blobs->names.size && blobs->names_next_up_ns < wake ? blobs->names_next_up_ns : wake;
}
