/* exec_inbound.c - see exec_inbound.h.
 * With message: in the adapter file the program's body is mapped; without, the line holds the message's members itself.
 * In the flow: line -> entry by type -> connector_message. */
#include "exec_inbound.h"

#include "connector_body.h"
#include "connector_refusal.h"
#include "connector_settlement.h"
#include "fault.h"

void exec_inbound_free(struct exec_inbound *inbound)
{
    connector_message_free(&inbound->message);
    *inbound = (struct exec_inbound){0};
}

static int wrong(struct truc_fault *fault, int code, const char *where, const char *text)
{
    fault_set(fault, code, "%s", text);
    fault_where(fault, "%s", where);
    return code;
}

static int find_accept(const struct exec_adapter *adapter, const struct exec_line *line,
                       const struct exec_accept **ret_accept, struct truc_fault *fault)
{
    const char *type = json_string_value(json_object_get(line->tree, "type"));
    const struct exec_accept *accept = type ? exec_adapter_find_accept(adapter, type) : NULL;
    if (!accept)
        return wrong(fault, TRUC_E_UNKNOWN_TYPE, "type", "the adapter file has no such type under accepts:");
    bool is_request = accept->form.message->kind == SCHEMA_KIND_REQUEST;
    if (is_request != (line->op == EXEC_REQUEST))
        return wrong(fault, TRUC_E_PAYLOAD, "op",
                     is_request ? "this type is a request, not to be published" : "this type is no request");
    *ret_accept = accept;
    return 0;
}

static int read_within(const struct exec_line *line, const struct exec_accept *accept, uint32_t *ret_within_ms,
                       struct truc_fault *fault)
{
    const json_t *within = json_object_get(line->tree, "within");
    *ret_within_ms = within ? connector_span_ms(within) : accept->within_ms;
    if (!within || (line->op == EXEC_REQUEST && *ret_within_ms > 0 && *ret_within_ms <= EXEC_SPAN_MAX_MS))
        return 0;
    return wrong(fault, TRUC_E_PAYLOAD, "within", "within is a span of a request, as 5s, at most an hour");
}

/* A line with `message:` holds nothing beside the body that is mapped. */
static int only_body(json_t *tree, struct truc_fault *fault)
{
    const char *name;
    json_t *value;
    json_object_foreach(tree, name, value) {
        if (strcmp(name, "body") != 0)
            return wrong(fault, TRUC_E_PAYLOAD, "body", "the adapter file maps the body; there is nothing beside it");
    }
    return 0;
}

static int make_mapped(const struct exec_adapter *adapter, const struct exec_accept *accept, json_t *tree,
                       struct connector_message *message, struct truc_fault *fault)
{
    struct mapping_values values = {0};
    values.roots[EXEC_ACCEPT_BODY] = json_object_get(tree, "body");
    values.roots[EXEC_ACCEPT_SETTING] = adapter->common.settings;
    int result = only_body(tree, fault);
    return result < 0 ? result : connector_message_make(&adapter->common, &accept->form, &values, message, fault);
}

int exec_inbound_make(const struct exec_adapter *adapter, struct exec_line *line, struct exec_inbound *ret_inbound,
                      struct truc_fault *fault)
{
    static const char *const own[] = {"op", "ref", "type", "within"};
    struct exec_inbound *inbound = ret_inbound;
    *inbound = (struct exec_inbound){0};
    int result = find_accept(adapter, line, &inbound->accept, fault);
    if (result == 0)
        result = read_within(line, inbound->accept, &inbound->within_ms, fault);
    if (result < 0)
        return result;
    json_t *message = json_copy(line->tree);
    if (!message)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        json_object_del(message, own[i]);
    if (!inbound->accept->form.outgoing)
        return connector_message_take(&adapter->common, &inbound->accept->form, message, &inbound->message, fault);
    result = make_mapped(adapter, inbound->accept, message, &inbound->message, fault);
    json_decref(message);
    return result;
}

json_t *exec_say_accepted(const char *ref, const char *id, uint64_t sequence)
{
    return json_pack("{s:s, s:s, s:s, s:I}", "op", "accepted", "ref", ref, "id", id ? id : "", "sequence",
                     (json_int_t)sequence);
}

json_t *exec_say_refused(const char *ref, int code, const char *reason, const char *text, const char *where)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "op", "refused", "ref", ref, "code", truc_error_name(code),
                     "reason", reason && *reason ? reason : truc_error_name(code), "text",
                     text && *text ? text : truc_error_meaning(code), "where", where ? where : "", "again",
                     connector_is_passing(code));
}

int exec_say_replied(const char *ref, const struct schema_message *reply, struct bytes payload, json_t **ret_line,
                     struct truc_fault *fault)
{
    json_t *body = NULL;
    int result = connector_body_of(reply, payload, &body, fault);
    if (result < 0)
        return result;
    *ret_line = json_pack("{s:s, s:s, s:o}", "op", "replied", "ref", ref, "body", body);
    return *ret_line ? 0 : fault_set(fault, TRUC_E_MEMORY, "no memory for a reply");
}
