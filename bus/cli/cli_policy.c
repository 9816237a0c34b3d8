/* cli_policy.c - see cli_policy.h.
 * The report of a configuration that can't be loaded goes to the error stream: the output is for answers.
 * Missing keys are let pass: auditors and integrators have copies without them. */
#include "cli_policy.h"

#include "cli_context.h"
#include "cli_data.h"
#include "cli_file.h"
#include "cli_words.h"
#include "fault.h"
#include "schema.h"

int cli_schemas_load(const char *path, struct schema_set **ret_set, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {0};
    int code = cli_file_read(path, &content, fault);
    return code < 0 ? code : schema_set_load(buffer_view(&content), ret_set, fault);
}

int cli_schemas_find(const struct cli *cli, const struct cli_arguments *arguments, struct schema_set **ret_set,
                     struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    const char *named = cli_option_value(arguments, "schemas");
    int code = named                          ? cli_path(path, fault, "%s", named)
               : cli_is_directory(cli->state) ? cli_path(path, fault, "%s/config/truc.descriptors", cli->state)
                                              : cli_data_path(path, "truc.descriptors", fault);
    if (code == 0 && (code = cli_schemas_load(path, ret_set, fault)) < 0)
        fault_hint(fault, _("name the state directory with --state, or a descriptor set with --schemas"));
    return code == TRUC_E_NOT_FOUND ? (fault->code = TRUC_E_CONFIG) : code;
}

int cli_report_print(const struct policy_report *report, const char *folder, struct buffer *out)
{
    BUFFER_CLEANUP struct buffer prefix = {0};
    buffer_printf(&prefix, "%s/", folder);
    const char *text = buffer_string(&prefix);
    if (text == NULL)
        return TRUC_E_MEMORY;
    policy_report_print(report, text, out);
    return buffer_failed(out);
}

static int tell(const struct cli *cli, const struct policy_report *report, const char *folder, int code)
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct truc_fault fault = {0};
    if (code == TRUC_E_CONFIG && !cli->json && cli_report_print(report, folder, &text) == 0 && buffer_string(&text))
        fputs(buffer_string(&text), cli->err);
    fault_set(&fault, code, _("the configuration %s is not right"), folder);
    return cli_fail(cli, &fault);
}

int cli_policy_load(const struct cli *cli, const struct cli_arguments *arguments, struct cli_policy *ret_loaded)
{
    char folder[CLI_PATH_BYTES];
    struct truc_fault fault = {0};
    struct cli_policy loaded = {0};
    struct policy_report report = {.translate = cli_words};
    const char *config = cli_option_value(arguments, "config"), *schemas = cli_option_value(arguments, "schemas");
    int code = config ? cli_path(folder, &fault, "%s", config) : cli_path(folder, &fault, "%s/config", cli->state);
    if (code == 0 && schemas)
        code = cli_schemas_load(schemas, &loaded.schemas, &fault);
    if (code == 0 && !cli_is_directory(folder)) {
        code = fault_set(&fault, TRUC_E_CONFIG, _("there is no configuration '%s'"), folder);
        cli_context_hint(config ? NULL : cli,
                         _("name the state directory with --state, or a configuration with --config"), &fault);
    }
    if (code < 0) {
        schema_set_free(loaded.schemas);
        cli_fail(cli, &fault);
        return CLI_WRONG_USE;
    }
    const struct policy_load_options options = {
        .schemas = loaded.schemas, .now_ns = cli->now_ns, .allow_missing_keys = true};
    code = policy_load_directory(folder, &options, &loaded.policy, &report);
    if (code < 0) {
        schema_set_free(loaded.schemas);
        code = tell(cli, &report, folder, code);
    } else {
        *ret_loaded = loaded;
    }
    policy_report_free(&report);
    return code;
}

void cli_policy_free(struct cli_policy *loaded)
{
    policy_free(loaded->policy);
    schema_set_free(loaded->schemas);
    *loaded = (struct cli_policy){0};
}

int cli_policy_check(const struct cli *cli, const struct cli_arguments *arguments)
{
    struct cli_policy loaded = {0};
    int exit_code = cli_policy_load(cli, arguments, &loaded);
    if (exit_code == 0)
        cli_policy_free(&loaded);
    return exit_code;
}
