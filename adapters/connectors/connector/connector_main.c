/* connector_main.c - the program of every connector: its files, its exit status; --check and --cases need no bus.
 * No logic of messages or protocols here.
 * In the flow: command line -> adapter file + schemas -> connector_run until SIGTERM. */
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "connector_case.h"
#include "connector_read.h"
#include "connector_run.h"
#include "fault.h"
#include "log_line.h"

static void print_fault(const struct connector_engine *engine, const struct truc_fault *fault)
{
    fprintf(stderr, "%s: %s%s%s\n", engine->program, fault->where, *fault->where ? ": error: " : "", fault->text);
    if (*fault->hint)
        fprintf(stderr, "  %s\n", fault->hint);
}

static void log_line(void *context, int level, const char *text)
{
    char named[LOG_LINE_BYTES_MAX], line[LOG_LINE_BYTES_MAX];
    struct timespec now;
    bool is_for_journal = log_line_is_for_journal(STDERR_FILENO);
    if (level >= LOG_DEBUG && !is_for_journal) /* the journal keeps details apart; people would wade through them */
        return;
    snprintf(named, sizeof(named), "%s: %s", (const char *)context, text);
    clock_gettime(CLOCK_REALTIME, &now);
    size_t size =
        log_line_compose(line, is_for_journal, level, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec, named);
    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written; /* a log that can't be written is no reason to stop */
}

static int load_schemas(const char *path, struct schema_set **ret_set, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {.size_max = SCHEMA_SET_BYTES_MAX};
    int result = connector_read_file(path, &content, fault);
    return result == 0 ? schema_set_load(buffer_view(&content), ret_set, fault) : result;
}

static void tell(void *context, const char *file, const char *title, const char *difference)
{
    (void)context;
    printf("%s %s  %s\n", difference ? "FAILED" : "ok    ", file, title);
    if (difference)
        printf("%s\n", difference);
}

static int check(const char *path, const struct connector_adapter *adapter, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer summary = {0};
    adapter->format->summarise(adapter, &summary);
    const char *text = buffer_string(&summary);
    if (!text)
        return fault_set(fault, TRUC_E_MEMORY, "no memory");
    printf("%s: no mistakes; %s\n", path, text);
    return 0;
}

static int work(const struct connector_engine *engine, const struct connector_options *options,
                const struct connector_adapter *adapter, struct truc_fault *fault)
{
    struct connector_log log = {log_line, (void *)(uintptr_t)adapter->name};
    if (options->cases)
        return connector_cases_run(adapter, options->cases, tell, NULL, fault);
    if (options->check)
        return check(options->adapter, adapter, fault);
    return connector_run(engine, adapter, options, &log, fault);
}

int connector_main(const struct connector_format *format, const struct connector_engine *engine, int argc, char **argv)
{
    struct connector_options options = {0};
    struct truc_fault fault = {0};
    struct schema_set *schemas = NULL;
    struct connector_adapter *adapter = NULL;
    connector_options_read(format, engine, argc, argv, &options);
    int result = connector_wrong_file(load_schemas(options.schemas, &schemas, &fault));
    if (result == 0)
        result = connector_wrong_file(connector_adapter_load(format, options.adapter, schemas, options.overrides,
                                                             options.override_count, &adapter, &fault));
    if (result == 0)
        result = work(engine, &options, adapter, &fault);
    if (result < 0)
        print_fault(engine, &fault);
    connector_adapter_free(adapter);
    schema_set_free(schemas);
    return result == 0 ? EXIT_SUCCESS : result == TRUC_E_CONFIG ? CONNECTOR_EXIT_USAGE : CONNECTOR_EXIT_WRONG;
}
