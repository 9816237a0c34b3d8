/* yaml_document.h - one YAML file as a tree of nodes that know their line and column.
 * Not: what keys mean (yaml_typed.h). A strict subset: one document, no aliases, anchors, tags or merge keys.
 * In the flow: file bytes → nodes → typed values → policy. */
#ifndef TRUC_YAML_DOCUMENT_H
#define TRUC_YAML_DOCUMENT_H

#include "arena.h"
#include "bytes.h"
#include "policy_report.h"

enum {
    YAML_BYTES_MAX = 1024 * 1024, /* of one file */
    YAML_NODES_MAX = 100000,      /* of one file */
    YAML_KEYS_MAX = 256,          /* of one map; each is compared with those before it */
    YAML_DEPTH_MAX = 12,          /* of nested lists and maps */
    YAML_SCALAR_BYTES_MAX = 4096,
};

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

/* Lives in the arena given to yaml_document_read. Lines and columns count from 1; columns count characters. */
struct yaml_node {
    enum yaml_kind kind;
    bool quoted;      /* YAML_TEXT: written with quotes or as a block, so never null */
    const char *file; /* relative name */
    uint32_t line, column;
    uint32_t width;          /* characters to underline: a text's own length on its first line; 1 for the others */
    struct bytes text;       /* YAML_TEXT: UTF-8 without control characters; a 0 follows it */
    struct yaml_node *first; /* YAML_LIST: items; YAML_MAP: keys (texts), each with its .value */
    struct yaml_node *next;  /* the following item or key */
    struct yaml_node *value; /* of a key */
    uint32_t count;          /* items or keys */
};

/* Reads one file. Mistakes go to @report with their place; then *ret_root is NULL and the result TRUC_E_CONFIG.
 * An empty file is a mistake too. TRUC_E_MEMORY when the arena or libyaml has no more. Nodes live in @arena. */
int yaml_document_read(struct arena *arena, const char *file, struct bytes content, struct policy_report *report,
                       struct yaml_node **ret_root);

/* The value of a key, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

#endif
