/* connector_options.c - see connector_options.h.
 * Ends the program on a wrong command line, as argp does.
 * In the flow: first thing of connector_main. */
#include "connector_options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>

enum { SET_BYTES_MAX = 256 };
enum {
    OPTION_ADAPTER = 'a',
    OPTION_SETTINGS = 's',
    OPTION_SCHEMAS = 'p',
    OPTION_WHERE = 'w',
    OPTION_SET = 'e',
    OPTION_CHECK = 'c',
    OPTION_CASES = 'g'
};

static int parse_set(struct connector_options *options, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals || options->override_count == CONNECTOR_OVERRIDES_MAX)
        return EINVAL;
    *equals = 0;
    options->overrides[options->override_count++] = (struct connector_override){text, equals + 1};
    return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct connector_options *options = state->input;
    switch (key) {
    case OPTION_ADAPTER:
        options->adapter = text;
        return 0;
    case OPTION_SETTINGS:
        options->settings = text;
        return 0;
    case OPTION_SCHEMAS:
        options->schemas = text;
        return 0;
    case OPTION_WHERE:
        options->where = text;
        return 0;
    case OPTION_CASES:
        options->cases = text;
        return 0;
    case OPTION_CHECK:
        options->check = true;
        options->adapter = text;
        return 0;
    case OPTION_SET:
        if (parse_set(options, text) != 0)
            argp_error(state, "--set wants KEY=VALUE, at most %d times", CONNECTOR_OVERRIDES_MAX);
        return 0;
    case ARGP_KEY_END:
        if (!options->adapter || !options->schemas)
            argp_error(state, "--adapter (or --check) and --schemas are needed");
        if (!options->check && !options->cases && !options->settings)
            argp_error(state, "--settings is needed to run");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void connector_options_read(const struct connector_format *format, const struct connector_engine *engine, int argc,
                            char **argv, struct connector_options *ret_options)
{
    char set[SET_BYTES_MAX];
    snprintf(set, sizeof(set), "instead of the file's value: %s%ssetting.NAME", format->overrides,
             *format->overrides ? ", " : "");
    const struct argp_option options[] = {
        {"adapter", OPTION_ADAPTER, "FILE", 0, "adapter file: what is accepted, served and how it is mapped", 0},
        {"settings", OPTION_SETTINGS, "FILE", 0, "settings of the SDK: bus, keys", 0},
        {"schemas", OPTION_SCHEMAS, "FILE", 0, "descriptor set of the message schemas (truc.descriptors)", 0},
        {"where", OPTION_WHERE, "FILE", 0, "write that it runs, and the address listened on, as JSON", 0},
        {"set", OPTION_SET, "KEY=VALUE", 0, set, 0},
        {"check", OPTION_CHECK, "FILE", 0, "only read and check the adapter file", 0},
        {"cases", OPTION_CASES, "DIRECTORY", 0, "only run the golden cases of a directory", 0},
        {0},
    };
    const struct argp argp = {options, parse_option, NULL, engine->about, NULL, NULL, NULL};
    argp_err_exit_status = CONNECTOR_EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, ret_options);
}
