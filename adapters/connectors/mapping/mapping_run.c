/* mapping_run.c - makes the tree a mapping describes, for one message.
 * The number of elements is bounded by the input; nothing is looked up outside it.
 * In the flow: adapter's input (JSON tree) -> this -> JSON tree -> payload, HTTP body or SOAP. */
#include "fault.h"
#include "mapping_functions.h"
#include "mapping_template_node.h"

enum { NAME_BYTES_MAX = 128 };

static int run(const struct mapping_template *template, const struct mapping_values *values, json_t **ret_value,
               struct truc_fault *fault);

static bool is_nothing(const json_t *value)
{
    return json_is_null(value) || (json_is_object(value) && json_object_size(value) == 0);
}

static int run_object(const struct mapping_template *template, const struct mapping_values *values, json_t **ret_value,
                      struct truc_fault *fault)
{
    json_t *object = json_object();
    int result = object ? 0 : mapping_give(NULL, ret_value, fault);
    for (const struct mapping_template *member = template->first; result == 0 && member; member = member->next) {
        json_t *value;
        result = run(member, values, &value, fault);
        if (result < 0)
            break;
        if (is_nothing(value))
            json_decref(value);
        else if (json_object_set_new(object, member->name, value) < 0)
            result = mapping_give(NULL, ret_value, fault);
    }
    if (result == 0)
        *ret_value = object;
    else
        json_decref(object);
    return result;
}

static int append(json_t *list, json_t *value, struct truc_fault *fault)
{
    if (is_nothing(value)) {
        json_decref(value);
        return 0;
    }
    if (json_array_size(list) >= MAPPING_ELEMENTS_MAX) {
        json_decref(value);
        return fault_set(fault, TRUC_E_LIMIT, "a list of more than %d elements", MAPPING_ELEMENTS_MAX);
    }
    return json_array_append_new(list, value) < 0 ? fault_set(fault, TRUC_E_MEMORY, "no memory for a mapped list") : 0;
}

static int run_list(const struct mapping_template *template, const struct mapping_values *values, json_t **ret_value,
                    struct truc_fault *fault)
{
    json_t *list = json_array(), *value;
    int result = list ? 0 : mapping_give(NULL, ret_value, fault);
    for (const struct mapping_template *part = template->first; result == 0 && part; part = part->next) {
        result = run(part, values, &value, fault);
        if (result == 0)
            result = append(list, value, fault);
    }
    if (result == 0)
        *ret_value = list;
    else
        json_decref(list);
    return result;
}

static int run_element(const struct mapping_template *each, const struct mapping_values *values, json_t *element,
                       json_t *list, struct truc_fault *fault)
{
    struct mapping_values inner = *values;
    bool wanted = true;
    json_t *value;
    inner.roots[each->root] = element;
    int result = each->filter ? mapping_expression_holds(each->filter, &inner, &wanted, fault) : 0;
    if (result == 0 && wanted)
        result = run(each->parts[0], &inner, &value, fault);
    if (result == 0 && wanted)
        result = append(list, value, fault);
    return result;
}

/* XML does not tell a list of one from a single value, so a single value counts as a list of one. */
static int run_each(const struct mapping_template *each, const struct mapping_values *values, json_t **ret_value,
                    struct truc_fault *fault)
{
    json_t *source;
    int result = mapping_expression_evaluate(each->expression, values, &source, fault);
    if (result < 0)
        return result;
    if (json_is_null(source)) {
        *ret_value = source;
        return 0;
    }
    json_t *list = json_array();
    if (!list)
        result = mapping_give(NULL, ret_value, fault);
    if (json_is_array(source)) {
        for (size_t i = 0; result == 0 && i < json_array_size(source); i++)
            result = run_element(each, values, json_array_get(source, i), list, fault);
    } else if (result == 0) {
        result = run_element(each, values, source, list, fault);
    }
    json_decref(source);
    if (result == 0)
        *ret_value = list;
    else
        json_decref(list);
    return result;
}

static int run_choice(const struct mapping_template *choice, const struct mapping_values *values, json_t **ret_value,
                      struct truc_fault *fault)
{
    bool holds;
    int result = mapping_expression_holds(choice->expression, values, &holds, fault);
    if (result < 0)
        return result;
    const struct mapping_template *part = choice->parts[holds ? 0 : 1];
    return part ? run(part, values, ret_value, fault) : mapping_give(json_null(), ret_value, fault);
}

static int run(const struct mapping_template *template, const struct mapping_values *values, json_t **ret_value,
               struct truc_fault *fault)
{
    switch (template->form) {
    case MAPPING_FORM_OBJECT:
        return run_object(template, values, ret_value, fault);
    case MAPPING_FORM_LIST:
        return run_list(template, values, ret_value, fault);
    case MAPPING_FORM_EACH:
        return run_each(template, values, ret_value, fault);
    case MAPPING_FORM_CHOICE:
        return run_choice(template, values, ret_value, fault);
    default:
        return mapping_expression_evaluate(template->expression, values, ret_value, fault);
    }
}

int mapping_template_run(const struct mapping_template *template, const struct mapping_values *values,
                         json_t **ret_value, struct truc_fault *fault)
{
    return run(template, values, ret_value, fault);
}

const struct mapping_template *mapping_template_member(const struct mapping_template *template, const char *name)
{
    const struct mapping_template *member = template->form == MAPPING_FORM_OBJECT ? template->first : NULL;
    while (member && strcmp(member->name, name) != 0)
        member = member->next;
    return member;
}

const char *mapping_template_source(const struct mapping_template *template, const char *path)
{
    while (template && *path) {
        while (template && (template->form == MAPPING_FORM_EACH || template->form == MAPPING_FORM_CHOICE))
            template = template->parts[0];
        size_t size = strcspn(path, ".[");
        char name[NAME_BYTES_MAX];
        if (!template || template->form != MAPPING_FORM_OBJECT || size >= sizeof(name))
            break;
        memcpy(name, path, size);
        name[size] = 0;
        template = mapping_template_member(template, name);
        path += size;
        if (*path == '[')
            path += strcspn(path, "."); /* an element's number leads nowhere else */
        path += *path == '.';
    }
    return template && template->form == MAPPING_FORM_EXPRESSION ? mapping_expression_source(template->expression) : "";
}
