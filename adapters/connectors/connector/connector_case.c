/* connector_case.c - see connector_case.h: the parts of a case as JSON.
 * Files and directories are connector_cases.c's.
 * In the flow: each connector's run_case -> this. */
#include "connector_case.h"

#include <stdlib.h>

#include "connector_body.h"
#include "fault.h"
#include "time_text.h"

int connector_case_wrong(struct truc_fault *fault, const char *text)
{
    return fault_set(fault, TRUC_E_CONFIG, "the case is wrong: %s", text);
}

int connector_case_no_memory(struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_MEMORY, "no memory for a case");
}

int connector_case_bytes(const json_t *object, struct buffer *out, struct truc_fault *fault)
{
    const json_t *body = json_object_get(object, "body"), *text = json_object_get(object, "text");
    if (json_is_string(text))
        buffer_append_string(out, json_string_value(text));
    char *dump = body ? json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (dump)
        buffer_append_string(out, dump);
    else if (body)
        return connector_case_no_memory(fault);
    free(dump);
    return buffer_failed(out) ? connector_case_no_memory(fault) : 0;
}

int connector_case_put_bytes(json_t *object, struct bytes data)
{
    json_t *body = json_loadb((const char *)data.data, data.size, JSON_DECODE_ANY, NULL);
    if (body)
        return json_object_set_new(object, "body", body);
    return data.size ? json_object_set_new(object, "text", json_stringn((const char *)data.data, data.size)) : 0;
}

int connector_case_payload(const struct schema_message *message, const json_t *body, struct buffer *out,
                           struct truc_fault *fault)
{
    char *text = json_dumps(body, JSON_COMPACT);
    if (!text)
        return connector_case_wrong(fault, "a body is missing");
    int result = schema_from_json(message, bytes_string(text), out, fault);
    free(text);
    return result;
}

json_t *connector_case_header(const json_t *given)
{
    json_t *header = json_deep_copy(json_object_get(given, "header"));
    const char *time = json_string_value(json_object_get(header, "time"));
    uint64_t time_ns;
    if (time && time_parse_rfc3339(bytes_string(time), &time_ns) == 0)
        json_object_set_new(header, "time", json_integer((json_int_t)time_ns));
    return header;
}

static json_t *purpose_json(const struct truc_purpose *purpose)
{
    return json_pack("{s:s*, s:s*, s:s*, s:s*}", "procedure", purpose->procedure, "dossier", purpose->dossier,
                     "officer", purpose->officer, "legal-basis", purpose->legal_basis);
}

int connector_case_put_message(const struct connector_message *message, json_t *actual, struct truc_fault *fault)
{
    const struct truc_outgoing *out = &message->outgoing;
    char time[TIME_TEXT_BYTES];
    json_t *body;
    int result = connector_body_of(message->form->message, buffer_view(&message->payload), &body, fault);
    if (result < 0)
        return result;
    time_format_rfc3339(out->time_ns, time);
    json_t *object =
        json_pack("{s:s, s:s*, s:s, s:s*, s:s*, s:s*, s:o, s:o}", "type", out->type, "id", out->id, "subject",
                  out->subject, "time", out->time_ns ? time : NULL, "ordering-key", out->ordering_key, "correlation-id",
                  out->correlation_id, "purpose", purpose_json(&out->purpose), "body", body);
    return json_object_set_new(actual, "message", object) < 0 ? connector_case_no_memory(fault) : 0;
}

int connector_case_put_settlement(const struct schema_message *reply_type, struct connector_settlement *settlement,
                                  json_t *actual, struct truc_fault *fault)
{
    static const char *const outcomes[] = {"done", "retry", "reject", "reply"};
    json_t *object = json_pack("{s:s}", "outcome", outcomes[settlement->outcome]), *reply = NULL;
    int failed = object ? 0 : -1, result = 0;
    if (settlement->outcome == CONNECTOR_RETRY || settlement->outcome == CONNECTOR_REJECT)
        failed |= json_object_set_new(object, "code", json_string(truc_error_name(settlement->code)));
    if (settlement->outcome == CONNECTOR_RETRY && settlement->after_ms != CONNECTOR_RETRY_BY_ROUTE)
        failed |= json_object_set_new(object, "after_ms", json_integer(settlement->after_ms));
    if (settlement->outcome == CONNECTOR_REJECT)
        failed |= json_object_set_new(object, "reason", json_string(settlement->reason));
    if (settlement->outcome == CONNECTOR_REPLY)
        result = connector_body_of(reply_type, buffer_view(&settlement->payload), &reply, fault);
    if (reply)
        failed |= json_object_set_new(object, "reply", reply);
    buffer_free(&settlement->payload);
    failed |= json_object_set_new(actual, "settlement", object);
    return result < 0 ? result : failed ? connector_case_no_memory(fault) : 0;
}
