/* cmd_explain.c - `truc explain ERROR`: what a named outcome means and what to do about it.
 * Not: a particular failure's reason, which the failing program has said.
 * The one list of outcomes is bus/base/truc/error.def. */
#include "cli_json.h"
#include "command_table.h"
#include "fault.h"
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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

/* A name in any of its forms, 47 or -47: whatever is at hand. */
static int code_of(const char *text)
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

static int unknown(const struct cli *cli, const char *text)
{
    char name[NAME_BYTES_MAX];
    struct truc_fault fault = {0};
    name_of(text, name);
    const char *nearest = text_nearest(bytes_string(name), names, sizeof names / sizeof *names);
    fault_set(&fault, TRUC_E_NOT_FOUND, "there is no error '%s'", text);
    if (nearest)
        fault_hint(&fault, "did you mean %s?", nearest);
    else
        fault_hint(&fault, "docs/errors.md lists all of them");
    return cli_fail(cli, &fault);
}

int cmd_explain(struct cli *cli, const struct cli_arguments *arguments)
{
    const char *text = cli_operand(arguments, 0);
    int code = code_of(text);
    if (code == 0)
        return unknown(cli, text);
    if (!cli->json) {
        fprintf(cli->out, "%s (%d)\n  %s\n  %s\n", truc_error_name(code), -code, truc_error_meaning(code),
                truc_error_hint(code));
        return CLI_OK;
    }
    json_t *document = json_object();
    cli_json_set(document, "code", json_string(truc_error_name(code)));
    cli_json_set(document, "number", json_integer(-code));
    cli_json_set(document, "meaning", json_string(truc_error_meaning(code)));
    cli_json_set(document, "hint", json_string(truc_error_hint(code)));
    int printed = cli_json_print(document, cli->out);
    return printed < 0 ? cli_fail_code(cli, printed) : CLI_OK;
}
