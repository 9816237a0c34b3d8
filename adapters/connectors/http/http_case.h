/* http_case.h - golden cases of an adapter: what goes in, what must come out, as JSON files beside the adapter file.
 * Runs the real translation and the real call sequences, without network and bus.
 * In the flow: truc-http --cases DIR, and the project's tests. Format: docs/connector-http.md, "Cases". */
#ifndef TRUC_HTTP_CASE_H
#define TRUC_HTTP_CASE_H

#include "http_adapter.h"

/* Runs one case: {"title", "given": {…}, "expect": {…}}. ret_actual: what came out, in the form of "expect"; a new
 * reference. TRUC_E_CONFIG when the case itself is wrong. */
int http_case_run(const struct http_adapter *adapter, const json_t *test, json_t **ret_actual,
                  struct truc_fault *fault);

/* Told about each case; @difference is NULL when it came out as expected, else what came out, or why it could not
 * run. */
typedef void http_case_told(void *context, const char *file, const char *title, const char *difference);

/* Runs every *.json of a directory, in the order of the names; the number of cases that failed, or TRUC_E_IO when
 * there is no such directory or no case in it, TRUC_E_MEMORY. */
int http_cases_run(const struct http_adapter *adapter, const char *directory, http_case_told *told, void *context,
                   struct truc_fault *fault);

#endif
