/* masked_payload.c - walks a payload's wire form by its schema and writes it anew, field by field, in the order it had.
 * A mark on a message is a mark on all in it. Lengths change, so parts are built apart and then put in.
 * See masked_payload.h. */
#include "masked_payload.h"
#include "cli_words.h"

#include "fault.h"
#include "schema_value.h"

#include <string.h>

enum { CITIZEN_NUMBER_DIGITS = 12 };

struct masking {
    const struct pseudonym_key *key;
    struct masked_identities *identities;
    struct truc_fault *fault;
};

/* ---- identity numbers of one message ---- */

static int note_identity(void *context, const struct schema_field *field, const struct schema_value *value)
{
    const struct masking *masking = context;
    struct masked_identities *identities = masking->identities;
    (void)field;
    if (identities->count == MASKED_IDENTITIES_MAX)
        return 0;
    size_t at = identities->texts.size;
    buffer_append_bytes(&identities->texts, value->bytes);
    int code = pseudonym_identity(masking->key, value->bytes, &identities->texts);
    if (code < 0 || buffer_failed(&identities->texts))
        return TRUC_E_MEMORY;
    identities->entries[identities->count].original = at;
    identities->entries[identities->count].original_size = value->bytes.size;
    identities->entries[identities->count].pseudonym = at + value->bytes.size;
    identities->entries[identities->count++].pseudonym_size = identities->texts.size - at - value->bytes.size;
    return 0;
}

void masked_identities_free(struct masked_identities *identities)
{
    buffer_free(&identities->texts); /* wipes */
    identities->count = 0;
}

/* The entry that begins here, or the count. */
static size_t find_identity(const struct masked_identities *identities, struct bytes rest)
{
    enum { SHORTEST = 6 /* a shorter one is a number like any other */ };
    size_t i = 0;
    while (i < identities->count) {
        size_t size = identities->entries[i].original_size;
        if (size >= SHORTEST && size <= rest.size &&
            memcmp(rest.data, identities->texts.data + identities->entries[i].original, size) == 0)
            break;
        i++;
    }
    return i;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Twelve digits on their own, of which the first is 0: no other number of the bus looks so, and this one may be anybody's. */
static bool is_citizens_number(struct bytes text, size_t at)
{
    size_t end = at;
    if (text.data[at] != '0' || (at > 0 && is_digit(text.data[at - 1])))
        return false;
    while (end < text.size && is_digit(text.data[end]))
        end++;
    return end - at == CITIZEN_NUMBER_DIGITS;
}

int masked_text(const struct pseudonym_key *key, const struct masked_identities *identities, struct bytes text,
                struct buffer *out)
{
    for (size_t at = 0; at < text.size;) {
        size_t i = find_identity(identities, bytes_of(text.data + at, text.size - at));
        if (i < identities->count) {
            buffer_append(out, identities->texts.data + identities->entries[i].pseudonym,
                          identities->entries[i].pseudonym_size);
            at += identities->entries[i].original_size;
        } else if (is_citizens_number(text, at)) {
            struct bytes number = bytes_of(text.data + at, CITIZEN_NUMBER_DIGITS);
            if (pseudonym_identity(key, number, out) < 0)
                return TRUC_E_MEMORY;
            at += number.size;
        } else {
            buffer_append_byte(out, text.data[at++]);
        }
    }
    return buffer_failed(out);
}

/* ---- numbers ---- */

static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static int64_t mask_signed(const struct masking *masking, enum schema_personal personal, int64_t value, int64_t most)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t made = pseudonym_number(masking->key, personal, size, (uint64_t)most);
    made = made > (uint64_t)most ? (uint64_t)most : made;
    return value < 0 ? -(int64_t)made : (int64_t)made;
}

static double mask_real(const struct masking *masking, enum schema_personal personal, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return value * (double)(50 + pseudonym_choice(masking->key, personal, bits, 50)) / 100; /* never the value itself */
}

static uint64_t mask_enum(const struct masking *masking, const struct schema_field *field,
                          enum schema_personal personal, uint64_t scalar)
{
    const struct schema_enum *values = field->enumeration;
    size_t chosen = pseudonym_choice(masking->key, personal, scalar, values->value_count);
    if (values->values[chosen].number == 0) /* "unspecified" is no pseudonym */
        chosen = (chosen + 1) % values->value_count;
    return (uint64_t)(int64_t)values->values[chosen].number;
}

/* A scalar as it stands on the wire. */
static uint64_t mask_scalar(const struct masking *masking, const struct schema_field *field,
                            enum schema_personal personal, uint64_t scalar)
{
    double real;
    float small;
    uint32_t half;
    switch (field->type) {
    case SCHEMA_BOOL:
        return pseudonym_choice(masking->key, personal, scalar, 2);
    case SCHEMA_ENUM:
        return mask_enum(masking, field, personal, scalar);
    case SCHEMA_SINT32:
        return zigzag(mask_signed(masking, personal, unzigzag(scalar), INT32_MAX));
    case SCHEMA_SINT64:
        return zigzag(mask_signed(masking, personal, unzigzag(scalar), INT64_MAX));
    case SCHEMA_INT32:
    case SCHEMA_SFIXED32:
        return (uint64_t)mask_signed(masking, personal, (int32_t)(uint32_t)scalar, INT32_MAX);
    case SCHEMA_INT64:
    case SCHEMA_SFIXED64:
        return (uint64_t)mask_signed(masking, personal, (int64_t)scalar, INT64_MAX);
    case SCHEMA_UINT32:
    case SCHEMA_FIXED32:
        return pseudonym_number(masking->key, personal, scalar, UINT32_MAX);
    case SCHEMA_DOUBLE:
        memcpy(&real, &scalar, sizeof real);
        real = mask_real(masking, personal, real);
        memcpy(&scalar, &real, sizeof scalar);
        return scalar;
    case SCHEMA_FLOAT:
        half = (uint32_t)scalar;
        memcpy(&small, &half, sizeof small);
        small = (float)mask_real(masking, personal, small);
        memcpy(&half, &small, sizeof half);
        return half;
    default:
        return field->instant ? pseudonym_instant(masking->key, scalar)
                              : pseudonym_number(masking->key, personal, scalar, UINT64_MAX);
    }
}

