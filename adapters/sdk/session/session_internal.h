/* session_internal.h - the parts of a session, shared by the files session*.c alone.
 * Not an interface: drivers and tests use session.h.
 * Layers, each calling only downwards (tests/purity/session_layers.sh): session.c life and dispatch; session_publish.c and
 * session_receive.c bundles out and in; session_ask.c, session_receipt.c and session_permission.c what a message is for; session_queue.c
 * messages on their way, session_blob.c attachments; session_connection.c; session_effect.c output. */
#ifndef TRUC_SESSION_INTERNAL_H
#define TRUC_SESSION_INTERNAL_H

#include "heap.h"
#include "list.h"
#include "map.h"
#include "session.h"
#include "time_text.h"

enum session_state {
    SESSION_STATE_WAITING,    /* for the time to connect again */
    SESSION_STATE_CONNECTING, /* CONNECT was asked for */
    SESSION_STATE_GREETING,   /* hello was sent */
    SESSION_STATE_OPEN,
    SESSION_STATE_CLOSED,
};

enum outgoing_role { OUTGOING_PUBLISH, OUTGOING_ASK, OUTGOING_REPLY };

/* Whose message it is, and what its outcome is for. */
struct outgoing_request {
    enum outgoing_role role;
    void *token;      /* publish and ask: the program's */
    uint64_t request; /* reply: sequence and leaf of the request */
    struct sha256_digest leaf;
};

/* One message on its way to the broker; first in the queue, then in a publish. */
struct outgoing {
    struct list_link link;
    struct outgoing_request how;
    uint64_t order;     /* in which it was taken: the queue is sorted by it */
    size_t size_bytes;  /* as counted against credit */
    bool may_have_left; /* the broker may have it */
    char id[PROTOCOL_ID_BYTES_MAX + 1];
    struct message message; /* views into `bytes` */
    uint8_t bytes[];
};

/* One signed bundle that the broker has not answered. */
struct publish {
    struct list_link link;
    struct list_link messages;
    uint64_t number;
    size_t count, size_bytes;
    size_t signature_size;
    uint8_t signature[PROTOCOL_SIGNATURE_BYTES_MAX];
    bool is_sent; /* on the present connection */
};

/* What is known of a message between its delivery and its settlement. */
struct inbound {
    uint64_t sequence;
    size_t size_bytes;
    bool is_current;  /* came by the present connection; else it comes again */
    bool is_replying; /* its reply is on its way */
};

struct ask {
    char id[PROTOCOL_ID_BYTES_MAX + 1];
    void *token;
    struct heap_node deadline; /* monotonic, grace included */
};

/* A sender's certificate, as received by this connection. key NULL: it was refused. */
struct peer_key {
    uint8_t key_id[PROTOCOL_KEY_ID_BYTES];
    char system[PROTOCOL_NAME_BYTES_MAX + 1];
    void *key;
    uint64_t not_after_ns;
};

struct verified_root {
    uint8_t key_id[PROTOCOL_KEY_ID_BYTES];
    struct sha256_digest root;
    uint32_t count; /* 0: empty place */
};

struct session {
    struct session_settings settings;
    char bus[PROTOCOL_NAME_BYTES_MAX + 1], system[PROTOCOL_NAME_BYTES_MAX + 1], software[PROTOCOL_NAME_BYTES_MAX + 1];
    enum session_state state;
    bool is_draining;
    bool is_violated; /* the broker broke the protocol: session_frame closes the connection at its end */
    uint64_t random_state;

    /* connection */
    uint64_t retry_at_ns;       /* WAITING */
    uint64_t greeting_until_ns; /* CONNECTING, GREETING */
    uint64_t opened_ns;         /* when welcomed */
    unsigned attempts;          /* since a session lived for SESSION_BACKOFF_MAX_MS */
    uint64_t heard_ns, said_ns, heartbeat_ns;
    uint64_t ping_number;

    /* sending */
    struct list_link queue;     /* of outgoing */
    struct list_link in_flight; /* of publish, ascending numbers */
    size_t in_flight_count;
    size_t pending_count, pending_bytes;
    uint64_t next_number, next_order;
    uint64_t credit_bytes, credit_full_bytes, message_bytes_max;
    uint32_t bundle_messages_max;
    uint64_t blocked_until_ns;
    unsigned blocked_count;
    char notice[PROTOCOL_TEXT_BYTES_MAX + 1];
    struct truc_fault refusal; /* session_refused */

    /* receiving */
    struct map inbound;   /* by sequence */
    struct map peer_keys; /* by key id */
    struct verified_root roots[SESSION_ROOTS_REMEMBERED];
    size_t root_next;
    uint64_t receive_window_bytes, receive_used_bytes; /* used: delivered and not yet granted again */
    uint64_t grant_bytes;                              /* settled, to be granted at the next flush */
    struct buffer settlements;                         /* elements of the next receipt */
    struct buffer settlement_leaves;
    size_t settlement_count;
    uint64_t receipt_at_ns; /* the next one, at the earliest */
    uint64_t grant_at_ns;   /* at the latest */

    struct buffer permissions;  /* as the last welcome said them: elements */
    uint64_t welcomes, retried; /* counts */
    bool is_sandbox;            /* as the last welcome said */

    struct map asks; /* by id */
    struct heap ask_deadlines;

    struct list_link blobs; /* attachments on their way */
    uint64_t blob_number;   /* of the last transfer */

