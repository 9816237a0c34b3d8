/* cli_words.c - see cli_words.h. The language is the process's, as a locale is: set once before any text is made.
 * Not the locale itself: Vietnamese must work where none is installed, and from a context without one (ssh, cron).
 * Used by every file of bus/cli that says something to people. */
#include "cli_words.h"

#include "fault.h"

#include <stdlib.h>
#include <string.h>

static enum cli_language chosen = CLI_ENGLISH;

const char *cli_words(const char *english)
{
    return chosen == CLI_VIETNAMESE ? words_find(&cli_words_vi, english) : english;
}

enum cli_language cli_words_use(enum cli_language language)
{
    enum cli_language before = chosen;
    chosen = language;
    return before;
}

/* vi, vi_VN, vi.UTF-8, vi_VN@…; not "vicious". */
static bool is_vietnamese(const char *locale)
{
    return strncmp(locale, "vi", 2) == 0 && strchr("_.@", locale[2]) != NULL; /* the end of the text, too */
}

static enum cli_language language_of_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return is_vietnamese(value) ? CLI_VIETNAMESE : CLI_ENGLISH;
    }
    return CLI_ENGLISH;
}

static int take(const char *from, const char *name, struct truc_fault *fault)
{
    if (strcmp(name, "vi") != 0 && strcmp(name, "en") != 0) {
        fault_set(fault, TRUC_E_ARGUMENT, _("%s %s: there is no such language"), from, name);
        return fault_hint(fault, _("vi for Vietnamese, or en for English"));
    }
    cli_words_use(strcmp(name, "vi") == 0 ? CLI_VIETNAMESE : CLI_ENGLISH);
    return 0;
}

int cli_words_choose(const char *option, bool json, struct truc_fault *fault)
{
    const char *environment = getenv("TRUC_LANG");
    int code = 0;
    cli_words_use(json ? CLI_ENGLISH : language_of_locale());
    if (option)
        code = take("--lang", option, fault);
    else if (environment && *environment)
        code = take("TRUC_LANG", environment, fault);
    if (json)
        cli_words_use(CLI_ENGLISH);
    return code;
}
