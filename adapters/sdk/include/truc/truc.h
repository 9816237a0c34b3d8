/* truc/truc.h - the adapter SDK of Trục: publish, ask, serve, settle over one authenticated session.
 * It hides the wire protocol (docs/protocol.md), signing, credit, reconnection and the inbox; it is not a mapping tool.
 * One adapter belongs to one thread: call everything from the thread that runs it; truc_post() and truc_wake() from any. */
#ifndef TRUC_TRUC_H
#define TRUC_TRUC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <truc/error.h>

#if defined(__GNUC__)
#define TRUC_API __attribute__((visibility("default")))
#else
#define TRUC_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct truc_adapter truc_adapter; /* a session with the bus, made again whenever it is lost */
typedef struct truc_request truc_request; /* one message delivered to this adapter, until it is settled */

enum truc_kind { TRUC_EVENT = 1, TRUC_COMMAND = 2, TRUC_REQUEST = 3, TRUC_REPLY = 4 };
enum truc_urgency {
    TRUC_NORMAL = 1,
    TRUC_URGENT = 2,
    TRUC_MOST_URGENT = 3,
    TRUC_EXPRESS = 4
}; /* Thường, Khẩn, Thượng khẩn, Hỏa tốc */
enum truc_classification {
    TRUC_UNCLASSIFIED = 0,
    TRUC_NOT_SECRET = 1,
    TRUC_SECRET = 2
}; /* anything but NOT_SECRET is refused */

/* ---- opening ------------------------------------------------------------------------------------------------- */

struct truc_options {
    size_t size;          /* sizeof(struct truc_options): lets later versions add fields */
    const char *settings; /* path of the adapter's settings file (docs/sdk.md); required */
    const char *inbox;    /* overrides the inbox file of the settings; NULL: as set there */
    void (*log)(void *context, int level,
                const char *text); /* level as syslog's 3..7; NULL: standard error, without 7 on a terminal */
    void *log_context;
};

/* Reads settings and keys; connects in the background. 0, or the reason in `fault` (TRUC_E_CONFIG, TRUC_E_CRYPTO, TRUC_E_IO).
 * The adapter is owned by the caller until truc_adapter_close. */
TRUC_API int truc_adapter_open(const struct truc_options *options, truc_adapter **ret_adapter,
                               struct truc_fault *fault);
/* The same for a program's main: takes --settings FILE (or TRUC_SETTINGS); prints what is wrong and exits with 2. Never NULL. */
TRUC_API truc_adapter *truc_adapter_open_args(int argc, char **argv);
/* Says bye, completes everything pending with TRUC_E_CLOSED, frees. NULL is fine. */
TRUC_API void truc_adapter_close(truc_adapter *adapter);
TRUC_API const char *truc_adapter_system(const truc_adapter *adapter); /* this adapter's system id, e.g. "portal" */

/* ---- running -------------------------------------------------------------------------------------------------- */

/* Runs until SIGTERM or SIGINT, then drains: no new deliveries, handlers and publishes in progress end, bye. Returns a program's exit
 * status; the adapter remains to be closed. */
TRUC_API int truc_run(truc_adapter *adapter);
/* For a program with its own loop: poll `truc_fd` for reading for at most `truc_timeout_ms`, then call truc_step. */
TRUC_API int truc_fd(const truc_adapter *adapter);
TRUC_API int truc_timeout_ms(const truc_adapter *adapter); /* >= 0 */
TRUC_API int truc_step(truc_adapter *adapter,
                       struct truc_fault *fault); /* handles all that is ready; 0, or an error that ends the adapter */
TRUC_API void truc_drain(truc_adapter *adapter);  /* takes no new deliveries from now on */
TRUC_API bool truc_is_drained(const truc_adapter *adapter); /* nothing is being handled, published or asked */
TRUC_API bool truc_is_connected(const truc_adapter *adapter);
/* 0, or why the broker ended the last connection, when only a person can mend it (a wrong key, a suspended system, …): the adapter
 * tries again, rarely. A program that somebody waits for may end. */
