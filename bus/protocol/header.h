/* header.h - the header of a message: what it is, whose, about what (docs/protocol.md, "Header").
 * A decoded header is a set of views into the header bytes; those bytes are what is hashed, signed, journaled and relayed.
 * Decoding checks form and bounds; whether the content is allowed is decided later by the pipeline. */
#ifndef TRUC_HEADER_H
#define TRUC_HEADER_H

#include "buffer.h"
#include "bytes.h"
#include <truc/error.h>

enum header_kind { HEADER_EVENT = 1, HEADER_COMMAND = 2, HEADER_REQUEST = 3, HEADER_REPLY = 4 };
enum header_classification {
    HEADER_UNCLASSIFIED = 0,
    HEADER_NOT_SECRET = 1
}; /* every other value is secret in some degree */
enum { HEADER_URGENCY_NORMAL = 1, HEADER_URGENCY_MAX = 4 };

struct header_purpose {
    struct bytes procedure, dossier, officer, legal_basis;
};

/* One attachment reference; the content travels apart, by its hash. */
struct header_attachment {
    struct bytes sha256, name, media_type;
    uint64_t size_bytes;
};

/* What a replayed message was, on which bus. Not replayed: an empty bus. */
struct header_replay {
    struct bytes bus;
    uint64_t position;
    struct bytes leaf; /* message_leaf of the original's header, 32 bytes */
};

struct header {
    struct bytes id, source, type, subject;
    uint64_t time_ns;
    struct bytes data_schema, data_content_type;
    uint32_t kind, urgency, classification;
    struct bytes correlation_id, causation_id, ordering_key;
    uint64_t expires_ns, not_before_ns; /* 0: none */
    struct header_purpose purpose;
    struct bytes traceparent;
    bool historical;
    struct bytes payload_digest; /* SHA-256(salt ‖ payload), 32 bytes */
    uint64_t payload_size_bytes;
    uint64_t in_reply_to;     /* replies: journal position of the request, plus one, so that 0 means none */
    struct bytes attachments; /* the first attachment's field onward is walked by header_attachment_next */
    uint32_t attachment_count;
    struct header_replay replay_of;
};

/* Views into `encoded`, which must outlive `ret`. TRUC_E_HEADER with the field's name in fault->where: malformed, a field
 * twice, an unknown field, over a bound, not UTF-8, a control character, a digest that is not 32 bytes. */
int header_decode(struct bytes encoded, struct header *ret, struct truc_fault *fault);
/* Required by every header: id, source, type, time, kind, classification , digest.
 * TRUC_E_HEADER, or TRUC_E_SECRET for any classification but HEADER_NOT_SECRET. */
int header_check(const struct header *header, struct truc_fault *fault);
/* Appends the canonical encoding (fields in ascending order, no default values). Attachments are encoded from the array. */
void header_encode(const struct header *header, const struct header_attachment *attachments, size_t attachment_count,
                   struct buffer *out);
/* Walks the attachments of decoded header bytes: 1 and the next one, 0 at the end. `offset` starts as 0. */
int header_attachment_next(struct bytes encoded, size_t *offset, struct header_attachment *ret);

/* The system that claims to have sent it: `source` up to its first '/'. */
struct bytes header_sender(const struct header *header);
/* The key that keeps messages in order: ordering_key, or the subject; may be empty (no order asked for). */
struct bytes header_order_key(const struct header *header);
/* Of a reply: the type of its request; empty when its own type is none of a reply. */
struct bytes header_asked_type(const struct header *header);

#endif
