/* connector_message.c - see connector_message.h.
 * The order matters: nothing of a secret document is mapped, and only what is mapped can be sent, kept or logged.
 * In the flow: a far side's values -> classification -> mapping -> id, header, payload. */
#include "connector_message.h"

#include "connector_records.h"
#include "encode.h"
#include "fault.h"
#include "mapping_functions.h"
#include "mapping_payload.h"
#include "sha256.h"
#include "time_text.h"

enum { SUBJECT_BYTES_MAX = 256 };

void connector_message_free(struct connector_message *message)
{
    json_decref(message->tree);
    buffer_free(&message->payload);
    *message = (struct connector_message){0};
}

/* What the member @name was made from; its own name when the far side sends it so by itself. */
static const char *source_of(const struct connector_form *form, const char *name)
{
    const char *source = form->outgoing ? mapping_template_source(form->outgoing, name) : "";
    return *source ? source : name;
}

/* Before anything else of the message is looked at. */
static int check_classification(const struct connector_form *form, const json_t *value, struct truc_fault *fault)
{
    if (json_is_string(value) && strcmp(json_string_value(value), "not-secret") == 0)
        return 0;
    fault_set(fault, TRUC_E_SECRET, "the document is not classified as not secret; nothing of it was kept");
    fault_where(fault, "%s", source_of(form, "classification"));
    return TRUC_E_SECRET;
}

static int classify(const struct connector_form *form, const struct mapping_values *values, struct truc_fault *fault)
{
    json_t *value = NULL;
    int result = mapping_template_run(mapping_template_member(form->outgoing, "classification"), values, &value, fault);
    if (result != TRUC_E_MEMORY)
        result = check_classification(form, result == 0 ? value : NULL, fault);
    json_decref(value);
    return result;
}

static void add_part(struct sha256 *hash, struct bytes part)
{
    uint8_t size[8];
    store_be64(size, part.size);
    sha256_add(hash, bytes_of(size, sizeof(size)));
    sha256_add(hash, part);
}

/* The id: a hash of the adapter, the type and what the source itself names the message by. A repeat gets the same. */
static int derive_id(const struct connector_adapter *adapter, const json_t *id, struct connector_message *message,
                     struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer part = {0};
    BUFFER_CLEANUP struct buffer text = {0};
    struct sha256 hash;
    size_t count = json_is_array(id) ? json_array_size(id) : id != NULL, named = 0;
    sha256_begin(&hash);
    add_part(&hash, bytes_string(adapter->name));
    add_part(&hash, bytes_string(message->form->message->type));
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_is_array(id) ? json_array_get(id, i) : id;
        buffer_clear(&part);
        mapping_append_scalar(value, &part);
        add_part(&hash, buffer_view(&part));
        named += part.size > 0;
    }
    struct sha256_digest digest = sha256_end(&hash);
    hex_append(&text, bytes_of(digest.bytes, (CONNECTOR_MESSAGE_ID_BYTES - 1) / 2));
    if (buffer_failed(&part) || buffer_failed(&text))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a message id");
    if (!named) {
        fault_set(fault, TRUC_E_PAYLOAD, "what names the message is missing");
        fault_where(fault, "%s", source_of(message->form, "id"));
        return TRUC_E_PAYLOAD;
    }
    memcpy(message->id, text.data, CONNECTOR_MESSAGE_ID_BYTES - 1);
    return 0;
}

/* A text member, "" when it is missing. */
static int text_member(const struct connector_message *message, const json_t *object, const char *name,
                       const char **ret_text, struct truc_fault *fault)
{
    const json_t *value = json_object_get(object, name);
    *ret_text = value ? json_string_value(value) : NULL;
    if (!value || *ret_text)
        return 0;
    fault_set(fault, TRUC_E_PAYLOAD, "%s must be a text", name);
    fault_where(fault, "%s", source_of(message->form, name));
    return TRUC_E_PAYLOAD;
}

static int need(const struct connector_message *message, const char *name, struct truc_fault *fault)
{
    if (json_object_get(message->tree, name))
        return 0;
    fault_set(fault, TRUC_E_PAYLOAD, "%s is missing", name);
    fault_where(fault, "%s", source_of(message->form, name));
    return TRUC_E_PAYLOAD;
}

