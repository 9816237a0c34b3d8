/* http_translate.c - see http_translate.h: find the entry, read the body, classify, then map and name the message.
 * The order matters: nothing of a secret document is mapped, and only what is mapped can be sent, kept or logged.
 * In the flow: HTTP -> this -> truc_publish or truc_ask. */
#include "http_translate.h"

#include "encode.h"
#include "fault.h"
#include "http_body.h"
#include "mapping_functions.h"
#include "mapping_payload.h"
#include "sha256.h"

enum { SUBJECT_BYTES_MAX = 256 };

void http_translated_free(struct http_translated *translated)
{
    json_decref(translated->request);
    json_decref(translated->tree);
    buffer_free(&translated->payload);
    *translated = (struct http_translated){0};
}

static struct mapping_values values_of(const struct http_adapter *adapter, const struct http_incoming *incoming,
                                       json_t *request)
{
    struct mapping_values values = {0};
    values.roots[HTTP_ACCEPT_REQUEST] = request;
    values.roots[HTTP_ACCEPT_HEADERS] = incoming->headers;
    values.roots[HTTP_ACCEPT_QUERY] = incoming->query;
    values.roots[HTTP_ACCEPT_SETTING] = adapter->settings;
    return values;
}

/* The first entry for the path, whatever its `when`: it says how the body is to be read. */
static int find_path(const struct http_adapter *adapter, const struct http_incoming *incoming,
                     const struct http_accept **ret_accept, struct truc_fault *fault)
{
    bool path_known = false;
    for (size_t i = 0; i < adapter->accept_count; i++) {
        const struct http_accept *accept = adapter->accepts[i];
        bool same = strcmp(accept->path, incoming->path) == 0;
        path_known = path_known || same;
        if (!same || strcmp(accept->method, incoming->method) != 0)
            continue;
        *ret_accept = accept;
        return 0;
    }
    if (path_known)
        return fault_set(fault, TRUC_E_STATE, "this path takes another method");
    return fault_set(fault, TRUC_E_NOT_FOUND, "nothing is accepted at this path");
}

static int find_entry(const struct http_adapter *adapter, const struct http_incoming *incoming,
                      struct http_translated *translated, struct truc_fault *fault)
{
    struct mapping_values values = values_of(adapter, incoming, translated->request);
    for (size_t i = 0; i < adapter->accept_count; i++) {
        const struct http_accept *accept = adapter->accepts[i];
        bool holds = true;
        if (strcmp(accept->path, incoming->path) != 0 || strcmp(accept->method, incoming->method) != 0)
            continue;
        int result = accept->when ? mapping_expression_holds(accept->when, &values, &holds, fault) : 0;
        if (result < 0)
            return result;
        if (!holds)
            continue;
        translated->accept = accept;
        return 0;
    }
    return fault_set(fault, TRUC_E_PAYLOAD, "nothing that is accepted at this path fits this body");
}

/* Before anything else of the message is mapped. */
static int classify(const struct http_accept *accept, const struct mapping_values *values, struct truc_fault *fault)
{
    const struct mapping_template *classification = mapping_template_member(accept->outgoing, "classification");
    json_t *value = NULL;
    int result = mapping_template_run(classification, values, &value, fault);
    bool not_secret = result == 0 && json_is_string(value) && strcmp(json_string_value(value), "not-secret") == 0;
    json_decref(value);
    if (result == TRUC_E_MEMORY)
        return result;
    if (not_secret)
        return 0;
    fault_set(fault, TRUC_E_SECRET, "the document is not classified as not secret; nothing of it was kept");
    fault_where(fault, "%s", mapping_template_source(accept->outgoing, "classification"));
    return TRUC_E_SECRET;
}

static void add_part(struct sha256 *hash, struct bytes part)
{
    uint8_t size[8];
    store_be64(size, part.size);
    sha256_add(hash, bytes_of(size, sizeof(size)));
    sha256_add(hash, part);
}

/* The id: a hash of the adapter, the type and what the source itself names the message by. A repeat gets the same. */
static int derive_id(const struct http_adapter *adapter, const json_t *id, struct http_translated *translated,
                     struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer part = {0};
    BUFFER_CLEANUP struct buffer text = {0};
    struct sha256 hash;
    size_t count = json_is_array(id) ? json_array_size(id) : id != NULL, named = 0;
    sha256_begin(&hash);
    add_part(&hash, bytes_string(adapter->name));
    add_part(&hash, bytes_string(translated->accept->message->type));
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_is_array(id) ? json_array_get(id, i) : id;
        buffer_clear(&part);
        mapping_append_scalar(value, &part);
        add_part(&hash, buffer_view(&part));
        named += part.size > 0;
    }
    struct sha256_digest digest = sha256_end(&hash);
    hex_append(&text, bytes_of(digest.bytes, (HTTP_MESSAGE_ID_BYTES - 1) / 2));
    if (buffer_failed(&part) || buffer_failed(&text))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a message id");
    if (!named) {
        fault_set(fault, TRUC_E_PAYLOAD, "what names the message is missing");
        fault_where(fault, "%s", mapping_template_source(translated->accept->outgoing, "id"));
        return TRUC_E_PAYLOAD;
    }
    memcpy(translated->id, text.data, HTTP_MESSAGE_ID_BYTES - 1);
    return 0;
}

