/* mapping_evaluate.c - computes an expression's value for one message; walks the checked tree once.
 * Keeps nothing between calls. Faults name functions and paths, never values: they may be personal.
 * In the flow: called by templates (mapping_template.c) and by the connector for its conditions. */
#include "fault.h"
#include "mapping_node.h"

static int evaluate(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value,
                    struct truc_fault *fault);

static int give_text(const char *text, json_t **ret_value, struct truc_fault *fault)
{
    return mapping_give(json_string(text), ret_value, fault);
}

static int constant(const struct mapping_node *node, json_t **ret_value, struct truc_fault *fault)
{
    switch (node->type.kind) {
    case MAPPING_INTEGER:
        return mapping_give(json_integer(node->integer), ret_value, fault);
    case MAPPING_REAL:
        return mapping_give(json_real(node->real), ret_value, fault);
    case MAPPING_BOOL:
        return mapping_give(json_boolean(node->truth), ret_value, fault);
    case MAPPING_NULL:
        return mapping_give(json_null(), ret_value, fault);
    default:
        return give_text(node->text, ret_value, fault);
    }
}

static int path(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value)
{
    json_t *value = values->probe ? values->probe : values->roots[node->root];
    bool in_object = false;
    for (size_t i = 0; !values->probe && value && i < node->step_count; i++) {
        const struct mapping_step *step = &node->steps[i];
        in_object = json_is_object(value) && i + 1 == node->step_count;
        value = step->name ? json_object_get(value, step->name) : json_array_get(value, step->index);
    }
    /* proto3 does not write a false: in an object that is there, a bool that is not is false. */
    if (!value && in_object && node->type.kind == MAPPING_BOOL && !node->type.list)
        value = json_false();
    *ret_value = value ? json_incref(value) : json_null();
    return 0;
}

static const struct mapping_node *first_path(const struct mapping_node *node)
{
    const struct mapping_node *found = node->operation == MAPPING_OP_PATH ? node : NULL;
    size_t first =
        node->operation == MAPPING_OP_LOOKUP || node->operation == MAPPING_OP_REVERSE_LOOKUP; /* skip its table */
    for (size_t i = first; !found && i < node->argument_count; i++)
        found = first_path(node->arguments[i]);
    return found;
}

/* Names the function and the path in a fault that a function's body set. */
static int blame(const struct mapping_node *node, int code, struct truc_fault *fault)
{
    const struct mapping_node *found = first_path(node);
    if (!fault || fault->where[0])
        return code;
    char text[TRUC_FAULT_TEXT_BYTES_MAX];
    memcpy(text, fault->text, sizeof(text));
    fault_set(fault, code, "%s: %s", node->text, text);
    fault_where(fault, "%s", found ? found->written : "");
    return code;
}

static int run_function(const struct mapping_node *node, json_t *const *arguments, json_t **ret_value,
                        struct truc_fault *fault)
{
    const struct mapping_function *function = node->function;
    for (size_t i = 0; i < node->argument_count; i++) {
        enum mapping_takes takes = function->takes[i < MAPPING_PARAMETERS_MAX ? i : MAPPING_PARAMETERS_MAX - 1];
        if (json_is_null(arguments[i]) && !function->takes_null)
            return mapping_give(json_null(), ret_value, fault);
        if (json_is_null(arguments[i]) || mapping_takes_value(takes, arguments[i]))
            continue;
        const struct mapping_node *found = first_path(node->arguments[i]);
        fault_set(fault, TRUC_E_PAYLOAD, "%s: wants %s", node->text, mapping_takes_text(takes));
        fault_where(fault, "%s", found ? found->written : "");
        return TRUC_E_PAYLOAD;
    }
    struct truc_fault inner = {0};
    int result = function->run(arguments, node->argument_count, ret_value, &inner);
    if (result < 0 && fault) {
        *fault = inner;
        fault->where[0] = 0;
        blame(node, result, fault);
    }
    return result;
}

