/* mapping_parser.c - recursive descent over the tokens, one function a rule of the grammar (docs/mapping.md).
 * Resolves nothing: whether a function or a field exists is mapping_check.c's question. Depth is bounded.
 * In the flow: text -> tokens -> this -> tree. */
#include "fault.h"
#include "mapping_lexer.h"
#include "mapping_node.h"

struct parser {
    struct mapping_lexer lexer;
    struct mapping_token token; /* the one being looked at */
    struct arena *arena;
    struct truc_fault *fault;
    size_t offset; /* of the error */
    unsigned depth;
};

static int parse_expression(struct parser *parser, struct mapping_node **ret_node);

static int advance(struct parser *parser)
{
    int result = mapping_lexer_next(&parser->lexer, &parser->token, parser->fault);
    if (result < 0)
        parser->offset = parser->token.offset;
    return result;
}

static int fail(struct parser *parser, const char *text, const char *hint)
{
    parser->offset = parser->token.offset;
    fault_set(parser->fault, TRUC_E_CONFIG, "%s", text);
    fault_hint(parser->fault, "%s", hint);
    return TRUC_E_CONFIG;
}

static int no_memory(struct parser *parser)
{
    return fault_set(parser->fault, TRUC_E_MEMORY, "no memory for an expression");
}

static bool at_word(const struct parser *parser, const char *word)
{
    return parser->token.kind == MAPPING_TOKEN_NAME && bytes_equal_string(parser->token.text, word);
}

static struct mapping_node *new_node(struct parser *parser, enum mapping_operation operation, size_t argument_count)
{
    struct mapping_node *node = arena_alloc(parser->arena, sizeof(*node));
    if (!node)
        return NULL;
    node->operation = operation;
    node->offset = parser->token.offset;
    if (argument_count) {
        node->arguments = arena_alloc_array(parser->arena, argument_count, sizeof(struct mapping_node *));
        if (!node->arguments)
            return NULL;
    }
    node->argument_count = argument_count;
    return node;
}

static int binary(struct parser *parser, enum mapping_operation operation, struct mapping_node *left,
                  struct mapping_node *right, struct mapping_node **ret_node)
{
    struct mapping_node *node = new_node(parser, operation, 2);
    if (!node)
        return no_memory(parser);
    node->offset = left->offset;
    node->arguments[0] = left;
    node->arguments[1] = right;
    *ret_node = node;
    return 0;
}

/* A quoted text with \" \' \\ \n \t undone. */
static int unescape(struct parser *parser, char **ret_text)
{
    struct bytes text = parser->token.text;
    char *out = arena_alloc(parser->arena, text.size + 1);
    if (!out)
        return no_memory(parser);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.data[i];
        if (c == '\\') {
            c = (char)text.data[++i];
            if (!c || !strchr("\"'\\nt", c))
                return fail(parser, "a backslash before a character that needs none",
                            "known are \\\" \\' \\\\ \\n \\t");
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        out[size++] = c;
    }
    *ret_text = out;
    return 0;
}

static int parse_constant(struct parser *parser, struct mapping_node **ret_node)
{
    struct mapping_node *node = new_node(parser, MAPPING_OP_CONSTANT, 0);
    if (!node)
        return no_memory(parser);
    int result = 0;
    char *text = NULL;
    switch (parser->token.kind) {
    case MAPPING_TOKEN_TEXT:
        node->type = mapping_type_of(MAPPING_TEXT);
        result = unescape(parser, &text);
        node->text = text;
        break;
    case MAPPING_TOKEN_SPAN:
        node->type = mapping_type_of(MAPPING_SPAN);
        node->text = arena_string(parser->arena, parser->token.text);
        result = node->text ? 0 : no_memory(parser);
        break;
    case MAPPING_TOKEN_INTEGER:
        node->type = mapping_type_of(MAPPING_INTEGER);
        node->integer = parser->token.integer;
        break;
    case MAPPING_TOKEN_REAL:
        node->type = mapping_type_of(MAPPING_REAL);
        node->real = parser->token.real;
        break;
    default: /* true, false, null: parse_primary saw to it */
        node->type = mapping_type_of(at_word(parser, "null") ? MAPPING_NULL : MAPPING_BOOL);
        node->truth = at_word(parser, "true");
        break;
    }
    if (result == 0)
        *ret_node = node;
    return result < 0 ? result : advance(parser);
}

