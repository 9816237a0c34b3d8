/* cmd_init.c - `truc init DIR`: a state directory ready to run, made whole or not at all.
 * It is built beside DIR under a name nobody else has and renamed when its configuration has passed the loader.
 * Not: what is in it (init_config.c, init_keys.c). Never touches what exists. */
#include "cli_data.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "encode.h"
#include "init_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct cli_option cmd_init_options[] = {
    {.name = "bus", .value = "ID", .explanation = N_("the bus's id, instead of the one in CONFIGDIR/bus.yaml")},
    {.name = "from", .value = "CONFIGDIR", .explanation = N_("the configuration to copy; else the installed example")},
    {.name = "schemas",
     .value = "FILE",
     .explanation = N_("the descriptor set of the message schemas; else the installed one")},
    {.name = "listen",
     .value = "ENDPOINT",
     .explanation = N_("where the broker listens, instead of the one in bus.yaml")},
    {.name = "algorithm", .value = "NAME", .explanation = N_("of signing keys: ed25519 (default), p256 or rsa")},
    {.name = NULL},
};

static void print_report(const struct cli *cli, const struct policy_report *report, const char *folder)
{
    BUFFER_CLEANUP struct buffer text = {0};
    if (cli_report_print(report, folder, &text) == 0 && buffer_string(&text))
        fputs(buffer_string(&text), cli->err);
}

/* The option's value, or what is installed with the program. */
static int path_or_data(const char *given, const char *name, char out[CLI_PATH_BYTES], struct truc_fault *fault)
{
    return given ? cli_path(out, fault, "%s", given) : cli_data_path(out, name, fault);
}

static int read_options(const struct cli_arguments *arguments, struct init_plan *plan, struct truc_fault *fault)
{
    const char *algorithm = cli_option_value(arguments, "algorithm");
    int code = path_or_data(cli_option_value(arguments, "from"), "config", plan->source, fault);
    if (code == 0)
        code = path_or_data(cli_option_value(arguments, "schemas"), "truc.descriptors", plan->descriptors, fault);
    if (code < 0)
        return code;
    plan->bus = cli_option_value(arguments, "bus");
    plan->listen = cli_option_value(arguments, "listen");
    plan->algorithm = SIGNING_ED25519;
    return algorithm ? init_algorithm(algorithm, &plan->algorithm, fault) : 0;
}

static int is_something(void *context, const char *name)
{
    (void)context, (void)name;
    return 1;
}

/* An empty directory may stand there already: packages make one. */
static int check_target(const char *target, struct truc_fault *fault)
{
    if (access(target, F_OK) < 0 && errno == ENOENT)
        return 0;
    int code = cli_is_directory(target) ? cli_directory_list(target, is_something, NULL, fault) : 1;
    if (code <= 0)
        return code;
    fault_set(fault, TRUC_E_EXISTS, _("'%s' exists already; nothing was changed"), target);
    fault_hint(fault, _("name another directory, or move that one away: it may hold the only keys to a journal"));
    return TRUC_E_EXISTS;
}

/* A configuration that contains the new directory would be copied into itself. */
static int check_apart(const struct init_plan *plan, struct truc_fault *fault)
{
    char source[PATH_MAX], root[PATH_MAX];
    if (realpath(plan->source, source) == NULL)
        return fault_errno(fault, TRUC_E_NOT_FOUND, errno, _("configuration %s"), plan->source);
    if (realpath(plan->root, root) == NULL)
        return fault_errno(fault, TRUC_E_IO, errno, _("folder %s"), plan->root);
    size_t size = strlen(source);
    if (strncmp(root, source, size) == 0 && root[size] == '/')
        return fault_set(fault, TRUC_E_ARGUMENT,
                         _("the state directory can't lie inside the configuration it copies, %s"), plan->source);
    return 0;
}

static int make_root(struct init_plan *plan, const char *target, struct truc_fault *fault)
{
    size_t size = strlen(target);
    while (size > 1 && target[size - 1] == '/')
        size--;
    int code = cli_path(plan->root, fault, "%.*s.new-XXXXXX", (int)size, target);
    if (code < 0)
        return code;
    if (mkdtemp(plan->root) == NULL) {
        code = fault_errno(fault, TRUC_E_IO, errno, _("make a folder beside %s"), target);
        plan->root[0] = '\0';
    }
    return code;
}

/* The loader judges what was made, as trucd will. Its hash goes to the summary. */
static int judge(struct init_plan *plan, struct sha256_digest *ret_hash, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    struct policy *policy = NULL;
    struct policy_load_options options = {.now_ns = plan->now_ns};
    int code = cli_path(path, fault, "%s/config", plan->root);
    policy_report_free(&plan->report);
    if (code == 0)
        code = policy_load_directory(path, &options, &policy, &plan->report);
    if (code < 0 || policy == NULL)
        return fault_set(fault, code, _("the configuration %s is not right"), plan->source);
    *ret_hash = policy->hash;
    policy_free(policy);
    return 0;
}

