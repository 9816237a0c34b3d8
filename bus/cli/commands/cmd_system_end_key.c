/* cmd_system_end_key.c - `truc system end-key`: only the first key of each of a system's lists holds from now on.
 * Not: new keys (cmd_system_rotate_key.c), which come first and are handed over before.
 * In the flow: config/systems/ID.yaml → system_edit_end → the same file → cmd_reload. */
#include "cli_broker.h"
#include "cli_file.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "system_change.h"
#include "system_edit.h"
#include "system_file.h"
#include "time_text.h"

const struct cli_option cmd_system_end_key_options[] = {
    {.name = "compromised",
     .value = "TIME",
     .explanation = N_("since when others may have had the old keys: what was accepted since then and waits is held")},
    SYSTEM_CHANGE_OPTIONS,
    {.name = NULL},
};

/* The first certificate must be able to take over. */
static int check_first(const struct policy *policy, const char *id, uint64_t now_ns, struct truc_fault *fault)
{
    struct truc_fault reason = {0};
    const struct policy_system *system = policy_system_by_id(policy, bytes_string(id));
    if (system == NULL || system->signing_keys_count == 0 ||
        policy_signing_key_check(&system->signing_keys[0], now_ns, &reason) == 0)
        return 0;
    fault_set(fault, TRUC_E_STATE, _("the first key of '%s' can't take over: %s"), id, reason.text);
    return fault_hint(fault, _("truc system rotate-key %s puts a new one first"), id);
}

/* 0, or it has been said why, with the exit code. */
static int check_policy(struct cli *cli, const struct cli_arguments *arguments, int *ret_exit_code)
{
    struct cli_policy loaded = {0};
    struct truc_fault fault = {0};
    *ret_exit_code = cli_policy_load(cli, arguments, &loaded);
    if (*ret_exit_code != CLI_OK)
        return TRUC_E_CONFIG;
    int code = check_first(loaded.policy, cli_operand(arguments, 0), cli->now_ns, &fault);
    cli_policy_free(&loaded);
    if (code < 0)
        *ret_exit_code = cli_fail(cli, &fault);
    return code;
}

enum { RELOAD_S = 60 /* until it is in force: what an old key signed and is taken meanwhile is good */ };

static int end_keys(const struct cli *cli, const struct cli_arguments *arguments, const char *path,
                    struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer before = {0}, after = {0};
    uint64_t since_ns = cli->now_ns + RELOAD_S * TIME_NS_PER_S;
    char since[TIME_TEXT_BYTES];
    int code = cli_option_time(arguments, "compromised", cli->now_ns, &since_ns, fault);
    if (code >= 0)
        code = cli_file_read(path, &before, fault);
    time_format_rfc3339(since_ns, since);
    if (code == 0)
        code = system_edit_end_keys(path, buffer_view(&before), cli_operand(arguments, 0), since, &after, fault);
    return code == 0 ? cli_file_change(path, buffer_view(&after), fault) : code;
}

int cmd_system_end_key(struct cli *cli, const struct cli_arguments *arguments)
{
    char path[CLI_PATH_BYTES];
    struct truc_fault fault = {0};
    int exit_code = CLI_OK;
    if (system_change_check_reason(arguments, &fault) < 0)
        return cli_fail(cli, &fault);
    if (system_file_find(cli, arguments, path, &exit_code) < 0 || check_policy(cli, arguments, &exit_code) < 0)
        return exit_code;
    if (end_keys(cli, arguments, path, &fault) < 0)
        return cli_fail(cli, &fault);
    return system_change_reload(cli, arguments, path);
}