TRUC_API int truc_refused(const truc_adapter *adapter, struct truc_fault *fault);
/* True while connected to a bus for trying, as its broker says: nothing real comes of what is sent there. */
TRUC_API bool truc_is_sandbox(const truc_adapter *adapter);
TRUC_API void truc_wake(truc_adapter *adapter); /* makes truc_fd readable; from any thread */

/* The door for other threads: `call` is made once by the adapter's thread, in its next step or at the latest in truc_adapter_close, and
 * may use everything here. Calls of one thread keep their order. TRUC_E_LIMIT: 65536 wait; TRUC_E_CLOSED: the adapter has ended.
 * Threads that post must have ended, or know not to, before truc_adapter_close is called. */
typedef void truc_posted(truc_adapter *adapter, void *context);
TRUC_API int truc_post(truc_adapter *adapter, truc_posted *call, void *context);

/* ---- publishing ----------------------------------------------------------------------------------------------- */

/* Whose business a message or question is: an agreement may require parts of it. Empty strings count as missing. */
struct truc_purpose {
    const char *procedure;   /* mã thủ tục hành chính */
    const char *dossier;     /* mã hồ sơ */
    const char *officer;     /* mã cán bộ */
    const char *legal_basis; /* căn cứ pháp lý */
};

/* The message of a journal that is replayed, for evidence: `truc journal replay`. Only a sandbox takes it (TRUC_E_REPLAY). */
struct truc_replay_of {
    const char *bus;
    uint64_t position;
    const void *message_leaf; /* 32 bytes: SHA-256(00 || header bytes) of the original */
};

/* An attachment that a message names. Its content travels apart: truc_blob_put_file, truc_blob_get_file. */
struct truc_attachment {
    const void *sha256; /* 32 bytes: of the content */
    uint64_t size_bytes;
    const char *name;       /* e.g. "đơn.pdf"; may say whose document it is */
    const char *media_type; /* e.g. "application/pdf" */
};

/* A message to send. Strings and payload are copied before the call returns; NULL strings mean empty. */
struct truc_outgoing {
    size_t size;         /* sizeof(struct truc_outgoing) */
    const char *type;    /* e.g. "dossier.submitted"; required */
    const char *subject; /* what it is about: the dossier code; also the default ordering key */
    const void *payload; /* protobuf bytes of the type's schema */
    size_t payload_bytes;
    enum truc_kind kind;       /* 0: TRUC_EVENT (truc_ask sets TRUC_REQUEST) */
    enum truc_urgency urgency; /* 0: TRUC_NORMAL */
    enum truc_classification
        classification; /* there is no default: what is not TRUC_NOT_SECRET is refused here already */
    const char *id;     /* NULL: made by the SDK. Give one (unique per sender for ever) when the source has its own */
    const char *ordering_key;   /* NULL: the subject */
    const char *correlation_id; /* NULL: none */
    const char *causation_id;   /* NULL: none */
    const char *traceparent;    /* W3C trace context; NULL: none */
    uint64_t time_ns;           /* when it happened, UTC; 0: now */
    uint64_t expires_ns;        /* 0: as the route says */
    bool historical;            /* backfill: reminds and texts nobody */
    struct truc_purpose purpose;
    uint64_t not_before_ns; /* deliver it not before, UTC (Hỏa tốc hẹn giờ); 0: at once. Events and commands */
    const struct truc_replay_of *replay_of;    /* NULL: a message of today */
    const struct truc_attachment *attachments; /* each uploaded before: truc_blob_put_file. NULL: none */
    size_t attachments_count;                  /* at most 64 */
};

/* What became of a publish: code 0 = accepted, durable and routed at journal position `sequence`. Valid during the callback. */
struct truc_outcome {
    int code; /* 0 or an enum truc_error */
    uint64_t sequence;
    const char *id;
    const char *text; /* why, for a person; "" when accepted */
    const char *hint;
    bool repeat; /* accepted before: the same message under the same id; `sequence` is the first one's */
};
typedef void truc_completion(void *context, const struct truc_outcome *outcome);

