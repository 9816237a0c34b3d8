/* cmd_request.c - `truc request TYPE`: asks one question as the system whose settings are given, and shows the answer.
 * Not masked: whoever asks with a system's key is that system, and the question is journaled with officer and purpose.
 * Exit code 0 with an answer, 1 with a named refusal or rejection, 3 when the broker can't be reached. */
#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"
#include "send_message.h"
#include "send_session.h"

#include <stdlib.h>

const struct cli_option cmd_request_options[] = {SEND_SESSION_OPTIONS, SEND_MESSAGE_OPTIONS, {.name = NULL}};

struct asking {
    const struct cli *cli;
    const struct schema_message *reply;
    bool answered;
    int code; /* what became of the question; or the failure to show it */
    struct truc_fault *fault;
};

static int print_text(const struct asking *asking, const struct truc_answer *answer, struct bytes payload)
{
    BUFFER_CLEANUP struct buffer text = {0};
    char position[CLI_NUMBER_BYTES];
    const struct schema_json_options options = {.pretty = true, .words = true, .instants = true};
    int code = schema_to_json(asking->reply, payload, &options, &text, asking->fault);
    const char *whole = code == 0 ? buffer_string(&text) : NULL;
    if (whole == NULL)
        return code < 0 ? code : TRUC_E_MEMORY;
    fprintf(asking->cli->out, _("%s\n%s at position %s\n"), whole, answer->type,
            cli_format_count(answer->sequence, position));
    return 0;
}

static int print_json(const struct asking *asking, const struct truc_answer *answer, struct bytes payload)
{
    BUFFER_CLEANUP struct buffer text = {0};
    const struct schema_json_options options = {.words = true, .instants = true};
    int code = schema_to_json(asking->reply, payload, &options, &text, asking->fault);
    if (code < 0)
        return code;
    json_t *document = json_object();
    cli_json_set(document, "outcome", json_string("ANSWERED"));
    cli_json_set(document, "type", cli_json_text(bytes_string(answer->type)));
    cli_json_set(document, "position", cli_json_count(answer->sequence));
    cli_json_set(document, "payload", json_loadb((const char *)text.data, text.size, 0, NULL));
    return cli_json_print(document, asking->cli->out);
}

/* NO_MATCH, or what the bus itself says. */
static int take_failure(const struct asking *asking, const struct truc_answer *answer)
{
    fault_set(asking->fault, answer->code, "%s%s%s", answer->reason, *answer->reason && *answer->text ? ": " : "",
              *answer->text || *answer->reason ? answer->text : truc_error_meaning(answer->code));
    if (answer->hint && *answer->hint)
        fault_hint(asking->fault, "%s", answer->hint);
    return answer->code;
}

static void take_answer(void *context, const struct truc_answer *answer)
{
    struct asking *asking = context;
    struct bytes payload = bytes_of(answer->payload, answer->payload_bytes);
    asking->answered = true;
    if (answer->code != 0)
        asking->code = take_failure(asking, answer);
    else
        asking->code = asking->cli->json ? print_json(asking, answer, payload) : print_text(asking, answer, payload);
}

static int check_kind(const struct send_message *message, struct truc_fault *fault)
{
    if (message->outgoing.kind == TRUC_REQUEST && message->schema->reply)
        return 0;
    fault_set(fault, TRUC_E_ARGUMENT, _("%s is no request"), message->schema->type);
    fault_hint(fault, _("send it: truc send %s"), message->schema->type);
    return TRUC_E_ARGUMENT;
}

static int ask(struct asking *asking, const struct cli_arguments *arguments, struct send_message *message)
{
    struct send_session *session = NULL;
    int code = check_kind(message, asking->fault);
    if (code == 0)
        code = send_message_read(arguments, message, asking->fault);
    if (code == 0)
        code = send_session_open(asking->cli, arguments, true, &session, asking->fault);
    asking->reply = message->schema->reply;
    if (code == 0)
        code = send_session_ask(session, &message->outgoing, take_answer, asking, asking->fault);
    send_session_close(session);
    return code < 0 ? code : asking->code;
}

int cmd_request(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct send_message message = {.schemas = NULL};
    struct asking asking = {.cli = cli, .fault = &fault};
    int code = send_message_open(cli, arguments, cli_operand(arguments, 0), &message, &fault);
    if (code == 0)
        code = ask(&asking, arguments, &message);
    send_message_free(&message);
    if (code == 0)
        return CLI_OK;
    if (fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    (void)cli_fail(cli, &fault);
    return (int)send_exit_of(code);
}
