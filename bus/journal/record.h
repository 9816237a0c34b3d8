/* record.h - what the records of the journal say: their kinds and bodies (docs/journal-format.md, "Records").
 * Bodies are protobuf (schemas/truc/bus/v1/journal.proto), so that foreign tools read them too; framing, checksums and the
 * tree are journal.h's. Written by the core as effects, read back by recovery, the index, the command line and auditors. */
#ifndef TRUC_RECORD_H
#define TRUC_RECORD_H

#include "buffer.h"
#include "bytes.h"
#include <truc/error.h>

enum record_kind {
    RECORD_STARTED = 1,       /* the broker started */
    RECORD_CONFIGURATION = 2, /* came into force */
    RECORD_BUNDLE = 3,        /* signature of one publish */
    RECORD_ACCEPTED = 4,      /* one message; its payload is stored with the record */
    RECORD_REFUSED = 5,
    RECORD_SETTLED = 6, /* one signed receipt */
    RECORD_DEAD = 7,    /* needs a person */
    RECORD_EXPIRED = 8,
    RECORD_REDRIVEN = 9, /* a dead letter was queued again */
    RECORD_SESSION = 10,
    RECORD_OPERATION = 11,
    RECORD_ERASED = 12,
    RECORD_HELD = 13, /* stopped by an operator, e.g. after a key was revoked */
    RECORD_RELEASED = 14,
    RECORD_ATTEMPTED = 15,
    RECORD_STOPPED = 16,
    RECORD_DISCARDED = 17, /* a dead letter was given up by an operator */
    RECORD_BLOB = 18,      /* what became of an attachment's content */
    RECORD_KIND_MAX = 18,
};
const char *record_kind_name(enum record_kind kind); /* "accepted" … */

struct record_started { /* and stopped */
    struct bytes software;
    struct bytes reason;
};

struct record_configuration {
    struct bytes hash;        /* of the whole: policy_hash_files() */
    struct bytes files;       /* elements: record_file_next */
    struct bytes descriptors; /* SHA-256 of the descriptor set */
    struct bytes origin;      /* start, reload … and by whom */
};
struct record_file {
    struct bytes name, sha256;
};

struct record_bundle {
    struct bytes sender, key_id, signature;
    uint32_t count;
    struct bytes leaves;      /* count × 32 bytes: of every message of the bundle, stored or not */
    struct bytes certificate; /* SHA-256 of its DER; the certificate is an object of the journal */
};

/* Destination of a message; several when it has several recipients. */
struct record_destination {
    struct bytes system, route, agreement;
    uint32_t order;   /* enum policy_order */
    uint32_t outcome; /* 0, or the number of the error with which it went to dead letters at once */
    bool observer;
    struct bytes recipient; /* agency code, when resolved through the directory */
    uint32_t lane;          /* of its queue: urgency less one, or that of what its ordering key waits behind */
};
struct record_accepted {
    uint64_t bundle;           /* sequence of its bundle record */
    uint32_t index;            /* in the bundle */
    struct bytes header;       /* as signed */
    struct bytes destinations; /* elements: record_destination_next */
    uint64_t configuration;    /* sequence of the configuration in force */
    struct bytes persons;      /* elements: keyed hashes of persons concerned */
    uint64_t payload_bytes;
    uint64_t deadline_ns; /* requests: when the answer is due */
};
struct record_person {
    uint32_t epoch;    /* of the hash key */
    struct bytes hash; /* HMAC-SHA-256 of the identity number */
};

struct record_refused {
    struct bytes sender, id, type, subject;
    uint32_t code;
    struct bytes text, where;
    struct bytes leaf; /* of the refused header; empty when it could not be read */
    uint64_t bundle;   /* sequence of the bundle record, plus one; 0: none of the bundle was stored */
    uint32_t count;    /* like refusals this record stands for, at least 1 */
};

struct record_settled {
    struct bytes system, key_id, signature;
    struct bytes settlements; /* elements: record_settlement_next gives encoded settlements (command.h) */
    struct bytes certificate;
};

/* dead, expired, redriven, held, released, erased and discarded say it of one message at one destination. */
struct record_fate {
    uint64_t message;    /* its sequence */
    struct bytes system; /* destination; empty: all */
    uint32_t code;
    struct bytes reason, text;
    uint32_t attempts;
    struct bytes operator_id;
    uint32_t generation;                    /* how often it was redriven before */
    uint64_t size_bytes;                    /* of the message: header, salt and payload */
    uint32_t lane;                          /* of its queue */
    struct bytes sender, type, subject, id; /* dead letters: what a person wants to see of it */
};

