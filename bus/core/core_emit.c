/* core_emit.c - appending effects: what the core wants written, sent, closed or logged.
 * Everything an effect points at is copied into the effects' arena; running out of memory is remembered, and ends the step.
 * See core_emit.h; carried out by bus/io/engine.c. */
#include "core_emit.h"

#include <stdarg.h>
#include <stdio.h>

struct effect *core_effect(struct core *core, enum effect_kind kind)
{
    struct effect *effect = arena_alloc(&core->effects->arena, sizeof *effect);
    if (effect == NULL) {
        core->out_of_memory = true;
        return &core->lost_effect;
    }
    effect->kind = kind;
    if (core->effects->last)
        core->effects->last->next = effect;
    else
        core->effects->first = effect;
    core->effects->last = effect;
    return effect;
}

struct bytes core_keep(struct core *core, struct bytes view)
{
    struct bytes kept = arena_copy(&core->effects->arena, view);
    if (view.size && kept.data == NULL) {
        core->out_of_memory = true;
        return BYTES_EMPTY;
    }
    return kept;
}

static struct effect *append_effect(struct core *core, enum record_kind kind, struct bytes body, bool lazy)
{
    struct effect *effect = core_effect(core, EFFECT_APPEND);
    effect->append.kind = kind;
    effect->append.time_ns = core->now_ns;
    effect->append.lazy = lazy;
    effect->append.body = core_keep(core, body);
    return effect;
}

uint64_t core_append(struct core *core, enum record_kind kind, struct bytes body, bool lazy)
{
    append_effect(core, kind, body, lazy);
    return core->next_sequence++;
}

uint64_t core_append_message(struct core *core, struct bytes body, struct bytes salt, struct bytes payload)
{
    struct effect *effect = append_effect(core, RECORD_ACCEPTED, body, false);
    effect->append.has_payload = true;
    effect->append.payload_is_passing = core->releasing;
    effect->append.salt = salt;
    effect->append.payload = payload;
    return core->next_sequence++;
}

void core_send(struct core *core, uint64_t peer, const struct command *command)
{
    struct buffer frame = {0};
    command_encode(command, &frame);
    if (buffer_failed(&frame)) {
        core->out_of_memory = true;
    } else {
        struct effect *effect = core_effect(core, EFFECT_SEND);
        effect->send.peer = peer;
        effect->send.frame = core_keep(core, buffer_view(&frame));
    }
    buffer_free(&frame);
}

void core_log(struct core *core, int level, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a cut log line is still a log line */
    va_end(arguments);
    struct effect *effect = core_effect(core, EFFECT_LOG);
    effect->log.level = level;
    effect->log.text = (const char *)core_keep(core, bytes_of(text, strlen(text) + 1)).data;
}
