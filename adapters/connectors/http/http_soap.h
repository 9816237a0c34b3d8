/* http_soap.h - a SOAP 1.1 envelope written from a tree.
 * Reading one is document.h's.
 * In the flow: calls of format soap, and our own SOAP answers. */
#ifndef TRUC_HTTP_SOAP_H
#define TRUC_HTTP_SOAP_H

#include "http_adapter.h"

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
