/* mapping_functions.c - the table of functions.
 * The bodies stand in mapping_text_functions.c and mapping_value_functions.c; what parameters accept in mapping_parameters.c.
 * In the flow: the checker finds a function here by name; the evaluator calls its `run`. */
#include "mapping_functions.h"

#include "text.h"

/* clang-format off */
#define TAKES(...) {__VA_ARGS__}
#define FUNCTION(name, usage, what, least, most, takes, gives, kind, null) \
    {#name, usage, what, least, most, takes, MAPPING_GIVES_##gives, MAPPING_##kind, null, mapping_run_##name}

static const struct mapping_function functions[] = {
    /* texts */
    FUNCTION(upper, "upper(text)", "in capitals",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(lower, "lower(text)", "in small letters",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(trim, "trim(text)", "without spaces at both ends",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(concat, "concat(value, …)", "one text after the other; what is missing counts as empty",
             1, 16, TAKES(MAPPING_TAKES_SCALAR, MAPPING_TAKES_SCALAR, MAPPING_TAKES_SCALAR), KIND, TEXT, true),
    FUNCTION(join, "join(list, between)", "the list's texts as one",
             2, 2, TAKES(MAPPING_TAKES_LIST, MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(split, "split(text, at)", "a text cut into a list",
             2, 2, TAKES(MAPPING_TAKES_TEXT, MAPPING_TAKES_TEXT), TEXTS, TEXT, false),
    FUNCTION(replace, "replace(text, what, by)", "every occurrence replaced",
             3, 3, TAKES(MAPPING_TAKES_TEXT, MAPPING_TAKES_TEXT, MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(slice, "slice(text, from, count)", "some characters; from counts from 0",
             2, 3, TAKES(MAPPING_TAKES_TEXT, MAPPING_TAKES_INTEGER, MAPPING_TAKES_INTEGER), KIND, TEXT, false),
    FUNCTION(pad, "pad(value, width, fill)", "filled up at the left",
             3, 3, TAKES(MAPPING_TAKES_SCALAR, MAPPING_TAKES_INTEGER, MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(nfc, "nfc(text)", "in Unicode's composed form",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(fold, "fold(text)", "for comparing names: small letters, no marks, đ as d, single spaces",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(contains, "contains(text, part)", "whether a part occurs",
             2, 2, TAKES(MAPPING_TAKES_TEXT, MAPPING_TAKES_TEXT), KIND, BOOL, false),
    FUNCTION(starts_with, "starts_with(text, part)", "whether it begins so",
             2, 2, TAKES(MAPPING_TAKES_TEXT, MAPPING_TAKES_TEXT), KIND, BOOL, false),
    FUNCTION(ends_with, "ends_with(text, part)", "whether it ends so",
             2, 2, TAKES(MAPPING_TAKES_TEXT, MAPPING_TAKES_TEXT), KIND, BOOL, false),
    FUNCTION(base64, "base64(text)", "RFC 4648, padded",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(unbase64, "unbase64(text)", "the text behind base64",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(base64_of_hex, "base64_of_hex(text)", "bytes written in hexadecimal, for a bytes field",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(hex_of_base64, "hex_of_base64(text)", "the other way: a bytes field in hexadecimal",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    FUNCTION(sha256, "sha256(text)", "in hexadecimal",
             1, 1, TAKES(MAPPING_TAKES_TEXT), KIND, TEXT, false),
    /* values */
    FUNCTION(int, "int(value)", "a whole number from a number or its text",
             1, 1, TAKES(MAPPING_TAKES_SCALAR), KIND, INTEGER, false),
    FUNCTION(number, "number(value)", "a number from a number or its text",
             1, 1, TAKES(MAPPING_TAKES_SCALAR), KIND, REAL, false),
    FUNCTION(string, "string(value)", "a text from a number or bool",
             1, 1, TAKES(MAPPING_TAKES_SCALAR), KIND, TEXT, false),
    FUNCTION(bool, "bool(value)", "from true, false, 1, 0 and their texts, in any case",
             1, 1, TAKES(MAPPING_TAKES_SCALAR), KIND, BOOL, false),
    FUNCTION(length, "length(value)", "characters of a text, elements of a list",
             1, 1, TAKES(MAPPING_TAKES_TEXT_OR_LIST), KIND, INTEGER, false),
    FUNCTION(first, "first(list)", "the first element, or nothing; a single value is its own first",
             1, 1, TAKES(MAPPING_TAKES_ANY), ELEMENT, ANY, false),
    FUNCTION(last, "last(list)", "the last element, or nothing; a single value is its own last",
             1, 1, TAKES(MAPPING_TAKES_ANY), ELEMENT, ANY, false),
    FUNCTION(required, "required(value)", "the value; refused when it is missing or an empty text",
             1, 1, TAKES(MAPPING_TAKES_ANY), FIRST, ANY, true),
    /* times */
    FUNCTION(time, "time(time, pattern, zone)", "a time written by a pattern; zone +07:00 unless given",
             2, 3, TAKES(MAPPING_TAKES_TIME, MAPPING_TAKES_PATTERN_TO_WRITE, MAPPING_TAKES_ZONE), KIND, TEXT, false),
    FUNCTION(parse_time, "parse_time(text, pattern, zone)", "a time read by a pattern; zone +07:00 unless given",
             2, 3, TAKES(MAPPING_TAKES_TEXT, MAPPING_TAKES_PATTERN_TO_READ, MAPPING_TAKES_ZONE), KIND, TIME, false),
    FUNCTION(after, "after(span)", "a span: 30s, or seconds as far sides write them",
             1, 1, TAKES(MAPPING_TAKES_SPAN), KIND, SPAN, false),
};
/* clang-format on */
enum { FUNCTION_COUNT = sizeof(functions) / sizeof(functions[0]) };

const struct mapping_function *mapping_function_at(size_t index)
{
    return index < FUNCTION_COUNT ? &functions[index] : NULL;
}

const struct mapping_function *mapping_function_find(struct bytes name)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (bytes_equal_string(name, functions[i].name))
            return &functions[i];
    }
    return NULL;
}

const char *mapping_function_nearest(struct bytes name)
{
    const char *names[FUNCTION_COUNT + 3] = {"if", "lookup", "reverse_lookup"};
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        names[i + 3] = functions[i].name;
    return text_nearest(name, names, FUNCTION_COUNT + 3);
}
