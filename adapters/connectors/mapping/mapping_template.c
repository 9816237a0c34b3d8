/* mapping_template.c - compiles the YAML of a mapping: finds its forms, its targets and its expressions.
 * Running is mapping_run.c; what fits where is mapping_target.c.
 * In the flow: called by the connector's loader for every request:, reply: and message: of an adapter file. */
#include "mapping_template.h"

#include <stdio.h>

#include "fault.h"
#include "mapping_template_node.h"
#include "text.h"

static int compile(const struct yaml_node *node, const struct mapping_context *context,
                   const struct mapping_type *target, unsigned depth, struct mapping_template **ret_template,
                   struct truc_fault *fault);

struct mapping_place mapping_place_of(const struct yaml_node *node)
{
    return (struct mapping_place){node->file, node->line, node->column};
}

static int no_memory(struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_MEMORY, "no memory for a mapping");
}

static int place(const struct yaml_node *node, struct truc_fault *fault)
{
    fault_where(fault, "%s:%u:%u", node->file, node->line, node->column);
    return TRUC_E_CONFIG;
}

static int fail(const struct yaml_node *node, struct truc_fault *fault, const char *text, const char *hint)
{
    fault_set(fault, TRUC_E_CONFIG, "%s", text);
    fault_hint(fault, "%s", hint);
    return place(node, fault);
}

int mapping_compile_node(const struct yaml_node *node, const struct mapping_context *context,
                         const struct mapping_expression **ret_expression, struct truc_fault *fault)
{
    struct mapping_place where = mapping_place_of(node);
    if (node->kind != YAML_TEXT)
        return fail(node, fault, "an expression should stand here", "write a path, a call, or a text in quotes");
    if (node->quoted)
        return mapping_expression_constant(node->text, &where, context->arena, ret_expression, fault);
    return mapping_expression_compile(node->text, context->scope, &where, context->arena, ret_expression, fault);
}

static struct mapping_template *new_template(const struct mapping_context *context, enum mapping_form form,
                                             const struct mapping_type *target)
{
    struct mapping_template *template = arena_alloc(context->arena, sizeof(*template));
    if (template) {
        template->form = form;
        template->target = *target;
    }
    return template;
}

static void add_part(struct mapping_template *whole, struct mapping_template *part)
{
    struct mapping_template **end = &whole->first;
    while (*end)
        end = &(*end)->next;
    *end = part;
    whole->count++;
}

static int compile_expression(const struct yaml_node *node, const struct mapping_context *context,
                              const struct mapping_type *target, struct mapping_template **ret_template,
                              struct truc_fault *fault)
{
    struct mapping_template *template = new_template(context, MAPPING_FORM_EXPRESSION, target);
    if (!template)
        return no_memory(fault);
    int result = mapping_compile_node(node, context, &template->expression, fault);
    if (result < 0)
        return result;
    const struct mapping_expression *expression = template->expression;
    result =
        mapping_target_check(mapping_expression_type(expression), mapping_expression_text(expression), target, fault);
    if (result < 0)
        return place(node, fault);
    *ret_template = template;
    return 0;
}

/* ---- objects -------------------------------------------------------------------------------------------------- */

static int member_of_message(const struct yaml_node *key, struct bytes name, const struct schema_message *message,
                             struct mapping_type *ret_type, struct truc_fault *fault)
{
    const struct schema_field *field = schema_find_field(message, name);
    if (field) {
        *ret_type = mapping_type_of_field(field);
        return 0;
    }
    fault_set(fault, TRUC_E_CONFIG, "%s has no field '%.*s'", *message->type ? message->type : message->full_name,
              BYTES_PRINTF(name));
    const char *nearest = schema_nearest_field(message, name);
    if (nearest)
        fault_hint(fault, "did you mean '%s'?", nearest);
    else
        fault_hint(fault, "truc schema show lists its fields");
    return place(key, fault);
}

