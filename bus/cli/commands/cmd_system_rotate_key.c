/* cmd_system_rotate_key.c - `truc system rotate-key`: new keys beside the old ones, so that the system may change when it can.
 * Not: the reload, and not the end of the old keys, which its people say when everything runs with the new ones.
 * In the flow: config/systems/ID.yaml → system_edit → the same file → cmd_issue. */
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "system_edit.h"
#include "system_file.h"

#include <unistd.h>

enum { KEY_GENERATIONS_MAX = 1000 /* names that are tried */ };

struct key_names {
    char public_key[CLI_PATH_BYTES], certificate[CLI_PATH_BYTES]; /* relative to the configuration */
};

static int is_free(const struct cli *cli, const char *name, bool *ret_free, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    int code = cli_path(path, fault, "%s/config/%s", cli->state, name);
    if (code == 0)
        *ret_free = access(path, F_OK) < 0;
    return code;
}

/* keys/ID-2.pub and certs/ID-2.pem, or the next number that neither has. */
static int choose_names(const struct cli *cli, const char *id, struct key_names *names, struct truc_fault *fault)
{
    for (int i = 2; i < KEY_GENERATIONS_MAX; i++) {
        bool key_free = false, certificate_free = false;
        int code = cli_path(names->public_key, fault, "keys/%s-%d.pub", id, i);
        if (code == 0)
            code = cli_path(names->certificate, fault, "certs/%s-%d.pem", id, i);
        if (code == 0)
            code = is_free(cli, names->public_key, &key_free, fault);
        if (code == 0)
            code = is_free(cli, names->certificate, &certificate_free, fault);
        if (code < 0 || (key_free && certificate_free))
            return code;
    }
    return fault_set(fault, TRUC_E_LIMIT, _("'%s' has had %d keys"), id, KEY_GENERATIONS_MAX);
}

static int put_names(const struct cli *cli, const char *path, const char *id, struct buffer *before,
                     struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer after = {0};
    struct key_names names;
    const struct system_key_files files = {names.public_key, names.certificate};
    int code = choose_names(cli, id, &names, fault);
    if (code == 0)
        code = cli_file_read(path, before, fault);
    if (code == 0)
        code = system_edit_new_keys(path, buffer_view(before), id, &files, &after, fault);
    return code < 0 ? code : cli_file_change(path, buffer_view(&after), fault);
}

int cmd_system_rotate_key(struct cli *cli, const struct cli_arguments *arguments)
{
    char path[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer before = {0};
    struct truc_fault fault = {0};
    int exit_code = CLI_OK;
    if (system_file_find(cli, arguments, path, &exit_code) < 0)
        return exit_code;
    if (put_names(cli, path, cli_operand(arguments, 0), &before, &fault) < 0)
        return cli_fail(cli, &fault);
    exit_code = cli_policy_check(cli, arguments);
    if (exit_code == CLI_OK)
        exit_code = cmd_issue(cli, arguments);
    if (exit_code != CLI_OK && cli_file_change(path, buffer_view(&before), &fault) < 0) /* nothing is half changed */
        (void)cli_fail(cli, &fault);
    return exit_code;
}