static int call(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value,
                struct truc_fault *fault)
{
    json_t *arguments[MAPPING_ARGUMENTS_MAX] = {NULL};
    size_t count = 0;
    int result = 0;
    for (; result == 0 && count < node->argument_count; count += result == 0)
        result = evaluate(node->arguments[count], values, &arguments[count], fault);
    if (result == 0)
        result = run_function(node, arguments, ret_value, fault);
    while (count > 0)
        json_decref(arguments[--count]);
    return result;
}

static int list(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value,
                struct truc_fault *fault)
{
    json_t *elements = json_array(), *element;
    int result = elements ? 0 : mapping_give(NULL, ret_value, fault);
    for (size_t i = 0; result == 0 && i < node->argument_count; i++) {
        result = evaluate(node->arguments[i], values, &element, fault);
        if (result == 0 && json_array_append_new(elements, element) < 0)
            result = mapping_give(NULL, ret_value, fault);
    }
    if (result == 0)
        *ret_value = elements;
    else
        json_decref(elements);
    return result;
}

static int look_up(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value,
                   struct truc_fault *fault)
{
    json_t *key = NULL;
    int result = evaluate(node->arguments[1], values, &key, fault);
    if (result < 0)
        return result;
    BUFFER_CLEANUP struct buffer text = {0};
    bool missing = json_is_null(key), scalar = mapping_takes_value(MAPPING_TAKES_SCALAR, key);
    mapping_append_scalar(key, &text);
    json_decref(key);
    if (buffer_failed(&text))
        return mapping_give(NULL, ret_value, fault);
    const struct bytes *found = NULL;
    if (scalar)
        found = node->operation == MAPPING_OP_LOOKUP ? mapping_table_value(node->table, buffer_view(&text))
                                                     : mapping_table_key(node->table, buffer_view(&text));
    if (found)
        return mapping_give(json_stringn(found->size ? (const char *)found->data : "", found->size), ret_value, fault);
    if (node->argument_count == 3)
        return evaluate(node->arguments[2], values, ret_value, fault);
    if (missing)
        return mapping_give(json_null(), ret_value, fault);
    const struct mapping_node *source = first_path(node);
    fault_set(fault, TRUC_E_PAYLOAD, "%s: table '%s' does not know this value", node->text, node->table->name);
    fault_where(fault, "%s", source ? source->written : "");
    return TRUC_E_PAYLOAD;
}

static int truth(const struct mapping_node *node, const struct mapping_values *values, bool *ret_truth,
                 struct truc_fault *fault)
{
    json_t *value = NULL;
    int result = evaluate(node, values, &value, fault);
    if (result < 0)
        return result;
    bool fits = json_is_boolean(value) || json_is_null(value);
    *ret_truth = json_is_true(value);
    json_decref(value);
    if (fits)
        return 0;
    const struct mapping_node *found = first_path(node);
    fault_set(fault, TRUC_E_PAYLOAD, "a condition is neither true nor false");
    fault_where(fault, "%s", found ? found->written : "");
    return TRUC_E_PAYLOAD;
}

static int choose(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value,
                  struct truc_fault *fault)
{
    bool holds = false;
    int result = truth(node->arguments[0], values, &holds, fault);
    if (result < 0)
        return result;
    if (!holds && node->argument_count == 2)
        return mapping_give(json_null(), ret_value, fault);
    return evaluate(node->arguments[holds ? 1 : 2], values, ret_value, fault);
}

static int fall_back(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value,
                     struct truc_fault *fault)
{
    json_t *value = NULL;
    int result = evaluate(node->arguments[0], values, &value, fault);
    if (result < 0)
        return result;
    if (!json_is_null(value)) {
        *ret_value = value;
        return 0;
    }
    return evaluate(node->arguments[1], values, ret_value, fault);
}

static int logic(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value,
                 struct truc_fault *fault)
{
    bool holds = false;
    int result = truth(node->arguments[0], values, &holds, fault);
    if (result < 0)
        return result;
    if (node->operation == MAPPING_OP_NOT)
        return mapping_give(json_boolean(!holds), ret_value, fault);
    if (holds == (node->operation == MAPPING_OP_AND))
        result = truth(node->arguments[1], values, &holds, fault);
    return result < 0 ? result : mapping_give(json_boolean(holds), ret_value, fault);
}

