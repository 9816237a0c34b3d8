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

void core_close(struct core *core, uint64_t peer)
{
    core_effect(core, EFFECT_CLOSE)->close.peer = peer;
    if (map_put_number(&core->closed, peer, core) < 0)
        core->out_of_memory = true;
}

bool core_is_closed(const struct core *core, uint64_t peer)
{
    return map_get_number(&core->closed, peer) != NULL;
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

uint64_t core_append_tied(struct core *core, enum record_kind kind, struct bytes body)
{
    append_effect(core, kind, body, true)->append.is_tied = true;
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

/* A pong shows that all before its ping was read. Its number can't be guessed by who did not read it. */
static void probe(struct core *core, struct client *session)
{
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, bytes_of(core->settings.hash_key, sizeof core->settings.hash_key));
    sha256_add(&hash, bytes_of((const uint8_t *)&session->peer, sizeof session->peer));
    sha256_add(&hash, bytes_of((const uint8_t *)&session->sent_bytes, sizeof session->sent_bytes));
    struct sha256_digest digest = sha256_end(&hash);
    session->probe_number = load_le64(digest.bytes) | 1; /* 0 means none */
    session->probe_bytes = session->sent_bytes;
    struct command command = {.kind = COMMAND_PING};
    command.ping.number = session->probe_number;
    core_send(core, session->peer, &command);
}

void core_count_sent(struct core *core, uint64_t peer, uint64_t size_bytes)
{
    struct client *session = map_get_number(&core->sessions, peer);
    if (session == NULL)
        return;
    session->sent_bytes += size_bytes;
    if (session->probe_number == 0 && client_unread_bytes(session) > CORE_PROBE_BYTES)
        probe(core, session);
}

void core_send_frame(struct core *core, uint64_t peer, struct bytes frame)
{
    struct effect *effect = core_effect(core, EFFECT_SEND);
    effect->send.peer = peer;
    effect->send.frame = core_keep(core, frame);
    core_count_sent(core, peer, frame.size);
}

void core_send(struct core *core, uint64_t peer, const struct command *command)
{
    buffer_reuse(&core->frame);
    command_encode(command, &core->frame);
    if (buffer_failed(&core->frame))
        core->out_of_memory = true;
    else
        core_send_frame(core, peer, buffer_view(&core->frame));
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
