/* door_webhook_judge.h - what is decided about posts without sending any: the signature, what an answer means, how long to wait, the breaker.
 * Pure: clock and random numbers are brought.
 * In the flow: door_webhook.c asks; docs/rest-door.md, "Webhooks", says the same in words. */
#ifndef TRUC_DOOR_WEBHOOK_JUDGE_H
#define TRUC_DOOR_WEBHOOK_JUDGE_H

#include "buffer.h"

enum {
    DOOR_BREAKER_FAILURES = 5, /* in a row, and it opens */
    DOOR_BREAKER_FIRST_MS = 5000,
    DOOR_BREAKER_MAX_MS = 300000,
    DOOR_BACKOFF_FIRST_MS = 1000,
    DOOR_BACKOFF_MAX_MS = 300000,
    DOOR_RETRY_AFTER_MAX_S = 86400,
};

/* "t=UNIX,v1=HEX[,v1=HEX]": HMAC-SHA-256 with each secret over "UNIX.BODY". */
void door_webhook_sign(const char *const secrets[2], uint64_t now_s, struct bytes body, struct buffer *out);

enum door_verdict { DOOR_DONE, DOOR_RETRY, DOOR_REJECT };
/* @status 0: no answer. What may be a vendor's mistake in deployment (401, 403, 404, 3xx, …) is never final. */
enum door_verdict door_webhook_judge(unsigned status);
/* Before attempt @attempt + 1: doubling from a second to five minutes, of which @random takes up to half away. */
uint32_t door_webhook_backoff_ms(uint32_t attempt, uint32_t random);
/* Retry-After in seconds, as milliseconds; 0 when there is none that can be read. */
uint32_t door_webhook_retry_after_ms(const char *text);

/* Holds posts back while the vendor is away. {0} is closed: posts may go. */
struct door_breaker {
    unsigned failures;       /* in a row */
    uint32_t open_ms;        /* how long it was opened last */
    uint64_t closed_from_ms; /* then one post may go, to try */
    bool is_open, is_trying;
};
/* How many of @wanted posts may go now. */
size_t door_breaker_allows(struct door_breaker *breaker, uint64_t now_ms, size_t wanted);
/* An answer came, or none; true: it has opened or closed by this. */
bool door_breaker_tell(struct door_breaker *breaker, uint64_t now_ms, bool is_failure);

#endif
