/* completion_zsh.c - the completion script for zsh, written out of the command table, with every explanation.
 * Not: a wrapper around the one for bash: zsh shows what words mean, and that is most of their worth.
 * See completion_words.h for the flow. */
#include "completion_words.h"

#include "cli_words.h"

static const char opening[] =
    "#compdef truc\n"
    "# Completion of `truc` for zsh, made by `truc completion zsh`. To use it in this shell, after compinit:\n"
    "#   source <(truc completion zsh)\n"
    "# and for every user, as root: truc completion zsh > /usr/share/zsh/vendor-completions/_truc\n"
    "\n"
    "# The program itself knows its systems and types, by the state directory or context on the line.\n"
    "_truc_ask()\n"
    "{\n"
    "    local i\n"
    "    local -a place found\n"
    "    for ((i = 2; i < CURRENT; i++)); do\n"
    "        case ${words[i]} in\n"
    "        --state=*|--context=*) place=(${words[i]}) ;;\n"
    "        --state|--context) place=(${words[i]} ${words[i+1]}) ;;\n"
    "        esac\n"
    "    done\n"
    "    found=(${(f)\"$(${words[1]} completion $1 $place 2>/dev/null)\"})\n"
    "    compadd -a found\n"
    "}\n"
    "\n"
    "_truc_values()\n"
    "{\n"
    "    case $1 in\n"
    "    none) ;;\n"
    "    folders) _files -/ ;;\n"
    "    files) _files ;;\n"
    "    ask:*) _truc_ask ${1#ask:} ;;\n"
    "    *) compadd -- ${=1} ;;\n"
    "    esac\n"
    "}\n"
    "\n";

/* Text inside single quotes. */
static void append_quoted(struct buffer *out, const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            buffer_append_string(out, "'\\''");
        else
            buffer_append_byte(out, (uint8_t)*text);
}

static void append_values(const struct completion *completion, struct buffer *out)
{
    buffer_append_byte(out, '\'');
    completion_append_values(completion, out);
    buffer_append_byte(out, '\'');
}

/* An array of 'name:explanation' for _describe. */
static void append_options(const struct cli_option *options, struct buffer *out)
{
    for (const struct cli_option *option = options; option->name; option++) {
        buffer_printf(out, "            '--%s:", option->name);
        append_quoted(out, cli_words(option->explanation));
        buffer_append_string(out, "'\n");
    }
}

static void append_option_values(const char *path, const struct cli_option *options, struct buffer *out)
{
    COMPLETION_CLEANUP struct completion completion = {0};
    for (const struct cli_option *option = options; option->name; option++) {
        if (option->value == NULL)
            continue;
        completion_of_value(bytes_string(option->value), &completion);
        buffer_printf(out, "    '%s --%s') print -r -- ", path, option->name);
        append_values(&completion, out);
        buffer_append_string(out, " ;;\n");
    }
}

/* `_truc_value PATH OPTION`: prints what its value can be; fails for a flag. */
static void append_value_function(struct buffer *out)
{
    buffer_append_string(out, "_truc_value()\n{\n    case \"$1 $2\" in\n");
    for (size_t i = 0; i < cli_commands_count; i++)
        append_option_values(cli_commands[i].path, cli_commands[i].options, out);
    COMPLETION_CLEANUP struct completion completion = {0};
    for (const struct cli_option *option = cli_common_options; option->name; option++) {
        if (option->value == NULL)
            continue;
        completion_of_value(bytes_string(option->value), &completion);
        buffer_printf(out, "    *' --%s') print -r -- ", option->name);
        append_values(&completion, out);
        buffer_append_string(out, " ;;\n");
    }
    buffer_append_string(out, "    *) return 1 ;;\n    esac\n}\n\n");
}

static const char *group_explanation(struct bytes word)
{
    for (size_t i = 0; i < cli_commands_count; i++)
        if (bytes_equal(completion_first_word(&cli_commands[i]), word))
            return cli_words(cli_commands[i].explanation);
    return "";
}

static void append_first_word(void *context, struct bytes word, bool second)
{
    struct buffer *out = context;
    buffer_printf(out, "            '%.*s:", BYTES_PRINTF(word));
    append_quoted(out, second ? _("a group of commands") : group_explanation(word));
    buffer_append_string(out, "'\n");
}

static void append_group(void *context, struct bytes word, bool second)
{
    struct buffer *out = context;
    if (!second)
        return;
    buffer_printf(out, "    '%.*s ')\n        list=(\n", BYTES_PRINTF(word));
    for (size_t i = 0; i < cli_commands_count; i++)
        if (bytes_equal(completion_first_word(&cli_commands[i]), word)) {
            buffer_printf(out, "            '%.*s:", BYTES_PRINTF(completion_second_word(&cli_commands[i])));
            append_quoted(out, cli_words(cli_commands[i].explanation));
            buffer_append_string(out, "'\n");
        }
    buffer_append_string(out, "        )\n        _describe command list\n        return\n        ;;\n");
}

static void append_command(const struct cli_command *command, struct buffer *out)
{
    COMPLETION_CLEANUP struct completion completion = {0};
    bool grouped = completion_second_word(command).size > 0;
    completion_of_operand(command, &completion);
    buffer_printf(out, "    '%s%s)\n        path_='%s'\n        operand=", command->path, grouped ? "'" : " '*",
                  command->path);
    append_values(&completion, out);
    buffer_append_string(out, "\n        list=(\n");
    append_options(command->options, out);
    buffer_append_string(out, "        )\n        ;;\n");
}

static const char reading[] = "_truc()\n"
                              "{\n"
                              "    local i value path_= operand=none\n"
                              "    local -a given list\n"
                              "    for ((i = 2; i < CURRENT; i++)); do\n"
                              "        case ${words[i]} in\n"
                              "        --*=*) ;;\n"
                              "        --*) _truc_takes_value ${words[i]} && ((i++)) ;;\n"
                              "        *) given+=(${words[i]}) ;;\n"
                              "        esac\n"
                              "    done\n"
                              "    case \"${given[1]} ${given[2]}\" in\n";

static const char choosing[] = "    if value=$(_truc_value \"$path_\" \"${words[CURRENT-1]}\"); then\n"
                               "        _truc_values \"$value\"\n"
                               "    elif [[ ${words[CURRENT]} == -* || $operand == none ]]; then\n"
                               "        _describe option list\n"
                               "    else\n"
                               "        _truc_values \"$operand\"\n"
                               "    fi\n"
                               "}\n"
                               "\n"
                               "if [[ ${funcstack[1]-} == _truc ]]; then\n"
                               "    _truc \"$@\"\n"
                               "else\n"
                               "    compdef _truc truc\n"
                               "fi\n";

void completion_zsh(struct buffer *out)
{
    buffer_append_string(out, opening);
    completion_append_takes_value(out);
    append_value_function(out);
    buffer_append_string(out, reading);
    buffer_append_string(out, "    ' ')\n        list=(\n");
    completion_each_first_word(append_first_word, out);
    buffer_append_string(out, "        )\n        if ! value=$(_truc_value '' \"${words[CURRENT-1]}\"); then\n"
                              "            _describe command list\n            return\n        fi\n        ;;\n");
    completion_each_first_word(append_group, out);
    for (size_t i = 0; i < cli_commands_count; i++)
        append_command(&cli_commands[i], out);
    buffer_append_string(out, "    esac\n    [[ -n $path_ ]] && list+=(\n");
    append_options(cli_common_options, out);
    buffer_append_string(out, "        )\n");
    buffer_append_string(out, choosing);
}
