/* cli_error.c - see cli_error.h.
 * Pure: text in, number out.
 * The names are those of error.def, which also makes docs/errors.md. */
#include "cli_error.h"

#include "cli_words.h"
#include "fault.h"
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <truc/error.h>

enum { NAME_BYTES_MAX = 64, NUMBER_MAX = 9999 };

static const char *const names[] = {
#define TRUC_ERROR(name, number, meaning, hint) #name,
#include <truc/error.def>
#undef TRUC_ERROR
};

/* no-route, no_route and TRUC_E_NO_ROUTE become NO_ROUTE. */
static void name_of(const char *text, char name[NAME_BYTES_MAX])
{
    if (strncmp(text, "TRUC_E_", 7) == 0)
        text += 7;
    memset(name, 0, NAME_BYTES_MAX);
    for (size_t i = 0; text[i] && i + 1 < NAME_BYTES_MAX; i++)
        name[i] = text[i] == '-' ? '_' : (char)toupper((unsigned char)text[i]);
}

int cli_error_code(const char *text)
{
    char name[NAME_BYTES_MAX];
    const char *digits = *text == '-' ? text + 1 : text;
    if (*digits && strspn(digits, "0123456789") == strlen(digits)) {
        long number = strtol(digits, NULL, 10);
        return number > 0 && number < NUMBER_MAX && strcmp(truc_error_name((int)-number), "UNKNOWN") != 0 ? (int)-number
                                                                                                          : 0;
    }
    name_of(text, name);
    return truc_error_from_name(name);
}

const char *cli_error_nearest(const char *text)
{
    char name[NAME_BYTES_MAX];
    name_of(text, name);
    return text_nearest(bytes_string(name), names, sizeof names / sizeof *names);
}

int cli_error_option(const struct cli_arguments *arguments, int *ret_code, struct truc_fault *fault)
{
    const char *text = cli_option_value(arguments, "code");
    int code = text ? cli_error_code(text) : 0;
    if (text && code == 0) {
        const char *nearest = cli_error_nearest(text);
        fault_set(fault, TRUC_E_ARGUMENT, _("--code %s: there is no such error"), text);
        return nearest ? fault_hint(fault, _("did you mean %s?"), nearest)
                       : fault_hint(fault, _("docs/errors.md lists all of them"));
    }
    *ret_code = code;
    return 0;
}