/* expression {"," expression} up to the closing sign, which is consumed. */
static int parse_arguments(struct parser *parser, enum mapping_token_kind closing, struct mapping_node *node)
{
    struct mapping_node *arguments[MAPPING_ARGUMENTS_MAX];
    size_t count = 0;
    while (parser->token.kind != closing) {
        if (count == MAPPING_ARGUMENTS_MAX)
            return fail(parser, "more than 16 values in one call or list", "use a table, or nest calls");
        int result = parse_expression(parser, &arguments[count]);
        if (result < 0)
            return result;
        count++;
        if (parser->token.kind == MAPPING_TOKEN_COMMA) {
            result = advance(parser);
            if (result < 0)
                return result;
            if (parser->token.kind == closing)
                return fail(parser, "a value is missing after the comma", "remove the comma or add the value");
        } else if (parser->token.kind != closing) {
            return fail(parser,
                        closing == MAPPING_TOKEN_CLOSE ? "')' or ',' is missing here" : "']' or ',' is missing here",
                        "every bracket that opens must close; between YAML's own { } a comma ends the value: give "
                        "it a line of its own");
        }
    }
    node->arguments = arena_alloc_array(parser->arena, count ? count : 1, sizeof(struct mapping_node *));
    if (!node->arguments)
        return no_memory(parser);
    memcpy(node->arguments, arguments, count * sizeof(struct mapping_node *));
    node->argument_count = count;
    return advance(parser);
}

static int path_step(struct parser *parser, struct mapping_step *step)
{
    bool bracket = parser->token.kind == MAPPING_TOKEN_OPEN_LIST;
    int result = advance(parser);
    if (result < 0)
        return result;
    enum mapping_token_kind kind = parser->token.kind;
    step->offset = parser->token.offset;
    if (!bracket && kind != MAPPING_TOKEN_NAME)
        return fail(parser, "a name must follow the dot", "for a name with other characters write [\"the name\"]");
    if (bracket && kind == MAPPING_TOKEN_INTEGER && parser->token.integer >= 0) {
        step->index = (size_t)parser->token.integer;
    } else if (!bracket || kind == MAPPING_TOKEN_TEXT) {
        if (bracket)
            result = unescape(parser, &step->name);
        else if (!(step->name = arena_string(parser->arena, parser->token.text)))
            result = no_memory(parser);
        if (result < 0)
            return result;
    } else {
        return fail(parser, "in brackets stands a number from 0 or a name in quotes", "write [0] or [\"name\"]");
    }
    result = advance(parser);
    if (result < 0 || !bracket)
        return result;
    if (parser->token.kind != MAPPING_TOKEN_CLOSE_LIST)
        return fail(parser, "']' is missing here", "every bracket that opens must close");
    return advance(parser);
}

static int parse_steps(struct parser *parser, struct mapping_node *node)
{
    struct mapping_step steps[MAPPING_STEPS_MAX] = {{0}};
    size_t count = 0;
    while (parser->token.kind == MAPPING_TOKEN_DOT || parser->token.kind == MAPPING_TOKEN_OPEN_LIST) {
        if (count == MAPPING_STEPS_MAX)
            return fail(parser, "a path of more than 16 steps", "no field lies so deep");
        int result = path_step(parser, &steps[count++]);
        if (result < 0)
            return result;
    }
    node->steps = arena_alloc_array(parser->arena, count ? count : 1, sizeof(steps[0]));
    if (!node->steps)
        return no_memory(parser);
    memcpy(node->steps, steps, count * sizeof(steps[0]));
    node->step_count = count;
    struct bytes written = bytes_of(parser->lexer.text.data + node->offset, parser->token.offset - node->offset);
    while (written.size && strchr(" \t\r\n", written.data[written.size - 1]))
        written.size--;
    node->written = arena_string(parser->arena, written);
    return node->written ? 0 : no_memory(parser);
}

/* name "(" arguments ")", or a path. */
static int parse_name(struct parser *parser, struct mapping_node **ret_node)
{
    struct mapping_node *node = new_node(parser, MAPPING_OP_PATH, 0);
    if (!node || !(node->text = arena_string(parser->arena, parser->token.text)))
        return no_memory(parser);
    int result = advance(parser);
    if (result == 0 && parser->token.kind == MAPPING_TOKEN_OPEN) {
        node->operation = MAPPING_OP_CALL;
        result = advance(parser);
        if (result == 0)
            result = parse_arguments(parser, MAPPING_TOKEN_CLOSE, node);
    } else if (result == 0) {
        result = parse_steps(parser, node);
    }
    if (result == 0)
        *ret_node = node;
    return result;
}

static int parse_list(struct parser *parser, struct mapping_node **ret_node)
{
    struct mapping_node *node = new_node(parser, MAPPING_OP_LIST, 0);
    if (!node)
        return no_memory(parser);
    int result = advance(parser);
    if (result == 0)
        result = parse_arguments(parser, MAPPING_TOKEN_CLOSE_LIST, node);
    if (result == 0)
        *ret_node = node;
    return result;
}

static int parse_group(struct parser *parser, struct mapping_node **ret_node)
{
    int result = advance(parser);
    if (result == 0)
        result = parse_expression(parser, ret_node);
    if (result < 0)
        return result;
    if (parser->token.kind != MAPPING_TOKEN_CLOSE)
        return fail(parser, "')' is missing here", "every bracket that opens must close");
    return advance(parser);
}

