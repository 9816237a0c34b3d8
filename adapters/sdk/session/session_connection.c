/* session_connection.c - what every part of a session may say of its connection: that the broker broke the protocol, how long to wait.
 * It closes and opens nothing: session.c does, which stands above all parts.
 * Beneath the parts that send and receive. */
#include "session_internal.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>

enum { LEVEL_ERROR = 3 };

void copy_name(char *out, size_t size, struct bytes name)
{
    size_t count = name.size < size ? name.size : size - 1;
    if (count)
        memcpy(out, name.data, count);
    out[count] = 0;
}

/* SplitMix64: the jitter needs spread, not secrecy. */
static uint64_t next_random(struct session *session)
{
    uint64_t value = session->random_state += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

uint64_t session_jittered_ns(struct session *session, uint64_t span_ms)
{
    uint64_t half_ns = span_ms * TIME_NS_PER_MS / 2;
    return half_ns + next_random(session) % (half_ns + 1);
}

uint64_t session_backoff_ns(struct session *session, unsigned attempt)
{
    uint64_t span_ms = SESSION_BACKOFF_MIN_MS;
    for (unsigned i = 0; i < attempt && span_ms < SESSION_BACKOFF_MAX_MS; i++)
        span_ms *= 2;
    return session_jittered_ns(session, span_ms < SESSION_BACKOFF_MAX_MS ? span_ms : SESSION_BACKOFF_MAX_MS);
}

int session_violation(struct session *session, struct session_time now, int code, const char *format, ...)
{
    char text[TRUC_FAULT_TEXT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct bytes said = bytes_of(text, text_cut_utf8(text, strlen(text), PROTOCOL_TEXT_BYTES_MAX));
    struct command error = {.kind = COMMAND_ERROR, .error = {.code = code_to_wire(code), .text = said}};
    int result = effect_log(session, LEVEL_ERROR, "the broker does not follow the protocol: %s", text);
    if (result == 0)
        result = effect_send(session, &error, now);
    session->is_violated = true; /* session_frame closes the connection when the command's part has returned */
    return result;
}
