/* schema_value.c - from wire scalars to typed values with all range checks; trails as text.
 * Not the check of whole messages (schema_validate.c): one occurrence at a time, no recursion, no allocation.
 * Used by every reader of payloads, so that all of them refuse the same things. */
#include "schema_value.h"

#include "fault.h"
#include "text.h"

#include <stdio.h>

enum schema_wire_type schema_wire_type_of(enum schema_type type)
{
    switch (type) {
    case SCHEMA_DOUBLE:
    case SCHEMA_FIXED64:
    case SCHEMA_SFIXED64:
        return SCHEMA_WIRE_FIXED64;
    case SCHEMA_FLOAT:
    case SCHEMA_FIXED32:
    case SCHEMA_SFIXED32:
        return SCHEMA_WIRE_FIXED32;
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
    case SCHEMA_MESSAGE:
        return SCHEMA_WIRE_BYTES;
    default:
        return SCHEMA_WIRE_VARINT;
    }
}

enum schema_value_kind schema_value_kind_of(enum schema_type type)
{
    switch (type) {
    case SCHEMA_STRING:
        return SCHEMA_VALUE_TEXT;
    case SCHEMA_BYTES:
    case SCHEMA_MESSAGE:
        return SCHEMA_VALUE_BYTES;
    case SCHEMA_DOUBLE:
    case SCHEMA_FLOAT:
        return SCHEMA_VALUE_REAL;
    case SCHEMA_BOOL:
        return SCHEMA_VALUE_BOOL;
    case SCHEMA_ENUM:
        return SCHEMA_VALUE_ENUM;
    case SCHEMA_UINT32:
    case SCHEMA_UINT64:
    case SCHEMA_FIXED32:
    case SCHEMA_FIXED64:
        return SCHEMA_VALUE_UNSIGNED;
    default:
        return SCHEMA_VALUE_SIGNED;
    }
}

bool schema_type_is_packable(enum schema_type type)
{
    return schema_wire_type_of(type) != SCHEMA_WIRE_BYTES;
}

struct schema_value schema_value_default(const struct schema_field *field)
{
    struct schema_value value = {.kind = schema_value_kind_of(field->type)};
    if (field->type == SCHEMA_ENUM)
        value.enum_value = schema_enum_number(field->enumeration, 0);
    return value;
}

int schema_values_begin(struct schema_values *values, const struct schema_field *field,
                        const struct schema_wire_field *occurrence, struct truc_fault *fault)
{
    struct schema_values begun = {.field = field, .occurrence = *occurrence};
    if (occurrence->type != schema_wire_type_of(field->type)) {
        if (occurrence->type != SCHEMA_WIRE_BYTES || !field->repeated || !schema_type_is_packable(field->type))
            return fault_set(fault, TRUC_E_PAYLOAD, "wire type %u does not fit a field of type %s",
                             (unsigned)occurrence->type, schema_type_text(field->type));
        begun.is_packed = true;
        begun.packed = schema_wire_of(occurrence->bytes);
    }
    *values = begun;
    return 0;
}

/* Parsers cut numbers that are too wide for a 32-bit field, each in its own way: such numbers are refused. */
static int schema_value_signed(enum schema_type type, uint64_t scalar, int64_t *ret_number, struct truc_fault *fault)
{
    int64_t number = (int64_t)scalar;
    if (type == SCHEMA_SINT32 || type == SCHEMA_SINT64)
        number = (int64_t)(scalar >> 1 ^ (0 - (scalar & 1))); /* ZigZag */
    else if (type == SCHEMA_SFIXED32)
        number = (int32_t)(uint32_t)scalar;
    bool narrow = type == SCHEMA_INT32 || type == SCHEMA_SINT32 || type == SCHEMA_ENUM;
    if (narrow && (number < INT32_MIN || number > INT32_MAX))
        return fault_set(fault, TRUC_E_PAYLOAD, "the number is out of the range of %s", schema_type_text(type));
    *ret_number = number;
    return 0;
}

static int schema_value_text(struct bytes text, struct truc_fault *fault)
{
    if (text.size > 0 && memchr(text.data, 0, text.size) != NULL)
        return fault_set(fault, TRUC_E_PAYLOAD, "the text holds a NUL character, at which some readers would cut it");
    if (!text_is_utf8(text))
        return fault_set(fault, TRUC_E_PAYLOAD, "the text is not valid UTF-8");
    return 0;
}

