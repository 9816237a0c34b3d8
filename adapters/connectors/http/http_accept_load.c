/* http_accept_load.c - the accepts: section: what the far side may send us and the message each becomes.
 * Refuses a classification that can be "not-secret" when the source does not say so: it would let a secret in.
 * In the flow: called by http_adapter_load.c, once per entry. */
#include "fault.h"
#include "http_load.h"
#include "http_records.h"
#include "time_text.h"

static const char *const classifications[] = {"not-secret", "secret"};

static int make_scope(const struct http_load *load, struct mapping_scope *scope)
{
    *scope = (struct mapping_scope){.tables = &load->adapter->tables};
    mapping_scope_add(scope, "$", mapping_type_of(MAPPING_ANY));
    mapping_scope_add(scope, "headers", (struct mapping_type){.kind = MAPPING_ANY, .folded = true});
    mapping_scope_add(scope, "query", mapping_type_of(MAPPING_ANY));
    return mapping_scope_add(scope, "setting", http_load_setting_type(load));
}

static const struct yaml_node *key_node(const struct yaml_node *message, const char *name)
{
    const struct yaml_node *found = yaml_get(message, name);
    return found ? found : message;
}

/* What the classification becomes when every path yields @probe. */
static int classify(const struct mapping_template *classification, json_t *probe, bool *ret_not_secret)
{
    struct mapping_values values = {.probe = probe};
    json_t *value = NULL;
    int result = mapping_template_run(classification, &values, &value, NULL);
    *ret_not_secret = result == 0 && json_is_string(value) && strcmp(json_string_value(value), classifications[0]) == 0;
    json_decref(value);
    return result == TRUC_E_MEMORY ? result : 0;
}

static int check_classification(const struct http_load *load, const struct yaml_node *message,
                                const struct http_accept *accept)
{
    const struct mapping_template *classification = mapping_template_member(accept->outgoing, "classification");
    const struct yaml_node *node = key_node(message, "classification");
    json_t *unknown = json_string("\xe2\xb8\xae unknown"); /* a text no source sends */
    bool absent_passes = false, unknown_passes = false;
    int result = unknown ? 0 : http_load_no_memory(load);
    if (result == 0)
        result = classify(classification, json_null(), &absent_passes);
    if (result == 0)
        result = classify(classification, unknown, &unknown_passes);
    json_decref(unknown);
    if (result < 0)
        return http_load_no_memory(load);
    static const char hint[] =
        "look up a field of the source: lookup(secrecy, $.DoMat), without a default of not-secret";
    if (absent_passes)
        return http_load_fail(load, node, hint, "the classification is not-secret even when the source says nothing");
    if (unknown_passes)
        return http_load_fail(load, node, hint, "the classification is not-secret whatever the source says");
    return 0;
}

static int check_message(const struct http_load *load, const struct yaml_node *message,
                         const struct http_accept *accept)
{
    static const char *const needed[] = {"subject", "classification", "body", "id", "time"};
    size_t count = accept->message->kind == SCHEMA_KIND_REQUEST
                       ? 3
                       : 5; /* asking twice is two questions, posting twice one event */
    for (size_t i = 0; i < count; i++) {
        if (!mapping_template_member(accept->outgoing, needed[i]))
            return http_load_fail(load, message,
                                  "id: the fields that name the message, so that a repeated post is one message",
                                  "message: lacks '%s'", needed[i]);
    }
    return check_classification(load, message, accept);
}

static int load_message(const struct http_load *load, const struct http_file_accept *file,
                        const struct mapping_scope *scope, struct http_accept *accept)
{
    struct mapping_record *record = arena_alloc(&load->adapter->arena, sizeof(*record));
    struct mapping_member *members = arena_alloc_array(&load->adapter->arena, HTTP_MESSAGE_MEMBERS, sizeof(*members));
    if (!record || !members)
        return http_load_no_memory(load);
    http_message_members(accept->message, members);
    *record = (struct mapping_record){"message", members, HTTP_MESSAGE_MEMBERS};
    struct mapping_type target = {.kind = MAPPING_RECORD, .record = record};
    if (file->message.node->kind != YAML_MAP)
        return http_load_fail(load, file->message.node, "", "message: is a map");
    int result = http_load_template(load, file->message.node, scope, &target, &accept->outgoing);
    return result < 0 ? result : check_message(load, file->message.node, accept);
}

