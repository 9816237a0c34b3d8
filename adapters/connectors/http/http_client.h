/* http_client.h - calls to the far side: a libcurl multi handle with a bound on what is in flight.
 * Keeps connections alive, follows no redirect, uses no proxy of the environment, speaks http and https only.
 * In the flow: http_serving.c hands it requests; http_connector.c polls it together with the bus and the listening side. */
#ifndef TRUC_HTTP_CLIENT_H
#define TRUC_HTTP_CLIENT_H

#include <poll.h>

#include "http_sequence.h"

enum { HTTP_CONNECT_TIMEOUT_MS = 5000, HTTP_ANSWER_HEADERS_MAX = 100, HTTP_ANSWER_HEADER_BYTES_MAX = 64 * 1024 };

struct http_client;

/* Called once per request from http_client_step. The response lives during the call. */
typedef void http_client_done(void *context, const struct http_response *response);

int http_client_open(uint32_t in_flight_max, struct http_client **ret_client, struct truc_fault *fault);
void http_client_close(struct http_client *client); /* pending requests end with status 0; NULL is fine */
/* Queues the request; takes its parts over in every case. TRUC_E_MEMORY, TRUC_E_INTERNAL. */
int http_client_send(struct http_client *client, struct http_request *request, uint32_t timeout_ms,
                     http_client_done *done, void *context, struct truc_fault *fault);
size_t http_client_pending(const struct http_client *client); /* queued or in flight */
/* Waits for the client's sockets and @fds (their revents are filled) for at most @timeout_ms. */
int http_client_poll(struct http_client *client, struct pollfd *fds, unsigned fd_count, int timeout_ms,
                     struct truc_fault *fault);
int http_client_step(struct http_client *client, struct truc_fault *fault);

#endif
