/* cmd_system_add.c - `truc system add`: a system's file, then its keys, certificate and settings.
 * Not: its routes and agreements, without which nothing flows, nor the reload: those are decisions of their own.
 * In the flow: here → config/systems/ID.yaml → cmd_issue. */
#include "cli_context.h"
#include "cli_file.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "text.h"
#include "yaml_typed.h"

#include <string.h>
#include <unistd.h>

const struct cli_option cmd_system_add_options[] = {
    {.name = "title", .value = "TEXT", .explanation = N_("its name for people, as its agency writes it")},
    {.name = "contact", .value = "TEXT", .explanation = N_("who answers for it")},
    {.name = "role",
     .value = "system|operator|auditor|integrator",
     .explanation = N_("what it may do; system when not given")},
    {.name = "systems",
     .value = "SYSTEM[,SYSTEM…]",
     .explanation = N_("with --role integrator: the systems it looks after, all that it sees")},
    {.name = "authority-key", .value = "FILE", .explanation = N_("the authority's key, instead of keys/ca.key")},
    {.name = "algorithm", .value = "NAME", .explanation = N_("of the signing key: ed25519 (default), p256 or rsa")},
    {.name = NULL},
};

/* Keys of the file whose values are given by options of the same name. */
static const char *const given_keys[] = {"title", "contact", "role"};

static int check_use(const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const char *id = cli_operand(arguments, 0), *title = cli_option_value(arguments, "title");
    if (!yaml_is_id(bytes_string(id))) {
        fault_set(fault, TRUC_E_ARGUMENT, _("'%s' is no name of a system"), id);
        return fault_hint(fault, _("a-z, 0-9 and '-', a letter first, at most 64 characters"));
    }
    if (title == NULL || *title == '\0') {
        fault_set(fault, TRUC_E_ARGUMENT, _("the system '%s' needs a title"), id);
        return fault_hint(fault, _("add --title \"its name for people\""));
    }
    for (size_t i = 0; i < sizeof given_keys / sizeof *given_keys; i++) {
        const char *value = cli_option_value(arguments, given_keys[i]);
        if (value && !text_is_utf8(bytes_string(value)))
            return fault_set(fault, TRUC_E_ARGUMENT, _("--%s is not UTF-8"), given_keys[i]);
    }
    return 0;
}

/* `contact: "Văn phòng"`, when it was given. */
static void put_given(struct buffer *out, const struct cli_arguments *arguments, const char *name)
{
    const char *value = cli_option_value(arguments, name);
    if (value == NULL)
        return;
    buffer_printf(out, "%s: ", name);
    cli_json_append_string(out, value);
    buffer_append_byte(out, '\n');
}

/* `systems: ["portal", "onestop"]`. The check that follows knows which of them there are. */
static void put_systems(struct buffer *out, const char *given)
{
    BUFFER_CLEANUP struct buffer id = {0};
    buffer_append_string(out, "systems: [");
    for (const char *at = given; *at != '\0';) {
        size_t size = strcspn(at, ",");
        buffer_clear(&id);
        buffer_append(&id, at, size);
        buffer_append_string(out, at == given ? "" : ", ");
        cli_json_append_string(out, buffer_string(&id) ? buffer_string(&id) : "");
        at += size + (at[size] == ',');
    }
    buffer_append_string(out, "]\n");
}

static int make_file(const char *path, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {0};
    const char *id = cli_operand(arguments, 0);
    buffer_printf(&content, "# yaml-language-server: $schema=../truc.schema.json\nid: %s\n", id);
    for (size_t i = 0; i < sizeof given_keys / sizeof *given_keys; i++)
        put_given(&content, arguments, given_keys[i]);
    if (cli_option_value(arguments, "systems"))
        put_systems(&content, cli_option_value(arguments, "systems"));
    buffer_printf(&content, "transport-keys: [keys/%s.pub]\ncertificates: [certs/%s.pem]\n", id, id);
    if (buffer_failed(&content))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), path);
    int code = cli_file_create(path, buffer_view(&content), 0644, fault);
    if (code == TRUC_E_EXISTS)
        fault_hint(fault, _("it is a system already: truc system show %s"), id);
    return code;
}

static void take_back(const struct cli *cli, const char *path)
{
    if (unlink(path) < 0)
        fprintf(cli->err, _("%s could not be removed again\n"), path);
    else if (!cli->json)
        fprintf(cli->err, _("Nothing was added: %s is gone again.\n"), path);
}

/* Only systems stand on routes and agreements. */
static void tell_declared(const struct cli *cli, const struct cli_arguments *arguments, const char *path)
{
    const char *role = cli_option_value(arguments, "role");
    if (role == NULL || strcmp(role, "system") == 0)
        fprintf(cli->out, _("It is declared in %s; routes and agreements come next, for without them nothing flows.\n"),
                path);
    else
        fprintf(cli->out, _("It is declared in %s, with the role %s: it needs no routes and no agreements.\n"), path,
                role);
}

int cmd_system_add(struct cli *cli, const struct cli_arguments *arguments)
{
    char path[CLI_PATH_BYTES];
    struct truc_fault fault = {0};
    int code = check_use(arguments, &fault);
    if (code == 0)
        code = cli_context_is_here(cli, &fault);
    if (code == 0)
        code = cli_path(path, &fault, "%s/config/systems/%s.yaml", cli->state, cli_operand(arguments, 0));
    if (code == 0)
        code = make_file(path, arguments, &fault);
    if (code < 0)
        return cli_fail(cli, &fault);
    int exit_code = cli_policy_check(cli, arguments);
    if (exit_code == CLI_OK)
        exit_code = cmd_issue(cli, arguments);
    if (exit_code != CLI_OK) /* nothing is half added */
        take_back(cli, path);
    else if (!cli->json)
        tell_declared(cli, arguments, path);
    return exit_code;
}
