/* sandbox_options.c - argp: the options, their words, their defaults. See sandbox_options.h.
 * Checks single values; what they mean together is checked at the end of the line. */
#include "far_citizen.h"
#include "far_work.h"
#include "sandbox_options.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time_text.h>

enum {
    PACE_DEFAULT_MS = 200,
    CLERKS_DEFAULT = 8,
    CITIZENS_DEFAULT = 5000,
    DRAIN_DEFAULT_MS = 60000,
    OUTAGE_START_MS = 5000,
    OUTAGE_LENGTH_MS = 8000,
};
static const double wrong_default = 0.08;

/* The plain texts come first, in one block: see read_place_option. */
enum option_key {
    KEY_FIRST_OF_ALL = 256,
    KEY_DATA = KEY_FIRST_OF_ALL,
    KEY_WHERE,
    KEY_SUMMARY,
    KEY_SESSION,
    KEY_PORTAL,
    KEY_ONESTOP,
    KEY_PORT,
    KEY_SEED,
    KEY_CITIZENS,
    KEY_PACE,
    KEY_CLERKS,
    KEY_RATE,
    KEY_COUNT,
    KEY_FOR,
    KEY_WRONG,
    KEY_FIRST,
    KEY_DRAIN,
    KEY_OUTAGE,
    KEY_STAY,
    KEY_LOG,
};

static const struct argp_option option_table[] = {
    {"data", KEY_DATA, "DIR", 0, "the far sides' stores (default: sandbox-data); a restart goes on from them", 1},
    {"where", KEY_WHERE, "FILE", 0, "write the far sides' addresses there, as JSON", 1},
    {"port", KEY_PORT, "ID=PORT", 0, "a fixed port for one far side", 1},
    {"log", KEY_LOG, NULL, 0, "a JSON line on standard output for everything that moves", 1},
    {"portal-adapter", KEY_PORTAL, "URL|@FILE", 0, "the portal's adapter; @FILE holds {\"url\": ...}", 2},
    {"onestop-adapter", KEY_ONESTOP, "URL|@FILE", 0, "the one-stop desk's adapter", 2},
    {"session", KEY_SESSION, "TEXT", 0, "the session that the national portal accepts (default: sandbox-session)", 2},
    {"rate", KEY_RATE, "N/s", 0, "dossiers a second; without it there is no traffic", 3},
    {"count", KEY_COUNT, "N", 0, "stop after N dossiers", 3},
    {"for", KEY_FOR, "SPAN", 0, "stop after this time: 30s, 5m", 3},
    {"wrong", KEY_WRONG, "SHARE", 0, "share of dossiers that are wrong on purpose (default: 8%)", 3},
    {"outage", KEY_OUTAGE, "ID:START+LENGTH[:503]", 0,
     "a far side is away; 'none' for no outage (default with traffic: population:5s+8s)", 3},
    {"seed", KEY_SEED, "N", 0, "the same seed gives the same citizens and dossiers (default: 1)", 4},
    {"citizens", KEY_CITIZENS, "N", 0, "size of the population register (default: 5000)", 4},
    {"first", KEY_FIRST, "N", 0, "number of the first dossier (default: 1)", 4},
    {"pace", KEY_PACE, "SPAN", 0, "a clerk's pause between two steps of a dossier (default: 200ms)", 4},
    {"clerks", KEY_CLERKS, "N", 0, "clerks who work at once (default: 8)", 4},
    {"drain", KEY_DRAIN, "SPAN", 0, "wait at most so long for everything to arrive (default: 60s)", 5},
    {"summary", KEY_SUMMARY, "FILE", 0, "write the account there, as JSON", 5},
    {"stay", KEY_STAY, NULL, 0, "go on serving after the traffic is accounted for", 5},
    {0},
};

static uint64_t need_number(struct argp_state *state, const char *text, uint64_t most)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    if (!*text || *end || *text == '-' || number > most)
        argp_error(state, "'%s' is no whole number up to %llu", text, (unsigned long long)most);
    return number;
}

static uint64_t need_span_ms(struct argp_state *state, const char *text)
{
    uint64_t span_ns = 0;
    if (span_parse(bytes_string(text), &span_ns) < 0)
        argp_error(state, "'%s' is no span: write 250ms, 30s or 5m", text);
    return span_ns / TIME_NS_PER_MS;
}

static void read_port(struct argp_state *state, char *text, struct sandbox_options *options)
{
    char *port = strchr(text, '=');
    if (!port)
        argp_error(state, "'%s' is no ID=PORT", text); /* ends the program */
    else
        *port = '\0';
    for (size_t i = 0; i < far_side_kinds_count(); i++) {
        if (strcmp(far_side_kind_at(i)->id, text) == 0) {
            options->ports[i] = (uint16_t)need_number(state, text + strlen(text) + 1, UINT16_MAX);
            return;
        }
    }
    argp_error(state, "there is no far side '%s'", text);
}

static void read_outage(struct argp_state *state, char *text, struct sandbox_options *options)
{
    options->outages_given = true;
    if (strcmp(text, "none") == 0)
        return;
    if (options->outages_count == SANDBOX_OUTAGES_MAX)
        argp_error(state, "at most %d outages", SANDBOX_OUTAGES_MAX);
    struct truc_fault fault = {0};
    if (sandbox_outage_parse(text, &options->outages[options->outages_count], &fault) < 0)
        argp_error(state, "%s", fault.text);
    options->outages_count++;
}

