/* cli_arguments.h - a command line as options and operands, read by the command's own table.
 * Not: what they mean. getopt's rules: --name VALUE, --name=VALUE, -n VALUE; `--` ends the options.
 * In the flow: cli_main → here → the command. The same tables make `truc help COMMAND`. */
#ifndef TRUC_CLI_ARGUMENTS_H
#define TRUC_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

#include <truc/error.h>

enum { CLI_OPTIONS_GIVEN_MAX = 64, CLI_OPERANDS_MAX = 8 };

struct cli_option {
    const char *name;        /* without dashes */
    const char *value;       /* what its value is called in the help; NULL: a flag */
    const char *explanation; /* one line */
    bool repeats;            /* may be given several times */
};

struct cli_arguments {
    struct {
        const struct cli_option *option;
        const char *value; /* "" for a flag */
    } given[CLI_OPTIONS_GIVEN_MAX];
    size_t given_count;
    const char *operands[CLI_OPERANDS_MAX];
    size_t operands_count;
};

/* The options every command takes: --state, --context, --lang, --output, --help. Ended by a name of NULL, like a command's own table. */
extern const struct cli_option cli_common_options[];

/* Reads argv[*at] and what belongs to it if it is one of these options: 1 and *at moved on; 0: not an option (an
 * operand, or past the end); TRUC_E_ARGUMENT: an unknown option (with a did-you-mean), a value missing or too many. */
int cli_arguments_option(const struct cli_option *options, int argc, char **argv, int *at,
                         struct cli_arguments *arguments, struct truc_fault *fault);
/* Reads the rest of a command line from argv[at]. TRUC_E_ARGUMENT with the reason. Values point into argv. */
int cli_arguments_read(const struct cli_option *options, int argc, char **argv, int at, struct cli_arguments *arguments,
                       struct truc_fault *fault);

/* The value of an option, or NULL when it was not given; for repeated ones the n-th (from 0). */
const char *cli_option_value(const struct cli_arguments *arguments, const char *name);
const char *cli_option_nth(const struct cli_arguments *arguments, const char *name, size_t nth);
/* The operand, or NULL. */
const char *cli_operand(const struct cli_arguments *arguments, size_t at);
/* "1204331" or "1.204.331". TRUC_E_ARGUMENT. */
int cli_number_parse(const char *text, uint64_t *ret_number);
/* A whole number: 1 when given, 0 when not (ret_number untouched), TRUC_E_ARGUMENT. Dots between thousands are
 * accepted. */
int cli_option_number(const struct cli_arguments *arguments, const char *name, uint64_t *ret_number,
                      struct truc_fault *fault);
/* An instant: 2026-11-23 (that day's beginning, GMT+7), RFC 3339, or a span back from now like 2h. As above. */
int cli_option_time(const struct cli_arguments *arguments, const char *name, uint64_t now_ns, uint64_t *ret_time_ns,
                    struct truc_fault *fault);

#endif
