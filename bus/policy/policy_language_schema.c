/* policy_language_schema.c - the configuration language as a JSON Schema, for editors.
 * Not: the judge; the loader says more, and is right where they should differ.
 * In the flow: config/truc.schema.json, which a test compares. */
#include "policy_language.h"

#include "policy_language_parts.h"
#include "policy_match.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* jansson passes NULL on: a failed allocation anywhere makes the whole NULL, as every setter refuses a NULL value;
 * what a setter refused is counted here. */
struct schema_writer {
    bool failed;
};

static void set(struct schema_writer *writer, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        writer->failed = true;
}

static json_t *pattern_schema(struct schema_writer *writer, const char *pattern)
{
    json_t *schema = json_object();
    set(writer, schema, "type", json_string("string"));
    set(writer, schema, "pattern", json_string(pattern));
    return schema;
}

static json_t *words_schema(struct schema_writer *writer, const struct yaml_key *key)
{
    json_t *schema = json_object(), *words = json_array();
    for (size_t i = 0; key->words[i] != NULL; i++)
        if (json_array_append_new(words, json_string(key->words[i])) < 0)
            writer->failed = true;
    set(writer, schema, "enum", words);
    return schema;
}

/* One value, or a list of them. */
static json_t *list_schema(struct schema_writer *writer, json_t *item)
{
    json_t *schema = json_object(), *list = json_object(), *either = json_array();
    set(writer, list, "type", json_string("array"));
    set(writer, list, "items", item == NULL ? NULL : json_incref(item));
    if (json_array_append_new(either, item) < 0 || json_array_append_new(either, list) < 0)
        writer->failed = true;
    set(writer, schema, "anyOf", either);
    return schema;
}

static json_t *type_schema(struct schema_writer *writer, const char *type)
{
    json_t *schema = json_object();
    set(writer, schema, "type", json_string(type));
    return schema;
}

/* A single value of a predicate: the schema of the messages says more, and the loader asks it. */
static json_t *single_schema(struct schema_writer *writer)
{
    json_t *schema = json_object();
    set(writer, schema, "type", json_pack("[s, s, s]", "string", "number", "boolean"));
    return schema;
}

/* A value, a list, or a map of operators. `within` a not there is no further not, nor exists. */
static json_t *condition_schema(struct schema_writer *writer, bool within)
{
    json_t *map = type_schema(writer, "object"), *operators = json_object(), *schema = json_object();
    json_t *either = json_array();
    for (int i = 0; i < POLICY_OPERATORS_COUNT; i++) {
        json_t *value;
        if (within && (i == POLICY_OPERATOR_NOT || i == POLICY_OPERATOR_EXISTS))
            continue;
        if (i == POLICY_OPERATOR_NOT)
            value = condition_schema(writer, true);
        else if (i == POLICY_OPERATOR_EXISTS)
            value = type_schema(writer, "boolean");
        else if (i == POLICY_OPERATOR_AT_LEAST || i == POLICY_OPERATOR_AT_MOST)
            value = single_schema(writer);
        else
            value = list_schema(writer, single_schema(writer));
        set(writer, value, "description", json_string(policy_operators[i].explanation));
        set(writer, operators, policy_operators[i].name, value);
    }
    set(writer, map, "properties", operators);
    set(writer, map, "additionalProperties", json_false());
    set(writer, map, "minProperties", json_integer(1));
    if (json_array_append_new(either, list_schema(writer, single_schema(writer))) < 0 ||
        json_array_append_new(either, map) < 0)
        writer->failed = true;
    set(writer, schema, "anyOf", either);
    return schema;
}

/* Which payload fields there are depends on the type; the header's are the same for all. */
static json_t *match_schema(struct schema_writer *writer)
{
    json_t *map = type_schema(writer, "object"), *fields = json_object(), *patterns = json_object();
    for (int i = 0; i < POLICY_HEADER_FIELDS_COUNT; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "header.%s", policy_header_field_name((enum policy_header_field)i));
        set(writer, fields, name, json_pack("{s:s}", "$ref", "#/$defs/condition"));
    }
    set(writer, patterns, "^body\\..", json_pack("{s:s}", "$ref", "#/$defs/condition"));
    set(writer, map, "properties", fields);
    set(writer, map, "patternProperties", patterns);
    set(writer, map, "additionalProperties", json_false());
    return map;
}

