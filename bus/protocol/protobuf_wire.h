/* protobuf_wire.h - walking and writing protobuf's wire form, field by field, without copying.
 * For the bus's own envelopes (commands, headers, journal records); payloads are checked against their schema by bus/schema.
 * Source: the Protocol Buffers encoding specification; groups (wire types 3 and 4) are refused. */
#ifndef TRUC_PROTOBUF_WIRE_H
#define TRUC_PROTOBUF_WIRE_H

#include "buffer.h"
#include "bytes.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_reader {
    const uint8_t *at, *end;
};

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t value;     /* varint and fixed types */
    struct bytes bytes; /* WIRE_BYTES: a view into the input */
};

static inline struct wire_reader wire_read(struct bytes input)
{
    return (struct wire_reader){input.data, input.size ? input.data + input.size : input.data};
}

/* Next field into `field`: 1, 0 at the end, TRUC_E_PROTOCOL when malformed (cut off, over-long varint, group, field 0). */
int wire_next(struct wire_reader *reader, struct wire_field *field);

/* Writers append to `out`, whose failure flag tells once at the end. As in proto3, zero and empty are not written. */
void wire_put_uint(struct buffer *out, uint32_t number, uint64_t value);
void wire_put_bool(struct buffer *out, uint32_t number, bool value);
void wire_put_fixed64(struct buffer *out, uint32_t number, uint64_t value);
void wire_put_bytes(struct buffer *out, uint32_t number, struct bytes value);
void wire_put_string(struct buffer *out, uint32_t number, const char *value); /* NULL: nothing */
/* A sub-message or element that is written even when empty. */
void wire_put_element(struct buffer *out, uint32_t number, struct bytes value);
/* Tag and length of a sub-message whose `size` bytes the caller appends next. */
void wire_put_length(struct buffer *out, uint32_t number, size_t size);
/* A small sub-message built in place: mark = wire_begin(...); fields; wire_end(out, mark). Moves the bytes once. */
size_t wire_begin(struct buffer *out, uint32_t number);
void wire_end(struct buffer *out, size_t mark);

size_t wire_varint_size(uint64_t value);
/* Size of a length-delimited field with tag and length; 0 when `size` is 0. */
size_t wire_bytes_size(uint32_t number, size_t size);
/* The same, counted even when empty. */
size_t wire_element_size(uint32_t number, size_t size);

#endif
