/* connector_pattern.h - a text with expressions in braces, as it stands in an adapter file: "/orders/{header.subject}".
 * What the values are made into (percent-encoded, a file's name) is the connector's own.
 * In the flow: a connector's loader -> this; then the connector walks the pieces. */
#ifndef TRUC_CONNECTOR_PATTERN_H
#define TRUC_CONNECTOR_PATTERN_H

#include "connector_load.h"

enum { CONNECTOR_PIECES_MAX = 16 };

/* Texts and expressions in turn. */
struct connector_piece {
    const char *text; /* NULL: the expression */
    const struct mapping_expression *expression;
};

struct connector_pattern {
    struct connector_piece pieces[CONNECTOR_PIECES_MAX];
    size_t count;
};

int connector_pattern_load(const struct connector_load *load, const struct yaml_node *node,
                           const struct mapping_scope *scope, struct connector_pattern *pattern);

#endif
