/* demo_province.c - how the pieces of the demo find each other: keys by `truc init`, addresses by files that each writes.
 * A file that appears means "ready"; waiting ends with it, with the process's end, or with a bound.
 * See demo_province.h. */
#include "demo_province.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <poll.h>
#include <unistd.h>

#include "fault.h"

enum { READY_WAIT_MS = 20000, STOP_WAIT_MS = 15000 };

/* The last one has a program of its own and no far side. */
static const char *const adapter_ids[PROVINCE_ADAPTERS] = {"portal", "onestop", "population", "national-portal",
                                                           "deadlines"};

static int path_make(char out[PROVINCE_PATH_BYTES], struct truc_fault *fault, const char *directory, const char *middle,
                     const char *name)
{
    int size = snprintf(out, PROVINCE_PATH_BYTES, "%s/%s%s", directory, middle, name);
    return size < 0 || size >= PROVINCE_PATH_BYTES
               ? fault_set(fault, TRUC_E_LIMIT, "the path %s/%s is too long", directory, name)
               : 0;
}

/* A port that is free now; trucd binds it a moment later. */
static int free_endpoint(char out[64], struct truc_fault *fault)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0 || bind(probe, (struct sockaddr *)&address, size) < 0 ||
        getsockname(probe, (struct sockaddr *)&address, &size) < 0) {
        fault_errno(fault, TRUC_E_IO, errno, "looking for a free port");
        if (probe >= 0)
            close(probe);
        return TRUC_E_IO;
    }
    (void)snprintf(out, 64, "tcp://127.0.0.1:%u", ntohs(address.sin_port));
    close(probe);
    return 0;
}

/* Waits until `path` exists, its writer has ended, or READY_WAIT_MS have passed without any file appearing. */
static int wait_for_file(const char *run, const char *path, struct child *writer, struct truc_fault *fault)
{
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0 || inotify_add_watch(watch, run, IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE) < 0) {
        if (watch >= 0)
            close(watch);
        return fault_errno(fault, TRUC_E_IO, errno, "watching %s", run);
    }
    int code = 0;
    for (int waited_ms = 0; code == 0 && access(path, R_OK) != 0; waited_ms += 100) {
        struct pollfd ready = {.fd = watch, .events = POLLIN};
        char events[4096];
        if (poll(&ready, 1, 100) > 0 && read(watch, events, sizeof events) < 0 && errno != EAGAIN)
            code = fault_errno(fault, TRUC_E_IO, errno, "watching %s", run);
        else if (!child_runs(writer))
            code = fault_set(fault, TRUC_E_STATE, "%s ended with %d before it was ready; its log is in %s/..",
                             writer->name, child_result(writer), run);
        else if (waited_ms >= READY_WAIT_MS)
            code = fault_set(fault, TRUC_E_TIMEOUT, "%s was not ready within %d ms", writer->name, READY_WAIT_MS);
    }
    close(watch);
    return code;
}

static int program(const struct province *province, const char *name, char out[PROVINCE_PATH_BYTES],
                   struct truc_fault *fault)
{
    return path_make(out, fault, province->options.programs, "", name);
}

static int start(struct province *province, struct child *child, const char *name, const char *arguments[],
                 bool pipe_output, struct truc_fault *fault)
{
    char log[PROVINCE_PATH_BYTES];
    char log_name[64];
    (void)snprintf(log_name, sizeof log_name, "%s.log", name);
    int code = path_make(log, fault, province->options.state, "log/", log_name);
    return code < 0 ? code : child_start(child, name, arguments, log, pipe_output, fault);
}

static int make_state(struct province *province, struct truc_fault *fault)
{
    char truc[PROVINCE_PATH_BYTES], config[PROVINCE_PATH_BYTES], log[PROVINCE_PATH_BYTES],
        directory[PROVINCE_PATH_BYTES];
    static const char *const folders[] = {"", "log", "run", "sandbox"};
    const char *state = province->options.state;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (path_make(directory, fault, state, "", folders[i]) < 0)
            return fault->code;
        else if (mkdir(directory, 0700) < 0)
            return fault_errno(fault, errno == EEXIST ? TRUC_E_EXISTS : TRUC_E_IO, errno, "%s", directory);
    if (program(province, "truc", truc, fault) < 0 ||
        path_make(config, fault, province->options.source, "", "config") < 0 ||
        path_make(log, fault, state, "log/", "init.log") < 0 || path_make(province->bus, fault, state, "", "bus") < 0)
        return fault->code;
    const char *arguments[] = {truc,
                               "init",
                               province->bus,
                               "--from",
                               config,
                               "--schemas",
                               province->options.descriptors,
                               "--listen",
                               province->endpoint,
                               "--algorithm",
                               province->options.algorithm,
                               NULL};
    return child_run("truc init", arguments, log, fault);
}

