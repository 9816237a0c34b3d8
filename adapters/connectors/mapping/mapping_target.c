/* mapping_target.c - whether a value of one type may stand where another is wanted, and what to write when it may not.
 * Nothing is converted silently: a number does not become a text nor a text a time; the hint names the function.
 * In the flow: called for each leaf while a mapping is compiled. */
#include "fault.h"
#include "mapping_template_node.h"
#include "text.h"

static const char *remedy(enum mapping_kind from, enum mapping_kind target)
{
    switch (target) {
    case MAPPING_TEXT:
        return from == MAPPING_TIME ? "write it by a pattern: time(value, \"yyyyMMddHHmmss\")" : "write string(value)";
    case MAPPING_TIME:
        return "read it by a pattern: parse_time(value, \"yyyyMMddHHmmss\")";
    case MAPPING_INTEGER:
        return "write int(value)";
    case MAPPING_REAL:
        return "write number(value)";
    case MAPPING_BOOL:
        return "write bool(value), or a comparison";
    case MAPPING_ENUM:
        return "look the far side's code up in a table: lookup(table, value)";
    case MAPPING_MESSAGE:
        return "make an object: a map with the fields under this key";
    default:
        return "take the value from somewhere else";
    }
}

static int check_word(struct bytes word, const struct schema_enum *enumeration, struct truc_fault *fault)
{
    const char *words[SCHEMA_FIELDS_MAX];
    size_t count = 0;
    for (; count < enumeration->value_count && count < SCHEMA_FIELDS_MAX; count++) {
        words[count] = enumeration->values[count].word;
        if (bytes_equal_string(word, words[count]))
            return 0;
    }
    fault_set(fault, TRUC_E_CONFIG, "%s has no value '%.*s'", enumeration->full_name, BYTES_PRINTF(word));
    const char *nearest = text_nearest(word, words, count);
    if (nearest)
        fault_hint(fault, "did you mean '%s'?", nearest);
    else
        fault_hint(fault, "truc schema show lists its values");
    return TRUC_E_CONFIG;
}

static int check_enum(const struct mapping_type *from, const char *constant, const struct schema_enum *enumeration,
                      struct truc_fault *fault)
{
    if (constant)
        return check_word(bytes_string(constant), enumeration, fault);
    int result = 0;
    for (size_t i = 0; from->table && result == 0 && i < from->table->pair_count; i++)
        result = check_word(from->table->pairs[i].value, enumeration, fault);
    return result;
}

static bool fits(const struct mapping_type *from, const struct mapping_type *target)
{
    if (target->kind == MAPPING_ANY || from->kind == MAPPING_ANY || from->kind == MAPPING_NULL)
        return !from->list || target->list || target->kind == MAPPING_ANY;
    if (from->list != target->list)
        return false;
    switch (target->kind) {
    case MAPPING_TEXT:
        return from->kind == MAPPING_TEXT || from->kind == MAPPING_ENUM || from->kind == MAPPING_SPAN;
    case MAPPING_REAL:
        return from->kind == MAPPING_REAL || from->kind == MAPPING_INTEGER;
    case MAPPING_ENUM:
        return from->kind == MAPPING_TEXT || (from->kind == MAPPING_ENUM && from->enumeration == target->enumeration);
    case MAPPING_MESSAGE:
        return from->kind == MAPPING_MESSAGE && from->message == target->message;
    default:
        return from->kind == target->kind;
    }
}

int mapping_target_check(const struct mapping_type *from, const char *constant, const struct mapping_type *target,
                         struct truc_fault *fault)
{
    if (!fits(from, target)) {
        char first[MAPPING_TYPE_TEXT_BYTES], second[MAPPING_TYPE_TEXT_BYTES];
        mapping_type_format(from, first);
        mapping_type_format(target, second);
        fault_set(fault, TRUC_E_CONFIG, "this wants %s, not %s", second, first);
        if (from->list != target->list)
            fault_hint(fault, "%s",
                       target->list ? "make a list: {each: list, map: …} or [value]" : "take one: first(list)");
        else
            fault_hint(fault, "%s", remedy(from->kind, target->kind));
        return TRUC_E_CONFIG;
    }
    if (target->kind == MAPPING_ENUM && from->kind == MAPPING_TEXT)
        return check_enum(from, constant, target->enumeration, fault);
    return 0;
}
