/* http_request.h - building one HTTP request to the far side from its mapping: URL, headers, envelope, body.
 * Sends nothing.
 * In the flow: http_sequence_next -> this -> http_client_send. */
#ifndef TRUC_HTTP_REQUEST_H
#define TRUC_HTTP_REQUEST_H

#include "http_sequence.h"

/* @values: the roots of enum http_serve_root. TRUC_E_PAYLOAD, TRUC_E_LIMIT, TRUC_E_MEMORY; then ret_request is
 * empty. */
int http_request_make(const struct http_adapter *adapter, const struct http_call *call,
                      const struct mapping_values *values, struct http_request *ret_request, struct truc_fault *fault);

#endif
