/* document.h - what a far side sends, as JSON trees: JSON, XML and SOAP 1.1 envelopes; and trees as JSON.
 * Knows no mapping and no message. XML is UTF-8 and read without network, entities or DTDs; namespaces are dropped.
 * In the flow: bytes of a far side -> tree -> mapping; mapping -> tree -> bytes. */
#ifndef TRUC_DOCUMENT_H
#define TRUC_DOCUMENT_H

#include <jansson.h>

#include "buffer.h"
#include "document_bounds.h"
#include <truc/error.h>

enum { DOCUMENT_BYTES_MAX = 8 * 1024 * 1024 };

/* XML is {root element: content}; SOAP the content of the body's first element, or {"Fault": …}. */
enum document_format { DOCUMENT_FORMAT_JSON, DOCUMENT_FORMAT_SOAP, DOCUMENT_FORMAT_XML };

/* TRUC_E_PAYLOAD: what is wrong and where ("line 3, column 7"). An empty body is JSON null. */
int document_read(enum document_format format, struct bytes body, json_t **ret_tree, struct truc_fault *fault);
int document_write_json(const json_t *tree, struct buffer *out, struct truc_fault *fault);

#endif
