/* deadlines_main.c - the program truc-deadlines: runs the adapter, or answers people from its store and files.
 * Command line only; each command is a function of a few lines over the parts.
 * In the flow: adapter.yaml and what it names -> the chosen command. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "deadlines_run.h"
#include "explain.h"
#include "report.h"
#include "vietnamese.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2, PATH_BYTES_MAX = 4096 };
enum {
    OPTION_ADAPTER = 'a',
    OPTION_SETTINGS = 's',
    OPTION_STORE = 'd',
    OPTION_WHERE = 'w',
    OPTION_FROM = 'f',
    OPTION_TO = 't',
    OPTION_UNIT = 'u'
};
enum { ARGUMENTS_MAX = 2 };

struct options {
    const char *adapter, *settings, *store, *where, *from, *to, *unit;
    const char *arguments[ARGUMENTS_MAX]; /* command, what it is about */
    unsigned count;
};

static const struct argp_option argp_options[] = {
    {"adapter", OPTION_ADAPTER, "FILE", 0, "adapter file: rules, calendar, organisation", 0},
    {"settings", OPTION_SETTINGS, "FILE", 0, "settings of the SDK: bus, keys", 0},
    {"store", OPTION_STORE, "FILE", 0, "the store; deadlines.sqlite beside the settings unless given", 0},
    {"where", OPTION_WHERE, "FILE", 0, "run: write this file once the adapter is at work", 0},
    {"from", OPTION_FROM, "DAY", 0, "report: first day, 01/01/2026 or 2026-01-01", 0},
    {"to", OPTION_TO, "DAY", 0, "report: last day", 0},
    {"unit", OPTION_UNIT, "CODE", 0, "report: agency code, with all below it; all unless given", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case OPTION_ADAPTER:
        options->adapter = text;
        return 0;
    case OPTION_SETTINGS:
        options->settings = text;
        return 0;
    case OPTION_STORE:
        options->store = text;
        return 0;
    case OPTION_WHERE:
        options->where = text;
        return 0;
    case OPTION_FROM:
        options->from = text;
        return 0;
    case OPTION_TO:
        options->to = text;
        return 0;
    case OPTION_UNIT:
        options->unit = text;
        return 0;
    case ARGP_KEY_ARG:
        if (options->count == ARGUMENTS_MAX)
            argp_usage(state);
        options->arguments[options->count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (!options->adapter)
            argp_error(state, "--adapter is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {argp_options,
                                 parse_option,
                                 "run\nreport --from DAY --to DAY\nexplain CODE\ncheck\ncases DIRECTORY",
                                 "Watches deadlines: runs the adapter, reports both on-time rates, explains one "
                                 "dossier's clock, checks the files, or runs the cases of "
                                 "a directory.",
                                 NULL,
                                 NULL,
                                 NULL};

static void print_fault(const struct truc_fault *fault)
{
    fprintf(stderr, "truc-deadlines: %s%s%s\n", fault->where, *fault->where ? ": error: " : "", fault->text);
    if (*fault->hint)
        fprintf(stderr, "  %s\n", fault->hint);
}

/* The store of the options, or the one beside the settings. */
static int store_path(const struct options *options, char out[PATH_BYTES_MAX], struct truc_fault *fault)
{
    const char *settings = options->settings ? options->settings : "";
    const char *slash = strrchr(settings, '/');
    int folder = slash ? (int)(slash - settings) + 1 : 0;
    if (!options->store && !options->settings)
        return fault_set(fault, TRUC_E_ARGUMENT, "--store or --settings is needed");
    int size = options->store ? snprintf(out, PATH_BYTES_MAX, "%s", options->store)
                              : snprintf(out, PATH_BYTES_MAX, "%.*sdeadlines.sqlite", folder, settings);
    return size >= PATH_BYTES_MAX ? fault_set(fault, TRUC_E_ARGUMENT, "the store's path is too long") : 0;
}

static int show(struct buffer *out, int code, struct truc_fault *fault)
{
    const char *text = buffer_string(out);
    if (code == 0 && text == NULL)
        return fault_set(fault, buffer_failed(out), "no room for the text");
    if (code == 0 && (fputs(text, stdout) < 0 || fflush(stdout) != 0))
        return fault_set(fault, TRUC_E_IO, "the text can't be written");
    return code;
}

/* ---- commands ---- */

static int run(const struct options *options, const struct deadlines_book *book, struct truc_fault *fault)
{
    char store[PATH_BYTES_MAX];
    if (!options->settings)
        return fault_set(fault, TRUC_E_ARGUMENT, "--settings is needed to run");
    int code = store_path(options, store, fault);
    struct deadlines_run_options running = {options->settings, store, options->where};
    return code < 0 ? code : deadlines_run(book, &running, fault);
}

static int read_period(const struct options *options, struct report_request *request, struct truc_fault *fault)
{
    if (!options->from || !options->to)
        return fault_set(fault, TRUC_E_ARGUMENT, "report needs --from and --to");
    if (vietnamese_parse_day(options->from, &request->from_ns) < 0 ||
        vietnamese_parse_day(options->to, &request->until_ns) < 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "--from and --to are days: 23/11/2026 or 2026-11-23");
    if (request->until_ns < request->from_ns)
        return fault_set(fault, TRUC_E_ARGUMENT, "the period ends before it begins");
    request->until_ns += CALENDAR_DAY_NS;
    return 0;
}

static int open_to_read(const struct options *options, struct store **ret_store, struct truc_fault *fault)
{
    char path[PATH_BYTES_MAX];
    int code = store_path(options, path, fault);
    return code < 0 ? code : store_open(path, STORE_READ, ret_store, fault);
}

static int report_rates(const struct options *options, const struct deadlines_book *book, struct truc_fault *fault)
{
    static struct report made; /* a table of differences: too large for the stack */
    BUFFER_CLEANUP struct buffer out = {0};
    struct store *store = NULL;
    struct report_request request = {.unit = options->unit, .now_ns = deadlines_clock(NULL)};
    int code = read_period(options, &request, fault);
    if (code == 0)
        code = open_to_read(options, &store, fault);
    if (code == 0)
        code = report_make(store, book, &request, &made, fault);
    if (code == 0)
        report_print(&made, &out);
    store_close(store);
    return show(&out, code, fault);
}

static int explain_one(const struct options *options, const struct deadlines_book *book, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer out = {0};
    struct store *store = NULL;
    if (options->count < 2)
        return fault_set(fault, TRUC_E_ARGUMENT, "explain needs a dossier's code, or DOCUMENT/UNIT");
    int code = open_to_read(options, &store, fault);
    if (code == 0)
        code = explain(store, book, options->arguments[1], deadlines_clock(NULL), &out, fault);
    store_close(store);
    return show(&out, code, fault);
}

static int check(const struct options *options, const struct deadlines_book *book, struct truc_fault *fault)
{
    char first[VIETNAMESE_BYTES], last[VIETNAMESE_BYTES];
    const struct calendar *calendar = book->calendar;
    (void)fault;
    vietnamese_day(calendar_day_start(calendar->first_day), first);
    vietnamese_day(calendar_day_start(calendar->first_day + calendar->count - 1), last);
    printf("%s: no mistakes; calendars %s to %s (%.12s), rules %u, people %u, terms %u\n", options->adapter, first,
           last, calendar->version, book->rules.rules_count, book->organisation.people_count, book->rules.terms_count);
    return 0;
}

static int cases(const struct options *options, const struct deadlines_book *book, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer out = {0};
    if (options->count < 2)
        return fault_set(fault, TRUC_E_ARGUMENT, "cases needs a directory");
    int failed = cases_run(book, options->arguments[1], &out, fault);
    int code = show(&out, failed < 0 ? failed : 0, fault);
    return code == 0 && failed > 0 ? fault_set(fault, TRUC_E_STATE, "%d cases failed", failed) : code;
}

static const struct command {
    const char *name;
    int (*run)(const struct options *options, const struct deadlines_book *book, struct truc_fault *fault);
} commands[] = {{"run", run}, {"report", report_rates}, {"explain", explain_one}, {"check", check}, {"cases", cases}};

static int work(const struct options *options, const struct deadlines_book *book, struct truc_fault *fault)
{
    const char *name = options->count ? options->arguments[0] : "run";
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(options, book, fault);
    return fault_set(fault, TRUC_E_ARGUMENT, "'%s' is no command: run, report, explain, check, cases", name);
}

static void print_report(const struct policy_report *report)
{
    BUFFER_CLEANUP struct buffer out = {0};
    policy_report_print(report, "", &out);
    policy_report_summary(report, &out);
    const char *text = buffer_string(&out);
    fprintf(stderr, "%s\n", text ? text : "truc-deadlines: no memory");
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct truc_fault fault = {0};
    struct policy_report report = {0};
    struct deadlines_book *book = NULL;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    int code = deadlines_load(options.adapter, &report, &book);
    if (code < 0) {
        print_report(&report);
    } else if ((code = work(&options, book, &fault)) < 0) {
        print_fault(&fault);
    }
    policy_report_free(&report);
    deadlines_book_free(book);
    return code == 0 ? EXIT_SUCCESS : code == TRUC_E_CONFIG || code == TRUC_E_ARGUMENT ? EXIT_USAGE : EXIT_WRONG;
}
