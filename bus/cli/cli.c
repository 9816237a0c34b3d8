/* cli.c - from a command line to a command.
 * Not: any command, nor how it fails (cli_fail.c). Nothing here but the two streams it was given is written to.
 * See cli.h for the flow. */
#include "cli.h"

#include "cli_context.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

/* Column widths of Vietnamese text need a UTF-8 locale, whatever the environment says. */
static void use_utf8(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

/* What the common options say, before and behind the command's name alike. */
static int take_common(struct cli *cli, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const char *form = cli_option_value(arguments, "output");
    cli->help = cli_option_value(arguments, "help") != NULL;
    if (form && strcmp(form, "json") != 0 && strcmp(form, "text") != 0) {
        fault_set(fault, TRUC_E_ARGUMENT, _("--output %s: there is no such form"), form);
        return fault_hint(fault, _("write --output text or --output json"));
    }
    if (form)
        cli->json = strcmp(form, "json") == 0;
    return 0;
}

/* Before the options are read: a mistake in them is told in the form and the language that were asked for. */
static void take_early(const char *option, int argc, char **argv, const char **value)
{
    size_t size = strlen(option);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], option, size) == 0 && argv[i][size] == '=')
            *value = argv[i] + size + 1;
        if (strcmp(argv[i], option) == 0 && i + 1 < argc)
            *value = argv[i + 1];
    }
}

static int choose_form_and_language(struct cli *cli, int argc, char **argv, struct truc_fault *fault)
{
    const char *form = "text", *language = NULL;
    take_early("--output", argc, argv, &form);
    take_early("--lang", argc, argv, &language);
    cli->json = strcmp(form, "json") == 0;
    return cli_words_choose(language, cli->json, fault);
}

static int unknown_command(const struct cli *cli, int argc, char **argv, int at)
{
    struct truc_fault fault = {0};
    const char *nearest = command_nearest(argc, argv, at);
    fault_set(&fault, TRUC_E_ARGUMENT, _("there is no command '%s'"), argv[at]);
    if (command_is_group(argv[at]))
        fault_hint(&fault, _("'truc help %s' lists what follows '%s'"), argv[at], argv[at]);
    else if (nearest)
        fault_hint(&fault, _("did you mean 'truc %s'?"), nearest);
    else
        fault_hint(&fault, _("'truc help' lists the commands"));
    return cli_fail(cli, &fault);
}

static int check_operands(const struct cli_command *command, const struct cli_arguments *arguments,
                          struct truc_fault *fault)
{
    if (arguments->operands_count >= command->operands_min && arguments->operands_count <= command->operands_max)
        return 0;
    if (arguments->operands_count > command->operands_max)
        fault_set(fault, TRUC_E_ARGUMENT, _("'%s' is one word too many"), arguments->operands[command->operands_max]);
    else
        fault_set(fault, TRUC_E_ARGUMENT, _("%.*s is missing"), (int)strcspn(command->usage, " "), command->usage);
    return fault_hint(fault, _("usage: truc %s %s"), command->path, command->usage);
}

/* On which bus. The commands that keep the contexts must work whatever those say. */
static int choose_bus(struct cli *cli, const struct cli_command *command, const struct cli_arguments *arguments,
                      struct cli_contexts *contexts, struct truc_fault *fault)
{
    bool keeps_contexts = strncmp(command->path, "context ", 8) == 0;
    return keeps_contexts ? 0 : cli_context_choose(cli, arguments, contexts, fault);
}

static int run(struct cli *cli, const struct cli_command *command, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct cli_contexts contexts = {.count = 0};
    int code = check_operands(command, arguments, &fault);
    if (code == 0)
        code = choose_bus(cli, command, arguments, &contexts, &fault);
    int exit_code = code < 0 ? cli_fail(cli, &fault) : command->run(cli, arguments);
    cli_contexts_free(&contexts);
    return exit_code;
}

int cli_main(struct cli *cli, int argc, char **argv)
{
    struct cli_arguments arguments = {0};
    struct truc_fault fault = {0};
    int at = 1, words = 0, code;
    use_utf8();
    code = choose_form_and_language(cli, argc, argv, &fault);
    if (code < 0)
        return cli_fail(cli, &fault);
    while ((code = cli_arguments_option(cli_no_options, argc, argv, &at, &arguments, &fault)) > 0)
        ;
    if (code == 0)
        code = take_common(cli, &arguments, &fault);
    if (code < 0)
        return cli_fail(cli, &fault);
    if (at >= argc)
        return command_help(cli, NULL);
    const struct cli_command *command = command_find(argc, argv, at, &words);
    if (command == NULL)
        return unknown_command(cli, argc, argv, at);
    cli->command = command->path;
    code = cli_arguments_read(command->options, argc, argv, at + words, &arguments, &fault);
    if (code == 0)
        code = take_common(cli, &arguments, &fault);
    if (code == 0 && cli->help)
        return command_help(cli, command);
    return code < 0 ? cli_fail(cli, &fault) : run(cli, command, &arguments);
}
