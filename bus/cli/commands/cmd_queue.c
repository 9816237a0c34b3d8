/* cmd_queue.c - `truc queue pause` and `truc queue resume`: an operator stops and goes on with deliveries to one system.
 * Not: numbers of all queues (cmd_status.c). Both are journaled with who asked and why, so a reason is required.
 * Both ask the running broker. */
#include "cli_broker.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"
#include "operator_answer.h"

const struct cli_option cmd_queue_change_options[] = {
    {.name = "reason", .value = "TEXT", .explanation = N_("why: it is journaled with your name")},
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

static int call(const struct cli *cli, const struct cli_arguments *arguments, const char *verb,
                struct truc_fault *fault)
{
    const char *reason = cli_option_value(arguments, "reason");
    BUFFER_CLEANUP struct buffer encoded = {0};
    struct cli_client *client = NULL;
    struct command_answer answer = {0};
    if (reason == NULL || *reason == '\0') {
        fault_set(fault, TRUC_E_ARGUMENT, _("this needs a reason: it is journaled"));
        return fault_hint(fault, _("add --reason TEXT"));
    }
    const struct operator_change change = {.system = bytes_string(cli_operand(arguments, 0)),
                                           .reason = bytes_string(reason)};
    operator_change_encode(&change, &encoded);
    if (buffer_failed(&encoded))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a question"));
    int code = cli_broker_open(cli, arguments, -1, &client, fault);
    if (code == 0)
        code = cli_client_call(client, verb, buffer_view(&encoded), &answer, fault);
    cli_client_close(client);
    return code;
}

static int tell(const struct cli *cli, const char *system, bool paused)
{
    if (cli->json) {
        json_t *document = json_object();
        cli_json_set(document, "system", json_string(system));
        cli_json_set(document, "paused", json_boolean(paused));
        int code = cli_json_print(document, cli->out);
        return code < 0 ? cli_fail_code(cli, code) : CLI_OK;
    }
    if (paused)
        fprintf(cli->out,
                _("%s is paused: what comes for it waits, also over a restart\n"
                  "  to end it: truc queue resume %s --reason TEXT\n"),
                system, system);
    else
        fprintf(cli->out, _("%s is delivered to again\n"), system);
    return CLI_OK;
}

int cmd_queue_pause(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    int code = call(cli, arguments, "queue-pause", &fault);
    return code < 0 ? cli_fail(cli, &fault) : tell(cli, cli_operand(arguments, 0), true);
}

int cmd_queue_resume(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    int code = call(cli, arguments, "queue-resume", &fault);
    return code < 0 ? cli_fail(cli, &fault) : tell(cli, cli_operand(arguments, 0), false);
}
