/* cmd_help.c - `truc help [COMMAND]`: what the table says.
 * Not: the texts, which stand in command_table.c.
 * A group's name alone ("journal") lists the commands of that group. */
#include "command_table.h"
#include "fault.h"

#include <stdio.h>
#include <string.h>

static bool print_group(const char *word, FILE *out)
{
    bool found = false;
    size_t size = strlen(word);
    for (size_t i = 0; i < cli_commands_count; i++)
        if (strncmp(cli_commands[i].path, word, size) == 0 && cli_commands[i].path[size] == ' ') {
            fprintf(out, "truc %s - %s\n", cli_commands[i].path, cli_commands[i].explanation);
            found = true;
        }
    return found;
}

int cmd_help(struct cli *cli, const struct cli_arguments *arguments)
{
    char *words[CLI_COMMAND_WORDS_MAX] = {NULL};
    int taken = 0, count = (int)arguments->operands_count;
    if (count == 0) {
        command_print_all(cli->out);
        return CLI_OK;
    }
    for (int i = 0; i < count && i < CLI_COMMAND_WORDS_MAX; i++)
        words[i] = (char *)(uintptr_t)arguments->operands[i]; /* command_find only reads them */
    const struct cli_command *command = command_find(count, words, 0, &taken);
    if (command && taken == count) {
        command_print(command, cli->out);
        return CLI_OK;
    }
    if (count == 1 && print_group(words[0], cli->out))
        return CLI_OK;
    struct truc_fault fault = {0};
    const char *nearest = command_nearest(count, words, 0);
    fault_set(&fault, TRUC_E_NOT_FOUND, "there is no command '%s'", words[0]);
    if (nearest)
        fault_hint(&fault, "did you mean 'truc help %s'?", nearest);
    return cli_fail(cli, &fault);
}
