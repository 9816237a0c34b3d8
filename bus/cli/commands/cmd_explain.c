/* cmd_explain.c - `truc explain ERROR` and `truc explain KEY`: what a named outcome or a key of the configuration means.
 * Not: a particular failure's reason, which the failing program has said.
 * The one list of outcomes is bus/base/truc/error.def, that of keys bus/policy/policy_keys.c. */
#include "cli_error.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"
#include "policy_language.h"

#include <string.h>

static bool is_in_capitals(const char *text)
{
    return text[strcspn(text, "abcdefghijklmnopqrstuvwxyz")] == 0;
}

/* A name in capitals was meant as an error's, any other as a key's; what is like neither gets the keys' words. */
static int unknown(const struct cli *cli, const char *text, const struct truc_fault *no_key)
{
    struct truc_fault fault = {0};
    const char *nearest = cli_error_nearest(text);
    fault_set(&fault, TRUC_E_NOT_FOUND, _("there is no error and no configuration key '%s'"), text);
    bool key_is_near = strcmp(no_key->hint, cli_words(POLICY_LANGUAGE_OBJECTS_HINT)) != 0;
    if (nearest && (is_in_capitals(text) || !key_is_near))
        fault_hint(&fault, _("did you mean %s?"), nearest);
    else if (key_is_near)
        fault_hint(&fault, "%s", no_key->hint);
    else
        fault_hint(&fault, _("docs/errors.md lists the errors, docs/configuration.md the keys"));
    return cli_fail(cli, &fault);
}

static void error_text(int code, struct buffer *out)
{
    buffer_printf(out, "%s (%d)\n  %s\n  %s\n", truc_error_name(code), -code, cli_words(truc_error_meaning(code)),
                  cli_words(truc_error_hint(code)));
}

static json_t *error_json(int code)
{
    json_t *document = json_object();
    cli_json_set(document, "code", json_string(truc_error_name(code)));
    cli_json_set(document, "number", json_integer(-code));
    cli_json_set(document, "meaning", json_string(truc_error_meaning(code)));
    cli_json_set(document, "hint", json_string(truc_error_hint(code)));
    return document;
}

/* `rate` is a key, RATE an error, and both are told: `code` 0 when it is no error, `key` empty when it is no key. */
int cmd_explain(struct cli *cli, const struct cli_arguments *arguments)
{
    BUFFER_CLEANUP struct buffer key = {0}, out = {0};
    struct truc_fault no_key = {0};
    const char *text = cli_operand(arguments, 0);
    int code = cli_error_code(text), found = policy_language_explain(bytes_string(text), cli_words, &key, &no_key);
    if (code == 0 && found < 0)
        return found == TRUC_E_NOT_FOUND ? unknown(cli, text, &no_key) : cli_fail_code(cli, found);
    if (cli->json) {
        json_t *document = code ? error_json(code) : json_object();
        cli_json_set(document, "configuration", found == 0 ? cli_json_text(buffer_view(&key)) : json_null());
        found = cli_json_print(document, cli->out);
    } else {
        if (code)
            error_text(code, &out);
        if (found == 0)
            buffer_append_bytes(&out, buffer_view(&key));
        found = cli_text_print(&out, cli->out);
    }
    return found < 0 ? cli_fail_code(cli, found) : CLI_OK;
}
