/* connector_case.h - golden cases of an adapter: what goes in, what must come out, as JSON files beside the adapter file.
 * The parts that cases of all connectors have, and the runner of a directory; what a case feeds is the connector's own.
 * In the flow: --cases DIR and the project's tests -> connector_cases_run -> the format's run_case -> these parts. */
#ifndef TRUC_CONNECTOR_CASE_H
#define TRUC_CONNECTOR_CASE_H

#include "connector_message.h"
#include "connector_settlement.h"

/* TRUC_E_CONFIG: the case itself is wrong. */
int connector_case_wrong(struct truc_fault *fault, const char *text);
int connector_case_no_memory(struct truc_fault *fault);

/* "body" as JSON, or "text" as it is. */
int connector_case_bytes(const json_t *object, struct buffer *out, struct truc_fault *fault);
/* The other way: JSON under "body", anything else under "text". 0, or -1 without memory. */
int connector_case_put_bytes(json_t *object, struct bytes data);
/* "body" as a payload of the schema. */
int connector_case_payload(const struct schema_message *message, const json_t *body, struct buffer *out,
                           struct truc_fault *fault);
/* The header as mappings see it; its time is given as RFC 3339. A new reference, NULL when there is none. */
json_t *connector_case_header(const json_t *given);

/* "message" and "settlement" as cases expect them. */
int connector_case_put_message(const struct connector_message *message, json_t *actual, struct truc_fault *fault);
/* Frees the settlement's payload. @reply_type: the schema of a request's reply, or NULL. */
int connector_case_put_settlement(const struct schema_message *reply_type, struct connector_settlement *settlement,
                                  json_t *actual, struct truc_fault *fault);

/* Told about each case; @difference is NULL when it came out as expected, else what came out, or why it could not
 * run. */
typedef void connector_case_told(void *context, const char *file, const char *title, const char *difference);

/* Runs every *.json of a directory, in the order of the names; the number of cases that failed, or TRUC_E_IO when
 * there is no such directory or no case in it, TRUC_E_MEMORY. */
int connector_cases_run(const struct connector_adapter *adapter, const char *directory, connector_case_told *told,
                        void *context, struct truc_fault *fault);

#endif
