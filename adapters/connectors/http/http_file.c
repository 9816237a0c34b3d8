/* http_file.c - see http_file.h: one table per kind of object, with the line that explains each key.
 * No code: reading them is yaml_typed_read's work.
 * In the flow: read by the loader, and by editors' help. */
#include "http_file.h"

#include "http_adapter.h"
#include "time_text.h"

const char *const http_file_methods[] = {"POST", "GET", "PUT", "PATCH", "DELETE", NULL};
const char *const http_file_formats[] = {"json", "soap", NULL};
static const char *const names[] = {"http", NULL};

static const struct yaml_key secret_keys[] = {
    CONNECTOR_KEY("file", TYPED_TEXT, true, CONNECTOR_AT(http_file_secret, file),
                  "file with the secret, relative to this one"),
    CONNECTOR_KEY("user", TYPED_TEXT, false, CONNECTOR_AT(http_file_secret, user), "user name (basic)"),
    CONNECTOR_KEY("name", TYPED_TEXT, false, CONNECTOR_AT(http_file_secret, name), "name of the header (header)"),
};
static const struct yaml_object secret_object = {"credential", secret_keys, CONNECTOR_COUNT(secret_keys),
                                                 sizeof(struct http_file_secret), false};

static const struct yaml_key auth_keys[] = {
    CONNECTOR_PART("bearer", TYPED_OBJECT, CONNECTOR_AT(http_file_auth, bearer), &secret_object,
                   "Authorization: Bearer, from a file"),
    CONNECTOR_PART("basic", TYPED_OBJECT, CONNECTOR_AT(http_file_auth, basic), &secret_object, "user and password"),
    CONNECTOR_PART("header", TYPED_OBJECT, CONNECTOR_AT(http_file_auth, header), &secret_object,
                   "a header of the far side's own"),
};
static const struct yaml_object auth_object = {"credential", auth_keys, CONNECTOR_COUNT(auth_keys),
                                               sizeof(struct http_file_auth), false};

static const struct yaml_key soap_keys[] = {
    CONNECTOR_KEY("namespaces", TYPED_FREE, false, CONNECTOR_AT(http_file_soap, namespaces),
                  "prefix: namespace, for the envelope"),
    CONNECTOR_KEY("body-namespace", TYPED_TEXT, false, CONNECTOR_AT(http_file_soap, body_namespace),
                  "namespace of the operation's element"),
    CONNECTOR_KEY("header", TYPED_FREE, false, CONNECTOR_AT(http_file_soap, header),
                  "what stands in the envelope's header"),
};
static const struct yaml_object soap_object = {"soap", soap_keys, CONNECTOR_COUNT(soap_keys),
                                               sizeof(struct http_file_soap), false};

static const struct yaml_key far_side_keys[] = {
    CONNECTOR_KEY("url", TYPED_TEXT, true, CONNECTOR_AT(http_file_far_side, url),
                  "where the far side's interface begins"),
    CONNECTOR_PART("auth", TYPED_OBJECT, CONNECTOR_AT(http_file_far_side, auth), &auth_object,
                   "how we show who we are"),
    CONNECTOR_LIMITED("timeout", TYPED_SPAN, CONNECTOR_AT(http_file_far_side, timeout), TIME_NS_PER_MS,
                      HTTP_TIMEOUT_MAX_MS *TIME_NS_PER_MS, "how long a call may take"),
    CONNECTOR_LIMITED("in-flight", TYPED_COUNT, CONNECTOR_AT(http_file_far_side, in_flight), 1, HTTP_IN_FLIGHT_MAX,
                      "calls at one time"),
    CONNECTOR_WORD("format", false, CONNECTOR_AT(http_file_far_side, format), http_file_formats, "json or soap"),
    CONNECTOR_KEY("envelope", TYPED_FREE, false, CONNECTOR_AT(http_file_far_side, envelope),
                  "what stands around every request"),
    CONNECTOR_KEY("headers", TYPED_FREE, false, CONNECTOR_AT(http_file_far_side, headers),
                  "HTTP headers of every call"),
    CONNECTOR_PART("soap", TYPED_OBJECT, CONNECTOR_AT(http_file_far_side, soap), &soap_object,
                   "namespaces and header of the envelope"),
    CONNECTOR_KEY("success", TYPED_TEXT, false, CONNECTOR_AT(http_file_far_side, success),
                  "when a call counts as done; else status 2xx"),
    CONNECTOR_PART("errors", TYPED_OBJECTS, CONNECTOR_AT(http_file_far_side, errors), &connector_file_rule_object,
                   "error rules of every call"),
};
static const struct yaml_object far_side_object = {"far side", far_side_keys, CONNECTOR_COUNT(far_side_keys),
                                                   sizeof(struct http_file_far_side), false};

