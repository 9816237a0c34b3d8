/* http_case.c - see http_case.h: one case, inbound ("accepts") or outbound ("serves").
 * Files and directories are http_cases.c's.
 * In the flow: given -> http_translate or http_sequence -> actual. */
#include "http_case.h"

#include <stdlib.h>

#include "fault.h"
#include "http_sequence.h"
#include "http_translate.h"
#include "mapping_payload.h"
#include "time_text.h"

enum { METHOD_BYTES_MAX = 16 };

static int wrong(struct truc_fault *fault, const char *text)
{
    return fault_set(fault, TRUC_E_CONFIG, "the case is wrong: %s", text);
}

static int no_memory(struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_MEMORY, "no memory for a case");
}

/* "body" as JSON, or "text" as it is. */
static int bytes_given(const json_t *object, struct buffer *out, struct truc_fault *fault)
{
    const json_t *body = json_object_get(object, "body"), *text = json_object_get(object, "text");
    if (json_is_string(text))
        buffer_append_string(out, json_string_value(text));
    char *dump = body ? json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (dump)
        buffer_append_string(out, dump);
    else if (body)
        return no_memory(fault);
    free(dump);
    return buffer_failed(out) ? no_memory(fault) : 0;
}

/* The other way: JSON under "body", anything else under "text". */
static int put_bytes(json_t *object, struct bytes data)
{
    json_t *body = json_loadb((const char *)data.data, data.size, JSON_DECODE_ANY, NULL);
    if (body)
        return json_object_set_new(object, "body", body);
    return data.size ? json_object_set_new(object, "text", json_stringn((const char *)data.data, data.size)) : 0;
}

static int payload_json(const struct schema_message *message, struct bytes payload, json_t **ret_json,
                        struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct schema_json_options options = {.words = true, .instants = true};
    int result = schema_to_json(message, payload, &options, &text, fault);
    if (result < 0)
        return result;
    *ret_json = json_loadb((const char *)text.data, text.size, 0, NULL);
    return *ret_json ? 0 : no_memory(fault);
}

static int payload_given(const struct schema_message *message, const json_t *body, struct buffer *out,
                         struct truc_fault *fault)
{
    char *text = json_dumps(body, JSON_COMPACT);
    if (!text)
        return wrong(fault, "a body is missing");
    int result = schema_from_json(message, bytes_string(text), out, fault);
    free(text);
    return result;
}

/* ---- inbound -------------------------------------------------------------------------------------------------- */

static json_t *purpose_json(const struct truc_purpose *purpose)
{
    return json_pack("{s:s*, s:s*, s:s*, s:s*}", "procedure", purpose->procedure, "dossier", purpose->dossier,
                     "officer", purpose->officer, "legal-basis", purpose->legal_basis);
}

static int message_json(const struct http_translated *translated, json_t **ret_message, struct truc_fault *fault)
{
    const struct truc_outgoing *out = &translated->outgoing;
    char time[TIME_TEXT_BYTES];
    json_t *body;
    int result = payload_json(translated->accept->message, buffer_view(&translated->payload), &body, fault);
    if (result < 0)
        return result;
    time_format_rfc3339(out->time_ns, time);
    json_t *message =
        json_pack("{s:s, s:s*, s:s, s:s*, s:s*, s:s*, s:o, s:o}", "type", out->type, "id", out->id, "subject",
                  out->subject, "time", out->time_ns ? time : NULL, "ordering-key", out->ordering_key, "correlation-id",
                  out->correlation_id, "purpose", purpose_json(&out->purpose), "body", body);
    if (!message)
        return no_memory(fault);
    *ret_message = message;
    return 0;
}

static int answer_json(struct http_answer *answer, json_t *actual, struct truc_fault *fault)
{
    json_t *object = json_pack("{s:i}", "status", (int)answer->status);
    int failed = object ? put_bytes(object, buffer_view(&answer->body)) : -1;
    buffer_free(&answer->body);
    if (failed < 0) {
        json_decref(object);
        return no_memory(fault);
    }
    return json_object_set_new(actual, "answer", object) < 0 ? no_memory(fault) : 0;
}

