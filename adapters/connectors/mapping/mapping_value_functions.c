/* mapping_value_functions.c - the functions over numbers, bools, lists and times.
 * Each gets arguments of the kinds that mapping_functions.c states, and JSON null only where stated there.
 * In the flow: called by mapping_evaluate.c. */
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "fault.h"
#include "mapping_expression.h"
#include "mapping_functions.h"
#include "mapping_time.h"
#include "time_text.h"

enum { ZONE_DEFAULT_MINUTES = 7 * 60, NUMBER_TEXT_BYTES_MAX = 40 };

int mapping_run_int(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    const json_t *value = arguments[0];
    if (json_is_integer(value))
        return mapping_give(json_integer(json_integer_value(value)), ret_value, fault);
    if (json_is_boolean(value))
        return mapping_give(json_integer(json_is_true(value)), ret_value, fault);
    if (json_is_real(value)) {
        double real = json_real_value(value);
        if (real != floor(real) || fabs(real) > 9007199254740992.0) /* 2^53: exact whole numbers */
            return fault_set(fault, TRUC_E_PAYLOAD, "the number is not a whole one");
        return mapping_give(json_integer((json_int_t)real), ret_value, fault);
    }
    struct bytes text = mapping_value_text(value);
    bool negative = text.size && text.data[0] == '-';
    if (text.size - negative == 0 || text.size - negative > 18)
        return fault_set(fault, TRUC_E_PAYLOAD, "the text is no whole number of 1 to 18 digits");
    json_int_t number = 0;
    for (size_t i = negative; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return fault_set(fault, TRUC_E_PAYLOAD, "the text is no whole number of 1 to 18 digits");
        number = number * 10 + text.data[i] - '0';
    }
    return mapping_give(json_integer(negative ? -number : number), ret_value, fault);
}

int mapping_run_number(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    if (json_is_number(arguments[0]))
        return mapping_give(json_real(json_number_value(arguments[0])), ret_value, fault);
    struct bytes text = mapping_value_text(arguments[0]);
    char *end = NULL;
    double number = 0;
    bool plain = json_is_string(arguments[0]) && text.size && text.size <= NUMBER_TEXT_BYTES_MAX &&
                 strspn((const char *)text.data, "+-.0123456789eE") == text.size;
    if (plain)
        number = strtod((const char *)text.data, &end);
    if (!plain || *end || !isfinite(number))
        return fault_set(fault, TRUC_E_PAYLOAD, "the text is no number");
    return mapping_give(json_real(number), ret_value, fault);
}

int mapping_run_string(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    mapping_append_scalar(arguments[0], &out);
    return mapping_give_text(&out, ret_value, fault);
}

int mapping_run_bool(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    const json_t *value = arguments[0];
    if (json_is_boolean(value))
        return mapping_give(json_boolean(json_is_true(value)), ret_value, fault);
    if (json_is_integer(value) && (json_integer_value(value) == 0 || json_integer_value(value) == 1))
        return mapping_give(json_boolean(json_integer_value(value) == 1), ret_value, fault);
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    if (strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0)
        return mapping_give(json_true(), ret_value, fault);
    if (strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0)
        return mapping_give(json_false(), ret_value, fault);
    return fault_set(fault, TRUC_E_PAYLOAD, "the value is none of true, false, 1, 0");
}

int mapping_run_length(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    if (json_is_array(arguments[0]))
        return mapping_give(json_integer((json_int_t)json_array_size(arguments[0])), ret_value, fault);
    struct bytes text = mapping_value_text(arguments[0]);
    json_int_t characters = 0;
    for (size_t i = 0; i < text.size; i++)
        characters += (text.data[i] & 0xc0) != 0x80;
    return mapping_give(json_integer(characters), ret_value, fault);
}

/* XML does not tell a list of one from a single value, so a single value counts as its own element. */
static int element(json_t *list, size_t index, json_t **ret_value, struct truc_fault *fault)
{
    json_t *found = json_is_array(list) ? json_array_get(list, index) : list;
    return mapping_give(found ? json_incref(found) : json_null(), ret_value, fault);
}

int mapping_run_first(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    return element(arguments[0], 0, ret_value, fault);
}

int mapping_run_last(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    return element(arguments[0], json_array_size(arguments[0]) - 1, ret_value, fault);
}

int mapping_run_required(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    if (json_is_null(arguments[0]) || (json_is_string(arguments[0]) && json_string_length(arguments[0]) == 0))
        return fault_set(fault, TRUC_E_PAYLOAD, "a value is missing");
    return mapping_give(json_incref(arguments[0]), ret_value, fault);
}

static int zone_of(json_t *const *arguments, size_t count, int *ret_minutes, struct truc_fault *fault)
{
    *ret_minutes = ZONE_DEFAULT_MINUTES;
    return count == 3 ? mapping_time_parse_zone(mapping_value_text(arguments[2]), ret_minutes, fault) : 0;
}

int mapping_run_time(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    int minutes;
    int result = zone_of(arguments, count, &minutes, fault);
    if (result < 0)
        return result;
    mapping_time_write((uint64_t)json_integer_value(arguments[0]), mapping_value_text(arguments[1]), minutes, &out);
    return mapping_give_text(&out, ret_value, fault);
}

int mapping_run_parse_time(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    int minutes;
    uint64_t time_ns;
    int result = zone_of(arguments, count, &minutes, fault);
    if (result < 0)
        return result;
    struct bytes pattern = mapping_value_text(arguments[1]);
    if (mapping_time_read(mapping_value_text(arguments[0]), pattern, minutes, &time_ns) < 0)
        return fault_set(fault, TRUC_E_PAYLOAD, "the text is no time of the form %.*s", BYTES_PRINTF(pattern));
    return mapping_give(json_integer((json_int_t)time_ns), ret_value, fault);
}

int mapping_run_after(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    BUFFER_CLEANUP struct buffer out = {0};
    mapping_append_scalar(arguments[0], &out);
    uint64_t span_ns;
    bool seconds = out.size > 0;
    for (size_t i = 0; i < out.size; i++)
        seconds = seconds && out.data[i] >= '0' && out.data[i] <= '9';
    if (seconds)
        buffer_append_byte(&out, 's');
    if (buffer_failed(&out) || span_parse(buffer_view(&out), &span_ns) < 0)
        return fault_set(fault, TRUC_E_PAYLOAD, "the value is no span of time: seconds, or 30s, 5m");
    return mapping_give_text(&out, ret_value, fault);
}
