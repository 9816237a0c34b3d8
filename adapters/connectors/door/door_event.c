/* door_event.c - see door_event.h.
 * All three forms become the tree that connector_message_take reads; a CloudEvents attribute has the name without hyphens.
 * In the flow: called once a request. */
#include "door_event.h"

#include <strings.h>

#include "document.h"
#include "fault.h"

enum { STATUS_MALFORMED = 400, STATUS_MEDIA_TYPE = 415 };

/* CloudEvents attributes and where they stand in the plain form; those of the purpose stand in it. */
static const struct attribute {
    const char *name, *member;
    bool in_purpose;
} attributes[] = {
    {"id", "id", false},
    {"source", "source", false},
    {"subject", "subject", false},
    {"time", "time", false},
    {"classification", "classification", false},
    {"urgency", "urgency", false},
    {"orderingkey", "ordering-key", false},
    {"correlationid", "correlation-id", false},
    {"causationid", "causation-id", false},
    {"traceparent", "traceparent", false},
    {"historical", "historical", false},
    {"purposeprocedure", "procedure", true},
    {"purposedossier", "dossier", true},
    {"purposeofficer", "officer", true},
    {"purposelegalbasis", "legal-basis", true},
};
enum { ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

static int wrong(struct truc_fault *fault, const char *field, const char *text)
{
    fault_set(fault, TRUC_E_PAYLOAD, "%s", text);
    fault_where(fault, "%s", field);
    return TRUC_E_PAYLOAD;
}

static bool media_type_is(const char *type, const char *wanted)
{
    size_t size = strlen(wanted);
    return strncasecmp(type, wanted, size) == 0 && (type[size] == 0 || type[size] == ';' || type[size] == ' ');
}

static int read_body(const struct http_incoming *incoming, json_t **ret_tree, unsigned *ret_status,
                     struct truc_fault *fault)
{
    int result = document_read(DOCUMENT_FORMAT_JSON, incoming->body, ret_tree, fault);
    if (result == TRUC_E_PAYLOAD)
        *ret_status = STATUS_MALFORMED;
    return result;
}

/* @value is kept by reference. */
static int put(json_t *tree, const struct attribute *attribute, json_t *value, struct truc_fault *fault)
{
    json_t *object = tree;
    if (attribute->in_purpose && !(object = json_object_get(tree, "purpose"))) {
        object = json_object();
        json_object_set_new(tree, "purpose", object);
    }
    return json_object_set(object, attribute->member, value) == 0
               ? 0
               : fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
}

static const struct attribute *find_attribute(const char *name)
{
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        if (strcmp(attributes[i].name, name) == 0)
            return &attributes[i];
    }
    return NULL;
}

static int check_version(const char *version, const char *field, struct truc_fault *fault)
{
    return version && strcmp(version, "1.0") == 0 ? 0 : wrong(fault, field, "specversion is \"1.0\"");
}

static int check_type(const char *type, const struct connector_form *form, const char *field, struct truc_fault *fault)
{
    return type && strcmp(type, form->message->type) == 0
               ? 0
               : wrong(fault, field, "type is the one in the request's path");
}

/* @event: a CloudEvent as one JSON object. Attributes nobody knows are refused: an extension that was misspelt would be lost. */
static int of_structured(const struct connector_form *form, json_t *event, json_t *tree, struct truc_fault *fault)
{
    const char *name;
    json_t *value;
    int result = check_version(json_string_value(json_object_get(event, "specversion")), "specversion", fault);
    if (result == 0)
        result = check_type(json_string_value(json_object_get(event, "type")), form, "type", fault);
    if (result < 0)
        return result;
    json_object_foreach(event, name, value) {
        const struct attribute *attribute = find_attribute(name);
        bool is_known = strcmp(name, "specversion") == 0 || strcmp(name, "type") == 0 ||
                        strcmp(name, "datacontenttype") == 0 || strcmp(name, "dataschema") == 0;
        if (attribute)
            result = put(tree, attribute, value, fault);
        else if (strcmp(name, "data") == 0)
            result = json_object_set(tree, "body", value);
        else if (!is_known)
            result = wrong(fault, name, "there is no such attribute");
        if (result < 0)
            return result;
    }
    return 0;
}

/* CloudEvents HTTP binding 3.1.3.2: header values may be percent-encoded. */
static json_t *header_value(const char *text)
{
    BUFFER_CLEANUP struct buffer plain = {0};
    static const char digits[] = "0123456789abcdef";
    for (; *text; text++) {
        const char *high = text[0] == '%' && text[1] ? strchr(digits, text[1] | 0x20) : NULL;
        const char *low = high && text[2] ? strchr(digits, text[2] | 0x20) : NULL;
        if (low)
            buffer_append_byte(&plain, (uint8_t)((high - digits) << 4 | (low - digits)));
        else
            buffer_append_byte(&plain, (uint8_t)*text);
        text += low ? 2 : 0;
    }
    return buffer_failed(&plain) || !plain.data ? json_string("") : json_stringn((const char *)plain.data, plain.size);
}

