/* session_blob.c - attachments up and down: asked for, gone on with after each reconnect, in windows, until they are whole.
 * No file and no hash here: the driver gives pieces of what is sent and takes pieces of what comes.
 * docs/protocol.md, "Blobs". Beside the parts that send and receive messages; nothing of theirs is used. */
#include "session_internal.h"

#include <stdlib.h>

enum {
    OPEN_MAX = 4,               /* at a time; the broker allows 8 */
    WINDOW_BYTES = 1024 * 1024, /* of a download, ahead of what the driver took */
    RETRY_MS = 1000,
};

/* One upload or download. */
struct blob {
    struct list_link link;
    void *token;
    uint64_t number; /* of its transfer in the present connection; 0: not asked for */
    bool is_get;
    struct sha256_digest sha256;
    uint64_t size_bytes;
    uint64_t message;         /* get: position plus one; 0: held by this system */
    uint64_t offset, through; /* put: wanted from the driver so far. get: taken so far */
    uint64_t retry_at_ns;
    bool is_waiting; /* put: a piece was wanted from the driver and did not come yet */
};

static struct blob *blob_of(struct list_link *link)
{
    return list_element(link, struct blob, link);
}

static struct blob *blob_find(const struct session *session, uint64_t number)
{
    list_each(link, &session->blobs)
        if (number && blob_of(link)->number == number)
            return blob_of(link);
    return NULL;
}

static struct blob *blob_by_token(const struct session *session, const void *token)
{
    list_each(link, &session->blobs)
        if (blob_of(link)->token == token)
            return blob_of(link);
    return NULL;
}

static struct blob *blob_new(struct session *session, const struct sha256_digest *sha256, void *token,
                             struct truc_fault *fault)
{
    struct blob *blob = session->state == SESSION_STATE_CLOSED ? NULL : calloc(1, sizeof *blob);
    if (blob == NULL) {
        bool is_closed = session->state == SESSION_STATE_CLOSED;
        fault_set(fault, is_closed ? TRUC_E_CLOSED : TRUC_E_MEMORY, is_closed ? "the session is closed" : "no memory");
        return NULL;
    }
    blob->token = token;
    blob->sha256 = *sha256;
    list_append(&session->blobs, &blob->link);
    return blob;
}

int session_blob_put(struct session *session, const struct sha256_digest *sha256, uint64_t size_bytes, void *token,
                     struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct blob *blob = blob_new(session, sha256, token, &why);
    if (blob == NULL) {
        if (fault)
            *fault = why;
        return why.code;
    }
    blob->size_bytes = size_bytes;
    return 0;
}

int session_blob_get(struct session *session, const struct sha256_digest *sha256, uint64_t message, uint64_t offset,
                     void *token, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    struct blob *blob = blob_new(session, sha256, token, &why);
    if (blob == NULL) {
        if (fault)
            *fault = why;
        return why.code;
    }
    blob->is_get = true;
    blob->message = message;
    blob->offset = offset;
    return 0;
}

static int end(struct session *session, struct blob *blob, int code, const struct effect_texts *texts)
{
    const struct session_effect effect = {
        .kind = SESSION_BLOB_END, .token = blob->token, .code = code, .sequence = blob->offset};
    list_remove(&blob->link);
    free(blob);
    return effect_result(session, &effect, texts, NULL);
}

/* ---- uploading ---- */

/* The next piece, when the broker has room for it and the driver is not at one already. */
static int want(struct session *session, struct blob *blob)
{
    if (blob->is_waiting || blob->offset >= blob->through || blob->offset >= blob->size_bytes)
        return 0;
    const struct session_effect effect = {.kind = SESSION_BLOB_WANT, .token = blob->token, .sequence = blob->offset};
    blob->is_waiting = true;
    return effect_result(session, &effect, &(struct effect_texts){.id = BYTES_EMPTY}, NULL);
}

int session_blob_piece(struct session *session, struct session_time now, const void *token, uint64_t offset,
                       struct bytes data)
{
    struct blob *blob = blob_by_token(session, token);
    if (blob == NULL || !blob->is_waiting)
        return 0;
    blob->is_waiting = false;
    if (session->state != SESSION_STATE_OPEN || blob->number == 0 || offset != blob->offset)
        return 0; /* of a connection that is lost: it is wanted again */
    struct command command = {.kind = COMMAND_BLOB_CHUNK};
    command.blob_chunk = (struct command_blob_chunk){.number = blob->number, .offset = offset, .data = data};
    int code = effect_send(session, &command, now);
    blob->offset += data.size;
    return code < 0 ? code : want(session, blob);
}

int session_blob_stop(struct session *session, struct session_time now, const void *token, bool discard)
{
    struct blob *blob = blob_by_token(session, token);
    int code = 0;
    if (blob == NULL)
        return 0;
    if (session->state == SESSION_STATE_OPEN && blob->number) {
        struct command command = {.kind = COMMAND_BLOB_STOP};
        command.blob_stop = (struct command_blob_stop){.number = blob->number, .discard = discard};
        code = effect_send(session, &command, now);
    }
    list_remove(&blob->link);
    free(blob);
    return code;
}

