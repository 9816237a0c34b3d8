/* cmd_system_change.c - `truc system suspend` and `truc system resume`: one key of its file, then a reload.
 * Not: a queue's pause (cmd_queue.c), which refuses nothing and lets everything wait.
 * In the flow: config/systems/ID.yaml → system_edit → the same file → cmd_reload. */
#include "cli_broker.h"
#include "cli_file.h"
#include "cli_words.h"
#include "command_table.h"
#include "system_change.h"
#include "system_edit.h"
#include "system_file.h"

const struct cli_option cmd_system_change_options[] = {
    SYSTEM_CHANGE_OPTIONS,
    {.name = NULL},
};

/* Before anything is written: what can be known to be a mistake. */
static int check_use(const struct cli_arguments *arguments, bool suspended, struct truc_fault *fault)
{
    const char *id = cli_operand(arguments, 0);
    int code = system_change_check_reason(arguments, fault);
    if (code < 0)
        return code;
    if (suspended && system_change_is_asker(arguments, id)) {
        fault_set(fault, TRUC_E_ARGUMENT, _("'%s' is who asks: it would shut itself out, and nobody could resume it"),
                  id);
        return fault_hint(fault, _("suspend it as another operator: --as SYSTEM"));
    }
    return 0;
}

static int change_file(const char *path, const char *id, bool suspended, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer before = {0};
    BUFFER_CLEANUP struct buffer after = {0};
    int code = cli_file_read(path, &before, fault);
    if (code == 0)
        code = system_edit_suspended(path, buffer_view(&before), id, suspended, &after, fault);
    if (code == 0 && !bytes_equal(buffer_view(&before), buffer_view(&after)))
        code = cli_file_change(path, buffer_view(&after), fault);
    return code;
}

static int change(struct cli *cli, const struct cli_arguments *arguments, bool suspended)
{
    char path[CLI_PATH_BYTES];
    struct truc_fault fault = {0};
    int exit_code = CLI_OK;
    if (check_use(arguments, suspended, &fault) < 0)
        return cli_fail(cli, &fault);
    if (system_file_find(cli, arguments, path, &exit_code) < 0)
        return exit_code;
    if (change_file(path, cli_operand(arguments, 0), suspended, &fault) < 0)
        return cli_fail(cli, &fault);
    return system_change_reload(cli, arguments, path);
}

int cmd_system_suspend(struct cli *cli, const struct cli_arguments *arguments)
{
    return change(cli, arguments, true);
}

int cmd_system_resume(struct cli *cli, const struct cli_arguments *arguments)
{
    return change(cli, arguments, false);
}
