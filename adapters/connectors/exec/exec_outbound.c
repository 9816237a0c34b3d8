/* exec_outbound.c - see exec_outbound.h.
 * A program's words for a person are masked before they go anywhere.
 * In the flow: message -> line; line -> done, retry, reject, reply. */
#include "exec_outbound.h"

#include "connector_body.h"
#include "connector_mask.h"
#include "fault.h"
#include "mapping_payload.h"
#include "text.h"
#include "time_text.h"

/* The roots of a serves: entry; @body is a new reference that the caller releases. */
static int values_of(const struct exec_adapter *adapter, const struct exec_outbound *outbound, json_t **ret_body,
                     struct mapping_values *ret_values, struct truc_fault *fault)
{
    int result = mapping_payload_read(outbound->serve->message, outbound->payload, ret_body, fault);
    *ret_values = (struct mapping_values){0};
    ret_values->roots[EXEC_SERVE_BODY] = *ret_body;
    ret_values->roots[EXEC_SERVE_HEADER] = outbound->header;
    ret_values->roots[EXEC_SERVE_SETTING] = adapter->common.settings;
    return result;
}

static int make_body(const struct exec_adapter *adapter, const struct exec_outbound *outbound, json_t **ret_body,
                     struct truc_fault *fault)
{
    struct mapping_values values;
    json_t *body = NULL;
    if (!outbound->serve->request)
        return connector_body_of(outbound->serve->message, outbound->payload, ret_body, fault);
    int result = values_of(adapter, outbound, &body, &values, fault);
    if (result == 0)
        result = mapping_template_run(outbound->serve->request, &values, ret_body, fault);
    json_decref(body);
    return result;
}

/* The header with its time as programs read it. */
static json_t *header_shown(const json_t *header)
{
    char time[TIME_TEXT_BYTES];
    json_t *shown = json_copy((json_t *)(uintptr_t)header);
    time_format_rfc3339((uint64_t)json_integer_value(json_object_get(header, "time")), time);
    if (shown && json_object_set_new(shown, "time", json_string(time)) == 0)
        return shown;
    json_decref(shown);
    return NULL;
}

static const char *kind_of(const struct exec_outbound *outbound)
{
    if (outbound->is_request)
        return "request";
    return outbound->serve->message->kind == SCHEMA_KIND_COMMAND ? "command" : "event";
}

int exec_outbound_make(const struct exec_adapter *adapter, const struct exec_outbound *outbound, uint64_t delivery,
                       json_t **ret_line, struct truc_fault *fault)
{
    json_t *body = NULL, *header = NULL;
    int result = make_body(adapter, outbound, &body, fault);
    if (result < 0)
        return result;
    const char *id = json_string_value(json_object_get(outbound->header, "id"));
    header = header_shown(outbound->header);
    *ret_line = json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:o}", "op", "deliver", "delivery", (json_int_t)delivery,
                          "id", id ? id : "", "type", outbound->serve->message->type, "kind", kind_of(outbound),
                          "header", header, "body", body);
    return *ret_line ? 0 : fault_set(fault, TRUC_E_MEMORY, "no memory for a delivery");
}

/* What the program says for a person, masked and cut. */
static void put_text(const struct exec_line *line, const char *otherwise, struct connector_settlement *settlement)
{
    BUFFER_CLEANUP struct buffer masked = {0};
    const char *text = json_string_value(json_object_get(line->tree, "text"));
    connector_mask_append(&masked, bytes_string(text ? text : ""));
    const char *shown = buffer_string(&masked);
    if (shown && *shown)
        text_copy(settlement->text, sizeof(settlement->text), bytes_string(shown));
    else
        text_copy(settlement->text, sizeof(settlement->text), bytes_string(otherwise));
}

static void judge_retry(const struct exec_line *line, struct connector_settlement *settlement)
{
    connector_settlement_set(settlement, CONNECTOR_RETRY, TRUC_E_UNAVAILABLE, "%s", "");
    settlement->after_ms = connector_span_ms(json_object_get(line->tree, "after"));
    put_text(line, "the program asks for another try later", settlement);
}

static void judge_reject(const struct exec_line *line, struct connector_settlement *settlement)
{
    const char *reason = json_string_value(json_object_get(line->tree, "reason"));
    bool is_reason = connector_is_reason(reason);
    connector_settlement_reject(settlement, is_reason ? reason : "REJECTED", "");
    put_text(line, is_reason ? "the program refused it" : "the program refused it, by a reason that is no name",
             settlement);
}

static int make_reply(const struct exec_adapter *adapter, const struct exec_outbound *outbound, json_t *answer,
                      struct buffer *out, struct truc_fault *fault)
{
    const struct schema_message *reply = outbound->serve->message->reply;
    struct mapping_values values;
    json_t *body = NULL, *tree = NULL;
    if (!outbound->serve->reply)
        return mapping_payload_write(reply, answer, NULL, out, fault);
    int result = values_of(adapter, outbound, &body, &values, fault);
    values.roots[EXEC_SERVE_ANSWER] = answer;
    if (result == 0)
        result = mapping_template_run(outbound->serve->reply, &values, &tree, fault);
    if (result == 0)
        result = mapping_payload_write(reply, tree, outbound->serve->reply, out, fault);
    json_decref(tree);
    json_decref(body);
    return result;
}

static void judge_reply(const struct exec_adapter *adapter, const struct exec_outbound *outbound,
                        const struct exec_line *line, struct connector_settlement *settlement)
{
    struct truc_fault fault = {0};
    connector_settlement_set(settlement, CONNECTOR_REPLY, 0, "%s", "");
    int result = make_reply(adapter, outbound, json_object_get(line->tree, "body"), &settlement->payload, &fault);
    if (result == 0)
        return;
    buffer_clear(&settlement->payload);
    connector_settlement_fault(settlement, &fault);
}

void exec_outbound_judge(const struct exec_adapter *adapter, const struct exec_outbound *outbound,
                         const struct exec_line *line, struct connector_settlement *ret_settlement)
{
    *ret_settlement = (struct connector_settlement){0};
    if (line->op == EXEC_RETRY)
        judge_retry(line, ret_settlement);
    else if (line->op == EXEC_REJECT)
        judge_reject(line, ret_settlement);
    else if (line->op == EXEC_REPLY && outbound->is_request)
        judge_reply(adapter, outbound, line, ret_settlement);
    else if (line->op == EXEC_DONE && !outbound->is_request)
        connector_settlement_set(ret_settlement, CONNECTOR_DONE, 0, "%s", "");
    else
        connector_settlement_reject(ret_settlement, "HANDLER",
                                    outbound->is_request ? "the program said done to a request, which wants a reply"
                                                         : "the program replied to what is no request");
}
