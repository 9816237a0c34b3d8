/* http_accepting.h - inbound: requests to us become messages or questions on the bus; their callers wait for its word.
 * An answer "accepted" means what the bus means by it: durable and routed. Nothing is queued here.
 * In the flow: http_server -> this -> truc_publish / truc_ask -> completion -> http_server_answer. */
#ifndef TRUC_HTTP_ACCEPTING_H
#define TRUC_HTTP_ACCEPTING_H

#include "connector_log.h"
#include "http_server.h"

enum { HTTP_WAITING_MAX = 1024 }; /* requests whose outcome the bus owes us; beyond it the caller gets 503 */

struct http_accepting;

/* @adapter and @bus outlive the result. */
int http_accepting_open(const struct http_adapter *adapter, truc_adapter *bus, const struct connector_log *log,
                        struct http_accepting **ret_accepting, struct truc_fault *fault);
/* After truc_adapter_close, which completes what is pending. NULL is fine. */
void http_accepting_close(struct http_accepting *accepting);
/* The server's handler; @context is the struct http_accepting. */
void http_accepting_handle(void *context, struct http_exchange *exchange, const struct http_incoming *incoming);
/* Answers 503 to those whose time is over; the message may still be taken, and a repeat is the same message. */
void http_accepting_expire(struct http_accepting *accepting, uint64_t now_ms);
int http_accepting_timeout_ms(const struct http_accepting *accepting, uint64_t now_ms); /* -1: nothing waits */
void http_accepting_set_now(struct http_accepting *accepting, uint64_t now_ms);         /* before the server's step */

#endif
