/* connector_pattern.c - see connector_pattern.h.
 * A place inside the text is named by its own column.
 * In the flow: runs at load. */
#include "connector_pattern.h"

static int add_piece(const struct connector_load *load, const struct yaml_node *node, struct connector_pattern *pattern,
                     struct connector_piece piece)
{
    if (pattern->count == CONNECTOR_PIECES_MAX)
        return connector_load_fail(load, node, "", "more than %d pieces", CONNECTOR_PIECES_MAX);
    pattern->pieces[pattern->count++] = piece;
    return 0;
}

static int add_text(const struct connector_load *load, const struct yaml_node *node, struct connector_pattern *pattern,
                    struct bytes text)
{
    const char *copy = arena_string(&load->adapter->arena, text);
    if (!copy)
        return connector_load_no_memory(load);
    return text.size ? add_piece(load, node, pattern, (struct connector_piece){.text = copy}) : 0;
}

int connector_pattern_load(const struct connector_load *load, const struct yaml_node *node,
                           const struct mapping_scope *scope, struct connector_pattern *pattern)
{
    struct bytes rest = node->text;
    struct mapping_place place = mapping_place_of(node);
    int result = 0;
    while (result == 0 && rest.size) {
        const uint8_t *open = memchr(rest.data, '{', rest.size);
        size_t before = open ? (size_t)(open - rest.data) : rest.size;
        result = add_text(load, node, pattern, bytes_of(rest.data, before));
        if (!open || result < 0)
            break;
        const uint8_t *close = memchr(open, '}', rest.size - before);
        if (!close)
            return connector_load_fail(load, node, "write {header.subject}", "a '{' is never closed");
        struct connector_piece piece = {0};
        struct bytes text = bytes_of(open + 1, (size_t)(close - open) - 1);
        struct mapping_place inner = place;
        inner.column += (uint32_t)(open + 1 - node->text.data) + node->quoted;
        result = mapping_expression_compile(text, scope, &inner, &load->adapter->arena, &piece.expression, load->fault);
        if (result == 0)
            result = add_piece(load, node, pattern, piece);
        rest = bytes_of(close + 1, rest.size - before - text.size - 2);
    }
    return result;
}