    struct list_link effects;
    struct effect *current; /* whose contents the driver is looking at */
    struct buffer scratch, scratch_frame;
    struct sha256_digest salt; /* of the message composed last */
    struct bundle bundle;      /* for encoding; too large for a stack */
};

/* ---- session_effect.c */
struct effect {
    struct list_link link;
    struct session_effect value;
    struct session_delivery *owned; /* freed with the effect */
    char text[];                    /* behind it: the frame, or the texts */
};
int effect_plain(struct session *session, enum session_effect_kind kind);
int effect_log(struct session *session, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
int effect_send(struct session *session, const struct command *command, struct session_time now);
int effect_permissions(struct session *session, struct bytes permissions);
int effect_blob(struct session *session, void *token, uint64_t offset, struct bytes data);
int effect_deliver(struct session *session, struct session_delivery *delivery); /* takes ownership on success */
struct effect_texts {
    struct bytes id, reason, text, where, hint;
};
/* OUTCOME, ANSWER and REPLIED. `answer` (may be NULL) becomes the effect's on success. */
int effect_result(struct session *session, const struct session_effect *value, const struct effect_texts *texts,
                  struct session_delivery *answer);
void effects_free(struct session *session);

/* ---- session_sign.c */
static inline struct bytes session_key_id(const struct session *session)
{
    return bytes_of(session->settings.key_id, PROTOCOL_KEY_ID_BYTES);
}
/* Appends the signature over these leaves. `out` is bounded by the caller. */
int session_sign(struct session *session, enum statement_kind kind, const struct sha256_digest *leaves, size_t count,
                 struct buffer *out);

/* ---- session_connection.c */
/* Says error; the connection is closed when the frame's command has been handled, and made again later. */
int session_violation(struct session *session, struct session_time now, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static inline int code_of_wire(uint32_t number)
{
    return -(int)(number > 9998 ? 9998 : number);
}
static inline uint32_t code_to_wire(int code)
{
    return code < 0 ? (uint32_t)-code : 0;
}
uint64_t session_jittered_ns(struct session *session, uint64_t span_ms); /* between half of it and the whole */
uint64_t session_backoff_ns(struct session *session, unsigned attempt);
void copy_name(char *out, size_t size, struct bytes name);

/* ---- session_queue.c */
static inline struct outgoing *outgoing_of(struct list_link *link)
{
    return list_element(link, struct outgoing, link);
}
int queue_put(struct session *session, const struct header *header, struct bytes payload,
              const struct outgoing_request *how, struct truc_fault *fault);
/* Takes a question out of the queue, when it is still there. True: it had never left. */
bool queue_cancel(struct session *session, const char *id);
void queue_insert(struct session *session, struct outgoing *outgoing); /* back to its place, out of a publish */
void outgoing_end(struct session *session, struct outgoing *outgoing); /* it is answered, or taken back */

/* ---- session_publish.c */
int publish_welcomed(struct session *session, const struct command_welcome *welcome);
void publish_disconnected(struct session *session);
int publish_outcomes(struct session *session, struct session_time now, const struct command_outcomes *outcomes);
int publish_flush(struct session *session, struct session_time now);
uint64_t publish_wake_ns(const struct session *session);
int publish_close(struct session *session);
void publish_free(struct session *session);

/* ---- session_receive.c */
void receive_disconnected(struct session *session);
int receive_welcomed(struct session *session, struct session_time now);
int receive_certificate(struct session *session, struct session_time now,
                        const struct command_certificate *certificate);
int receive_deliver(struct session *session, struct session_time now, const struct command_deliver *deliver);
void receive_free(struct session *session);

/* ---- session_receipt.c */
struct inbound *inbound_find(const struct session *session, uint64_t sequence); /* NULL: settled, or never seen */
void inbound_forget(struct session *session, struct inbound *inbound);
int receive_settle(struct session *session, uint64_t sequence, const struct settlement *settlement, struct bytes leaf);
int receive_replied(struct session *session, const struct outgoing_request *how, int code,
                    struct bytes text); /* the reply's outcome */
int receive_flush(struct session *session, struct session_time now);
uint64_t receive_wake_ns(const struct session *session);
int receive_grant(struct session *session, struct session_time now, uint64_t bytes);

/* ---- session_permission.c */
int permission_welcomed(struct session *session, const struct command_welcome *welcome);

/* ---- session_blob.c */
int blob_state(struct session *session, struct session_time now, const struct command_blob_state *state);
int blob_chunk(struct session *session, struct session_time now, const struct command_blob_chunk *chunk);
int blob_flush(struct session *session, struct session_time now);
uint64_t blob_wake_ns(const struct session *session);
void blob_disconnected(struct session *session);
int blob_close(struct session *session);
void blob_free(struct session *session);

/* ---- session_ask.c */
int ask_outcome(struct session *session, const char *id, const struct outcome *outcome); /* of its publish */
int ask_reply(struct session *session, struct session_delivery *delivery,
              bool *ret_taken); /* takes it when ret_taken */
int ask_failed(struct session *session, const struct command_failed *failed);
int ask_tick(struct session *session, struct session_time now);
uint64_t ask_wake_ns(const struct session *session);
int ask_cancel(struct session *session, const char *id); /* as session_cancel, for questions */
int ask_close(struct session *session);
void ask_free(struct session *session);

#endif
