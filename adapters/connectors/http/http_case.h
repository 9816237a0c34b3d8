/* http_case.h - golden cases of an HTTP adapter: an HTTP request comes in, or a message goes out by calls.
 * Runs the real translation and the real call sequences, without network and bus.
 * In the flow: connector_cases_run -> this. Format: docs/connector-http.md, "Cases". */
#ifndef TRUC_HTTP_CASE_H
#define TRUC_HTTP_CASE_H

#include "http_adapter.h"

/* As struct connector_format's run_case. */
int http_case_run(const struct connector_adapter *adapter, const json_t *given, json_t *actual,
                  struct truc_fault *fault);

#endif
