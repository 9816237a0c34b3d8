/* cmd_queue_show.c - `truc queue show SYSTEM`: what waits for one system, by urgency and by state, and since when.
 * Not: contents, which `truc journal show --position N` shows to who may see them.
 * Asks the running broker one question. */
#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"
#include "operator_answer.h"
#include "operator_json.h"
#include "operator_text.h"
#include "policy_match.h"

static const char *urgency_word(uint32_t urgency)
{
    const char *word = policy_urgency_word(urgency);
    return word ? word : "?";
}

/* The kinds of single messages an answer holds. */
struct kind {
    const char *word;
    struct bytes elements;
};
enum { KINDS = 3 };

static void kinds_of(const struct operator_queue_detail *detail, struct kind ret[KINDS])
{
    ret[0] = (struct kind){_("suspect"), detail->suspects};
    ret[1] = (struct kind){_("out"), detail->out};
    ret[2] = (struct kind){_("retrying"), detail->retrying};
}

/* ---- text ---- */

static void put_numbers(const struct operator_queue_detail *detail, const struct operator_queue *queue,
                        struct buffer *out)
{
    char count[6][CLI_NUMBER_BYTES], time[TIME_TEXT_BYTES], age[TIME_TEXT_BYTES];
    cli_append_safe(out, queue->system);
    buffer_append_string(out, " · ");
    operator_queue_state(queue, out);
    if (queue->suspects)
        buffer_append_string(out, _(" · quarantined, one at a time"));
    buffer_printf(out, _("\nqueued %s · out %s · retrying %s · behind %s · timed %s · needs a person %s\n"),
                  cli_format_count(queue->waiting, count[0]), cli_format_count(queue->out, count[1]),
                  cli_format_count(queue->retrying, count[2]), cli_format_count(queue->behind, count[3]),
                  cli_format_count(queue->timed, count[4]), cli_format_count(queue->dead, count[5]));
    operator_queue_pause(queue, out);
    if (detail->oldest)
        buffer_printf(
            out, _("oldest: position %s, accepted %s, %s ago\n"), cli_format_count(detail->oldest - 1, count[0]),
            cli_format_time(detail->oldest_ns, time),
            cli_format_uptime(detail->time_ns > detail->oldest_ns ? detail->time_ns - detail->oldest_ns : 0, age));
    if (detail->timed_first_ns)
        buffer_printf(out, _("the next timed one: %s\n"), cli_format_time(detail->timed_first_ns, time));
    buffer_append_byte(out, '\n');
}

static int print_lanes(const struct cli *cli, struct bytes elements, struct truc_fault *fault)
{
    static const struct cli_column columns[] = {{N_("URGENCY"), false}, {N_("READY"), true},
                                                {N_("BEHIND"), true},   {N_("RETRYING"), true},
                                                {N_("OUT"), true},      {N_("FURTHER ON DISK"), true}};
    struct cli_table *table = cli_table_create(columns, sizeof columns / sizeof *columns);
    struct operator_queue_lane lane;
    size_t offset = 0;
    int more;
    while ((more = operator_queue_lane_next(elements, &offset, &lane, fault)) > 0) {
        const uint64_t counts[] = {lane.ready, lane.behind, lane.retrying, lane.out, lane.unloaded};
        cli_table_row(table);
        cli_table_text(table, urgency_word(lane.urgency));
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            cli_table_count(table, counts[i]);
    }
    if (more == 0)
        more = cli_table_print(table, cli->out);
    cli_table_free(table);
    return more;
}

static int print_items(const struct cli *cli, const struct operator_queue_detail *detail, struct truc_fault *fault)
{
    static const struct cli_column columns[] = {{N_("POSITION"), true},
                                                {N_("STATE"), false},
                                                {N_("URGENCY"), false},
                                                {N_("ATTEMPTS"), true},
                                                {N_("NEXT IN"), true}};
    struct cli_table *table = cli_table_create(columns, sizeof columns / sizeof *columns);
    struct operator_queue_item item;
    struct kind kinds[KINDS];
    char next[TIME_TEXT_BYTES];
    size_t count = 0;
    int more = 0;
    kinds_of(detail, kinds);
    for (size_t kind = 0; more == 0 && kind < KINDS; kind++) {
        size_t offset = 0;
        while ((more = operator_queue_item_next(kinds[kind].elements, &offset, &item, fault)) > 0) {
            count++;
            cli_table_row(table);
            cli_table_count(table, item.sequence);
            cli_table_text(table, kinds[kind].word);
            cli_table_text(table, urgency_word(item.urgency));
            cli_table_count(table, item.attempts);
            cli_table_text(
                table, item.next_ns > detail->time_ns ? cli_format_uptime(item.next_ns - detail->time_ns, next) : "");
        }
    }
    if (more == 0 && count > 0) {
        fputc('\n', cli->out);
        more = cli_table_print(table, cli->out);
    }
    cli_table_free(table);
    return more;
}

