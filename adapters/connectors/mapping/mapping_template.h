/* mapping_template.h - a whole mapping: the shape of what is made, with an expression at every leaf.
 * Written in YAML: plain texts are expressions, quoted texts are constants, maps make objects, lists make lists, and
 * {each:, as:, when:, map:} a list from a list, {when:, then:, else:} a choice, {use:} a mapping under `shared:`.
 * In the flow: adapter file -> compile (checked against the schema) -> (for each message) run -> JSON tree. */
#ifndef TRUC_MAPPING_TEMPLATE_H
#define TRUC_MAPPING_TEMPLATE_H

#include "mapping_expression.h"
#include "yaml_document.h"

enum {
    MAPPING_TEMPLATE_DEPTH_MAX = 16, /* `use:` within `use:` included, so that none can go round in a circle */
    MAPPING_MEMBERS_MAX = 256,       /* of one object */
    MAPPING_ELEMENTS_MAX = 10000,    /* an each: makes; more is refused, never cut */
};

struct mapping_template;

struct mapping_context {
    const struct mapping_scope *scope;
    const struct yaml_node *shared; /* the map under `shared:`, or NULL */
    struct arena *arena;
};

/* Compiles @node to make a value of @target: a schema's message, a record, or (MAPPING_ANY) whatever it says.
 * TRUC_E_CONFIG with file:line:column: unknown names, wrong types, fields that the schema does not have. */
int mapping_template_compile(const struct yaml_node *node, const struct mapping_context *context,
                             const struct mapping_type *target, const struct mapping_template **ret_template,
                             struct truc_fault *fault);
/* One expression: a text node. */
int mapping_compile_node(const struct yaml_node *node, const struct mapping_context *context,
                         const struct mapping_expression **ret_expression, struct truc_fault *fault);
struct mapping_place mapping_place_of(const struct yaml_node *node);

/* A new reference. Members whose value is null, and objects left without members, are left out; a whole that came to
 * nothing is an empty object. Errors as mapping_expression_evaluate. */
int mapping_template_run(const struct mapping_template *template, const struct mapping_values *values,
                         json_t **ret_value, struct truc_fault *fault);

/* What the field at a dotted path ("applicant.phone", "documents[0].name") is made from ("$.SoDienThoai"); "" when
 * unknown. */
const char *mapping_template_source(const struct mapping_template *template, const char *path);
/* The member's template of an object; NULL when there is none. */
const struct mapping_template *mapping_template_member(const struct mapping_template *template, const char *name);

#endif
