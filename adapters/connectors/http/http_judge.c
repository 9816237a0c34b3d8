/* http_judge.c - see http_judge.h: the adapter's own rules first, then HTTP's meaning (RFC 9110 section 15).
 * What is unclear is tried again: a message is rejected only where a rule or a 4xx says so.
 * In the flow: after each call of a sequence. */
#include "http_judge.h"

#include <stdio.h>
#include <stdlib.h>

/* Retry-After in seconds (RFC 9110 section 10.2.3; a date is taken for the default). */
static uint32_t retry_after_ms(const json_t *headers)
{
    const char *text = json_string_value(json_object_get(headers, "retry-after"));
    if (!text || !*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 5)
        return CONNECTOR_RETRY_BY_ROUTE;
    uint64_t span = strtoull(text, NULL, 10) * 1000;
    return span > CONNECTOR_RETRY_MAX_MS ? CONNECTOR_RETRY_MAX_MS : (uint32_t)span;
}

/* Where no rule speaks. 401 is our own credentials' trouble and mends without the sender; so it waits. */
static void by_status(const struct http_response *response, struct connector_settlement *settlement)
{
    unsigned status = response->status;
    bool later = status >= 500 || status == 401 || status == 407 || status == 408 || status == 425 || status == 429;
    if (status >= 400 && status < 500 && !later) {
        connector_settlement_set(settlement, CONNECTOR_REJECT, TRUC_E_REJECTED, "the far side answered HTTP %u",
                                 status);
        snprintf(settlement->reason, sizeof(settlement->reason), "HTTP_%u", status);
        return;
    }
    if (later)
        connector_settlement_set(settlement, CONNECTOR_RETRY, TRUC_E_UNAVAILABLE, "the far side answered HTTP %u",
                                 status);
    else
        connector_settlement_set(settlement, CONNECTOR_RETRY, TRUC_E_UNAVAILABLE,
                                 "the far side's answer says neither yes nor no");
    settlement->after_ms = retry_after_ms(response->headers);
}

void http_judge(const struct http_call *call, const struct http_response *response, const struct mapping_values *values,
                const struct truc_fault *read_fault, struct connector_settlement *ret_settlement)
{
    bool done = response->status >= 200 && response->status < 300;
    if (response->status == 0) {
        connector_settlement_set(ret_settlement, CONNECTOR_RETRY, TRUC_E_UNAVAILABLE, "%s",
                                 response->text ? response->text : "no answer");
        return;
    }
    if (!read_fault && call->success && mapping_expression_holds(call->success, values, &done, NULL) < 0)
        done = false;
    if (!read_fault && done) {
        connector_settlement_set(ret_settlement, CONNECTOR_DONE, 0, "%s", "");
        return;
    }
    if (connector_rules_apply(call->errors, call->error_count, values, ret_settlement))
        return;
    if (read_fault && response->status < 400)
        connector_settlement_set(ret_settlement, CONNECTOR_RETRY, TRUC_E_UNAVAILABLE,
                                 "the far side's answer can't be read: %.200s", read_fault->text);
    else
        by_status(response, ret_settlement);
}
