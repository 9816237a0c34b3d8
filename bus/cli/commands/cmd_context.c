/* cmd_context.c - `truc context list|add|use|remove`: several buses by name, for who looks after more than one.
 * Not: choosing one for a command (cli_context.h). Nothing but the person's own file is written.
 * What is added is looked for first: a name that leads nowhere helps nobody. */
#include "cli_context.h"
#include "cli_json.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

const struct cli_option cmd_context_add_options[] = {
    {.name = "settings",
     .value = "FILE",
     .explanation = N_("the settings of an operator there, as truc init makes them: systems/operator/settings.yaml")},
    {.name = "broker", .value = "ENDPOINT", .explanation = N_("where the broker listens, instead of what they say")},
    {.name = NULL},
};

/* ---- list ---- */

static json_t *text_or_null(const char *text)
{
    return text ? cli_json_text(bytes_string(text)) : json_null();
}

static int print_json(const struct cli *cli, const struct cli_contexts *contexts)
{
    json_t *document = json_object(), *array = json_array();
    for (size_t i = 0; i < contexts->count; i++) {
        const struct cli_context *context = &contexts->contexts[i];
        json_t *object = json_object();
        cli_json_set(object, "name", cli_json_text(bytes_string(context->name)));
        cli_json_set(object, "state", text_or_null(context->state));
        cli_json_set(object, "settings", text_or_null(context->settings));
        cli_json_set(object, "broker", text_or_null(context->broker));
        json_array_append_new(array, object);
    }
    cli_json_set(document, "current", text_or_null(contexts->current));
    cli_json_set(document, "contexts", array);
    return cli_json_print(document, cli->out);
}

static int print_table(const struct cli *cli, const struct cli_contexts *contexts)
{
    static const struct cli_column columns[] = {{N_("IN USE"), false},
                                                {N_("NAME"), false},
                                                {N_("STATE"), false},
                                                {N_("SETTINGS"), false},
                                                {N_("BROKER"), false}};
    if (contexts->count == 0) {
        fputs(_("there are no contexts; truc context add NAME --state DIR makes one\n"), cli->out);
        return 0;
    }
    struct cli_table *table = cli_table_create(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < contexts->count; i++) {
        const struct cli_context *context = &contexts->contexts[i];
        cli_table_row(table);
        cli_table_text(table, contexts->current && strcmp(contexts->current, context->name) == 0 ? "*" : "");
        cli_table_text(table, context->name);
        cli_table_text(table, context->state ? context->state : "");
        cli_table_text(table, context->settings ? context->settings : "");
        cli_table_text(table, context->broker ? context->broker : "");
    }
    int code = cli_table_print(table, cli->out);
    cli_table_free(table);
    return code;
}