#define ID_PATTERN "[a-z]([a-z0-9-]*[a-z0-9])?"

static json_t *value_schema(struct schema_writer *writer, const struct yaml_key *key)
{
    switch (key->type) {
    case TYPED_ID:
        return pattern_schema(writer, "^" ID_PATTERN "$");
    case TYPED_TYPE:
        return pattern_schema(writer, "^" ID_PATTERN "(\\." ID_PATTERN ")+$");
    case TYPED_IDS:
        return list_schema(writer, pattern_schema(writer, "^" ID_PATTERN "$"));
    case TYPED_TYPES:
        return list_schema(writer, pattern_schema(writer, "^" ID_PATTERN "(\\." ID_PATTERN ")+$"));
    case TYPED_TEXTS:
        return list_schema(writer, type_schema(writer, "string"));
    case TYPED_WORD:
        return words_schema(writer, key);
    case TYPED_WORDS:
        return list_schema(writer, words_schema(writer, key));
    case TYPED_SPAN:
        return pattern_schema(writer, "^[0-9]+(ms|s|m|h|d)$");
    case TYPED_RATE:
        return pattern_schema(writer, "^[0-9]+/(s|min|h|d)$");
    case TYPED_DATE:
        return pattern_schema(writer, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    case TYPED_BOOL:
        return type_schema(writer, "boolean");
    case TYPED_COUNT:
        return type_schema(writer, "integer");
    case TYPED_FACTOR:
        return type_schema(writer, "number");
    case TYPED_FREE:
        return match_schema(writer);
    case TYPED_SIZE: /* "64KiB", or a number of bytes */
        return json_object();
    default:
        return type_schema(writer, "string");
    }
}

static json_t *object_schema(struct schema_writer *writer, const struct yaml_object *object);

static json_t *key_schema(struct schema_writer *writer, const struct yaml_key *key)
{
    json_t *schema;
    if (key->type == TYPED_OBJECTS) {
        schema = list_schema(writer, object_schema(writer, key->object));
    } else if (key->type == TYPED_OBJECT) {
        schema = object_schema(writer, key->object);
    } else {
        schema = value_schema(writer, key);
    }
    char form[YAML_FORM_BYTES], bounds[YAML_FORM_BYTES];
    yaml_key_form(key, NULL, form);
    yaml_key_bounds(key, NULL, bounds);
    set(writer, schema, "description",
        json_sprintf("%s%s%s; %s", form, bounds[0] != 0 ? ", " : "", bounds, key->explanation));
    return schema;
}

static json_t *object_schema(struct schema_writer *writer, const struct yaml_object *object)
{
    json_t *map = type_schema(writer, "object"), *properties = json_object(), *required = json_array();
    for (uint32_t i = 0; i < object->keys_count; i++) {
        const struct yaml_key *key = &object->keys[i];
        set(writer, properties, key->name, key_schema(writer, key));
        if (key->required && json_array_append_new(required, json_string(key->name)) < 0)
            writer->failed = true;
    }
    set(writer, map, "properties", properties);
    set(writer, map, "required", required);
    set(writer, map, "additionalProperties", json_false());
    if (!object->shorthand)
        return map;
    json_t *schema = json_object(), *either_form = json_array(); /* a text stands for the first key */
    if (json_array_append_new(either_form, type_schema(writer, "string")) < 0 ||
        json_array_append_new(either_form, map) < 0)
        writer->failed = true;
    set(writer, schema, "anyOf", either_form);
    return schema;
}

int policy_language_schema(struct buffer *out)
{
    struct schema_writer writer = {false};
    json_t *root = json_object(), *either = json_array();
    for (size_t i = 0; i < POLICY_LANGUAGE_OBJECTS; i++)
        if (json_array_append_new(either, object_schema(&writer, policy_language_objects[i].file)) < 0)
            writer.failed = true;
    set(&writer, root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
    set(&writer, root, "title", json_string("Trục: bus.yaml, systems/, routes/, agreements/"));
    set(&writer, root, "anyOf", either);
    set(&writer, root, "$defs", json_pack("{s:o}", "condition", condition_schema(&writer, false)));
    char *text = writer.failed ? NULL : json_dumps(root, JSON_INDENT(2));
    if (text != NULL)
        buffer_printf(out, "%s\n", text);
    free(text);
    json_decref(root);
    return text == NULL ? TRUC_E_MEMORY : buffer_failed(out);
}
