/* door_openapi_schema.c - payloads as JSON Schema (OpenAPI 3.0.3 section 4.7.24), by the form in which the door reads and shows them.
 * Each message once; one that holds itself ends there.
 * In the flow: door_openapi.c -> this. */
#include "door_openapi.h"

static json_t *enum_schema(const struct schema_enum *enumeration)
{
    json_t *words = json_array();
    for (size_t i = 0; i < enumeration->value_count; i++)
        json_array_append_new(words, json_string(enumeration->values[i].word));
    return json_pack("{s:s, s:o}", "type", "string", "enum", words);
}

static json_t *single_schema(const struct schema_field *field, json_t *components)
{
    if (field->instant)
        return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
    switch (field->type) {
    case SCHEMA_MESSAGE:
        return door_openapi_schema(field->message, components);
    case SCHEMA_ENUM:
        return enum_schema(field->enumeration);
    case SCHEMA_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case SCHEMA_STRING:
        return json_pack("{s:s}", "type", "string");
    case SCHEMA_BYTES:
        return json_pack("{s:s, s:s}", "type", "string", "format", "byte");
    case SCHEMA_DOUBLE:
    case SCHEMA_FLOAT:
        return json_pack("{s:s}", "type", "number");
    case SCHEMA_INT64:
    case SCHEMA_UINT64:
    case SCHEMA_FIXED64:
    case SCHEMA_SFIXED64:
    case SCHEMA_SINT64:
        return json_pack("{s:s, s:s}", "type", "string", "pattern", "^-?[0-9]+$"); /* past 2^53 numbers lose digits */
    default:
        return json_pack("{s:s}", "type", "integer");
    }
}

static json_t *field_schema(const struct schema_field *field, json_t *components)
{
    json_t *schema = single_schema(field, components);
    if (field->repeated)
        schema = json_pack("{s:s, s:o}", "type", "array", "items", schema);
    const char *title = *field->title ? field->title : field->comment;
    if (schema && *title && !json_object_get(schema, "$ref")) /* nothing may stand beside a reference */
        json_object_set_new(schema, "description", json_string(title));
    return schema;
}

json_t *door_openapi_schema(const struct schema_message *message, json_t *components)
{
    json_t *reference = json_pack("{s:s+}", "$ref", "#/components/schemas/", message->full_name);
    if (json_object_get(components, message->full_name))
        return reference;
    json_t *fields = json_object();
    json_t *schema = json_pack("{s:s, s:b, s:O}", "type", "object", "additionalProperties", 0, "properties", fields);
    if (schema && *message->title)
        json_object_set_new(schema, "description", json_string(message->title));
    json_object_set_new(components, message->full_name, schema);
    for (size_t i = 0; i < message->field_count; i++)
        json_object_set_new(fields, message->fields[i].name, field_schema(&message->fields[i], components));
    json_decref(fields);
    return reference;
}
