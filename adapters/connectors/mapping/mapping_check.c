/* mapping_check.c - resolves an expression's names and gives every node its type: mistakes show before any message.
 * Values that come from a far side have no known type: what concerns them is checked at evaluation.
 * In the flow: after mapping_parser.c, once per adapter file. */
#include <stdio.h>

#include "fault.h"
#include "mapping_node.h"
#include "mapping_time.h"
#include "text.h"

struct checker {
    const struct mapping_scope *scope;
    struct truc_fault *fault;
    size_t offset; /* of the error */
};

static int check(struct checker *checker, struct mapping_node *node);

static int fail(struct checker *checker, size_t offset, const char *format, ...) FAULT_PRINTF(3, 4);
static int fail(struct checker *checker, size_t offset, const char *format, ...)
{
    va_list arguments;
    checker->offset = offset;
    va_start(arguments, format);
    fault_vset(checker->fault, TRUC_E_CONFIG, format, arguments);
    va_end(arguments);
    fault_hint(checker->fault, "%s", "");
    return TRUC_E_CONFIG;
}

static int did_you_mean(struct checker *checker, const char *nearest, const char *otherwise)
{
    if (nearest)
        fault_hint(checker->fault, "did you mean '%s'?", nearest);
    else
        fault_hint(checker->fault, "%s", otherwise);
    return TRUC_E_CONFIG;
}

/* ---- paths ---------------------------------------------------------------------------------------------------- */

static int resolve_root(struct checker *checker, struct mapping_node *node)
{
    const char *names[MAPPING_ROOTS_MAX];
    char known[160] = "known here:";
    const struct mapping_scope *scope = checker->scope;
    for (size_t i = scope->root_count; i-- > 0;) { /* the innermost each: first */
        if (strcmp(scope->roots[i].name, node->text) == 0) {
            node->root = i;
            node->type = scope->roots[i].type;
            return 0;
        }
    }
    for (size_t i = 0; i < scope->root_count; i++) {
        names[i] = scope->roots[i].name;
        size_t used = strlen(known);
        snprintf(known + used, sizeof(known) - used, "%s %s", i ? "," : "", names[i]);
    }
    fail(checker, node->offset, "nothing is called '%s' here", node->text);
    return did_you_mean(checker, text_nearest(bytes_string(node->text), names, scope->root_count), known);
}

static int step_into_message(struct checker *checker, const struct mapping_step *step, struct mapping_type *type)
{
    const struct schema_message *message = type->message;
    const struct schema_field *field = schema_find_field(message, bytes_string(step->name));
    if (field) {
        *type = mapping_type_of_field(field);
        return 0;
    }
    const char *title = *message->type ? message->type : message->full_name;
    fail(checker, step->offset, "%s has no field '%s'", title, step->name);
    return did_you_mean(checker, schema_nearest_field(message, bytes_string(step->name)),
                        "truc schema show lists its fields");
}

static int step_into_record(struct checker *checker, const struct mapping_step *step, struct mapping_type *type)
{
    const char *names[SCHEMA_FIELDS_MAX];
    const struct mapping_record *record = type->record;
    for (size_t i = 0; i < record->member_count; i++) {
        if (strcmp(record->members[i].name, step->name) == 0) {
            *type = record->members[i].type;
            return 0;
        }
        if (i < SCHEMA_FIELDS_MAX)
            names[i] = record->members[i].name;
    }
    size_t count = record->member_count < SCHEMA_FIELDS_MAX ? record->member_count : SCHEMA_FIELDS_MAX;
    fail(checker, step->offset, "%s has no '%s'", record->title, step->name);
    return did_you_mean(checker, text_nearest(bytes_string(step->name), names, count),
                        "docs/mapping.md lists what there is");
}

static void fold_name(char *name)
{
    for (; *name; name++)
        *name = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
}

static int resolve_step(struct checker *checker, const struct mapping_step *step, struct mapping_type *type)
{
    char title[MAPPING_TYPE_TEXT_BYTES];
    mapping_type_format(type, title);
    if (type->kind == MAPPING_ANY && !type->list) {
        if (type->folded && step->name)
            fold_name(step->name);
        type->folded = false;
        return 0;
    }
    if (type->list != (step->name == NULL)) {
        if (type->list)
            fail(checker, step->offset, "this is a %s, which has no members", title);
        else
            fail(checker, step->offset, "this is no list but %s", title);
        fault_hint(checker->fault, "%s",
                   type->list ? "take one with [0], first() or last(), or all with each:" : "name a member");
        return TRUC_E_CONFIG;
    }
    if (type->list) {
        type->list = false;
        return 0;
    }
    if (type->kind == MAPPING_MESSAGE)
        return step_into_message(checker, step, type);
    if (type->kind == MAPPING_RECORD)
        return step_into_record(checker, step, type);
    return fail(checker, step->offset, "%s has no members", title);
}

