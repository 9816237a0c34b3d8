/* schema_path.c - dotted paths: compiled once against a schema, then read from payloads without unpacking them.
 * Not a query language: names and dots only; predicates belong to bus/policy.
 * In the flow: routing by field, recipients, rates per officer. */
#include "fault.h"
#include "schema_value.h"
#include "text.h"

/* "did you mean 'service' (enum, "toàn trình / một phần")?" */
static void schema_path_hint(const struct schema_message *message, struct bytes name, struct truc_fault *fault)
{
    if (fault == NULL)
        return;
    const char *near = schema_nearest_field(message, name);
    if (near == NULL) {
        fault_hint(fault, "its fields: truc schema show %s",
                   message->type[0] != '\0' ? message->type : message->full_name);
        return;
    }
    const struct schema_field *field = schema_find_field(message, bytes_string(near));
    if (field->title[0] != '\0')
        fault_hint(fault, "did you mean '%s' (%s, \"%s\")?", near, schema_type_text(field->type), field->title);
    else
        fault_hint(fault, "did you mean '%s' (%s)?", near, schema_type_text(field->type));
}

static int schema_path_step(const struct schema_message *message, struct bytes name, struct bytes text,
                            struct schema_path *path, struct truc_fault *fault)
{
    if (path->step_count == SCHEMA_PATH_STEPS_MAX)
        return fault_set(fault, TRUC_E_CONFIG, "a path has more than %d names", SCHEMA_PATH_STEPS_MAX);
    if (message == NULL) {
        const struct schema_field *last = schema_path_field(path);
        return fault_set(fault, TRUC_E_CONFIG, "'%s' is of type %s, so it has no field '%.*s'", last->name,
                         schema_type_text(last->type), BYTES_PRINTF(name));
    }
    const struct schema_field *field = schema_find_field(message, name);
    if (field == NULL) {
        bool typed = path->step_count == 0 && message->type[0] != '\0';
        fault_set(fault, TRUC_E_CONFIG, "%s has no field '%.*s'", typed ? message->type : message->full_name,
                  BYTES_PRINTF(path->step_count == 0 ? text : name));
        schema_path_hint(message, name, fault);
        return TRUC_E_CONFIG;
    }
    path->steps[path->step_count++] = field;
    path->repeated |= field->repeated;
    return 0;
}

int schema_path_compile(const struct schema_message *message, struct bytes text, struct schema_path *ret_path,
                        struct truc_fault *fault)
{
    if (text.size == 0 || text.size > SCHEMA_PATH_TEXT_MAX || !text_is_utf8(text) || text_has_control(text))
        return fault_set(fault, TRUC_E_CONFIG, "a path is empty, over-long or not plain text");
    struct schema_path path = {.step_count = 0};
    for (size_t at = 0; at <= text.size;) {
        const uint8_t *dot = at < text.size ? memchr(text.data + at, '.', text.size - at) : NULL;
        size_t end = dot != NULL ? (size_t)(dot - text.data) : text.size;
        int result = schema_path_step(message, bytes_of(text.data + at, end - at), text, &path, fault);
        if (result < 0)
            return result;
        message = schema_path_field(&path)->message;
        at = end + 1;
    }
    *ret_path = path;
    return 0;
}

const struct schema_field *schema_path_nearest(const struct schema_message *message, struct bytes text)
{
    while (message != NULL && text.size > 0) {
        const uint8_t *dot = memchr(text.data, '.', text.size);
        struct bytes name = bytes_of(text.data, dot != NULL ? (size_t)(dot - text.data) : text.size);
        const struct schema_field *field = schema_find_field(message, name);
        if (field == NULL) {
            const char *near = schema_nearest_field(message, name);
            return near == NULL ? NULL : schema_find_field(message, bytes_string(near));
        }
        message = field->message;
        text = dot != NULL ? bytes_of(dot + 1, text.size - name.size - 1) : BYTES_EMPTY;
    }
    return NULL;
}

static int schema_path_walk(const struct schema_path *path, unsigned step, struct bytes payload, schema_visit visit,
                            void *context)
{
    const struct schema_field *field = path->steps[step];
    struct schema_wire wire = schema_wire_of(payload);
    struct schema_wire_field occurrence;
    int result;
    while ((result = schema_wire_next(&wire, &occurrence, NULL)) > 0) {
        if (occurrence.number != field->number)
            continue;
        struct schema_values values;
        result = schema_values_begin(&values, field, &occurrence, NULL);
        if (result < 0)
            return result;
        struct schema_value value;
        while ((result = schema_values_next(&values, &value, NULL)) > 0) {
            int stop = step + 1u < path->step_count ? schema_path_walk(path, step + 1, value.bytes, visit, context)
                                                    : visit(context, field, &value);
            if (stop != 0)
                return stop;
        }
        if (result < 0)
            return result;
    }
    return result;
}

int schema_path_each(const struct schema_path *path, struct bytes payload, schema_visit visit, void *context)
{
    return schema_path_walk(path, 0, payload, visit, context);
}

static int schema_path_take(void *context, const struct schema_field *field, const struct schema_value *value)
{
    (void)field;
    *(struct schema_value *)context = *value;
    return 1; /* the first is enough */
}

int schema_path_read(const struct schema_path *path, struct bytes payload, struct schema_value *ret_value)
{
    struct schema_value value = schema_value_default(schema_path_field(path));
    int result = schema_path_walk(path, 0, payload, schema_path_take, &value);
    if (result < 0)
        return result;
    *ret_value = value;
    return 0;
}
