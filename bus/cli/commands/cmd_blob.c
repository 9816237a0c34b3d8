/* cmd_blob.c - `truc blob put FILE` and `truc blob get HASH`: the content of an attachment, up and down, as a system.
 * Not: naming it in a message (truc send --attach does both). What the broker has already is not sent again.
 * Exit code 0, 1 when it was refused by name, 3 when the broker can't be reached. */
#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "encode.h"
#include "fault.h"
#include "send_blob.h"
#include "send_message.h"

#include <string.h>

#define CLASSIFICATION_OPTION                                                                                          \
    {                                                                                                                  \
        .name = "classification", .value = "not-secret|secret",                                                        \
        .explanation = N_("there is no default; anything but not-secret is refused here")                              \
    }

const struct cli_option cmd_blob_put_options[] = {SEND_SESSION_OPTIONS, CLASSIFICATION_OPTION, {.name = NULL}};
const struct cli_option cmd_blob_get_options[] = {
    SEND_SESSION_OPTIONS,
    {.name = "position",
     .value = "N",
     .explanation = N_("of the message that it is fetched for; not given: this system uploaded it")},
    {.name = "to", .value = "FILE", .explanation = N_("where it goes; FILE.part until it is whole")},
    {.name = NULL}};

static void print(const struct cli *cli, const struct send_blob *blob)
{
    BUFFER_CLEANUP struct buffer hash = {0};
    char size[CLI_NUMBER_BYTES];
    hex_append(&hash, sha256_view(&blob->sha256));
    if (cli->json) {
        json_t *object = json_object();
        cli_json_set(object, "outcome", json_string(blob->code ? truc_error_name(blob->code) : "DONE"));
        cli_json_set(object, "sha256", cli_json_text(buffer_view(&hash)));
        cli_json_set(object, "size", cli_json_count(blob->size_bytes));
        cli_json_set(object, "text", cli_json_text(bytes_string(blob->text)));
        (void)cli_json_print_line(object, cli->out); /* a closed pipe ends the program by its signal */
    } else if (blob->code == 0) {
        const char *text = buffer_string(&hash);
        fprintf(cli->out, _("%s  %s bytes\n"), text ? text : "", cli_format_count(blob->size_bytes, size));
    }
}

static int end(struct cli *cli, int code, const struct send_blob *blob, struct truc_fault *fault)
{
    if (code == 0)
        print(cli, blob);
    if (code == 0 && blob->code < 0) {
        code = fault_set(fault, blob->code, "%s", blob->text);
        fault_hint(fault, "%s", blob->hint);
        if (cli->json)
            return (int)send_exit_of(code);
    }
    if (code == 0)
        return CLI_OK;
    (void)cli_fail(cli, fault);
    return (int)send_exit_of(code);
}

int cmd_blob_put(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct send_session *session = NULL;
    struct send_blob blob = {.code = 0};
    const char *word = cli_option_value(arguments, "classification");
    bool is_open = word && strcmp(word, "not-secret") == 0;
    int code = is_open ? send_session_open(cli, arguments, false, &session, &fault)
                       : fault_set(&fault, word ? TRUC_E_SECRET : TRUC_E_ARGUMENT,
                                   word ? _("what is secret never enters the bus")
                                        : _("say --classification not-secret, if it is not"));
    if (code == 0)
        code = send_blob_put(session, cli_operand(arguments, 0), TRUC_NOT_SECRET, &blob, &fault);
    send_session_close(session);
    return end(cli, code, &blob, &fault);
}

static int read_get(const struct cli_arguments *arguments, struct sha256_digest *ret_sha256, uint64_t *ret_sequence,
                    struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer hash = {0};
    *ret_sequence = TRUC_BLOB_HELD;
    if (hex_decode(bytes_string(cli_operand(arguments, 0)), &hash) < 0 || hash.size != SHA256_BYTES)
        return fault_set(fault, TRUC_E_ARGUMENT, _("'%s' is no SHA-256: 64 hexadecimal digits"),
                         cli_operand(arguments, 0));
    memcpy(ret_sha256->bytes, hash.data, SHA256_BYTES);
    if (cli_option_value(arguments, "to") == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, _("say --to FILE"));
    int code = cli_option_number(arguments, "position", ret_sequence, fault);
    return code < 0 ? code : 0;
}

int cmd_blob_get(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct send_session *session = NULL;
    struct send_blob blob = {.code = 0};
    struct sha256_digest sha256;
    uint64_t sequence;
    int code = read_get(arguments, &sha256, &sequence, &fault);
    if (code == 0)
        code = send_session_open(cli, arguments, false, &session, &fault);
    if (code == 0)
        code = send_blob_get(session, &sha256, sequence, cli_option_value(arguments, "to"), &blob, &fault);
    send_session_close(session);
    return end(cli, code, &blob, &fault);
}
