/* cli_words.h - the language `truc` speaks to people: English, or Vietnamese from bus/po/vi.po.
 * Not: JSON, codes, names of commands, options and keys, which are the same in every language.
 * In the flow: cli_main chooses once; every text for people passes through _(), or N_() where no call can stand. */
#ifndef TRUC_CLI_WORDS_H
#define TRUC_CLI_WORDS_H

#include "words.h"

#include <stdbool.h>
#include <truc/error.h>

enum cli_language { CLI_ENGLISH, CLI_VIETNAMESE };

extern const struct words_catalogue cli_words_vi;

/* The text in the language chosen. */
#define _(english) cli_words(english)
const char *cli_words(const char *english) __attribute__((format_arg(1)));

/* By --lang (NULL when not given), TRUC_LANG, else LC_ALL, LC_MESSAGES or LANG, the first that is set; English when
 * that is not Vietnamese, and always for programs (`json`). TRUC_E_ARGUMENT: --lang or TRUC_LANG names none we speak. */
int cli_words_choose(const char *option, bool json, struct truc_fault *fault);

/* What is written for others to read stays English whoever writes it: returns the language before. */
enum cli_language cli_words_use(enum cli_language language);

#endif