static int of_binary(const struct connector_form *form, const struct http_incoming *incoming, json_t *tree,
                     struct truc_fault *fault)
{
    const char *name;
    json_t *text;
    int result =
        check_version(json_string_value(json_object_get(incoming->headers, "ce-specversion")), "ce-specversion", fault);
    if (result == 0)
        result = check_type(json_string_value(json_object_get(incoming->headers, "ce-type")), form, "ce-type", fault);
    json_object_foreach(incoming->headers, name, text) {
        const struct attribute *attribute = strncmp(name, "ce-", 3) == 0 ? find_attribute(name + 3) : NULL;
        if (result < 0)
            return result;
        if (!attribute) {
            bool is_known = strncmp(name, "ce-", 3) != 0 || strcmp(name, "ce-specversion") == 0 ||
                            strcmp(name, "ce-type") == 0 || strcmp(name, "ce-dataschema") == 0;
            result = is_known ? 0 : wrong(fault, name, "there is no such attribute");
            continue;
        }
        bool is_truth = strcmp(attribute->name, "historical") == 0;
        json_t *value = is_truth ? json_boolean(strcmp(json_string_value(text), "true") == 0)
                                 : header_value(json_string_value(text));
        result = value ? put(tree, attribute, value, fault) : wrong(fault, name, "the header is not UTF-8");
        json_decref(value);
    }
    return result;
}

/* The classification of the binary form is known before the body is read. */
static int read_binary(const struct connector_form *form, const struct http_incoming *incoming, json_t **ret_tree,
                       unsigned *ret_status, struct truc_fault *fault)
{
    const char *classification = json_string_value(json_object_get(incoming->headers, "ce-classification"));
    json_t *body = NULL;
    if (!classification || strcmp(classification, "not-secret") != 0) {
        fault_set(fault, TRUC_E_SECRET, "the document is not classified as not secret; nothing of it was kept");
        fault_where(fault, "ce-classification");
        return TRUC_E_SECRET;
    }
    int result = read_body(incoming, &body, ret_status, fault);
    if (result == 0 && !(*ret_tree = json_object()))
        result = fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
    if (result == 0)
        result = of_binary(form, incoming, *ret_tree, fault);
    if (result == 0)
        json_object_set(*ret_tree, "body", body);
    json_decref(body);
    return result;
}

static int read_json(const struct connector_form *form, const struct http_incoming *incoming, bool is_event,
                     json_t **ret_tree, unsigned *ret_status, struct truc_fault *fault)
{
    json_t *document = NULL;
    int result = read_body(incoming, &document, ret_status, fault);
    if (result == 0 && !json_is_object(document)) {
        *ret_status = STATUS_MALFORMED;
        result = wrong(fault, "", "the body is a JSON object");
    }
    if (result == 0 && !is_event) {
        *ret_tree = document;
        return 0;
    }
    if (result == 0 && !(*ret_tree = json_object()))
        result = fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
    if (result == 0)
        result = of_structured(form, document, *ret_tree, fault);
    json_decref(document);
    return result;
}

/* id and source of @tree become the list that the message's own id is derived from. */
static int name_it(const struct connector_form *form, json_t *tree, struct truc_fault *fault)
{
    json_t *id = json_object_get(tree, "id"), *source = json_object_get(tree, "source");
    if (source && !json_is_string(source))
        return wrong(fault, "source", "source must be a text");
    if ((!id || json_is_null(id)) && form->message->kind == SCHEMA_KIND_REQUEST) {
        json_object_del(tree, "source"); /* two questions are two, unless the vendor names them */
        return 0;
    }
    if (!json_is_string(id) || json_string_length(id) == 0)
        return wrong(fault, "id", "id is missing: a text that is one message's for ever");
    json_t *name = json_pack("[s, O]", source ? json_string_value(source) : "", id);
    json_object_del(tree, "source");
    return name && json_object_set_new(tree, "id", name) == 0
               ? 0
               : fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
}

int door_event_read(const struct door_adapter *door, const struct connector_form *form,
                    const struct http_incoming *incoming, struct connector_message *ret_message, unsigned *ret_status,
                    struct truc_fault *fault)
{
    const char *type = json_string_value(json_object_get(incoming->headers, "content-type"));
    bool is_event = type && media_type_is(type, "application/cloudevents+json");
    json_t *tree = NULL;
    int result;
    *ret_message = (struct connector_message){.form = form};
    *ret_status = 0;
    if (!is_event && !(type && media_type_is(type, "application/json"))) {
        *ret_status = STATUS_MEDIA_TYPE;
        return wrong(fault, "content-type", "application/json or application/cloudevents+json");
    }
    if (!is_event && json_object_get(incoming->headers, "ce-specversion"))
        result = read_binary(form, incoming, &tree, ret_status, fault);
    else
        result = read_json(form, incoming, is_event, &tree, ret_status, fault);
    if (result == 0 && json_string_value(json_object_get(tree, "classification")) &&
        strcmp(json_string_value(json_object_get(tree, "classification")), "not-secret") == 0)
        result = name_it(form, tree, fault); /* of what may be secret, connector_message_take says so first */
    if (result == 0)
        return connector_message_take(&door->common, form, tree, ret_message, fault);
    json_decref(tree);
    return result;
}
