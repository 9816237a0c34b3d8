/* daemon_policy.c - a report's problems, one log line each, and what a running bus can't change.
 * The long form with source lines is `truc check`'s; a log wants one line a problem.
 * See daemon_policy.h. */
#include "daemon_policy.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "io_log.h"
#include "policy_load.h"
#include "schema.h"
#include "text.h"

static void log_problem(const struct io_log *log, const char *directory, const struct policy_problem *problem)
{
    char place[sizeof ":4294967295:4294967295"] =
        ""; /* a problem of a whole file has no line, one of a line no column */
    if (problem->column)
        snprintf(place, sizeof place, ":%u:%u", (unsigned)problem->line, (unsigned)problem->column);
    else if (problem->line)
        snprintf(place, sizeof place, ":%u", (unsigned)problem->line);
    io_log_print(log, problem->severity == POLICY_ERROR ? LOG_ERR : LOG_WARNING, "%s/%s%s: %s", directory,
                 problem->file, place, problem->text);
}

static void log_report(const struct io_log *log, const char *directory, const struct policy_report *report)
{
    for (uint32_t i = 0; i < report->problems_count; i++)
        log_problem(log, directory, report->problems[i]);
    uint32_t unsaid = report->errors + report->warnings - report->problems_count;
    if (unsaid)
        io_log_print(log, LOG_WARNING, "%s: %u more mistakes; `truc check` shows them", directory, (unsigned)unsaid);
}

int daemon_policy_read(const char *directory, uint64_t now_ns, const struct io_log *log, struct policy **ret_policy,
                       struct buffer *problems, struct truc_fault *fault)
{
    struct policy_report report = {0};
    struct policy_load_options options = {.now_ns = now_ns};
    if (access(directory, F_OK) < 0 && errno == ENOENT) {
        fault_set(fault, TRUC_E_CONFIG, "there is no configuration '%s'", directory);
        fault_hint(fault, "truc init makes a state directory with one; --state or --config names it");
        return TRUC_E_CONFIG;
    }
    int code = policy_load_directory(directory, &options, ret_policy, &report);
    log_report(log, directory, &report);
    if (problems)
        policy_report_print(&report, "", problems);
    if (code < 0) {
        fault_set(fault, code, "the configuration in '%s' can't be used: %u error%s", directory,
                  (unsigned)report.errors, report.errors == 1 ? "" : "s");
        fault_hint(fault, "truc check %s shows them with their lines", directory);
    }
    policy_report_free(&report);
    (void)malloc_trim(0); /* reading takes several times what stays */
    return code;
}

/* Messages that wait were written by the present schemas, and are read by the next. */
static int check_schemas(const struct policy *present, const struct policy *next, struct truc_fault *fault)
{
    struct truc_fault difference = {0};
    if (present->schemas == NULL || next->schemas == NULL)
        return 0;
    int code = schema_set_compatible(present->schemas, next->schemas, &difference);
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "%s", difference.text);
    if (code == 0)
        return 0;
    fault_set(fault, TRUC_E_SCHEMA_CHANGE, "%s: what waits on the bus was written by the present schemas",
              difference.text);
    fault_hint(fault, "make a new version of the type beside the old one; or, when nothing on the bus minds: truc "
                      "reload --accept-schema-change --reason TEXT");
    return TRUC_E_SCHEMA_CHANGE;
}

int daemon_policy_check_change(const struct policy *present, const struct policy *next, bool accept_schema_change,
                               struct truc_fault *fault)
{
    if (present->sandbox != next->sandbox) {
        fault_set(fault, TRUC_E_CONFIG, "a running bus can't become %s sandbox", next->sandbox ? "a" : "no");
        fault_hint(fault, "what is replayed and what is real never share a journal: a sandbox is a bus of its own");
        return TRUC_E_CONFIG;
    }
    if (strcmp(present->bus_id, next->bus_id) == 0)
        return accept_schema_change ? 0 : check_schemas(present, next, fault);
    fault_set(fault, TRUC_E_CONFIG, "the id of a running bus can't change from '%s' to '%s'", present->bus_id,
              next->bus_id);
    fault_hint(fault, "the journal belongs to one bus: a new id is a new state directory");
    return TRUC_E_CONFIG;
}

void daemon_addresses_of(const struct policy *policy, struct daemon_addresses *ret)
{
    ret->count = policy->listen_count;
    for (uint32_t i = 0; i < policy->listen_count; i++)
        text_copy(ret->texts[i], sizeof ret->texts[i], bytes_string(policy->listen[i]));
}

static bool listens_elsewhere(const struct daemon_addresses *listening, const struct policy *next)
{
    bool differs = listening->count != next->listen_count;
    for (uint32_t i = 0; i < listening->count && !differs; i++)
        differs = strcmp(listening->texts[i], next->listen[i]) != 0;
    return differs && listening->count > 0;
}

void daemon_addresses_differ(const struct daemon_addresses *listening, const struct policy *next, struct buffer *out)
{
    if (!listens_elsewhere(listening, next))
        return;
    buffer_append_string(out, "~ bus · listen: ");
    for (uint32_t i = 0; i < listening->count; i++)
        buffer_printf(out, "%s%s", i ? ", " : "", listening->texts[i]);
    for (uint32_t i = 0; i < next->listen_count; i++)
        buffer_printf(out, "%s%s", i ? ", " : " → ", next->listen[i]);
    buffer_append_byte(out, '\n');
}
