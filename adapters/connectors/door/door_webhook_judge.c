/* door_webhook_judge.c - see door_webhook_judge.h.
 * The signature has the form that Stripe made common, so that vendors find code for it.
 * In the flow: asked for every post and every answer. */
#include "door_webhook_judge.h"

#include <stdlib.h>

#include "encode.h"
#include "sha256.h"

void door_webhook_sign(const char *const secrets[2], uint64_t now_s, struct bytes body, struct buffer *out)
{
    BUFFER_CLEANUP struct buffer signed_text = {0};
    buffer_printf(&signed_text, "%llu.", (unsigned long long)now_s);
    buffer_append_bytes(&signed_text, body);
    buffer_printf(out, "t=%llu", (unsigned long long)now_s);
    for (int i = 0; i < 2 && secrets[i]; i++) {
        struct sha256_digest mac = hmac_sha256(bytes_string(secrets[i]), buffer_view(&signed_text));
        buffer_append_string(out, ",v1=");
        hex_append(out, sha256_view(&mac));
    }
    if (buffer_failed(&signed_text))
        out->failed = buffer_failed(&signed_text);
}

enum door_verdict door_webhook_judge(unsigned status)
{
    if (status >= 200 && status < 300)
        return DOOR_DONE;
    switch (status) {
    case 400:
    case 409:
    case 413:
    case 415:
    case 422:
        return DOOR_REJECT;
    default:
        return DOOR_RETRY;
    }
}

uint32_t door_webhook_backoff_ms(uint32_t attempt, uint32_t random)
{
    uint32_t span_ms = DOOR_BACKOFF_FIRST_MS;
    for (uint32_t i = 1; i < attempt && span_ms < DOOR_BACKOFF_MAX_MS; i++)
        span_ms *= 2;
    if (span_ms > DOOR_BACKOFF_MAX_MS)
        span_ms = DOOR_BACKOFF_MAX_MS;
    return span_ms - random % (span_ms / 2 + 1);
}

uint32_t door_webhook_retry_after_ms(const char *text)
{
    char *end;
    if (!text || *text < '0' || *text > '9')
        return 0;
    unsigned long seconds = strtoul(text, &end, 10);
    if (*end)
        return 0;
    return (uint32_t)(seconds > DOOR_RETRY_AFTER_MAX_S ? DOOR_RETRY_AFTER_MAX_S : seconds) * 1000;
}

size_t door_breaker_allows(struct door_breaker *breaker, uint64_t now_ms, size_t wanted)
{
    if (!breaker->is_open || !wanted)
        return wanted;
    if (breaker->is_trying || now_ms < breaker->closed_from_ms)
        return 0;
    breaker->is_trying = true;
    return 1;
}

bool door_breaker_tell(struct door_breaker *breaker, uint64_t now_ms, bool is_failure)
{
    bool was_open = breaker->is_open, was_trying = breaker->is_trying;
    if (!is_failure) {
        *breaker = (struct door_breaker){0};
        return was_open;
    }
    breaker->failures++;
    breaker->is_trying = false;
    if (was_open && !was_trying) /* one that left before it opened */
        return false;
    if (!was_open && breaker->failures < DOOR_BREAKER_FAILURES)
        return false;
    breaker->open_ms = was_open ? breaker->open_ms * 2 : DOOR_BREAKER_FIRST_MS;
    if (breaker->open_ms > DOOR_BREAKER_MAX_MS)
        breaker->open_ms = DOOR_BREAKER_MAX_MS;
    breaker->closed_from_ms = now_ms + breaker->open_ms;
    breaker->is_open = true;
    return !was_open;
}
