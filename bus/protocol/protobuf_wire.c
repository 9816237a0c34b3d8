/* protobuf_wire.c - walking and writing protobuf's wire form.
 * Knows nothing of any message; every length is checked against the input's end.
 * First thing that touches a peer's bytes, last thing that makes ours. */
#include "protobuf_wire.h"

#include <truc/error.h>

enum { VARINT_BYTES_MAX = 10, SHORT_VARINT_BYTES_MAX = 5 };

static int read_varint(struct wire_reader *reader, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (reader->at != reader->end && *reader->at < 0x80) { /* nearly all are of one byte */
        *ret_value = *reader->at++;
        return 0;
    }
    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        if (reader->at == reader->end)
            return TRUC_E_PROTOCOL;
        uint8_t byte = *reader->at++;
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            return TRUC_E_PROTOCOL; /* more than 64 bits */
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *ret_value = value;
            return 0;
        }
    }
    return TRUC_E_PROTOCOL;
}

/* A tag or a length: other readers take no more bytes for one, however many of them are zeros. */
static int read_short_varint(struct wire_reader *reader, uint64_t *ret_value)
{
    const uint8_t *begin = reader->at;
    int code = read_varint(reader, ret_value);
    return code == 0 && reader->at - begin > SHORT_VARINT_BYTES_MAX ? TRUC_E_PROTOCOL : code;
}

static size_t left(const struct wire_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static int read_value(struct wire_reader *reader, struct wire_field *field)
{
    switch (field->type) {
    case WIRE_VARINT:
        return read_varint(reader, &field->value);
    case WIRE_FIXED64:
        if (left(reader) < 8)
            return TRUC_E_PROTOCOL;
        field->value = load_le64(reader->at);
        reader->at += 8;
        return 0;
    case WIRE_FIXED32:
        if (left(reader) < 4)
            return TRUC_E_PROTOCOL;
        field->value = load_le32(reader->at);
        reader->at += 4;
        return 0;
    case WIRE_BYTES:
        if (read_short_varint(reader, &field->value) < 0 || field->value > left(reader))
            return TRUC_E_PROTOCOL;
        field->bytes = bytes_of(reader->at, (size_t)field->value);
        reader->at += field->bytes.size;
        return 0;
    }
    return TRUC_E_PROTOCOL; /* groups and reserved types */
}

int wire_next(struct wire_reader *reader, struct wire_field *field)
{
    if (reader->at == reader->end)
        return 0;
    uint64_t tag;
    if (read_short_varint(reader, &tag) < 0 || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return TRUC_E_PROTOCOL;
    *field = (struct wire_field){.number = (uint32_t)(tag >> 3), .type = (enum wire_type)(tag & 7)};
    int code = read_value(reader, field);
    return code < 0 ? code : 1;
}

static void put_varint(struct buffer *out, uint64_t value)
{
    uint8_t encoded[VARINT_BYTES_MAX];
    size_t size = 0;
    do {
        encoded[size++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    buffer_append(out, encoded, size);
}

static void put_tag(struct buffer *out, uint32_t number, enum wire_type type)
{
    put_varint(out, (uint64_t)number << 3 | (uint64_t)type);
}

void wire_put_uint(struct buffer *out, uint32_t number, uint64_t value)
{
    if (value == 0)
        return;
    put_tag(out, number, WIRE_VARINT);
    put_varint(out, value);
}

void wire_put_bool(struct buffer *out, uint32_t number, bool value)
{
    wire_put_uint(out, number, value);
}

void wire_put_fixed64(struct buffer *out, uint32_t number, uint64_t value)
{
    if (value == 0)
        return;
    put_tag(out, number, WIRE_FIXED64);
    buffer_append_le64(out, value);
}

void wire_put_bytes(struct buffer *out, uint32_t number, struct bytes value)
{
    if (value.size)
        wire_put_element(out, number, value);
}

void wire_put_string(struct buffer *out, uint32_t number, const char *value)
{
    if (value)
        wire_put_bytes(out, number, bytes_string(value));
}

void wire_put_element(struct buffer *out, uint32_t number, struct bytes value)
{
    wire_put_length(out, number, value.size);
    buffer_append_bytes(out, value);
}

void wire_put_length(struct buffer *out, uint32_t number, size_t size)
{
    put_tag(out, number, WIRE_BYTES);
    put_varint(out, size);
}

size_t wire_begin(struct buffer *out, uint32_t number)
{
    put_tag(out, number, WIRE_BYTES);
    return out->size;
}

void wire_end(struct buffer *out, size_t mark)
{
    if (buffer_failed(out))
        return;
    size_t size = out->size - mark;
    size_t length_size = wire_varint_size(size);
    if (buffer_extend(out, length_size) == NULL)
        return;
    memmove(out->data + mark + length_size, out->data + mark, size);
    size_t end = out->size;
    out->size = mark;
    put_varint(out, size);
    out->size = end;
}

size_t wire_varint_size(uint64_t value)
{
    size_t size = 1;
    for (; value > 0x7f; value >>= 7)
        size++;
    return size;
}

size_t wire_element_size(uint32_t number, size_t size)
{
    return wire_varint_size((uint64_t)number << 3) + wire_varint_size(size) + size;
}

size_t wire_bytes_size(uint32_t number, size_t size)
{
    return size ? wire_element_size(number, size) : 0;
}