static int start_broker(struct province *province, struct truc_fault *fault)
{
    char trucd[PROVINCE_PATH_BYTES], where[PROVINCE_PATH_BYTES], run[PROVINCE_PATH_BYTES];
    if (program(province, "trucd", trucd, fault) < 0 ||
        path_make(where, fault, province->options.state, "run/", "trucd.json") < 0 ||
        path_make(run, fault, province->options.state, "", "run") < 0)
        return fault->code;
    const char *arguments[] = {trucd, "--as-root", "--state", province->bus, "--where", where, NULL};
    int code = start(province, &province->broker, "trucd", arguments, false, fault);
    return code < 0 ? code : wait_for_file(run, where, &province->broker, fault);
}

static int start_sandbox(struct province *province, struct truc_fault *fault)
{
    char sandbox[PROVINCE_PATH_BYTES], where[PROVINCE_PATH_BYTES], run[PROVINCE_PATH_BYTES], data[PROVINCE_PATH_BYTES],
        summary[PROVINCE_PATH_BYTES], portal[PROVINCE_PATH_BYTES + 1] = "@", onestop[PROVINCE_PATH_BYTES + 1] = "@";
    const char *state = province->options.state;
    if (program(province, "truc-sandbox", sandbox, fault) < 0 ||
        path_make(where, fault, state, "run/", "far-sides.json") < 0 || path_make(run, fault, state, "", "run") < 0 ||
        path_make(data, fault, state, "", "sandbox") < 0 ||
        path_make(summary, fault, state, "run/", "summary.json") < 0 ||
        path_make(portal + 1, fault, state, "run/", "portal.json") < 0 ||
        path_make(onestop + 1, fault, state, "run/", "onestop.json") < 0)
        return fault->code;
    const char *arguments[CHILD_ARGUMENTS_MAX] = {sandbox,
                                                  "--data",
                                                  data,
                                                  "--where",
                                                  where,
                                                  "--portal-adapter",
                                                  portal,
                                                  "--onestop-adapter",
                                                  onestop,
                                                  "--summary",
                                                  summary,
                                                  "--rate",
                                                  province->options.rate,
                                                  "--log"};
    size_t count = 14;
    const char *const optional[][2] = {{"--for", province->options.span},
                                       {"--count", province->options.count},
                                       {"--seed", province->options.seed},
                                       {"--wrong", province->options.wrong}};
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
        if (optional[i][1]) {
            arguments[count++] = optional[i][0];
            arguments[count++] = optional[i][1];
        }
    int code = start(province, &province->sandbox, "truc-sandbox", arguments, true, fault);
    return code < 0 ? code : wait_for_file(run, where, &province->sandbox, fault);
}

static int far_side_url(const struct province *province, const char *id, char out[PROVINCE_PATH_BYTES],
                        struct truc_fault *fault)
{
    char path[PROVINCE_PATH_BYTES];
    json_error_t error;
    if (path_make(path, fault, province->options.state, "run/", "far-sides.json") < 0)
        return fault->code;
    json_t *where = json_load_file(path, 0, &error);
    const char *url = json_string_value(json_object_get(json_object_get(where, id), "url"));
    if (url == NULL)
        url = json_string_value(json_object_get(where, id));
    int code = url && snprintf(out, PROVINCE_PATH_BYTES, "far-side.url=%s", url) < PROVINCE_PATH_BYTES
                   ? 0
                   : fault_set(fault, TRUC_E_NOT_FOUND, "%s names no address for '%s'", path, id);
    json_decref(where);
    return code;
}

/* What the start of an adapter needs to know. */
struct adapter_paths {
    char program[PROVINCE_PATH_BYTES], adapter[PROVINCE_PATH_BYTES], settings[PROVINCE_PATH_BYTES],
        where[PROVINCE_PATH_BYTES], run[PROVINCE_PATH_BYTES];
};

static int adapter_paths_make(const struct province *province, const char *id, const char *program_name,
                              struct adapter_paths *paths, struct truc_fault *fault)
{
    char name[PROVINCE_PATH_BYTES];
    const char *state = province->options.state;
    (void)snprintf(name, sizeof name, "%s/adapter.yaml", id);
    if (program(province, program_name, paths->program, fault) < 0 ||
        path_make(paths->adapter, fault, province->options.source, "adapters/systems/", name) < 0)
        return fault->code;
    (void)snprintf(name, sizeof name, "%s/settings.yaml", id);
    if (path_make(paths->settings, fault, state, "bus/systems/", name) < 0)
        return fault->code;
    (void)snprintf(name, sizeof name, "%s.json", id);
    return path_make(paths->where, fault, state, "run/", name) < 0 || path_make(paths->run, fault, state, "", "run") < 0
               ? fault->code
               : 0;
}

