/* http_answer.c - the HTTP answers: accepted, reply, and every named refusal with its status (RFC 9110 section 15).
 * A vendor must be able to tell by the status alone whether to mend the request (4xx) or to send it again (429, 503).
 * In the flow: the bus's outcome -> status and body. */
#include "document.h"
#include "fault.h"
#include "http_soap.h"
#include "http_translate.h"
#include "mapping_payload.h"

unsigned http_status_of(int code, bool malformed)
{
    if (malformed)
        return 400;
    switch (code) {
    case TRUC_E_NOT_FOUND:
    case TRUC_E_NO_MATCH:
        return 404;
    case TRUC_E_STATE:
        return 405;
    case TRUC_E_CONFLICT:
        return 409;
    case TRUC_E_TOO_LARGE:
        return 413;
    case TRUC_E_RATE:
        return 429;
    case TRUC_E_PAYLOAD:
    case TRUC_E_HEADER:
    case TRUC_E_DIGEST:
    case TRUC_E_UNKNOWN_TYPE:
    case TRUC_E_EXPIRED:
    case TRUC_E_FUTURE:
    case TRUC_E_TOO_OLD:
    case TRUC_E_REJECTED:
        return 422;
    case TRUC_E_SECRET:
    case TRUC_E_NO_ROUTE:
    case TRUC_E_NO_AGREEMENT:
    case TRUC_E_AGREEMENT_LAPSED:
    case TRUC_E_PURPOSE:
    case TRUC_E_NOT_SENDER:
    case TRUC_E_SUSPENDED:
    case TRUC_E_SIGNATURE:
    case TRUC_E_SIGNING_KEY:
    case TRUC_E_AMBIGUOUS:
    case TRUC_E_REPLY_FIELDS:
        return 403;
    case TRUC_E_ARGUMENT:
    case TRUC_E_CRYPTO:
    case TRUC_E_INTERNAL:
        return 500;
    default:
        return 503; /* blocked, disconnected, deadline, timeout, shutting down, …: send it again */
    }
}

static int render(const struct http_accept *accept, const json_t *tree, struct http_answer *answer,
                  struct truc_fault *fault)
{
    if (accept->format == DOCUMENT_FORMAT_SOAP) {
        struct http_soap soap = {.operation = accept->operation, .body = tree};
        answer->content_type = "text/xml; charset=utf-8";
        return http_soap_write(&soap, &answer->body, fault);
    }
    answer->content_type = "application/json; charset=utf-8";
    return document_write_json(tree, &answer->body, fault);
}

static struct mapping_values values_of(const struct http_adapter *adapter, const struct http_incoming *incoming,
                                       const struct http_translated *translated)
{
    struct mapping_values values = {0};
    values.roots[HTTP_ACCEPT_REQUEST] = translated->request;
    values.roots[HTTP_ACCEPT_HEADERS] = incoming->headers;
    values.roots[HTTP_ACCEPT_QUERY] = incoming->query;
    values.roots[HTTP_ACCEPT_SETTING] = adapter->common.settings;
    return values;
}

int http_answer_accepted(const struct http_adapter *adapter, const struct http_incoming *incoming,
                         const struct http_translated *translated, uint64_t sequence, struct http_answer *ret_answer,
                         struct truc_fault *fault)
{
    const struct http_accept *accept = translated->accept;
    struct mapping_values values = values_of(adapter, incoming, translated);
    struct http_answer answer = {.status = 202};
    json_t *tree = NULL;
    json_t *message = json_pack("{s:s, s:I}", "id", translated->message.id, "sequence", (json_int_t)sequence);
    values.roots[HTTP_ACCEPT_MESSAGE] = message;
    int result = message ? 0 : fault_set(fault, TRUC_E_MEMORY, "no memory for an answer");
    if (result == 0 && accept->accepted)
        result = mapping_template_run(accept->accepted, &values, &tree, fault);
    else if (result == 0 && !(tree = json_pack("{s:s, s:s, s:s}", "error_code", "0", "message", "accepted", "id",
                                               translated->message.id)))
        result = fault_set(fault, TRUC_E_MEMORY, "no memory for an answer");
    if (result == 0)
        result = render(accept, tree, &answer, fault);
    json_decref(tree);
    json_decref(message);
    if (result < 0)
        buffer_free(&answer.body);
    else
        *ret_answer = answer;
    return result;
}

int http_answer_reply(const struct http_adapter *adapter, const struct http_incoming *incoming,
                      const struct http_translated *translated, struct bytes payload, struct http_answer *ret_answer,
                      struct truc_fault *fault)
{
    const struct http_accept *accept = translated->accept;
    struct mapping_values values = values_of(adapter, incoming, translated);
    struct http_answer answer = {.status = 200};
    json_t *body = NULL, *tree = NULL;
    int result = mapping_payload_read(accept->form.message->reply, payload, &body, fault);
    values.roots[HTTP_ACCEPT_BODY] = body;
    if (result == 0)
        result = mapping_template_run(accept->reply, &values, &tree, fault);
    if (result == 0)
        result = render(accept, tree, &answer, fault);
    json_decref(tree);
    json_decref(body);
    if (result < 0)
        buffer_free(&answer.body);
    else
        *ret_answer = answer;
    return result;
}

static json_t *soap_fault(unsigned status, const char *name, const char *text)
{
    return json_pack("{s:s, s:s, s:{s:s}}", "faultcode", status < 500 ? "soapenv:Client" : "soapenv:Server",
                     "faultstring", text, "detail", "error_code", name);
}

void http_answer_fault(enum document_format format, int code, bool malformed, const char *reason, const char *text,
                       const char *where, struct http_answer *ret_answer)
{
    struct http_answer answer = {.status = http_status_of(code, malformed),
                                 .content_type = "application/json; charset=utf-8"};
    const char *name = reason && *reason ? reason : truc_error_name(code);
    json_t *tree;
    if (answer.status == 503 || answer.status == 429)
        answer.retry_after_s = HTTP_BUSY_RETRY_S;
    if (!text || !*text)
        text = truc_error_meaning(code);
    if (format == DOCUMENT_FORMAT_SOAP) {
        struct http_soap soap = {.operation = "soapenv:Fault"};
        tree = soap_fault(answer.status, name, text);
        soap.body = tree;
        answer.content_type = "text/xml; charset=utf-8";
        answer.status = 500; /* SOAP 1.1 section 6.2 */
        if (!tree || http_soap_write(&soap, &answer.body, NULL) < 0)
            buffer_free(&answer.body);
    } else {
        tree = json_pack("{s:s, s:s, s:s}", "error_code", name, "message", text, "where", where ? where : "");
        if (!tree || document_write_json(tree, &answer.body, NULL) < 0)
            buffer_free(&answer.body);
    }
    json_decref(tree);
    *ret_answer = answer;
}
