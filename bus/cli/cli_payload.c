/* cli_payload.c - Fields become a JSON tree; schema_from_json makes the wire form of it and judges values.
 * Not: a parser of its own for dates, enums or numbers.
 * Trees are as deep as schema paths, which are bounded. */
#include "cli_payload.h"

#include "cli_words.h"
#include "fault.h"
#include "policy_match.h"
#include "text.h"

#include <jansson.h>
#include <string.h>

enum { HEADER_NAME_BYTES_MAX = 64 };

/* NAME=VALUE, split. */
static int split(const char *option, const char *text, struct bytes *ret_name, const char **ret_value,
                 struct truc_fault *fault)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--%s %s: NAME=VALUE is needed"), option, text);
    *ret_name = bytes_of(text, (size_t)(equals - text));
    *ret_value = equals + 1;
    return 0;
}

/* The JSON form that schema_from_json takes; numbers, enums and instants are taken as text. */
static json_t *leaf(const struct schema_field *field, const char *value)
{
    if (field->type == SCHEMA_BOOL && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0))
        return json_boolean(*value == 't');
    if (field->type == SCHEMA_DOUBLE || field->type == SCHEMA_FLOAT) {
        json_t *number = json_loads(value, JSON_DECODE_ANY, NULL);
        return number ? number : json_string(value);
    }
    return json_string(value);
}

/* The object below `object` that a step leads to; of a list, its only element. */
static json_t *descend(json_t *object, const struct schema_field *step)
{
    json_t *child = json_object_get(object, step->name);
    if (child == NULL) {
        child = step->repeated ? json_array() : json_object();
        json_object_set_new(object, step->name, child);
    }
    if (!step->repeated)
        return child;
    if (json_array_size(child) == 0)
        json_array_append_new(child, json_object());
    return json_array_get(child, 0);
}

static int put(json_t *root, const struct schema_path *path, const char *value, struct truc_fault *fault)
{
    const struct schema_field *field = schema_path_field(path);
    json_t *object = root;
    for (uint8_t i = 0; i + 1 < path->step_count; i++)
        object = descend(object, path->steps[i]);
    json_t *made = leaf(field, value), *present = json_object_get(object, field->name);
    if (made == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, _("the value of '%s' is not UTF-8"), field->name);
    if (field->repeated && present == NULL) {
        present = json_array();
        json_object_set_new(object, field->name, present);
    }
    if (field->repeated)
        return json_array_append_new(present, made) == 0 ? 0 : TRUC_E_MEMORY;
    if (present) {
        json_decref(made);
        return fault_set(fault, TRUC_E_ARGUMENT, _("field '%s' is given twice"), field->name);
    }
    return json_object_set_new(object, field->name, made) == 0 ? 0 : TRUC_E_MEMORY;
}

static int put_option(const struct schema_message *message, json_t *root, const char *text, struct truc_fault *fault)
{
    struct bytes name = BYTES_EMPTY;
    const char *value = "";
    struct schema_path path;
    int code = split("field", text, &name, &value, fault);
    if (code < 0)
        return code;
    if (name.size > 5 && memcmp(name.data, "body.", 5) == 0)
        name = bytes_of(name.data + 5, name.size - 5);
    code = schema_path_compile(message, name, &path, fault);
    if (code < 0 && fault)
        return fault->code = TRUC_E_ARGUMENT;
    return code < 0 ? TRUC_E_ARGUMENT : put(root, &path, value, fault);
}

int cli_payload_build(const struct schema_message *message, const struct cli_arguments *arguments, struct buffer *out,
                      struct truc_fault *fault)
{
    json_t *root = json_object();
    int code = root ? 0 : fault_set(fault, TRUC_E_MEMORY, _("no memory for a payload"));
    const char *text;
    for (size_t i = 0; code == 0 && (text = cli_option_nth(arguments, "field", i)); i++)
        code = put_option(message, root, text, fault);
    char *json = code == 0 ? json_dumps(root, JSON_COMPACT) : NULL;
    if (code == 0 && json == NULL)
        code = fault_set(fault, TRUC_E_MEMORY, _("no memory for a payload"));
    if (code == 0 && json && (code = schema_from_json(message, bytes_string(json), out, fault)) == TRUC_E_PAYLOAD &&
        fault)
        code = fault->code = TRUC_E_ARGUMENT;
    free(json);
    json_decref(root);
    return code;
}

