/* send_blob.c - attachments of the command line: uploaded from a file, downloaded to one, through a system's own session.
 * A refusal is a result, told by whoever asked; what can't be tried is a fault.
 * See send_blob.h. */
#include "send_blob.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli_words.h"
#include "fault.h"

struct blob_waiting {
    struct send_session *session;
    struct send_blob *blob;
    bool ended;
};

static void take_progress(void *context, uint64_t done_bytes, uint64_t size_bytes)
{
    const struct blob_waiting *waiting = context;
    (void)done_bytes;
    (void)size_bytes;
    send_session_moved(waiting->session);
}

static void take_end(void *context, const struct truc_blob_result *result)
{
    struct blob_waiting *waiting = context;
    struct send_blob *blob = waiting->blob;
    blob->code = result->code;
    blob->size_bytes = result->size_bytes;
    memcpy(blob->sha256.bytes, result->sha256, SHA256_BYTES);
    (void)snprintf(blob->text, sizeof blob->text, "%s", result->text);
    (void)snprintf(blob->hint, sizeof blob->hint, "%s", result->hint);
    waiting->ended = true;
}

static struct truc_blob_options options_of(struct blob_waiting *waiting, enum truc_classification classification)
{
    return (struct truc_blob_options){.size = sizeof(struct truc_blob_options),
                                      .classification = classification,
                                      .progress = take_progress,
                                      .done = take_end,
                                      .context = waiting};
}

int send_blob_put(struct send_session *session, const char *path, enum truc_classification classification,
                  struct send_blob *ret_blob, struct truc_fault *fault)
{
    struct blob_waiting waiting = {.session = session, .blob = ret_blob};
    const struct truc_blob_options options = options_of(&waiting, classification);
    int code = truc_blob_put_file(send_session_adapter(session), path, &options, fault);
    return code < 0 ? code : send_session_until(session, &waiting.ended, fault);
}

int send_blob_get(struct send_session *session, const struct sha256_digest *sha256, uint64_t sequence, const char *path,
                  struct send_blob *ret_blob, struct truc_fault *fault)
{
    struct blob_waiting waiting = {.session = session, .blob = ret_blob};
    const struct truc_blob_options options = options_of(&waiting, TRUC_NOT_SECRET);
    int code = truc_blob_get_file(send_session_adapter(session), sha256->bytes, sequence, path, &options, fault);
    return code < 0 ? code : send_session_until(session, &waiting.ended, fault);
}

/* What offices send; everything else is bytes. */
static const char *media_type_of(const char *path)
{
    static const struct {
        const char *ending, *type;
    } types[] = {{".pdf", "application/pdf"},
                 {".edxml", "application/xml"},
                 {".xml", "application/xml"},
                 {".json", "application/json"},
                 {".zip", "application/zip"},
                 {".png", "image/png"},
                 {".jpg", "image/jpeg"},
                 {".jpeg", "image/jpeg"},
                 {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
                 {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}};
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(ending, types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

static int attach(struct send_session *session, const char *path, struct send_attachments *attachments,
                  enum truc_classification classification, struct truc_fault *fault)
{
    struct send_blob *blob = &attachments->blobs[attachments->count];
    const char *slash = strrchr(path, '/');
    int code = send_blob_put(session, path, classification, blob, fault);
    if (code == 0 && blob->code < 0) {
        code = fault_set(fault, blob->code, "%s", blob->text);
        fault_where(fault, "%s", path);
        fault_hint(fault, "%s", blob->hint);
    }
    attachments->named[attachments->count++] = (struct truc_attachment){.sha256 = blob->sha256.bytes,
                                                                        .size_bytes = blob->size_bytes,
                                                                        .name = slash ? slash + 1 : path,
                                                                        .media_type = media_type_of(path)};
    return code;
}

int send_blob_attach(struct send_session *session, const struct cli_arguments *arguments,
                     struct send_attachments *attachments, struct truc_outgoing *message, struct truc_fault *fault)
{
    const char *path;
    int code = 0;
    for (size_t n = 0; code == 0 && (path = cli_option_nth(arguments, "attach", n)); n++)
        code = attachments->count == SEND_ATTACHMENTS_MAX
                   ? fault_set(fault, TRUC_E_ARGUMENT, _("more than %d attachments"), SEND_ATTACHMENTS_MAX)
                   : attach(session, path, attachments, message->classification, fault);
    message->attachments = attachments->named;
    message->attachments_count = attachments->count;
    return code;
}
