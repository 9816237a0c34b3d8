/* words_errors.h - the catalogue of error.def's texts in Vietnamese: a part of bus/po/vi.po, small enough for the SDK.
 * Not: the texts of the command line (bus/cli/cli_words.h).
 * In the flow: truc_error_meaning_in and truc_error_hint_in look here. */
#ifndef TRUC_WORDS_ERRORS_H
#define TRUC_WORDS_ERRORS_H

#include "words.h"

extern const struct words_catalogue words_errors_vi;

#endif
