/* cmd_issue.c - `truc issue SYSTEM`: keys, certificate and settings for a system that was added to the configuration.
 * Not: its YAML file, which says who it is and is written first. Never touches what exists.
 * In the flow: config/systems/ID.yaml → truc issue → routes, agreements → truc check → reload. */
#include "cli_context.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "init_plan.h"

#include <stdlib.h>
#include <string.h>

const struct cli_option cmd_issue_options[] = {
    {.name = "authority-key", .value = "FILE", .explanation = N_("the authority's key, instead of keys/ca.key")},
    {.name = "algorithm", .value = "NAME", .explanation = N_("of the signing key: ed25519 (default), p256 or rsa")},
    {.name = NULL},
};

static int find_system(const struct init_plan *plan, const char *id, const struct init_system **ret_system,
                       struct truc_fault *fault)
{
    for (size_t i = 0; i < plan->systems_count; i++)
        if (strcmp(plan->systems[i].id, id) == 0) {
            *ret_system = &plan->systems[i];
            return 0;
        }
    fault_set(fault, TRUC_E_CONFIG, _("there is no system '%s' in %s"), id, plan->source);
    fault_hint(fault, _("write %s/systems/%s.yaml first"), plan->source, id);
    return TRUC_E_CONFIG;
}

static int tell(const struct cli *cli, const struct init_plan *plan, const struct init_system *system)
{
    if (cli->json) {
        json_t *document = json_object();
        cli_json_set(document, "system", json_string(system->id));
        cli_json_set(document, "folder", json_sprintf("%s/systems/%s", plan->root, system->id));
        int code = cli_json_print(document, cli->out);
        return code < 0 ? cli_fail_code(cli, code) : CLI_OK;
    }
    fprintf(cli->out, _("Made for the system '%s':\n"), system->id);
    fprintf(cli->out, _("  %s/systems/%s    secrets and settings: hand them to it and remove them here\n"), plan->root,
            system->id);
    if (system->public_key_file)
        fprintf(cli->out, "  %s/%s\n", plan->source, system->public_key_file);
    if (system->certificate_file)
        fprintf(cli->out, "  %s/%s\n", plan->source, system->certificate_file);
    fprintf(cli->out, _("Next: truc check %s, then truc reload --reason TEXT\n"), plan->source);
    return CLI_OK;
}

static int read_algorithm(const struct cli_arguments *arguments, struct init_plan *plan, struct truc_fault *fault)
{
    const char *name = cli_option_value(arguments, "algorithm");
    return name ? init_algorithm(name, &plan->algorithm, fault) : 0;
}

int cmd_issue(struct cli *cli, const struct cli_arguments *arguments)
{
    char key_file[CLI_PATH_BYTES];
    const char *named = cli_option_value(arguments, "authority-key");
    const struct init_system *system = NULL;
    struct truc_fault fault = {0};
    struct init_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return cli_fail_code(cli, TRUC_E_MEMORY);
    plan->now_ns = cli->now_ns;
    plan->algorithm = SIGNING_ED25519;
    int code = cli_context_is_here(cli, &fault);
    if (code == 0)
        code = cli_path(plan->root, &fault, "%s", cli->state);
    if (code == 0)
        code = cli_path(plan->source, &fault, "%s/config", cli->state);
    if (code == 0)
        code =
            named ? cli_path(key_file, &fault, "%s", named) : cli_path(key_file, &fault, "%s/keys/ca.key", cli->state);
    if (code == 0)
        code = read_algorithm(arguments, plan, &fault);
    if (code == 0)
        code = init_plan_read(plan, &fault);
    if (code == 0)
        code = find_system(plan, cli_operand(arguments, 0), &system, &fault);
    if (code == 0)
        code = init_add_system(plan, system, key_file, &fault);
    int exit_code = code < 0 || system == NULL ? cli_fail(cli, &fault) : tell(cli, plan, system);
    if (code < 0 && exit_code == CLI_NOT_SO)
        exit_code = CLI_WRONG_USE;
    init_plan_free(plan);
    free(plan);
    return exit_code;
}
