/* http_case.c - see http_case.h: one case, inbound ("accepts") or outbound ("serves").
 * Files and directories are connector_cases.c's, what all cases share connector_case.c's.
 * In the flow: given -> http_translate or http_sequence -> actual. */
#include "http_case.h"

#include "connector_case.h"
#include "fault.h"
#include "http_sequence.h"
#include "http_translate.h"

enum { METHOD_BYTES_MAX = 16 };

/* ---- inbound -------------------------------------------------------------------------------------------------- */

static int answer_json(struct http_answer *answer, json_t *actual, struct truc_fault *fault)
{
    json_t *object = json_pack("{s:i}", "status", (int)answer->status);
    int failed = object ? connector_case_put_bytes(object, buffer_view(&answer->body)) : -1;
    buffer_free(&answer->body);
    if (failed < 0) {
        json_decref(object);
        return connector_case_no_memory(fault);
    }
    return json_object_set_new(actual, "answer", object) < 0 ? connector_case_no_memory(fault) : 0;
}

/* The bus's word as the case gives it: {"refused": NAME}, {"reply": {…}} or {"accepted": sequence}. */
static int bus_answer(const struct http_adapter *adapter, const struct http_incoming *incoming,
                      const struct http_translated *translated, const json_t *bus, struct http_answer *ret_answer,
                      struct truc_fault *fault)
{
    const char *refused = json_string_value(json_object_get(bus, "refused"));
    const struct schema_message *reply = translated->accept->form.message->reply;
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
    int result = connector_case_payload(reply, json_object_get(bus, "reply"), &payload, fault);
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
        enum document_format format = translated.accept ? translated.accept->format : DOCUMENT_FORMAT_JSON;
        http_answer_fault(format, result, malformed, "", refusal.text, refusal.where, &answer);
        result = 0;
    } else {
        result = connector_case_put_message(&translated.message, actual, fault);
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
        return connector_case_wrong(fault, "accepts: \"POST /path\"");
    memcpy(method, line, (size_t)(space - line));
    int result = connector_case_bytes(given, &body, fault);
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
    if (!call || (request->has_body && connector_case_put_bytes(call, buffer_view(&request->body)) < 0)) {
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
        return connector_case_wrong(fault, "more calls are made than answers given");
    int result = connector_case_bytes(given, &body, fault);
    if (result < 0)
        return result;
    struct http_response response = {.status = (unsigned)json_integer_value(json_object_get(given, "status")),
                                     .headers = json_object_get(given, "headers"),
                                     .body = buffer_view(&body),
                                     .text = json_string_value(json_object_get(given, "none"))};
    http_sequence_answer(sequence, &response);
    return 0;
}

static int run_sequence(const struct http_adapter *adapter, const struct http_serve *serve,
                        struct http_sequence *sequence, const json_t *answers, json_t *actual, struct truc_fault *fault)
{
    struct http_request request = {0};
    struct connector_settlement settlement = {0};
    json_t *calls = json_array();
    int result = json_object_set_new(actual, "calls", calls) < 0 ? connector_case_no_memory(fault) : 0;
    for (size_t i = 0; result == 0; i++) {
        if (http_sequence_next(sequence, &request, &settlement) == 0)
            return connector_case_put_settlement(serve->message->reply, &settlement, actual, fault);
        if (request_json(adapter, &request, calls) < 0)
            result = connector_case_no_memory(fault);
        http_request_free(&request);
        if (result == 0)
            result = give_answer(sequence, json_array_get(answers, i), fault);
    }
    return result;
}

static int run_serves(const struct http_adapter *adapter, const json_t *given, json_t *actual, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    struct http_sequence *sequence;
    const char *type = json_string_value(json_object_get(given, "serves"));
    const struct http_serve *serve = http_adapter_find_serve(adapter, type);
    if (!serve)
        return connector_case_wrong(fault, "the adapter does not serve this type");
    int result = connector_case_payload(serve->message, json_object_get(given, "body"), &payload, fault);
    if (result < 0)
        return result;
    json_t *header = connector_case_header(given);
    result = header ? http_sequence_begin(adapter, serve, header, buffer_view(&payload), &sequence, fault)
                    : connector_case_wrong(fault, "no header");
    json_decref(header);
    if (result < 0)
        return result;
    result = run_sequence(adapter, serve, sequence, json_object_get(given, "answers"), actual, fault);
    http_sequence_free(sequence);
    return result;
}

int http_case_run(const struct connector_adapter *adapter, const json_t *given, json_t *actual,
                  struct truc_fault *fault)
{
    const struct http_adapter *http = http_adapter_of(adapter);
    if (json_is_string(json_object_get(given, "accepts")))
        return run_accepts(http, given, actual, fault);
    if (json_is_string(json_object_get(given, "serves")))
        return run_serves(http, given, actual, fault);
    return connector_case_wrong(fault, "given: holds neither 'accepts' nor 'serves'");
}
