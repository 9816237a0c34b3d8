/* http_main.c - the program truc-http: command line, files, signals; --check and --cases need no bus.
 * No logic of messages or HTTP here.
 * In the flow: adapter file + settings + schemas -> http_connector until SIGTERM. */
#include <argp.h>
#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "http_case.h"
#include "http_connector.h"
#include "log_line.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2, SCHEMAS_BYTES_MAX = SCHEMA_SET_BYTES_MAX };
enum {
    OPTION_ADAPTER = 'a',
    OPTION_SETTINGS = 's',
    OPTION_SCHEMAS = 'p',
    OPTION_WHERE = 'w',
    OPTION_SET = 'e',
    OPTION_CHECK = 'c',
    OPTION_CASES = 'g'
};

struct options {
    const char *adapter, *settings, *schemas, *where, *cases;
    bool check;
    struct http_override overrides[HTTP_OVERRIDES_MAX];
    size_t override_count;
};

static int parse_set(struct options *options, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals || options->override_count == HTTP_OVERRIDES_MAX)
        return EINVAL;
    *equals = 0;
    options->overrides[options->override_count++] = (struct http_override){text, equals + 1};
    return 0;
}

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
            argp_error(state, "--set wants KEY=VALUE, at most %d times", HTTP_OVERRIDES_MAX);
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

static const struct argp_option argp_options[] = {
    {"adapter", OPTION_ADAPTER, "FILE", 0, "adapter file: what is accepted, served and how it is mapped", 0},
    {"settings", OPTION_SETTINGS, "FILE", 0, "settings of the SDK: bus, keys", 0},
    {"schemas", OPTION_SCHEMAS, "FILE", 0, "descriptor set of the message schemas (truc.descriptors)", 0},
    {"where", OPTION_WHERE, "FILE", 0, "write the address listened on, as JSON", 0},
    {"set", OPTION_SET, "KEY=VALUE", 0, "instead of the file's value: far-side.url, listen, setting.NAME", 0},
    {"check", OPTION_CHECK, "FILE", 0, "only read and check the adapter file", 0},
    {"cases", OPTION_CASES, "DIRECTORY", 0, "only run the golden cases of a directory", 0},
    {0},
};
static const struct argp argp = {
    argp_options, parse_option, NULL, "Joins a system that speaks HTTP to the bus, by an adapter file alone.",
    NULL,         NULL,         NULL};

static void print_fault(const struct truc_fault *fault)
{
    fprintf(stderr, "truc-http: %s%s%s\n", fault->where, *fault->where ? ": error: " : "", fault->text);
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
    BUFFER_CLEANUP struct buffer content = {.size_max = SCHEMAS_BYTES_MAX};
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    for (size_t size = 1; size && !buffer_failed(&content);) {
        uint8_t chunk[16384];
        size = fread(chunk, 1, sizeof(chunk), stream);
        buffer_append(&content, chunk, size);
    }
    bool failed = ferror(stream) || buffer_failed(&content);
    fclose(stream);
    if (failed)
        return fault_set(fault, TRUC_E_IO, "%s can't be read", path);
    return schema_set_load(buffer_view(&content), ret_set, fault);
}

/* Written beside and renamed, so that a reader never sees half of it. */
static int write_where(const char *path, uint16_t port, struct truc_fault *fault)
{
    char beside[4096];
    if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
        return fault_set(fault, TRUC_E_ARGUMENT, "--where: the path is too long");
    FILE *stream = fopen(beside, "w");
    if (!stream)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", beside);
    bool failed = fprintf(stream, "{\"url\": \"http://127.0.0.1:%u\"}\n", port) < 0;
    failed = fclose(stream) != 0 || failed;
    if (failed || rename(beside, path) != 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    return 0;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool signal_came(int signals)
{
    struct signalfd_siginfo info;
    return read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

/* Until a signal, then until drained or the time for that is over. */
static int run_loop(struct http_connector *connector, int signals, struct truc_fault *fault)
{
    uint64_t end_ms = UINT64_MAX;
    while (!http_connector_is_drained(connector) && now_ms() < end_ms) {
        int result = http_connector_step(connector, signals, fault);
        if (result < 0)
            return result;
        if (!signal_came(signals))
            continue;
        http_connector_drain(connector);
        if (end_ms == UINT64_MAX)
            end_ms = now_ms() + HTTP_DRAIN_MS;
    }
    return 0;
}

static int open_signals(sigset_t *signals, struct truc_fault *fault)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, signals, NULL) != 0)
        return fault_errno(fault, TRUC_E_IO, errno, "signals can't be blocked");
    int fd = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd >= 0 ? fd : fault_errno(fault, TRUC_E_IO, errno, "signals can't be read");
}

