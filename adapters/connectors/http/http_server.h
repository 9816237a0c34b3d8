/* http_server.h - the listening side: libmicrohttpd, driven by our loop, with answers that may wait for the bus.
 * Knows no path and no message: it hands each whole request on and sends what it is told.
 * In the flow: far side's client -> this -> http_accepting.c -> (later) http_server_answer. */
#ifndef TRUC_HTTP_SERVER_H
#define TRUC_HTTP_SERVER_H

#include "http_translate.h"

enum {
    HTTP_CONNECTIONS_MAX = 256,
    HTTP_IDLE_TIMEOUT_S = 30, /* a half-open or silent connection is cut */
    HTTP_REQUEST_HEADERS_MAX = 100,
    HTTP_CONNECTION_MEMORY_BYTES = 64 * 1024, /* a connection's headers */
};

struct http_server;
struct http_exchange; /* one request until its answer is sent */

/* A whole request. The answer is given now or later with http_server_answer, exactly once; @exchange lives until
 * then. */
typedef void http_server_handler(void *context, struct http_exchange *exchange, const struct http_incoming *incoming);

/* The same with the headers alone, before the body is read: who answers here has refused the request, and its body is not read. */
void http_server_on_head(struct http_server *server, http_server_handler *on_head);

/* Listens on @address:@port (0: the system chooses). TRUC_E_IO. */
int http_server_open(const char *address, uint16_t port, http_server_handler *handler, void *context,
                     struct http_server **ret_server, struct truc_fault *fault);
/* Closes all connections; exchanges not yet answered are gone. NULL is fine. */
void http_server_close(struct http_server *server);
void http_server_quiesce(struct http_server *server); /* takes no new connections */
uint16_t http_server_port(const struct http_server *server);
int http_server_fd(const struct http_server *server);         /* readable: call http_server_step */
int http_server_timeout_ms(const struct http_server *server); /* at the latest after this; -1: no need */
int http_server_step(struct http_server *server, struct truc_fault *fault);
size_t http_server_pending(const struct http_server *server); /* requests not yet answered */

/* Takes the answer's body over. */
void http_server_answer(struct http_exchange *exchange, struct http_answer *answer);

#endif
