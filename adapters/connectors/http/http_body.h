/* http_body.h - HTTP bodies as JSON trees and back: JSON, and SOAP 1.1 envelopes.
 * Knows no mapping and no message. XML is UTF-8 and read without network, entities or DTDs; namespaces are dropped.
 * In the flow: bytes from HTTP -> tree -> mapping; mapping -> tree -> bytes for HTTP. */
#ifndef TRUC_HTTP_BODY_H
#define TRUC_HTTP_BODY_H

#include "http_adapter.h"
#include "http_body_bounds.h"

/* TRUC_E_PAYLOAD: what is wrong and where ("line 3, column 7"). An empty body is JSON null. */
int http_body_read(enum http_format format, struct bytes body, json_t **ret_tree, struct truc_fault *fault);
int http_body_write_json(const json_t *tree, struct buffer *out, struct truc_fault *fault);

/* What a SOAP envelope is made of. A tree's members become elements in their order; "@name" is an attribute, a list
 * repeats its element, a text or number is the element's content. */
struct http_soap {
    const struct http_namespace *namespaces; /* declared on the envelope */
    size_t namespace_count;
    const json_t *header;       /* NULL: none */
    const char *operation;      /* the body's one element */
    const char *body_namespace; /* NULL: none */
    const json_t *body;
};
/* Appends. TRUC_E_PAYLOAD when a member's name can't be an element's, or a text holds what XML can't. */
int http_soap_write(const struct http_soap *soap, struct buffer *out, struct truc_fault *fault);

#endif
