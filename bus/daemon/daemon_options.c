/* daemon_options.c - the command line of trucd, by argp.
 * Paths that were not given follow from the state directory, as `truc init` lays it out.
 * See daemon_options.h. */
#include "daemon_options.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "disk_space.h"

enum {
    KEY_STATE = 's',
    KEY_LISTEN = 'l',
    KEY_VERBOSE = 'v',
    KEY_CONFIG = 256,
    KEY_KEYS,
    KEY_CHECK,
    KEY_WHERE,
    KEY_DISK_MAX,
    KEY_AS_ROOT,
    KEY_NO_FILTER,
    KEY_NO_INDEX
};

static const struct argp_option options_table[] = {
    {"state", KEY_STATE, "DIR", 0, "state directory, made by `truc init` (default: $TRUC_STATE, else ./state)", 0},
    {"config", KEY_CONFIG, "DIR", 0, "configuration (default: STATE/config)", 0},
    {"keys", KEY_KEYS, "DIR", 0, "the broker's keys (default: STATE/keys)", 0},
    {"listen", KEY_LISTEN, "ENDPOINT", 0,
     "listen here instead of where bus.yaml says; may be given more than once; tcp://127.0.0.1:* takes any free port",
     0},
    {"where", KEY_WHERE, "FILE", 0, "write as JSON where the broker listens, once it does", 0},
    {"disk-max", KEY_DISK_MAX, "PERCENT", 0, "take no new messages while the journal's disk is fuller (default: 90)",
     0},
    {"as-root", KEY_AS_ROOT, NULL, 0,
     "run as root when the state directory is root's (also: $TRUC_AS_ROOT=1); otherwise root becomes its owner", 0},
    {"no-filter", KEY_NO_FILTER, NULL, 0, "do not filter system calls: to see whether the filter is at fault", 0},
    {"no-index", KEY_NO_INDEX, NULL, 0, "do not fill the search index: who searches does", 0},
    {"check", KEY_CHECK, NULL, 0, "read configuration and keys, say what is wrong, and end", 0},
    {"verbose", KEY_VERBOSE, NULL, 0, "log more; SIGUSR1 switches it while running", 0},
    {0}};

static void copy_path(struct argp_state *state, char out[DAEMON_PATH_BYTES], const char *path, const char *below)
{
    int size = snprintf(out, DAEMON_PATH_BYTES, "%s%s%s", path, *below ? "/" : "", below);
    if (*path == 0 || size < 0 || size >= DAEMON_PATH_BYTES)
        argp_error(state, "a path has 1 to %d bytes: '%s'", DAEMON_PATH_BYTES - 10, path);
}

static void finish(struct argp_state *state, struct daemon_options *options)
{
    const char *fallback = getenv("TRUC_STATE"), *as_root = getenv("TRUC_AS_ROOT");
    options->as_root |= as_root && strcmp(as_root, "1") == 0;
    if (options->state[0] == 0)
        copy_path(state, options->state, fallback ? fallback : "state", "");
    if (options->config[0] == 0)
        copy_path(state, options->config, options->state, "config");
    if (options->keys[0] == 0)
        copy_path(state, options->keys, options->state, "keys");
    copy_path(state, options->journal, options->state, "journal");
}

static void read_percent(struct argp_state *state, const char *text, unsigned *ret_percent)
{
    char *end;
    unsigned long percent = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || percent < 1 || percent > 100)
        argp_error(state, "--disk-max is a whole number from 1 to 100, not '%s'", text);
    else
        *ret_percent = (unsigned)percent;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct daemon_options *options = state->input;
    switch (key) {
    case KEY_STATE:
        copy_path(state, options->state, argument, "");
        return 0;
    case KEY_CONFIG:
        copy_path(state, options->config, argument, "");
        return 0;
    case KEY_KEYS:
        copy_path(state, options->keys, argument, "");
        return 0;
    case KEY_LISTEN:
        if (options->listen_count == DAEMON_LISTEN_MAX)
            argp_error(state, "at most %d addresses to listen on", DAEMON_LISTEN_MAX);
        else
            options->listen[options->listen_count++] = argument;
        return 0;
    case KEY_WHERE:
        options->where = argument;
        return 0;
    case KEY_DISK_MAX:
        read_percent(state, argument, &options->disk_percent_max);
        return 0;
    case KEY_AS_ROOT:
        options->as_root = true;
        return 0;
    case KEY_NO_FILTER:
        options->no_filter = true;
        return 0;
    case KEY_NO_INDEX:
        options->no_index = true;
        return 0;
    case KEY_CHECK:
        options->check = true;
        return 0;
    case KEY_VERBOSE:
        options->verbose = true;
        return 0;
    case ARGP_KEY_END:
        finish(state, options);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void daemon_options_read(int argc, char **argv, struct daemon_options *ret_options)
{
    static const struct argp argp = {
        options_table, parse, NULL, "The broker of Trục: takes signed messages, journals and delivers them.",
        NULL,          NULL,  NULL};
    argp_err_exit_status = DAEMON_EXIT_CONFIGURATION;
    *ret_options = (struct daemon_options){.disk_percent_max = DISK_SPACE_DEFAULT_PERCENT};
    argp_parse(&argp, argc, argv, 0, NULL, ret_options);
}
