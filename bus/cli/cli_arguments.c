/* cli_arguments.c - reads options by table.
 * Not: getopt_long, whose messages name no neighbour and whose state is global.
 * See cli_arguments.h for the flow. */
#include "cli_arguments.h"

#include "cli_words.h"
#include "fault.h"
#include "text.h"
#include "time_text.h"

#include <string.h>

enum { OPTION_NAMES_MAX = 32, NAMES_MAX = 2 * OPTION_NAMES_MAX };

const struct cli_option cli_common_options[] = {
    {.name = "state",
     .value = "DIR",
     .explanation = N_("the state directory; else TRUC_STATE, else that of the context in use, else ./state")},
    {.name = "context",
     .value = "CONTEXT",
     .explanation = N_("the bus, by its name in truc context list; else TRUC_CONTEXT")},
    {.name = "lang",
     .value = "vi|en",
     .explanation = N_("the language for people; else TRUC_LANG, else that of LC_ALL, LC_MESSAGES or LANG")},
    {.name = "output", .value = "FORM", .explanation = N_("text for people (default), or json for programs")},
    {.name = "help", .explanation = N_("explain the command")},
    {.name = NULL},
};

static const struct cli_option *find_option(const struct cli_option *options, struct bytes name)
{
    for (const struct cli_option *option = options; option->name; option++)
        if (bytes_equal_string(name, option->name))
            return option;
    return NULL;
}

static int unknown_option(const struct cli_option *options, struct bytes name, struct truc_fault *fault)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (const struct cli_option *option = options; option->name && count < OPTION_NAMES_MAX; option++)
        names[count++] = option->name;
    for (const struct cli_option *option = cli_common_options; option->name && count < NAMES_MAX; option++)
        names[count++] = option->name;
    const char *nearest = text_nearest(name, names, count);
    int code = fault_set(fault, TRUC_E_ARGUMENT, _("unknown option --%.*s"), BYTES_PRINTF(name));
    if (nearest)
        fault_hint(fault, _("did you mean --%s?"), nearest);
    else
        fault_hint(fault, _("the command's options: the same command with --help"));
    return code;
}

static int take(struct cli_arguments *arguments, const struct cli_option *option, const char *value,
                struct truc_fault *fault)
{
    if (!option->repeats && cli_option_value(arguments, option->name))
        return fault_set(fault, TRUC_E_ARGUMENT, _("--%s is given twice"), option->name);
    if (arguments->given_count == CLI_OPTIONS_GIVEN_MAX)
        return fault_set(fault, TRUC_E_LIMIT, _("more than %d options"), CLI_OPTIONS_GIVEN_MAX);
    arguments->given[arguments->given_count].option = option;
    arguments->given[arguments->given_count++].value = value;
    return 1;
}

int cli_arguments_option(const struct cli_option *options, int argc, char **argv, int *at,
                         struct cli_arguments *arguments, struct truc_fault *fault)
{
    if (*at >= argc || strncmp(argv[*at], "--", 2) != 0 || argv[*at][2] == '\0')
        return 0;
    const char *text = argv[*at] + 2, *equals = strchr(text, '=');
    struct bytes name = bytes_of(text, equals ? (size_t)(equals - text) : strlen(text));
    const struct cli_option *option = find_option(options, name);
    if (option == NULL)
        option = find_option(cli_common_options, name);
    if (option == NULL)
        return unknown_option(options, name, fault);
    if (option->value == NULL && equals)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--%s takes no value"), option->name);
    const char *value = "";
    if (option->value)
        value = equals ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
    if (value == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--%s needs a value: --%s %s"), option->name, option->name,
                         option->value);
    ++*at;
    return take(arguments, option, value, fault);
}

int cli_arguments_read(const struct cli_option *options, int argc, char **argv, int at, struct cli_arguments *arguments,
                       struct truc_fault *fault)
{
    bool options_ended = false;
    while (at < argc) {
        if (!options_ended && strcmp(argv[at], "--") == 0) {
            options_ended = true;
            at++;
            continue;
        }
        if (!options_ended && argv[at][0] == '-' && argv[at][1] != '-' && argv[at][1] != '\0')
            return fault_set(fault, TRUC_E_ARGUMENT, _("unknown option %s: options are whole words, like --output"),
                             argv[at]);
        int read = options_ended ? 0 : cli_arguments_option(options, argc, argv, &at, arguments, fault);
        if (read < 0)
            return read;
        if (read > 0)
            continue;
        if (arguments->operands_count == CLI_OPERANDS_MAX)
            return fault_set(fault, TRUC_E_LIMIT, _("more than %d operands"), CLI_OPERANDS_MAX);
        arguments->operands[arguments->operands_count++] = argv[at++];
    }
    return 0;
}

const char *cli_option_nth(const struct cli_arguments *arguments, const char *name, size_t nth)
{
    for (size_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].option->name, name) == 0 && nth-- == 0)
            return arguments->given[i].value;
    return NULL;
}

const char *cli_option_value(const struct cli_arguments *arguments, const char *name)
{
    return cli_option_nth(arguments, name, 0);
}

const char *cli_operand(const struct cli_arguments *arguments, size_t at)
{
    return at < arguments->operands_count ? arguments->operands[at] : NULL;
}

int cli_number_parse(const char *text, uint64_t *ret_number)
{
    uint64_t number = 0;
    bool digits = false;
    for (const char *at = text; *at; at++) {
        if (*at == '.' && digits && at[1] != '\0')
            continue;
        if (*at < '0' || *at > '9' || number > (UINT64_MAX - 9) / 10)
            return TRUC_E_ARGUMENT;
        number = number * 10 + (uint64_t)(*at - '0');
        digits = true;
    }
    if (!digits)
        return TRUC_E_ARGUMENT;
    *ret_number = number;
    return 0;
}

int cli_option_number(const struct cli_arguments *arguments, const char *name, uint64_t *ret_number,
                      struct truc_fault *fault)
{
    const char *text = cli_option_value(arguments, name);
    if (text == NULL)
        return 0;
    if (*text == '\0')
        return fault_set(fault, TRUC_E_ARGUMENT, _("--%s: a whole number is needed"), name);
    if (cli_number_parse(text, ret_number) < 0)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--%s: '%s' is not a whole number"), name, text);
    return 1;
}

int cli_option_time(const struct cli_arguments *arguments, const char *name, uint64_t now_ns, uint64_t *ret_time_ns,
                    struct truc_fault *fault)
{
    enum { PEOPLE_OFFSET_MINUTES = 7 * 60 };
    const char *text = cli_option_value(arguments, name);
    uint64_t value;
    if (text == NULL)
        return 0;
    if (time_parse_rfc3339(bytes_string(text), &value) == 0 ||
        time_parse_date(bytes_string(text), PEOPLE_OFFSET_MINUTES, &value) == 0)
        *ret_time_ns = value;
    else if (span_parse(bytes_string(text), &value) == 0)
        *ret_time_ns = value < now_ns ? now_ns - value : 0;
    else
        return fault_set(fault, TRUC_E_ARGUMENT,
                         _("--%s: '%s' is no time: 2026-11-23, 2026-11-23T14:03:00+07:00, or 2h for two hours ago"),
                         name, text);
    return 1;
}
