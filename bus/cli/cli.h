/* cli.h - what every command of `truc` is given, and how a command ends.
 * Not: options (cli_arguments.h), output forms (cli_table.h, cli_json.h) or any command itself (cmd_*.c).
 * In the flow: main → cli_main → command table → a command → exit code. */
#ifndef TRUC_CLI_H
#define TRUC_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <truc/error.h>

/* Exit codes: the same meaning for every command. */
enum cli_exit {
    CLI_OK = 0,
    CLI_NOT_SO = 1,    /* what was asked for is not so: check found errors, verify found damage, nothing was found */
    CLI_WRONG_USE = 2, /* usage, configuration, files */
    CLI_NOT_REACHABLE = 3, /* the broker can't be reached, or does not let us in */
};

struct cli {
    FILE *out, *err;
    const char *state;    /* the state directory, as the user named it; of a bus asked from afar nothing is below it */
    const char *settings; /* an operator's settings file, when a context names one; else NULL */
    const char *broker;   /* where the broker listens, when a context says so; else NULL */
    bool json;            /* --output json */
    bool help;            /* --help: explain the command instead of running it */
    const char *command;  /* its path, "journal show"; NULL until it is known */
    uint64_t now_ns;      /* UTC, when the command began */
};

/* Runs one command line. `cli` holds the streams and the time; the rest is filled here. Returns an exit code. */
int cli_main(struct cli *cli, int argc, char **argv);

/* Says what went wrong ("truc: error: …", place, hint; a JSON object on the output with --output json) and returns the
 * exit code that belongs to fault->code. */
int cli_fail(const struct cli *cli, const struct truc_fault *fault);
/* The same for a code without a fault (memory, mostly). */
int cli_fail_code(const struct cli *cli, int code);
enum cli_exit cli_exit_of(int code);

#endif
