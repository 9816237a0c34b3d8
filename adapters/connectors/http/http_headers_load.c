/* http_headers_load.c - headers: of an adapter file: names of HTTP headers and the expressions of their values.
 * Used by the far side's section and by every call.
 * In the flow: called by http_far_side_load.c and http_serve_load.c. */
#include "http_load.h"

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
        return connector_load_fail(&load->common, map, "write Name: expression", "headers are a map");
    for (const struct yaml_node *key = map->first; key; key = key->next) {
        if (count == HTTP_HEADERS_MAX)
            return connector_load_fail(&load->common, key, "", "more than %d headers", HTTP_HEADERS_MAX);
        if (!is_header_name(key->text))
            return connector_load_fail(&load->common, key, "letters, digits, '-' and '_'",
                                       "this is no name of an HTTP header");
        lines[count].name = (const char *)key->text.data;
        int result = connector_load_expression(&load->common, key->value, scope, &lines[count].value);
        if (result < 0)
            return result;
        count++;
    }
    *ret_count = count;
    return 0;
}
