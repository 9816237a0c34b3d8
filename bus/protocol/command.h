/* command.h - the commands of the wire protocol as values (docs/protocol.md, "Commands"; schemas/truc/bus/v1/wire.proto).
 * One frame is one command. Decoding gives views into the frame; repeated parts are walked by the *_next functions.
 * No state in here: what may follow what is the session's business (bus/core/session/, adapters/sdk/session/). */
#ifndef TRUC_COMMAND_H
#define TRUC_COMMAND_H

#include "buffer.h"
#include "bundle.h"

enum command_kind {
    COMMAND_HELLO = 1,
    COMMAND_WELCOME = 2,
    COMMAND_PUBLISH = 3,
    COMMAND_OUTCOMES = 4,
    COMMAND_CREDIT = 5,
    COMMAND_DELIVER = 6,
    COMMAND_SETTLE = 7,
    COMMAND_FAILED = 8,
    COMMAND_PING = 9,
    COMMAND_PONG = 10,
    COMMAND_BYE = 11,
    COMMAND_ERROR = 12,
    COMMAND_ASK = 13,
    COMMAND_ANSWER = 14,
    COMMAND_CERTIFICATE = 15,
    COMMAND_NOTICE = 16,
    COMMAND_BLOB_PUT = 17,
    COMMAND_BLOB_GET = 18,
    COMMAND_BLOB_CHUNK = 19,
    COMMAND_BLOB_STATE = 20,
    COMMAND_BLOB_MORE = 21,
    COMMAND_BLOB_STOP = 22,
    COMMAND_KIND_MAX = 22,
};

struct command_hello {
    uint32_t version_min, version_max;
    struct bytes bus, system, session, software;
    uint64_t receive_credit_bytes;
};

struct command_welcome {
    uint32_t version;
    struct bytes bus;
    uint64_t time_ns, message_bytes_max;
    uint32_t bundle_messages_max;
    uint64_t publish_credit_bytes;
    uint32_t heartbeat_ms;
    uint64_t published_through;
    struct bytes
        permissions; /* encoded elements, walked by permission_next; for encoding: permission_append's output */
    struct bytes configuration;
    bool sandbox;
};

enum permission_direction { PERMISSION_SEND = 1, PERMISSION_RECEIVE = 2 };
struct permission {
    struct bytes type, peer;
    uint32_t direction;
    struct bytes agreement;
    uint64_t valid_until_ns;
    struct bytes reply_fields; /* elements: field_path_next, field_path_append; none: a reply may hold anything */
};

struct command_publish {
    uint64_t number;
    struct bytes bundle; /* encoded, for bundle_decode */
};

struct outcome {
    uint32_t code; /* 0, or a positive error number */
    uint64_t sequence;
    bool repeat;
    struct bytes text, where, hint;
};

struct command_outcomes {
    uint64_t number;
    struct bytes outcomes; /* elements: outcome_next, outcome_append */
    uint64_t credit_bytes;
};

struct command_deliver {
    struct bytes parcels; /* elements: parcel_next, parcel_append */
};

struct delivery {
    uint64_t sequence;
    uint32_t index, attempt;
    struct message message;
    struct bytes agreement; /* of a request: what it travels under */
    bool observed;          /* a copy for an observer: of a request, too, it is not to be answered */
};

struct parcel {
    struct bytes sender, key_id, signature;
    uint32_t count;
    struct bytes deliveries; /* elements: delivery_next, delivery_append */
    struct bytes proof;      /* elements: proof_next, proof_append */
};

enum settlement_outcome { SETTLED_DONE = 1, SETTLED_RETRY = 2, SETTLED_REJECT = 3 };
struct settlement {
    uint64_t sequence;
    uint32_t outcome;
    struct bytes message_leaf;
    uint32_t code;
    struct bytes reason, text;
    uint64_t retry_after_ms;
};

struct command_settle {
    struct bytes key_id, signature;
    struct bytes settlements; /* elements: settlement_next gives the encoded leaf and its value */
};

