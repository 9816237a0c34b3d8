/* http_serving.h - outbound: delivered messages become calls to the far side, and are settled by its answers.
 * An outage is a retry, never an answer. Nothing is kept here across a restart: the bus delivers again.
 * In the flow: truc_serve handler -> http_sequence -> http_client -> truc_done / retry / reject / reply. */
#ifndef TRUC_HTTP_SERVING_H
#define TRUC_HTTP_SERVING_H

#include <truc/truc.h>

#include "http_client.h"
#include "connector_log.h"

struct http_serving;

/* Registers a handler for every serves: entry. All arguments outlive the result. */
int http_serving_open(const struct http_adapter *adapter, truc_adapter *bus, struct http_client *client,
                      const struct connector_log *log, struct http_serving **ret_serving, struct truc_fault *fault);
void http_serving_close(struct http_serving *serving); /* after the client is closed; NULL is fine */

#endif