/* Takes the message for sending; `completion` (may be NULL) is called once, from truc_step, also across reconnects.
 * Errors now: TRUC_E_ARGUMENT, TRUC_E_SECRET (nothing was kept), TRUC_E_TOO_LARGE, TRUC_E_LIMIT (window full: try when something completes).
 * With an outbox in the settings, 0 means that the message is on disk and will be answered, by a later run if need be; further errors:
 * TRUC_E_EXISTS (the id waits in the outbox already), TRUC_E_IO (the outbox can't be written: the adapter ends). */
TRUC_API int truc_publish(truc_adapter *adapter, const struct truc_outgoing *message, truc_completion *completion,
                          void *context, struct truc_fault *fault);
/* Tells the outcomes of messages that an earlier run left in the outbox. At least once each: after a crash in between, again.
 * Without a callback they are logged. Call before the first truc_step. */
TRUC_API void truc_on_outcome(truc_adapter *adapter, truc_completion *callback, void *context);

/* A message of the outbox that the broker refused TOO_OLD: its sender was away for longer than ids are known, so nobody can tell whether
 * it had been accepted before. It stays in the file until a person has decided: published anew under another id, or not. Valid during
 * the call. */
struct truc_aside {
    const char *id, *type, *subject;
    const char *text;    /* why, as the broker said it */
    int code;            /* TRUC_E_TOO_OLD */
    uint64_t time_ns;    /* when it happened, as published */
    uint64_t refused_ns; /* when it was refused */
    const void *payload;
    size_t payload_bytes;
};
typedef int truc_aside_visit(void *context, const struct truc_aside *aside);
/* Shows each, oldest first; the visitor may publish and let go. 0, or what the visitor returned that was not 0; TRUC_E_STATE without an
 * outbox, TRUC_E_IO. */
TRUC_API int truc_outbox_aside(truc_adapter *adapter, truc_aside_visit *visit, void *context, struct truc_fault *fault);
/* Its bytes are overwritten. TRUC_E_NOT_FOUND, and as above. */
TRUC_API int truc_outbox_let_go(truc_adapter *adapter, const char *id, struct truc_fault *fault);
TRUC_API size_t truc_publish_pending(const truc_adapter *adapter); /* publishes not yet answered */

/* ---- attachments ---------------------------------------------------------------------------------------------- */

#define TRUC_BLOB_HELD UINT64_MAX /* in place of a message's position: this system uploaded it */

/* How an upload or download ended. Valid during the callback. */
struct truc_blob_result {
    int code;           /* 0 or an enum truc_error */
    const void *sha256; /* 32 bytes; of an upload that could not be read, nothing of meaning */
    uint64_t size_bytes;
    const char *text, *hint; /* why, for a person; "" when all is well */
};
typedef void truc_blob_done(void *context, const struct truc_blob_result *result);
typedef void truc_blob_progress(void *context, uint64_t done_bytes, uint64_t size_bytes); /* size 0: not known */
struct truc_blob_options {
    size_t size;                             /* sizeof(struct truc_blob_options) */
    enum truc_classification classification; /* of an upload; there is no default */
    truc_blob_progress *progress;            /* may be NULL */
    truc_blob_done *done;                    /* called once, from truc_step or truc_adapter_close; may be NULL */
    void *context;
};

/* Uploads a file, for messages that name it once `done` came with code 0. It is read twice, first for its hash, a piece a step; what the
 * broker has already is not sent again, also after a reconnect or by a later run. `fd` stays the caller's and open until `done`.
 * Errors now: TRUC_E_ARGUMENT, TRUC_E_SECRET (nothing was read), TRUC_E_IO, TRUC_E_MEMORY. */
TRUC_API int truc_blob_put_file(truc_adapter *adapter, const char *path, const struct truc_blob_options *options,
                                struct truc_fault *fault);
TRUC_API int truc_blob_put_fd(truc_adapter *adapter, int fd, const struct truc_blob_options *options,
                              struct truc_fault *fault);
/* Downloads the content with this hash (32 bytes) for the message at `sequence` that names it (truc_request_sequence), or TRUC_BLOB_HELD.
 * It goes on after a reconnect; the hash is compared at the end (TRUC_E_BLOB_HASH). A file is PATH.part until it is whole and synced, and a
 * later run goes on with that; `fd` is written from its beginning, stays the caller's and open until `done`. Errors now as above. */