/* ---- what the broker says ---- */

static bool is_passing(int code)
{
    return code == TRUC_E_BLOCKED || code == TRUC_E_RATE || code == TRUC_E_SHUTTING_DOWN || code == TRUC_E_LIMIT ||
           code == TRUC_E_BLOB_EXPIRED;
}

int blob_state(struct session *session, struct session_time now, const struct command_blob_state *state)
{
    struct blob *blob = blob_find(session, state->number);
    if (blob == NULL)
        return 0; /* given up meanwhile */
    int code = code_of_wire(state->code);
    if (code && is_passing(code)) {
        blob->number = 0;
        blob->is_waiting = false;
        blob->retry_at_ns = now.monotonic_ns + session_jittered_ns(session, RETRY_MS);
        return 0;
    }
    if (code || state->complete)
        return end(session, blob, code, &(struct effect_texts){.text = state->text, .hint = state->hint});
    if (blob->is_get) {
        blob->size_bytes = state->size_bytes;
        return 0;
    }
    if (state->offset > blob->size_bytes || state->through > blob->size_bytes)
        return session_violation(session, now, TRUC_E_PROTOCOL, "blob_state beyond the size of the upload");
    if (blob->through == 0) /* the answer to the put: from here on */
        blob->offset = state->offset;
    blob->through = state->through;
    const struct session_effect progress = {
        .kind = SESSION_BLOB_PROGRESS, .token = blob->token, .sequence = state->offset};
    int result = effect_result(session, &progress, &(struct effect_texts){.id = BYTES_EMPTY}, NULL);
    return result < 0 ? result : want(session, blob);
}

int blob_chunk(struct session *session, struct session_time now, const struct command_blob_chunk *chunk)
{
    struct blob *blob = blob_find(session, chunk->number);
    if (blob == NULL)
        return 0; /* given up meanwhile */
    if (!blob->is_get || chunk->offset != blob->offset || chunk->data.size > blob->through - blob->offset)
        return session_violation(session, now, TRUC_E_PROTOCOL, "a chunk of an attachment that was not asked for");
    int code = effect_blob(session, blob->token, blob->offset, chunk->data);
    blob->offset += chunk->data.size;
    if (code < 0 || blob->through - blob->offset > WINDOW_BYTES / 2)
        return code;
    blob->through = blob->offset + WINDOW_BYTES;
    struct command more = {.kind = COMMAND_BLOB_MORE};
    more.blob_more = (struct command_blob_more){.number = blob->number, .through = blob->through};
    return effect_send(session, &more, now);
}

/* ---- asking ---- */

static int ask(struct session *session, struct session_time now, struct blob *blob)
{
    struct command command = {.kind = blob->is_get ? COMMAND_BLOB_GET : COMMAND_BLOB_PUT};
    blob->number = ++session->blob_number;
    blob->is_waiting = false;
    if (blob->is_get) {
        blob->through = blob->offset + WINDOW_BYTES;
        command.blob_get = (struct command_blob_get){.number = blob->number,
                                                     .sha256 = sha256_view(&blob->sha256),
                                                     .message = blob->message,
                                                     .offset = blob->offset,
                                                     .through = blob->through};
    } else {
        blob->offset = blob->through = 0;
        command.blob_put = (struct command_blob_put){.number = blob->number,
                                                     .sha256 = sha256_view(&blob->sha256),
                                                     .size_bytes = blob->size_bytes,
                                                     .classification = HEADER_NOT_SECRET};
    }
    return effect_send(session, &command, now);
}

int blob_flush(struct session *session, struct session_time now)
{
    unsigned open = 0;
    int code = 0;
    list_each(link, &session->blobs) {
        struct blob *blob = blob_of(link);
        if (code == 0 && blob->number == 0 && open < OPEN_MAX && now.monotonic_ns >= blob->retry_at_ns)
            code = ask(session, now, blob);
        open += blob->number != 0;
    }
    return code;
}

uint64_t blob_wake_ns(const struct session *session)
{
    uint64_t wake_ns = UINT64_MAX;
    unsigned open = 0;
    list_each(link, &session->blobs)
        open += blob_of(link)->number != 0;
    list_each(link, &session->blobs)
        if (blob_of(link)->number == 0 && open < OPEN_MAX && blob_of(link)->retry_at_ns < wake_ns)
            wake_ns = blob_of(link)->retry_at_ns;
    return wake_ns;
}

void blob_disconnected(struct session *session)
{
    list_each(link, &session->blobs) {
        blob_of(link)->number = 0;
        blob_of(link)->is_waiting = false;
    }
}

int blob_close(struct session *session)
{
    int code = 0;
    list_each(link, &session->blobs)
        if (code == 0)
            code = end(session, blob_of(link), TRUC_E_CLOSED,
                       &(struct effect_texts){.text = bytes_string("the adapter was closed")});
    return code;
}

void blob_free(struct session *session)
{
    list_each(link, &session->blobs) {
        list_remove(link);
        free(blob_of(link));
    }
}
