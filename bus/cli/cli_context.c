/* cli_context.c - see cli_context.h.
 * The file is read strictly: an unknown key may be a mistyped one, and then a command would reach another bus.
 * Written by this program; comments of people don't survive it. */
#include "cli_context.h"

#include "cli_json.h"
#include "cli_words.h"
#include "fault.h"
#include "text.h"
#include "yaml_document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading ---- */

static int find_path(char out[CLI_PATH_BYTES], struct truc_fault *fault)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && *config == '/') /* others are to be ignored: XDG Base Directory Specification */
        return cli_path(out, fault, "%s/truc/contexts.yaml", config);
    return cli_path(out, fault, "%s/.config/truc/contexts.yaml", home && *home ? home : "/");
}

static int wrong(const struct cli_contexts *contexts, const struct yaml_node *node, const char *what,
                 struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_CONFIG, _("the file of contexts %s"), what);
    fault_hint(fault, _("mend it or remove it: truc context add makes it anew"));
    return fault_where(fault, "%s:%u:%u", contexts->path, node ? node->line : 1, node ? node->column : 1);
}

static const char *text_of(const struct yaml_node *node)
{
    return node && node->kind == YAML_TEXT && node->text.size ? (const char *)node->text.data : NULL;
}

static int read_context(struct cli_contexts *contexts, const struct yaml_node *map, struct truc_fault *fault)
{
    struct cli_context context = {.name = NULL};
    const struct {
        const char *key;
        const char **place;
    } keys[] = {{"name", &context.name},
                {"state", &context.state},
                {"settings", &context.settings},
                {"broker", &context.broker}};
    if (map->kind != YAML_MAP)
        return wrong(contexts, map, _("holds something that is no context"), fault);
    for (const struct yaml_node *key = map->first; key; key = key->next) {
        const char **place = NULL;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (bytes_equal_string(key->text, keys[i].key))
                place = keys[i].place;
        if (place == NULL || (*place = text_of(key->value)) == NULL)
            return wrong(contexts, key, _("has a key or value that means nothing here"), fault);
    }
    if (context.name == NULL || (context.state == NULL && context.settings == NULL))
        return wrong(contexts, map, _("has a context without a name, or without a state directory or settings"), fault);
    if (contexts->count == CONTEXTS_MAX)
        return wrong(contexts, map, _("has more contexts than there may be"), fault);
    contexts->contexts[contexts->count++] = context;
    return 0;
}

static int read_root(struct cli_contexts *contexts, const struct yaml_node *root, struct truc_fault *fault)
{
    const struct yaml_node *list = root->kind == YAML_MAP ? yaml_get(root, "contexts") : NULL;
    int code = 0;
    if (list == NULL || list->kind != YAML_LIST)
        return wrong(contexts, root, _("has no list 'contexts'"), fault);
    for (const struct yaml_node *item = list->first; code == 0 && item; item = item->next)
        code = read_context(contexts, item, fault);
    contexts->current = text_of(yaml_get(root, "current"));
    return code;
}