static int check_path(struct checker *checker, struct mapping_node *node)
{
    int result = resolve_root(checker, node);
    for (size_t i = 0; result == 0 && i < node->step_count; i++)
        result = resolve_step(checker, &node->steps[i], &node->type);
    return result;
}

/* ---- enums ---------------------------------------------------------------------------------------------------- */

static int check_word(struct checker *checker, const struct mapping_node *node, const struct schema_enum *enumeration)
{
    if (node->operation == MAPPING_OP_LIST) {
        int result = 0;
        for (size_t i = 0; result == 0 && i < node->argument_count; i++)
            result = check_word(checker, node->arguments[i], enumeration);
        return result;
    }
    if (node->operation != MAPPING_OP_CONSTANT || node->type.kind != MAPPING_TEXT)
        return 0;
    const char *words[SCHEMA_FIELDS_MAX];
    size_t count = 0;
    for (; count < enumeration->value_count && count < SCHEMA_FIELDS_MAX; count++) {
        words[count] = enumeration->values[count].word;
        if (strcmp(words[count], node->text) == 0)
            return 0;
    }
    fail(checker, node->offset, "%s has no value '%s'", enumeration->full_name, node->text);
    return did_you_mean(checker, text_nearest(bytes_string(node->text), words, count),
                        "truc schema show lists its values");
}

static int check_words(struct checker *checker, const struct mapping_node *left, const struct mapping_node *right)
{
    int result = 0;
    if (left->type.kind == MAPPING_ENUM)
        result = check_word(checker, right, left->type.enumeration);
    if (result == 0 && right->type.kind == MAPPING_ENUM)
        result = check_word(checker, left, right->type.enumeration);
    return result;
}

/* ---- calls ---------------------------------------------------------------------------------------------------- */

static int check_all(struct checker *checker, struct mapping_node *node)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < node->argument_count; i++)
        result = check(checker, node->arguments[i]);
    return result;
}

static int check_count(struct checker *checker, const struct mapping_node *node, size_t least, size_t most,
                       const char *usage)
{
    if (node->argument_count >= least && node->argument_count <= most)
        return 0;
    if (least == most)
        fail(checker, node->offset, "%s takes %zu value%s, not %zu", node->text, least, least == 1 ? "" : "s",
             node->argument_count);
    else
        fail(checker, node->offset, "%s takes %zu to %zu values, not %zu", node->text, least, most,
             node->argument_count);
    fault_hint(checker->fault, "write %s", usage);
    return TRUC_E_CONFIG;
}

static int check_argument(struct checker *checker, const struct mapping_node *call, size_t at)
{
    const struct mapping_node *argument = call->arguments[at];
    enum mapping_takes takes = call->function->takes[at < MAPPING_PARAMETERS_MAX ? at : MAPPING_PARAMETERS_MAX - 1];
    bool constant = takes >= MAPPING_TAKES_PATTERN_TO_WRITE;
    char title[MAPPING_TYPE_TEXT_BYTES];
    bool fits = constant ? argument->operation == MAPPING_OP_CONSTANT && argument->type.kind == MAPPING_TEXT
                         : mapping_takes_type(takes, &argument->type);
    if (!fits) {
        mapping_type_format(&argument->type, title);
        fail(checker, argument->offset, "%s wants %s here, not %s", call->text, mapping_takes_text(takes), title);
        fault_hint(checker->fault, "write %s", call->function->usage);
        return TRUC_E_CONFIG;
    }
    int minutes, result = 0;
    if (takes == MAPPING_TAKES_ZONE)
        result = mapping_time_parse_zone(bytes_string(argument->text), &minutes, checker->fault);
    else if (constant)
        result = mapping_time_check_pattern(bytes_string(argument->text), takes == MAPPING_TAKES_PATTERN_TO_READ,
                                            checker->fault);
    if (result < 0)
        checker->offset = argument->offset;
    return result;
}