static void put_scalar(enum schema_wire_type type, uint64_t scalar, struct buffer *out)
{
    if (type == SCHEMA_WIRE_FIXED64)
        buffer_append_le64(out, scalar);
    else if (type == SCHEMA_WIRE_FIXED32)
        buffer_append_le32(out, (uint32_t)scalar);
    else
        schema_wire_append_varint(out, scalar);
}

/* ---- the walk ---- */

static int mask_message(struct masking *masking, const struct schema_message *schema, enum schema_personal inherited,
                        struct bytes payload, unsigned depth, struct buffer *out);

static int mask_packed(struct masking *masking, const struct schema_field *field, enum schema_personal personal,
                       struct bytes content, struct buffer *out)
{
    enum schema_wire_type type = schema_wire_type_of(field->type);
    struct schema_wire wire = schema_wire_of(content);
    uint64_t scalar;
    int more;
    while ((more = schema_wire_next_packed(&wire, type, &scalar, masking->fault)) > 0)
        put_scalar(type, mask_scalar(masking, field, personal, scalar), out);
    return more;
}

/* What a length-delimited field holds, masked. */
static int mask_content(struct masking *masking, const struct schema_field *field, enum schema_personal personal,
                        struct bytes content, unsigned depth, struct buffer *out)
{
    if (field->type == SCHEMA_MESSAGE)
        return mask_message(masking, field->message, personal, content, depth + 1, out);
    if (field->type == SCHEMA_STRING && field->identity)
        return pseudonym_identity(masking->key, content, out);
    if (field->type == SCHEMA_STRING)
        return personal ? pseudonym_text(masking->key, personal, content, out)
                        : masked_text(masking->key, masking->identities, content, out);
    if (field->type == SCHEMA_BYTES && personal)
        return pseudonym_bytes(masking->key, content, out);
    if (field->type != SCHEMA_BYTES && personal)
        return mask_packed(masking, field, personal, content, out);
    buffer_append_bytes(out, content);
    return buffer_failed(out);
}

static int mask_field(struct masking *masking, const struct schema_field *field, enum schema_personal inherited,
                      const struct schema_wire_field *found, unsigned depth, struct buffer *out)
{
    enum schema_personal personal = field->personal ? field->personal : inherited;
    schema_wire_append_tag(out, found->number, found->type);
    if (found->type != SCHEMA_WIRE_BYTES) {
        put_scalar(found->type, personal ? mask_scalar(masking, field, personal, found->scalar) : found->scalar, out);
        return buffer_failed(out);
    }
    BUFFER_CLEANUP struct buffer content = {.size_max = out->size_max};
    int code = mask_content(masking, field, personal, found->bytes, depth, &content);
    if (code < 0 || buffer_failed(&content))
        return code < 0 ? code : TRUC_E_MEMORY;
    schema_wire_append_varint(out, content.size);
    buffer_append_bytes(out, buffer_view(&content));
    return buffer_failed(out);
}

static int mask_message(struct masking *masking, const struct schema_message *schema, enum schema_personal inherited,
                        struct bytes payload, unsigned depth, struct buffer *out)
{
    struct schema_wire wire = schema_wire_of(payload);
    struct schema_wire_field found;
    int more;
    if (depth > SCHEMA_DEPTH_MAX)
        return fault_set(masking->fault, TRUC_E_PAYLOAD, _("the payload is nested deeper than %d"), SCHEMA_DEPTH_MAX);
    while ((more = schema_wire_next(&wire, &found, masking->fault)) > 0) {
        const struct schema_field *field = schema_find_number(schema, found.number);
        if (field == NULL)
            return fault_set(masking->fault, TRUC_E_PAYLOAD,
                             _("%s has no field %u: nobody knows whether it is personal"), schema->full_name,
                             found.number);
        int code = mask_field(masking, field, inherited, &found, depth, out);
        if (code < 0)
            return code;
    }
    return more;
}

int masked_payload(const struct pseudonym_key *key, const struct schema_message *schema, struct bytes payload,
                   struct masked_identities *identities, struct buffer *out, struct truc_fault *fault)
{
    struct masking masking = {.key = key, .identities = identities, .fault = fault};
    size_t begin = out->size;
    int code = schema_validate(schema, payload, NULL, fault);
    if (code == 0)
        code = schema_each_identity(schema, payload, note_identity, &masking);
    if (code == 0)
        code = mask_message(&masking, schema, SCHEMA_PERSONAL_NONE, payload, 1, out);
    if (code == 0) /* what the sandbox would refuse is known here */
        code = schema_validate(schema, bytes_of(out->data + begin, out->size - begin), NULL, fault);
    if (code < 0 && fault && fault->code == 0)
        fault_set(fault, code, "%s", truc_error_meaning(code));
    return code;
}
