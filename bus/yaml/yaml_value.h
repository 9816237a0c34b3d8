/* yaml_value.h - one text of the configuration as a span, size, date, rate, word, ...
 * Not: lists and maps (yaml_typed.h). Refusals say what such a value looks like.
 * In the flow: called by yaml_typed for every single value. */
#ifndef TRUC_YAML_VALUE_H
#define TRUC_YAML_VALUE_H

#include "yaml_typed.h"

/* Fills *ret when the text is right; otherwise notes the mistake and leaves *ret alone. */
void yaml_value_read(const struct yaml_key *key, const struct yaml_node *node, struct policy_report *report,
                     struct typed_value *ret);

#endif
