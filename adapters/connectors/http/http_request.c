/* http_request.c - see http_request.h.
 * Header values never hold line ends and path values are percent-encoded, whatever a message contains.
 * In the flow: once per call of a sequence. */
#include "http_request.h"

#include <stdio.h>

#include "encode.h"
#include "document.h"
#include "fault.h"
#include "http_soap.h"
#include "mapping_functions.h"
#include "text.h"

void http_request_free(struct http_request *request)
{
    buffer_free(&request->url);
    buffer_free(&request->body);
    json_decref(request->headers);
    *request = (struct http_request){0};
}

static int no_memory(struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_MEMORY, "no memory for an HTTP request");
}

/* A value as one line of text. */
static int value_text(const struct mapping_expression *expression, const struct mapping_values *values,
                      struct buffer *out, struct truc_fault *fault)
{
    json_t *value;
    int result = mapping_expression_evaluate(expression, values, &value, fault);
    if (result < 0)
        return result;
    bool fits = json_is_null(value) || mapping_takes_value(MAPPING_TAKES_SCALAR, value);
    mapping_append_scalar(value, out);
    json_decref(value);
    if (buffer_failed(out))
        return no_memory(fault);
    if (fits && !text_has_control(buffer_view(out)))
        return 0;
    fault_set(fault, TRUC_E_PAYLOAD, "a header's or path's value is no single line of text");
    fault_where(fault, "%s", mapping_expression_source(expression));
    return TRUC_E_PAYLOAD;
}

/* RFC 3986 section 2.3: unreserved characters stand for themselves. */
static void append_encoded(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
        if (plain)
            buffer_append_byte(out, c);
        else
            buffer_printf(out, "%%%02X", c);
    }
}

/* RFC 3986 section 5.2.4: "." and ".." would take the call to another path, whether they are encoded or not. */
static bool has_dot_segment(const struct buffer *url, size_t from)
{
    for (size_t begin = from, end; begin < url->size; begin = end + 1) {
        const uint8_t *slash = memchr(url->data + begin, '/', url->size - begin);
        end = slash ? (size_t)(slash - url->data) : url->size;
        struct bytes segment = bytes_of(url->data + begin, end - begin);
        if (bytes_equal_string(segment, ".") || bytes_equal_string(segment, ".."))
            return true;
    }
    return false;
}

static int make_url(const struct http_adapter *adapter, const struct http_call *call,
                    const struct mapping_values *values, struct buffer *out, struct truc_fault *fault)
{
    buffer_append_string(out, adapter->far_side.url);
    size_t path = out->size;
    if (call->path.count == 0)
        buffer_append_byte(out, '/');
    for (size_t i = 0; i < call->path.count; i++) {
        if (call->path.pieces[i].text) {
            buffer_append_string(out, call->path.pieces[i].text);
            continue;
        }
        BUFFER_CLEANUP struct buffer value = {0};
        int result = value_text(call->path.pieces[i].expression, values, &value, fault);
        if (result < 0)
            return result;
        if (value.size == 0) {
            fault_set(fault, TRUC_E_PAYLOAD, "a value for the path is missing");
            fault_where(fault, "%s", mapping_expression_source(call->path.pieces[i].expression));
            return TRUC_E_PAYLOAD;
        }
        append_encoded(out, buffer_view(&value));
    }
    if (buffer_failed(out))
        return no_memory(fault);
    if (has_dot_segment(out, path))
        return fault_set(fault, TRUC_E_PAYLOAD, "a value makes the path lead elsewhere");
    return 0;
}

static int set_header(json_t *headers, const char *name, struct bytes value, struct truc_fault *fault)
{
    json_t *text = json_stringn(value.size ? (const char *)value.data : "", value.size);
    return json_object_set_new(headers, name, text) < 0 ? no_memory(fault) : 0;
}

static int make_lines(const struct http_header_line *lines, size_t count, const struct mapping_values *values,
                      json_t *headers, struct truc_fault *fault)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        BUFFER_CLEANUP struct buffer value = {0};
        result = value_text(lines[i].value, values, &value, fault);
        if (result == 0 && value.size)
            result = set_header(headers, lines[i].name, buffer_view(&value), fault);
    }
    return result;
}

static int make_auth(const struct http_far_side *far_side, json_t *headers, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer value = {0};
    BUFFER_CLEANUP struct buffer pair = {0};
    const char *name = "Authorization";
    switch (far_side->auth) {
    case HTTP_AUTH_NONE:
        return 0;
    case HTTP_AUTH_BEARER:
        buffer_printf(&value, "Bearer %s", far_side->auth_secret);
        break;
    case HTTP_AUTH_BASIC:
        buffer_printf(&pair, "%s:%s", far_side->auth_name, far_side->auth_secret);
        buffer_append_string(&value, "Basic ");
        base64_append(&value, buffer_view(&pair));
        break;
    case HTTP_AUTH_HEADER:
        name = far_side->auth_name;
        buffer_append_string(&value, far_side->auth_secret);
        break;
    }
    return set_header(headers, name, buffer_view(&value), fault);
}

