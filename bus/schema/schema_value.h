/* schema_value.h - field occurrences on the wire as typed values, and the trail that names a place in a message.
 * Not public: schema.h's functions are made of these.
 * Between schema_wire (no schema) and validate, path, walk and JSON (whole messages). */
#ifndef TRUC_SCHEMA_VALUE_H
#define TRUC_SCHEMA_VALUE_H

#include "schema_wire.h"

/* How a field's type looks on the wire when not packed. */
enum schema_wire_type schema_wire_type_of(enum schema_type type);
enum schema_value_kind schema_value_kind_of(enum schema_type type);
/* Whether a repeated field of the type may be packed: everything but strings, bytes and messages. */
bool schema_type_is_packable(enum schema_type type);

/* proto3's default, present = false. */
struct schema_value schema_value_default(const struct schema_field *field);

/* The values of one occurrence: one, or those of a packed field. */
struct schema_values {
    const struct schema_field *field;
    struct schema_wire_field occurrence;
    struct schema_wire packed; /* unread rest when is_packed */
    bool is_packed, ended;
};

/* TRUC_E_PAYLOAD when the wire type is not the field's. @occurrence is copied. */
int schema_values_begin(struct schema_values *values, const struct schema_field *field,
                        const struct schema_wire_field *occurrence, struct truc_fault *fault);
/* 1 with the next value, 0 at the end, TRUC_E_PAYLOAD: out of the type's range, unknown enum value, text not UTF-8 or
 * with NUL. */
int schema_values_next(struct schema_values *values, struct schema_value *ret_value, struct truc_fault *fault);

/* Names the place of a field in a message for faults: a chain on the stack, innermost first. */
struct schema_trail {
    const struct schema_trail *outer;
    const struct schema_field *field;
    struct bytes message;      /* the wire form of field->parent, or empty: then `place` counts */
    const uint8_t *occurrence; /* in `message`: where this field starts */
    size_t place;              /* among the values of a repeated field, from 0 */
    uint32_t unknown_number;   /* when field is NULL: a field number that the schema doesn't have */
};

enum { SCHEMA_TRAIL_TEXT_BYTES = 256 };

/* "documents[2].file.name"; cut at SCHEMA_TRAIL_TEXT_BYTES - 1. */
void schema_trail_text(const struct schema_trail *trail, char out[SCHEMA_TRAIL_TEXT_BYTES]);
/* Puts it into fault->where, and returns @code. */
int schema_trail_fault(const struct schema_trail *trail, int code, struct truc_fault *fault);

#endif
