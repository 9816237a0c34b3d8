/* mapping_payload.c - see mapping_payload.h: the schema library's JSON form, with the language's numbers.
 * Protobuf's JSON writes 64-bit numbers as texts; the language computes with integers.
 * In the flow: on both sides of every mapping. */
#include "mapping_payload.h"

#include <stdlib.h>

#include "fault.h"

enum { TREE_BYTES_MAX = 64 * 1024 * 1024 };

static bool is_long(const struct schema_field *field)
{
    switch (field->type) {
    case SCHEMA_INT64:
    case SCHEMA_UINT64:
    case SCHEMA_FIXED64:
    case SCHEMA_SFIXED64:
    case SCHEMA_SINT64:
        return true;
    default:
        return false;
    }
}

static int normalise(const struct schema_message *message, json_t *object, unsigned depth);

/* *ret_changed: a new value to put in the old one's place, or NULL. Beyond 63 bits a number stays a text. */
static int normalise_value(const struct schema_field *field, json_t *value, unsigned depth, json_t **ret_changed)
{
    *ret_changed = NULL;
    if (field->type == SCHEMA_MESSAGE)
        return normalise(field->message, value, depth + 1);
    if (!is_long(field) || !json_is_string(value))
        return 0;
    char *end;
    const char *text = json_string_value(value);
    long long number = strtoll(text, &end, 10);
    if (*end || number == INT64_MAX || number == INT64_MIN)
        return 0;
    *ret_changed = json_integer(number);
    return *ret_changed ? 0 : TRUC_E_MEMORY;
}

static int normalise_list(const struct schema_field *field, json_t *list, unsigned depth)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *changed;
        int result = normalise_value(field, json_array_get(list, i), depth, &changed);
        if (result < 0 || (changed && json_array_set_new(list, i, changed) < 0))
            return TRUC_E_MEMORY;
    }
    return 0;
}

static int normalise(const struct schema_message *message, json_t *object, unsigned depth)
{
    if (depth > SCHEMA_DEPTH_MAX)
        return TRUC_E_LIMIT;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct schema_field *field = &message->fields[i];
        json_t *value = json_object_get(object, field->name), *changed = NULL;
        int result = 0;
        if (value && field->repeated)
            result = normalise_list(field, value, depth);
        else if (value)
            result = normalise_value(field, value, depth, &changed);
        if (result == 0 && changed && json_object_set_new(object, field->name, changed) < 0)
            result = TRUC_E_MEMORY;
        if (result < 0)
            return result;
    }
    return 0;
}

int mapping_payload_read(const struct schema_message *message, struct bytes payload, json_t **ret_tree,
                         struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {.size_max = TREE_BYTES_MAX};
    struct schema_json_options options = {.words = true};
    int result = schema_to_json(message, payload, &options, &text, fault);
    if (result < 0)
        return result;
    json_t *tree = json_loadb((const char *)text.data, text.size, 0, NULL);
    if (!tree)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a message's fields");
    result = normalise(message, tree, 0);
    if (result < 0) {
        json_decref(tree);
        return fault_set(fault, result, "a message's fields can't be held");
    }
    *ret_tree = tree;
    return 0;
}

static int dump(const char *text, size_t size, void *context)
{
    struct buffer *out = context;
    buffer_append(out, text, size);
    return buffer_failed(out) ? -1 : 0;
}

int mapping_payload_write(const struct schema_message *message, const json_t *tree,
                          const struct mapping_template *template, struct buffer *out, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {.size_max = TREE_BYTES_MAX};
    struct truc_fault inner = {0};
    if (!json_is_object(tree))
        return fault_set(fault, TRUC_E_PAYLOAD, "the whole mapping makes no object, which a message is");
    if (json_dump_callback(tree, dump, &text, JSON_COMPACT) < 0)
        return buffer_failed(&text) == TRUC_E_LIMIT
                   ? fault_set(fault, TRUC_E_PAYLOAD, "a message of more than %d bytes as JSON", TREE_BYTES_MAX)
                   : fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
    int result = schema_from_json(message, buffer_view(&text), out, &inner);
    if (result < 0 && fault) {
        const char *source = template && inner.where[0] ? mapping_template_source(template, inner.where) : "";
        *fault = inner;
        if (*source)
            fault_where(fault, "%s", source);
    }
    return result;
}
