/* http_judge.h - what a far side's answer means: done, try again, never.
 * Pure; knows one call's rules and the general ones of docs/connector-http.md, "What an answer means".
 * In the flow: http_sequence_answer asks it after every call. */
#ifndef TRUC_HTTP_JUDGE_H
#define TRUC_HTTP_JUDGE_H

#include "http_sequence.h"

/* Fills *ret_settlement (outcome DONE: go on with the next call). @values holds $, status and headers already;
 * @read_fault is the reason why the body could not be read, or NULL. An outage is always RETRY, never an answer. */
void http_judge(const struct http_call *call, const struct http_response *response, const struct mapping_values *values,
                const struct truc_fault *read_fault, struct connector_settlement *ret_settlement);

#endif
