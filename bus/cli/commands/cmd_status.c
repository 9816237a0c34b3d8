/* cmd_status.c - `truc status`: one screen that says how the bus is, and `truc queue list`: every queue in numbers.
 * Not: a metrics exporter. Both ask the running broker one question.
 * What needs a person comes last in a row, where the eye ends. */
#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"
#include "encode.h"
#include "fault.h"
#include "operator_answer.h"
#include "operator_json.h"
#include "operator_text.h"

const struct cli_option cmd_broker_options[] = {CLI_BROKER_OPTIONS, {.name = NULL}};

/* ---- JSON ---- */

static int queues_json(struct bytes elements, json_t **ret_array, struct truc_fault *fault)
{
    json_t *array = json_array();
    struct operator_queue queue;
    size_t offset = 0;
    int more;
    while ((more = operator_queue_next(elements, &offset, &queue, fault)) > 0)
        json_array_append_new(array, operator_queue_json(&queue));
    if (more == 0)
        *ret_array = array;
    else
        json_decref(array);
    return more;
}

static json_t *status_json(const struct operator_status *status)
{
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"records", status->records},
                  {"durable", status->durable},
                  {"accepted", status->accepted},
                  {"refused", status->refused},
                  {"repeated", status->repeated},
                  {"bundles", status->bundles},
                  {"requests", status->requests},
                  {"requests_open", status->requests_open},
                  {"replies", status->replies},
                  {"deadlines_missed", status->deadlines_missed},
                  {"ids_remembered", status->ids_remembered},
                  {"blobs", status->blobs},
                  {"blob_bytes", status->blob_bytes}};
    json_t *object = json_object();
    cli_json_set(object, "bus", cli_json_text(status->bus));
    cli_json_set(object, "title", cli_json_text(status->title));
    cli_json_set(object, "configuration", cli_json_hex(status->configuration));
    cli_json_set(object, "time", cli_json_time(status->time_ns));
    cli_json_set(object, "started", cli_json_time(status->started_ns));
    for (size_t i = 0; status->scope.size == 0 && i < sizeof counts / sizeof *counts; i++)
        cli_json_set(object, counts[i].name, cli_json_count(counts[i].count));
    if (status->indexed) {
        json_t *index = json_object();
        cli_json_set(index, "records", cli_json_count(status->index_records));
        cli_json_set(index, "behind_records", cli_json_count(operator_index_behind(status)));
        cli_json_set(index, "behind_ms", cli_json_count(status->index_behind_ms));
        cli_json_set(index, "trouble", cli_json_text(status->index_trouble));
        cli_json_set(object, "index", index);
    }
    cli_json_set(object, "sandbox", json_boolean(status->sandbox));
    cli_json_set(object, "scope", cli_json_text(status->scope));
    cli_json_set(object, "blocked", json_boolean(status->blocked));
    cli_json_set(object, "blocked_text", cli_json_text(status->blocked_text));
    return object;
}

/* ---- text ---- */

static int print_queues(const struct cli *cli, struct bytes elements, bool all, struct truc_fault *fault)
{
    static const struct cli_column columns[] = {
        {N_("SYSTEM"), false},       {N_("STATE"), false},  {N_("QUEUED"), true},   {N_("OUT"), true},
        {N_("RETRYING"), true},      {N_("BEHIND"), true},  {N_("DONE"), true},     {N_("ACCEPTED"), true},
        {N_("DELIVERED"), true},     {N_("RETRIED"), true}, {N_("REJECTED"), true}, {N_("EXPIRED"), true},
        {N_("NEEDS A PERSON"), true}};
    static const struct cli_column short_columns[] = {
        {N_("SYSTEM"), false},  {N_("STATE"), false}, {N_("QUEUED"), true}, {N_("OUT"), true},
        {N_("RETRYING"), true}, {N_("BEHIND"), true}, {N_("DONE"), true},   {N_("NEEDS A PERSON"), true}};
    struct cli_table *table = all ? cli_table_create(columns, sizeof columns / sizeof *columns)
                                  : cli_table_create(short_columns, sizeof short_columns / sizeof *short_columns);
    BUFFER_CLEANUP struct buffer state = {0}, pauses = {0};
    struct operator_queue queue;
    size_t offset = 0;
    int more;
    while ((more = operator_queue_next(elements, &offset, &queue, fault)) > 0) {
        const uint64_t first[] = {queue.waiting, queue.out, queue.retrying, queue.behind, queue.done};
        const uint64_t further[] = {queue.accepted, queue.delivered, queue.retried, queue.rejected, queue.expired};
        cli_table_row(table);
        cli_table_cell(table, queue.system);
        buffer_clear(&state);
        operator_queue_state(&queue, &state);
        cli_table_cell(table, buffer_view(&state));
        for (size_t i = 0; i < sizeof first / sizeof *first; i++)
            cli_table_count(table, first[i]);
        for (size_t i = 0; all && i < sizeof further / sizeof *further; i++)
            cli_table_count(table, further[i]);
        cli_table_count(table, queue.dead);
        operator_queue_pause(&queue, &pauses);
    }
    const char *below = buffer_string(&pauses);
    if (more == 0 && below == NULL)
        more = TRUC_E_MEMORY;
    if (more == 0 && elements.size > 0 && (more = cli_table_print(table, cli->out)) == 0)
        fprintf(cli->out, "%s%s", *below ? "\n" : "", below);
    if (more < 0 && fault->code == 0)
        (void)fault_set(fault, more, "%s", truc_error_meaning(more));
    cli_table_free(table);
    return more;
}

