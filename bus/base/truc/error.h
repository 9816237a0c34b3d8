/* truc/error.h - the named outcomes of Trục and the object that carries their reason.
 * Public: installed with the SDK; used by every other part. Holds no state and never logs.
 * Functions return 0 (or a count) or one of these as a negative number; details go to a truc_fault. */
#ifndef TRUC_ERROR_H
#define TRUC_ERROR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum truc_error {
    TRUC_OK = 0,
#define TRUC_ERROR(name, number, meaning, hint) TRUC_E_##name = -(number),
#include <truc/error.def>
#undef TRUC_ERROR
    TRUC_E_LAST_ = -9999 /* keeps the enum signed and at least 16 bits wide */
};

enum { TRUC_FAULT_TEXT_BYTES_MAX = 320, TRUC_FAULT_WHERE_BYTES_MAX = 192 };

/* Why something failed, for a person: what is wrong, where, what to do. Plain value, no ownership.
 * `where` is "file:line:column", a field path or a byte offset; it and `hint` may be empty. */
struct truc_fault {
    int code; /* an enum truc_error, negative; 0 when empty */
    char text[TRUC_FAULT_TEXT_BYTES_MAX];
    char where[TRUC_FAULT_WHERE_BYTES_MAX];
    char hint[TRUC_FAULT_TEXT_BYTES_MAX];
};

#if defined(__GNUC__)
#pragma GCC visibility push(default) /* part of the SDK's shared library */
#endif
/* Name without prefix ("NO_ROUTE"), one-line meaning, what to do. Unknown codes give "UNKNOWN". Never NULL. */
const char *truc_error_name(int code);
const char *truc_error_meaning(int code);
const char *truc_error_hint(int code);
/* The same in another language: "vi"; English for "en", NULL and what is not spoken. */
const char *truc_error_meaning_in(int code, const char *language);
const char *truc_error_hint_in(int code, const char *language);
/* The code for a name ("NO_ROUTE"), 0 when there is none. */
int truc_error_from_name(const char *name);
#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
