/* http_adapter.h - what an HTTP adapter file says, compiled: the listening side, the far side, every accepts: and serves:.
 * Data only: no socket, no bus. Immutable after loading.
 * In the flow: adapter.yaml -> connector_adapter_load -> the connector, --check, --cases. See docs/connector-http.md. */
#ifndef TRUC_HTTP_ADAPTER_H
#define TRUC_HTTP_ADAPTER_H

#include "connector_message.h"
#include "connector_pattern.h"
#include "connector_settlement.h"
#include "document.h"

enum {
    HTTP_ACCEPTS_MAX = 64,
    HTTP_SERVES_MAX = 64,
    HTTP_CALLS_MAX = 8,    /* of one serves: */
    HTTP_HEADERS_MAX = 16, /* of one call */
    HTTP_NAMESPACES_MAX = 16,
    HTTP_BODY_BYTES_MAX = 2 * 1024 * 1024, /* of a request to us */
    HTTP_TIMEOUT_DEFAULT_MS = 20000,
    HTTP_TIMEOUT_MAX_MS = 300000,
    HTTP_IN_FLIGHT_DEFAULT = 16, /* calls to the far side at one time */
    HTTP_IN_FLIGHT_MAX = 256,
};

/* The roots of the mappings, by index; see docs/connector-http.md, "What a path begins with". */
enum http_serve_root {
    HTTP_SERVE_BODY,
    HTTP_SERVE_HEADER,
    HTTP_SERVE_SETTING,
    HTTP_SERVE_ANSWERS,
    HTTP_SERVE_ANSWER,
    HTTP_SERVE_STATUS,
    HTTP_SERVE_HEADERS
};
enum http_envelope_root { HTTP_ENVELOPE_REQUEST, HTTP_ENVELOPE_HEADER, HTTP_ENVELOPE_SETTING, HTTP_ENVELOPE_CALL };
enum http_accept_root {
    HTTP_ACCEPT_REQUEST,
    HTTP_ACCEPT_HEADERS,
    HTTP_ACCEPT_QUERY,
    HTTP_ACCEPT_SETTING,
    HTTP_ACCEPT_MESSAGE,
    HTTP_ACCEPT_BODY
};

struct http_header_line {
    const char *name;
    const struct mapping_expression *value;
};

struct http_call {
    const char *name; /* answers.NAME in what follows */
    const char *method;
    struct connector_pattern path; /* without pieces: / */
    struct http_header_line headers[HTTP_HEADERS_MAX];
    size_t header_count;
    const char *service;                      /* for the envelope: call.service; SOAP: the operation's element */
    const char *soap_action;                  /* header SOAPAction */
    const struct mapping_expression *when;    /* NULL: always */
    const struct mapping_template *request;   /* NULL: no body */
    const struct mapping_expression *success; /* NULL: status 2xx */
    struct connector_rule errors[CONNECTOR_RULES_MAX];
    size_t error_count;
};

struct http_serve {
    const struct schema_message *message;
    struct http_call calls[HTTP_CALLS_MAX];
    size_t call_count;
    const struct mapping_template *reply; /* of a request's type, else NULL */
    struct mapping_place place;
};

struct http_accept {
    const char *method, *path;
    enum document_format format;
    const char *operation;                   /* SOAP: the element of the answer */
    struct connector_form form;              /* the message it becomes */
    const struct mapping_expression *when;   /* several entries may share a path; NULL: any */
    const struct mapping_template *accepted; /* the answer to an accepted event; NULL: {"error_code": "0", "id": …} */
    const struct mapping_template *reply;    /* the answer to a request */
    uint32_t within_ms;                      /* how long the caller waits */
    struct mapping_place place;
};

enum http_auth { HTTP_AUTH_NONE, HTTP_AUTH_BEARER, HTTP_AUTH_BASIC, HTTP_AUTH_HEADER };

struct http_namespace {
    const char *prefix, *uri;
};

struct http_far_side {
    const char *url; /* without a slash at its end; "" when the adapter calls nobody */
    enum http_auth auth;
    const char *auth_name;   /* user of BASIC, header of HEADER */
    const char *auth_secret; /* read from its file at load */
    uint32_t timeout_ms;
    uint32_t in_flight;
    enum document_format format;
    const struct mapping_template *envelope; /* around every request; NULL: the request alone */
    struct http_header_line headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct http_namespace namespaces[HTTP_NAMESPACES_MAX];
    size_t namespace_count;
    const char *body_namespace;                 /* of the SOAP operation and its children */
    const struct mapping_template *soap_header; /* NULL: none */
};

struct http_adapter {
    struct connector_adapter common;
    const char *listen_address; /* 127.0.0.1 */
    uint16_t listen_port;       /* 0: the system chooses */
    struct http_far_side far_side;
    struct http_accept *accepts[HTTP_ACCEPTS_MAX];
    size_t accept_count;
    struct http_serve *serves[HTTP_SERVES_MAX];
    size_t serve_count;
};

extern const struct connector_format http_format;

/* The HTTP adapter around @adapter, which http_format loaded. */
static inline const struct http_adapter *http_adapter_of(const struct connector_adapter *adapter)
{
    return (const struct http_adapter *)adapter;
}

const struct http_serve *http_adapter_find_serve(const struct http_adapter *adapter, const char *type);

#endif
