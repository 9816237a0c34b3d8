/* cmd_help.c - `truc help [COMMAND]`: what the table says.
 * Not: the texts, which stand in command_table.c.
 * A group's name alone ("journal") lists the commands of that group. */
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"

#include <stdio.h>
#include <string.h>

enum { GROUP_BYTES = 64 }; /* of a group's name that exists */

static json_t *options_json(const struct cli_option *options, json_t *array)
{
    for (const struct cli_option *option = options; option->name; option++) {
        json_t *object = json_object();
        cli_json_set(object, "name", json_string(option->name));
        cli_json_set(object, "value", option->value ? json_string(option->value) : json_null());
        cli_json_set(object, "explanation", json_string(option->explanation));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *command_json(const struct cli_command *command)
{
    json_t *object = json_object();
    cli_json_set(object, "command", json_string(command->path));
    cli_json_set(object, "explanation", json_string(command->explanation));
    cli_json_set(object, "usage", json_string(command->usage));
    cli_json_set(object, "options", options_json(cli_common_options, options_json(command->options, json_array())));
    return object;
}

/* All whose path begins so. */
static json_t *commands_json(const char *beginning)
{
    json_t *document = json_object(), *commands = json_array();
    for (size_t i = 0; i < cli_commands_count; i++)
        if (strncmp(cli_commands[i].path, beginning, strlen(beginning)) == 0)
            json_array_append_new(commands, command_json(&cli_commands[i]));
    cli_json_set(document, "commands", commands);
    return document;
}

static int print_json(const struct cli *cli, json_t *document)
{
    int code = cli_json_print(document, cli->out);
    return code < 0 ? cli_fail_code(cli, code) : CLI_OK;
}

static int help_group(const struct cli *cli, const char *word)
{
    char beginning[GROUP_BYTES];
    int size = snprintf(beginning, sizeof beginning, "%s ", word);
    if (cli->json)
        return print_json(cli, commands_json(beginning));
    for (size_t i = 0; i < cli_commands_count; i++)
        if (strncmp(cli_commands[i].path, beginning, (size_t)size) == 0)
            fprintf(cli->out, _("truc %s - %s\n"), cli_commands[i].path, cli_words(cli_commands[i].explanation));
    return CLI_OK;
}

int command_help(const struct cli *cli, const struct cli_command *command)
{
    if (cli->json)
        return print_json(cli, command ? command_json(command) : commands_json(""));
    if (command)
        command_print(command, cli->out);
    else
        command_print_all(cli->out);
    return CLI_OK;
}

int cmd_help(struct cli *cli, const struct cli_arguments *arguments)
{
    char *words[CLI_COMMAND_WORDS_MAX] = {NULL};
    int taken = 0, count = (int)arguments->operands_count;
    if (count == 0)
        return command_help(cli, NULL);
    for (int i = 0; i < count && i < CLI_COMMAND_WORDS_MAX; i++)
        words[i] = (char *)(uintptr_t)arguments->operands[i]; /* command_find only reads them */
    const struct cli_command *command = command_find(count, words, 0, &taken);
    if (command && taken == count)
        return command_help(cli, command);
    if (count == 1 && command_is_group(words[0]))
        return help_group(cli, words[0]);
    struct truc_fault fault = {0};
    const char *nearest = command_nearest(count, words, 0);
    fault_set(&fault, TRUC_E_NOT_FOUND, _("there is no command '%s'"), words[0]);
    if (nearest)
        fault_hint(&fault, _("did you mean 'truc help %s'?"), nearest);
    else
        fault_hint(&fault, _("'truc help' lists the commands"));
    return cli_fail(cli, &fault);
}