static int urgency_of(const struct connector_message *message, enum truc_urgency *ret_urgency, struct truc_fault *fault)
{
    static const char *const words[] = {"normal", "urgent", "most-urgent", "express"};
    const char *text;
    int result = text_member(message, message->tree, "urgency", &text, fault);
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

/* Asking twice is two questions, posting twice one event: that has an id and a time of its source's. */
static bool has_identity(const struct connector_form *form)
{
    return !form->outgoing ? form->message->kind != SCHEMA_KIND_REQUEST
                           : mapping_template_member(form->outgoing, "time") != NULL;
}

static int fill_header(struct connector_message *message, struct truc_fault *fault)
{
    struct truc_outgoing *out = &message->outgoing;
    const json_t *tree = message->tree, *purpose = json_object_get(tree, "purpose");
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
    int result = need(message, "subject", fault);
    if (result == 0 && has_identity(message->form))
        result = need(message, "time", fault);
    for (size_t i = 0; result == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
        result = text_member(message, texts[i].object, texts[i].name, texts[i].text, fault);
    if (result == 0 && strlen(out->subject) > SUBJECT_BYTES_MAX)
        result = fault_set(fault, TRUC_E_PAYLOAD, "the subject has more than %d bytes", SUBJECT_BYTES_MAX);
    return result == 0 ? urgency_of(message, &out->urgency, fault) : result;
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

static int fill_payload(struct connector_message *message, struct truc_fault *fault)
{
    const struct mapping_template *outgoing = message->form->outgoing;
    json_t *body = json_object_get(message->tree, "body"), *empty = body ? NULL : json_object();
    int result = body || empty ? 0 : fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
    if (result == 0)
        result = mapping_payload_write(message->form->message, body ? body : empty,
                                       outgoing ? mapping_template_member(outgoing, "body") : NULL, &message->payload,
                                       fault);
    json_decref(empty);
    if (result == TRUC_E_PAYLOAD && !outgoing && fault) { /* the far side's own body: the field is below it */
        struct truc_fault inner = *fault;
        fault_where(fault, "body%s%.200s", *inner.where ? "." : "", inner.where);
    }
    return result;
}

/* Of message->tree, which is classified as not secret. */
static int make(const struct connector_adapter *adapter, struct connector_message *message, struct truc_fault *fault)
{
    const struct connector_form *form = message->form;
    const json_t *tree = message->tree, *id = json_object_get(tree, "id");
    struct truc_outgoing *out = &message->outgoing;
    bool is_named = form->outgoing ? mapping_template_member(form->outgoing, "id") != NULL : id || has_identity(form);
    int result = 0;
    *out = (struct truc_outgoing){.size = sizeof(*out),
                                  .type = form->message->type,
                                  .kind = kind_of(form->message),
                                  .classification = TRUC_NOT_SECRET};
    if (is_named) {
        result = derive_id(adapter, id, message, fault);
        out->id = message->id;
    }
    if (result == 0)
        result = fill_header(message, fault);
    if (result == 0)
        result = fill_payload(message, fault);
    if (result < 0)
        return result;
    out->time_ns = (uint64_t)json_integer_value(json_object_get(tree, "time"));
    out->historical = json_is_true(json_object_get(tree, "historical"));
    out->payload = message->payload.data;
    out->payload_bytes = message->payload.size;
    return 0;
}

int connector_message_make(const struct connector_adapter *adapter, const struct connector_form *form,
                           const struct mapping_values *values, struct connector_message *ret_message,
                           struct truc_fault *fault)
{
    *ret_message = (struct connector_message){.form = form};
    int result = classify(form, values, fault);
    if (result == 0)
        result = mapping_template_run(form->outgoing, values, &ret_message->tree, fault);
    return result < 0 ? result : make(adapter, ret_message, fault);
}

static int wrong_member(const char *name, struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_PAYLOAD, "%s is unknown or of the wrong kind", name);
    fault_where(fault, "%s", name);
    return TRUC_E_PAYLOAD;
}

static bool fits(const struct mapping_member *member, const json_t *value)
{
    switch (member->type.kind) {
    case MAPPING_ANY:
        return !json_is_object(value);
    case MAPPING_BOOL:
        return json_is_boolean(value);
    case MAPPING_RECORD:
    case MAPPING_MESSAGE:
        return json_is_object(value);
    default:
        return json_is_string(value);
    }
}

/* Only members there are, each of its kind; null is absent. */
static int check_members(json_t *tree, const struct mapping_record *record, struct truc_fault *fault)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(tree, next, name, value) {
        const struct mapping_member *member = NULL;
        for (size_t i = 0; i < record->member_count && !member; i++)
            member = strcmp(record->members[i].name, name) == 0 ? &record->members[i] : NULL;
        if (member && json_is_null(value))
            json_object_del(tree, name);
        else if (!member || !fits(member, value))
            return wrong_member(name, fault);
    }
    return 0;
}

static int read_time(json_t *tree, struct truc_fault *fault)
{
    const char *text = json_string_value(json_object_get(tree, "time"));
    uint64_t time_ns;
    if (!text)
        return 0;
    if (time_parse_rfc3339(bytes_string(text), &time_ns) < 0)
        return wrong_member("time", fault);
    return json_object_set_new(tree, "time", json_integer((json_int_t)time_ns)) == 0
               ? 0
               : fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
}

int connector_message_take(const struct connector_adapter *adapter, const struct connector_form *form, json_t *tree,
                           struct connector_message *ret_message, struct truc_fault *fault)
{
    struct mapping_member members[CONNECTOR_MESSAGE_MEMBERS];
    const struct mapping_record record = {"message", members, CONNECTOR_MESSAGE_MEMBERS};
    json_t *purpose = json_object_get(tree, "purpose");
    connector_message_members(form->message, members);
    *ret_message = (struct connector_message){.form = form, .tree = tree};
    int result = check_classification(form, json_object_get(tree, "classification"), fault);
    if (result == 0)
        result = check_members(tree, &record, fault);
    if (result == 0 && json_is_object(purpose))
        result = check_members(purpose, &connector_purpose_record, fault);
    if (result == 0)
        result = read_time(tree, fault);
    return result < 0 ? result : make(adapter, ret_message, fault);
}