/* The bus's word as the case gives it: {"refused": NAME}, {"reply": {…}} or {"accepted": sequence}. */
static int bus_answer(const struct http_adapter *adapter, const struct http_incoming *incoming,
                      const struct http_translated *translated, const json_t *bus, struct http_answer *ret_answer,
                      struct truc_fault *fault)
{
    const char *refused = json_string_value(json_object_get(bus, "refused"));
    const struct schema_message *reply = translated->accept->message->reply;
    if (refused) {
        int code = truc_error_from_name(refused);
        http_answer_fault(translated->accept->format, code ? code : TRUC_E_REJECTED, false, refused, "", "",
                          ret_answer);
        return 0;
    }
    if (!reply)
        return http_answer_accepted(adapter, incoming, translated,
                                    (uint64_t)json_integer_value(json_object_get(bus, "accepted")), ret_answer, fault);
    BUFFER_CLEANUP struct buffer payload = {0};
    int result = payload_given(reply, json_object_get(bus, "reply"), &payload, fault);
    if (result < 0)
        return result;
    return http_answer_reply(adapter, incoming, translated, buffer_view(&payload), ret_answer, fault);
}

static int translate_case(const struct http_adapter *adapter, const struct http_incoming *incoming, const json_t *bus,
                          json_t *actual, struct truc_fault *fault)
{
    struct http_translated translated;
    struct http_answer answer = {0};
    struct truc_fault refusal = {0};
    bool malformed;
    int result = http_translate(adapter, incoming, &translated, &malformed, &refusal);
    if (result < 0) {
        enum http_format format = translated.accept ? translated.accept->format : HTTP_FORMAT_JSON;
        http_answer_fault(format, result, malformed, "", refusal.text, refusal.where, &answer);
        result = 0;
    } else {
        json_t *message = NULL;
        result = message_json(&translated, &message, fault);
        if (result == 0 && json_object_set_new(actual, "message", message) < 0)
            result = no_memory(fault);
        if (result == 0)
            result = bus_answer(adapter, incoming, &translated, bus, &answer, fault);
    }
    http_translated_free(&translated);
    return result < 0 ? result : answer_json(&answer, actual, fault);
}

static int run_accepts(const struct http_adapter *adapter, const json_t *given, json_t *actual,
                       struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer body = {0};
    char method[METHOD_BYTES_MAX] = "";
    const char *line = json_string_value(json_object_get(given, "accepts"));
    const char *space = strchr(line, ' ');
    if (!space || (size_t)(space - line) >= sizeof(method))
        return wrong(fault, "accepts: \"POST /path\"");
    memcpy(method, line, (size_t)(space - line));
    int result = bytes_given(given, &body, fault);
    if (result < 0)
        return result;
    struct http_incoming incoming = {.method = method,
                                     .path = space + 1,
                                     .headers = json_object_get(given, "headers"),
                                     .query = json_object_get(given, "query"),
                                     .body = buffer_view(&body)};
    return translate_case(adapter, &incoming, json_object_get(given, "bus"), actual, fault);
}

/* ---- outbound ------------------------------------------------------------------------------------------------- */

static int request_json(const struct http_adapter *adapter, const struct http_request *request, json_t *calls)
{
    struct bytes url = buffer_view(&request->url);
    size_t prefix = strlen(adapter->far_side.url);
    json_t *call = json_pack("{s:s, s:s%, s:O}", "method", request->method, "path", (const char *)url.data + prefix,
                             url.size - prefix, "headers", request->headers);
    if (!call || (request->has_body && put_bytes(call, buffer_view(&request->body)) < 0)) {
        json_decref(call);
        return -1;
    }
    return json_array_append_new(calls, call);
}

/* {"status", "headers", "body" or "text"}; {"none": why}: no answer at all. */
static int give_answer(struct http_sequence *sequence, const json_t *given, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer body = {0};
    if (!given)
        return wrong(fault, "more calls are made than answers given");
    int result = bytes_given(given, &body, fault);
    if (result < 0)
        return result;
    struct http_response response = {.status = (unsigned)json_integer_value(json_object_get(given, "status")),
                                     .headers = json_object_get(given, "headers"),
                                     .body = buffer_view(&body),
                                     .text = json_string_value(json_object_get(given, "none"))};
    http_sequence_answer(sequence, &response);
    return 0;
}

