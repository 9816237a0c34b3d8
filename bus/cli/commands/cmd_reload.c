/* cmd_reload.c - `truc reload`: the running broker reads its configuration again, and says what that changed or why it did not.
 * Not: reading files here (`truc check` does): the broker may be far away, and its files are what counts.
 * What the broker would only log after SIGHUP comes back as the answer. */
#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "encode.h"
#include "fault.h"
#include "operator_answer.h"

const struct cli_option cmd_reload_options[] = {
    {.name = "reason", .value = "TEXT", .explanation = N_("why: it is journaled with your name")},
    {.name = "accept-schema-change", .explanation = N_("also when the schemas are not compatible with those in force")},
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

static int ask(const struct cli *cli, const struct cli_arguments *arguments, struct cli_client **ret_client,
               struct operator_reloaded *ret, struct truc_fault *fault)
{
    const char *reason = cli_option_value(arguments, "reason");
    BUFFER_CLEANUP struct buffer encoded = {0};
    struct command_answer answer = {0};
    if (reason == NULL || *reason == '\0') {
        fault_set(fault, TRUC_E_ARGUMENT, _("a reload needs a reason: it is journaled"));
        return fault_hint(fault, _("add --reason \"what has changed\""));
    }
    const struct operator_change change = {.reason = bytes_string(reason),
                                           .accept_schema_change =
                                               cli_option_value(arguments, "accept-schema-change") != NULL};
    operator_change_encode(&change, &encoded);
    if (buffer_failed(&encoded))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a question"));
    int code = cli_broker_open(cli, arguments, -1, ret_client, fault);
    if (code == 0)
        code = cli_client_call(*ret_client, "reload", buffer_view(&encoded), &answer, fault);
    return code < 0 ? code : operator_reloaded_decode(answer.result, ret, fault);
}

/* ---- text ---- */

/* Every line of the broker's text made safe, behind a margin. */
static void put_lines(struct buffer *out, struct bytes text, const char *margin)
{
    while (text.size > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        buffer_append_string(out, size ? margin : "");
        cli_append_short(out, bytes_of(text.data, size));
        buffer_append_byte(out, '\n');
        size += end != NULL;
        text = bytes_of(text.data + size, text.size - size);
    }
}

static void put_outcome(struct buffer *out, const struct operator_reloaded *reloaded)
{
    enum { HASH_BYTES = 3 /* as much as people compare */ };
    size_t size = reloaded->configuration.size < HASH_BYTES ? reloaded->configuration.size : HASH_BYTES;
    put_lines(out, reloaded->problems, "");
    if (reloaded->code) {
        buffer_append_string(out, _("nothing changed: "));
        cli_append_safe(out, reloaded->text);
        buffer_append_string(out, _("\nstill in force: configuration "));
    } else if (reloaded->changed) {
        buffer_append_string(out, _("in force: configuration "));
    } else {
        buffer_append_string(out, _("nothing to do: in force already is configuration "));
    }
    hex_append(out, bytes_of(reloaded->configuration.data, size));
    buffer_append_byte(out, '\n');
    put_lines(out, reloaded->difference, "  ");
    if (reloaded->code == 0 && reloaded->changed && reloaded->difference.size + reloaded->restart.size == 0)
        buffer_append_string(out, _("  no rule, system or limit differs: comments, titles or files\n"));
    put_lines(out, reloaded->restart, _("needs a restart: "));
    if (reloaded->clock_accepted)
        buffer_append_string(out, _("the wall clock is followed again\n"));
}

static int print_text(const struct cli *cli, const struct operator_reloaded *reloaded)
{
    BUFFER_CLEANUP struct buffer text = {0};
    put_outcome(&text, reloaded);
    const char *whole = buffer_string(&text);
    if (whole == NULL)
        return TRUC_E_MEMORY;
    fputs(whole, cli->out);
    return 0;
}

/* ---- JSON ---- */

static int print_json(const struct cli *cli, const struct operator_reloaded *reloaded)
{
    json_t *document = json_object();
    cli_json_set(document, "outcome", json_string(reloaded->code ? truc_error_name(-(int)reloaded->code) : "IN_FORCE"));
    cli_json_set(document, "changed", json_boolean(reloaded->changed));
    cli_json_set(document, "configuration", cli_json_hex(reloaded->configuration));
    cli_json_set(document, "text", cli_json_text(reloaded->text));
    cli_json_set(document, "problems", cli_json_text(reloaded->problems));
    cli_json_set(document, "difference", cli_json_text(reloaded->difference));
    cli_json_set(document, "needs_restart", cli_json_text(reloaded->restart));
    cli_json_set(document, "clock_accepted", json_boolean(reloaded->clock_accepted));
    return cli_json_print(document, cli->out);
}

int cmd_reload(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct cli_client *client = NULL;
    struct operator_reloaded reloaded = {.code = 0};
    int code = ask(cli, arguments, &client, &reloaded, &fault);
    if (code == 0) {
        code = cli->json ? print_json(cli, &reloaded) : print_text(cli, &reloaded);
        if (code < 0)
            fault_set(&fault, code, "%s", truc_error_meaning(code));
    }
    cli_client_close(client);
    if (code < 0)
        return cli_fail(cli, &fault);
    return reloaded.code ? CLI_NOT_SO : CLI_OK;
}
