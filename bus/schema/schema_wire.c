/* schema_wire.c - varints, tags and lengths, each checked against what is left.
 * Not lenient: groups, field number 0 and varints beyond 64 bits end the reading.
 * Beneath validate, path, JSON and the loader of descriptor sets. */
#include "schema_wire.h"

#include "fault.h"

static int schema_wire_varint(struct schema_wire *wire, uint64_t *ret_value, struct truc_fault *fault)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < SCHEMA_VARINT_BYTES_MAX; i++) {
        if (wire->at == wire->end)
            return fault_set(fault, TRUC_E_PAYLOAD, "a number is cut off");
        uint8_t byte = *wire->at++;
        if (i == SCHEMA_VARINT_BYTES_MAX - 1 && byte > 1)
            return fault_set(fault, TRUC_E_PAYLOAD, "a number has more than 64 bits");
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *ret_value = value;
            return 0;
        }
    }
    return fault_set(fault, TRUC_E_PAYLOAD, "a number has more than %d bytes", SCHEMA_VARINT_BYTES_MAX);
}

/* A tag or a length: protobuf-c takes no more bytes for one, however many of them are zeros, and what the broker accepts an
 * adapter must be able to read. */
static int schema_wire_short_varint(struct schema_wire *wire, uint64_t *ret_value, struct truc_fault *fault)
{
    const uint8_t *begin = wire->at;
    int result = schema_wire_varint(wire, ret_value, fault);
    if (result == 0 && wire->at - begin > SCHEMA_SHORT_VARINT_BYTES_MAX)
        return fault_set(fault, TRUC_E_PAYLOAD, "a tag or length has more than %d bytes",
                         SCHEMA_SHORT_VARINT_BYTES_MAX);
    return result;
}

static int schema_wire_fixed(struct schema_wire *wire, size_t size, uint64_t *ret_value, struct truc_fault *fault)
{
    if ((size_t)(wire->end - wire->at) < size)
        return fault_set(fault, TRUC_E_PAYLOAD, "a fixed-size number is cut off");
    *ret_value = size == 8 ? load_le64(wire->at) : load_le32(wire->at);
    wire->at += size;
    return 0;
}

static int schema_wire_bytes(struct schema_wire *wire, struct bytes *ret_bytes, struct truc_fault *fault)
{
    uint64_t size;
    int result = schema_wire_short_varint(wire, &size, fault);
    if (result < 0)
        return result;
    size_t left = (size_t)(wire->end - wire->at);
    if (size > left)
        return fault_set(fault, TRUC_E_PAYLOAD, "a field claims %llu bytes where %zu are left",
                         (unsigned long long)size, left);
    *ret_bytes = bytes_of(wire->at, (size_t)size);
    wire->at += size;
    return 0;
}

int schema_wire_next(struct schema_wire *wire, struct schema_wire_field *ret_field, struct truc_fault *fault)
{
    if (wire->at == wire->end)
        return 0;
    struct schema_wire_field field = {.start = wire->at};
    uint64_t tag;
    int result = schema_wire_short_varint(wire, &tag, fault);
    if (result < 0)
        return result;
    if (tag >> 3 == 0 || tag >> 3 > SCHEMA_FIELD_NUMBER_MAX)
        return fault_set(fault, TRUC_E_PAYLOAD, "a field number is out of range");
    field.number = (uint32_t)(tag >> 3);
    switch (tag & 7) {
    case SCHEMA_WIRE_VARINT:
        field.type = SCHEMA_WIRE_VARINT;
        result = schema_wire_varint(wire, &field.scalar, fault);
        break;
    case SCHEMA_WIRE_FIXED64:
        field.type = SCHEMA_WIRE_FIXED64;
        result = schema_wire_fixed(wire, 8, &field.scalar, fault);
        break;
    case SCHEMA_WIRE_FIXED32:
        field.type = SCHEMA_WIRE_FIXED32;
        result = schema_wire_fixed(wire, 4, &field.scalar, fault);
        break;
    case SCHEMA_WIRE_BYTES:
        field.type = SCHEMA_WIRE_BYTES;
        result = schema_wire_bytes(wire, &field.bytes, fault);
        break;
    default:
        return fault_set(fault, TRUC_E_PAYLOAD, "wire type %u is not used here (groups are refused)",
                         (unsigned)(tag & 7));
    }
    if (result < 0)
        return result;
    *ret_field = field;
    return 1;
}

int schema_wire_next_packed(struct schema_wire *wire, enum schema_wire_type type, uint64_t *ret_scalar,
                            struct truc_fault *fault)
{
    if (wire->at == wire->end)
        return 0;
    int result;
    if (type == SCHEMA_WIRE_VARINT)
        result = schema_wire_varint(wire, ret_scalar, fault);
    else
        result = schema_wire_fixed(wire, type == SCHEMA_WIRE_FIXED64 ? 8 : 4, ret_scalar, fault);
    return result < 0 ? result : 1;
}

void schema_wire_append_varint(struct buffer *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buffer_append_byte(out, (uint8_t)(value | 0x80));
    buffer_append_byte(out, (uint8_t)value);
}

void schema_wire_append_tag(struct buffer *out, uint32_t number, enum schema_wire_type type)
{
    schema_wire_append_varint(out, (uint64_t)number << 3 | (uint64_t)type);
}