int cmd_context_list(struct cli *cli, const struct cli_arguments *arguments)
{
    struct cli_contexts contexts = {.count = 0};
    struct truc_fault fault = {0};
    (void)arguments;
    int code = cli_contexts_load(&contexts, &fault);
    if (code == 0 && (code = cli->json ? print_json(cli, &contexts) : print_table(cli, &contexts)) < 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    cli_contexts_free(&contexts);
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}

/* ---- add ---- */

static int check_name(const char *name, struct truc_fault *fault)
{
    size_t size = strlen(name);
    if (size > 0 && size <= CONTEXT_NAME_BYTES_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == size)
        return 0;
    return fault_set(fault, TRUC_E_ARGUMENT, _("'%s' is no name: 1 to %d of a-z, 0-9, '-' and '.'"), name,
                     CONTEXT_NAME_BYTES_MAX);
}

/* Absolute, for it is used from anywhere. NULL stays NULL. */
static int resolve(struct arena *arena, const char *given, const char *what, const char **ret_path,
                   struct truc_fault *fault)
{
    char path[PATH_MAX];
    if (given == NULL)
        return 0;
    if (realpath(given, path) == NULL)
        return fault_errno(fault, TRUC_E_ARGUMENT, errno, "%s %s", what, given);
    *ret_path = arena_string(arena, bytes_string(path));
    return *ret_path ? 0 : fault_set(fault, TRUC_E_MEMORY, _("no memory for a context"));
}

static int fill(struct cli_contexts *contexts, const struct cli_arguments *arguments, struct cli_context *context,
                struct truc_fault *fault)
{
    const char *state = cli_option_value(arguments, "state"), *settings = cli_option_value(arguments, "settings");
    *context = (struct cli_context){.name = cli_operand(arguments, 0), .broker = cli_option_value(arguments, "broker")};
    int code = check_name(context->name, fault);
    if (code == 0 && state == NULL && settings == NULL) {
        fault_set(fault, TRUC_E_ARGUMENT, _("where is that bus?"));
        fault_hint(fault,
                   _("--state DIR when its state directory is on this machine, or --settings FILE of an operator"));
        return TRUC_E_ARGUMENT;
    }
    if (code == 0 && state && !cli_is_directory(state))
        return fault_set(fault, TRUC_E_ARGUMENT, _("there is no directory '%s'"), state);
    if (code == 0)
        code = resolve(&contexts->arena, state, _("state directory"), &context->state, fault);
    return code < 0 ? code : resolve(&contexts->arena, settings, _("settings"), &context->settings, fault);
}

static int add(struct cli_contexts *contexts, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    struct cli_context context;
    int code = fill(contexts, arguments, &context, fault);
    if (code == 0 && cli_contexts_find(contexts, context.name, NULL)) {
        fault_set(fault, TRUC_E_EXISTS, _("there is a context '%s' already"), context.name);
        fault_hint(fault, _("truc context remove %s, or another name"), context.name);
        return TRUC_E_EXISTS;
    }
    if (code == 0 && contexts->count == CONTEXTS_MAX)
        code = fault_set(fault, TRUC_E_LIMIT, _("more than %d contexts"), CONTEXTS_MAX);
    if (code == 0)
        contexts->contexts[contexts->count++] = context;
    return code;
}

/* ---- use, remove ---- */

static int use(struct cli_contexts *contexts, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const struct cli_context *context = cli_contexts_find(contexts, cli_operand(arguments, 0), fault);
    if (context == NULL)
        return TRUC_E_NOT_FOUND;
    contexts->current = context->name;
    return 0;
}

static int take_away(struct cli_contexts *contexts, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    struct cli_context *context = cli_contexts_find(contexts, cli_operand(arguments, 0), fault);
    if (context == NULL)
        return TRUC_E_NOT_FOUND;
    if (contexts->current && strcmp(contexts->current, context->name) == 0)
        contexts->current = NULL;
    size_t after = (size_t)(&contexts->contexts[contexts->count] - context) - 1;
    memmove(context, context + 1, after * sizeof *context);
    contexts->count--;
    return 0;
}

/* ---- the commands ---- */

static int change(struct cli *cli, const struct cli_arguments *arguments, const char *done,
                  int (*how)(struct cli_contexts *contexts, const struct cli_arguments *arguments,
                             struct truc_fault *fault))
{
    struct cli_contexts contexts = {.count = 0};
    struct truc_fault fault = {0};
    int code = cli_contexts_load(&contexts, &fault);
    if (code == 0)
        code = how(&contexts, arguments, &fault);
    if (code == 0)
        code = cli_contexts_save(&contexts, &fault);
    if (code == 0 && cli->json)
        code = print_json(cli, &contexts);
    else if (code == 0)
        fprintf(cli->out, "%s %s\n", cli_words(done), cli_operand(arguments, 0));
    cli_contexts_free(&contexts);
    if (code < 0 && fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}

int cmd_context_add(struct cli *cli, const struct cli_arguments *arguments)
{
    return change(cli, arguments, N_("added"), add);
}

int cmd_context_use(struct cli *cli, const struct cli_arguments *arguments)
{
    return change(cli, arguments, N_("now in use where no other is named:"), use);
}

int cmd_context_remove(struct cli *cli, const struct cli_arguments *arguments)
{
    return change(cli, arguments, N_("removed"), take_away);
}
