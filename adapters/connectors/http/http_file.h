/* http_file.h - the keys of an adapter file, as tables of the typed YAML layer.
 * Says which keys there are and of what kind; what expressions mean is the loader's work.
 * In the flow: YAML nodes -> these structs (with places) -> http_adapter_load. */
#ifndef TRUC_HTTP_FILE_H
#define TRUC_HTTP_FILE_H

#include "connector_file.h"

struct http_file_secret {
    const struct yaml_node *node;
    struct typed_value user, name, file;
};

struct http_file_auth {
    const struct yaml_node *node;
    struct typed_value bearer, basic, header;
};

struct http_file_soap {
    const struct yaml_node *node;
    struct typed_value namespaces, body_namespace, header;
};

struct http_file_far_side {
    const struct yaml_node *node;
    struct typed_value url, auth, timeout, in_flight, format, envelope, headers, soap, success, errors;
};

struct http_file_call {
    const struct yaml_node *node;
    struct typed_value name, method, path, headers, service, soap_action, when, request, success, errors;
};

struct http_file_serve {
    const struct yaml_node *node;
    struct typed_value type, call, calls, request, success, reply, errors;
};

struct http_file_accept {
    const struct yaml_node *node;
    struct typed_value path, method, type, format, operation, when, message, accepted, reply, within;
};

struct http_file {
    struct connector_file common;
    struct typed_value listen, far_side, accepts, serves;
};

extern const struct yaml_object http_file_object;

/* Words in their order. */
extern const char *const http_file_methods[]; /* POST GET PUT PATCH DELETE */
extern const char *const http_file_formats[]; /* as enum document_format */

#endif
