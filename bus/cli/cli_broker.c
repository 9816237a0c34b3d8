/* cli_broker.c - see cli_broker.h. The settings file is the one the SDK reads; of it only the connection is used here.
 * Secrets are read by secret_file.h, which refuses files that others may open.
 * The key is wiped as soon as the connection stands. */
#include "cli_broker.h"

#include "cli_file.h"
#include "cli_words.h"
#include "fault.h"
#include "secret_file.h"
#include "time_text.h"
#include "yaml_document.h"

#include <string.h>

enum { SETTINGS_MEMORY_MAX = 1024 * 1024, TIMEOUT_MS_DEFAULT = 5000 };

struct connection {
    struct arena arena;
    char folder[CLI_PATH_BYTES], path[CLI_PATH_BYTES];
    const struct yaml_node *root;
    struct curve_key key;
};

static int first_problem(const struct connection *connection, const struct policy_report *report,
                         struct truc_fault *fault)
{
    const struct policy_problem *problem = report->problems_count ? report->problems[0] : NULL;
    if (problem == NULL)
        return fault_set(fault, TRUC_E_CONFIG, _("%s can't be read"), connection->path);
    fault_set(fault, TRUC_E_CONFIG, "%s", problem->text);
    return fault_where(fault, "%s:%u:%u", connection->path, problem->line, problem->column);
}

static int read_settings(struct connection *connection, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {0};
    struct policy_report report = {.translate = cli_words};
    struct yaml_node *root = NULL;
    connection->arena.used_bytes_max = SETTINGS_MEMORY_MAX;
    int code = cli_file_read(connection->path, &content, fault);
    if (code < 0) {
        fault_hint(fault, _("name the state directory with --state, and whose key to use with --as"));
        return fault->code = TRUC_E_CONFIG;
    }
    code = yaml_document_read(&connection->arena, connection->path, buffer_view(&content), &report, &root);
    if (code < 0 || root->kind != YAML_MAP)
        code = first_problem(connection, &report, fault);
    else
        connection->root = root;
    policy_report_free(&report);
    return code;
}

static int get(const struct connection *connection, const char *key, const char **ret_text, struct truc_fault *fault)
{
    const struct yaml_node *node = yaml_get(connection->root, key);
    if (node == NULL || node->kind != YAML_TEXT || node->text.size == 0)
        return fault_set(fault, TRUC_E_CONFIG, _("%s says no '%s'"), connection->path, key);
    *ret_text = (const char *)node->text.data;
    return 0;
}

static int read_key(struct connection *connection, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    const char *name = "";
    SECRET_CLEANUP struct secret secret = {0};
    int code = get(connection, "transport-key", &name, fault);
    if (code == 0)
        code = name[0] == '/' ? cli_path(path, fault, "%s", name)
                              : cli_path(path, fault, "%s/%s", connection->folder, name);
    if (code == 0)
        code = secret_file_read(path, &secret, fault);
    if (code == 0 && curve_key_from_secret(secret_text(&secret), &connection->key) < 0)
        code = fault_set(fault, TRUC_E_CONFIG, _("%s is not a transport key: 40 characters of Z85"), path);
    return code == TRUC_E_NOT_FOUND ? (fault->code = TRUC_E_CONFIG) : code;
}

static int read_timeout(const struct cli_arguments *arguments, uint64_t *ret_timeout_ms, struct truc_fault *fault)
{
    const char *text = cli_option_value(arguments, "timeout");
    uint64_t span_ns = TIMEOUT_MS_DEFAULT * TIME_NS_PER_MS;
    if (text &&
        (span_parse(bytes_string(text), &span_ns) < 0 || span_ns < TIME_NS_PER_MS || span_ns > 3600 * TIME_NS_PER_S))
        return fault_set(fault, TRUC_E_ARGUMENT, _("--timeout %s: a span from 1ms to 60m, like 5s"), text);
    *ret_timeout_ms = span_ns / TIME_NS_PER_MS;
    return 0;
}