int cli_contexts_load(struct cli_contexts *contexts, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {0};
    struct policy_report report = {.translate = cli_words};
    struct yaml_node *root = NULL;
    contexts->arena.used_bytes_max = CONTEXTS_MEMORY_MAX;
    int code = find_path(contexts->path, fault);
    if (code == 0 && access(contexts->path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (code == 0)
        code = cli_file_read(contexts->path, &content, fault);
    if (code < 0)
        return code;
    code = yaml_document_read(&contexts->arena, contexts->path, buffer_view(&content), &report, &root);
    code = code < 0
               ? wrong(contexts, NULL, report.problems_count ? report.problems[0]->text : _("can't be read"), fault)
               : read_root(contexts, root, fault);
    policy_report_free(&report);
    return code;
}

void cli_contexts_free(struct cli_contexts *contexts)
{
    arena_free(&contexts->arena);
    contexts->count = 0;
    contexts->current = NULL;
}

struct cli_context *cli_contexts_find(struct cli_contexts *contexts, const char *name, struct truc_fault *fault)
{
    const char *names[CONTEXTS_MAX];
    for (size_t i = 0; i < contexts->count; i++) {
        names[i] = contexts->contexts[i].name;
        if (strcmp(names[i], name) == 0)
            return &contexts->contexts[i];
    }
    const char *nearest = text_nearest(bytes_string(name), names, contexts->count);
    fault_set(fault, TRUC_E_NOT_FOUND, _("there is no context '%s'"), name);
    if (nearest)
        fault_hint(fault, _("did you mean %s?"), nearest);
    else
        fault_hint(fault, _("truc context list shows those there are; truc context add makes one"));
    return NULL;
}

/* ---- writing ---- */

static void append_text(struct buffer *out, const char *key, const char *value)
{
    if (value == NULL)
        return;
    buffer_printf(out, "%s: ", key);
    cli_json_append_string(out, value);
    buffer_append_byte(out, '\n');
}

static void write_all(const struct cli_contexts *contexts, struct buffer *out)
{
    buffer_append_string(out, "# The buses of this person, by name: truc context. No secret is in here.\n");
    append_text(out, "current", contexts->current);
    buffer_append_string(out, contexts->count ? "contexts:\n" : "contexts: []\n");
    for (size_t i = 0; i < contexts->count; i++) {
        const struct cli_context *context = &contexts->contexts[i];
        append_text(out, "  - name", context->name);
        append_text(out, "    state", context->state);
        append_text(out, "    settings", context->settings);
        append_text(out, "    broker", context->broker);
    }
}

/* Every folder above the file that is not there yet. */
static int make_folders(const char *path, struct truc_fault *fault)
{
    char folder[CLI_PATH_BYTES];
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        int code = cli_path(folder, fault, "%.*s", (int)(slash - path), path);
        if (code == 0 && mkdir(folder, 0700) < 0 && errno != EEXIST)
            code = fault_errno(fault, TRUC_E_IO, errno, _("make folder %s"), folder);
        if (code < 0)
            return code;
    }
    return 0;
}

int cli_contexts_save(struct cli_contexts *contexts, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {0};
    write_all(contexts, &content);
    if (buffer_failed(&content))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for the contexts"));
    int code = make_folders(contexts->path, fault);
    return code < 0 ? code : cli_file_replace(contexts->path, buffer_view(&content), 0600, fault);
}

/* ---- choosing ---- */

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int take(struct cli *cli, struct cli_contexts *contexts, const char *name, struct truc_fault *fault)
{
    const struct cli_context *context = cli_contexts_find(contexts, name, fault);
    if (context == NULL)
        return fault->code = TRUC_E_CONFIG;
    cli->settings = context->settings;
    cli->broker = context->broker;
    /* Below a file there is nothing, whatever ./state of another bus may lie here. */
    cli->state = context->state ? context->state : context->settings;
    return 0;
}

int cli_context_choose(struct cli *cli, const struct cli_arguments *arguments, struct cli_contexts *contexts,
                       struct truc_fault *fault)
{
    const char *state = cli_option_value(arguments, "state"), *name = cli_option_value(arguments, "context");
    cli->state = state ? state : "state";
    cli->settings = cli->broker = NULL;
    if (state && name)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--state and --context exclude each other"));
    if (state)
        return 0;
    if (name == NULL)
        name = environment("TRUC_CONTEXT");
    if (name == NULL && environment("TRUC_STATE")) {
        cli->state = environment("TRUC_STATE");
        return 0;
    }
    int code = cli_contexts_load(contexts, fault);
    if (code == 0 && name == NULL)
        name = contexts->current;
    return code == 0 && name ? take(cli, contexts, name, fault) : code;
}

int cli_context_hint(const struct cli *cli, const char *otherwise, struct truc_fault *fault)
{
    if (cli && cli->settings)
        return fault_hint(fault, _("this reads files of the bus, which the context asks from afar: run it on the bus's "
                                   "machine, or name copies of them"));
    return fault_hint(fault, "%s", otherwise);
}

int cli_context_is_here(const struct cli *cli, struct truc_fault *fault)
{
    if (cli->settings == NULL || cli_is_directory(cli->state))
        return 0;
    fault_set(fault, TRUC_E_CONFIG, _("the files of this bus are not on this machine"));
    return cli_context_hint(cli, "", fault);
}
