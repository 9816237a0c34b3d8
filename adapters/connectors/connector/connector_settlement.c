/* connector_settlement.c - see connector_settlement.h: settlements by name.
 * The rules of an adapter file are connector_rule.c.
 * In the flow: called by the judgement of each connector. */
#include "connector_settlement.h"

#include <stdarg.h>
#include <stdio.h>

#include "time_text.h"

void connector_settlement_set(struct connector_settlement *settlement, enum connector_outcome outcome, int code,
                              const char *format, ...)
{
    va_list arguments;
    settlement->outcome = outcome;
    settlement->code = code;
    settlement->after_ms = CONNECTOR_RETRY_BY_ROUTE;
    settlement->reason[0] = 0;
    va_start(arguments, format);
    vsnprintf(settlement->text, sizeof(settlement->text), format, arguments);
    va_end(arguments);
}

void connector_settlement_reject(struct connector_settlement *settlement, const char *reason, const char *text)
{
    int known = truc_error_from_name(reason);
    connector_settlement_set(settlement, CONNECTOR_REJECT, known ? known : TRUC_E_REJECTED, "%s", text);
    snprintf(settlement->reason, sizeof(settlement->reason), "%s", reason);
}

void connector_settlement_fault(struct connector_settlement *settlement, const struct truc_fault *fault)
{
    if (fault->code == TRUC_E_MEMORY) {
        connector_settlement_set(settlement, CONNECTOR_RETRY, TRUC_E_MEMORY, "%.300s", fault->text);
        return;
    }
    connector_settlement_set(settlement, CONNECTOR_REJECT, TRUC_E_PAYLOAD, "the mapping can't make it: %.200s (%.80s)",
                             fault->text, fault->where);
    snprintf(settlement->reason, sizeof(settlement->reason), "MAPPING");
}

bool connector_is_reason(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size < CONNECTOR_REASON_BYTES && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == size;
}

uint32_t connector_span_ms(const json_t *value)
{
    uint64_t span_ns;
    if (!json_is_string(value) || span_parse(bytes_string(json_string_value(value)), &span_ns) < 0)
        return CONNECTOR_RETRY_BY_ROUTE;
    uint64_t span = span_ns / TIME_NS_PER_MS;
    return span > CONNECTOR_RETRY_MAX_MS ? CONNECTOR_RETRY_MAX_MS : (uint32_t)span;
}
