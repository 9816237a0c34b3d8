/* session.h - the client's side of the wire protocol as a state machine: events in, effects out (docs/protocol.md).
 * No socket, file, clock, random or key in it: the driver (adapter.c, or a simulation) brings them. It is not the inbox.
 * Between the public interface and the transport: everything the protocol demands of a client is decided here. */
#ifndef TRUC_SESSION_H
#define TRUC_SESSION_H

#include "bundle.h"
#include "command.h"
#include "fault.h"
#include "header.h"

enum {
    SESSION_QUEUE_MESSAGES_MAX = 65536,     /* most a caller may set as queue_messages_max */
    SESSION_PUBLISHES_IN_FLIGHT_MAX = 64,   /* publishes sent and not answered */
    SESSION_BUNDLE_BYTES_MAX = 1024 * 1024, /* a bundle is closed beyond this; one larger message travels alone */
    SESSION_CERTIFICATES_MAX = 1024,        /* that a broker may send in one connection */
    SESSION_ROOTS_REMEMBERED = 16,          /* verified bundles whose further parcels need no signature check */
    SESSION_GREETING_MS = 10000,            /* from connecting to welcome */
    SESSION_BACKOFF_MIN_MS = 100,
    SESSION_BACKOFF_MAX_MS = 5000,
    SESSION_BACKOFF_REFUSED_MS = 30000, /* after an error that only a person can mend */
    SESSION_RECEIPT_PACE_US =
        500,                     /* receipts are at least so far apart: what is settled meanwhile shares a signature */
    SESSION_GRANT_WAIT_MS = 100, /* credit owed waits at most so long for a quarter of the window to come together */
    SESSION_ASK_GRACE_MS = 1000, /* the broker's own DEADLINE answer is awaited so long past the deadline */
    SESSION_HEARTBEATS_MISSED_MAX = 3,
    SESSION_HEARTBEAT_MIN_MS = 50,
    SESSION_HEARTBEAT_MAX_MS = 60000, /* a welcome outside is a protocol error */
};

/* What time it is, brought by each event: the monotonic clock for spans, UTC for certificates. */
struct session_time {
    uint64_t monotonic_ns, wall_ns;
};

/* Keys stay outside. `key` is whatever certificate_open made of a peer's certificate. */
struct session_crypto {
    /* Appends the signature over `statement` by this system's key. */
    int (*sign)(void *context, struct bytes statement, struct buffer *signature, struct truc_fault *fault);
    /* Checks the DER certificate: chain to the authority at `wall_ns`, SAN urn:truc:BUS:SYSTEM, key id. 0 and a key with its last
     * instant of validity, or TRUC_E_SIGNING_KEY, TRUC_E_CRYPTO, TRUC_E_MEMORY. */
    int (*certificate_open)(void *context, struct bytes der, struct bytes system, struct bytes key_id, uint64_t wall_ns,
                            void **ret_key, uint64_t *ret_not_after_ns, struct truc_fault *fault);
    int (*verify)(void *context, void *key, struct bytes statement, struct bytes signature); /* 0 or TRUC_E_SIGNATURE */
    void (*key_free)(void *context, void *key);
};

struct session_settings {
    const char *bus, *system, *software; /* copied */
    uint8_t session_id[PROTOCOL_SESSION_BYTES];
    uint8_t key_id[PROTOCOL_KEY_ID_BYTES];
    uint8_t salt_secret[SHA256_BYTES];
    uint64_t receive_window_bytes; /* raised to the broker's largest message when smaller; 0: never receives */
    uint32_t queue_messages_max;   /* messages taken and not yet completed, 1..SESSION_QUEUE_MESSAGES_MAX */
    uint64_t queue_bytes_max;
    uint64_t random_seed;                /* for the jitter of reconnecting */
    const struct session_crypto *crypto; /* outlives the session */
    void *crypto_context;
};

struct session;

/* 0 and a session to be freed with session_free; TRUC_E_ARGUMENT, TRUC_E_MEMORY. It begins by asking for a connection. */
int session_create(const struct session_settings *settings, struct session_time now, struct session **ret_session,
                   struct truc_fault *fault);
void session_free(struct session *session);

/* ---- events. They return 0, or an error that ends the session: TRUC_E_MEMORY, TRUC_E_CRYPTO (signing failed). A peer's fault
 * is no error here: the connection is closed and made anew. -------------------------------------------------------------- */
