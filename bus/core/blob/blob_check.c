/* blob_check.c - before a bundle is taken: whether the attachments that its messages name are there, and held by its sender.
 * Most messages have none, and cost nothing here.
 * See blob_check.h. */
#include "blob_check.h"

#include <stdlib.h>

#include "core_emit.h"
#include "header.h"

struct blobs_checked {
    bool is_answered;
    size_t count;
    uint32_t first[PROTOCOL_BUNDLE_MESSAGES_MAX]; /* of each message's attachments, in answers */
    struct core_blob_answer answers[CORE_BLOB_NAMES_MAX];
};

void blobs_lookup_free(struct client *session)
{
    free(session->blobs);
    session->blobs = NULL;
}

/* Whether a message of the bundle names any. What can't be read is refused later. */
static bool names_any(const struct core *core)
{
    for (size_t i = 0; i < core->bundle.count; i++) {
        struct header_attachment attachment;
        size_t offset = 0;
        if (header_attachment_next(core->bundle.messages[i].header, &offset, &attachment) > 0)
            return true;
    }
    return false;
}

static void collect(const struct core *core, struct blobs_checked *checked, struct core_blob_question *questions)
{
    for (size_t i = 0; i < core->bundle.count; i++) {
        struct header_attachment attachment;
        size_t offset = 0;
        checked->first[i] = (uint32_t)checked->count;
        while (checked->count < CORE_BLOB_NAMES_MAX &&
               header_attachment_next(core->bundle.messages[i].header, &offset, &attachment) > 0) {
            struct core_blob_question *question = &questions[checked->count++];
            memset(question, 0, sizeof *question);
            if (attachment.sha256.size == SHA256_BYTES)
                memcpy(question->sha256.bytes, attachment.sha256.data, SHA256_BYTES);
        }
    }
}

static int ask(struct core *core, struct client *session)
{
    struct core_blob_question *questions =
        arena_alloc_array(&core->effects->arena, CORE_BLOB_NAMES_MAX, sizeof *questions);
    session->blobs = calloc(1, sizeof *session->blobs);
    if (session->blobs == NULL || questions == NULL)
        return TRUC_E_MEMORY;
    collect(core, session->blobs, questions);
    struct effect *effect = core_effect(core, EFFECT_BLOB_CHECK);
    effect->blob_check.peer = session->peer;
    effect->blob_check.system = (const char *)core_keep(core, bytes_of(session->system, sizeof session->system)).data;
    effect->blob_check.questions = questions;
    effect->blob_check.count = session->blobs->count;
    return 1;
}

int blobs_lookup(struct core *core, struct client *session)
{
    if (session->blobs)
        return session->blobs->is_answered ? 0 : 1;
    return names_any(core) ? ask(core, session) : 0;
}

bool blobs_answered(struct client *session, const struct core_blob_answer *answers, size_t count)
{
    if (session->blobs == NULL || session->blobs->is_answered || count != session->blobs->count)
        return false;
    memcpy(session->blobs->answers, answers, count * sizeof *answers);
    session->blobs->is_answered = true;
    return true;
}

const struct core_blob_answer *blobs_answer(const struct client *session, uint32_t index, uint32_t n)
{
    const struct blobs_checked *checked = session->blobs;
    return checked && checked->first[index] + n < checked->count ? &checked->answers[checked->first[index] + n] : NULL;
}

void blobs_name(struct core *core, struct bytes header, uint64_t sequence)
{
    struct header_attachment attachment;
    size_t offset = 0;
    while (header_attachment_next(header, &offset, &attachment) > 0) {
        struct effect *effect = core_effect(core, EFFECT_BLOB_NAME);
        memcpy(effect->blob_name.sha256.bytes, attachment.sha256.data, SHA256_BYTES);
        effect->blob_name.sequence = sequence;
    }
}
