/* sim_options.c - reads the command line; a text in place of a seed is hashed to one.
 * See sim_options.h. */
#include "sim_options.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>

#include "sha256.h"

enum {
    KEY_SEED = 256,
    KEY_RUNS,
    KEY_SECONDS,
    KEY_HOURS,
    KEY_FROM,
    KEY_CANARY,
    KEY_SEEDS,
    KEY_DESCRIPTORS,
    KEY_VERBOSE,
    KEY_TRACES
};

static const struct argp_option option_table[] = {
    {"seed", KEY_SEED, "N", 0, "first seed", 0},
    {"from", KEY_FROM, "TEXT", 0, "first seed from a text, e.g. the commit", 0},
    {"runs", KEY_RUNS, "N", 0, "how many seeds", 0},
    {"seconds", KEY_SECONDS, "N", 0, "as many seeds as this allows", 0},
    {"hours", KEY_HOURS, "N", 0, "the same, in hours", 0},
    {"seeds", KEY_SEEDS, "FILE", 0, "the seeds of this file: a number a line, then why it is there", 0},
    {"canary", KEY_CANARY, "NAME", 0, "break the broker on purpose; succeeds when the right oracle catches it", 0},
    {"descriptors", KEY_DESCRIPTORS, "FILE", 0, "the schemas' descriptor set", 0},
    {"traces", KEY_TRACES, NULL, 0, "print the hash of each seed's trace", 0},
    {"verbose", KEY_VERBOSE, NULL, 0, "print the trace", 0},
    {0},
};

static uint64_t number(struct argp_state *state, const char *text)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    if (errno || end == text || *end)
        argp_error(state, "'%s' is no number", text);
    return value;
}

static error_t take_option(int key, char *argument, struct argp_state *state)
{
    struct sim_options *options = state->input;
    switch (key) {
    case KEY_SEED:
        options->seed = number(state, argument);
        return 0;
    case KEY_RUNS:
        options->runs = number(state, argument);
        return 0;
    case KEY_SECONDS:
        options->seconds = number(state, argument);
        return 0;
    case KEY_HOURS:
        options->seconds = number(state, argument) * 3600;
        return 0;
    case KEY_FROM: {
        struct sha256_digest digest = sha256_of(bytes_string(argument));
        options->seed = load_le64(digest.bytes) >> 16;
        return 0;
    }
    case KEY_SEEDS:
        options->seeds = argument;
        return 0;
    case KEY_CANARY:
        options->canary = argument;
        return 0;
    case KEY_DESCRIPTORS:
        options->descriptors = argument;
        return 0;
    case KEY_TRACES:
        options->traces = true;
        return 0;
    case KEY_VERBOSE:
        options->verbose = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void sim_options_read(int argc, char **argv, struct sim_options *ret_options)
{
    static const struct argp parser = {option_table, take_option, NULL, "Simulates the bus from seeds.",
                                       NULL,         NULL,        NULL};
    *ret_options = (struct sim_options){.seed = 1, .descriptors = TRUC_DESCRIPTORS_PATH};
    argp_parse(&parser, argc, argv, 0, NULL, ret_options);
}