/* Until the adapter is open whatever fails is a wrong file; its fault says which. */
static int wrong_file(int result)
{
    return result < 0 && result != TRUC_E_MEMORY ? TRUC_E_CONFIG : result;
}

static int run(const struct options *options, const struct http_adapter *adapter, struct truc_fault *fault)
{
    sigset_t set;
    truc_adapter *bus = NULL;
    struct http_connector *connector = NULL;
    struct http_log log = {log_line, (void *)(uintptr_t)adapter->name};
    struct truc_options sdk = {
        .size = sizeof(sdk), .settings = options->settings, .log = log.line, .log_context = log.context};
    int signals = open_signals(&set, fault); /* before the SDK's threads, so that they block them too */
    if (signals < 0)
        return signals;
    int result = wrong_file(truc_adapter_open(&sdk, &bus, fault));
    if (result == 0 && strcmp(truc_adapter_system(bus), adapter->name) != 0) {
        result = fault_set(fault, TRUC_E_CONFIG, "the adapter file is for '%s', the settings are of '%s'",
                           adapter->name, truc_adapter_system(bus));
        fault_hint(fault, "'adapter:' in the one and 'system:' in the other are the same id");
        truc_adapter_close(bus);
    } else if (result == 0) {
        result = http_connector_open(adapter, bus, &log, &connector, fault);
        if (result < 0)
            truc_adapter_close(bus);
    }
    if (result == 0) {
        uint16_t port = http_connector_port(connector);
        if (options->where)
            result = write_where(options->where, port, fault);
        if (port)
            http_log(&log, HTTP_LOG_INFO, "%s runs, listening at http://127.0.0.1:%u", adapter->title, port);
        else
            http_log(&log, HTTP_LOG_INFO, "%s runs, listening nowhere", adapter->title);
        if (result == 0)
            result = run_loop(connector, signals, fault);
        http_connector_close(connector);
    }
    close(signals);
    return result;
}

static void tell(void *context, const char *file, const char *title, const char *difference)
{
    (void)context;
    printf("%s %s  %s\n", difference ? "FAILED" : "ok    ", file, title);
    if (difference)
        printf("%s\n", difference);
}

static int work(const struct options *options, const struct http_adapter *adapter, struct truc_fault *fault)
{
    if (options->cases)
        return http_cases_run(adapter, options->cases, tell, NULL, fault);
    if (!options->check)
        return run(options, adapter, fault);
    printf("%s: no mistakes; accepts %zu, serves %zu\n", options->adapter, adapter->accept_count, adapter->serve_count);
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct truc_fault fault = {0};
    struct schema_set *schemas = NULL;
    struct http_adapter *adapter = NULL;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return EXIT_WRONG;
    int result = wrong_file(load_schemas(options.schemas, &schemas, &fault));
    if (result == 0)
        result = wrong_file(
            http_adapter_load(options.adapter, schemas, options.overrides, options.override_count, &adapter, &fault));
    if (result == 0)
        result = work(&options, adapter, &fault);
    if (result < 0)
        print_fault(&fault);
    http_adapter_free(adapter);
    schema_set_free(schemas);
    curl_global_cleanup();
    return result == 0 ? EXIT_SUCCESS : result == TRUC_E_CONFIG ? EXIT_USAGE : EXIT_WRONG;
}
