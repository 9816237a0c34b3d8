/* schema_walk.c - walks over whole payloads: persons concerned, and fields beyond an agreement.
 * Not a check of the wire form, though safe on any bytes; payloads come here after schema_validate.
 * In the flow: persons are recorded with the accepted message; replies are held to the agreement's reply-fields. */
#include "fault.h"
#include "schema_value.h"

struct schema_identities {
    schema_visit visit;
    void *context;
};

static int schema_identity_walk(const struct schema_identities *identities, const struct schema_message *message,
                                struct bytes payload, unsigned depth)
{
    if (depth > SCHEMA_DEPTH_MAX)
        return TRUC_E_PAYLOAD;
    struct schema_wire wire = schema_wire_of(payload);
    struct schema_wire_field occurrence = {0};
    int result;
    while ((result = schema_wire_next(&wire, &occurrence, NULL)) > 0) {
        const struct schema_field *field = schema_find_number(message, occurrence.number);
        bool inner = field != NULL && field->message != NULL && field->message->has_personal;
        if (field == NULL || !(field->identity || inner))
            continue;
        struct schema_values values;
        result = schema_values_begin(&values, field, &occurrence, NULL);
        struct schema_value value = {0};
        if (result == 0)
            result = schema_values_next(&values, &value, NULL);
        if (result < 0)
            return result;
        if (inner)
            result = schema_identity_walk(identities, field->message, value.bytes, depth + 1);
        else
            result = value.bytes.size > 0 ? identities->visit(identities->context, field, &value) : 0;
        if (result != 0)
            return result;
    }
    return result;
}

int schema_each_identity(const struct schema_message *message, struct bytes payload, schema_visit visit, void *context)
{
    struct schema_identities identities = {visit, context};
    return message->has_personal ? schema_identity_walk(&identities, message, payload, 1) : 0;
}

/* How far a place in the message is covered by the allowed paths. */
enum schema_cover { SCHEMA_COVER_NONE, SCHEMA_COVER_PART, SCHEMA_COVER_ALL };

struct schema_allowance {
    const struct schema_path *allowed;
    size_t count;
    const struct schema_field *steps[SCHEMA_DEPTH_MAX]; /* the way to the field in hand */
};

static enum schema_cover schema_allowance_of(const struct schema_allowance *allowance, unsigned step_count)
{
    enum schema_cover cover = SCHEMA_COVER_NONE;
    for (size_t i = 0; i < allowance->count; i++) {
        const struct schema_path *path = &allowance->allowed[i];
        unsigned common = path->step_count < step_count ? path->step_count : step_count;
        if (memcmp(path->steps, allowance->steps, common * sizeof path->steps[0]) != 0)
            continue;
        if (path->step_count <= step_count)
            return SCHEMA_COVER_ALL;
        cover = SCHEMA_COVER_PART;
    }
    return cover;
}

static int schema_check_message(struct schema_allowance *allowance, const struct schema_message *message,
                                struct bytes payload, unsigned depth, const struct schema_trail *outer,
                                struct truc_fault *fault)
{
    if (depth > SCHEMA_DEPTH_MAX)
        return fault_set(fault, TRUC_E_PAYLOAD, "messages are nested more than %d deep", SCHEMA_DEPTH_MAX);
    struct schema_wire wire = schema_wire_of(payload);
    struct schema_wire_field occurrence = {0};
    int result;
    while ((result = schema_wire_next(&wire, &occurrence, fault)) > 0) {
        struct schema_trail trail = {
            .outer = outer, .message = payload, .occurrence = occurrence.start, .unknown_number = occurrence.number};
        trail.field = schema_find_number(message, occurrence.number);
        allowance->steps[depth - 1] = trail.field;
        enum schema_cover cover = trail.field == NULL ? SCHEMA_COVER_NONE : schema_allowance_of(allowance, depth);
        if (cover == SCHEMA_COVER_NONE) {
            fault_set(fault, TRUC_E_REPLY_FIELDS, "the agreement does not allow this field");
            return schema_trail_fault(&trail, TRUC_E_REPLY_FIELDS, fault);
        }
        if (cover == SCHEMA_COVER_ALL)
            continue;
        if (occurrence.type != SCHEMA_WIRE_BYTES)
            return schema_trail_fault(&trail, fault_set(fault, TRUC_E_PAYLOAD, "not a message"), fault);
        result = schema_check_message(allowance, trail.field->message, occurrence.bytes, depth + 1, &trail, fault);
        if (result < 0)
            return result;
    }
    return result;
}

int schema_check_only(const struct schema_message *message, struct bytes payload, const struct schema_path *allowed,
                      size_t allowed_count, struct truc_fault *fault)
{
    struct schema_allowance allowance = {.allowed = allowed, .count = allowed_count};
    return schema_check_message(&allowance, message, payload, 1, NULL, fault);
}
