/* cmd_explain.c - `truc explain ERROR`: what a named outcome means and what to do about it.
 * Not: a particular failure's reason, which the failing program has said.
 * The one list of outcomes is bus/base/truc/error.def. */
#include "cli_error.h"
#include "cli_json.h"
#include "command_table.h"
#include "fault.h"

static int unknown(const struct cli *cli, const char *text)
{
    struct truc_fault fault = {0};
    const char *nearest = cli_error_nearest(text);
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
    int code = cli_error_code(text);
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
