/* fault.h - filling a truc_fault. Internal companion of truc/error.h.
 * Every function accepts a NULL fault (the caller does not want the reason) and returns `code`,
 * so that a failing function ends with: return fault_set(fault, TRUC_E_IO, "..."); */
#ifndef TRUC_FAULT_H
#define TRUC_FAULT_H

#include <stdarg.h>
#include <truc/error.h>

#define FAULT_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Sets code and text, clears where, takes the code's general hint. Over-long text is cut at a UTF-8 boundary.
 *     int fault_set(struct truc_fault *fault, int code, const char *format, ...)
 * A macro, so that compilers and analysers see that the result is `code`: after a failure no `ret_` output is read. */
#define fault_set(fault, code, ...) fault_finish((fault), (code), fault_text((fault), __VA_ARGS__))
int fault_vset(struct truc_fault *fault, int code, const char *format, va_list arguments) FAULT_PRINTF(3, 0);
/* Adds a place / replaces the hint of a fault already set. Both return fault->code (0 when NULL). */
int fault_where(struct truc_fault *fault, const char *format, ...) FAULT_PRINTF(2, 3);
int fault_hint(struct truc_fault *fault, const char *format, ...) FAULT_PRINTF(2, 3);
/* Text from errno: "<what>: <strerror>".
 *     int fault_errno(struct truc_fault *fault, int code, int error_number, const char *format, ...) */
#define fault_errno(fault, code, error_number, ...)                                                                    \
    fault_finish((fault), (code), fault_errno_text((fault), (error_number), __VA_ARGS__))

/* ---- what the macros are made of ---- */

/* Both set the text alone, and return nothing of interest. */
int fault_text(struct truc_fault *fault, const char *format, ...) FAULT_PRINTF(2, 3);
int fault_errno_text(struct truc_fault *fault, int error_number, const char *format, ...) FAULT_PRINTF(3, 4);
/* Sets the code and its general hint, clears where. */
void fault_set_code(struct truc_fault *fault, int code);

static inline int fault_finish(struct truc_fault *fault, int code, int text)
{
    (void)text;
    if (fault) {
        fault_set_code(fault, code);
        fault->code = code; /* again, in sight */
    }
    return code;
}

#endif