static struct mapping_values envelope_values(const struct http_adapter *adapter, const struct mapping_values *values,
                                             json_t *request, json_t *call)
{
    struct mapping_values inner = {0};
    inner.roots[HTTP_ENVELOPE_REQUEST] = request;
    inner.roots[HTTP_ENVELOPE_HEADER] = values->roots[HTTP_SERVE_HEADER];
    inner.roots[HTTP_ENVELOPE_SETTING] = adapter->common.settings;
    inner.roots[HTTP_ENVELOPE_CALL] = call;
    return inner;
}

static int write_soap(const struct http_far_side *far_side, const struct http_call *call,
                      const struct mapping_values *values, const json_t *tree, struct buffer *out,
                      struct truc_fault *fault)
{
    json_t *header = NULL;
    int result = far_side->soap_header ? mapping_template_run(far_side->soap_header, values, &header, fault) : 0;
    struct http_soap soap = {far_side->namespaces, far_side->namespace_count, header,
                             call->service,        far_side->body_namespace,  tree};
    if (result == 0)
        result = http_soap_write(&soap, out, fault);
    json_decref(header);
    return result;
}

/* request mapping, then the envelope around it, then bytes. */
static int make_body(const struct http_adapter *adapter, const struct http_call *call,
                     const struct mapping_values *values, struct mapping_values *envelope, struct http_request *request,
                     struct truc_fault *fault)
{
    const struct http_far_side *far_side = &adapter->far_side;
    json_t *tree = NULL, *whole = NULL;
    int result = call->request ? mapping_template_run(call->request, values, &tree, fault) : 0;
    if (!call->request)
        return 0;
    envelope->roots[HTTP_ENVELOPE_REQUEST] = tree;
    if (result == 0 && far_side->envelope)
        result = mapping_template_run(far_side->envelope, envelope, &whole, fault);
    request->has_body = true;
    request->body.size_max = HTTP_BODY_BYTES_MAX;
    if (result == 0 && far_side->format == DOCUMENT_FORMAT_SOAP)
        result = write_soap(far_side, call, envelope, whole ? whole : tree, &request->body, fault);
    else if (result == 0)
        result = document_write_json(whole ? whole : tree, &request->body, fault);
    if (result == 0 && buffer_failed(&request->body))
        result = fault_set(fault, TRUC_E_LIMIT, "an HTTP body of more than %d bytes", HTTP_BODY_BYTES_MAX);
    envelope->roots[HTTP_ENVELOPE_REQUEST] = NULL;
    json_decref(tree);
    json_decref(whole);
    return result;
}

static int make_headers(const struct http_far_side *far_side, const struct http_call *call,
                        const struct mapping_values *values, const struct mapping_values *envelope,
                        struct http_request *request, struct truc_fault *fault)
{
    bool soap = far_side->format == DOCUMENT_FORMAT_SOAP;
    int result = 0;
    if (call->request)
        result = set_header(request->headers, "Content-Type",
                            bytes_string(soap ? "text/xml; charset=utf-8" : "application/json; charset=utf-8"), fault);
    if (result == 0 && soap) {
        char action[256];
        snprintf(action, sizeof(action), "\"%.250s\"", call->soap_action ? call->soap_action : "");
        result = set_header(request->headers, "SOAPAction", bytes_string(action), fault);
    }
    if (result == 0)
        result = make_lines(far_side->headers, far_side->header_count, envelope, request->headers, fault);
    if (result == 0)
        result = make_lines(call->headers, call->header_count, values, request->headers, fault);
    return result == 0 ? make_auth(far_side, request->headers, fault) : result;
}

int http_request_make(const struct http_adapter *adapter, const struct http_call *call,
                      const struct mapping_values *values, struct http_request *ret_request, struct truc_fault *fault)
{
    struct http_request request = {.method = call->method, .headers = json_object()};
    json_t *names = json_pack("{s:s*, s:s}", "service", call->service, "name", call->name);
    struct mapping_values envelope = envelope_values(adapter, values, NULL, names);
    int result = request.headers && names ? 0 : no_memory(fault);
    if (result == 0)
        result = make_url(adapter, call, values, &request.url, fault);
    if (result == 0)
        result = make_body(adapter, call, values, &envelope, &request, fault);
    if (result == 0)
        result = make_headers(&adapter->far_side, call, values, &envelope, &request, fault);
    json_decref(names);
    if (result < 0)
        http_request_free(&request);
    else
        *ret_request = request;
    return result;
}