static int settlement_json(const struct http_serve *serve, struct http_settlement *settlement, json_t *actual,
                           struct truc_fault *fault)
{
    static const char *const outcomes[] = {"done", "retry", "reject", "reply"};
    json_t *object = json_pack("{s:s}", "outcome", outcomes[settlement->outcome]), *reply = NULL;
    int failed = object ? 0 : -1, result = 0;
    if (settlement->outcome == HTTP_RETRY || settlement->outcome == HTTP_REJECT)
        failed |= json_object_set_new(object, "code", json_string(truc_error_name(settlement->code)));
    if (settlement->outcome == HTTP_RETRY && settlement->after_ms != HTTP_RETRY_BY_ROUTE)
        failed |= json_object_set_new(object, "after_ms", json_integer(settlement->after_ms));
    if (settlement->outcome == HTTP_REJECT)
        failed |= json_object_set_new(object, "reason", json_string(settlement->reason));
    if (settlement->outcome == HTTP_REPLY)
        result = payload_json(serve->message->reply, buffer_view(&settlement->payload), &reply, fault);
    if (reply)
        failed |= json_object_set_new(object, "reply", reply);
    buffer_free(&settlement->payload);
    failed |= json_object_set_new(actual, "settlement", object);
    return result < 0 ? result : failed ? no_memory(fault) : 0;
}

static int run_sequence(const struct http_adapter *adapter, const struct http_serve *serve,
                        struct http_sequence *sequence, const json_t *answers, json_t *actual, struct truc_fault *fault)
{
    struct http_request request = {0};
    struct http_settlement settlement = {0};
    json_t *calls = json_array();
    int result = json_object_set_new(actual, "calls", calls) < 0 ? no_memory(fault) : 0;
    for (size_t i = 0; result == 0; i++) {
        if (http_sequence_next(sequence, &request, &settlement) == 0)
            return settlement_json(serve, &settlement, actual, fault);
        if (request_json(adapter, &request, calls) < 0)
            result = no_memory(fault);
        http_request_free(&request);
        if (result == 0)
            result = give_answer(sequence, json_array_get(answers, i), fault);
    }
    return result;
}

/* The header's time is given as RFC 3339 and seen by mappings in nanoseconds. */
static json_t *header_given(const json_t *given)
{
    json_t *header = json_deep_copy(json_object_get(given, "header"));
    const char *time = json_string_value(json_object_get(header, "time"));
    uint64_t time_ns;
    if (time && time_parse_rfc3339(bytes_string(time), &time_ns) == 0)
        json_object_set_new(header, "time", json_integer((json_int_t)time_ns));
    return header;
}

static int run_serves(const struct http_adapter *adapter, const json_t *given, json_t *actual, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    struct http_sequence *sequence;
    const char *type = json_string_value(json_object_get(given, "serves"));
    const struct http_serve *serve = http_adapter_find_serve(adapter, type);
    if (!serve)
        return wrong(fault, "the adapter does not serve this type");
    int result = payload_given(serve->message, json_object_get(given, "body"), &payload, fault);
    if (result < 0)
        return result;
    json_t *header = header_given(given);
    result = header ? http_sequence_begin(adapter, serve, header, buffer_view(&payload), &sequence, fault)
                    : wrong(fault, "no header");
    json_decref(header);
    if (result < 0)
        return result;
    result = run_sequence(adapter, serve, sequence, json_object_get(given, "answers"), actual, fault);
    http_sequence_free(sequence);
    return result;
}

int http_case_run(const struct http_adapter *adapter, const json_t *test, json_t **ret_actual, struct truc_fault *fault)
{
    const json_t *given = json_object_get(test, "given");
    json_t *actual = json_object();
    int result;
    if (!actual)
        return no_memory(fault);
    if (json_is_string(json_object_get(given, "accepts")))
        result = run_accepts(adapter, given, actual, fault);
    else if (json_is_string(json_object_get(given, "serves")))
        result = run_serves(adapter, given, actual, fault);
    else
        result = wrong(fault, "given: holds neither 'accepts' nor 'serves'");
    if (result < 0)
        json_decref(actual);
    else
        *ret_actual = actual;
    return result;
}