static int member_of_record(const struct yaml_node *key, struct bytes name, const struct mapping_record *record,
                            struct mapping_type *ret_type, struct truc_fault *fault)
{
    const char *names[MAPPING_MEMBERS_MAX];
    size_t count = 0;
    for (; count < record->member_count && count < MAPPING_MEMBERS_MAX; count++) {
        names[count] = record->members[count].name;
        if (bytes_equal_string(name, names[count])) {
            *ret_type = record->members[count].type;
            return 0;
        }
    }
    fault_set(fault, TRUC_E_CONFIG, "%s has no '%.*s'", record->title, BYTES_PRINTF(name));
    const char *nearest = text_nearest(name, names, count);
    if (nearest)
        fault_hint(fault, "did you mean '%s'?", nearest);
    else
        fault_hint(fault, "docs/mapping.md lists what can stand here");
    return place(key, fault);
}

static int member_type(const struct yaml_node *key, struct bytes name, const struct mapping_type *target,
                       struct mapping_type *ret_type, struct truc_fault *fault)
{
    *ret_type = mapping_type_of(MAPPING_ANY);
    if (target->kind == MAPPING_MESSAGE)
        return member_of_message(key, name, target->message, ret_type, fault);
    if (target->kind == MAPPING_RECORD)
        return member_of_record(key, name, target->record, ret_type, fault);
    return 0;
}

static struct mapping_template *find_member(const struct mapping_template *object, struct bytes name)
{
    struct mapping_template *member = object->first;
    while (member && !bytes_equal_string(name, member->name))
        member = member->next;
    return member;
}

/* Into a schema's message a dotted key reaches down: procedure.code. Elsewhere a dot is part of the name. */
static int compile_member(const struct yaml_node *key, struct bytes name, const struct mapping_context *context,
                          struct mapping_template *object, unsigned depth, struct truc_fault *fault)
{
    struct mapping_type type;
    const uint8_t *dot = object->target.kind == MAPPING_MESSAGE ? memchr(name.data, '.', name.size) : NULL;
    struct bytes head = dot ? bytes_of(name.data, (size_t)(dot - name.data)) : name;
    int result = member_type(key, head, &object->target, &type, fault);
    if (result < 0)
        return result;
    struct mapping_template *member = find_member(object, head);
    if (member && !(dot && member->form == MAPPING_FORM_OBJECT))
        return fail(key, fault, "this is made twice", "one key for each field");
    bool is_new = !member;
    if (dot && type.kind != MAPPING_MESSAGE)
        return fail(key, fault, "what stands before the dot has no fields",
                    "only objects of the schema reach down with a dot");
    if (dot && is_new && !(member = new_template(context, MAPPING_FORM_OBJECT, &type)))
        return no_memory(fault);
    if (dot)
        result = compile_member(key, bytes_of(dot + 1, name.size - head.size - 1), context, member, depth, fault);
    else
        result = compile(key->value, context, &type, depth + 1, &member, fault);
    if (result < 0 || !is_new)
        return result;
    member->name = arena_string(context->arena, head);
    add_part(object, member);
    return member->name ? 0 : no_memory(fault);
}

static int compile_object(const struct yaml_node *node, const struct mapping_context *context,
                          const struct mapping_type *target, unsigned depth, struct mapping_template **ret_template,
                          struct truc_fault *fault)
{
    char title[MAPPING_TYPE_TEXT_BYTES];
    bool takes_object =
        target->kind == MAPPING_ANY || target->kind == MAPPING_MESSAGE || target->kind == MAPPING_RECORD;
    if (!takes_object || target->list) {
        mapping_type_format(target, title);
        fault_set(fault, TRUC_E_CONFIG, "this wants %s, not an object", title);
        fault_hint(fault, "%s",
                   target->list ? "make a list: {each: list, map: …}, or items with '-'" : "write one expression");
        return place(node, fault);
    }
    struct mapping_template *object = new_template(context, MAPPING_FORM_OBJECT, target);
    if (!object)
        return no_memory(fault);
    int result = 0;
    for (const struct yaml_node *key = node->first; result == 0 && key; key = key->next)
        result = compile_member(key, key->text, context, object, depth, fault);
    if (result == 0)
        *ret_template = object;
    return result;
}