static int parse_primary(struct parser *parser, struct mapping_node **ret_node)
{
    switch (parser->token.kind) {
    case MAPPING_TOKEN_TEXT:
    case MAPPING_TOKEN_SPAN:
    case MAPPING_TOKEN_INTEGER:
    case MAPPING_TOKEN_REAL:
        return parse_constant(parser, ret_node);
    case MAPPING_TOKEN_NAME:
        if (at_word(parser, "true") || at_word(parser, "false") || at_word(parser, "null"))
            return parse_constant(parser, ret_node);
        if (at_word(parser, "and") || at_word(parser, "or") || at_word(parser, "in") || at_word(parser, "default"))
            return fail(parser, "a value is missing before this word",
                        "write value default value, or a == b and c == d");
        return parse_name(parser, ret_node);
    case MAPPING_TOKEN_OPEN:
        return parse_group(parser, ret_node);
    case MAPPING_TOKEN_OPEN_LIST:
        return parse_list(parser, ret_node);
    default:
        return fail(parser, "a value is missing here", "write a path, a call, a number or a text in quotes");
    }
}

static bool comparison(const struct parser *parser, enum mapping_operation *ret_operation)
{
    switch (parser->token.kind) {
    case MAPPING_TOKEN_EQUAL:
        *ret_operation = MAPPING_OP_EQUAL;
        return true;
    case MAPPING_TOKEN_NOT_EQUAL:
        *ret_operation = MAPPING_OP_NOT_EQUAL;
        return true;
    case MAPPING_TOKEN_LESS:
        *ret_operation = MAPPING_OP_LESS;
        return true;
    case MAPPING_TOKEN_LESS_EQUAL:
        *ret_operation = MAPPING_OP_LESS_EQUAL;
        return true;
    case MAPPING_TOKEN_GREATER:
        *ret_operation = MAPPING_OP_GREATER;
        return true;
    case MAPPING_TOKEN_GREATER_EQUAL:
        *ret_operation = MAPPING_OP_GREATER_EQUAL;
        return true;
    default:
        *ret_operation = MAPPING_OP_IN;
        return at_word(parser, "in");
    }
}

/* The levels of binding, loosest first. `default` binds closest: a default 0 == b is (a default 0) == b. */
enum level { LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_DEFAULT };

static bool operation_at(const struct parser *parser, enum level level, enum mapping_operation *ret_operation)
{
    switch (level) {
    case LEVEL_OR:
        *ret_operation = MAPPING_OP_OR;
        return at_word(parser, "or");
    case LEVEL_AND:
        *ret_operation = MAPPING_OP_AND;
        return at_word(parser, "and");
    case LEVEL_COMPARE:
        return comparison(parser, ret_operation);
    default:
        *ret_operation = MAPPING_OP_DEFAULT;
        return at_word(parser, "default");
    }
}

static int parse_level(struct parser *parser, enum level level, struct mapping_node **ret_node);

static int parse_not(struct parser *parser, struct mapping_node **ret_node)
{
    if (!at_word(parser, "not"))
        return parse_level(parser, LEVEL_COMPARE, ret_node);
    struct mapping_node *node = new_node(parser, MAPPING_OP_NOT, 1);
    if (!node)
        return no_memory(parser);
    int result = advance(parser);
    if (result == 0)
        result = parse_level(parser, LEVEL_COMPARE, &node->arguments[0]);
    if (result == 0)
        *ret_node = node;
    return result;
}

static int parse_operand(struct parser *parser, enum level level, struct mapping_node **ret_node)
{
    if (level == LEVEL_AND)
        return parse_not(parser, ret_node);
    return level == LEVEL_DEFAULT ? parse_primary(parser, ret_node) : parse_level(parser, level + 1, ret_node);
}

static int parse_level(struct parser *parser, enum level level, struct mapping_node **ret_node)
{
    struct mapping_node *left;
    int result = parse_operand(parser, level, &left);
    enum mapping_operation operation;
    while (result == 0 && operation_at(parser, level, &operation)) {
        struct mapping_node *right;
        result = advance(parser);
        if (result == 0)
            result = parse_operand(parser, level, &right);
        if (result == 0)
            result = binary(parser, operation, left, right, &left);
        if (level == LEVEL_COMPARE)
            break; /* a == b == c has no meaning: the second sign is then reported as out of place */
    }
    if (result == 0)
        *ret_node = left;
    return result;
}

static int parse_expression(struct parser *parser, struct mapping_node **ret_node)
{
    if (++parser->depth > MAPPING_DEPTH_MAX)
        return fail(parser, "an expression nested deeper than 24", "split it over several members or a table");
    int result = parse_level(parser, LEVEL_OR, ret_node);
    parser->depth--;
    return result;
}

int mapping_parse(struct bytes text, struct arena *arena, struct mapping_node **ret_node, size_t *ret_offset,
                  struct truc_fault *fault)
{
    struct parser parser = {.lexer = {.text = text}, .arena = arena, .fault = fault};
    struct mapping_node *node = NULL;
    int result = advance(&parser);
    if (result == 0)
        result = parse_expression(&parser, &node);
    if (result == 0 && parser.token.kind != MAPPING_TOKEN_END)
        result = fail(&parser, "the expression should have ended here", "a constant text stands in quotes");
    if (result < 0)
        *ret_offset = parser.offset;
    else
        *ret_node = node;
    return result;
}
