/* http_load.h - what the parts of the loader share.
 * Internal to this folder.
 * In the flow: http_adapter_load.c -> http_accept_load.c, http_serve_load.c, http_far_side_load.c. */
#ifndef TRUC_HTTP_LOAD_H
#define TRUC_HTTP_LOAD_H

#include "http_adapter.h"
#include "http_file.h"

struct http_load {
    struct http_adapter *adapter;
    const struct schema_set *schemas;
    const struct yaml_node *shared;
    const struct http_file_far_side *far_side; /* NULL: none */
    const char *directory;                     /* of the adapter file, with its slash, or "" */
    const struct http_override *overrides;
    size_t override_count;
    struct truc_fault *fault;
};

/* A fault at a node; returns TRUC_E_CONFIG. */
int http_load_fail(const struct http_load *load, const struct yaml_node *node, const char *hint, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));
int http_load_no_memory(const struct http_load *load);
/* The schema of a message type, or a fault with a did-you-mean. */
int http_load_type(const struct http_load *load, const struct yaml_node *node,
                   const struct schema_message **ret_message);
/* A condition or value in @scope; a condition must be one. */
int http_load_expression(const struct http_load *load, const struct yaml_node *node, const struct mapping_scope *scope,
                         const struct mapping_expression **ret_expression);
int http_load_condition(const struct http_load *load, const struct yaml_node *node, const struct mapping_scope *scope,
                        const struct mapping_expression **ret_expression);
int http_load_template(const struct http_load *load, const struct yaml_node *node, const struct mapping_scope *scope,
                       const struct mapping_type *target, const struct mapping_template **ret_template);
/* A map of header names to expressions. */
int http_load_headers(const struct http_load *load, const struct yaml_node *map, const struct mapping_scope *scope,
                      struct http_header_line *lines, size_t *ret_count);
/* The root `setting`. */
struct mapping_type http_load_setting_type(const struct http_load *load);

int http_load_far_side(struct http_load *load);
int http_load_serve(struct http_load *load, const struct http_file_serve *file);
int http_load_accept(struct http_load *load, const struct http_file_accept *file);

#endif