/* A text member, "" when it is missing. */
static int text_member(const struct http_translated *translated, const json_t *object, const char *name,
                       const char **ret_text, struct truc_fault *fault)
{
    const json_t *value = json_object_get(object, name);
    *ret_text = value ? json_string_value(value) : NULL;
    if (!value || *ret_text)
        return 0;
    fault_set(fault, TRUC_E_PAYLOAD, "%s must be a text", name);
    fault_where(fault, "%s", mapping_template_source(translated->accept->outgoing, name));
    return TRUC_E_PAYLOAD;
}

static int need(const struct http_translated *translated, const char *name, struct truc_fault *fault)
{
    if (json_object_get(translated->tree, name))
        return 0;
    fault_set(fault, TRUC_E_PAYLOAD, "%s is missing", name);
    const char *source = mapping_template_source(translated->accept->outgoing, name);
    fault_where(fault, "%s", *source ? source : name);
    return TRUC_E_PAYLOAD;
}

static int urgency_of(const struct http_translated *translated, enum truc_urgency *ret_urgency,
                      struct truc_fault *fault)
{
    static const char *const words[] = {"normal", "urgent", "most-urgent", "express"};
    const char *text;
    int result = text_member(translated, translated->tree, "urgency", &text, fault);
    if (result < 0)
        return result;
    *ret_urgency = TRUC_NORMAL;
    for (unsigned i = 0; text && i < 4; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret_urgency = (enum truc_urgency)(i + 1);
            return 0;
        }
    }
    return text ? fault_set(fault, TRUC_E_PAYLOAD, "urgency is normal, urgent, most-urgent or express") : 0;
}

static int fill_header(struct http_translated *translated, struct truc_fault *fault)
{
    struct truc_outgoing *out = &translated->outgoing;
    const json_t *tree = translated->tree, *purpose = json_object_get(tree, "purpose");
    const struct {
        const json_t *object;
        const char *name;
        const char **text;
    } texts[] = {
        {tree, "subject", &out->subject},
        {tree, "ordering-key", &out->ordering_key},
        {tree, "correlation-id", &out->correlation_id},
        {tree, "causation-id", &out->causation_id},
        {tree, "traceparent", &out->traceparent},
        {purpose, "procedure", &out->purpose.procedure},
        {purpose, "dossier", &out->purpose.dossier},
        {purpose, "officer", &out->purpose.officer},
        {purpose, "legal-basis", &out->purpose.legal_basis},
    };
    int result = need(translated, "subject", fault);
    if (result == 0 && mapping_template_member(translated->accept->outgoing, "time"))
        result = need(translated, "time", fault);
    for (size_t i = 0; result == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
        result = text_member(translated, texts[i].object, texts[i].name, texts[i].text, fault);
    if (result == 0 && strlen(out->subject) > SUBJECT_BYTES_MAX)
        result = fault_set(fault, TRUC_E_PAYLOAD, "the subject has more than %d bytes", SUBJECT_BYTES_MAX);
    return result == 0 ? urgency_of(translated, &out->urgency, fault) : result;
}

static enum truc_kind kind_of(const struct schema_message *message)
{
    switch (message->kind) {
    case SCHEMA_KIND_REQUEST:
        return TRUC_REQUEST;
    case SCHEMA_KIND_COMMAND:
        return TRUC_COMMAND;
    default:
        return TRUC_EVENT;
    }
}

static int make_message(const struct http_adapter *adapter, struct http_translated *translated,
                        struct truc_fault *fault)
{
    const struct http_accept *accept = translated->accept;
    struct truc_outgoing *out = &translated->outgoing;
    const struct mapping_template *body_template = mapping_template_member(accept->outgoing, "body");
    json_t *empty = json_object();
    const json_t *body = json_object_get(translated->tree, "body");
    *out = (struct truc_outgoing){.size = sizeof(*out),
                                  .type = accept->message->type,
                                  .kind = kind_of(accept->message),
                                  .classification = TRUC_NOT_SECRET};
    int result = empty ? 0 : fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
    if (result == 0 && mapping_template_member(accept->outgoing, "id")) {
        result = derive_id(adapter, json_object_get(translated->tree, "id"), translated, fault);
        out->id = translated->id;
    }
    if (result == 0)
        result = fill_header(translated, fault);
    if (result == 0)
        result =
            mapping_payload_write(accept->message, body ? body : empty, body_template, &translated->payload, fault);
    json_decref(empty);
    if (result < 0)
        return result;
    out->time_ns = (uint64_t)json_integer_value(json_object_get(translated->tree, "time"));
    out->historical = json_is_true(json_object_get(translated->tree, "historical"));
    out->payload = translated->payload.data;
    out->payload_bytes = translated->payload.size;
    return 0;
}

int http_translate(const struct http_adapter *adapter, const struct http_incoming *incoming,
                   struct http_translated *ret_translated, bool *ret_malformed, struct truc_fault *fault)
{
    struct http_translated *translated = ret_translated;
    *translated = (struct http_translated){0};
    *ret_malformed = false;
    int result = find_path(adapter, incoming, &translated->accept, fault);
    if (result < 0)
        return result;
    result = http_body_read(translated->accept->format, incoming->body, &translated->request, fault);
    *ret_malformed = result == TRUC_E_PAYLOAD;
    if (result == 0)
        result = find_entry(adapter, incoming, translated, fault);
    if (result < 0)
        return result;
    struct mapping_values values = values_of(adapter, incoming, translated->request);
    result = classify(translated->accept, &values, fault);
    if (result == 0)
        result = mapping_template_run(translated->accept->outgoing, &values, &translated->tree, fault);
    if (result == 0)
        result = make_message(adapter, translated, fault);
    return result;
}