/* A system's own id would take the connection of its adapter over. Without a configuration at hand nobody can tell. */
static int check_role(const struct cli *cli, const char *who, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    struct arena arena = {.used_bytes_max = SETTINGS_MEMORY_MAX};
    struct policy_report report = {0};
    struct yaml_node *root = NULL;
    BUFFER_CLEANUP struct buffer content = {0};
    int code = cli_path(path, fault, "%s/config/systems/%s.yaml", cli->state, who);
    if (code == 0 && cli_file_read(path, &content, NULL) == 0 &&
        yaml_document_read(&arena, path, buffer_view(&content), &report, &root) == 0) {
        const struct yaml_node *role = root->kind == YAML_MAP ? yaml_get(root, "role") : NULL;
        if (role == NULL || bytes_equal_string(role->text, "system")) {
            code = fault_set(fault, TRUC_E_ARGUMENT,
                             _("'%s' is a system: asking with its key would end its adapter's connection"), who);
            fault_hint(fault, _("ask as an operator or auditor: --as operator"));
        }
    }
    policy_report_free(&report);
    arena_free(&arena);
    return code;
}

/* One, or while it is being changed several, in their order. */
static int try_server_keys(const struct connection *connection, struct cli_client_options *options,
                           struct cli_client **ret_client, struct truc_fault *fault)
{
    const struct yaml_node *node = yaml_get(connection->root, "server-key");
    if (node == NULL || node->kind != YAML_LIST || node->first == NULL) {
        int code = get(connection, "server-key", &options->server_key, fault);
        return code < 0 ? code : cli_client_open(options, ret_client, fault);
    }
    int code = TRUC_E_UNKNOWN_KEY; /* what a wrong one looks like, too */
    struct truc_fault why = {0};
    for (const struct yaml_node *key = node->first; key && code == TRUC_E_UNKNOWN_KEY; key = key->next) {
        why = (struct truc_fault){0};
        options->server_key = (const char *)key->text.data;
        code = key->kind == YAML_TEXT
                   ? cli_client_open(options, ret_client, &why)
                   : fault_set(&why, TRUC_E_CONFIG, _("%s says no '%s'"), connection->path, "server-key");
    }
    if (code < 0 && fault)
        *fault = why;
    return code;
}

static int open_client(const struct cli *cli, struct connection *connection, const struct cli_arguments *arguments,
                       int stop_fd, struct cli_client **ret_client, struct truc_fault *fault)
{
    struct cli_client_options options = {.key = &connection->key, .stop_fd = stop_fd};
    int code = read_timeout(arguments, &options.timeout_ms, fault);
    if (code == 0)
        code = read_key(connection, fault);
    if (code == 0)
        code = get(connection, "bus", &options.bus, fault);
    if (code == 0)
        code = get(connection, "system", &options.system, fault);
    const char *endpoint = cli_option_value(arguments, "broker");
    options.endpoint = endpoint ? endpoint : cli->broker;
    if (code == 0 && options.endpoint == NULL)
        code = get(connection, "broker", &options.endpoint, fault);
    return code < 0 ? code : try_server_keys(connection, &options, ret_client, fault);
}

/* STATE/systems/WHO/settings.yaml */
static int find_in_state(const struct cli *cli, const char *who, struct connection *connection,
                         struct truc_fault *fault)
{
    int code = check_role(cli, who, fault);
    if (code == 0)
        code = cli_path(connection->folder, fault, "%s/systems/%s", cli->state, who);
    if (code == 0)
        code = cli_path(connection->path, fault, "%s/settings.yaml", connection->folder);
    return code < 0 ? code : read_settings(connection, fault);
}

/* The file that a context names; whose it is stands in it. */
static int find_in_context(const struct cli *cli, struct connection *connection, struct truc_fault *fault)
{
    const char *slash = strrchr(cli->settings, '/'), *who = "";
    int code = cli_path(connection->path, fault, "%s", cli->settings);
    if (code == 0)
        code = cli_path(connection->folder, fault, "%.*s", slash ? (int)(slash - cli->settings) : 1,
                        slash ? cli->settings : ".");
    if (code == 0)
        code = read_settings(connection, fault);
    if (code == 0)
        code = get(connection, "system", &who, fault);
    return code < 0 ? code : check_role(cli, who, fault);
}

int cli_broker_open(const struct cli *cli, const struct cli_arguments *arguments, int stop_fd,
                    struct cli_client **ret_client, struct truc_fault *fault)
{
    struct connection connection = {.root = NULL};
    const char *given = cli_option_value(arguments, "as");
    int code = cli->settings && given == NULL ? find_in_context(cli, &connection, fault)
                                              : find_in_state(cli, given ? given : "operator", &connection, fault);
    if (code == 0)
        code = open_client(cli, &connection, arguments, stop_fd, ret_client, fault);
    curve_key_wipe(&connection.key);
    arena_free(&connection.arena);
    return code;
}
