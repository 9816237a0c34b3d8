/* session_effect.c - the queue of effects a session leaves for its driver.
 * Owns frames, texts and answers until the driver has looked at them; decides nothing.
 * Last stage of every event: the driver takes effects with session_effect_next. */
#include "session_internal.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void session_delivery_free(struct session_delivery *delivery)
{
    free(delivery);
}

static struct effect *effect_new(enum session_effect_kind kind, size_t text_size)
{
    struct effect *effect = malloc(sizeof *effect + text_size);
    if (effect == NULL)
        return NULL;
    *effect = (struct effect){
        .value = {
            .kind = kind, .id = "", .reason = "", .text = "", .where = "", .hint = ""}}; /* `text` is the caller's */
    return effect;
}

static void effect_free(struct effect *effect)
{
    if (effect == NULL)
        return;
    session_delivery_free(effect->owned);
    free(effect);
}

int effect_plain(struct session *session, enum session_effect_kind kind)
{
    struct effect *effect = effect_new(kind, 0);
    if (effect == NULL)
        return TRUC_E_MEMORY;
    list_append(&session->effects, &effect->link);
    return 0;
}

int effect_log(struct session *session, int level, const char *format, ...)
{
    enum { LOG_TEXT_BYTES_MAX = 1024 };
    char text[LOG_TEXT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t size = strlen(text) + 1;
    struct effect *effect = effect_new(SESSION_LOG, size);
    if (effect == NULL)
        return TRUC_E_MEMORY;
    memcpy(effect->text, text, size);
    effect->value.text = effect->text;
    effect->value.level = level;
    list_append(&session->effects, &effect->link);
    return 0;
}

int effect_send(struct session *session, const struct command *command, struct session_time now)
{
    struct buffer *frame = &session->scratch_frame;
    buffer_clear(frame);
    command_encode(command, frame);
    if (buffer_failed(frame))
        return buffer_failed(frame);
    struct effect *effect = effect_new(SESSION_SEND, frame->size);
    if (effect == NULL)
        return TRUC_E_MEMORY;
    memcpy(effect->text, frame->data, frame->size);
    effect->value.frame = bytes_of(effect->text, frame->size);
    list_append(&session->effects, &effect->link);
    session->said_ns = now.monotonic_ns;
    return 0;
}

int effect_permissions(struct session *session, struct bytes permissions)
{
    struct effect *effect = effect_new(SESSION_PERMISSIONS, permissions.size);
    if (effect == NULL)
        return TRUC_E_MEMORY;
    if (permissions.size)
        memcpy(effect->text, permissions.data, permissions.size);
    effect->value.frame = bytes_of(effect->text, permissions.size);
    list_append(&session->effects, &effect->link);
    return 0;
}

int effect_blob(struct session *session, void *token, uint64_t offset, struct bytes data)
{
    struct effect *effect = effect_new(SESSION_BLOB_DATA, data.size);
    if (effect == NULL)
        return TRUC_E_MEMORY;
    if (data.size)
        memcpy(effect->text, data.data, data.size);
    effect->value.token = token;
    effect->value.sequence = offset;
    effect->value.frame = bytes_of(effect->text, data.size);
    list_append(&session->effects, &effect->link);
    return 0;
}

int effect_deliver(struct session *session, struct session_delivery *delivery)
{
    struct effect *effect = effect_new(SESSION_DELIVER, 0);
    if (effect == NULL)
        return TRUC_E_MEMORY;
    effect->value.delivery = effect->owned = delivery;
    effect->value.sequence = delivery->sequence;
    list_append(&session->effects, &effect->link);
    return 0;
}

int effect_result(struct session *session, const struct session_effect *value, const struct effect_texts *texts,
                  struct session_delivery *answer)
{
    size_t size = texts->id.size + texts->reason.size + texts->text.size + texts->where.size + texts->hint.size + 5;
    struct effect *effect = effect_new(value->kind, size);
    if (effect == NULL)
        return TRUC_E_MEMORY;
    char *at = effect->text;
    effect->value = *value;
    effect->value.answer = effect->owned = answer;
    effect->value.id = text_put(&at, texts->id);
    effect->value.reason = text_put(&at, texts->reason);
    effect->value.text = text_put(&at, texts->text);
    effect->value.where = text_put(&at, texts->where);
    effect->value.hint = text_put(&at, texts->hint);
    list_append(&session->effects, &effect->link);
    return 0;
}

bool session_effect_next(struct session *session, struct session_effect *ret_effect)
{
    effect_free(session->current);
    session->current = NULL;
    struct list_link *first = list_first(&session->effects);
    if (first == NULL)
        return false;
    struct effect *effect = list_element(first, struct effect, link);
    list_remove(first);
    if (effect->value.kind == SESSION_DELIVER)
        effect->owned = NULL; /* the driver's from now on */
    session->current = effect;
    *ret_effect = effect->value;
    return true;
}

void effects_free(struct session *session)
{
    list_each(link, &session->effects)
        effect_free(list_element(link, struct effect, link));
    list_init(&session->effects);
    effect_free(session->current);
    session->current = NULL;
}