/* Of the whole bus; an integrator is told instead what the table below is about. */
static void put_totals(const struct operator_status *status, struct buffer *text)
{
    char count[6][CLI_NUMBER_BYTES];
    if (status->scope.size) {
        buffer_append_string(text, _("only what concerns "));
        cli_append_safe(text, status->scope);
        buffer_append_byte(text, '\n');
        return;
    }
    buffer_printf(text, _("accepted %s · refused %s · repeated %s · requests %s, %s open, %s past their deadline\n"),
                  cli_format_count(status->accepted, count[0]), cli_format_count(status->refused, count[1]),
                  cli_format_count(status->repeated, count[2]), cli_format_count(status->requests, count[3]),
                  cli_format_count(status->requests_open, count[4]),
                  cli_format_count(status->deadlines_missed, count[5]));
    if (status->blobs)
        buffer_printf(text, _("attachments %s · %s\n"), cli_format_count(status->blobs, count[0]),
                      cli_format_bytes(status->blob_bytes, count[1]));
}

/* Only when there is something to say: a second behind is how it works. */
static void put_index(const struct operator_status *status, struct buffer *text)
{
    char count[CLI_NUMBER_BYTES];
    if (!status->indexed || (status->index_behind_ms <= OPERATOR_INDEX_BEHIND_MS && status->index_trouble.size == 0))
        return;
    buffer_printf(text, _("the search index is %s records behind"),
                  cli_format_count(operator_index_behind(status), count));
    if (status->index_trouble.size)
        buffer_append_string(text, ": ");
    cli_append_safe(text, status->index_trouble);
    buffer_append_byte(text, '\n');
}

static int print_status(const struct cli *cli, const struct operator_status *status, struct truc_fault *fault)
{
    char count[CLI_NUMBER_BYTES], up[TIME_TEXT_BYTES], now[TIME_TEXT_BYTES];
    BUFFER_CLEANUP struct buffer text = {0};
    uint64_t up_ns = status->time_ns > status->started_ns ? status->time_ns - status->started_ns : 0;
    buffer_append_string(&text, "Trục · ");
    cli_append_safe(&text, status->bus);
    buffer_append_string(&text, status->sandbox ? _(" (a sandbox) · config ") : _(" · config "));
    hex_append(&text,
               bytes_of(status->configuration.data, status->configuration.size < 3 ? status->configuration.size : 3));
    if (status->scope.size == 0)
        buffer_printf(&text, _(" · journal %s records"), cli_format_count(status->durable, count));
    buffer_printf(&text, _(" · %s · up %s\n"), cli_format_time(status->time_ns, now), cli_format_uptime(up_ns, up));
    put_totals(status, &text);
    put_index(status, &text);
    if (status->blocked) {
        buffer_append_string(&text, _("BLOCKED, nothing is taken: "));
        cli_append_safe(&text, status->blocked_text);
        buffer_append_byte(&text, '\n');
    }
    buffer_append_byte(&text, '\n');
    const char *whole = buffer_string(&text);
    if (whole == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for the status"));
    fputs(whole, cli->out);
    return print_queues(cli, status->queues, false, fault);
}

/* ---- the commands ---- */

static int show(const struct cli *cli, const struct operator_status *status, bool only_queues, struct truc_fault *fault)
{
    json_t *queues = NULL;
    if (!cli->json)
        return only_queues ? print_queues(cli, status->queues, true, fault) : print_status(cli, status, fault);
    int code = queues_json(status->queues, &queues, fault);
    if (code < 0)
        return code;
    json_t *document = only_queues ? json_object() : status_json(status);
    cli_json_set(document, "queues", queues);
    code = cli_json_print(document, cli->out);
    return code < 0 ? fault_set(fault, code, "%s", truc_error_meaning(code)) : 0;
}

static int ask_and_show(const struct cli *cli, const struct cli_arguments *arguments, bool only_queues)
{
    struct truc_fault fault = {0};
    struct cli_client *client = NULL;
    struct command_answer answer = {0};
    struct operator_status status = {0};
    int code = cli_broker_open(cli, arguments, -1, &client, &fault);
    if (code == 0)
        code = cli_client_call(client, "status", BYTES_EMPTY, &answer, &fault);
    if (code == 0)
        code = operator_status_decode(answer.result, &status, &fault);
    if (code == 0)
        code = show(cli, &status, only_queues, &fault);
    cli_client_close(client);
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}

int cmd_status(struct cli *cli, const struct cli_arguments *arguments)
{
    return ask_and_show(cli, arguments, false);
}

int cmd_queue_list(struct cli *cli, const struct cli_arguments *arguments)
{
    return ask_and_show(cli, arguments, true);
}
