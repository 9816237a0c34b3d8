/* cmd_version.c - `truc version`: the program's version and the versions it speaks.
 * Not: the broker's version, which `truc status` shows.
 * TRUC_VERSION comes from the build. */
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "journal_format.h"
#include "protocol_limits.h"

int cmd_version(struct cli *cli, const struct cli_arguments *arguments)
{
    (void)arguments;
    if (!cli->json) {
        fprintf(cli->out, _("truc %s, wire protocol %d, journal format %d\n"), TRUC_VERSION, PROTOCOL_VERSION,
                FORMAT_VERSION);
        return CLI_OK;
    }
    json_t *document = json_object();
    cli_json_set(document, "version", json_string(TRUC_VERSION));
    cli_json_set(document, "protocol", json_integer(PROTOCOL_VERSION));
    cli_json_set(document, "journal", json_integer(FORMAT_VERSION));
    int code = cli_json_print(document, cli->out);
    return code < 0 ? cli_fail_code(cli, code) : CLI_OK;
}
