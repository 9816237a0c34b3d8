/* http_file.c - see http_file.h: one table per kind of object, with the line that explains each key.
 * No code: reading them is yaml_typed_read's work.
 * In the flow: read by the loader, and by editors' help. */
#include "http_file.h"

#include "http_adapter.h"
#include "time_text.h"

const char *const http_file_methods[] = {"POST", "GET", "PUT", "PATCH", "DELETE", NULL};
const char *const http_file_formats[] = {"json", "soap", NULL};
static const char *const connectors[] = {"http", NULL};

/* clang-format off */
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define AT(struct_, member) offsetof(struct struct_, member)
#define KEY(name_, type_, required_, offset_, explanation_)                                                            \
    {.name = (name_), .type = (type_), .required = (required_), .offset = (offset_), .explanation = (explanation_)}
#define WORD(name_, required_, offset_, words_, explanation_)                                                          \
    {.name = (name_),                                                                                                  \
     .type = TYPED_WORD,                                                                                               \
     .required = (required_),                                                                                          \
     .offset = (offset_),                                                                                              \
     .words = (words_),                                                                                                \
     .explanation = (explanation_)}
#define PART(name_, type_, offset_, object_, explanation_)                                                             \
    {.name = (name_), .type = (type_), .offset = (offset_), .object = (object_), .explanation = (explanation_)}
#define LIMITED(name_, type_, offset_, least_, most_, explanation_)                                                    \
    {.name = (name_),                                                                                                  \
     .type = (type_),                                                                                                  \
     .offset = (offset_),                                                                                              \
     .least = (least_),                                                                                                \
     .most = (most_),                                                                                                  \
     .explanation = (explanation_)}
/* clang-format on */

static const struct yaml_key secret_keys[] = {
    KEY("file", TYPED_TEXT, true, AT(http_file_secret, file), "file with the secret, relative to this one"),
    KEY("user", TYPED_TEXT, false, AT(http_file_secret, user), "user name (basic)"),
    KEY("name", TYPED_TEXT, false, AT(http_file_secret, name), "name of the header (header)"),
};
static const struct yaml_object secret_object = {"credential", secret_keys, COUNT(secret_keys),
                                                 sizeof(struct http_file_secret), false};

static const struct yaml_key auth_keys[] = {
    PART("bearer", TYPED_OBJECT, AT(http_file_auth, bearer), &secret_object, "Authorization: Bearer, from a file"),
    PART("basic", TYPED_OBJECT, AT(http_file_auth, basic), &secret_object, "user and password"),
    PART("header", TYPED_OBJECT, AT(http_file_auth, header), &secret_object, "a header of the far side's own"),
};
static const struct yaml_object auth_object = {"credential", auth_keys, COUNT(auth_keys), sizeof(struct http_file_auth),
                                               false};

static const struct yaml_key soap_keys[] = {
    KEY("namespaces", TYPED_FREE, false, AT(http_file_soap, namespaces), "prefix: namespace, for the envelope"),
    KEY("body-namespace", TYPED_TEXT, false, AT(http_file_soap, body_namespace),
        "namespace of the operation's element"),
    KEY("header", TYPED_FREE, false, AT(http_file_soap, header), "what stands in the envelope's header"),
};
static const struct yaml_object soap_object = {"soap", soap_keys, COUNT(soap_keys), sizeof(struct http_file_soap),
                                               false};

static const struct yaml_key error_keys[] = {
    KEY("when", TYPED_TEXT, true, AT(http_file_error, when), "a condition over status, headers and $"),
    KEY("retry", TYPED_TEXT, false, AT(http_file_error, retry), "deliver again after this span"),
    KEY("reject", TYPED_TEXT, false, AT(http_file_error, reject), "never: the reason's name, as ADDRESS_UNKNOWN"),
    KEY("accept", TYPED_BOOL, false, AT(http_file_error, accept), "true: it counts as success after all"),
};
static const struct yaml_object error_object = {"rule for errors", error_keys, COUNT(error_keys),
                                                sizeof(struct http_file_error), false};

static const struct yaml_key far_side_keys[] = {
    KEY("url", TYPED_TEXT, true, AT(http_file_far_side, url), "where the far side's interface begins"),
    PART("auth", TYPED_OBJECT, AT(http_file_far_side, auth), &auth_object, "how we show who we are"),
    LIMITED("timeout", TYPED_SPAN, AT(http_file_far_side, timeout), TIME_NS_PER_MS, HTTP_TIMEOUT_MAX_MS *TIME_NS_PER_MS,
            "how long a call may take"),
    LIMITED("in-flight", TYPED_COUNT, AT(http_file_far_side, in_flight), 1, HTTP_IN_FLIGHT_MAX, "calls at one time"),
    WORD("format", false, AT(http_file_far_side, format), http_file_formats, "json or soap"),
    KEY("envelope", TYPED_FREE, false, AT(http_file_far_side, envelope), "what stands around every request"),
    KEY("headers", TYPED_FREE, false, AT(http_file_far_side, headers), "HTTP headers of every call"),
    PART("soap", TYPED_OBJECT, AT(http_file_far_side, soap), &soap_object, "namespaces and header of the envelope"),
    KEY("success", TYPED_TEXT, false, AT(http_file_far_side, success), "when a call counts as done; else status 2xx"),
    PART("errors", TYPED_OBJECTS, AT(http_file_far_side, errors), &error_object, "error rules of every call"),
};
static const struct yaml_object far_side_object = {"far side", far_side_keys, COUNT(far_side_keys),
                                                   sizeof(struct http_file_far_side), false};

