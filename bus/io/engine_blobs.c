/* engine_blobs.c - attachments: carries out what the core decided, a little a round, so that messages pass in between.
 * Chunks are written when they come, within windows that the core gave; all else (going on, finishing, sending, sweeping) is paced here.
 * Carries out EFFECT_BLOB_*; the files are blob_store.h's. */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "blob_store.h"
#include "command.h"
#include "engine_private.h"
#include "fault.h"
#include "time_text.h"

enum {
    ROUND_BYTES = 1024 * 1024, /* read again, sent or answered in one round */
    SWEEP_EVERY_S = 3600,
    SWEEP_PACE_MS = 10, /* between two steps of it */
    AGAIN_MS = 1000,    /* a full disk is not asked more often */
    LOG_ERROR = 3,
    LOG_WARNING = 4,
    LOG_INFO = 6,
};

/* One upload or download that is open. */
struct engine_transfer {
    struct list_link link;
    uint64_t peer, number;
    struct blob_upload *upload;
    uint64_t size_bytes;
    bool is_opened;      /* the core was told how far it is */
    uint64_t told_bytes; /* and last so far */
    struct blob_reader *reader;
    uint64_t offset, through;
};

struct engine_blobs {
    struct blob_store *store;
    struct list_link transfers; /* the one that waited longest first */
    struct buffer frame, plain;
    struct buffer names; /* for which there was no room: blob_name's, in order */
    uint64_t names_next_up_ns;
    struct blob_sweep *sweep;
    uint64_t sweep_next_up_ns;
    uint64_t settled_below;
    size_t going; /* found unused and not removed yet */
};

static void say(const struct engine *engine, int level, const char *what, const struct truc_fault *fault)
{
    char text[sizeof fault->text + sizeof fault->where + 96];
    (void)snprintf(text, sizeof text, "%s: %s%s%s", what, fault->text, *fault->where ? ": " : "", fault->where);
    engine->options.log(engine->options.log_context, level, text);
}

static uint64_t now_ns(const struct engine *engine)
{
    return engine->options.clock.now_ns(engine->options.clock.context);
}

static uint64_t up_ns(const struct engine *engine)
{
    return engine->options.clock.up_ns(engine->options.clock.context);
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
    uint64_t every = options->blob_sweep_ns ? options->blob_sweep_ns : SWEEP_EVERY_S * TIME_NS_PER_S;
    blobs->sweep_next_up_ns = up_ns(engine) + every;
    return blob_store_open(&store, now_ns(engine), &blobs->store, fault);
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
        say(engine, LOG_ERROR, "an attachment", why);
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
    code = blob_upload_open(store, effect->blob_open.system, &wanted, &bounds, now_ns(engine), &transfer->upload, &why);
    return code < 0 ? upload_failed(engine, transfer, code, &why, fault) : 0;
}

int engine_blob_hold(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    uint64_t peer = effect->blob_open.peer, number = effect->blob_open.number, size_bytes = 0;
    int code = blob_store_hold(engine->blobs->store, effect->blob_open.system, &effect->blob_open.sha256,
                               now_ns(engine), &size_bytes, &why);
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
    int code = blob_upload_write(transfer->upload, effect->blob_write.data, now_ns(engine), &why);
    return code < 0 ? upload_failed(engine, transfer, code, &why, fault) : 0;
}

