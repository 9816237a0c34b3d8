/* http_translate.h - an HTTP request to us becomes a message for the bus, and the bus's word becomes an HTTP answer.
 * Pure: no socket, no bus, no clock. Secret documents stop here: their content is neither mapped nor named.
 * In the flow: http_accepting.c and golden cases -> this. */
#ifndef TRUC_HTTP_TRANSLATE_H
#define TRUC_HTTP_TRANSLATE_H

#include "http_adapter.h"

enum { HTTP_BUSY_RETRY_S = 5 };

/* A request as it came in. */
struct http_incoming {
    const char *method, *path;
    json_t *headers; /* names in small letters */
    json_t *query;
    struct bytes body;
    bool too_large; /* the body had more than HTTP_BODY_BYTES_MAX, and is not here */
};

/* The message made of it. */
struct http_translated {
    const struct http_accept *accept;
    json_t *request; /* the body as a tree */
    struct connector_message message;
};
void http_translated_free(struct http_translated *translated);

/* An HTTP answer. */
struct http_answer {
    unsigned status;
    const char *content_type;
    const char *challenge;  /* WWW-Authenticate; NULL: no such header */
    uint32_t retry_after_s; /* 0: no such header */
    struct buffer body;
};

/* Errors: NOT_FOUND (no such path: 404, or 405 when only the method differs: STATE), PAYLOAD with malformed set when
 * the body can't be read at all (400) or when a field is wrong (422, where names it), SECRET, MEMORY. On error
 * *ret_translated holds what is known (the accept entry) and is still to be freed. */
int http_translate(const struct http_adapter *adapter, const struct http_incoming *incoming,
                   struct http_translated *ret_translated, bool *ret_malformed, struct truc_fault *fault);

/* The bus took it (202), the question was answered (200); TRUC_E_… when the mapping of the answer fails. */
int http_answer_accepted(const struct http_adapter *adapter, const struct http_incoming *incoming,
                         const struct http_translated *translated, uint64_t sequence, struct http_answer *ret_answer,
                         struct truc_fault *fault);
int http_answer_reply(const struct http_adapter *adapter, const struct http_incoming *incoming,
                      const struct http_translated *translated, struct bytes payload, struct http_answer *ret_answer,
                      struct truc_fault *fault);
/* {"error_code", "message", "where"}, or a SOAP fault. @reason: the provider's own name for it, "" for none. Never
 * fails but by an empty body. */
void http_answer_fault(enum document_format format, int code, bool malformed, const char *reason, const char *text,
                       const char *where, struct http_answer *ret_answer);
/* The HTTP status of a named outcome. */
unsigned http_status_of(int code, bool malformed);

#endif