static const struct yaml_key call_keys[] = {
    CONNECTOR_KEY("name", TYPED_ID, false, CONNECTOR_AT(http_file_call, name), "for answers.NAME in later calls"),
    CONNECTOR_WORD("method", false, CONNECTOR_AT(http_file_call, method), http_file_methods, "POST unless given"),
    CONNECTOR_KEY("path", TYPED_TEXT, false, CONNECTOR_AT(http_file_call, path),
                  "below the far side's url; {expression} inside; / unless given"),
    CONNECTOR_KEY("headers", TYPED_FREE, false, CONNECTOR_AT(http_file_call, headers), "HTTP headers of this call"),
    CONNECTOR_KEY("service", TYPED_TEXT, false, CONNECTOR_AT(http_file_call, service),
                  "the service's or operation's name"),
    CONNECTOR_KEY("soap-action", TYPED_TEXT, false, CONNECTOR_AT(http_file_call, soap_action), "header SOAPAction"),
    CONNECTOR_KEY("when", TYPED_TEXT, false, CONNECTOR_AT(http_file_call, when), "the call is made only if this holds"),
    CONNECTOR_KEY("request", TYPED_FREE, false, CONNECTOR_AT(http_file_call, request), "the body"),
    CONNECTOR_KEY("success", TYPED_TEXT, false, CONNECTOR_AT(http_file_call, success), "when it counts as done"),
    CONNECTOR_PART("errors", TYPED_OBJECTS, CONNECTOR_AT(http_file_call, errors), &connector_file_rule_object,
                   "what its errors mean"),
};
static const struct yaml_object call_object = {"call", call_keys, CONNECTOR_COUNT(call_keys),
                                               sizeof(struct http_file_call), false};

static const struct yaml_key serve_keys[] = {
    CONNECTOR_KEY("type", TYPED_TYPES, true, CONNECTOR_AT(http_file_serve, type), "message type or types"),
    CONNECTOR_PART("call", TYPED_OBJECT, CONNECTOR_AT(http_file_serve, call), &call_object, "the one call it needs"),
    CONNECTOR_PART("calls", TYPED_OBJECTS, CONNECTOR_AT(http_file_serve, calls), &call_object,
                   "several calls, in order"),
    CONNECTOR_KEY("request", TYPED_FREE, false, CONNECTOR_AT(http_file_serve, request), "the body of `call`"),
    CONNECTOR_KEY("success", TYPED_TEXT, false, CONNECTOR_AT(http_file_serve, success), "when `call` counts as done"),
    CONNECTOR_KEY("reply", TYPED_FREE, false, CONNECTOR_AT(http_file_serve, reply), "the answer to a request"),
    CONNECTOR_PART("errors", TYPED_OBJECTS, CONNECTOR_AT(http_file_serve, errors), &connector_file_rule_object,
                   "error rules of all its calls"),
};
static const struct yaml_object serve_object = {"message served", serve_keys, CONNECTOR_COUNT(serve_keys),
                                                sizeof(struct http_file_serve), false};

static const struct yaml_key accept_keys[] = {
    CONNECTOR_KEY("path", TYPED_TEXT, true, CONNECTOR_AT(http_file_accept, path), "path of the request to us"),
    CONNECTOR_WORD("method", false, CONNECTOR_AT(http_file_accept, method), http_file_methods, "POST unless given"),
    CONNECTOR_KEY("type", TYPED_TYPE, true, CONNECTOR_AT(http_file_accept, type),
                  "message type that is published or asked"),
    CONNECTOR_WORD("format", false, CONNECTOR_AT(http_file_accept, format), http_file_formats, "json or soap"),
    CONNECTOR_KEY("operation", TYPED_TEXT, false, CONNECTOR_AT(http_file_accept, operation),
                  "SOAP: element of the answer"),
    CONNECTOR_KEY("when", TYPED_TEXT, false, CONNECTOR_AT(http_file_accept, when),
                  "several entries may share a path: the first that holds"),
    CONNECTOR_KEY("message", TYPED_FREE, true, CONNECTOR_AT(http_file_accept, message),
                  "header fields and body of the message"),
    CONNECTOR_KEY("accepted", TYPED_FREE, false, CONNECTOR_AT(http_file_accept, accepted),
                  "the answer when the bus has taken it"),
    CONNECTOR_KEY("reply", TYPED_FREE, false, CONNECTOR_AT(http_file_accept, reply), "the answer to a request"),
    CONNECTOR_LIMITED("within", TYPED_SPAN, CONNECTOR_AT(http_file_accept, within), TIME_NS_PER_MS,
                      HTTP_TIMEOUT_MAX_MS *TIME_NS_PER_MS, "how long the caller waits"),
};
static const struct yaml_object accept_object = {"request taken", accept_keys, CONNECTOR_COUNT(accept_keys),
                                                 sizeof(struct http_file_accept), false};

static const struct yaml_key file_keys[] = {
    CONNECTOR_FILE_KEYS(names),
    CONNECTOR_KEY("listen", TYPED_TEXT, false, CONNECTOR_AT(http_file, listen),
                  "127.0.0.1:PORT; 0: the system chooses"),
    CONNECTOR_PART("far-side", TYPED_OBJECT, CONNECTOR_AT(http_file, far_side), &far_side_object,
                   "the system behind this adapter"),
    CONNECTOR_PART("accepts", TYPED_OBJECTS, CONNECTOR_AT(http_file, accepts), &accept_object,
                   "what the far side sends us"),
    CONNECTOR_PART("serves", TYPED_OBJECTS, CONNECTOR_AT(http_file, serves), &serve_object,
                   "what the bus delivers to us"),
};
const struct yaml_object http_file_object = {"connector file", file_keys, CONNECTOR_COUNT(file_keys),
                                             sizeof(struct http_file), false};