static int finish(struct engine *engine, struct engine_transfer *transfer, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    int code = blob_upload_finish(transfer->upload, now_ns(engine), &why);
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

/* ---- names ---- */

int engine_blob_check(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct core_event event = engine_event(engine, CORE_EVENT_BLOBS_CHECKED);
    size_t count = effect->blob_check.count;
    struct core_blob_answer *answers = arena_alloc_array(&engine->fetch_arena, count ? count : 1, sizeof *answers);
    if (answers == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to look for attachments");
    for (size_t i = 0; i < count; i++) {
        struct truc_fault why = {0};
        answers[i] = (struct core_blob_answer){0};
        int code = blob_store_holds(engine->blobs->store, effect->blob_check.system,
                                    &effect->blob_check.questions[i].sha256, &answers[i].size_bytes, &why);
        answers[i].is_held = code == 1;
        answers[i].code = code < 0 ? code : 0;
        if (code < 0)
            say(engine, LOG_ERROR, "an attachment", &why);
    }
    event.blobs_checked.peer = effect->blob_check.peer;
    event.blobs_checked.answers = answers;
    event.blobs_checked.count = count;
    int code = engine_step(engine, &event, fault);
    arena_reset(&engine->fetch_arena);
    return code;
}

/* For which there is no room, they wait in memory; the bus takes no more messages meanwhile. */
int engine_blob_name(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct engine_blobs *blobs = engine->blobs;
    int code = blobs->names.size
                   ? TRUC_E_BLOB_SPACE
                   : blob_store_name(blobs->store, &effect->blob_name.sha256, effect->blob_name.sequence, &why);
    if (code == 0)
        return 0;
    if (code != TRUC_E_BLOB_SPACE) {
        if (fault)
            *fault = why;
        return code;
    }
    buffer_append(&blobs->names, effect->blob_name.sha256.bytes, SHA256_BYTES);
    buffer_append_le64(&blobs->names, effect->blob_name.sequence);
    if (buffer_failed(&blobs->names))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the names of attachments");
    blobs->names_next_up_ns = up_ns(engine) + AGAIN_MS * TIME_NS_PER_MS;
    return engine->recovering ? 0 : engine_room_blobs(engine, true, fault);
}

static int names_step(struct engine *engine, struct truc_fault *fault)
{
    struct engine_blobs *blobs = engine->blobs;
    enum { ENTRY_BYTES = SHA256_BYTES + 8 };
    if (blobs->names.size == 0 || up_ns(engine) < blobs->names_next_up_ns)
        return 0;
    for (size_t at = 0; at < blobs->names.size; at += ENTRY_BYTES) {
        struct sha256_digest sha256;
        memcpy(sha256.bytes, blobs->names.data + at, SHA256_BYTES);
        struct truc_fault why = {0};
        int code = blob_store_name(blobs->store, &sha256, load_le64(blobs->names.data + at + SHA256_BYTES), &why);
        if (code == TRUC_E_BLOB_SPACE) { /* those before are there twice next time: no harm */
            blobs->names_next_up_ns = up_ns(engine) + AGAIN_MS * TIME_NS_PER_MS;
            return engine_room_blobs(engine, true, fault);
        }
        if (code < 0) {
            if (fault)
                *fault = why;
            return code;
        }
    }
    buffer_clear(&blobs->names);
    return engine_room_blobs(engine, false, fault);
}

int engine_blobs_sync(struct engine *engine, struct truc_fault *fault)
{
    if (engine->blobs->names.size)
        return fault_set(fault, TRUC_E_JOURNAL_FULL, "no room for the names of attachments");
    return blob_store_sync_names(engine->blobs->store, fault);
}

/* ---- collecting ---- */

static int is_needed(void *context, uint64_t sequence, struct truc_fault *fault)
{
    const struct engine *engine = context;
    if (sequence >= engine->blobs->settled_below)
        return 1;
    return journal_has_payload(engine->journal, sequence, fault);
}

static int unused(void *context, const struct sha256_digest *sha256, uint64_t size_bytes, struct truc_fault *fault)
{
    struct engine *engine = context;
    struct core_event event = engine_event(engine, CORE_EVENT_BLOB_UNUSED);
    event.blob_unused.sha256 = *sha256;
    event.blob_unused.size_bytes = size_bytes;
    engine->blobs->going++;
    return engine_step(engine, &event, fault);
}

int engine_blob_remove(struct engine *engine, const struct effect *effect, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    engine->blobs->going -= engine->blobs->going > 0;
    int code = blob_store_remove(engine->blobs->store, &effect->blob_remove.sha256, &why);
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "no memory for attachments");
    if (code < 0)
        say(engine, LOG_ERROR, "an attachment that is not needed can't be removed; the next sweep tries again", &why);
    return 0;
}

int engine_blob_expire(struct engine *engine, const struct effect *effect)
{
    int removed = blob_store_expire(engine->blobs->store, effect->blob_expire.before_ns);
    if (removed > 0) {
        char text[96];
        (void)snprintf(text, sizeof text, "%d unfinished uploads were given up: nothing came for too long", removed);
        engine->options.log(engine->options.log_context, LOG_INFO, text);
    }
    return 0;
}

static void sweep_again(struct engine *engine, uint64_t in_ns)
{
    blob_sweep_end(engine->blobs->sweep);
    engine->blobs->sweep = NULL;
    engine->blobs->sweep_next_up_ns = up_ns(engine) + in_ns;
}

/* A step now and then. What can't be read ends this sweep, never the broker: nothing is removed that was not looked at. */
static int sweep_step(struct engine *engine, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct engine_blobs *blobs = engine->blobs;
    uint64_t every = engine->options.blob_sweep_ns ? engine->options.blob_sweep_ns : SWEEP_EVERY_S * TIME_NS_PER_S;
    if (up_ns(engine) < blobs->sweep_next_up_ns || blobs->going || blobs->names.size || engine->closing)
        return 0;
    int code = 1;
    if (blobs->sweep == NULL) {
        uint64_t span = core_blob_unnamed_ns(engine->core), now = now_ns(engine);
        const struct blob_sweep_options options = {
            .is_needed = is_needed, .unused = unused, .context = engine, .before_ns = now > span ? now - span : 0};
        blobs->settled_below = core_settled_below(engine->core);
        code = blob_store_is_made(blobs->store) ? blob_sweep_begin(blobs->store, &options, &blobs->sweep, &why) : 1;
        if (code == 1) {
            sweep_again(engine, every);
            return 0;
        }
    } else {
        code = blob_sweep_step(blobs->sweep, &why);
        if (code == 0) {
            sweep_again(engine, every);
            return 0;
        }
    }
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "no memory to look through attachments");
    if (code < 0) {
        say(engine, LOG_WARNING, "attachments that nothing needs were not all looked for", &why);
        sweep_again(engine, every);
        return 0;
    }
    blobs->sweep_next_up_ns = up_ns(engine) + SWEEP_PACE_MS * TIME_NS_PER_MS;
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
    int code = names_step(engine, fault);
    return code < 0 ? code : sweep_step(engine, fault);
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
