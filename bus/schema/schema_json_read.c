/* schema_json_read.c - JSON to a payload, strictly by its schema; jansson reads the JSON, this encodes it.
 * Not lenient: what doesn't fit is named with its path and refused, so nothing is lost on the way in.
 * Used by the command line (truc send), the connectors and tests. Source: protobuf "ProtoJSON format". */
#include "encode.h"
#include "fault.h"
#include "schema_value.h"
#include "text.h"
#include "time_text.h"

#include <jansson.h>
#include <math.h>

/* Beyond 2^53 a JSON number written as a real is no longer exact. */
#define SCHEMA_JSON_EXACT_MAX 9007199254740992.0

static int schema_read_refuse(const struct schema_trail *trail, struct truc_fault *fault, const char *wanted)
{
    fault_set(fault, TRUC_E_PAYLOAD, "wanted here: %s", wanted);
    return schema_trail_fault(trail, TRUC_E_PAYLOAD, fault);
}

/* Digits with an optional minus, nothing else; false when out of 64 bits. */
static bool schema_read_digits(struct bytes text, bool *ret_negative, uint64_t *ret_number)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    uint64_t number = 0;
    size_t at = negative ? 1 : 0;
    if (at == text.size)
        return false;
    for (; at < text.size; at++) {
        uint64_t digit = (uint64_t)text.data[at] - '0';
        if (text.data[at] < '0' || text.data[at] > '9' || number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *ret_negative = negative && number > 0;
    *ret_number = number;
    return true;
}

/* A whole number as sign and magnitude, from a JSON integer, an integral real, or a string of digits. */
static bool schema_read_whole(const json_t *json, bool *ret_negative, uint64_t *ret_number)
{
    if (json_is_integer(json)) {
        json_int_t integer = json_integer_value(json);
        *ret_negative = integer < 0;
        *ret_number = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
        return true;
    }
    if (json_is_real(json)) {
        double real = json_real_value(json);
        if (!(fabs(real) <= SCHEMA_JSON_EXACT_MAX) || trunc(real) != real)
            return false;
        *ret_negative = real < 0;
        *ret_number = (uint64_t)fabs(real);
        return true;
    }
    if (!json_is_string(json))
        return false;
    return schema_read_digits(bytes_of(json_string_value(json), json_string_length(json)), ret_negative, ret_number);
}

static uint64_t schema_zigzag(int64_t number)
{
    return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}

static int schema_read_unsigned(const struct schema_trail *trail, const json_t *json, uint64_t *ret_scalar,
                                struct truc_fault *fault)
{
    const struct schema_field *field = trail->field;
    bool negative, narrow = field->type == SCHEMA_UINT32 || field->type == SCHEMA_FIXED32;
    uint64_t number;
    if (field->instant && json_is_string(json)) {
        struct bytes text = bytes_of(json_string_value(json), json_string_length(json));
        if (time_parse_rfc3339(text, ret_scalar) == 0)
            return 0;
    }
    if (!schema_read_whole(json, &negative, &number) || negative || (narrow && number > UINT32_MAX))
        return schema_read_refuse(trail, fault,
                                  field->instant ? "an instant: nanoseconds since 1970, or RFC 3339"
                                  : narrow       ? "a whole number from 0 to 4294967295"
                                                 : "a whole number from 0 to 18446744073709551615");
    *ret_scalar = number;
    return 0;
}

static int schema_read_signed(const struct schema_trail *trail, const json_t *json, uint64_t *ret_scalar,
                              struct truc_fault *fault)
{
    enum schema_type type = trail->field->type;
    bool negative, narrow = type == SCHEMA_INT32 || type == SCHEMA_SINT32 || type == SCHEMA_SFIXED32;
    uint64_t number, most = narrow ? INT32_MAX : INT64_MAX;
    if (!schema_read_whole(json, &negative, &number) || number > most + (negative ? 1 : 0))
        return schema_read_refuse(trail, fault, narrow ? "a whole number of 32 bits" : "a whole number of 64 bits");
    uint64_t scalar = negative ? 0 - number : number;
    *ret_scalar = type == SCHEMA_SINT32 || type == SCHEMA_SINT64 ? schema_zigzag((int64_t)scalar) : scalar;
    return 0;
}

static int schema_read_real(const struct schema_trail *trail, const json_t *json, uint64_t *ret_scalar,
                            struct truc_fault *fault)
{
    double real = json_number_value(json);
    if (json_is_string(json)) {
        struct bytes text = bytes_of(json_string_value(json), json_string_length(json));
        if (bytes_equal_string(text, "NaN"))
            real = (double)NAN;
        else if (bytes_equal_string(text, "Infinity") || bytes_equal_string(text, "-Infinity"))
            real = text.data[0] == '-' ? -(double)INFINITY : (double)INFINITY;
        else
            return schema_read_refuse(trail, fault, "a number");
    } else if (!json_is_number(json)) {
        return schema_read_refuse(trail, fault, "a number");
    }
    if (trail->field->type == SCHEMA_DOUBLE) {
        memcpy(ret_scalar, &real, sizeof real);
        return 0;
    }
    float single = (float)real;
    if (isinf(single) && !isinf(real))
        return schema_read_refuse(trail, fault, "a number in the range of float");
    uint32_t half;
    memcpy(&half, &single, sizeof half);
    *ret_scalar = half;
    return 0;
}

/* Lists the words; the text that was given may be anything, so it isn't repeated. */
static int schema_read_enum(const struct schema_trail *trail, const json_t *json, uint64_t *ret_scalar,
                            struct truc_fault *fault)
{
    const struct schema_enum *enumeration = trail->field->enumeration;
    const struct schema_enum_value *value = NULL;
    if (json_is_string(json))
        value = schema_enum_find(enumeration, bytes_of(json_string_value(json), json_string_length(json)));
    else if (json_is_integer(json) && json_integer_value(json) >= INT32_MIN && json_integer_value(json) <= INT32_MAX)
        value = schema_enum_number(enumeration, (int32_t)json_integer_value(json));
    if (value != NULL) {
        *ret_scalar = (uint64_t)(int64_t)value->number;
        return 0;
    }
    struct buffer words BUFFER_CLEANUP = {.size_max = TRUC_FAULT_TEXT_BYTES_MAX};
    for (size_t i = 0; i < enumeration->value_count; i++)
        buffer_printf(&words, "%s%s", i > 0 ? ", " : "", enumeration->values[i].word);
    fault_set(fault, TRUC_E_PAYLOAD, "not a value of %s", enumeration->full_name);
    const char *list = buffer_string(&words);
    if (fault != NULL && list != NULL)
        fault_hint(fault, "one of: %s", list);
    return schema_trail_fault(trail, TRUC_E_PAYLOAD, fault);
}

static int schema_read_scalar(const struct schema_trail *trail, const json_t *json, uint64_t *ret_scalar,
                              struct truc_fault *fault)
{
    switch (schema_value_kind_of(trail->field->type)) {
    case SCHEMA_VALUE_UNSIGNED:
        return schema_read_unsigned(trail, json, ret_scalar, fault);
    case SCHEMA_VALUE_REAL:
        return schema_read_real(trail, json, ret_scalar, fault);
    case SCHEMA_VALUE_ENUM:
        return schema_read_enum(trail, json, ret_scalar, fault);
    case SCHEMA_VALUE_BOOL:
        if (!json_is_boolean(json))
            return schema_read_refuse(trail, fault, "true or false");
        *ret_scalar = json_is_true(json) ? 1 : 0;
        return 0;
    default:
        return schema_read_signed(trail, json, ret_scalar, fault);
    }
}

static void schema_read_append(struct buffer *out, enum schema_wire_type type, uint64_t scalar)
{
    if (type == SCHEMA_WIRE_VARINT)
        schema_wire_append_varint(out, scalar);
    else if (type == SCHEMA_WIRE_FIXED64)
        buffer_append_le64(out, scalar);
    else
        buffer_append_le32(out, (uint32_t)scalar);
}

static int schema_read_message(const struct schema_message *message, const json_t *json, unsigned depth,
                               const struct schema_trail *outer, struct buffer *out, struct truc_fault *fault);

/* The content of a string, bytes or message field. */
static int schema_read_content(const struct schema_trail *trail, const json_t *json, unsigned depth, struct buffer *out,
                               struct truc_fault *fault)
{
    if (trail->field->type == SCHEMA_MESSAGE)
        return schema_read_message(trail->field->message, json, depth + 1, trail, out, fault);
    if (!json_is_string(json))
        return schema_read_refuse(trail, fault, trail->field->type == SCHEMA_BYTES ? "a string in base64" : "a string");
    struct bytes text = bytes_of(json_string_value(json), json_string_length(json));
    if (trail->field->type == SCHEMA_BYTES) {
        int result = base64_decode(text, out);
        return result == TRUC_E_ARGUMENT ? schema_read_refuse(trail, fault, "a string in base64") : 0;
    }
    /* jansson has refused NUL and checked UTF-8 */
    buffer_append_bytes(out, text);
    return 0;
}

static int schema_read_value(const struct schema_trail *trail, const json_t *json, unsigned depth, struct buffer *out,
                             struct truc_fault *fault)
{
    const struct schema_field *field = trail->field;
    enum schema_wire_type type = schema_wire_type_of(field->type);
    bool keep_default = field->repeated || field->oneof >= 0 || field->type == SCHEMA_MESSAGE;
    if (type == SCHEMA_WIRE_BYTES) {
        struct buffer content BUFFER_CLEANUP = {.size_max = out->size_max};
        int result = schema_read_content(trail, json, depth, &content, fault);
        if (result < 0)
            return result;
        if (buffer_failed(&content))
            return fault_set(fault, buffer_failed(&content), "the message is too large");
        if (content.size == 0 && !keep_default)
            return 0;
        schema_wire_append_tag(out, field->number, type);
        schema_wire_append_varint(out, content.size);
        buffer_append_bytes(out, buffer_view(&content));
        return 0;
    }
    uint64_t scalar = 0;
    int result = schema_read_scalar(trail, json, &scalar, fault);
    if (result < 0 || (scalar == 0 && !keep_default))
        return result;
    schema_wire_append_tag(out, field->number, type);
    schema_read_append(out, type, scalar);
    return 0;
}

/* proto3 writes repeated numbers packed: one field with all of them. */
static int schema_read_packed(struct schema_trail *trail, const json_t *list, struct buffer *out,
                              struct truc_fault *fault)
{
    enum schema_wire_type type = schema_wire_type_of(trail->field->type);
    struct buffer content BUFFER_CLEANUP = {.size_max = out->size_max};
    for (trail->place = 0; trail->place < json_array_size(list); trail->place++) {
        uint64_t scalar = 0;
        int result = schema_read_scalar(trail, json_array_get(list, trail->place), &scalar, fault);
        if (result < 0)
            return result;
        schema_read_append(&content, type, scalar);
    }
    if (buffer_failed(&content))
        return fault_set(fault, buffer_failed(&content), "the message is too large");
    if (content.size == 0)
        return 0;
    schema_wire_append_tag(out, trail->field->number, SCHEMA_WIRE_BYTES);
    schema_wire_append_varint(out, content.size);
    buffer_append_bytes(out, buffer_view(&content));
    return 0;
}

static int schema_read_field(struct schema_trail *trail, const json_t *json, unsigned depth, struct buffer *out,
                             struct truc_fault *fault)
{
    if (!trail->field->repeated)
        return schema_read_value(trail, json, depth, out, fault);
    if (!json_is_array(json))
        return schema_read_refuse(trail, fault, "a list");
    if (schema_type_is_packable(trail->field->type))
        return schema_read_packed(trail, json, out, fault);
    for (trail->place = 0; trail->place < json_array_size(json); trail->place++) {
        int result = schema_read_value(trail, json_array_get(json, trail->place), depth, out, fault);
        if (result < 0)
            return result;
    }
    return 0;
}

static int schema_read_unknown(const struct schema_message *message, const char *name, const struct schema_trail *outer,
                               struct truc_fault *fault)
{
    const char *near = schema_nearest_field(message, bytes_string(name));
    bool plain = !text_has_control(bytes_string(name));
    fault_set(fault, TRUC_E_PAYLOAD, "%s has no field '%.80s'", message->full_name, plain ? name : "?");
    if (fault != NULL && near != NULL)
        fault_hint(fault, "did you mean '%s'?", near);
    return schema_trail_fault(outer, TRUC_E_PAYLOAD, fault);
}

/* Unknown members and doubled choices, before anything is written. */
static int schema_read_members(const struct schema_message *message, json_t *json, const struct schema_trail *outer,
                               struct truc_fault *fault)
{
    const struct schema_field *chosen[SCHEMA_FIELDS_MAX] = {0};
    const char *name;
    json_t *member;
    json_object_foreach(json, name, member) {
        const struct schema_field *field = schema_find_field(message, bytes_string(name));
        if (field == NULL)
            return schema_read_unknown(message, name, outer, fault);
        if (field->oneof < 0 || json_is_null(member))
            continue;
        if (chosen[field->oneof] != NULL) {
            struct schema_trail trail = {.outer = outer, .field = field};
            return schema_read_refuse(&trail, fault, "only one field of this choice");
        }
        chosen[field->oneof] = field;
    }
    return 0;
}

static int schema_read_message(const struct schema_message *message, const json_t *json, unsigned depth,
                               const struct schema_trail *outer, struct buffer *out, struct truc_fault *fault)
{
    if (depth > SCHEMA_DEPTH_MAX)
        return schema_trail_fault(
            outer, fault_set(fault, TRUC_E_PAYLOAD, "messages are nested more than %d deep", SCHEMA_DEPTH_MAX), fault);
    if (!json_is_object(json))
        return schema_read_refuse(outer, fault, "an object with the message's fields");
    int result = schema_read_members(message, (json_t *)(uintptr_t)json, outer, fault);
    for (size_t i = 0; result == 0 && i < message->field_count; i++) {
        const json_t *member = json_object_get(json, message->fields[i].name);
        struct schema_trail trail = {.outer = outer, .field = &message->fields[i]};
        if (member != NULL && !json_is_null(member))
            result = schema_read_field(&trail, member, depth, out, fault);
    }
    return result;
}

int schema_from_json(const struct schema_message *message, struct bytes json, struct buffer *out,
                     struct truc_fault *fault)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)json.data, json.size, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        /* jansson's text may quote the content near the error: only the place is told */
        fault_set(fault, TRUC_E_PAYLOAD, "not JSON, a member that occurs twice, or a NUL in a string");
        fault_where(fault, "line %d, column %d", error.line, error.column);
        return TRUC_E_PAYLOAD;
    }
    size_t before = out->size;
    int result = schema_read_message(message, root, 1, NULL, out, fault);
    json_decref(root);
    if (result == 0 && buffer_failed(out) != 0)
        result = fault_set(fault, buffer_failed(out), "the message does not fit into memory or the buffer's limit");
    if (result < 0)
        out->size = before;
    return result;
}
