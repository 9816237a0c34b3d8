/* cmd_check.c - `truc check [CONFIGDIR]`: every mistake of a configuration with its place and what to write instead.
 * Not: the judgement, which is the loader's; a running broker judges a reload by the same code.
 * Changes nothing; exit code 1 when there are errors. */
#include "cli_data.h"
#include "cli_context.h"
#include "cli_file.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "encode.h"
#include "schema.h"

#include <string.h>
#include <unistd.h>

const struct cli_option cmd_check_options[] = {
    {.name = "schemas",
     .value = "FILE",
     .explanation = N_("a descriptor set to check against, instead of the one bus.yaml names")},
    {.name = "without-keys",
     .explanation = N_("before truc init: keys and certificates may be missing, and schemas are the installed ones")},
    {.name = NULL},
};

static int print_json(const struct cli *cli, const struct policy_report *report, const struct policy *policy,
                      const char *prefix)
{
    BUFFER_CLEANUP struct buffer text = {0};
    if (policy_report_json(report, prefix, &text) < 0)
        return TRUC_E_MEMORY;
    json_t *document = json_loadb((const char *)text.data, text.size, 0, NULL);
    if (document && policy) {
        cli_json_set(document, "configuration", cli_json_hex(sha256_view(&policy->hash)));
        cli_json_set(document, "systems", cli_json_count(policy->systems_count));
        cli_json_set(document, "routes", cli_json_count(policy->routes_count));
        cli_json_set(document, "agreements", cli_json_count(policy->agreements_count));
    }
    return cli_json_print(document, cli->out);
}

static bool lacks_files(const struct policy_report *report)
{
    for (uint32_t i = 0; i < report->problems_count; i++)
        if (report->problems[i]->code == TRUC_E_NOT_FOUND)
            return true;
    return false;
}

static int print_text(const struct cli *cli, const struct policy_report *report, const struct policy *policy,
                      const char *prefix)
{
    BUFFER_CLEANUP struct buffer text = {0};
    policy_report_print(report, prefix, &text);
    policy_report_summary(report, &text);
    if (policy == NULL) {
        buffer_append_string(&text, _("; the bus keeps its present configuration\n"));
        if (lacks_files(report))
            buffer_append_string(&text, _("keys, certificates and truc.descriptors are made by truc init; before it: "
                                          "truc check --without-keys\n"));
    } else {
        buffer_printf(&text, _("; %u systems, %u routes, %u agreements; configuration "), policy->systems_count,
                      policy->routes_count, policy->agreements_count);
        hex_append(&text, bytes_of(policy->hash.bytes, 3));
        buffer_append_byte(&text, '\n');
    }
    const char *whole = buffer_string(&text);
    if (whole == NULL)
        return TRUC_E_MEMORY;
    fputs(whole, cli->out);
    return 0;
}

/* The directory as the user named it, with one slash behind it. */
static int name_folder(const struct cli *cli, const struct cli_arguments *arguments, char folder[CLI_PATH_BYTES],
                       char prefix[CLI_PATH_BYTES], struct truc_fault *fault)
{
    const char *operand = cli_operand(arguments, 0);
    int code = operand ? cli_path(folder, fault, "%s", operand) : cli_path(folder, fault, "%s/config", cli->state);
    if (code < 0)
        return code;
    for (size_t size = strlen(folder); size > 1 && folder[size - 1] == '/'; size--)
        folder[size - 1] = '\0';
    if (!cli_is_directory(folder)) {
        fault_set(fault, TRUC_E_NOT_FOUND, _("there is no directory '%s'"), folder);
        cli_context_hint(operand ? NULL : cli,
                         _("truc check CONFIGDIR, or --state DIR for the configuration of a state directory"), fault);
        return TRUC_E_NOT_FOUND;
    }
    return cli_path(prefix, fault, "%s/", folder);
}

/* The schemas to check against when the configuration's own may be missing: those that truc init would put there. */
static int load_schemas(const struct cli_arguments *arguments, const char *folder, struct schema_set **ret_schemas,
                        struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    const char *named = cli_option_value(arguments, "schemas");
    if (named)
        return cli_schemas_load(named, ret_schemas, fault);
    if (cli_option_value(arguments, "without-keys") == NULL ||
        cli_path(path, NULL, "%s/truc.descriptors", folder) < 0 || access(path, R_OK) == 0)
        return 0;
    return cli_data_path(path, "truc.descriptors", NULL) < 0 ? 0 : cli_schemas_load(path, ret_schemas, fault);
}

int cmd_check(struct cli *cli, const struct cli_arguments *arguments)
{
    char folder[CLI_PATH_BYTES], prefix[CLI_PATH_BYTES];
    struct truc_fault fault = {0};
    struct schema_set *schemas = NULL;
    struct policy *policy = NULL;
    struct policy_report report = {.translate = cli_words};
    int code = name_folder(cli, arguments, folder, prefix, &fault);
    if (code == 0)
        code = load_schemas(arguments, folder, &schemas, &fault);
    if (code < 0) {
        cli_fail(cli, &fault);
        return CLI_WRONG_USE;
    }
    const struct policy_load_options options = {.schemas = schemas,
                                                .now_ns = cli->now_ns,
                                                .allow_missing_keys =
                                                    cli_option_value(arguments, "without-keys") != NULL};
    int loaded = policy_load_directory(folder, &options, &policy, &report);
    code = loaded == TRUC_E_MEMORY ? loaded
           : cli->json             ? print_json(cli, &report, policy, prefix)
                                   : print_text(cli, &report, policy, prefix);
    int exit_code = code < 0 ? cli_fail_code(cli, code) : loaded < 0 ? CLI_NOT_SO : CLI_OK;
    policy_report_free(&report);
    policy_free(policy);
    schema_set_free(schemas);
    return exit_code;
}