static int make_tree(struct init_plan *plan, const char *target, struct sha256_digest *ret_hash,
                     struct truc_fault *fault)
{
    char journal[CLI_PATH_BYTES];
    int code = check_apart(plan, fault);
    if (code == 0)
        code = init_make_config(plan, fault);
    if (code == 0)
        code = init_make_keys(plan, fault);
    if (code == 0)
        code = cli_path(journal, fault, "%s/journal", plan->root);
    if (code == 0)
        code = cli_directory_create(journal, 0700, fault);
    if (code == 0)
        code = judge(plan, ret_hash, fault);
    if (code < 0)
        return code;
    int folder = open(plan->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || syncfs(folder) < 0 || fchmod(folder, 0755) < 0)
        code = fault_errno(fault, TRUC_E_IO, errno, _("sync %s"), plan->root);
    if (folder >= 0)
        close(folder);
    if (code == 0 && rename(plan->root, target) < 0)
        code = fault_errno(fault, errno == ENOTEMPTY || errno == EEXIST ? TRUC_E_EXISTS : TRUC_E_IO, errno,
                           _("rename to %s"), target);
    return code;
}

static int print_json(const struct cli *cli, struct init_plan *plan, const char *target,
                      const struct sha256_digest *hash)
{
    json_t *document = json_object(), *systems = json_array();
    for (size_t i = 0; i < plan->systems_count; i++)
        json_array_append_new(systems, json_string(plan->systems[i].id));
    cli_json_set(document, "state", cli_json_text(bytes_string(target)));
    cli_json_set(document, "bus", json_string(plan->bus));
    cli_json_set(document, "listen", cli_json_text(bytes_string(plan->listen)));
    cli_json_set(document, "configuration", cli_json_hex(sha256_view(hash)));
    cli_json_set(document, "broker_key", json_string(plan->broker_public));
    cli_json_set(document, "checkpoint_key", cli_json_text(buffer_view(&plan->checkpoint_vkey)));
    cli_json_set(document, "systems", systems);
    int code = cli_json_print(document, cli->out);
    return code < 0 ? cli_fail_code(cli, code) : CLI_OK;
}

static int print_made(const struct cli *cli, struct init_plan *plan, const char *target,
                      const struct sha256_digest *hash)
{
    BUFFER_CLEANUP struct buffer hash_text = {0};
    hex_append(&hash_text, bytes_of(hash->bytes, 3));
    const char *vkey = buffer_string(&plan->checkpoint_vkey), *short_hash = buffer_string(&hash_text);
    if (vkey == NULL || short_hash == NULL)
        return cli_fail_code(cli, TRUC_E_MEMORY);
    fprintf(cli->out, _("Made %s for the bus '%s', which will listen at %s:\n"), target, plan->bus, plan->listen);
    fprintf(cli->out, _("  config/    %zu files, configuration %s, with the public keys and certificates made now\n"),
            plan->config_files, short_hash);
    fprintf(cli->out, _("  keys/      ca.key, broker.curve, journal.key, persons.key, checkpoint.key: secret, for "
                        "their owner alone\n"));
    fprintf(cli->out, _("  systems/  "));
    for (size_t i = 0; i < plan->systems_count; i++)
        fprintf(cli->out, " %s", plan->systems[i].id);
    fprintf(cli->out, _(": hand each folder to its system\n  journal/   empty\n\n"));
    fprintf(cli->out, _("Auditors verify this bus's checkpoints with\n  %s\n"), vkey);
    fprintf(cli->out, _("Keep a copy of %s/keys in a safe place: without journal.key no payload can be read.\n"),
            target);
    fprintf(cli->out, _("Next: trucd --state %s\n"), target);
    return CLI_OK;
}

int cmd_init(struct cli *cli, const struct cli_arguments *arguments)
{
    const char *target = cli_operand(arguments, 0);
    struct truc_fault fault = {0};
    struct sha256_digest hash = {{0}};
    struct init_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return cli_fail_code(cli, TRUC_E_MEMORY);
    plan->now_ns = cli->now_ns;
    plan->report.translate = cli_words;
    int code = read_options(arguments, plan, &fault);
    if (code == 0)
        code = check_target(target, &fault);
    if (code == 0)
        code = init_plan_read(plan, &fault);
    if (code == 0)
        code = make_root(plan, target, &fault);
    if (code == 0 && (code = make_tree(plan, target, &hash, &fault)) < 0)
        cli_tree_remove(plan->root);
    int exit_code;
    if (code < 0) {
        exit_code = cli_fail(cli, &fault);
        if (plan->report.errors > 0 && !cli->json)
            print_report(cli, &plan->report, plan->source);
        exit_code = exit_code == CLI_NOT_SO ? CLI_WRONG_USE : exit_code;
    } else {
        exit_code = cli->json ? print_json(cli, plan, target, &hash) : print_made(cli, plan, target, &hash);
    }
    init_plan_free(plan);
    free(plan);
    return exit_code;
}
