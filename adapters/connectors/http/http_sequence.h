/* http_sequence.h - one delivered message on its way through the far side's calls: what to send next, what the end is.
 * A state machine without sockets, bus or clock, so that golden cases run it from files.
 * In the flow: delivered message -> next -> (HTTP) -> answer -> next -> … -> settlement. */
#ifndef TRUC_HTTP_SEQUENCE_H
#define TRUC_HTTP_SEQUENCE_H

#include "http_adapter.h"

/* One HTTP request to the far side. */
struct http_request {
    const char *method;
    struct buffer url; /* whole */
    json_t *headers;   /* name: text */
    struct buffer body;
    bool has_body;
};
void http_request_free(struct http_request *request);

/* What came back. status 0: no answer (connection refused, timeout, cut off), `text` says why. */
struct http_response {
    unsigned status;
    json_t *headers; /* names in small letters; borrowed by http_sequence_answer */
    struct bytes body;
    const char *text;
};

struct http_sequence;

/* @header: the members of connector_header_record; the sequence takes a reference of its own. TRUC_E_PAYLOAD when the
 * payload does not fit its schema; TRUC_E_MEMORY. */
int http_sequence_begin(const struct http_adapter *adapter, const struct http_serve *serve, json_t *header,
                        struct bytes payload, struct http_sequence **ret_sequence, struct truc_fault *fault);
void http_sequence_free(struct http_sequence *sequence); /* NULL is fine */

/* 1: ret_request is the next call to make (the caller frees it). 0: the end; ret_settlement says which (its payload
 * is the caller's to free). Never fails: what goes wrong is a settlement. */
int http_sequence_next(struct http_sequence *sequence, struct http_request *ret_request,
                       struct connector_settlement *ret_settlement);
/* The answer to the call that http_sequence_next gave last. */
void http_sequence_answer(struct http_sequence *sequence, const struct http_response *response);

#endif