TRUC_API int truc_blob_get_file(truc_adapter *adapter, const void *sha256, uint64_t sequence, const char *path,
                                const struct truc_blob_options *options, struct truc_fault *fault);
TRUC_API int truc_blob_get_fd(truc_adapter *adapter, const void *sha256, uint64_t sequence, int fd,
                              const struct truc_blob_options *options, struct truc_fault *fault);

/* ---- asking --------------------------------------------------------------------------------------------------- */

/* The answer to a question, or the named reason why there is none (TRUC_E_DEADLINE, TRUC_E_REJECTED, TRUC_E_NO_ROUTE, …). */
struct truc_answer {
    int code;
    const char *reason; /* the provider's own reason name when it rejected, e.g. "NO_MATCH"; else "" */
    const char *text;
    const char *hint;
    const void *payload; /* protobuf bytes of the reply type; NULL unless code is 0 */
    size_t payload_bytes;
    const char *type;  /* the reply's type */
    uint64_t sequence; /* journal position of the reply */
};
typedef void truc_answer_callback(void *context, const struct truc_answer *answer);

/* Asks; `callback` is called exactly once, at the latest shortly after `timeout_ms`. Errors now as truc_publish. */
TRUC_API int truc_ask(truc_adapter *adapter, const struct truc_outgoing *message, uint32_t timeout_ms,
                      truc_answer_callback *callback, void *context, struct truc_fault *fault);

/* Takes back a publish or a question by the id the program gave it. 0: it never left for the broker; its completion or callback comes
 * with TRUC_E_CANCELLED, from truc_step. 1, for questions only: it may have left, so the far side may act; the callback comes with
 * TRUC_E_CANCELLED, and a late reply answers nobody. TRUC_E_STATE: a publish that may have left; its outcome comes as ever.
 * TRUC_E_NOT_FOUND: nothing with this id waits. Out of an outbox it is gone when the next truc_step has returned. */
TRUC_API int truc_cancel(truc_adapter *adapter, const char *id);

/* ---- receiving ------------------------------------------------------------------------------------------------ */

/* Handles one delivered message. It ends by settling: truc_done, truc_retry, truc_reject or truc_reply, and returns what that
 * returned; or it keeps the request with truc_keep and settles later from the same thread. Returning without either is a defect
 * of the handler and counts as truc_retry(TRUC_E_HANDLER). */
typedef int truc_handler(truc_request *request, void *context);

/* Serves messages of `type`; "*" takes what no other handler does. Call before the first truc_step. */
TRUC_API int truc_serve(truc_adapter *adapter, const char *type, truc_handler *handler, void *context);

TRUC_API int truc_done(truc_request *request);                              /* its effect has happened */
TRUC_API int truc_retry(truc_request *request, int code, const char *text); /* not now: deliver it again later */
TRUC_API int truc_retry_after(truc_request *request, int code, const char *text, uint32_t after_ms); /* not before */
TRUC_API int truc_reject(truc_request *request, int code, const char *reason,
                         const char *text); /* never: dead letter, or the asker's named answer */
TRUC_API int truc_reply_bytes(
    truc_request *request, const void *payload,
    size_t payload_bytes);                      /* answers a TRUC_REQUEST with what its agreement lets out of this */
TRUC_API void truc_keep(truc_request *request); /* settled later; a kept request is gone once it is settled */

