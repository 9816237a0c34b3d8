/* connector_load.c - the steps that all loaders share: faults with places, expressions, templates.
 * Knows no section of the file; message: is connector_message_load.c, errors: connector_rule.c.
 * In the flow: called by them and by each connector's own loader. */
#include "connector_load.h"

#include "fault.h"

int connector_load_fail(const struct connector_load *load, const struct yaml_node *node, const char *hint,
                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fault_vset(load->fault, TRUC_E_CONFIG, format, arguments);
    va_end(arguments);
    fault_hint(load->fault, "%s", hint);
    fault_where(load->fault, "%s:%u:%u", node->file, node->line, node->column);
    return TRUC_E_CONFIG;
}

int connector_load_no_memory(const struct connector_load *load)
{
    return fault_set(load->fault, TRUC_E_MEMORY, "no memory for the adapter file");
}

const char *connector_load_override(const struct connector_load *load, const char *key)
{
    for (size_t i = 0; i < load->override_count; i++) {
        if (strcmp(load->overrides[i].key, key) == 0)
            return load->overrides[i].value;
    }
    return NULL;
}

int connector_load_type(const struct connector_load *load, const struct yaml_node *node,
                        const struct schema_message **ret_message)
{
    const struct schema_message *message = schema_set_find_type(load->schemas, node->text);
    if (message) {
        *ret_message = message;
        return 0;
    }
    const struct schema_message *nearest = schema_set_nearest_type(load->schemas, node->text);
    connector_load_fail(load, node, "truc schema show lists the types", "there is no message type '%.*s'",
                        BYTES_PRINTF(node->text));
    if (nearest)
        fault_hint(load->fault, "did you mean '%s'?", nearest->type);
    return TRUC_E_CONFIG;
}

int connector_load_expression(const struct connector_load *load, const struct yaml_node *node,
                              const struct mapping_scope *scope, const struct mapping_expression **ret_expression)
{
    struct mapping_context context = {scope, load->shared, &load->adapter->arena};
    return mapping_compile_node(node, &context, ret_expression, load->fault);
}

int connector_load_condition(const struct connector_load *load, const struct yaml_node *node,
                             const struct mapping_scope *scope, const struct mapping_expression **ret_expression)
{
    int result = connector_load_expression(load, node, scope, ret_expression);
    if (result < 0)
        return result;
    const struct mapping_type *type = mapping_expression_type(*ret_expression);
    if (!type->list && (type->kind == MAPPING_BOOL || type->kind == MAPPING_ANY))
        return 0;
    return connector_load_fail(load, node, "compare: status == 429, $.code == \"E17\"",
                               "a condition should stand here");
}

int connector_load_template(const struct connector_load *load, const struct yaml_node *node,
                            const struct mapping_scope *scope, const struct mapping_type *target,
                            const struct mapping_template **ret_template)
{
    struct mapping_context context = {scope, load->shared, &load->adapter->arena};
    return mapping_template_compile(node, &context, target, ret_template, load->fault);
}

struct mapping_type connector_load_setting_type(const struct connector_load *load)
{
    return (struct mapping_type){.kind = MAPPING_RECORD, .record = &load->adapter->setting_record};
}