static const struct yaml_key call_keys[] = {
    KEY("name", TYPED_ID, false, AT(http_file_call, name), "for answers.NAME in later calls"),
    WORD("method", false, AT(http_file_call, method), http_file_methods, "POST unless given"),
    KEY("path", TYPED_TEXT, false, AT(http_file_call, path),
        "below the far side's url; {expression} inside; / unless given"),
    KEY("headers", TYPED_FREE, false, AT(http_file_call, headers), "HTTP headers of this call"),
    KEY("service", TYPED_TEXT, false, AT(http_file_call, service), "the service's or operation's name"),
    KEY("soap-action", TYPED_TEXT, false, AT(http_file_call, soap_action), "header SOAPAction"),
    KEY("when", TYPED_TEXT, false, AT(http_file_call, when), "the call is made only if this holds"),
    KEY("request", TYPED_FREE, false, AT(http_file_call, request), "the body"),
    KEY("success", TYPED_TEXT, false, AT(http_file_call, success), "when it counts as done"),
    PART("errors", TYPED_OBJECTS, AT(http_file_call, errors), &error_object, "what its errors mean"),
};
static const struct yaml_object call_object = {"call", call_keys, COUNT(call_keys), sizeof(struct http_file_call),
                                               false};

static const struct yaml_key serve_keys[] = {
    KEY("type", TYPED_TYPES, true, AT(http_file_serve, type), "message type or types"),
    PART("call", TYPED_OBJECT, AT(http_file_serve, call), &call_object, "the one call it needs"),
    PART("calls", TYPED_OBJECTS, AT(http_file_serve, calls), &call_object, "several calls, in order"),
    KEY("request", TYPED_FREE, false, AT(http_file_serve, request), "the body of `call`"),
    KEY("success", TYPED_TEXT, false, AT(http_file_serve, success), "when `call` counts as done"),
    KEY("reply", TYPED_FREE, false, AT(http_file_serve, reply), "the answer to a request"),
    PART("errors", TYPED_OBJECTS, AT(http_file_serve, errors), &error_object, "error rules of all its calls"),
};
static const struct yaml_object serve_object = {"message served", serve_keys, COUNT(serve_keys),
                                                sizeof(struct http_file_serve), false};

static const struct yaml_key accept_keys[] = {
    KEY("path", TYPED_TEXT, true, AT(http_file_accept, path), "path of the request to us"),
    WORD("method", false, AT(http_file_accept, method), http_file_methods, "POST unless given"),
    KEY("type", TYPED_TYPE, true, AT(http_file_accept, type), "message type that is published or asked"),
    WORD("format", false, AT(http_file_accept, format), http_file_formats, "json or soap"),
    KEY("operation", TYPED_TEXT, false, AT(http_file_accept, operation), "SOAP: element of the answer"),
    KEY("when", TYPED_TEXT, false, AT(http_file_accept, when),
        "several entries may share a path: the first that holds"),
    KEY("message", TYPED_FREE, true, AT(http_file_accept, message), "header fields and body of the message"),
    KEY("accepted", TYPED_FREE, false, AT(http_file_accept, accepted), "the answer when the bus has taken it"),
    KEY("reply", TYPED_FREE, false, AT(http_file_accept, reply), "the answer to a request"),
    LIMITED("within", TYPED_SPAN, AT(http_file_accept, within), TIME_NS_PER_MS, HTTP_TIMEOUT_MAX_MS *TIME_NS_PER_MS,
            "how long the caller waits"),
};
static const struct yaml_object accept_object = {"request taken", accept_keys, COUNT(accept_keys),
                                                 sizeof(struct http_file_accept), false};

static const struct yaml_key file_keys[] = {
    KEY("adapter", TYPED_ID, true, AT(http_file, adapter), "id of the system"),
    WORD("connector", true, AT(http_file, connector), connectors, "http"),
    KEY("title", TYPED_TEXT, true, AT(http_file, title), "Vietnamese title"),
    KEY("listen", TYPED_TEXT, false, AT(http_file, listen), "127.0.0.1:PORT; 0: the system chooses"),
    KEY("settings", TYPED_FREE, false, AT(http_file, settings), "constants of the installation: setting.NAME"),
    PART("far-side", TYPED_OBJECT, AT(http_file, far_side), &far_side_object, "the system behind this adapter"),
    PART("accepts", TYPED_OBJECTS, AT(http_file, accepts), &accept_object, "what the far side sends us"),
    PART("serves", TYPED_OBJECTS, AT(http_file, serves), &serve_object, "what the bus delivers to us"),
    KEY("tables", TYPED_FREE, false, AT(http_file, tables), "code tables"),
    KEY("shared", TYPED_FREE, false, AT(http_file, shared), "mappings for {use: NAME}"),
};
const struct yaml_object http_file_object = {"connector file", file_keys, COUNT(file_keys), sizeof(struct http_file),
                                             false};
