/* schema_set.c - finding things in a loaded set: types, messages, fields, enum values, and their names as text.
 * Not the loader; everything here only reads, from any thread.
 * Used by every other part that asks about a schema. */
#include "schema_set.h"

#include "text.h"

#include <stdio.h>

const struct schema_message *schema_set_find_message(const struct schema_set *set, struct bytes full_name)
{
    return map_get_bytes(&set->messages_by_name, full_name);
}

/* The first place whose type is not before @type. */
static size_t schema_set_lower(const struct schema_set *set, struct bytes type)
{
    size_t low = 0, high = set->type_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(bytes_string(set->types[middle]->type), type) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct schema_message *schema_set_find_type(const struct schema_set *set, struct bytes type)
{
    const struct schema_message *found = NULL;
    for (size_t i = schema_set_lower(set, type); i < set->type_count; i++) {
        if (!bytes_equal_string(type, set->types[i]->type))
            break;
        found = set->types[i];
    }
    return found;
}

const struct schema_message *schema_set_find_version(const struct schema_set *set, struct bytes type, uint32_t version)
{
    for (size_t i = schema_set_lower(set, type); i < set->type_count; i++) {
        if (!bytes_equal_string(type, set->types[i]->type))
            break;
        if (set->types[i]->version == version)
            return set->types[i];
    }
    return NULL;
}

size_t schema_set_type_count(const struct schema_set *set)
{
    return set->type_count;
}

const struct schema_message *schema_set_type(const struct schema_set *set, size_t at)
{
    return at < set->type_count ? set->types[at] : NULL;
}

const struct schema_message *schema_set_nearest_type(const struct schema_set *set, struct bytes type)
{
    const char *near = text_nearest(type, set->type_names, set->type_count);
    return near != NULL ? schema_set_find_type(set, bytes_string(near)) : NULL;
}

const char *schema_nearest_field(const struct schema_message *message, struct bytes name)
{
    const char *names[SCHEMA_FIELDS_MAX];
    for (size_t i = 0; i < message->field_count; i++)
        names[i] = message->fields[i].name;
    return text_nearest(name, names, message->field_count);
}

const struct schema_field *schema_find_field(const struct schema_message *message, struct bytes name)
{
    for (size_t i = 0; i < message->field_count; i++)
        if (bytes_equal_string(name, message->fields[i].name))
            return &message->fields[i];
    return NULL;
}

const struct schema_field *schema_find_number(const struct schema_message *message, uint32_t number)
{
    /* Numbers without gaps, the usual case, are places. */
    if (number - 1 < message->field_count && message->fields[number - 1].number == number)
        return &message->fields[number - 1];
    size_t low = 0, high = message->field_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (message->fields[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < message->field_count && message->fields[low].number == number ? &message->fields[low] : NULL;
}

const struct schema_enum_value *schema_enum_number(const struct schema_enum *enumeration, int32_t number)
{
    size_t low = 0, high = enumeration->value_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (enumeration->values[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < enumeration->value_count && enumeration->values[low].number == number;
    return found ? &enumeration->values[low] : NULL;
}

const struct schema_enum_value *schema_enum_find(const struct schema_enum *enumeration, struct bytes text)
{
    char number[16];
    for (size_t i = 0; i < enumeration->value_count; i++) {
        const struct schema_enum_value *value = &enumeration->values[i];
        snprintf(number, sizeof number, "%d", (int)value->number);
        if (bytes_equal_string(text, value->word) || bytes_equal_string(text, value->name) ||
            bytes_equal_string(text, number))
            return value;
    }
    return NULL;
}

const char *schema_type_text(enum schema_type type)
{
    static const char *const texts[] = {
        [SCHEMA_DOUBLE] = "double",     [SCHEMA_FLOAT] = "float",
        [SCHEMA_INT64] = "int64",       [SCHEMA_UINT64] = "uint64",
        [SCHEMA_INT32] = "int32",       [SCHEMA_FIXED64] = "fixed64",
        [SCHEMA_FIXED32] = "fixed32",   [SCHEMA_BOOL] = "bool",
        [SCHEMA_STRING] = "string",     [10] = "group",
        [SCHEMA_MESSAGE] = "message",   [SCHEMA_BYTES] = "bytes",
        [SCHEMA_UINT32] = "uint32",     [SCHEMA_ENUM] = "enum",
        [SCHEMA_SFIXED32] = "sfixed32", [SCHEMA_SFIXED64] = "sfixed64",
        [SCHEMA_SINT32] = "sint32",     [SCHEMA_SINT64] = "sint64",
    };
    return (unsigned)type >= SCHEMA_DOUBLE && (unsigned)type <= SCHEMA_SINT64 ? texts[type] : "unknown";
}

const char *schema_kind_text(enum schema_kind kind)
{
    static const char *const texts[] = {"part", "event", "command", "request", "reply"};
    return (unsigned)kind <= SCHEMA_KIND_REPLY ? texts[kind] : "unknown";
}

const char *schema_personal_text(enum schema_personal personal)
{
    static const char *const texts[] = {"",       "name",   "contact", "birth", "address",
                                        "health", "family", "finance", "other"};
    return (unsigned)personal <= SCHEMA_PERSONAL_OTHER ? texts[personal] : "unknown";
}
