/* connector_file.c - see connector_file.h: the table of an error rule's keys.
 * No code: reading them is yaml_typed_read's work.
 * In the flow: part of each connector's own tables. */
#include "connector_file.h"

static const struct yaml_key rule_keys[] = {
    CONNECTOR_KEY("when", TYPED_TEXT, true, CONNECTOR_AT(connector_file_rule, when),
                  "a condition over the far side's answer"),
    CONNECTOR_KEY("retry", TYPED_TEXT, false, CONNECTOR_AT(connector_file_rule, retry),
                  "deliver again after this span"),
    CONNECTOR_KEY("reject", TYPED_TEXT, false, CONNECTOR_AT(connector_file_rule, reject),
                  "never: the reason's name, as ADDRESS_UNKNOWN"),
    CONNECTOR_KEY("accept", TYPED_BOOL, false, CONNECTOR_AT(connector_file_rule, accept),
                  "true: it counts as success after all"),
};
const struct yaml_object connector_file_rule_object = {"rule for errors", rule_keys, CONNECTOR_COUNT(rule_keys),
                                                       sizeof(struct connector_file_rule), false};
