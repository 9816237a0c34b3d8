/* mapping_parameters.c - what parameters of functions accept: as types when a mapping is checked, as values when it runs.
 * Not which function takes what (mapping_functions.c).
 * In the flow: asked by the checker and the evaluator. */
#include "mapping_functions.h"

bool mapping_takes_value(enum mapping_takes takes, const json_t *value)
{
    switch (takes) {
    case MAPPING_TAKES_SCALAR:
        return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
    case MAPPING_TAKES_INTEGER:
        return json_is_integer(value);
    case MAPPING_TAKES_TIME:
        return json_is_integer(value) && json_integer_value(value) >= 0;
    case MAPPING_TAKES_LIST:
        return json_is_array(value);
    case MAPPING_TAKES_TEXT_OR_LIST:
        return json_is_string(value) || json_is_array(value);
    case MAPPING_TAKES_SPAN:
        return json_is_string(value) || json_is_integer(value);
    case MAPPING_TAKES_ANY:
        return true;
    default:
        return json_is_string(value);
    }
}

static bool is_scalar(enum mapping_kind kind)
{
    return kind == MAPPING_TEXT || kind == MAPPING_ENUM || kind == MAPPING_SPAN || kind == MAPPING_INTEGER ||
           kind == MAPPING_REAL || kind == MAPPING_BOOL;
}

bool mapping_takes_type(enum mapping_takes takes, const struct mapping_type *type)
{
    enum mapping_kind kind = type->kind;
    if (kind == MAPPING_ANY || kind == MAPPING_NULL || takes == MAPPING_TAKES_ANY)
        return !type->list || takes == MAPPING_TAKES_LIST || takes == MAPPING_TAKES_TEXT_OR_LIST ||
               takes == MAPPING_TAKES_ANY;
    if (type->list)
        return takes == MAPPING_TAKES_LIST || takes == MAPPING_TAKES_TEXT_OR_LIST;
    switch (takes) {
    case MAPPING_TAKES_SCALAR:
        return is_scalar(kind);
    case MAPPING_TAKES_INTEGER:
        return kind == MAPPING_INTEGER;
    case MAPPING_TAKES_TIME:
        return kind == MAPPING_TIME;
    case MAPPING_TAKES_LIST:
        return false;
    case MAPPING_TAKES_SPAN:
        return kind == MAPPING_SPAN || kind == MAPPING_TEXT || kind == MAPPING_INTEGER;
    default:
        return kind == MAPPING_TEXT || kind == MAPPING_ENUM;
    }
}

const char *mapping_takes_text(enum mapping_takes takes)
{
    switch (takes) {
    case MAPPING_TAKES_TEXT:
        return "a text";
    case MAPPING_TAKES_SCALAR:
        return "a text, number or bool";
    case MAPPING_TAKES_INTEGER:
        return "an integer";
    case MAPPING_TAKES_TIME:
        return "a time";
    case MAPPING_TAKES_LIST:
        return "a list";
    case MAPPING_TAKES_TEXT_OR_LIST:
        return "a text or a list";
    case MAPPING_TAKES_SPAN:
        return "a span";
    case MAPPING_TAKES_PATTERN_TO_WRITE:
    case MAPPING_TAKES_PATTERN_TO_READ:
        return "a time pattern in quotes";
    case MAPPING_TAKES_ZONE:
        return "an offset in quotes, \"+07:00\"";
    default:
        return "a value";
    }
}
