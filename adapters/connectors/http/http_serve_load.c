/* http_serve_load.c - the serves: section: for each message type the calls to the far side and what their answers mean.
 * Every path is checked against the type's schema, every answers.NAME against the calls before it.
 * In the flow: called by http_load.c, once per message type. */
#include <stdio.h>

#include "fault.h"
#include "http_load.h"
#include "connector_records.h"

/* The scopes of one serves: entry. `request` is seen by what makes a call, `answer` also by what judges its answer. */
struct scopes {
    struct mapping_scope request, answer;
    struct mapping_record answers;
    struct mapping_member members[HTTP_CALLS_MAX];
};

static const struct mapping_member answer_members[] = {
    {"body", {.kind = MAPPING_ANY}},
    {"status", {.kind = MAPPING_INTEGER}},
    {"headers", {.kind = MAPPING_ANY, .folded = true}},
};
static const struct mapping_record answer_record = {"an answer", answer_members, 3};

/* @answers lives in the arena: types point at it. */
static void make_scopes(const struct http_load *load, const struct http_serve *serve, struct scopes *scopes)
{
    struct mapping_type header = {.kind = MAPPING_RECORD, .record = &connector_header_record};
    struct mapping_type answers = {.kind = MAPPING_RECORD, .record = &scopes->answers};
    scopes->answers = (struct mapping_record){"answers", scopes->members, 0};
    scopes->request = (struct mapping_scope){.tables = &load->adapter->common.tables};
    mapping_scope_add(&scopes->request, "body", mapping_type_of_message(serve->message));
    mapping_scope_add(&scopes->request, "header", header);
    mapping_scope_add(&scopes->request, "setting", connector_load_setting_type(&load->common));
    mapping_scope_add(&scopes->request, "answers", answers);
    scopes->answer = scopes->request;
    mapping_scope_add(&scopes->answer, "$", mapping_type_of(MAPPING_ANY));
    mapping_scope_add(&scopes->answer, "status", mapping_type_of(MAPPING_INTEGER));
    mapping_scope_add(&scopes->answer, "headers", (struct mapping_type){.kind = MAPPING_ANY, .folded = true});
}

static int load_path(const struct http_load *load, const struct yaml_node *node, const struct mapping_scope *scope,
                     struct http_call *call)
{
    if (node->text.size == 0 || node->text.data[0] != '/')
        return connector_load_fail(&load->common, node, "write /orders", "a path begins with a slash");
    return connector_pattern_load(&load->common, node, scope, &call->path);
}

static int load_request(const struct http_load *load, const struct yaml_node *node, const struct scopes *scopes,
                        struct http_call *call)
{
    struct mapping_type any = mapping_type_of(MAPPING_ANY);
    if (load->adapter->far_side.format == DOCUMENT_FORMAT_SOAP && !call->service)
        return connector_load_fail(&load->common, node, "service: the operation's element",
                                   "a SOAP call needs its service's name");
    return connector_load_template(&load->common, node, &scopes->request, &any, &call->request);
}

/* The first of: the call's own, the entry's, the far side's. */
static const struct yaml_node *first_of(const struct typed_value *a, const struct typed_value *b,
                                        const struct typed_value *c)
{
    return a && a->node ? a->node : b && b->node ? b->node : c ? c->node : NULL;
}

static int load_answer(const struct http_load *load, const struct http_file_serve *serve,
                       const struct http_file_call *file, const struct scopes *scopes, struct http_call *call)
{
    const struct http_file_far_side *far_side = load->far_side;
    const struct yaml_node *success = first_of(&file->success, &serve->success, &far_side->success);
    int result = success ? connector_load_condition(&load->common, success, &scopes->answer, &call->success) : 0;
    if (result == 0)
        result = connector_rules_load(&load->common, &file->errors, &scopes->answer, call->errors, &call->error_count);
    if (result == 0)
        result = connector_rules_load(&load->common, &serve->errors, &scopes->answer, call->errors, &call->error_count);
    if (result == 0)
        result =
            connector_rules_load(&load->common, &far_side->errors, &scopes->answer, call->errors, &call->error_count);
    return result;
}

