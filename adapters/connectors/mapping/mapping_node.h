/* mapping_node.h - the tree an expression is parsed into, shared by parser, checker and evaluator.
 * Internal to this folder: others see struct mapping_expression only.
 * In the flow: parser builds, checker resolves names and sets types, evaluator reads. */
#ifndef TRUC_MAPPING_NODE_H
#define TRUC_MAPPING_NODE_H

#include "mapping_expression.h"
#include "mapping_functions.h"

enum mapping_operation {
    MAPPING_OP_CONSTANT, /* type tells which: text, integer, real, span (in text), bool, null */
    MAPPING_OP_PATH,
    MAPPING_OP_CALL,
    MAPPING_OP_IF,     /* condition, then, else */
    MAPPING_OP_LOOKUP, /* key[, fallback] in table */
    MAPPING_OP_REVERSE_LOOKUP,
    MAPPING_OP_LIST,
    MAPPING_OP_DEFAULT, /* the second when the first is null */
    MAPPING_OP_AND,
    MAPPING_OP_OR,
    MAPPING_OP_NOT,
    MAPPING_OP_EQUAL,
    MAPPING_OP_NOT_EQUAL,
    MAPPING_OP_LESS,
    MAPPING_OP_LESS_EQUAL,
    MAPPING_OP_GREATER,
    MAPPING_OP_GREATER_EQUAL,
    MAPPING_OP_IN,
};

struct mapping_step {
    char *name; /* of a member; NULL: an index */
    size_t index;
    size_t offset;
};

struct mapping_node {
    enum mapping_operation operation;
    size_t offset; /* of its first character in the expression */
    struct mapping_type type;

    struct mapping_node **arguments;
    size_t argument_count;

    const char *text;    /* constant's text; a call's name; a path's root */
    const char *written; /* a path as it stands in the expression: "$.data.ItemCode" */
    int64_t integer;
    double real;
    bool truth;

    size_t root; /* of a path */
    struct mapping_step *steps;
    size_t step_count;

    const struct mapping_function *function;
    const struct mapping_table *table;
};

struct mapping_expression {
    struct mapping_node *node;
    struct mapping_place place;
    const char *text;   /* as written */
    const char *source; /* see mapping_expression_source */
};

/* Sets a fault's where to the file:line:column of byte @offset of the expression; returns the fault's code. */
int mapping_place_fault(const struct mapping_place *place, const char *text, size_t offset, struct truc_fault *fault);

/* Builds the tree; paths, calls and tables are not yet resolved. Sets *ret_offset at an error. */
int mapping_parse(struct bytes text, struct arena *arena, struct mapping_node **ret_node, size_t *ret_offset,
                  struct truc_fault *fault);
/* Resolves names and sets types, throughout the tree. Sets *ret_offset at an error. */
int mapping_check(struct mapping_node *node, const struct mapping_scope *scope, size_t *ret_offset,
                  struct truc_fault *fault);

#endif
