/* http_judge.c - see http_judge.h: the adapter's own rules first, then HTTP's meaning (RFC 9110 section 15).
 * What is unclear is tried again: a message is rejected only where a rule or a 4xx says so.
 * In the flow: after each call of a sequence. */
#include "http_judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "time_text.h"

enum { RETRY_MAX_MS = 24 * 60 * 60 * 1000 };

static void settle(struct http_settlement *settlement, enum http_outcome outcome, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void settle(struct http_settlement *settlement, enum http_outcome outcome, int code, const char *format, ...)
{
    va_list arguments;
    settlement->outcome = outcome;
    settlement->code = code;
    settlement->after_ms = HTTP_RETRY_BY_ROUTE;
    settlement->reason[0] = 0;
    va_start(arguments, format);
    vsnprintf(settlement->text, sizeof(settlement->text), format, arguments);
    va_end(arguments);
}

/* "30s" to milliseconds; anything else keeps the default: a wrong Retry-After must not fail the message. */
static uint32_t span_ms(const json_t *value)
{
    uint64_t span_ns;
    if (!json_is_string(value) || span_parse(bytes_string(json_string_value(value)), &span_ns) < 0)
        return HTTP_RETRY_BY_ROUTE;
    uint64_t span = span_ns / TIME_NS_PER_MS;
    return span > RETRY_MAX_MS ? RETRY_MAX_MS : (uint32_t)span;
}

/* Retry-After in seconds (RFC 9110 section 10.2.3; a date is taken for the default). */
static uint32_t retry_after_ms(const json_t *headers)
{
    const char *text = json_string_value(json_object_get(headers, "retry-after"));
    if (!text || !*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 5)
        return HTTP_RETRY_BY_ROUTE;
    uint64_t span = strtoull(text, NULL, 10) * 1000;
    return span > RETRY_MAX_MS ? RETRY_MAX_MS : (uint32_t)span;
}

static void apply(const struct http_error_rule *rule, const struct mapping_values *values,
                  struct http_settlement *settlement)
{
    if (rule->outcome == HTTP_DONE) {
        settlement->outcome = HTTP_DONE;
        return;
    }
    if (rule->outcome == HTTP_REJECT) {
        settle(settlement, HTTP_REJECT, TRUC_E_REJECTED, "the far side refused it: %s", rule->reason);
        snprintf(settlement->reason, sizeof(settlement->reason), "%s", rule->reason);
        int known = truc_error_from_name(rule->reason);
        if (known)
            settlement->code = known;
        return;
    }
    json_t *after = NULL;
    settle(settlement, HTTP_RETRY, TRUC_E_UNAVAILABLE, "the far side asks for another try later");
    if (mapping_expression_evaluate(rule->after, values, &after, NULL) == 0)
        settlement->after_ms = span_ms(after);
    json_decref(after);
}

static bool by_rules(const struct http_call *call, const struct mapping_values *values,
                     struct http_settlement *settlement)
{
    for (size_t i = 0; i < call->error_count; i++) {
        bool holds;
        if (mapping_expression_holds(call->errors[i].when, values, &holds, NULL) < 0 || !holds)
            continue;
        apply(&call->errors[i], values, settlement);
        return true;
    }
    return false;
}

/* Where no rule speaks. 401 is our own credentials' trouble and mends without the sender; so it waits. */
static void by_status(const struct http_response *response, struct http_settlement *settlement)
{
    unsigned status = response->status;
    bool later = status >= 500 || status == 401 || status == 407 || status == 408 || status == 425 || status == 429;
    if (status >= 400 && status < 500 && !later) {
        settle(settlement, HTTP_REJECT, TRUC_E_REJECTED, "the far side answered HTTP %u", status);
        snprintf(settlement->reason, sizeof(settlement->reason), "HTTP_%u", status);
        return;
    }
    if (later)
        settle(settlement, HTTP_RETRY, TRUC_E_UNAVAILABLE, "the far side answered HTTP %u", status);
    else
        settle(settlement, HTTP_RETRY, TRUC_E_UNAVAILABLE, "the far side's answer says neither yes nor no");
    settlement->after_ms = retry_after_ms(response->headers);
}

void http_judge(const struct http_call *call, const struct http_response *response, const struct mapping_values *values,
                const struct truc_fault *read_fault, struct http_settlement *ret_settlement)
{
    bool done = response->status >= 200 && response->status < 300;
    if (response->status == 0) {
        settle(ret_settlement, HTTP_RETRY, TRUC_E_UNAVAILABLE, "%s", response->text ? response->text : "no answer");
        return;
    }
    if (!read_fault && call->success && mapping_expression_holds(call->success, values, &done, NULL) < 0)
        done = false;
    if (!read_fault && done) {
        settle(ret_settlement, HTTP_DONE, 0, "%s", "");
        return;
    }
    if (by_rules(call, values, ret_settlement))
        return;
    if (read_fault && response->status < 400)
        settle(ret_settlement, HTTP_RETRY, TRUC_E_UNAVAILABLE, "the far side's answer can't be read: %.200s",
               read_fault->text);
    else
        by_status(response, ret_settlement);
}

void http_judge_fault(const struct truc_fault *fault, struct http_settlement *ret_settlement)
{
    if (fault->code == TRUC_E_MEMORY) {
        settle(ret_settlement, HTTP_RETRY, TRUC_E_MEMORY, "%.300s", fault->text);
        return;
    }
    settle(ret_settlement, HTTP_REJECT, TRUC_E_PAYLOAD, "the mapping can't make it: %.200s (%.80s)", fault->text,
           fault->where);
    snprintf(ret_settlement->reason, sizeof(ret_settlement->reason), "MAPPING");
}
