/* completion_bash.c - the completion script for bash, written out of the command table.
 * Not: bash-completion's helpers. It needs bash alone, so that it works on a bare server.
 * See completion_words.h for the flow. */
#include "completion_words.h"

static const char opening[] =
    "# Completion of `truc` for bash, made by `truc completion bash`. To use it in this shell:\n"
    "#   source <(truc completion bash)\n"
    "# and for every user, as root: truc completion bash > /usr/share/bash-completion/completions/truc\n"
    "\n"
    "# The program itself knows its systems and types, by the state directory or context on the line.\n"
    "_truc_ask()\n"
    "{\n"
    "    local i place=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        --state | --context)\n"
    "            if [[ ${COMP_WORDS[i + 1]-} == \"=\" ]]; then\n"
    "                place=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[i + 2]-}\")\n"
    "            else\n"
    "                place=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[i + 1]-}\")\n"
    "            fi\n"
    "            ;;\n"
    "        esac\n"
    "    done\n"
    "    \"${COMP_WORDS[0]}\" completion \"$1\" \"${place[@]}\" 2>/dev/null\n"
    "}\n"
    "\n";

/* The words of the line without options and their values: which command it is. '=' is a word of its own in bash. */
static const char reading[] =
    "_truc()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local i path= options= values=none words=()\n"
    "    COMPREPLY=()\n"
    "    if [[ $current == \"=\" ]]; then\n"
    "        current=\n"
    "    elif [[ $previous == \"=\" ]]; then\n"
    "        previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        \"=\") ((i++)) ;;\n"
    "        --*)\n"
    "            if _truc_takes_value \"${COMP_WORDS[i]}\" && [[ ${COMP_WORDS[i + 1]-} != \"=\" ]]; then\n"
    "                ((i++))\n"
    "            fi\n"
    "            ;;\n"
    "        *) words+=(\"${COMP_WORDS[i]}\") ;;\n"
    "        esac\n"
    "    done\n";

static const char ending[] = "    case $values in\n"
                             "    none) ;;\n"
                             "    folders) mapfile -t COMPREPLY < <(compgen -d -- \"$current\") ;;\n"
                             "    files) mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
                             "    ask:*) mapfile -t COMPREPLY < <(compgen -W \"$(_truc_ask \"${values#ask:}\")\" -- "
                             "\"$current\") ;;\n"
                             "    *) mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\") ;;\n"
                             "    esac\n"
                             "}\n"
                             "complete -o filenames -o bashdefault -F _truc truc\n";

static void append_word(void *context, struct bytes word, bool second)
{
    struct buffer *out = context;
    (void)second;
    buffer_append_byte(out, ' ');
    buffer_append_bytes(out, word);
}

static void append_values(const struct completion *completion, struct buffer *out)
{
    buffer_append_string(out, "values=\"");
    completion_append_values(completion, out);
    buffer_append_byte(out, '"');
}

static void append_command_names(struct buffer *out)
{
    buffer_append_string(out, "    case \"${words[0]-} ${words[1]-}\" in\n");
    for (size_t i = 0; i < cli_commands_count; i++)
        if (completion_second_word(&cli_commands[i]).size)
            buffer_printf(out, "    \"%s\") path=\"%s\" ;;\n", cli_commands[i].path, cli_commands[i].path);
    for (size_t i = 0; i < cli_commands_count; i++)
        if (completion_second_word(&cli_commands[i]).size == 0)
            buffer_printf(out, "    \"%s \"*) path=\"%s\" ;;\n", cli_commands[i].path, cli_commands[i].path);
    buffer_append_string(out, "    esac\n");
}

/* Before there is a command: the first words, then the second ones of a group. */
static void append_group(void *context, struct bytes word, bool second)
{
    struct buffer *out = context;
    if (!second)
        return;
    buffer_printf(out, "        %.*s) values=\"", BYTES_PRINTF(word));
    for (size_t i = 0; i < cli_commands_count; i++)
        if (bytes_equal(completion_first_word(&cli_commands[i]), word))
            append_word(out, completion_second_word(&cli_commands[i]), false);
    buffer_append_string(out, "\" ;;\n");
}

static void append_command(const struct cli_command *command, struct buffer *out)
{
    COMPLETION_CLEANUP struct completion completion = {0};
    completion_of_operand(command, &completion);
    buffer_printf(out, "    \"%s\")\n        options=\"", command->path);
    for (const struct cli_option *option = command->options; option->name; option++)
        buffer_printf(out, "--%s ", option->name);
    buffer_append_string(out, "\"\n        ");
    append_values(&completion, out);
    buffer_append_string(out, "\n        ;;\n");
}

static void append_option_values(const char *path, const struct cli_option *options, struct buffer *out)
{
    COMPLETION_CLEANUP struct completion completion = {0};
    for (const struct cli_option *option = options; option->name; option++) {
        if (option->value == NULL)
            continue;
        completion_of_value(bytes_string(option->value), &completion);
        buffer_printf(out, "    \"%s --%s\") ", path, option->name);
        append_values(&completion, out);
        buffer_append_string(out, " ;;\n");
    }
}

void completion_bash(struct buffer *out)
{
    buffer_append_string(out, opening);
    completion_append_takes_value(out);
    buffer_append_string(out, reading);
    append_command_names(out);
    buffer_append_string(out,
                         "    case $path in\n    \"\")\n        case \"${words[0]-}\" in\n        \"\") values=\"");
    completion_each_first_word(append_word, out);
    buffer_append_string(out, "\" ;;\n");
    completion_each_first_word(append_group, out);
    buffer_append_string(out, "        esac\n        ;;\n");
    for (size_t i = 0; i < cli_commands_count; i++)
        append_command(&cli_commands[i], out);
    buffer_append_string(out, "    esac\n    options+=\"");
    for (const struct cli_option *option = cli_common_options; option->name; option++)
        buffer_printf(out, "--%s ", option->name);
    buffer_append_string(out, "\"\n    if [[ $current == -* ]]; then\n        values=$options\n    fi\n"
                              "    case \"$path $previous\" in\n");
    for (size_t i = 0; i < cli_commands_count; i++)
        append_option_values(cli_commands[i].path, cli_commands[i].options, out);
    buffer_append_string(out, "    *) case $previous in\n");
    COMPLETION_CLEANUP struct completion completion = {0};
    for (const struct cli_option *option = cli_common_options; option->name; option++) {
        if (option->value == NULL)
            continue;
        completion_of_value(bytes_string(option->value), &completion);
        buffer_printf(out, "        --%s) ", option->name);
        append_values(&completion, out);
        buffer_append_string(out, " ;;\n");
    }
    buffer_append_string(out, "        esac ;;\n    esac\n");
    buffer_append_string(out, ending);
}