/* What must hold together, and the outage that belongs to mistakes on purpose. */
static void finish(struct argp_state *state, struct sandbox_options *options)
{
    if ((options->traffic.count || options->traffic.for_ms) && options->traffic.rate <= 0)
        argp_error(state, "--count and --for need --rate");
    if (options->traffic.rate > 0 && (!options->portal_adapter || !options->onestop_adapter))
        argp_error(state, "--rate needs --portal-adapter and --onestop-adapter");
    if (options->traffic.rate > 0 && options->traffic.mix.wrong_share > 0 && !options->outages_given)
        options->outages[options->outages_count++] =
            (struct sandbox_outage){"population", OUTAGE_START_MS, OUTAGE_LENGTH_MS, FAR_OUTAGE_REFUSED};
    options->traffic.mix.seed = options->seed;
    options->traffic.mix.citizens_count = options->citizens_count;
}

static void read_share(struct argp_state *state, const char *text, double *ret_share)
{
    struct truc_fault fault = {0};
    if (sandbox_share_parse(text, ret_share, &fault) < 0)
        argp_error(state, "%s", fault.text);
}

static void read_rate(struct argp_state *state, const char *text, double *ret_rate)
{
    struct truc_fault fault = {0};
    if (sandbox_rate_parse(text, ret_rate, &fault) < 0)
        argp_error(state, "%s", fault.text);
}

/* Where the far sides live and whom they meet; whether the key was one of these. */
static bool read_place_option(int key, char *text, struct argp_state *state, struct sandbox_options *options)
{
    const char **texts[] = {
        [KEY_DATA - KEY_FIRST_OF_ALL] = &options->directory,
        [KEY_WHERE - KEY_FIRST_OF_ALL] = &options->where_file,
        [KEY_SUMMARY - KEY_FIRST_OF_ALL] = &options->summary_file,
        [KEY_SESSION - KEY_FIRST_OF_ALL] = &options->session,
        [KEY_PORTAL - KEY_FIRST_OF_ALL] = &options->portal_adapter,
        [KEY_ONESTOP - KEY_FIRST_OF_ALL] = &options->onestop_adapter,
    };
    if (key >= KEY_FIRST_OF_ALL && key <= KEY_ONESTOP)
        *texts[key - KEY_FIRST_OF_ALL] = text;
    else if (key == KEY_PORT)
        read_port(state, text, options);
    else if (key == KEY_OUTAGE)
        read_outage(state, text, options);
    else if (key == KEY_STAY)
        options->stay = true;
    else if (key == KEY_LOG)
        options->log = true;
    else
        return false;
    return true;
}

/* How many, how fast, how long; whether the key was one of these. */
static bool read_measure_option(int key, char *text, struct argp_state *state, struct sandbox_options *options)
{
    if (key == KEY_WRONG)
        read_share(state, text, &options->traffic.mix.wrong_share);
    else if (key == KEY_RATE)
        read_rate(state, text, &options->traffic.rate);
    else if (key == KEY_COUNT)
        options->traffic.count = need_number(state, text, INT32_MAX);
    else if (key == KEY_FIRST)
        options->traffic.first = need_number(state, text, INT32_MAX);
    else if (key == KEY_SEED)
        options->seed = need_number(state, text, INT64_MAX);
    else if (key == KEY_CITIZENS)
        options->citizens_count = (uint32_t)need_number(state, text, FAR_CITIZENS_MAX / 2);
    else if (key == KEY_CLERKS)
        options->clerks = (unsigned)need_number(state, text, FAR_WORKERS_MAX);
    else if (key == KEY_FOR)
        options->traffic.for_ms = need_span_ms(state, text);
    else if (key == KEY_DRAIN)
        options->drain_ms = need_span_ms(state, text);
    else if (key == KEY_PACE)
        options->pace_ms = (uint32_t)need_span_ms(state, text);
    else
        return false;
    return true;
}

static error_t read_option(int key, char *text, struct argp_state *state)
{
    struct sandbox_options *options = state->input;
    if (key == ARGP_KEY_END)
        finish(state, options);
    else if (!read_place_option(key, text, state, options) && !read_measure_option(key, text, state, options))
        return ARGP_ERR_UNKNOWN;
    return 0;
}

void sandbox_options_read(int argc, char **argv, struct sandbox_options *options)
{
    static const struct argp parser = {
        option_table,
        read_option,
        NULL,
        "The far sides of the systems on the bus, with synthetic citizens, and traffic between them.\v"
        "Without --rate it serves until SIGTERM. With --rate it ends with 0 when every dossier is accounted for, 4 "
        "when "
        "not. Formats and rules: adapters/sandbox/README.md.",
        NULL,
        NULL,
        NULL};
    *options = (struct sandbox_options){
        .directory = "sandbox-data",
        .seed = 1,
        .citizens_count = CITIZENS_DEFAULT,
        .pace_ms = PACE_DEFAULT_MS,
        .clerks = CLERKS_DEFAULT,
        .session = "sandbox-session",
        .drain_ms = DRAIN_DEFAULT_MS,
        .traffic = {.first = 1, .mix.wrong_share = wrong_default},
    };
    argp_parse(&parser, argc, argv, 0, NULL, options);
}