static int load_answers(const struct http_load *load, const struct http_file_accept *file, struct mapping_scope *scope,
                        struct http_accept *accept)
{
    struct mapping_type any = mapping_type_of(MAPPING_ANY);
    struct mapping_type accepted = {.kind = MAPPING_RECORD, .record = &http_accepted_record};
    const struct schema_message *reply = accept->message->reply;
    if ((reply != NULL) != (file->reply.node != NULL))
        return http_load_fail(
            load, file->reply.node ? file->reply.node : file->node, reply ? "reply: {…}" : "accepted: {…}",
            reply ? "%s is a question: its reply must be mapped" : "%s is answered by nobody", accept->message->type);
    if (reply && file->accepted.node)
        return http_load_fail(load, file->accepted.node, "reply: {…}", "a question is answered by its reply");
    mapping_scope_add(scope, "message", accepted);
    if (reply)
        mapping_scope_add(scope, "body", mapping_type_of_message(reply));
    if (file->reply.node)
        return http_load_template(load, file->reply.node, scope, &any, &accept->reply);
    return file->accepted.node ? http_load_template(load, file->accepted.node, scope, &any, &accept->accepted) : 0;
}

static int check_path(const struct http_load *load, const struct http_file_accept *file,
                      const struct http_accept *accept)
{
    const struct http_adapter *adapter = load->adapter;
    if (accept->path[0] != '/')
        return http_load_fail(load, file->path.node, "write /dossiers", "a path begins with a slash");
    for (size_t i = 0; i < adapter->accept_count; i++) {
        const struct http_accept *other = adapter->accepts[i];
        if (strcmp(other->path, accept->path) == 0 && strcmp(other->method, accept->method) == 0 && !other->when)
            return http_load_fail(load, file->path.node, "give the entry before it a when:",
                                  "an entry before this one takes everything at %s %s", accept->method, accept->path);
    }
    return 0;
}

int http_load_accept(struct http_load *load, const struct http_file_accept *file)
{
    struct http_adapter *adapter = load->adapter;
    struct http_accept *accept = arena_alloc(&adapter->arena, sizeof(*accept));
    struct mapping_scope scope;
    if (!accept)
        return http_load_no_memory(load);
    if (adapter->accept_count == HTTP_ACCEPTS_MAX)
        return http_load_fail(load, file->node, "", "more than %d entries", HTTP_ACCEPTS_MAX);
    make_scope(load, &scope);
    accept->place = mapping_place_of(file->node);
    accept->path = file->path.text;
    accept->method = http_file_methods[file->method.node ? file->method.number : 0];
    accept->format = file->format.node ? (enum http_format)file->format.number : HTTP_FORMAT_JSON;
    accept->operation = file->operation.text;
    accept->within_ms = file->within.node ? (uint32_t)(file->within.number / TIME_NS_PER_MS) : HTTP_TIMEOUT_DEFAULT_MS;
    if (accept->format == HTTP_FORMAT_SOAP && !accept->operation)
        return http_load_fail(load, file->node, "operation: the answer's element", "a SOAP entry needs 'operation'");
    int result = check_path(load, file, accept);
    if (result == 0)
        result = http_load_type(load, file->type.node, &accept->message);
    if (result == 0 && file->when.node)
        result = http_load_condition(load, file->when.node, &scope, &accept->when);
    if (result == 0)
        result = load_message(load, file, &scope, accept);
    if (result == 0)
        result = load_answers(load, file, &scope, accept);
    if (result == 0)
        adapter->accepts[adapter->accept_count++] = accept;
    return result;
}
