/* policy_language.c - explaining the configuration language from its own tables.
 * Not: any text about single keys; those stand beside the keys in policy_keys.c.
 * In the flow: see policy_language.h. */
#include "policy_language.h"

#include "policy_keys.h"
#include "text.h"

#include <jansson.h>
#include <stdlib.h>

/* The four objects a person names, and where each is written. */
static const struct {
    const char *name, *where;
    const struct yaml_object *file;
    bool listed; /* the file's one key is the list of them */
} objects[] = {
    {"bus", "bus.yaml", &policy_bus_file, false},
    {"system", "systems/ID.yaml", &policy_system_file, false},
    {"route", "routes/*.yaml", &policy_routes_file, true},
    {"agreement", "agreements/*.yaml", &policy_agreements_file, true},
};
enum { OBJECTS_COUNT = sizeof objects / sizeof objects[0] };

static const struct yaml_object *object_at(size_t i)
{
    return objects[i].listed ? objects[i].file->keys[0].object : objects[i].file;
}

static void explain_key(const struct yaml_key *key, struct buffer *out)
{
    char form[YAML_FORM_BYTES];
    yaml_key_form(key, form);
    buffer_printf(out, "  %-16s %s%s\n  %-16s %s\n", key->name, form, key->required ? " (required)" : "", "",
                  key->explanation);
}

static void explain_object(const struct yaml_object *object, struct buffer *out)
{
    for (uint32_t i = 0; i < object->keys_count; i++)
        explain_key(&object->keys[i], out);
}

/* The part before the next '.', taken off the path. */
static struct bytes take_part(struct bytes *path)
{
    const uint8_t *dot = path->size > 0 ? memchr(path->data, '.', path->size) : NULL;
    size_t size = dot == NULL ? path->size : (size_t)(dot - path->data);
    struct bytes part = bytes_of(path->data, size);
    size_t taken = dot == NULL ? size : size + 1;
    *path = bytes_of(path->data + taken, path->size - taken);
    return part;
}

static int refuse_part(struct bytes part, const char *of, const char *const *names, size_t count,
                       struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_NOT_FOUND, "%s has no key '%.*s'", of, BYTES_PRINTF(part));
    const char *nearest = text_nearest(part, names, count);
    if (nearest != NULL)
        fault_hint(fault, "did you mean '%s'?", nearest);
    else
        fault_hint(fault, "its keys: truc explain %s", of);
    return TRUC_E_NOT_FOUND;
}

static int explain_below(const struct yaml_object *object, struct bytes path, struct buffer *out,
                         struct truc_fault *fault)
{
    const struct yaml_key *key = NULL;
    while (path.size > 0 && object != NULL) {
        struct bytes part = take_part(&path);
        const char *names[YAML_KEYS_MAX];
        key = NULL;
        for (uint32_t i = 0; i < object->keys_count; i++) {
            names[i] = object->keys[i].name;
            if (bytes_equal_string(part, names[i]))
                key = &object->keys[i];
        }
        if (key == NULL)
            return refuse_part(part, object->title, names, object->keys_count, fault);
        object = key->object;
    }
    if (path.size > 0)
        return fault_set(fault, TRUC_E_NOT_FOUND, "'%s' has no keys of its own", key == NULL ? "" : key->name);
    if (key != NULL)
        explain_key(key, out);
    if (object != NULL)
        explain_object(object, out);
    return buffer_failed(out);
}

int policy_language_explain(struct bytes path, struct buffer *out, struct truc_fault *fault)
{
    const char *names[OBJECTS_COUNT];
    if (path.size == 0) {
        for (size_t i = 0; i < OBJECTS_COUNT; i++)
            buffer_printf(out, "  %-16s %s\n", objects[i].name, objects[i].where);
        return buffer_failed(out);
    }
    struct bytes part = take_part(&path);
    for (size_t i = 0; i < OBJECTS_COUNT; i++) {
        names[i] = objects[i].name;
        if (!bytes_equal_string(part, names[i]))
            continue;
        if (path.size == 0)
            buffer_printf(out, "%s: %s\n", objects[i].name, objects[i].where);
        return explain_below(object_at(i), path, out, fault);
    }
    fault_set(fault, TRUC_E_NOT_FOUND, "'%.*s' is not part of the configuration language", BYTES_PRINTF(part));
    const char *nearest = text_nearest(part, names, OBJECTS_COUNT);
    if (nearest != NULL)
        fault_hint(fault, "did you mean '%s'?", nearest);
    else
        fault_hint(fault, "it speaks of: bus, system, route, agreement");
    return TRUC_E_NOT_FOUND;
}

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
        return type_schema(writer, "object");
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
    char form[YAML_FORM_BYTES];
    yaml_key_form(key, form);
    set(writer, schema, "description", json_sprintf("%s; %s", form, key->explanation));
    return schema;
}

static json_t *object_schema(struct schema_writer *writer, const struct yaml_object *object)
{
    json_t *map = type_schema(writer, "object"), *properties = json_object(), *required = json_array();
    for (uint32_t i = 0; i < object->keys_count; i++) {
        const struct yaml_key *key = &object->keys[i];
        if (key->type == TYPED_NOT_ENFORCED)
            continue;
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
    for (size_t i = 0; i < OBJECTS_COUNT; i++)
        if (json_array_append_new(either, object_schema(&writer, objects[i].file)) < 0)
            writer.failed = true;
    set(&writer, root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
    set(&writer, root, "title", json_string("Trục: bus.yaml, systems/, routes/, agreements/"));
    set(&writer, root, "anyOf", either);
    char *text = writer.failed ? NULL : json_dumps(root, JSON_INDENT(2));
    if (text != NULL)
        buffer_printf(out, "%s\n", text);
    free(text);
    json_decref(root);
    return text == NULL ? TRUC_E_MEMORY : buffer_failed(out);
}
