/* http_accept_load.c - the accepts: section: what the far side may send us and the message each becomes.
 * What stands under message: is every connector's (connector_message_load.c).
 * In the flow: called by http_load.c, once per entry. */
#include "fault.h"
#include "http_load.h"
#include "connector_records.h"
#include "time_text.h"

static int make_scope(const struct http_load *load, struct mapping_scope *scope)
{
    *scope = (struct mapping_scope){.tables = &load->adapter->common.tables};
    mapping_scope_add(scope, "$", mapping_type_of(MAPPING_ANY));
    mapping_scope_add(scope, "headers", (struct mapping_type){.kind = MAPPING_ANY, .folded = true});
    mapping_scope_add(scope, "query", mapping_type_of(MAPPING_ANY));
    return mapping_scope_add(scope, "setting", connector_load_setting_type(&load->common));
}

static int load_answers(const struct http_load *load, const struct http_file_accept *file, struct mapping_scope *scope,
                        struct http_accept *accept)
{
    struct mapping_type any = mapping_type_of(MAPPING_ANY);
    struct mapping_type accepted = {.kind = MAPPING_RECORD, .record = &connector_accepted_record};
    const struct schema_message *reply = accept->form.message->reply;
    if ((reply != NULL) != (file->reply.node != NULL))
        return connector_load_fail(&load->common, file->reply.node ? file->reply.node : file->node,
                                   reply ? "reply: {…}" : "accepted: {…}",
                                   reply ? "%s is a question: its reply must be mapped" : "%s is answered by nobody",
                                   accept->form.message->type);
    if (reply && file->accepted.node)
        return connector_load_fail(&load->common, file->accepted.node, "reply: {…}",
                                   "a question is answered by its reply");
    mapping_scope_add(scope, "message", accepted);
    if (reply)
        mapping_scope_add(scope, "body", mapping_type_of_message(reply));
    if (file->reply.node)
        return connector_load_template(&load->common, file->reply.node, scope, &any, &accept->reply);
    return file->accepted.node
               ? connector_load_template(&load->common, file->accepted.node, scope, &any, &accept->accepted)
               : 0;
}

static int check_path(const struct http_load *load, const struct http_file_accept *file,
                      const struct http_accept *accept)
{
    const struct http_adapter *adapter = load->adapter;
    if (accept->path[0] != '/')
        return connector_load_fail(&load->common, file->path.node, "write /dossiers", "a path begins with a slash");
    for (size_t i = 0; i < adapter->accept_count; i++) {
        const struct http_accept *other = adapter->accepts[i];
        if (strcmp(other->path, accept->path) == 0 && strcmp(other->method, accept->method) == 0 && !other->when)
            return connector_load_fail(&load->common, file->path.node, "give the entry before it a when:",
                                       "an entry before this one takes everything at %s %s", accept->method,
                                       accept->path);
    }
    return 0;
}

int http_load_accept(struct http_load *load, const struct http_file_accept *file)
{
    struct http_adapter *adapter = load->adapter;
    struct http_accept *accept = arena_alloc(&adapter->common.arena, sizeof(*accept));
    struct mapping_scope scope;
    if (!accept)
        return connector_load_no_memory(&load->common);
    if (adapter->accept_count == HTTP_ACCEPTS_MAX)
        return connector_load_fail(&load->common, file->node, "", "more than %d entries", HTTP_ACCEPTS_MAX);
    make_scope(load, &scope);
    accept->place = mapping_place_of(file->node);
    accept->path = file->path.text;
    accept->method = http_file_methods[file->method.node ? file->method.number : 0];
    accept->format = file->format.node ? (enum document_format)file->format.number : DOCUMENT_FORMAT_JSON;
    accept->operation = file->operation.text;
    accept->within_ms = file->within.node ? (uint32_t)(file->within.number / TIME_NS_PER_MS) : HTTP_TIMEOUT_DEFAULT_MS;
    if (accept->format == DOCUMENT_FORMAT_SOAP && !accept->operation)
        return connector_load_fail(&load->common, file->node, "operation: the answer's element",
                                   "a SOAP entry needs 'operation'");
    int result = check_path(load, file, accept);
    if (result == 0)
        result = connector_load_type(&load->common, file->type.node, &accept->form.message);
    if (result == 0 && file->when.node)
        result = connector_load_condition(&load->common, file->when.node, &scope, &accept->when);
    if (result == 0)
        result = connector_load_message(&load->common, file->message.node, &scope, &accept->form);
    if (result == 0)
        result = load_answers(load, file, &scope, accept);
    if (result == 0)
        adapter->accepts[adapter->accept_count++] = accept;
    return result;
}
