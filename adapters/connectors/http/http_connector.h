/* http_connector.h - the connector as a whole: one thread that polls the bus, the listening side and the far side.
 * Wiring only; the program around it opens files and handles signals.
 * In the flow: http_main.c and the tests -> this. */
#ifndef TRUC_HTTP_CONNECTOR_H
#define TRUC_HTTP_CONNECTOR_H

#include "connector.h"
#include "http_accepting.h"
#include "http_serving.h"

struct http_connector;

/* Listens (if the adapter accepts anything) and serves on @bus. All arguments outlive the result. */
int http_connector_open(const struct http_adapter *adapter, truc_adapter *bus, const struct connector_log *log,
                        struct http_connector **ret_connector, struct truc_fault *fault);
uint16_t http_connector_port(const struct http_connector *connector); /* 0: it does not listen */
/* Waits for something to do, at most CONNECTOR_STEP_MAX_MS, and does it. @extra_fd (or -1) also ends the wait. An error
 * ends the connector. */
int http_connector_step(struct http_connector *connector, int extra_fd, struct truc_fault *fault);
/* No new connections and deliveries from now on; what is under way ends. */
void http_connector_drain(struct http_connector *connector);
bool http_connector_is_drained(const struct http_connector *connector);
/* Closes @bus too: what is pending ends in an order in which everybody still gets an answer. NULL is fine. */
void http_connector_close(struct http_connector *connector);

extern const struct connector_engine http_engine;

#endif
