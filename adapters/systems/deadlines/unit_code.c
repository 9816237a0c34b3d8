/* unit_code.c - see unit_code.h.
 * The old form is compared part by part from its right end, where the province stands; parts of zeros say nothing.
 * Pure text. */
#include "unit_code.h"

#include <stddef.h>
#include <string.h>

static bool is_zeros(const char *part, size_t size)
{
    return strspn(part, "0") >= size;
}

/* Whether the code is in the old form: four parts, the last one with a letter first. */
static bool is_old(const char *code)
{
    unsigned dots = 0;
    const char *last = code;
    for (const char *at = code; *at; at++)
        if (*at == '.') {
            dots++;
            last = at + 1;
        }
    return dots == 3 && (*last < '0' || *last > '9') && code[0] >= '0' && code[0] <= '9';
}

/* The part of an old code that says something: without the zeros in front. */
static const char *significant(const char *code)
{
    for (;;) {
        size_t size = strcspn(code, ".");
        if (code[size] == 0 || !is_zeros(code, size))
            return code;
        code += size + 1;
    }
}

static bool old_is_under(const char *code, const char *unit)
{
    size_t size = strlen(code), end_size = strlen(unit);
    return size >= end_size && strcmp(code + size - end_size, unit) == 0 &&
           (size == end_size || code[size - end_size - 1] == '.');
}

bool unit_code_is_under(const char *code, const char *unit)
{
    size_t size = strlen(unit);
    if (size == 0 || code[0] == 0)
        return false;
    if (is_old(code))
        return old_is_under(significant(code), is_old(unit) ? significant(unit) : unit);
    return !is_old(unit) && strncmp(code, unit, size) == 0 && (code[size] == 0 || code[size] == '.');
}