/* ---- lists, choices, shared ------------------------------------------------------------------------------------ */

static int compile_list(const struct yaml_node *node, const struct mapping_context *context,
                        const struct mapping_type *target, unsigned depth, struct mapping_template **ret_template,
                        struct truc_fault *fault)
{
    if (!target->list && target->kind != MAPPING_ANY)
        return fail(node, fault, "this wants one value, not a list", "remove the '-'");
    struct mapping_type element = *target;
    element.list = false;
    struct mapping_template *list = new_template(context, MAPPING_FORM_LIST, target), *part = NULL;
    if (!list)
        return no_memory(fault);
    int result = 0;
    for (const struct yaml_node *item = node->first; result == 0 && item; item = item->next) {
        result = compile(item, context, &element, depth + 1, &part, fault);
        if (result == 0)
            add_part(list, part);
    }
    if (result == 0)
        *ret_template = list;
    return result;
}

static int check_keys(const struct yaml_node *node, const char *const *known, size_t known_count,
                      struct truc_fault *fault)
{
    for (const struct yaml_node *key = node->first; key; key = key->next) {
        bool found = false;
        for (size_t i = 0; i < known_count; i++)
            found = found || bytes_equal_string(key->text, known[i]);
        if (found)
            continue;
        fault_set(fault, TRUC_E_CONFIG, "'%.*s' does not go with '%s'", BYTES_PRINTF(key->text), known[0]);
        const char *nearest = text_nearest(key->text, known, known_count);
        fault_hint(fault, nearest ? "did you mean '%s'?" : "%s", nearest ? nearest : "one key too many");
        return place(key, fault);
    }
    return 0;
}

static int element_type(const struct yaml_node *node, const struct mapping_type *list, struct mapping_type *ret_element,
                        struct truc_fault *fault)
{
    *ret_element = *list;
    if (!list->list && list->kind != MAPPING_ANY)
        return fail(node, fault, "'each' wants a list", "a single object is reached by its path alone");
    ret_element->list = false;
    return 0;
}

static int compile_each(const struct yaml_node *node, const struct mapping_context *context,
                        const struct mapping_type *target, unsigned depth, struct mapping_template **ret_template,
                        struct truc_fault *fault)
{
    static const char *const known[] = {"each", "as", "when", "map"};
    const struct yaml_node *as = yaml_get(node, "as"), *when = yaml_get(node, "when"), *map = yaml_get(node, "map");
    struct mapping_scope scope = *context->scope;
    struct mapping_context inner = {&scope, context->shared, context->arena};
    struct mapping_template *each = new_template(context, MAPPING_FORM_EACH, target);
    struct mapping_type element = {0};
    if (!each)
        return no_memory(fault);
    int result = check_keys(node, known, 4, fault);
    if (result < 0)
        return result;
    if (!map || (as && as->kind != YAML_TEXT))
        return fail(node, fault, "'each' needs 'map': what an element becomes", "{each: list, as: name, map: {…}}");
    if (!target->list && target->kind != MAPPING_ANY)
        return fail(node, fault, "this wants one value, not a list", "take one: first(list)");
    result = mapping_compile_node(yaml_get(node, "each"), context, &each->expression, fault);
    if (result == 0)
        result = element_type(node, mapping_expression_type(each->expression), &element, fault);
    if (result < 0)
        return result;
    int root = mapping_scope_add(&scope, as ? (const char *)as->text.data : "item", element);
    if (root < 0)
        return fail(node, fault, "each: nested too deep", "map the inner list by a mapping of its own");
    each->root = (size_t)root;
    if (when)
        result = mapping_compile_node(when, &inner, &each->filter, fault);
    struct mapping_type part = *target;
    part.list = false;
    if (result == 0)
        result = compile(map, &inner, &part, depth + 1, &each->parts[0], fault);
    if (result == 0)
        *ret_template = each;
    return result;
}

