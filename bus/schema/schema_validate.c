/* schema_validate.c - the strict check of a payload's wire form against its schema.
 * Not a parser: nothing is built or copied; after it, every protobuf library reads the same values from the bytes.
 * In the flow: after the signature, before authorisation; nothing behind it sees an unchecked payload. */
#include "fault.h"
#include "schema_value.h"

enum { SCHEMA_SEEN_WORDS = SCHEMA_FIELDS_MAX / 64 };

/* Which singular fields and which oneofs of one message have occurred. */
struct schema_seen {
    uint64_t fields[SCHEMA_SEEN_WORDS];
    uint64_t oneofs[SCHEMA_SEEN_WORDS];
};

static bool schema_seen_before(uint64_t words[SCHEMA_SEEN_WORDS], unsigned place)
{
    uint64_t bit = 1ull << (place % 64);
    bool before = (words[place / 64] & bit) != 0;
    words[place / 64] |= bit;
    return before;
}

/* Parsers disagree on a singular field that occurs twice: some merge, some take the last. */
static int schema_validate_once(struct schema_seen *seen, const struct schema_field *field, struct truc_fault *fault)
{
    if (field->repeated)
        return 0;
    if (schema_seen_before(seen->fields, field->index))
        return fault_set(fault, TRUC_E_PAYLOAD, "the field occurs twice");
    if (field->oneof >= 0 && schema_seen_before(seen->oneofs, (unsigned)field->oneof))
        return fault_set(fault, TRUC_E_PAYLOAD, "another field of the same choice is there too");
    return 0;
}

static int schema_validate_message(const struct schema_message *message, struct bytes payload,
                                   const struct schema_limits *limits, unsigned depth, const struct schema_trail *outer,
                                   struct truc_fault *fault);

static int schema_validate_field(const struct schema_wire_field *occurrence, const struct schema_limits *limits,
                                 unsigned depth, const struct schema_trail *trail, struct truc_fault *fault)
{
    struct schema_values values;
    int result = schema_values_begin(&values, trail->field, occurrence, fault);
    if (result < 0)
        return schema_trail_fault(trail, result, fault);
    struct schema_value value;
    while ((result = schema_values_next(&values, &value, fault)) > 0) {
        if (trail->field->type != SCHEMA_MESSAGE)
            continue;
        result = schema_validate_message(trail->field->message, value.bytes, limits, depth + 1, trail, fault);
        if (result < 0)
            return result;
    }
    return result < 0 ? schema_trail_fault(trail, result, fault) : 0;
}

static int schema_validate_message(const struct schema_message *message, struct bytes payload,
                                   const struct schema_limits *limits, unsigned depth, const struct schema_trail *outer,
                                   struct truc_fault *fault)
{
    if (depth > limits->depth_max)
        return schema_trail_fault(
            outer, fault_set(fault, TRUC_E_PAYLOAD, "messages are nested more than %u deep", limits->depth_max), fault);
    struct schema_seen seen = {{0}, {0}};
    struct schema_wire wire = schema_wire_of(payload);
    struct schema_wire_field occurrence;
    int result;
    while ((result = schema_wire_next(&wire, &occurrence, fault)) > 0) {
        struct schema_trail trail = {.outer = outer, .message = payload, .occurrence = occurrence.start};
        trail.field = schema_find_number(message, occurrence.number);
        if (trail.field == NULL) {
            if (limits->allow_unknown)
                continue;
            trail.unknown_number = occurrence.number;
            fault_set(fault, TRUC_E_PAYLOAD, "%s has no field with the number %u", message->full_name,
                      occurrence.number);
            return schema_trail_fault(&trail, TRUC_E_PAYLOAD, fault);
        }
        result = schema_validate_once(&seen, trail.field, fault);
        if (result < 0)
            return schema_trail_fault(&trail, result, fault);
        result = schema_validate_field(&occurrence, limits, depth, &trail, fault);
        if (result < 0)
            return result;
    }
    return result < 0 ? schema_trail_fault(outer, result, fault) : 0;
}

int schema_validate(const struct schema_message *message, struct bytes payload, const struct schema_limits *limits,
                    struct truc_fault *fault)
{
    struct schema_limits all = limits != NULL ? *limits : (struct schema_limits){0};
    if (all.depth_max == 0 || all.depth_max > SCHEMA_DEPTH_MAX)
        all.depth_max = SCHEMA_DEPTH_MAX;
    return schema_validate_message(message, payload, &all, 1, NULL, fault);
}
