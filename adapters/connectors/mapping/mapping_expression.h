/* mapping_expression.h - one expression of the mapping language: compiled once, evaluated for each message.
 * Total by construction: no loops, no recursion, no clock, no randomness, no I/O; the same input gives the same value.
 * In the flow: adapter file -> mapping_expression_compile -> (for each message) mapping_expression_evaluate.
 * Specification: docs/mapping.md. */
#ifndef TRUC_MAPPING_EXPRESSION_H
#define TRUC_MAPPING_EXPRESSION_H

#include <jansson.h>

#include "arena.h"
#include "mapping_table.h"
#include "mapping_type.h"

enum {
    MAPPING_EXPRESSION_BYTES_MAX = 4096,
    MAPPING_DEPTH_MAX = 24,                   /* nesting of an expression */
    MAPPING_ARGUMENTS_MAX = 16,               /* of one call or list */
    MAPPING_STEPS_MAX = 16,                   /* names in a path */
    MAPPING_ROOTS_MAX = 16,                   /* names a path can begin with, each: names included */
    MAPPING_TEXT_BYTES_MAX = 4 * 1024 * 1024, /* of a text an expression makes */
};

/* Where something stands in an adapter file. */
struct mapping_place {
    const char *file;      /* outlives what is compiled */
    uint32_t line, column; /* from 1 */
};

/* What a path can begin with: `body`, `header`, `$`, ... A value per root, at the same index, is given at
 * evaluation. */
struct mapping_root {
    const char *name;
    struct mapping_type type;
};

struct mapping_scope {
    struct mapping_root roots[MAPPING_ROOTS_MAX];
    size_t root_count;
    const struct mapping_tables *tables; /* may be NULL: none */
};

/* Adds a root; its index, or TRUC_E_LIMIT. */
int mapping_scope_add(struct mapping_scope *scope, const char *name, struct mapping_type type);

/* The values of the roots. Borrowed; NULL stands for null. `probe`, if set, is what *every* path yields: used at
 * load to find out what an expression makes of an input that says nothing. */
struct mapping_values {
    json_t *roots[MAPPING_ROOTS_MAX];
    json_t *probe;
};

struct mapping_expression;

/* Parses and type-checks. The expression lives in @arena and points at @scope's tables and records, not at @scope
 * itself. TRUC_E_CONFIG with file:line:column in where and a hint; TRUC_E_LIMIT, TRUC_E_MEMORY. */
int mapping_expression_compile(struct bytes text, const struct mapping_scope *scope, const struct mapping_place *place,
                               struct arena *arena, const struct mapping_expression **ret_expression,
                               struct truc_fault *fault);
/* A constant text, for what stands in quotes in the adapter file. */
int mapping_expression_constant(struct bytes text, const struct mapping_place *place, struct arena *arena,
                                const struct mapping_expression **ret_expression, struct truc_fault *fault);

const struct mapping_type *mapping_expression_type(const struct mapping_expression *expression);
const struct mapping_place *mapping_expression_place(const struct mapping_expression *expression);
/* The text of its first path, "$.data.ItemCode": what to name when its value is wrong. "" when it has none. */
const char *mapping_expression_source(const struct mapping_expression *expression);
/* When it is a constant text: that text; else NULL. */
const char *mapping_expression_text(const struct mapping_expression *expression);

/* A new reference in ret_value, json_null() when there is nothing. TRUC_E_PAYLOAD when a value does not fit its
 * function: the text names the function and never the value (it may be personal), where holds the path.
 * TRUC_E_LIMIT, TRUC_E_MEMORY. */
int mapping_expression_evaluate(const struct mapping_expression *expression, const struct mapping_values *values,
                                json_t **ret_value, struct truc_fault *fault);
/* The same for a condition: null counts as false. */
int mapping_expression_holds(const struct mapping_expression *expression, const struct mapping_values *values,
                             bool *ret_holds, struct truc_fault *fault);

#endif
