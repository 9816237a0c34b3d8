/* mapping_expression.c - compiling: text -> parser -> checker -> expression, and placing faults in the adapter file.
 * Evaluation is in mapping_evaluate.c.
 * In the flow: called for every expression while an adapter file is loaded. */
#include "mapping_expression.h"

#include "fault.h"
#include "mapping_node.h"

int mapping_scope_add(struct mapping_scope *scope, const char *name, struct mapping_type type)
{
    if (scope->root_count == MAPPING_ROOTS_MAX)
        return TRUC_E_LIMIT;
    scope->roots[scope->root_count] = (struct mapping_root){name, type};
    return (int)scope->root_count++;
}

int mapping_place_fault(const struct mapping_place *place, const char *text, size_t offset, struct truc_fault *fault)
{
    if (!fault)
        return TRUC_E_CONFIG;
    uint32_t line = place->line, column = place->column;
    for (size_t i = 0; i < offset && text[i]; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((uint8_t)text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return fault_where(fault, "%s:%u:%u", place->file, line, column);
}

static int make(struct bytes text, const struct mapping_place *place, struct arena *arena,
                struct mapping_expression **ret_expression, struct truc_fault *fault)
{
    struct mapping_expression *expression = arena_alloc(arena, sizeof(*expression));
    char *copy = arena_string(arena, text);
    if (!expression || !copy)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an expression");
    expression->text = copy;
    expression->place = *place;
    expression->source = "";
    *ret_expression = expression;
    return 0;
}

static const char *source_of(const struct mapping_node *node)
{
    if (node->operation == MAPPING_OP_PATH)
        return node->written;
    const char *found = "";
    size_t first = node->operation == MAPPING_OP_LOOKUP || node->operation == MAPPING_OP_REVERSE_LOOKUP;
    for (size_t i = first; !*found && i < node->argument_count; i++)
        found = source_of(node->arguments[i]);
    return found;
}

int mapping_expression_compile(struct bytes text, const struct mapping_scope *scope, const struct mapping_place *place,
                               struct arena *arena, const struct mapping_expression **ret_expression,
                               struct truc_fault *fault)
{
    struct mapping_expression *expression = NULL;
    struct truc_fault inner = {0};
    size_t offset = 0;
    if (text.size > MAPPING_EXPRESSION_BYTES_MAX) {
        fault_set(fault, TRUC_E_LIMIT, "an expression of more than %d bytes", MAPPING_EXPRESSION_BYTES_MAX);
        mapping_place_fault(place, "", 0, fault);
        return TRUC_E_LIMIT;
    }
    int result = make(text, place, arena, &expression, fault);
    if (result < 0 || !expression)
        return result;
    result = mapping_parse(text, arena, &expression->node, &offset, &inner);
    if (result == 0)
        result = mapping_check(expression->node, scope, &offset, &inner);
    if (result < 0) {
        mapping_place_fault(place, expression->text, offset, &inner);
        if (fault)
            *fault = inner;
        return result;
    }
    expression->source = source_of(expression->node);
    *ret_expression = expression;
    return 0;
}

int mapping_expression_constant(struct bytes text, const struct mapping_place *place, struct arena *arena,
                                const struct mapping_expression **ret_expression, struct truc_fault *fault)
{
    struct mapping_expression *expression = NULL;
    int result = make(text, place, arena, &expression, fault);
    if (result < 0 || !expression)
        return result;
    expression->node = arena_alloc(arena, sizeof(*expression->node));
    if (!expression->node)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an expression");
    expression->node->operation = MAPPING_OP_CONSTANT;
    expression->node->type = mapping_type_of(MAPPING_TEXT);
    expression->node->text = expression->text;
    *ret_expression = expression;
    return 0;
}

const struct mapping_type *mapping_expression_type(const struct mapping_expression *expression)
{
    return &expression->node->type;
}

const struct mapping_place *mapping_expression_place(const struct mapping_expression *expression)
{
    return &expression->place;
}

const char *mapping_expression_source(const struct mapping_expression *expression)
{
    return expression->source;
}

const char *mapping_expression_text(const struct mapping_expression *expression)
{
    const struct mapping_node *node = expression->node;
    return node->operation == MAPPING_OP_CONSTANT && node->type.kind == MAPPING_TEXT ? node->text : NULL;
}
