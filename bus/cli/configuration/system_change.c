/* system_change.c - see system_change.h.
 * A file that was changed stays changed when the broker can't be reached: the next reload or start takes it.
 * Between the commands and cmd_reload. */
#include "system_change.h"

#include "cli_words.h"
#include "command_table.h"

#include <string.h>

int system_change_check_reason(const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const char *reason = cli_option_value(arguments, "reason");
    if (reason && *reason)
        return 0;
    fault_set(fault, TRUC_E_ARGUMENT, _("this needs a reason: it is journaled"));
    return fault_hint(fault, _("add --reason \"why\""));
}

bool system_change_is_asker(const struct cli_arguments *arguments, const char *id)
{
    const char *as = cli_option_value(arguments, "as");
    return strcmp(id, as ? as : "operator") == 0;
}

int system_change_reload(struct cli *cli, const struct cli_arguments *arguments, const char *path)
{
    int exit_code = cmd_reload(cli, arguments);
    if (exit_code != CLI_OK)
        fprintf(cli->err, _("%s says it already: it comes into force when the broker reloads or starts\n"), path);
    return exit_code;
}
