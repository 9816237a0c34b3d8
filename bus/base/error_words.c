/* error_words.c - the texts of the named outcomes in another language than English.
 * Not: the English ones (error.c). Apart from them, so that a program that shows no Vietnamese holds none.
 * Used by the SDK's callers; `truc` takes its words from the whole catalogue. */
#include "words_errors.h"

#include <string.h>
#include <truc/error.h>

static const char *in(const char *language, const char *english)
{
    return language && strcmp(language, "vi") == 0 ? words_find(&words_errors_vi, english) : english;
}

const char *truc_error_meaning_in(int code, const char *language)
{
    return in(language, truc_error_meaning(code));
}

const char *truc_error_hint_in(int code, const char *language)
{
    return in(language, truc_error_hint(code));
}