static int load_call(const struct http_load *load, const struct http_file_serve *serve,
                     const struct http_file_call *file, struct scopes *scopes, struct http_call *call)
{
    call->name = file->name.text ? file->name.text : "call";
    call->method = http_file_methods[file->method.node ? file->method.number : 0];
    call->service = file->service.text;
    call->soap_action = file->soap_action.text;
    int result = file->path.node ? load_path(load, file->path.node, &scopes->request, call) : 0;
    if (result == 0 && file->headers.node)
        result = http_load_headers(load, file->headers.node, &scopes->request, call->headers, &call->header_count);
    if (result == 0 && file->when.node)
        result = connector_load_condition(&load->common, file->when.node, &scopes->request, &call->when);
    const struct yaml_node *request =
        first_of(&file->request, file->node == serve->call.node ? &serve->request : NULL, NULL);
    if (result == 0 && request)
        result = load_request(load, request, scopes, call);
    if (result == 0)
        result = load_answer(load, serve, file, scopes, call);
    return result;
}

static int load_calls(const struct http_load *load, const struct http_file_serve *file, struct scopes *scopes,
                      struct http_serve *serve)
{
    const struct typed_value *calls = file->calls.node ? &file->calls : &file->call;
    const struct http_file_call *files = calls->objects;
    if ((file->calls.node != NULL) == (file->call.node != NULL))
        return connector_load_fail(&load->common, file->node, "call: {…} or calls: [ … ]",
                                   "an entry has either 'call' or 'calls'");
    if (file->calls.node && file->request.node)
        return connector_load_fail(&load->common, file->request.node, "put it under its call",
                                   "beside 'calls' a 'request' belongs to no call");
    if (calls->count > HTTP_CALLS_MAX)
        return connector_load_fail(&load->common, calls->node, "", "more than %d calls", HTTP_CALLS_MAX);
    int result = 0;
    for (uint32_t i = 0; result == 0 && i < calls->count; i++) {
        struct http_call *call = &serve->calls[serve->call_count];
        result = load_call(load, file, &files[i], scopes, call);
        if (result < 0)
            break;
        serve->call_count++;
        scopes->members[scopes->answers.member_count++] =
            (struct mapping_member){call->name, {.kind = MAPPING_RECORD, .record = &answer_record}};
    }
    return result;
}

static int load_reply(const struct http_load *load, const struct http_file_serve *file, const struct scopes *scopes,
                      struct http_serve *serve)
{
    const struct schema_message *reply = serve->message->reply;
    if (!reply && file->reply.node)
        return connector_load_fail(&load->common, file->reply.node, "only requests are answered", "%s has no reply",
                                   serve->message->type);
    if (reply && !file->reply.node)
        return connector_load_fail(&load->common, file->node, "add reply: {field: expression}", "%s wants a reply",
                                   serve->message->type);
    if (!reply)
        return 0;
    struct mapping_type target = mapping_type_of_message(reply);
    return connector_load_template(&load->common, file->reply.node, &scopes->answer, &target, &serve->reply);
}

static int load_one(struct http_load *load, const struct http_file_serve *file, const struct yaml_node *type)
{
    struct http_adapter *adapter = load->adapter;
    struct http_serve *serve = arena_alloc(&adapter->common.arena, sizeof(*serve));
    struct scopes *scopes = arena_alloc(&adapter->common.arena, sizeof(*scopes));
    if (!serve || !scopes)
        return connector_load_no_memory(&load->common);
    int result = connector_load_type(&load->common, type, &serve->message);
    if (result < 0)
        return result;
    if (http_adapter_find_serve(adapter, serve->message->type))
        return connector_load_fail(&load->common, type, "one entry a type", "%s is served twice", serve->message->type);
    if (adapter->serve_count == HTTP_SERVES_MAX)
        return connector_load_fail(&load->common, type, "", "more than %d types served", HTTP_SERVES_MAX);
    make_scopes(load, serve, scopes);
    serve->place = mapping_place_of(file->node);
    result = load_calls(load, file, scopes, serve);
    if (result == 0)
        result = load_reply(load, file, scopes, serve);
    if (result == 0)
        adapter->serves[adapter->serve_count++] = serve;
    return result;
}

int http_load_serve(struct http_load *load, const struct http_file_serve *file)
{
    if (!load->far_side)
        return connector_load_fail(&load->common, file->node, "far-side: {url: …}",
                                   "what is served needs a far side to call");
    int result = 0;
    for (uint32_t i = 0; result == 0 && i < file->type.count; i++)
        result = load_one(load, file, file->type.items[i]);
    return result;
}