static int print_text(const struct cli *cli, const struct operator_queue_detail *detail,
                      const struct operator_queue *queue, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {0};
    put_numbers(detail, queue, &text);
    const char *whole = buffer_string(&text);
    if (whole == NULL)
        return TRUC_E_MEMORY;
    fputs(whole, cli->out);
    int code = print_lanes(cli, detail->lanes, fault);
    return code < 0 ? code : print_items(cli, detail, fault);
}

/* ---- JSON ---- */

static int lanes_json(struct bytes elements, json_t *array, struct truc_fault *fault)
{
    struct operator_queue_lane lane;
    size_t offset = 0;
    int more;
    while ((more = operator_queue_lane_next(elements, &offset, &lane, fault)) > 0) {
        json_t *object = json_object();
        cli_json_set(object, "urgency", json_string(urgency_word(lane.urgency)));
        cli_json_set(object, "ready", cli_json_count(lane.ready));
        cli_json_set(object, "behind", cli_json_count(lane.behind));
        cli_json_set(object, "retrying", cli_json_count(lane.retrying));
        cli_json_set(object, "out", cli_json_count(lane.out));
        cli_json_set(object, "on_disk", cli_json_count(lane.unloaded));
        json_array_append_new(array, object);
    }
    return more;
}

static int items_json(const struct kind *kind, json_t *array, struct truc_fault *fault)
{
    struct operator_queue_item item;
    size_t offset = 0;
    int more;
    while ((more = operator_queue_item_next(kind->elements, &offset, &item, fault)) > 0) {
        json_t *object = json_object();
        cli_json_set(object, "position", cli_json_count(item.sequence));
        cli_json_set(object, "state", json_string(kind->word));
        cli_json_set(object, "urgency", json_string(urgency_word(item.urgency)));
        cli_json_set(object, "attempts", cli_json_count(item.attempts));
        cli_json_set(object, "next", cli_json_time(item.next_ns));
        json_array_append_new(array, object);
    }
    return more;
}

static int print_json(const struct cli *cli, const struct operator_queue_detail *detail,
                      const struct operator_queue *queue, struct truc_fault *fault)
{
    json_t *document = operator_queue_json(queue), *lanes = json_array(), *items = json_array();
    struct kind kinds[KINDS];
    kinds_of(detail, kinds);
    int code = lanes_json(detail->lanes, lanes, fault);
    for (size_t kind = 0; code == 0 && kind < KINDS; kind++)
        code = items_json(&kinds[kind], items, fault);
    cli_json_set(document, "lanes", lanes);
    cli_json_set(document, "messages", items);
    cli_json_set(document, "oldest_position", detail->oldest ? cli_json_count(detail->oldest - 1) : json_null());
    cli_json_set(document, "oldest_accepted", cli_json_time(detail->oldest_ns));
    cli_json_set(document, "timed_next", cli_json_time(detail->timed_first_ns));
    if (code == 0)
        return cli_json_print(document, cli->out);
    json_decref(document);
    return code;
}

/* ---- the command ---- */

static int ask(const struct cli *cli, const struct cli_arguments *arguments, struct cli_client **ret_client,
               struct operator_queue_detail *ret, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer encoded = {0};
    struct command_answer answer = {0};
    const struct operator_change which = {.system = bytes_string(cli_operand(arguments, 0))};
    operator_change_encode(&which, &encoded);
    if (buffer_failed(&encoded))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a question"));
    int code = cli_broker_open(cli, arguments, -1, ret_client, fault);
    if (code == 0)
        code = cli_client_call(*ret_client, "queue-show", buffer_view(&encoded), &answer, fault);
    return code < 0 ? code : operator_queue_detail_decode(answer.result, ret, fault);
}

int cmd_queue_show(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct cli_client *client = NULL;
    struct operator_queue_detail detail = {.oldest = 0};
    struct operator_queue queue = {.connected = false};
    int code = ask(cli, arguments, &client, &detail, &fault);
    if (code == 0)
        code = operator_queue_decode(detail.queue, &queue, &fault);
    if (code == 0)
        code = cli->json ? print_json(cli, &detail, &queue, &fault) : print_text(cli, &detail, &queue, &fault);
    if (code < 0 && fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    cli_client_close(client);
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}
