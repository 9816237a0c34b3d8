/* connector_load.h - what the loaders of all connectors share: faults with places, expressions, templates, message:.
 * For loaders only; nothing of it runs with messages.
 * In the flow: connector_adapter_load.c and each connector's own loader -> this. */
#ifndef TRUC_CONNECTOR_LOAD_H
#define TRUC_CONNECTOR_LOAD_H

#include "connector_adapter.h"
#include "connector_file.h"

struct connector_form;

struct connector_load {
    struct connector_adapter *adapter;
    const struct schema_set *schemas;
    const struct yaml_node *shared; /* the map under shared:, or NULL */
    const struct connector_override *overrides;
    size_t override_count;
    struct truc_fault *fault;
};

/* A fault at a node; returns TRUC_E_CONFIG. */
int connector_load_fail(const struct connector_load *load, const struct yaml_node *node, const char *hint,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
int connector_load_no_memory(const struct connector_load *load);
/* What --set says for @key, or NULL. */
const char *connector_load_override(const struct connector_load *load, const char *key);
/* The schema of a message type, or a fault with a did-you-mean. */
int connector_load_type(const struct connector_load *load, const struct yaml_node *node,
                        const struct schema_message **ret_message);
/* A condition or value in @scope; a condition must be one. */
int connector_load_expression(const struct connector_load *load, const struct yaml_node *node,
                              const struct mapping_scope *scope, const struct mapping_expression **ret_expression);
int connector_load_condition(const struct connector_load *load, const struct yaml_node *node,
                             const struct mapping_scope *scope, const struct mapping_expression **ret_expression);
int connector_load_template(const struct connector_load *load, const struct yaml_node *node,
                            const struct mapping_scope *scope, const struct mapping_type *target,
                            const struct mapping_template **ret_template);
/* The root `setting`. */
struct mapping_type connector_load_setting_type(const struct connector_load *load);

/* message: @node, whose type is in @form already. Refuses a classification that can be "not-secret" when the source
 * does not say so: it would let a secret in. */
int connector_load_message(const struct connector_load *load, const struct yaml_node *node,
                           const struct mapping_scope *scope, struct connector_form *form);

#endif