static int check_function(struct checker *checker, struct mapping_node *node)
{
    const struct mapping_function *function = mapping_function_find(bytes_string(node->text));
    if (!function) {
        fail(checker, node->offset, "there is no function '%s'", node->text);
        return did_you_mean(checker, mapping_function_nearest(bytes_string(node->text)),
                            "docs/mapping.md lists the functions");
    }
    node->function = function;
    int result = check_count(checker, node, function->least, function->most, function->usage);
    if (result == 0)
        result = check_all(checker, node);
    for (size_t i = 0; result == 0 && i < node->argument_count; i++)
        result = check_argument(checker, node, i);
    if (result < 0)
        return result;
    node->type = mapping_type_of(function->kind);
    if (function->gives == MAPPING_GIVES_TEXTS)
        node->type.list = true;
    if (function->gives == MAPPING_GIVES_FIRST || function->gives == MAPPING_GIVES_ELEMENT)
        node->type = node->arguments[0]->type;
    if (function->gives == MAPPING_GIVES_ELEMENT)
        node->type.list = false;
    return 0;
}

static int check_if(struct checker *checker, struct mapping_node *node)
{
    node->operation = MAPPING_OP_IF;
    int result = check_count(checker, node, 2, 3, "if(condition, then, else)");
    if (result == 0)
        result = check_all(checker, node);
    if (result < 0)
        return result;
    enum mapping_kind condition = node->arguments[0]->type.kind;
    if (node->arguments[0]->type.list || (condition != MAPPING_BOOL && condition != MAPPING_ANY)) {
        fail(checker, node->arguments[0]->offset, "if wants a condition here");
        fault_hint(checker->fault, "compare: if(a == b, then, else)");
        return TRUC_E_CONFIG;
    }
    node->type = node->arguments[1]->type;
    if (node->argument_count == 3)
        node->type = mapping_type_join(&node->arguments[1]->type, &node->arguments[2]->type);
    return 0;
}

/* An enum looked up without a fallback needs a line for each of its words: what is missing would fail at night. */
static int check_coverage(struct checker *checker, const struct mapping_node *node, const struct mapping_node *key)
{
    const struct schema_enum *enumeration = key->type.enumeration;
    if (key->type.kind != MAPPING_ENUM || !enumeration || node->argument_count == 3)
        return 0;
    for (size_t i = 0; i < enumeration->value_count; i++) {
        const struct schema_enum_value *value = &enumeration->values[i];
        struct bytes word = bytes_string(value->word);
        bool found = node->operation == MAPPING_OP_LOOKUP ? mapping_table_value(node->table, word) != NULL
                                                          : mapping_table_key(node->table, word) != NULL;
        if (found || value->number == 0) /* 0 is "not stated" */
            continue;
        fail(checker, node->offset, "table '%s' has no line for '%s' of %s", node->table->name, value->word,
             enumeration->full_name);
        fault_hint(checker->fault, "add the line, or a third value that is used instead");
        return TRUC_E_CONFIG;
    }
    return 0;
}

static int check_lookup(struct checker *checker, struct mapping_node *node, enum mapping_operation operation)
{
    node->operation = operation;
    bool reverse = operation == MAPPING_OP_REVERSE_LOOKUP;
    int result = check_count(checker, node, 2, 3,
                             reverse ? "reverse_lookup(table, value, otherwise)" : "lookup(table, key, otherwise)");
    if (result < 0)
        return result;
    const struct mapping_node *name = node->arguments[0];
    if (name->operation != MAPPING_OP_PATH || name->step_count) {
        fail(checker, name->offset, "%s wants the name of a table first", node->text);
        fault_hint(checker->fault, "without quotes: lookup(channel, $.KenhThucHien)");
        return TRUC_E_CONFIG;
    }
    node->table = mapping_tables_find(checker->scope->tables, bytes_string(name->text));
    if (!node->table) {
        fail(checker, name->offset, "there is no table '%s'", name->text);
        return did_you_mean(checker, mapping_tables_nearest(checker->scope->tables, bytes_string(name->text)),
                            "tables stand under tables: in this file");
    }
    for (size_t i = 1; result == 0 && i < node->argument_count; i++)
        result = check(checker, node->arguments[i]);
    if (result < 0)
        return result;
    if (!mapping_takes_type(MAPPING_TAKES_SCALAR, &node->arguments[1]->type))
        return fail(checker, node->arguments[1]->offset, "%s wants a text, number or bool to look up", node->text);
    node->type = (struct mapping_type){.kind = MAPPING_TEXT, .table = reverse ? NULL : node->table};
    if (node->argument_count == 3)
        node->type = mapping_type_join(&node->type, &node->arguments[2]->type);
    return check_coverage(checker, node, node->arguments[1]);
}