/* What was sent to a receiver in one command; nothing says yet that it arrived. */
struct record_attempted {
    struct bytes system;
    struct bytes messages; /* u64 little-endian each: their sequences */
};

struct record_session {
    struct bytes system;
    uint32_t event; /* enum record_session_event */
    struct bytes session, software, transport_key;
    uint32_t code;
    struct bytes text;
};
enum record_session_event { RECORD_SESSION_OPENED = 1, RECORD_SESSION_CLOSED = 2, RECORD_SESSION_REFUSED = 3 };

struct record_operation {
    struct bytes operator_id, verb, arguments;
    uint32_t code;
    struct bytes reason;
};

/* The content of an attachment: where it went. Its name is in the headers of the messages that name it. */
enum record_blob_event {
    RECORD_BLOB_STORED = 1,  /* the system has uploaded it whole, or taken it over, and holds it */
    RECORD_BLOB_FETCHED = 2, /* asked for by the system, and sent to it from `offset` on unless there is a code */
    RECORD_BLOB_REMOVED = 3, /* no message with a payload names it any more */
    RECORD_BLOB_REFUSED = 4, /* an upload, with the code */
};
struct record_blob {
    struct bytes system; /* empty: the broker itself */
    uint32_t event;      /* enum record_blob_event */
    struct bytes sha256;
    uint64_t size_bytes;
    uint64_t message; /* position plus one of the message it is fetched for, or was taken over from; 0: none */
    uint64_t offset;
    uint32_t code;
    struct bytes text; /* why it was refused; the reason that an operator or auditor gave */
    bool is_new;       /* stored: the bus had it not before */
};

/* Encoders append a body; decoders give views into it, or TRUC_E_JOURNAL_CORRUPT with the reason. */
void record_started_encode(const struct record_started *value, struct buffer *out);
int record_started_decode(struct bytes body, struct record_started *ret, struct truc_fault *fault);
void record_configuration_encode(const struct record_configuration *value, struct buffer *out);
int record_configuration_decode(struct bytes body, struct record_configuration *ret, struct truc_fault *fault);
void record_bundle_encode(const struct record_bundle *value, struct buffer *out);
int record_bundle_decode(struct bytes body, struct record_bundle *ret, struct truc_fault *fault);
void record_accepted_encode(const struct record_accepted *value, struct buffer *out);
int record_accepted_decode(struct bytes body, struct record_accepted *ret, struct truc_fault *fault);
void record_refused_encode(const struct record_refused *value, struct buffer *out);
int record_refused_decode(struct bytes body, struct record_refused *ret, struct truc_fault *fault);
void record_settled_encode(const struct record_settled *value, struct buffer *out);
int record_settled_decode(struct bytes body, struct record_settled *ret, struct truc_fault *fault);
void record_fate_encode(const struct record_fate *value, struct buffer *out);
int record_fate_decode(struct bytes body, struct record_fate *ret, struct truc_fault *fault);
void record_attempted_encode(const struct record_attempted *value, struct buffer *out);
int record_attempted_decode(struct bytes body, struct record_attempted *ret, struct truc_fault *fault);
void record_session_encode(const struct record_session *value, struct buffer *out);
int record_session_decode(struct bytes body, struct record_session *ret, struct truc_fault *fault);
void record_blob_encode(const struct record_blob *value, struct buffer *out);
int record_blob_decode(struct bytes body, struct record_blob *ret, struct truc_fault *fault);
void record_operation_encode(const struct record_operation *value, struct buffer *out);
int record_operation_decode(struct bytes body, struct record_operation *ret, struct truc_fault *fault);

/* Repeated parts: 1 and the next, 0, or TRUC_E_JOURNAL_CORRUPT; offset starts as 0. Appenders build the element lists. */
int record_destination_next(struct bytes elements, size_t *offset, struct record_destination *ret);
void record_destination_append(struct buffer *out, const struct record_destination *value);
int record_person_next(struct bytes elements, size_t *offset, struct record_person *ret);
void record_person_append(struct buffer *out, const struct record_person *value);
int record_file_next(struct bytes elements, size_t *offset, struct record_file *ret);
void record_file_append(struct buffer *out, const struct record_file *value);
int record_settlement_next(struct bytes elements, size_t *offset, struct bytes *ret_encoded);
void record_settlement_append(struct buffer *out, struct bytes encoded);

/* An operation that showed one message's payload in clear, or was asked to: the message's position in *ret. */
#define RECORD_PAYLOAD_SHOW_VERB "payload-show"
bool record_operation_message(const struct record_operation *value, uint64_t *ret_message);

#endif
