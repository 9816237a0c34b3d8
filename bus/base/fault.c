/* fault.c - fills a truc_fault: the reason of a failure, for a person.
 * Not a log and not a stack of errors: one fault, the first thing that went wrong.
 * Every part of the bus ends its failing paths here. */
#include "fault.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum { FAULT_SCRATCH_BYTES = 2048, FAULT_ERRNO_TEXT_BYTES = 128 };

/* Formats first and copies then, so that an argument may be a field of the same fault. */
static void fault_format(char *out, size_t out_size, const char *format, va_list arguments)
{
    char scratch[FAULT_SCRATCH_BYTES];
    int wanted = vsnprintf(scratch, sizeof scratch, format, arguments);
    if (wanted < 0)
        scratch[0] = '\0';
    size_t size = text_cut_utf8(scratch, strlen(scratch), out_size - 1);
    memcpy(out, scratch, size);
    out[size] = '\0';
}

void fault_set_code(struct truc_fault *fault, int code)
{
    fault->code = code;
    fault->where[0] = '\0';
    const char *hint = truc_error_hint(code);
    size_t size = text_cut_utf8(hint, strlen(hint), sizeof fault->hint - 1);
    memcpy(fault->hint, hint, size);
    fault->hint[size] = '\0';
}

int fault_vset(struct truc_fault *fault, int code, const char *format, va_list arguments)
{
    if (fault == NULL)
        return code;
    fault_format(fault->text, sizeof fault->text, format, arguments);
    fault_set_code(fault, code);
    return code;
}

int fault_text(struct truc_fault *fault, const char *format, ...)
{
    if (fault == NULL)
        return 0;
    va_list arguments;
    va_start(arguments, format);
    fault_format(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    return 0;
}

int fault_where(struct truc_fault *fault, const char *format, ...)
{
    if (fault == NULL)
        return 0;
    va_list arguments;
    va_start(arguments, format);
    fault_format(fault->where, sizeof fault->where, format, arguments);
    va_end(arguments);
    return fault->code;
}

int fault_hint(struct truc_fault *fault, const char *format, ...)
{
    if (fault == NULL)
        return 0;
    va_list arguments;
    va_start(arguments, format);
    fault_format(fault->hint, sizeof fault->hint, format, arguments);
    va_end(arguments);
    return fault->code;
}

int fault_errno_text(struct truc_fault *fault, int error_number, const char *format, ...)
{
    if (fault == NULL)
        return 0;
    char what[TRUC_FAULT_TEXT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    fault_format(what, sizeof what, format, arguments);
    va_end(arguments);
    char reason[FAULT_ERRNO_TEXT_BYTES];
    return fault_text(fault, "%s: %s", what, strerror_r(error_number, reason, sizeof reason));
}
