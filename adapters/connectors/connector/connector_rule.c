/* connector_rule.c - errors: of an adapter file, compiled and applied: what an answer of the far side means.
 * Knows no protocol: conditions are over whatever roots the connector has.
 * In the flow: a connector's loader -> this; a connector's judgement -> this. */
#include "connector_settlement.h"

#include <stdio.h>

static int load_retry(const struct connector_load *load, const struct yaml_node *node,
                      const struct mapping_scope *scope, struct connector_rule *rule)
{
    rule->outcome = CONNECTOR_RETRY;
    int result = connector_load_expression(load, node, scope, &rule->after);
    if (result < 0)
        return result;
    enum mapping_kind kind = mapping_expression_type(rule->after)->kind;
    if (kind == MAPPING_SPAN || kind == MAPPING_ANY)
        return 0;
    return connector_load_fail(load, node, "30s, or after(headers.retry-after default 30s)", "retry wants a span");
}

static int load_reject(const struct connector_load *load, const struct typed_value *reject, struct connector_rule *rule)
{
    rule->outcome = CONNECTOR_REJECT;
    rule->reason = arena_string(&load->adapter->arena, bytes_string(reject->text));
    if (!rule->reason)
        return connector_load_no_memory(load);
    if (connector_is_reason(rule->reason))
        return 0;
    return connector_load_fail(load, reject->node, "e.g. ADDRESS_UNKNOWN",
                               "a reason's name has capitals, digits and '_'");
}

static int load_rule(const struct connector_load *load, const struct connector_file_rule *file,
                     const struct mapping_scope *scope, struct connector_rule *rule)
{
    if ((file->retry.node != NULL) + (file->reject.node != NULL) + (file->accept.node != NULL) != 1)
        return connector_load_fail(load, file->node, "retry: SPAN, reject: NAME or accept: true",
                                   "an error rule says one thing to do");
    int result = connector_load_condition(load, file->when.node, scope, &rule->when);
    if (result < 0)
        return result;
    if (file->retry.node)
        return load_retry(load, file->retry.node, scope, rule);
    if (file->reject.node)
        return load_reject(load, &file->reject, rule);
    rule->outcome = CONNECTOR_DONE;
    if (file->accept.number)
        return 0;
    return connector_load_fail(load, file->accept.node, "write accept: true", "'accept: false' says nothing");
}

int connector_rules_load(const struct connector_load *load, const struct typed_value *rules,
                         const struct mapping_scope *scope, struct connector_rule *list, size_t *count)
{
    const struct connector_file_rule *files = rules->objects;
    int result = 0;
    for (uint32_t i = 0; result == 0 && i < rules->count; i++) {
        if (*count == CONNECTOR_RULES_MAX)
            return connector_load_fail(load, files[i].node, "", "more than %d error rules for one call",
                                       CONNECTOR_RULES_MAX);
        result = load_rule(load, &files[i], scope, &list[*count]);
        *count += result == 0;
    }
    return result;
}

static void apply(const struct connector_rule *rule, const struct mapping_values *values,
                  struct connector_settlement *settlement)
{
    char text[CONNECTOR_REASON_BYTES + 32];
    json_t *after = NULL;
    switch (rule->outcome) {
    case CONNECTOR_REJECT:
        snprintf(text, sizeof(text), "the far side refused it: %s", rule->reason);
        connector_settlement_reject(settlement, rule->reason, text);
        return;
    case CONNECTOR_RETRY:
        connector_settlement_set(settlement, CONNECTOR_RETRY, TRUC_E_UNAVAILABLE,
                                 "the far side asks for another try later");
        /* a wrong span keeps the route's: it must not fail the message */
        if (mapping_expression_evaluate(rule->after, values, &after, NULL) == 0)
            settlement->after_ms = connector_span_ms(after);
        json_decref(after);
        return;
    default:
        settlement->outcome = CONNECTOR_DONE;
        return;
    }
}

bool connector_rules_apply(const struct connector_rule *list, size_t count, const struct mapping_values *values,
                           struct connector_settlement *settlement)
{
    for (size_t i = 0; i < count; i++) {
        bool holds;
        if (mapping_expression_holds(list[i].when, values, &holds, NULL) < 0 || !holds)
            continue;
        apply(&list[i], values, settlement);
        return true;
    }
    return false;
}