static double schema_value_real(enum schema_type type, uint64_t scalar)
{
    if (type == SCHEMA_DOUBLE) {
        double real;
        memcpy(&real, &scalar, sizeof real);
        return real;
    }
    uint32_t half = (uint32_t)scalar;
    float real;
    memcpy(&real, &half, sizeof real);
    return (double)real;
}

static int schema_value_decode(const struct schema_field *field, uint64_t scalar, struct bytes bytes,
                               struct schema_value *value, struct truc_fault *fault)
{
    int result;
    switch (value->kind) {
    case SCHEMA_VALUE_TEXT:
        value->bytes = bytes;
        return schema_value_text(bytes, fault);
    case SCHEMA_VALUE_BYTES:
        value->bytes = bytes;
        return 0;
    case SCHEMA_VALUE_REAL:
        value->real = schema_value_real(field->type, scalar);
        return 0;
    case SCHEMA_VALUE_UNSIGNED:
        value->unsigned_number = scalar;
        if (field->type == SCHEMA_UINT32 && scalar > UINT32_MAX)
            return fault_set(fault, TRUC_E_PAYLOAD, "the number is out of the range of uint32");
        return 0;
    case SCHEMA_VALUE_BOOL:
        value->truth = scalar != 0;
        return scalar > 1 ? fault_set(fault, TRUC_E_PAYLOAD, "a bool is neither 0 nor 1") : 0;
    case SCHEMA_VALUE_ENUM:
        result = schema_value_signed(field->type, scalar, &value->number, fault);
        if (result < 0)
            return result;
        value->enum_value = schema_enum_number(field->enumeration, (int32_t)value->number);
        return value->enum_value != NULL
                   ? 0
                   : fault_set(fault, TRUC_E_PAYLOAD, "the number is no value of %s", field->enumeration->full_name);
    default:
        return schema_value_signed(field->type, scalar, &value->number, fault);
    }
}

int schema_values_next(struct schema_values *values, struct schema_value *ret_value, struct truc_fault *fault)
{
    uint64_t scalar = values->occurrence.scalar;
    if (values->is_packed) {
        int result = schema_wire_next_packed(&values->packed, schema_wire_type_of(values->field->type), &scalar, fault);
        if (result <= 0)
            return result;
    } else if (values->ended) {
        return 0;
    }
    values->ended = true;
    struct schema_value value = {.kind = schema_value_kind_of(values->field->type), .present = true};
    int result = schema_value_decode(values->field, scalar, values->occurrence.bytes, &value, fault);
    if (result < 0)
        return result;
    *ret_value = value;
    return 1;
}

/* Counted only when a fault needs it: which of the repeated field's occurrences this is. */
static size_t schema_trail_place(const struct schema_trail *trail)
{
    if (trail->message.size == 0)
        return trail->place;
    struct schema_wire wire = schema_wire_of(trail->message);
    struct schema_wire_field field;
    size_t place = 0;
    while (wire.at < trail->occurrence && schema_wire_next(&wire, &field, NULL) > 0)
        place += field.start < trail->occurrence && field.number == trail->field->number;
    return place;
}

static size_t schema_trail_append(const struct schema_trail *trail, char *out, size_t size)
{
    size_t used = trail->outer != NULL ? schema_trail_append(trail->outer, out, size) : 0;
    if (used >= size - 1)
        return size - 1;
    const char *dot = used > 0 ? "." : "";
    int more;
    if (trail->field == NULL)
        more = snprintf(out + used, size - used, "%s%u", dot, trail->unknown_number);
    else if (trail->field->repeated)
        more = snprintf(out + used, size - used, "%s%s[%zu]", dot, trail->field->name, schema_trail_place(trail));
    else
        more = snprintf(out + used, size - used, "%s%s", dot, trail->field->name);
    return more < 0 ? used : used + (size_t)more;
}

void schema_trail_text(const struct schema_trail *trail, char out[SCHEMA_TRAIL_TEXT_BYTES])
{
    out[0] = '\0';
    if (trail != NULL)
        schema_trail_append(trail, out, SCHEMA_TRAIL_TEXT_BYTES);
}

int schema_trail_fault(const struct schema_trail *trail, int code, struct truc_fault *fault)
{
    if (fault == NULL)
        return code;
    char text[SCHEMA_TRAIL_TEXT_BYTES];
    schema_trail_text(trail, text);
    fault_where(fault, "%s", text);
    return code;
}
