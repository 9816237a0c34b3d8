/* http_load.h - what the parts of the HTTP loader share.
 * Internal to this folder.
 * In the flow: http_load.c -> http_accept_load.c, http_serve_load.c, http_far_side_load.c -> http_headers_load.c. */
#ifndef TRUC_HTTP_LOAD_H
#define TRUC_HTTP_LOAD_H

#include "http_adapter.h"
#include "http_file.h"

struct http_load {
    struct connector_load common;
    struct http_adapter *adapter;
    const struct http_file_far_side *far_side; /* NULL: none */
};

/* A map of header names to expressions. */
int http_load_headers(const struct http_load *load, const struct yaml_node *map, const struct mapping_scope *scope,
                      struct http_header_line *lines, size_t *ret_count);

int http_load_far_side(struct http_load *load);
int http_load_serve(struct http_load *load, const struct http_file_serve *file);
int http_load_accept(struct http_load *load, const struct http_file_accept *file);

#endif
