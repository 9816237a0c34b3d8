/* cli_fail.c - from a failure to a message and an exit code.
 * Not: what failed. Nothing but the two streams of the command line is written to.
 * In the flow: a fault, from anywhere below a command → here → people, or programs with --output json. */
#include "cli.h"

#include "cli_json.h"
#include "cli_words.h"
#include "fault.h"

#include <string.h>

enum cli_exit cli_exit_of(int code)
{
    switch (code) {
    case 0:
        return CLI_OK;
    case TRUC_E_NOT_FOUND:
    case TRUC_E_JOURNAL_CORRUPT:
    case TRUC_E_CHECKPOINT:
    case TRUC_E_SIGNATURE:
    case TRUC_E_SIGNING_KEY:
    case TRUC_E_DIGEST:
    case TRUC_E_ERASED:
        return CLI_NOT_SO;
    case TRUC_E_TIMEOUT:
    case TRUC_E_UNAVAILABLE:
    case TRUC_E_DISCONNECTED:
    case TRUC_E_CLOSED:
    case TRUC_E_PROTOCOL:
    case TRUC_E_VERSION:
    case TRUC_E_UNKNOWN_KEY:
    case TRUC_E_NOT_SENDER:
    case TRUC_E_SUSPENDED:
    case TRUC_E_FENCED:
    case TRUC_E_WRONG_BUS:
    case TRUC_E_SESSION:
    case TRUC_E_SHUTTING_DOWN:
        return CLI_NOT_REACHABLE;
    default:
        return CLI_WRONG_USE;
    }
}

static int fail_json(const struct cli *cli, const struct truc_fault *fault)
{
    json_t *error = json_object(), *document = json_object();
    cli_json_set(error, "code", json_string(truc_error_name(fault->code)));
    cli_json_set(error, "number", json_integer(-fault->code));
    cli_json_set(error, "text", cli_json_text(bytes_string(fault->text)));
    cli_json_set(error, "where", cli_json_text(bytes_string(fault->where)));
    cli_json_set(error, "hint", cli_json_text(bytes_string(fault->hint)));
    cli_json_set(document, "error", error);
    return cli_json_print(document, cli->out);
}

/* Where an argument is wrong, the command's own page is more help than the error's. */
static void print_hint(const struct cli *cli, const struct truc_fault *fault)
{
    if (cli->command && fault->code == TRUC_E_ARGUMENT && strcmp(fault->hint, truc_error_hint(fault->code)) == 0)
        fprintf(cli->err, "  truc help %s\n", cli->command);
    else if (*fault->hint)
        fprintf(cli->err, "  %s\n", cli_words(fault->hint));
}

/* What the broker and the libraries wrote is English: in another language the code's meaning stands before it. */
static void print_fault(const struct cli *cli, const struct truc_fault *fault)
{
    const char *english = truc_error_meaning(fault->code), *meaning = cli_words(english);
    const char *text = *fault->text ? cli_words(fault->text) : meaning;
    bool translated = meaning != english;
    fprintf(cli->err, _("truc: error: %s"), text);
    if (*fault->where)
        fprintf(cli->err, " (%s)", fault->where);
    if (translated && strcmp(text, meaning) != 0)
        fprintf(cli->err, " [%s: %s]\n", truc_error_name(fault->code), meaning);
    else
        fprintf(cli->err, " [%s]\n", truc_error_name(fault->code));
}

int cli_fail(const struct cli *cli, const struct truc_fault *fault)
{
    if (!cli->json || fail_json(cli, fault) < 0) {
        print_fault(cli, fault);
        print_hint(cli, fault);
    }
    return (int)cli_exit_of(fault->code);
}

int cli_fail_code(const struct cli *cli, int code)
{
    struct truc_fault fault = {0};
    fault_set(&fault, code, "%s", truc_error_meaning(code));
    return cli_fail(cli, &fault);
}