static bool is_equal(const json_t *left, const json_t *right)
{
    if (json_is_number(left) && json_is_number(right) && !(json_is_integer(left) && json_is_integer(right))) {
        double a = json_number_value(left), b = json_number_value(right);
        return a >= b && a <= b;
    }
    return json_equal(left, right);
}

/* -1, 0, 1; 2 when the two have no order. */
static int order_of(const json_t *left, const json_t *right)
{
    if (json_is_integer(left) && json_is_integer(right)) {
        json_int_t a = json_integer_value(left), b = json_integer_value(right);
        return (a > b) - (a < b);
    }
    if (json_is_number(left) && json_is_number(right)) {
        double a = json_number_value(left), b = json_number_value(right);
        return (a > b) - (a < b);
    }
    if (json_is_string(left) && json_is_string(right)) {
        int order = bytes_compare(mapping_value_text(left), mapping_value_text(right));
        return (order > 0) - (order < 0);
    }
    return 2;
}

static bool is_in(const json_t *value, const json_t *elements)
{
    size_t index;
    json_t *element;
    json_array_foreach(elements, index, element) {
        if (is_equal(value, element))
            return true;
    }
    return false;
}

static bool compare(enum mapping_operation operation, const json_t *left, const json_t *right)
{
    int order = operation >= MAPPING_OP_LESS && operation <= MAPPING_OP_GREATER_EQUAL ? order_of(left, right) : 2;
    switch (operation) {
    case MAPPING_OP_EQUAL:
        return is_equal(left, right);
    case MAPPING_OP_NOT_EQUAL:
        return !is_equal(left, right);
    case MAPPING_OP_LESS:
        return order == -1;
    case MAPPING_OP_LESS_EQUAL:
        return order == -1 || order == 0;
    case MAPPING_OP_GREATER:
        return order == 1;
    case MAPPING_OP_GREATER_EQUAL:
        return order == 1 || order == 0;
    default:
        return is_in(left, right);
    }
}

static int comparison(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value,
                      struct truc_fault *fault)
{
    json_t *left = NULL, *right = NULL;
    int result = evaluate(node->arguments[0], values, &left, fault);
    if (result < 0)
        return result;
    result = evaluate(node->arguments[1], values, &right, fault);
    if (result == 0) {
        result = mapping_give(json_boolean(compare(node->operation, left, right)), ret_value, fault);
        json_decref(right);
    }
    json_decref(left);
    return result;
}

static int evaluate(const struct mapping_node *node, const struct mapping_values *values, json_t **ret_value,
                    struct truc_fault *fault)
{
    switch (node->operation) {
    case MAPPING_OP_CONSTANT:
        return constant(node, ret_value, fault);
    case MAPPING_OP_PATH:
        return path(node, values, ret_value);
    case MAPPING_OP_CALL:
        return call(node, values, ret_value, fault);
    case MAPPING_OP_IF:
        return choose(node, values, ret_value, fault);
    case MAPPING_OP_LOOKUP:
    case MAPPING_OP_REVERSE_LOOKUP:
        return look_up(node, values, ret_value, fault);
    case MAPPING_OP_LIST:
        return list(node, values, ret_value, fault);
    case MAPPING_OP_DEFAULT:
        return fall_back(node, values, ret_value, fault);
    case MAPPING_OP_AND:
    case MAPPING_OP_OR:
    case MAPPING_OP_NOT:
        return logic(node, values, ret_value, fault);
    default:
        return comparison(node, values, ret_value, fault);
    }
}

int mapping_expression_evaluate(const struct mapping_expression *expression, const struct mapping_values *values,
                                json_t **ret_value, struct truc_fault *fault)
{
    struct truc_fault inner = {0};
    int result = evaluate(expression->node, values, ret_value, &inner);
    if (result < 0 && fault)
        *fault = inner;
    return result;
}

int mapping_expression_holds(const struct mapping_expression *expression, const struct mapping_values *values,
                             bool *ret_holds, struct truc_fault *fault)
{
    return truth(expression->node, values, ret_holds, fault);
}