/* ---- operators ------------------------------------------------------------------------------------------------ */

static int check_condition(struct checker *checker, const struct mapping_node *node)
{
    enum mapping_kind kind = node->type.kind;
    if (!node->type.list && (kind == MAPPING_BOOL || kind == MAPPING_ANY || kind == MAPPING_NULL))
        return 0;
    fail(checker, node->offset, "a condition should stand here");
    fault_hint(checker->fault, "compare: a == b");
    return TRUC_E_CONFIG;
}

static int check_logic(struct checker *checker, struct mapping_node *node)
{
    int result = check_all(checker, node);
    for (size_t i = 0; result == 0 && i < node->argument_count; i++)
        result = check_condition(checker, node->arguments[i]);
    node->type = mapping_type_of(MAPPING_BOOL);
    return result;
}

static int check_comparison(struct checker *checker, struct mapping_node *node)
{
    int result = check_all(checker, node);
    if (result < 0)
        return result;
    const struct mapping_node *left = node->arguments[0], *right = node->arguments[1];
    struct mapping_type element = right->type;
    char first[MAPPING_TYPE_TEXT_BYTES], second[MAPPING_TYPE_TEXT_BYTES];
    if (node->operation == MAPPING_OP_IN) {
        if (!element.list && element.kind != MAPPING_ANY) {
            fail(checker, right->offset, "after 'in' a list should stand");
            fault_hint(checker->fault, "e.g. $.code in [\"004\", \"005\"]");
            return TRUC_E_CONFIG;
        }
        element.list = false;
    }
    if (!mapping_types_comparable(&left->type, &element)) {
        mapping_type_format(&left->type, first);
        mapping_type_format(&element, second);
        fail(checker, node->offset, "%s and %s are never equal", first, second);
        fault_hint(checker->fault, "bring both to one kind with string(), int() or parse_time()");
        return TRUC_E_CONFIG;
    }
    node->type = mapping_type_of(MAPPING_BOOL);
    return check_words(checker, left, right);
}

static int check_default(struct checker *checker, struct mapping_node *node)
{
    int result = check_all(checker, node);
    if (result < 0)
        return result;
    node->type = mapping_type_join(&node->arguments[0]->type, &node->arguments[1]->type);
    return check_words(checker, node->arguments[0], node->arguments[1]);
}

static int check_list(struct checker *checker, struct mapping_node *node)
{
    int result = check_all(checker, node);
    struct mapping_type type = mapping_type_of(MAPPING_NULL);
    for (size_t i = 0; result == 0 && i < node->argument_count; i++)
        type = mapping_type_join(&type, &node->arguments[i]->type);
    if (node->argument_count == 0)
        type.kind = MAPPING_ANY;
    node->type = type;
    node->type.list = true;
    return result;
}

static int check(struct checker *checker, struct mapping_node *node)
{
    switch (node->operation) {
    case MAPPING_OP_CONSTANT:
        return 0;
    case MAPPING_OP_PATH:
        return check_path(checker, node);
    case MAPPING_OP_CALL:
        if (strcmp(node->text, "if") == 0)
            return check_if(checker, node);
        if (strcmp(node->text, "lookup") == 0)
            return check_lookup(checker, node, MAPPING_OP_LOOKUP);
        if (strcmp(node->text, "reverse_lookup") == 0)
            return check_lookup(checker, node, MAPPING_OP_REVERSE_LOOKUP);
        return check_function(checker, node);
    case MAPPING_OP_LIST:
        return check_list(checker, node);
    case MAPPING_OP_DEFAULT:
        return check_default(checker, node);
    case MAPPING_OP_AND:
    case MAPPING_OP_OR:
    case MAPPING_OP_NOT:
        return check_logic(checker, node);
    default:
        return check_comparison(checker, node);
    }
}

int mapping_check(struct mapping_node *node, const struct mapping_scope *scope, size_t *ret_offset,
                  struct truc_fault *fault)
{
    struct checker checker = {.scope = scope, .fault = fault};
    int result = check(&checker, node);
    if (result < 0)
        *ret_offset = checker.offset;
    return result;
}