int session_connected(struct session *session, struct session_time now);
int session_disconnected(struct session *session, struct session_time now,
                         const char *reason); /* also: could not connect */
int session_frame(struct session *session, struct session_time now, struct bytes frame);
int session_tick(struct session *session, struct session_time now); /* at session_wake_ns, or any other time */
/* The end of a step: makes one receipt of all that was settled if the last is SESSION_RECEIPT_PACE_US ago, grants credit, bundles and
 * signs what is queued. Whatever must be durable before the broker hears of it (the inbox) is made so before this call. */
int session_flush(struct session *session, struct session_time now);
/* Before closing: the receipt of what is settled, without waiting for its time. */
int session_flush_receipts(struct session *session, struct session_time now);

/* ---- what the program wants -------------------------------------------------------------------------------------------- */

/* Takes a message for sending. Of `header` everything but source, payload digest and size is the caller's; copied.
 * Its SESSION_OUTCOME effect carries `token`. TRUC_E_ARGUMENT, TRUC_E_SECRET (nothing was kept), TRUC_E_TOO_LARGE, TRUC_E_LIMIT,
 * TRUC_E_CLOSED, TRUC_E_MEMORY. */
int session_publish(struct session *session, const struct header *header, struct bytes payload, void *token,
                    struct truc_fault *fault);
/* The same in two steps, for a driver that keeps the bytes in between. Composing gives the bytes that will be signed: views into the
 * session and `payload`, until the next call for this session. What was composed, perhaps by an earlier run, is sent as it is; the
 * bounds were composing's to check. `may_have_left`: an earlier run may have sent it. TRUC_E_ARGUMENT: no message of this system. */
int session_compose(struct session *session, const struct header *header, struct bytes payload,
                    struct message *ret_message, struct truc_fault *fault);
int session_publish_composed(struct session *session, const struct message *message, bool may_have_left, void *token,
                             struct truc_fault *fault);
/* The same for a question: kind becomes request, header->expires_ns is the deadline for the broker, timeout_ms ours.
 * Exactly one SESSION_ANSWER effect carries `token`. */
int session_ask(struct session *session, const struct header *header, struct bytes payload, uint32_t timeout_ms,
                struct session_time now, void *token, struct truc_fault *fault);

/* Takes back what was not answered. 0: it never left, and its outcome or answer is TRUC_E_CANCELLED. 1: a question that may have left; its
 * answer is TRUC_E_CANCELLED all the same, and a reply that comes answers nobody. TRUC_E_STATE: a message that may have left; its
 * outcome will come. TRUC_E_NOT_FOUND; TRUC_E_MEMORY. */
int session_cancel(struct session *session, const char *id);

/* A message that came, owned by the driver from the effect on, freed with session_delivery_free after it is settled or given up. */
struct session_delivery {
    uint64_t sequence;
    uint32_t attempt;
    struct bytes agreement; /* of a request: what it travels under */
    bool is_observed;       /* a copy: of a request, too, an event that asks for no answer */
    struct header header;   /* views into the memory behind this struct */
    struct bytes payload;
    struct sha256_digest leaf;
};
void session_delivery_free(struct session_delivery *delivery);

/* Settles a delivery (sequence and leaf are filled in). Harmless when the connection it came by is gone: it will come again. */
int session_settle(struct session *session, const struct session_delivery *delivery,
                   const struct settlement *settlement);
/* Publishes the reply to a delivered request and settles the request by what becomes of it. The same `time_ns` and payload give
 * the same bytes, so that a repeat is recognised. TRUC_E_STATE: not a request; TRUC_E_ARGUMENT, TRUC_E_TOO_LARGE, TRUC_E_MEMORY. */
int session_reply(struct session *session, const struct session_delivery *delivery, struct bytes payload,
                  uint64_t time_ns, struct truc_fault *fault);

/* What of a reply the request's agreement lets out (docs/protocol.md, "Requests and replies"), appended to `out`: 1 when
 * something was left out, 0 when all of it may leave (then `out` is of no use), TRUC_E_MEMORY. */
int session_trim_reply(struct session *session, const struct session_delivery *delivery, struct bytes payload,
                       struct buffer *out);