static int start_connector(struct province *province, size_t index, struct truc_fault *fault)
{
    struct adapter_paths paths;
    char url[PROVINCE_PATH_BYTES];
    const char *id = adapter_ids[index];
    if (adapter_paths_make(province, id, "truc-http", &paths, fault) < 0 || far_side_url(province, id, url, fault) < 0)
        return fault->code;
    const char *arguments[] = {paths.program,
                               "--adapter",
                               paths.adapter,
                               "--settings",
                               paths.settings,
                               "--schemas",
                               province->options.descriptors,
                               "--where",
                               paths.where,
                               "--set",
                               url,
                               NULL};
    int code = start(province, &province->adapters[index], id, arguments, false, fault);
    return code < 0 ? code : wait_for_file(paths.run, paths.where, &province->adapters[index], fault);
}

static int start_deadlines(struct province *province, size_t index, struct truc_fault *fault)
{
    struct adapter_paths paths;
    const char *id = adapter_ids[index];
    if (adapter_paths_make(province, id, "truc-deadlines", &paths, fault) < 0)
        return fault->code;
    const char *arguments[] = {paths.program,  "run",     "--adapter", paths.adapter, "--settings",
                               paths.settings, "--where", paths.where, NULL};
    int code = start(province, &province->adapters[index], id, arguments, false, fault);
    return code < 0 ? code : wait_for_file(paths.run, paths.where, &province->adapters[index], fault);
}

static int start_follow(struct province *province, struct truc_fault *fault)
{
    char truc[PROVINCE_PATH_BYTES];
    if (program(province, "truc", truc, fault) < 0)
        return fault->code;
    const char *arguments[] = {truc, "tail", "--state", province->bus, "--output", "json", NULL};
    return start(province, &province->follow, "truc tail", arguments, true, fault);
}

int province_start(struct province *province, const struct province_options *options, struct truc_fault *fault)
{
    *province = (struct province){.options = *options};
    int code = free_endpoint(province->endpoint, fault);
    if (code == 0)
        code = make_state(province, fault);
    if (code == 0)
        code = start_broker(province, fault);
    if (code == 0)
        code = start_follow(province, fault);
    if (code == 0)
        code = start_sandbox(province, fault);
    for (size_t i = 0; code == 0 && i < PROVINCE_ADAPTERS - 1; i++)
        code = start_connector(province, i, fault);
    if (code == 0)
        code = start_deadlines(province, PROVINCE_ADAPTERS - 1, fault);
    return code;
}

json_t *province_status(const struct province *province, struct truc_fault *fault)
{
    char truc[PROVINCE_PATH_BYTES], log[PROVINCE_PATH_BYTES];
    struct child child = {0};
    json_error_t error;
    if (program(province, "truc", truc, fault) < 0 ||
        path_make(log, fault, province->options.state, "log/", "status.log") < 0)
        return NULL;
    const char *arguments[] = {truc, "status", "--state", province->bus, "--output", "json", NULL};
    if (child_start(&child, "truc status", arguments, log, true, fault) < 0)
        return NULL;
    FILE *output = fdopen(child.output, "r");
    json_t *status = output ? json_loadf(output, 0, &error) : NULL;
    if (output)
        fclose(output);
    child.output = -1;
    if (status == NULL)
        fault_set(fault, TRUC_E_UNAVAILABLE, "truc status gave no answer; its log is %s", log);
    if (child_stop(&child, STOP_WAIT_MS, fault) < 0) {
        json_decref(status);
        return NULL;
    }
    return status;
}

const char *province_fallen(struct province *province)
{
    if (!child_runs(&province->broker))
        return province->broker.name;
    if (!child_runs(&province->follow))
        return province->follow.name;
    for (size_t i = 0; i < PROVINCE_ADAPTERS; i++)
        if (!child_runs(&province->adapters[i]))
            return province->adapters[i].name;
    return NULL;
}

json_t *province_account(const struct province *province, struct truc_fault *fault)
{
    char path[PROVINCE_PATH_BYTES];
    json_error_t error;
    if (path_make(path, fault, province->options.state, "run/", "summary.json") < 0)
        return NULL;
    json_t *account = json_load_file(path, 0, &error);
    if (account == NULL)
        fault_set(fault, TRUC_E_NOT_FOUND, "the sandbox left no account in %s: %s", path, error.text);
    return account;
}

static void stop(struct child *child, bool ends_with_zero, struct truc_fault *fault, int *code)
{
    bool started = child->pid != 0 || child->status != 0;
    int stopped = child_stop(child, STOP_WAIT_MS, fault);
    if (started && stopped == 0 && ends_with_zero && child_result(child) != 0)
        stopped = fault_set(fault, TRUC_E_STATE, "%s ended with %d", child->name, child_result(child));
    *code = *code < 0 ? *code : stopped;
}

int province_stop(struct province *province, struct truc_fault *fault)
{
    int code = 0;
    stop(&province->sandbox, false, fault, &code); /* what it ended with is its account's business */
    stop(&province->follow, false, fault, &code);
    for (size_t i = 0; i < PROVINCE_ADAPTERS; i++)
        stop(&province->adapters[i], true, fault, &code);
    stop(&province->broker, true, fault, &code);
    return code;
}
