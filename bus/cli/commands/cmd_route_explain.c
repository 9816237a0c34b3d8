/* cmd_route_explain.c - `truc route explain`: what the bus would do with a message, stage by stage, and why.
 * The decision is policy_route's, asked with a trace: the same code that decides for real messages.
 * Reads the configuration; asks no broker, publishes nothing. Exit code 1 when the message would be refused. */
#include "cli_format.h"
#include "cli_journal.h"
#include "cli_json.h"
#include "cli_payload.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "explain_position.h"
#include "explanation.h"
#include "text.h"

const struct cli_option cmd_route_explain_options[] = {
    {.name = "from", .value = "SYSTEM", .explanation = N_("who sends it")},
    {.name = "type", .value = "TYPE", .explanation = N_("its message type")},
    {.name = "field", .value = "PATH=VALUE", .explanation = N_("a field of its payload"), .repeats = true},
    {.name = "header",
     .value = "NAME=VALUE",
     .explanation = N_("a field of its header, like purpose.officer=CB01"),
     .repeats = true},
    {.name = "at", .value = "TIME", .explanation = N_("when it would be sent; now when not given")},
    {.name = "position",
     .value = "N",
     .explanation =
         N_("instead of all these: the message at that place in the journal, as it was judged and as it would be")},
    CLI_JOURNAL_OPTIONS,
    CLI_CONFIG_OPTIONS,
    {.name = NULL},
};

/* ---- asking ---- */

static int find_sender(struct explanation *explanation, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const char *from = cli_option_value(arguments, "from"), *ids[POLICY_SYSTEMS_MAX];
    const struct policy *policy = explanation->policy;
    if (from == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, _("who sends it? add --from SYSTEM"));
    explanation->sender = policy_system_by_id(policy, bytes_string(from));
    if (explanation->sender)
        return 0;
    for (uint32_t i = 0; i < policy->systems_count; i++)
        ids[i] = policy->systems[i].id;
    const char *nearest = text_nearest(bytes_string(from), ids, policy->systems_count);
    int code = fault_set(fault, TRUC_E_ARGUMENT, _("there is no system '%s' on the bus"), from);
    if (nearest)
        fault_hint(fault, _("did you mean '%s'?"), nearest);
    return code;
}

static int find_type(struct explanation *explanation, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const char *type = cli_option_value(arguments, "type");
    if (type == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, _("which type? add --type TYPE"));
    explanation->message = schema_set_find_type(explanation->policy->schemas, bytes_string(type));
    if (explanation->message)
        return 0;
    const struct schema_message *nearest = schema_set_nearest_type(explanation->policy->schemas, bytes_string(type));
    int code = fault_set(fault, TRUC_E_ARGUMENT, _("no schema has the type '%s'"), type);
    if (nearest)
        fault_hint(fault, _("did you mean '%s'?"), nearest->type);
    else
        fault_hint(fault, _("truc schema show lists the types"));
    return code;
}

static int explain(struct explanation *explanation, const struct cli *cli, const struct cli_arguments *arguments,
                   struct buffer *payload, struct truc_fault *fault)
{
    struct policy_query *query = &explanation->query;
    query->now_ns = cli->now_ns;
    int code = find_sender(explanation, arguments, fault);
    if (code == 0)
        code = find_type(explanation, arguments, fault);
    if (code == 0)
        code = cli_payload_build(explanation->message, arguments, payload, fault);
    if (code == 0)
        code = cli_header_build(arguments, &query->header, fault);
    if (code == 0 && (code = cli_option_time(arguments, "at", cli->now_ns, &query->now_ns, fault)) > 0)
        code = 0;
    if (code < 0 || explanation->message == NULL)
        return code;
    query->sender = explanation->sender;
    query->type = bytes_string(explanation->message->type);
    query->kind = (enum policy_kind)explanation->message->kind;
    query->payload = buffer_view(payload);
    explanation_make(explanation);
    return 0;
}

static int explain_and_print(struct explanation *explanation, const struct cli *cli,
                             const struct cli_arguments *arguments)
{
    BUFFER_CLEANUP struct buffer payload = {0}, text = {0};
    struct truc_fault fault = {0};
    int code = explain(explanation, cli, arguments, &payload, &fault);
    if (code < 0 || explanation->message == NULL || explanation->sender == NULL)
        return cli_fail(cli, &fault);
    if (cli->json) {
        code = cli_json_print(explanation_json(explanation), cli->out);
    } else {
        explanation_append(explanation, &text);
        code = cli_text_print(&text, cli->out);
    }
    if (code < 0)
        return cli_fail_code(cli, code);
    return explanation->outcome < 0 ? CLI_NOT_SO : CLI_OK;
}

int cmd_route_explain(struct cli *cli, const struct cli_arguments *arguments)
{
    struct cli_policy loaded = {0};
    if (cli_option_value(arguments, "position"))
        return route_explain_position(cli, arguments);
    int exit_code = cli_policy_load(cli, arguments, &loaded);
    if (exit_code != 0)
        return exit_code;
    struct explanation *explanation = calloc(1, sizeof *explanation);
    if (explanation == NULL) {
        exit_code = cli_fail_code(cli, TRUC_E_MEMORY);
    } else {
        explanation->policy = loaded.policy;
        exit_code = explain_and_print(explanation, cli, arguments);
        explanation_clear(explanation);
        free(explanation);
    }
    cli_policy_free(&loaded);
    return exit_code;
}