/* Attachments (docs/protocol.md, "Blobs"). `token` names one, and comes with its effects; SESSION_BLOB_END is the last. A put wants pieces
 * of PROTOCOL_BLOB_CHUNK_BYTES, the last of what is left, each given by session_blob_piece; a get gives what comes, from `offset` on.
 * `message`: position plus one of the message it is fetched for, 0: this system holds it. TRUC_E_CLOSED, TRUC_E_MEMORY. */
int session_blob_put(struct session *session, const struct sha256_digest *sha256, uint64_t size_bytes, void *token,
                     struct truc_fault *fault);
int session_blob_get(struct session *session, const struct sha256_digest *sha256, uint64_t message, uint64_t offset,
                     void *token, struct truc_fault *fault);
int session_blob_piece(struct session *session, struct session_time now, const void *token, uint64_t offset,
                       struct bytes data);
/* Gives it up: no effect of it follows. `discard`: the broker need not keep what came. */
int session_blob_stop(struct session *session, struct session_time now, const void *token, bool discard);

void session_drain(struct session *session);            /* hands over no new deliveries from now on */
bool session_is_drained(const struct session *session); /* nothing queued, unanswered, asked, handled or unsettled */
/* Says bye and completes what is pending with TRUC_E_CLOSED. Effects remain to be taken; nothing else follows. */
int session_close(struct session *session, struct session_time now);

/* ---- effects, in order -------------------------------------------------------------------------------------------------- */
enum session_effect_kind {
    SESSION_CONNECT = 1, /* make a new connection; then session_connected or session_disconnected */
    SESSION_DISCONNECT,  /* close it; session_disconnected need not be called */
    SESSION_SEND,        /* frame */
    SESSION_DELIVER,     /* delivery, yours */
    SESSION_OUTCOME,     /* token, code, sequence, repeat, id, text, where, hint */
    SESSION_ANSWER,      /* token, code, sequence, reason, text, hint; with code 0 answer */
    SESSION_REPLIED,     /* a reply was answered and its request settled: sequence, code of the reply's outcome */
    SESSION_PERMISSIONS, /* a welcome came, the first or a new one: frame holds its permissions, for permission_next */
    SESSION_BLOB_WANT,   /* token; the piece from `sequence` on */
    SESSION_BLOB_DATA,   /* token; frame holds the piece from `sequence` on */
    SESSION_BLOB_PROGRESS, /* token; the broker has everything below `sequence` */
    SESSION_BLOB_END,      /* token, code, text, hint */
    SESSION_LOG,           /* level as syslog's, text */
};

/* Texts are never NULL. Everything but `delivery` lives until the next call of session_effect_next. */
struct session_effect {
    enum session_effect_kind kind;
    struct bytes frame;
    struct session_delivery *delivery;
    const struct session_delivery *answer; /* the reply as it was delivered */
    void *token;
    int code; /* 0 or an enum truc_error */
    uint64_t sequence;
    bool repeat;
    int level;
    const char *id, *reason, *text, *where, *hint;
};

/* The next effect, or false when there is none. */
bool session_effect_next(struct session *session, struct session_effect *ret_effect);
uint64_t session_wake_ns(
    const struct session *session); /* when session_tick is due, on the monotonic clock; UINT64_MAX: never */

bool session_is_open(const struct session *session);    /* welcomed */
bool session_is_sandbox(const struct session *session); /* and told by that welcome that the bus is a sandbox */
size_t session_pending(const struct session *session);  /* messages and questions taken and not yet completed */
/* Since the session was created; and what it holds now. */
struct session_counts {
    uint64_t welcomes, retried;                /* retried: messages sent again after a loss or a passing shortage */
    size_t pending_messages, inbound_messages; /* inbound: delivered and not settled */
    uint64_t pending_bytes;
};
struct session_counts session_counts(const struct session *session);
/* 0, or why the broker ended the last session, when only a person can mend it; until it welcomes one again. */
int session_refused(const struct session *session, struct truc_fault *fault);
const char *session_blocked_reason(const struct session *session); /* the broker's notice in force, or "" */

/* The id of the reply to a question: 32 hex digits of SHA-256("reply" 0 asker 0 request id), ended by 0. */
void session_reply_id(struct bytes asker, struct bytes request_id, char ret_id[33]);

#endif
