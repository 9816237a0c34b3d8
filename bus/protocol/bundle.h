/* bundle.h - 1..256 messages under one signature (docs/protocol.md, "Bundles").
 * The leaf of a message is the hash of its header bytes alone; the signature covers a statement with the root.
 * Used by the SDK to make bundles, by the broker and receivers to check them, by auditors to prove them. */
#ifndef TRUC_BUNDLE_H
#define TRUC_BUNDLE_H

#include "buffer.h"
#include "protocol_limits.h"
#include "sha256.h"
#include <truc/error.h>

/* One message as it travels: views into the frame. */
struct message {
    struct bytes header, salt, payload;
};

struct bundle {
    struct bytes key_id, signature;
    struct message messages[PROTOCOL_BUNDLE_MESSAGES_MAX];
    size_t count;
};

/* What a signature is over; made into text by statement_write. */
enum statement_kind { STATEMENT_BUNDLE, STATEMENT_RECEIPT };
struct statement {
    enum statement_kind kind;
    struct bytes bus, system, key_id; /* system: the one that signs */
    size_t count;
    struct sha256_digest root;
};

/* truc.bus.v1.Bundle; views into `encoded`. TRUC_E_PROTOCOL: malformed, 0 or more than 256 messages, wrong salt or key id size. */
int bundle_decode(struct bytes encoded, struct bundle *ret, struct truc_fault *fault);
void bundle_encode(const struct bundle *bundle, struct buffer *out);
size_t bundle_size(const struct bundle *bundle); /* bytes bundle_encode will append */

struct sha256_digest message_leaf(struct bytes header);                       /* SHA-256(00 ‖ header) */
struct sha256_digest payload_digest(struct bytes salt, struct bytes payload); /* SHA-256(salt ‖ payload) */
/* Bytes of one message that count against credit: header + salt + payload. */
static inline size_t message_size(const struct message *message)
{
    return message->header.size + message->salt.size + message->payload.size;
}

/* Appends the text that is signed:
 * "truc/bundle/v1" or "truc/receipt/v1", bus, system, key id in hex, count, root in hex: one a line, each ended by \n. */
void statement_write(const struct statement *statement, struct buffer *out);

#endif
