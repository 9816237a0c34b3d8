/* schema_compatible.c - whether a new descriptor set still means what the old one meant.
 * Not a comparison of texts: titles, comments, new fields and new types are free to change.
 * On reload: messages waiting in queues were accepted under the old set and are delivered under the new one. */
#include "fault.h"
#include "schema_set.h"

/* A pair of messages that was compared already, or is being compared further out, holds. */
struct schema_comparison {
    struct map seen; /* old message → new message, by address */
    struct truc_fault *fault;
};

static int schema_compare_enums(const struct schema_comparison *comparison, const struct schema_field *before,
                                const struct schema_field *after)
{
    for (size_t i = 0; i < before->enumeration->value_count; i++) {
        const struct schema_enum_value *value = &before->enumeration->values[i];
        const struct schema_enum_value *now = schema_enum_number(after->enumeration, value->number);
        if (now == NULL)
            return fault_set(comparison->fault, TRUC_E_CONFIG, "%s: the value %s (%d) is gone",
                             after->enumeration->full_name, value->name, (int)value->number);
    }
    return 0;
}

static int schema_compare_field(const struct schema_comparison *comparison, const struct schema_field *before,
                                const struct schema_field *after)
{
    const char *what = NULL;
    if (strcmp(before->name, after->name) != 0)
        what = "another name, so paths in the configuration no longer find it";
    else if (before->type != after->type)
        what = "another type";
    else if (before->repeated != after->repeated)
        what = "changed between single and list";
    else if ((before->oneof < 0) != (after->oneof < 0))
        what = "moved into or out of a choice";
    else if (before->identity && !after->identity)
        what = "lost its mark as an identity number";
    else if (before->personal != SCHEMA_PERSONAL_NONE && after->personal == SCHEMA_PERSONAL_NONE && !after->identity)
        what = "lost its mark as personal";
    else if (before->instant != after->instant)
        what = "changed between number and instant";
    if (what != NULL)
        return fault_set(comparison->fault, TRUC_E_CONFIG, "%s.%s (%u): %s", before->parent->full_name, before->name,
                         before->number, what);
    return before->enumeration != NULL ? schema_compare_enums(comparison, before, after) : 0;
}

/* Depth is bounded by the number of messages, each entered once. */
static int schema_compare_messages(struct schema_comparison *comparison, const struct schema_message *before,
                                   const struct schema_message *after, unsigned depth)
{
    uint64_t key = (uint64_t)(uintptr_t)before;
    if (map_get_number(&comparison->seen, key) == after)
        return 0;
    if (depth > SCHEMA_DEPTH_MAX) /* deeper than any payload may be */
        return 0;
    if (map_put_number(&comparison->seen, key, (void *)(uintptr_t)after) < 0)
        return fault_set(comparison->fault, TRUC_E_MEMORY, "no memory to compare the schemas");
    for (size_t i = 0; i < before->field_count; i++) {
        const struct schema_field *field = &before->fields[i];
        const struct schema_field *now = schema_find_number(after, field->number);
        if (now == NULL)
            return fault_set(comparison->fault, TRUC_E_CONFIG, "%s: the field %s (%u) is gone", before->full_name,
                             field->name, field->number);
        int result = schema_compare_field(comparison, field, now);
        if (result == 0 && field->message != NULL)
            result = schema_compare_messages(comparison, field->message, now->message, depth + 1);
        if (result < 0)
            return result;
    }
    return 0;
}

static int schema_compare_type(struct schema_comparison *comparison, const struct schema_message *before,
                               const struct schema_set *after)
{
    const struct schema_message *now = schema_set_find_version(after, bytes_string(before->type), before->version);
    if (now == NULL)
        return fault_set(comparison->fault, TRUC_E_CONFIG, "the message type %s version %u is gone", before->type,
                         before->version);
    if (now->kind != before->kind)
        return fault_set(comparison->fault, TRUC_E_CONFIG, "%s was of kind %s and is now of kind %s", before->type,
                         schema_kind_text(before->kind), schema_kind_text(now->kind));
    int result = schema_compare_messages(comparison, before, now, 1);
    if (result == 0 && before->reply != NULL)
        result = schema_compare_messages(comparison, before->reply, now->reply, 1);
    return result;
}

int schema_set_compatible(const struct schema_set *before, const struct schema_set *after, struct truc_fault *fault)
{
    struct schema_comparison comparison = {.fault = fault};
    int result = 0;
    for (size_t i = 0; result == 0 && i < before->type_count; i++)
        result = schema_compare_type(&comparison, before->types[i], after);
    map_free(&comparison.seen);
    return result;
}