static int compile_choice(const struct yaml_node *node, const struct mapping_context *context,
                          const struct mapping_type *target, unsigned depth, struct mapping_template **ret_template,
                          struct truc_fault *fault)
{
    static const char *const known[] = {"when", "then", "else"};
    const struct yaml_node *otherwise = yaml_get(node, "else");
    struct mapping_template *choice = new_template(context, MAPPING_FORM_CHOICE, target);
    int result = choice ? check_keys(node, known, 3, fault) : no_memory(fault);
    if (result == 0)
        result = mapping_compile_node(yaml_get(node, "when"), context, &choice->expression, fault);
    if (result == 0)
        result = compile(yaml_get(node, "then"), context, target, depth + 1, &choice->parts[0], fault);
    if (result == 0 && otherwise)
        result = compile(otherwise, context, target, depth + 1, &choice->parts[1], fault);
    if (result == 0)
        *ret_template = choice;
    return result;
}

static int compile_shared(const struct yaml_node *node, const struct mapping_context *context,
                          const struct mapping_type *target, unsigned depth, struct mapping_template **ret_template,
                          struct truc_fault *fault)
{
    const struct yaml_node *name = yaml_get(node, "use"), *found = NULL;
    const char *names[MAPPING_MEMBERS_MAX];
    size_t count = 0;
    if (name->kind != YAML_TEXT)
        return fail(name, fault, "'use' wants the name of a mapping",
                    "mappings to use stand under shared: in this file");
    for (const struct yaml_node *key = context->shared ? context->shared->first : NULL; key; key = key->next) {
        if (bytes_equal(key->text, name->text))
            found = key->value;
        if (count < MAPPING_MEMBERS_MAX)
            names[count++] = (const char *)key->text.data;
    }
    if (found)
        return compile(found, context, target, depth + 1, ret_template, fault);
    fault_set(fault, TRUC_E_CONFIG, "there is no shared mapping '%.*s'", BYTES_PRINTF(name->text));
    const char *nearest = count ? text_nearest(name->text, names, count) : NULL;
    fault_hint(fault, nearest ? "did you mean '%s'?" : "%s",
               nearest ? nearest : "mappings to use stand under shared: in this file");
    return place(name, fault);
}

static int compile(const struct yaml_node *node, const struct mapping_context *context,
                   const struct mapping_type *target, unsigned depth, struct mapping_template **ret_template,
                   struct truc_fault *fault)
{
    if (depth > MAPPING_TEMPLATE_DEPTH_MAX)
        return fail(node, fault, "a mapping nested too deep", "does a shared mapping use itself?");
    if (node->kind == YAML_TEXT)
        return compile_expression(node, context, target, ret_template, fault);
    if (node->kind == YAML_LIST)
        return compile_list(node, context, target, depth, ret_template, fault);
    if (yaml_get(node, "each"))
        return compile_each(node, context, target, depth, ret_template, fault);
    if (yaml_get(node, "when") && yaml_get(node, "then"))
        return compile_choice(node, context, target, depth, ret_template, fault);
    if (yaml_get(node, "use") && node->count == 1)
        return compile_shared(node, context, target, depth, ret_template, fault);
    return compile_object(node, context, target, depth, ret_template, fault);
}

int mapping_template_compile(const struct yaml_node *node, const struct mapping_context *context,
                             const struct mapping_type *target, const struct mapping_template **ret_template,
                             struct truc_fault *fault)
{
    struct mapping_template *template = NULL;
    int result = compile(node, context, target, 0, &template, fault);
    if (result == 0)
        *ret_template = template;
    return result;
}
