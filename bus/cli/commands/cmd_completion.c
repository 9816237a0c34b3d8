/* cmd_completion.c - `truc completion bash|zsh` prints a script for that shell; `truc completion systems|types|contexts` the words
 * that the script asks for while somebody types.
 * Not: what may stand where (completion_words.h). Words that can't be found are none: a shell waits for no explanation. */
#include "cli_context.h"
#include "cli_data.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "completion_words.h"
#include "fault.h"
#include "schema.h"
#include "text.h"

static const char *const topics[] = {"bash", "zsh", "systems", "types", "contexts"};

static void append_line(struct buffer *out, const char *text)
{
    buffer_append_string(out, text);
    buffer_append_byte(out, '\n');
}

/* The configuration of the state directory, wrong or not there as it may be while somebody edits it. */
static struct policy *load_quietly(const struct cli *cli)
{
    char folder[CLI_PATH_BYTES];
    struct policy *policy = NULL;
    struct policy_report report = {0};
    const struct policy_load_options options = {.now_ns = cli->now_ns, .allow_missing_keys = true};
    if (cli_path(folder, NULL, "%s/config", cli->state) == 0 && cli_is_directory(folder))
        (void)policy_load_directory(folder, &options, &policy, &report); /* no policy: no words */
    policy_report_free(&report);
    return policy;
}

static void append_systems(const struct cli *cli, struct buffer *out)
{
    struct policy *policy = load_quietly(cli);
    for (uint32_t i = 0; policy && i < policy->systems_count; i++)
        append_line(out, policy->systems[i].id);
    policy_free(policy);
}

static void append_set(const struct schema_set *set, struct buffer *out)
{
    for (size_t i = 0; i < schema_set_type_count(set); i++)
        if (i == 0 || strcmp(schema_set_type(set, i)->type, schema_set_type(set, i - 1)->type) != 0)
            append_line(out, schema_set_type(set, i)->type);
}

/* Of the state directory; those installed with the program when there is none. */
static void append_types(const struct cli *cli, struct buffer *out)
{
    char path[CLI_PATH_BYTES];
    struct schema_set *installed = NULL;
    struct policy *policy = load_quietly(cli);
    if (policy)
        append_set(policy->schemas, out);
    else if (cli_data_path(path, "truc.descriptors", NULL) == 0 && cli_schemas_load(path, &installed, NULL) == 0)
        append_set(installed, out);
    schema_set_free(installed);
    policy_free(policy);
}

static void append_contexts(struct buffer *out)
{
    struct cli_contexts contexts = {.count = 0};
    if (cli_contexts_load(&contexts, NULL) == 0)
        for (size_t i = 0; i < contexts.count; i++)
            append_line(out, contexts.contexts[i].name);
    cli_contexts_free(&contexts);
}

static int unknown_topic(const struct cli *cli, const char *topic)
{
    struct truc_fault fault = {0};
    const char *nearest = text_nearest(bytes_string(topic), topics, sizeof topics / sizeof *topics);
    fault_set(&fault, TRUC_E_ARGUMENT, _("there is no completion for '%s'"), topic);
    if (nearest)
        fault_hint(&fault, _("did you mean %s?"), nearest);
    else
        fault_hint(&fault, _("write bash or zsh"));
    return cli_fail(cli, &fault);
}

int cmd_completion(struct cli *cli, const struct cli_arguments *arguments)
{
    const char *topic = cli_operand(arguments, 0);
    BUFFER_CLEANUP struct buffer out = {0};
    if (strcmp(topic, "bash") == 0)
        completion_bash(&out);
    else if (strcmp(topic, "zsh") == 0)
        completion_zsh(&out);
    else if (strcmp(topic, "systems") == 0)
        append_systems(cli, &out);
    else if (strcmp(topic, "types") == 0)
        append_types(cli, &out);
    else if (strcmp(topic, "contexts") == 0)
        append_contexts(&out);
    else
        return unknown_topic(cli, topic);
    const char *text = buffer_string(&out);
    if (text == NULL)
        return cli_fail_code(cli, TRUC_E_MEMORY);
    fputs(text, cli->out);
    return CLI_OK;
}
