/* clear_view.c - see clear_view.h.
 * Schemas: --schemas, those of the state directory, or those that came with the program; the journal may be far away.
 * What they can't read is not printed: bytes without meaning help nobody. */
#include "clear_view.h"
#include "cli_words.h"

#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "operator_answer.h"
#include "record_payload.h"
#include "record_text.h"

static int ask(struct cli_client *client, uint64_t position, const char *reason, struct operator_payload_shown *ret,
               struct truc_fault *fault)
{
    const struct operator_payload_query query = {.position = position, .reason = bytes_string(reason)};
    BUFFER_CLEANUP struct buffer encoded = {0};
    struct command_answer answer = {0};
    operator_payload_query_encode(&query, &encoded);
    if (buffer_failed(&encoded))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a question"));
    int code = cli_client_call(client, "payload-show", buffer_view(&encoded), &answer, fault);
    return code < 0 ? code : operator_payload_shown_decode(answer.result, ret, fault);
}

static int to_json(const struct schema_set *schemas, const struct header *header, struct bytes payload, bool pretty,
                   struct buffer *out, struct truc_fault *fault)
{
    const struct schema_json_options options = {.pretty = pretty, .words = true, .instants = true};
    const struct schema_message *schema = record_payload_schema(schemas, header);
    if (schema)
        return schema_to_json(schema, payload, &options, out, fault);
    fault_set(fault, TRUC_E_UNKNOWN_TYPE, _("the schemas at hand have no type '%.*s'; the look is journaled"),
              BYTES_PRINTF(header->type));
    fault_hint(fault, _("name the bus's with --schemas FILE"));
    return TRUC_E_UNKNOWN_TYPE;
}

static int print_json(const struct cli *cli, const struct operator_payload_shown *shown, const struct header *header,
                      struct bytes payload)
{
    json_t *object = json_object();
    cli_json_set(object, "position", cli_json_count(shown->position));
    cli_json_set(object, "time", cli_json_time(shown->time_ns));
    record_header_json(header, object);
    cli_json_set(object, "payload", json_loadb((const char *)payload.data, payload.size, 0, NULL));
    return cli_json_print(object, cli->out);
}

static int print_text(const struct cli *cli, const struct operator_payload_shown *shown, const struct header *header,
                      struct bytes payload)
{
    BUFFER_CLEANUP struct buffer text = {0};
    char time[TIME_TEXT_BYTES], position[CLI_NUMBER_BYTES];
    buffer_printf(&text, _("position %s · accepted %s · "), cli_format_count(shown->position, position),
                  cli_format_moment(shown->time_ns, time));
    cli_append_safe(&text, header_sender(header));
    buffer_append_string(&text, " · ");
    cli_append_safe(&text, header->type);
    buffer_append_string(&text, " · ");
    cli_append_safe(&text, header->subject);
    buffer_append_byte(&text, '\n');
    buffer_append_bytes(&text, payload); /* JSON escapes control characters */
    buffer_append_string(&text, _("\nin clear: this look is journaled with your name and the reason\n"));
    return cli_text_print(&text, cli->out);
}

static int print(const struct cli *cli, const struct cli_arguments *arguments,
                 const struct operator_payload_shown *shown, struct truc_fault *fault)
{
    struct schema_set *schemas = NULL;
    struct header header = {0};
    BUFFER_CLEANUP struct buffer payload = {0};
    int code = header_decode(shown->header, &header, fault);
    if (code == 0)
        code = cli_schemas_find(cli, arguments, &schemas, fault);
    if (code == 0)
        code = to_json(schemas, &header, shown->payload, !cli->json, &payload, fault);
    if (code == 0)
        code = cli->json ? print_json(cli, shown, &header, buffer_view(&payload))
                         : print_text(cli, shown, &header, buffer_view(&payload));
    schema_set_free(schemas);
    return code;
}

int clear_view(const struct cli *cli, const struct cli_arguments *arguments, uint64_t position,
               struct truc_fault *fault)
{
    const char *reason = cli_option_value(arguments, "reason");
    struct cli_client *client = NULL;
    struct operator_payload_shown shown = {.position = 0};
    if (reason == NULL || *reason == '\0') {
        fault_set(fault, TRUC_E_ARGUMENT, _("looking at a payload in clear needs a reason: it is journaled"));
        return fault_hint(fault, _("add --reason TEXT"));
    }
    int code = cli_broker_open(cli, arguments, -1, &client, fault);
    if (code == 0)
        code = ask(client, position, reason, &shown, fault);
    if (code == 0)
        code = print(cli, arguments, &shown, fault);
    cli_client_close(client);
    return code;
}
