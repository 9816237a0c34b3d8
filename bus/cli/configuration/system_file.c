/* system_file.c - see system_file.h.
 * The policy knows where it read each system; nobody has to guess a name.
 * A configuration that is not right is reported whole, as every command does. */
#include "system_file.h"

#include "cli_policy.h"
#include "cli_words.h"

int system_file_find(const struct cli *cli, const struct cli_arguments *arguments, char path[CLI_PATH_BYTES],
                     int *ret_exit_code)
{
    struct cli_policy loaded = {0};
    struct truc_fault fault = {0};
    const char *id = cli_operand(arguments, 0), *config = cli_option_value(arguments, "config");
    *ret_exit_code = cli_policy_load(cli, arguments, &loaded);
    if (*ret_exit_code != 0)
        return TRUC_E_CONFIG;
    const struct policy_system *system = policy_system_by_id(loaded.policy, bytes_string(id));
    int code = 0;
    if (system == NULL) {
        code = fault_set(&fault, TRUC_E_NOT_FOUND, _("there is no system '%s'"), id);
        fault_hint(&fault, _("truc system list shows them"));
    } else if (config) {
        code = cli_path(path, &fault, "%s/%s", config, system->place.file);
    } else {
        code = cli_path(path, &fault, "%s/config/%s", cli->state, system->place.file);
    }
    cli_policy_free(&loaded);
    if (code < 0)
        *ret_exit_code = cli_fail(cli, &fault);
    return code;
}
