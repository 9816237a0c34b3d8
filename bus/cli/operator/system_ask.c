/* system_ask.c - see system_ask.h. The broker's lines are made safe, one by one.
 * JSON has the same texts: what they hold is for people.
 * Rules are those at whose ends the system stands. */
#include "system_ask.h"

#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "fault.h"
#include "operator_answer.h"

/* ---- text ---- */

static void put_lines(struct buffer *out, struct bytes text)
{
    while (text.size > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        cli_append_short(out, bytes_of(text.data, size));
        buffer_append_byte(out, '\n');
        size += end != NULL;
        text = bytes_of(text.data + size, text.size - size);
    }
}

static int put_rules(struct buffer *out, const char *what, struct bytes elements, struct truc_fault *fault)
{
    struct operator_rule rule;
    size_t offset = 0;
    int more;
    while ((more = operator_rule_next(elements, &offset, &rule, fault)) > 0) {
        buffer_printf(out, "\n%s ", what);
        cli_append_safe(out, rule.name);
        buffer_append_byte(out, '\n');
        put_lines(out, rule.text);
    }
    return more;
}

static int print_text(const struct cli *cli, const struct operator_system *system, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {0};
    cli_append_safe(&text, system->system);
    buffer_append_byte(&text, '\n');
    put_lines(&text, system->text);
    int code = put_rules(&text, _("route"), system->routes, fault);
    if (code == 0)
        code = put_rules(&text, _("agreement"), system->agreements, fault);
    return code < 0 ? code : cli_text_print(&text, cli->out);
}

/* ---- JSON ---- */

static json_t *rules_json(struct bytes elements)
{
    struct operator_rule rule;
    size_t offset = 0;
    json_t *array = json_array();
    while (operator_rule_next(elements, &offset, &rule, NULL) > 0) {
        json_t *object = json_object();
        cli_json_set(object, "name", cli_json_text(rule.name));
        cli_json_set(object, "text", cli_json_text(rule.text));
        json_array_append_new(array, object);
    }
    return array;
}

static int print_json(const struct cli *cli, const struct operator_system *system)
{
    json_t *object = json_object();
    cli_json_set(object, "system", cli_json_text(system->system));
    cli_json_set(object, "text", cli_json_text(system->text));
    cli_json_set(object, "routes", rules_json(system->routes));
    cli_json_set(object, "agreements", rules_json(system->agreements));
    return cli_json_print(object, cli->out);
}

int system_ask(const struct cli *cli, const struct cli_arguments *arguments, const char *system)
{
    struct truc_fault fault = {0};
    struct cli_client *client = NULL;
    struct command_answer answer = {0};
    struct operator_system found = {.system = BYTES_EMPTY};
    BUFFER_CLEANUP struct buffer encoded = {0};
    operator_change_encode(&(struct operator_change){.system = bytes_string(system)}, &encoded);
    int code = buffer_failed(&encoded);
    if (code == 0)
        code = cli_broker_open(cli, arguments, -1, &client, &fault);
    if (code == 0)
        code = cli_client_call(client, "system-show", buffer_view(&encoded), &answer, &fault);
    if (code == 0)
        code = operator_system_decode(answer.result, &found, &fault);
    if (code == 0)
        code = cli->json ? print_json(cli, &found) : print_text(cli, &found, &fault);
    cli_client_close(client);
    if (code < 0 && fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}