TRUC_API const char *truc_request_type(const truc_request *request);
TRUC_API const char *truc_request_id(const truc_request *request);
TRUC_API const char *truc_request_source(const truc_request *request); /* the sender's system id */
TRUC_API const char *truc_request_subject(const truc_request *request);
TRUC_API const char *truc_request_ordering_key(const truc_request *request);
TRUC_API const char *truc_request_correlation_id(const truc_request *request);
TRUC_API const char *truc_request_causation_id(const truc_request *request);
TRUC_API const char *truc_request_traceparent(const truc_request *request);
TRUC_API enum truc_kind truc_request_kind(const truc_request *request);
TRUC_API enum truc_urgency truc_request_urgency(const truc_request *request);
TRUC_API uint64_t truc_request_time_ns(const truc_request *request);
TRUC_API uint64_t truc_request_expires_ns(const truc_request *request); /* 0: none; for requests the deadline */
TRUC_API uint64_t truc_request_sequence(const truc_request *request);   /* journal position */
TRUC_API uint32_t truc_request_attempt(const truc_request *request);    /* 1 for the first delivery */
TRUC_API bool truc_request_historical(const truc_request *request);
/* True in a sandbox, when the message was replayed from a journal: whoever it names is no real person. */
TRUC_API bool truc_request_replayed(const truc_request *request);
/* True when this system only observes it: a copy. An observed request is a TRUC_EVENT and can't be answered. */
TRUC_API bool truc_request_observed(const truc_request *request);
/* True when an earlier run began to handle it and did not end: its effect may have happened. */
TRUC_API bool truc_request_may_have_run(const truc_request *request);
TRUC_API const struct truc_purpose *truc_request_purpose(const truc_request *request);
TRUC_API const void *truc_request_payload(const truc_request *request, size_t *ret_bytes);
TRUC_API size_t truc_request_attachments(const truc_request *request); /* how many it names */
/* The n-th: 0, or TRUC_E_NOT_FOUND. Valid as long as the request. */
TRUC_API int truc_request_attachment(const truc_request *request, size_t n, struct truc_attachment *ret_attachment);
TRUC_API truc_adapter *truc_request_adapter(const truc_request *request);

/* ---- permissions ---------------------------------------------------------------------------------------------- */

enum truc_direction { TRUC_SENDING = 1, TRUC_RECEIVING = 2 };

/* Whether an agreement lets this system send `type` to `peer`, or receive it from there (NULL: anybody), as the broker told it last. 0 and
 * the instant it ends, UTC (UINT64_MAX: open-ended; `ret_until_ns` may be NULL); TRUC_E_NO_AGREEMENT; TRUC_E_AGREEMENT_LAPSED;
 * TRUC_E_DISCONNECTED: not connected since the start, so nothing is known. It is advice: a route is needed as well, and the broker decides.
 * Changes, and agreements that lapse within 90, 30 and 7 days, are logged. */
TRUC_API int truc_permitted(const truc_adapter *adapter, const char *type, enum truc_direction direction,
                            const char *peer, uint64_t *ret_until_ns);

/* ---- watching ------------------------------------------------------------------------------------------------- */

enum { TRUC_METRICS_CODES = 128 };

/* Counts since truc_adapter_open, and what is so now. Later versions add members at the end. */
struct truc_metrics {
    size_t size;              /* sizeof(struct truc_metrics), set by the caller; then as much as was filled in */
    uint64_t published;       /* messages and questions taken, those out of the outbox included */
    uint64_t published_bytes; /* of their payloads */
    uint64_t accepted;        /* messages */
    uint64_t answered;        /* questions with a reply */
    uint64_t refused;         /* messages and questions that ended otherwise */
    uint64_t refused_by_code
        [TRUC_METRICS_CODES]; /* the same by -code (place 49: AGREEMENT_LAPSED); 0: codes past the table */
    uint64_t retried;         /* sent again after a loss or a passing shortage */
    uint64_t delivered;       /* to this adapter, replies to its questions not included */
    uint64_t delivered_bytes; /* of their payloads */
    uint64_t settled_done, settled_retry, settled_reject, replied; /* by handlers */
    uint64_t settled_by_inbox;                                     /* came again, and no handler ran */
    uint64_t reconnects;                                           /* connections after the first */
    /* now */
    uint64_t waiting;              /* not yet answered by the broker: truc_publish_pending */
    uint64_t waiting_bytes;        /* of them, as counted against queue-size */
    uint64_t handling;             /* delivered and not yet settled */
    uint64_t oldest_unanswered_ms; /* age of the oldest message or question without an end; 0: none */
};

/* 0, or TRUC_E_ARGUMENT. Cheap: no call to the broker. */
TRUC_API int truc_metrics(const truc_adapter *adapter, struct truc_metrics *ret_metrics);

TRUC_API const char *truc_version(void);

#ifdef __cplusplus
}
#endif
#endif
