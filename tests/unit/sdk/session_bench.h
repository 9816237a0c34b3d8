/* session_bench.h - a session on the bench: a hand-driven broker on one side, a trace of effects on the other.
 * Test support only. The broker's side is built from the same commands; keys are fakes (HMAC under the key id).
 * Used by test_session_*.c, which compare traces. */
#ifndef TRUC_TEST_SESSION_BENCH_H
#define TRUC_TEST_SESSION_BENCH_H

#include "session.h"

enum { BENCH_DELIVERIES_MAX = 64 };

struct bench {
    struct session *session;
    struct session_time now;
    struct buffer trace;
    struct session_delivery *held[BENCH_DELIVERIES_MAX]; /* delivered and not settled by the test */
    size_t held_count;
    int signatures, verifications;
    struct bench_sent {
        uint64_t number, bytes;
        size_t count;
    } sent[SESSION_PUBLISHES_IN_FLIGHT_MAX]; /* unanswered, here */
    size_t sent_count;
    uint64_t unanswered_bytes;                      /* of them, as the broker counts */
    void (*before_call)(void), (*after_call)(void); /* around each call into the session; NULL: nothing */
    bool has_failed; /* a call ended with TRUC_E_MEMORY, which only a test with before_call may see: no call follows */
    struct buffer last_publish; /* the last frame of that kind */
};

struct bench_options {
    uint64_t window_bytes;
    uint32_t queue_messages_max;
};
void bench_begin(struct bench *bench, const struct bench_options *options); /* NULL: 1 MiB, 100 messages */
void bench_end(struct bench *bench);

/* Takes all effects into the trace, one a line; then compares with `expected` and empties it. Time and debug texts are left out. */
void bench_expect(struct bench *bench, const char *expected);
void bench_skip(struct bench *bench);              /* takes the effects, forgets the trace */
void bench_pass(struct bench *bench, uint64_t ms); /* time goes by, then a tick */
void bench_flush(struct bench *bench);

/* The broker's side. */
struct bench_welcome {
    uint64_t credit_bytes, message_bytes_max, published_through;
    uint32_t bundle_messages_max;
    struct bytes permissions;
};
void bench_welcome(struct bench *bench,
                   const struct bench_welcome *welcome); /* connected, welcomed, flushed; NULL: usual limits */
void bench_open(struct bench *bench);                    /* a usual connection; its trace is skipped */
void bench_send(struct bench *bench, const struct command *command);
/* Outcomes "0 NO_ROUTE 0" by name or 0; accepted ones get sequences from `sequence` on. Gives back the bytes of `credit`. */
void bench_outcomes(struct bench *bench, uint64_t number, const char *codes, uint64_t sequence, uint64_t credit_bytes);
bool bench_answer_oldest(
    struct bench *bench); /* accepts it and gives its credit back; false when nothing is unanswered */
void bench_certificate(struct bench *bench, const char *system, uint64_t not_after_ns);

/* One message of a bundle that `sender` signs. */
struct bench_message {
    const char *id, *type, *correlation_id, *source; /* source NULL: the bundle's sender */
    uint32_t kind;                                   /* 0: event */
    const char *payload;
    bool lies_about_size; /* its header says a byte more, and is signed all the same */
};
struct bench_parcel {
    const char *sender;
    const struct bench_message *messages;
    size_t count;
    uint64_t sequence; /* of message 0; the others follow */
    uint64_t subset;   /* bit i: message i is in this parcel */
    uint32_t attempt;
    bool observed;
    const char *agreement; /* NULL: none */
    enum bench_damage { BENCH_SOUND, BENCH_SIGNATURE, BENCH_PAYLOAD, BENCH_PROOF, BENCH_INDEX } damage;
};
void bench_deliver(struct bench *bench, const struct bench_parcel *parcel);
uint64_t bench_message_bytes(const struct bench_message *message, const char *sender);

/* The program's side. */
int bench_publish(struct bench *bench, const char *id, const char *payload);
void bench_settle(struct bench *bench, uint64_t sequence, uint32_t outcome, int code);
/* What of a reply may leave, appended; session_trim_reply's result. The delivery stays. */
int bench_trim(struct bench *bench, uint64_t sequence, const char *payload, struct buffer *out);
int bench_reply(struct bench *bench, uint64_t sequence, const char *payload);
struct header bench_header(const char *id, const char *type);

#endif
