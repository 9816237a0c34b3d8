/* http_load.c - the loader's shared steps: faults with places, expressions, templates, headers.
 * Knows no section of the file; those are the other http_*_load.c.
 * In the flow: called by them. */
#include "http_load.h"

#include "fault.h"

int http_load_fail(const struct http_load *load, const struct yaml_node *node, const char *hint, const char *format,
                   ...)
{
    va_list arguments;
    va_start(arguments, format);
    fault_vset(load->fault, TRUC_E_CONFIG, format, arguments);
    va_end(arguments);
    fault_hint(load->fault, "%s", hint);
    fault_where(load->fault, "%s:%u:%u", node->file, node->line, node->column);
    return TRUC_E_CONFIG;
}

int http_load_no_memory(const struct http_load *load)
{
    return fault_set(load->fault, TRUC_E_MEMORY, "no memory for the adapter file");
}

int http_load_type(const struct http_load *load, const struct yaml_node *node,
                   const struct schema_message **ret_message)
{
    const struct schema_message *message = schema_set_find_type(load->schemas, node->text);
    if (message) {
        *ret_message = message;
        return 0;
    }
    const struct schema_message *nearest = schema_set_nearest_type(load->schemas, node->text);
    http_load_fail(load, node, "truc schema show lists the types", "there is no message type '%.*s'",
                   BYTES_PRINTF(node->text));
    if (nearest)
        fault_hint(load->fault, "did you mean '%s'?", nearest->type);
    return TRUC_E_CONFIG;
}

int http_load_expression(const struct http_load *load, const struct yaml_node *node, const struct mapping_scope *scope,
                         const struct mapping_expression **ret_expression)
{
    struct mapping_context context = {scope, load->shared, &load->adapter->arena};
    return mapping_compile_node(node, &context, ret_expression, load->fault);
}

int http_load_condition(const struct http_load *load, const struct yaml_node *node, const struct mapping_scope *scope,
                        const struct mapping_expression **ret_expression)
{
    int result = http_load_expression(load, node, scope, ret_expression);
    if (result < 0)
        return result;
    const struct mapping_type *type = mapping_expression_type(*ret_expression);
    if (!type->list && (type->kind == MAPPING_BOOL || type->kind == MAPPING_ANY))
        return 0;
    return http_load_fail(load, node, "compare: status == 429, $.code == \"E17\"", "a condition should stand here");
}

int http_load_template(const struct http_load *load, const struct yaml_node *node, const struct mapping_scope *scope,
                       const struct mapping_type *target, const struct mapping_template **ret_template)
{
    struct mapping_context context = {scope, load->shared, &load->adapter->arena};
    return mapping_template_compile(node, &context, target, ret_template, load->fault);
}

static bool is_header_name(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return name.size > 0;
}

int http_load_headers(const struct http_load *load, const struct yaml_node *map, const struct mapping_scope *scope,
                      struct http_header_line *lines, size_t *ret_count)
{
    size_t count = 0;
    if (map->kind != YAML_MAP)
        return http_load_fail(load, map, "write Name: expression", "headers are a map");
    for (const struct yaml_node *key = map->first; key; key = key->next) {
        if (count == HTTP_HEADERS_MAX)
            return http_load_fail(load, key, "", "more than %d headers", HTTP_HEADERS_MAX);
        if (!is_header_name(key->text))
            return http_load_fail(load, key, "letters, digits, '-' and '_'", "this is no name of an HTTP header");
        lines[count].name = (const char *)key->text.data;
        int result = http_load_expression(load, key->value, scope, &lines[count].value);
        if (result < 0)
            return result;
        count++;
    }
    *ret_count = count;
    return 0;
}

struct mapping_type http_load_setting_type(const struct http_load *load)
{
    return (struct mapping_type){.kind = MAPPING_RECORD, .record = &load->adapter->setting_record};
}
