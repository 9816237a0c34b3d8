/* schema_wire.h - reads protobuf's wire format field by field, strictly, without knowing a schema.
 * Not a parser of messages: it yields (number, wire type, value) and never recurses or allocates.
 * Beneath everything in bus/schema that touches a payload. Source: protobuf "Encoding" specification. */
#ifndef TRUC_SCHEMA_WIRE_H
#define TRUC_SCHEMA_WIRE_H

#include "schema.h"

enum schema_wire_type {
    SCHEMA_WIRE_VARINT = 0,
    SCHEMA_WIRE_FIXED64 = 1,
    SCHEMA_WIRE_BYTES = 2,
    SCHEMA_WIRE_FIXED32 = 5,
};

enum { SCHEMA_VARINT_BYTES_MAX = 10, SCHEMA_SHORT_VARINT_BYTES_MAX = 5, SCHEMA_FIELD_NUMBER_MAX = 536870911 };

/* What is still unread of a message. */
struct schema_wire {
    const uint8_t *at, *end;
};

/* One field occurrence: scalar for varint and fixed types (fixed32 in its low half), bytes for length-delimited. */
struct schema_wire_field {
    const uint8_t *start; /* where its tag begins */
    uint64_t scalar;
    struct bytes bytes;
    uint32_t number;
    enum schema_wire_type type;
};

static inline struct schema_wire schema_wire_of(struct bytes message)
{
    static const uint8_t nothing[1];
    const uint8_t *data = message.size > 0 ? message.data : nothing;
    return (struct schema_wire){data, data + message.size};
}

/* 1 with the next field, 0 at the end, TRUC_E_PAYLOAD with a reason (no payload content in it) in fault->text. */
int schema_wire_next(struct schema_wire *wire, struct schema_wire_field *ret_field, struct truc_fault *fault);
/* The next scalar of a packed field's content, by wire type; the same results. */
int schema_wire_next_packed(struct schema_wire *wire, enum schema_wire_type type, uint64_t *ret_scalar,
                            struct truc_fault *fault);

void schema_wire_append_varint(struct buffer *out, uint64_t value);
void schema_wire_append_tag(struct buffer *out, uint32_t number, enum schema_wire_type type);

#endif
