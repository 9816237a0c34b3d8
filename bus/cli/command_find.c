/* command_find.c - a command by its words, and the pages of `truc help`.
 * Not: the commands (command_table.c).
 * See command_table.h for the flow. */
#include "command_table.h"

#include "cli_words.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum { COMMAND_PATH_BYTES = 64, COMMANDS_MAX = 256, HELP_COLUMN = 18, OPTION_COLUMN = 24 };

/* "journal show" when argv[at] is "journal" and the next is "show". */
static void join_words(char out[COMMAND_PATH_BYTES], int words, char *const *argv, int at)
{
    if (words == 1)
        snprintf(out, COMMAND_PATH_BYTES, "%s", argv[at]);
    else
        snprintf(out, COMMAND_PATH_BYTES, "%s %s", argv[at], argv[at + 1]);
}

const struct cli_command *command_find(int argc, char *const *argv, int at, int *ret_words)
{
    char path[COMMAND_PATH_BYTES];
    for (int words = CLI_COMMAND_WORDS_MAX; words > 0; words--) {
        if (at + words > argc)
            continue;
        join_words(path, words, argv, at);
        for (size_t i = 0; i < cli_commands_count; i++)
            if (strcmp(cli_commands[i].path, path) == 0) {
                *ret_words = words;
                return &cli_commands[i];
            }
    }
    return NULL;
}

bool command_is_group(const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i < cli_commands_count; i++)
        if (strncmp(cli_commands[i].path, word, size) == 0 && cli_commands[i].path[size] == ' ')
            return true;
    return false;
}

/* The only command that begins with what was written: "stat". */
static const char *begins_with(const char *text)
{
    const char *found = NULL;
    for (size_t i = 0; i < cli_commands_count; i++)
        if (strncmp(cli_commands[i].path, text, strlen(text)) == 0) {
            if (found)
                return NULL;
            found = cli_commands[i].path;
        }
    return found;
}

const char *command_nearest(int argc, char *const *argv, int at)
{
    const char *paths[COMMANDS_MAX];
    char path[COMMAND_PATH_BYTES];
    const char *nearest = NULL;
    size_t count = cli_commands_count < COMMANDS_MAX ? cli_commands_count : COMMANDS_MAX;
    for (size_t i = 0; i < count; i++)
        paths[i] = cli_commands[i].path;
    for (int words = CLI_COMMAND_WORDS_MAX; words > 0 && nearest == NULL; words--) {
        if (at + words > argc)
            continue;
        join_words(path, words, argv, at);
        nearest = begins_with(path);
        if (nearest == NULL)
            nearest = text_nearest(bytes_string(path), paths, count);
    }
    return nearest;
}

void command_print_all(FILE *out)
{
    fputs(_("Trục, the data-sharing bus: the command line.\n\nusage: truc COMMAND [ARGUMENTS]\n\n"), out);
    for (size_t i = 0; i < cli_commands_count; i++)
        fprintf(out, "  %-*s %s\n", HELP_COLUMN, cli_commands[i].path, cli_words(cli_commands[i].explanation));
    fputs(_("\nEvery command takes --state DIR or --context NAME, --lang vi|en, --output json and --help.\n"
            "Exit codes: 0 done, 1 not so, 2 wrong use or files, 3 the broker can't be reached.\n"),
          out);
}

static void print_options(const struct cli_option *options, FILE *out)
{
    char left[COMMAND_PATH_BYTES];
    for (const struct cli_option *option = options; option->name; option++) {
        int size = snprintf(left, sizeof left, "--%s%s%s", option->name, option->value ? " " : "",
                            option->value ? option->value : "");
        if (size > OPTION_COLUMN)
            fprintf(out, "  %s\n  %-*s", left, OPTION_COLUMN, "");
        else
            fprintf(out, "  %-*s", OPTION_COLUMN, left);
        fprintf(out, " %s%s\n", cli_words(option->explanation), option->repeats ? _("; may be repeated") : "");
    }
}

static void print_usage(const struct cli_command *command, FILE *out)
{
    fprintf(out, _("usage: truc %s%s%s\n"), command->path, *command->usage ? " " : "", command->usage);
}

void command_print(const struct cli_command *command, FILE *out)
{
    fprintf(out, _("truc %s - %s\n\n"), command->path, cli_words(command->explanation));
    print_usage(command, out);
    if (*command->text)
        fprintf(out, "\n%s\n", cli_words(command->text));
    fputs("\n", out);
    print_options(command->options, out);
    print_options(cli_common_options, out);
}