/* ---- header ---- */

static int unknown_header(struct bytes name, struct truc_fault *fault)
{
    const char *names[POLICY_HEADER_FIELDS_COUNT + 2] = {"id", "purpose.officer"};
    for (int i = 0; i < POLICY_HEADER_FIELDS_COUNT; i++)
        names[i + 2] = policy_header_field_name((enum policy_header_field)i);
    const char *nearest = text_nearest(name, names, POLICY_HEADER_FIELDS_COUNT + 2);
    int code =
        fault_set(fault, TRUC_E_ARGUMENT, _("routes and agreements know no header field '%.*s'"), BYTES_PRINTF(name));
    if (nearest)
        fault_hint(fault, _("did you mean %s?"), nearest);
    else
        fault_hint(
            fault,
            _("source, subject, ordering-key, content-type, urgency, historical, purpose.procedure, purpose.dossier, "
              "purpose.officer, purpose.legal-basis"));
    return code;
}

static int put_urgency(const char *value, struct policy_header_view *header, struct truc_fault *fault)
{
    header->urgency = policy_urgency_find(bytes_string(value));
    if (header->urgency == 0 && value[0] >= '1' && value[0] <= '4' && value[1] == '\0')
        header->urgency = (uint32_t)(value[0] - '0');
    return header->urgency
               ? 0
               : fault_set(fault, TRUC_E_ARGUMENT, _("urgency '%s': normal, urgent, very-urgent or express"), value);
}

static int put_historical(const char *value, struct policy_header_view *header, struct truc_fault *fault)
{
    header->historical = strcmp(value, "true") == 0;
    return header->historical || strcmp(value, "false") == 0
               ? 0
               : fault_set(fault, TRUC_E_ARGUMENT, _("historical '%s': true or false"), value);
}

static int put_header(struct bytes name, const char *value, struct policy_header_view *header, struct truc_fault *fault)
{
    struct bytes *texts[POLICY_HEADER_FIELDS_COUNT] = {
        [POLICY_HEADER_SOURCE] = &header->source,
        [POLICY_HEADER_SUBJECT] = &header->subject,
        [POLICY_HEADER_ORDERING_KEY] = &header->ordering_key,
        [POLICY_HEADER_CONTENT_TYPE] = &header->data_content_type,
        [POLICY_HEADER_PURPOSE_PROCEDURE] = &header->purpose_procedure,
        [POLICY_HEADER_PURPOSE_DOSSIER] = &header->purpose_dossier,
        [POLICY_HEADER_PURPOSE_LEGAL_BASIS] = &header->purpose_legal_basis,
    };
    int field = policy_header_field_find(name);
    struct bytes *text = field >= 0 ? texts[field] : NULL;
    if (bytes_equal_string(name, "id"))
        text = &header->id;
    if (bytes_equal_string(name, "purpose.officer"))
        text = &header->purpose_officer;
    if (text == NULL && field == POLICY_HEADER_URGENCY)
        return put_urgency(value, header, fault);
    if (text == NULL && field == POLICY_HEADER_HISTORICAL)
        return put_historical(value, header, fault);
    if (text == NULL)
        return unknown_header(name, fault);
    *text = bytes_string(value);
    return 0;
}

int cli_header_build(const struct cli_arguments *arguments, struct policy_header_view *ret_header,
                     struct truc_fault *fault)
{
    struct policy_header_view header = {.urgency = 1};
    const char *text;
    for (size_t i = 0; (text = cli_option_nth(arguments, "header", i)); i++) {
        struct bytes name = BYTES_EMPTY;
        const char *value = "";
        int code = split("header", text, &name, &value, fault);
        if (code == 0)
            code = put_header(name, value, &header, fault);
        if (code < 0)
            return code;
    }
    *ret_header = header;
    return 0;
}
