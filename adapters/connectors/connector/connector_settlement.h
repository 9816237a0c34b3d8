/* connector_settlement.h - what becomes of a delivered message: done, later, never, a reply; and what errors: say of it.
 * Pure: settling at the bus is connector_delivery.c.
 * In the flow: a far side's answer -> the connector's judgement -> this -> connector_settle. */
#ifndef TRUC_CONNECTOR_SETTLEMENT_H
#define TRUC_CONNECTOR_SETTLEMENT_H

#include "connector_load.h"

enum {
    CONNECTOR_RULES_MAX = 32,
    CONNECTOR_RETRY_BY_ROUTE = 0, /* a retry's span in ms when the far side names none: the route's own schedule */
    CONNECTOR_RETRY_MAX_MS = 24 * 60 * 60 * 1000,
    CONNECTOR_REASON_BYTES = 64,
};

enum connector_outcome { CONNECTOR_DONE, CONNECTOR_RETRY, CONNECTOR_REJECT, CONNECTOR_REPLY };

struct connector_settlement {
    enum connector_outcome outcome;
    int code;                             /* RETRY, REJECT: an enum truc_error */
    char reason[CONNECTOR_REASON_BYTES];  /* REJECT: its name */
    char text[TRUC_FAULT_TEXT_BYTES_MAX]; /* for a person; holds nothing of the message */
    uint32_t after_ms;                    /* RETRY; CONNECTOR_RETRY_BY_ROUTE: as the route says */
    struct buffer payload;                /* REPLY */
};

/* Everything but the payload. */
void connector_settlement_set(struct connector_settlement *settlement, enum connector_outcome outcome, int code,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));
/* REJECT by a name; a name of the bus's own keeps its code. */
void connector_settlement_reject(struct connector_settlement *settlement, const char *reason, const char *text);
/* A mapping of ours that failed: REJECT as MAPPING, or RETRY when memory was short. */
void connector_settlement_fault(struct connector_settlement *settlement, const struct truc_fault *fault);
/* Capitals, digits and '_', at most CONNECTOR_REASON_BYTES - 1. */
bool connector_is_reason(const char *text);
/* A text like "30s" in ms, at most CONNECTOR_RETRY_MAX_MS; anything else is CONNECTOR_RETRY_BY_ROUTE. */
uint32_t connector_span_ms(const json_t *value);

/* One line of errors:, the first whose `when` holds decides. */
struct connector_rule {
    const struct mapping_expression *when;
    enum connector_outcome outcome;         /* DONE: counts as success; RETRY; REJECT */
    const struct mapping_expression *after; /* RETRY: the span */
    const char *reason;                     /* REJECT: the reason's name */
};

/* Adds what @rules (of connector_file_rule_object) say behind the @count rules there are. */
int connector_rules_load(const struct connector_load *load, const struct typed_value *rules,
                         const struct mapping_scope *scope, struct connector_rule *list, size_t *count);
/* False when no rule speaks; then *settlement is as it was. */
bool connector_rules_apply(const struct connector_rule *list, size_t count, const struct mapping_values *values,
                           struct connector_settlement *settlement);

#endif
