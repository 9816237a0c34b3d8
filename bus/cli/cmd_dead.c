/* cmd_dead.c - `truc dead list` and `truc dead retry`: what waits for a person, and giving it another chance.
 * Not: deleting them. A retry is journaled with who asked and why, so a reason is required.
 * Both ask the running broker. */
#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_table.h"
#include "command_table.h"
#include "fault.h"
#include "operator_answer.h"

#define SELECTION_OPTIONS                                                                                              \
    {.name = "destination", .value = "SYSTEM", .explanation = "only those for this system"},                           \
        {.name = "type", .value = "TYPE", .explanation = "only messages of this type"},                                \
    {                                                                                                                  \
        .name = "position", .value = "N", .explanation = "only the message at this journal position"                   \
    }

const struct cli_option cmd_dead_list_options[] = {
    SELECTION_OPTIONS,
    {.name = "count", .value = "N", .explanation = "at most so many; 1000 when not given"},
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};
const struct cli_option cmd_dead_retry_options[] = {
    SELECTION_OPTIONS,
    {.name = "all", .explanation = "every dead letter; otherwise name which"},
    {.name = "reason", .value = "TEXT", .explanation = "why: it is journaled with your name"},
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

static int read_query(const struct cli_arguments *arguments, struct operator_dead_query *query,
                      struct truc_fault *fault)
{
    const char *destination = cli_option_value(arguments, "destination"), *type = cli_option_value(arguments, "type");
    const char *reason = cli_option_value(arguments, "reason");
    uint64_t number = 0;
    *query = (struct operator_dead_query){.destination = bytes_string(destination ? destination : ""),
                                          .type = bytes_string(type ? type : ""),
                                          .reason = bytes_string(reason ? reason : "")};
    int given = cli_option_number(arguments, "position", &number, fault);
    if (given > 0)
        query->position = number + 1;
    if (given >= 0)
        given = cli_option_number(arguments, "count", &number, fault);
    if (given > 0)
        query->count_max = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
    return given < 0 ? given : 0;
}

static int call(const struct cli *cli, const struct cli_arguments *arguments, const char *verb,
                const struct operator_dead_query *query, struct cli_client **ret_client,
                struct command_answer *ret_answer, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer encoded = {0};
    operator_dead_query_encode(query, &encoded);
    if (buffer_failed(&encoded))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a question");
    int code = cli_broker_open(cli, arguments, -1, ret_client, fault);
    return code < 0 ? code : cli_client_call(*ret_client, verb, buffer_view(&encoded), ret_answer, fault);
}

/* ---- list ---- */

static json_t *letter_json(const struct operator_dead_letter *letter)
{
    json_t *object = json_object();
    cli_json_set(object, "position", cli_json_count(letter->sequence));
    cli_json_set(object, "destination", cli_json_text(letter->destination));
    cli_json_set(object, "time", cli_json_time(letter->time_ns));
    cli_json_set(object, "code", cli_json_text(letter->code));
    cli_json_set(object, "reason", cli_json_text(letter->reason));
    cli_json_set(object, "text", cli_json_text(letter->text));
    cli_json_set(object, "sender", cli_json_text(letter->sender));
    cli_json_set(object, "type", cli_json_text(letter->type));
    cli_json_set(object, "subject", cli_json_text(letter->subject));
    cli_json_set(object, "id", cli_json_text(letter->id));
    cli_json_set(object, "attempts", cli_json_count(letter->attempts));
    return object;
}

static void letter_row(struct cli_table *table, const struct operator_dead_letter *letter)
{
    char time[TIME_TEXT_BYTES];
    cli_table_row(table);
    cli_table_count(table, letter->sequence);
    cli_table_text(table, cli_format_time(letter->time_ns, time));
    cli_table_cell(table, letter->sender);
    cli_table_cell(table, letter->destination);
    cli_table_cell(table, letter->type);
    cli_table_cell(table, letter->subject);
    cli_table_count(table, letter->attempts);
    cli_table_cell(table, letter->reason.size ? letter->reason : letter->code);
    cli_table_cell(table, letter->text);
}

static int show_letters(const struct cli *cli, struct bytes elements, struct truc_fault *fault)
{
    static const struct cli_column columns[] = {{"POSITION", true}, {"SINCE", false},  {"FROM", false},
                                                {"FOR", false},     {"TYPE", false},   {"SUBJECT", false},
                                                {"ATTEMPTS", true}, {"REASON", false}, {"TEXT", false}};
    struct cli_table *table = cli->json ? NULL : cli_table_create(columns, sizeof columns / sizeof *columns);
    json_t *array = cli->json ? json_array() : NULL;
    struct operator_dead_letter letter;
    size_t offset = 0, count = 0;
    int more;
    while ((more = operator_dead_letter_next(elements, &offset, &letter, fault)) > 0) {
        count++;
        if (cli->json)
            json_array_append_new(array, letter_json(&letter));
        else
            letter_row(table, &letter);
    }
    if (more == 0 && cli->json) {
        json_t *document = json_object();
        cli_json_set(document, "letters", json_incref(array));
        more = cli_json_print(document, cli->out);
    } else if (more == 0 && count == 0) {
        fputs("nothing needs a person\n", cli->out);
    } else if (more == 0 && (more = cli_table_print(table, cli->out)) == 0) {
        fputs("\nWhen the cause is gone: truc dead retry --destination SYSTEM --reason TEXT\n", cli->out);
    }
    if (more < 0 && fault->code == 0)
        (void)fault_set(fault, more, "%s", truc_error_meaning(more));
    cli_table_free(table);
    json_decref(array);
    return more;
}

int cmd_dead_list(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct operator_dead_query query = {0};
    struct cli_client *client = NULL;
    struct command_answer answer = {0};
    struct bytes letters = BYTES_EMPTY;
    int code = read_query(arguments, &query, &fault);
    if (code == 0)
        code = call(cli, arguments, "dead-list", &query, &client, &answer, &fault);
    if (code == 0)
        code = operator_dead_letters_decode(answer.result, &letters, &fault);
    if (code == 0)
        code = show_letters(cli, letters, &fault);
    cli_client_close(client);
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}

/* ---- retry ---- */

static int check_retry(const struct cli_arguments *arguments, struct truc_fault *fault)
{
    bool selects = cli_option_value(arguments, "destination") || cli_option_value(arguments, "type") ||
                   cli_option_value(arguments, "position");
    const char *reason = cli_option_value(arguments, "reason");
    if (reason == NULL || *reason == '\0') {
        fault_set(fault, TRUC_E_ARGUMENT, "a retry needs a reason: it is journaled");
        return fault_hint(fault, "add --reason \"what has been mended\"");
    }
    if (!selects && cli_option_value(arguments, "all") == NULL) {
        fault_set(fault, TRUC_E_ARGUMENT, "which dead letters?");
        return fault_hint(fault, "add --destination, --type or --position; or --all");
    }
    return 0;
}

static int show_done(const struct cli *cli, uint64_t count)
{
    char text[CLI_NUMBER_BYTES];
    if (cli->json) {
        json_t *document = json_object();
        cli_json_set(document, "retried", cli_json_count(count));
        int code = cli_json_print(document, cli->out);
        if (code < 0)
            return cli_fail_code(cli, code);
    } else if (count == 0) {
        fputs("no dead letter matches; truc dead list shows all\n", cli->out);
    } else {
        fprintf(cli->out, "%s queued again; truc queue list shows how they fare\n", cli_format_count(count, text));
    }
    return count == 0 ? CLI_NOT_SO : CLI_OK;
}

int cmd_dead_retry(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct operator_dead_query query = {0};
    struct cli_client *client = NULL;
    struct command_answer answer = {0};
    uint64_t count = 0;
    int code = check_retry(arguments, &fault);
    if (code == 0)
        code = read_query(arguments, &query, &fault);
    if (code == 0)
        code = call(cli, arguments, "dead-retry", &query, &client, &answer, &fault);
    if (code == 0)
        code = operator_done_decode(answer.result, &count, &fault);
    cli_client_close(client);
    return code < 0 ? cli_fail(cli, &fault) : show_done(cli, count);
}
