/* mapping_template_node.h - how a compiled mapping lies in memory, shared by its compiler and its runner.
 * Internal to this folder.
 * In the flow: mapping_template.c builds, mapping_run.c reads. */
#ifndef TRUC_MAPPING_TEMPLATE_NODE_H
#define TRUC_MAPPING_TEMPLATE_NODE_H

#include "mapping_template.h"

enum mapping_form {
    MAPPING_FORM_EXPRESSION,
    MAPPING_FORM_OBJECT,
    MAPPING_FORM_LIST,
    MAPPING_FORM_EACH,
    MAPPING_FORM_CHOICE
};

struct mapping_template {
    enum mapping_form form;
    struct mapping_type target;
    const char *name;                            /* within an object */
    const struct mapping_expression *expression; /* EXPRESSION; EACH: the list; CHOICE: the condition */
    const struct mapping_expression *filter;     /* EACH: `when:`, or NULL */
    size_t root;                                 /* EACH: where the element stands among the roots */
    struct mapping_template *parts[2];           /* EACH: the element; CHOICE: then, else (may be NULL) */
    struct mapping_template *first;              /* OBJECT and LIST: in the order written */
    struct mapping_template *next;
    size_t count;
};

/* Whether an expression may fill a target; @constant is its text when it is a constant one. TRUC_E_CONFIG, no place
 * set. */
int mapping_target_check(const struct mapping_type *from, const char *constant, const struct mapping_type *target,
                         struct truc_fault *fault);

#endif