struct command_failed {
    struct bytes request_id;
    uint64_t sequence;
    uint32_t code;
    struct bytes reason, text;
};

struct command_error {
    uint32_t code;
    struct bytes text, where, hint;
};

struct command_ask {
    uint64_t number;
    struct bytes verb, arguments;
};

struct command_answer {
    uint64_t number;
    uint32_t code;
    struct bytes text, hint, result;
    bool more;
};

struct command_certificate {
    struct bytes key_id, system, der;
};

/* Attachments: docs/protocol.md, "Blobs". */
struct command_blob_put {
    uint64_t number;
    struct bytes sha256;
    uint64_t size_bytes;
    uint32_t classification;
    uint64_t message; /* journal position plus one; 0: none */
};

struct command_blob_get {
    uint64_t number;
    struct bytes sha256;
    uint64_t message, offset, through;
    struct bytes reason;
};

struct command_blob_chunk {
    uint64_t number, offset;
    struct bytes data;
};

struct command_blob_state {
    uint64_t number;
    uint32_t code;
    struct bytes text, hint;
    uint64_t offset, size_bytes;
    bool complete;
    uint64_t through;
    uint32_t chunk_bytes;
};

struct command_blob_more {
    uint64_t number, through;
};

struct command_blob_stop {
    uint64_t number;
    bool discard;
};

struct command {
    enum command_kind kind;
    union {
        struct command_hello hello;
        struct command_welcome welcome;
        struct command_publish publish;
        struct command_outcomes outcomes;
        struct {
            uint64_t bytes;
        } credit;
        struct command_deliver deliver;
        struct command_settle settle;
        struct command_failed failed;
        struct {
            uint64_t number;
        } ping; /* and pong */
        struct {
            struct bytes text;
        } bye;
        struct command_error error; /* and notice, which uses code and text */
        struct command_ask ask;
        struct command_answer answer;
        struct command_certificate certificate;
        struct command_blob_put blob_put;
        struct command_blob_get blob_get;
        struct command_blob_chunk blob_chunk;
        struct command_blob_state blob_state;
        struct command_blob_more blob_more;
        struct command_blob_stop blob_stop;
    };
};

/* Decodes one frame. TRUC_E_PROTOCOL with the field in fault->where: malformed, unknown command or field, a singular field
 * twice, wrong wire type, over a bound. Views live as long as `frame`. */
int command_decode(struct bytes frame, struct command *ret, struct truc_fault *fault);
/* Appends one frame. The command's byte fields are copied. */
void command_encode(const struct command *command, struct buffer *out);
const char *command_name(enum command_kind kind); /* "hello" … */

/* Walkers: 1 and the next element, 0 at the end, TRUC_E_PROTOCOL. `offset` starts as 0. Appenders build the element lists. */
int permission_next(struct bytes elements, size_t *offset, struct permission *ret);
void permission_append(struct buffer *out, const struct permission *permission);
int outcome_next(struct bytes elements, size_t *offset, struct outcome *ret);
void outcome_append(struct buffer *out, const struct outcome *outcome);
int parcel_next(struct bytes elements, size_t *offset, struct parcel *ret);
void parcel_append(struct buffer *out, const struct parcel *parcel);
int delivery_next(struct bytes elements, size_t *offset, struct delivery *ret);
void delivery_append(struct buffer *out, const struct delivery *delivery);
int proof_next(struct bytes elements, size_t *offset, struct sha256_digest *ret);
void proof_append(struct buffer *out, const struct sha256_digest *hash);
/* ret_leaf (may be NULL): the encoded settlement, whose hash(00 ‖ …) is the receipt's leaf. */
int settlement_next(struct bytes elements, size_t *offset, struct settlement *ret, struct bytes *ret_leaf);
void settlement_encode(const struct settlement *settlement, struct buffer *out); /* the leaf's bytes alone */
int settlement_decode(struct bytes encoded, struct settlement *ret);
void settlement_append(struct buffer *out, struct bytes encoded); /* as an element of a settle command */

#endif
