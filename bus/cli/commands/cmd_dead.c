/* cmd_dead.c - `truc dead list` and `truc dead show`: the messages that wait for a person, as many as there are.
 * Not: what is done with them (cmd_dead_change.c), nor their contents, which the journal has.
 * Both ask the running broker, a page a question. */
#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"
#include "dead_selection.h"
#include "fault.h"
#include "operator_answer.h"
#include "protocol_limits.h"
#include "text.h"

const struct cli_option cmd_dead_list_options[] = {
    DEAD_SELECTION_OPTIONS,
    {.name = "count", .value = "N", .explanation = N_("at most so many; all when not given")},
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};
const struct cli_option cmd_dead_show_options[] = {
    {.name = "position", .value = "N", .explanation = N_("the message at this journal position")},
    {.name = "destination", .value = "SYSTEM", .explanation = N_("only for this system; else for each it is dead for")},
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

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
    cli_json_set(object, "queued_again", cli_json_count(letter->generation));
    cli_json_set(object, "size_bytes", cli_json_count(letter->size_bytes));
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

/* What was shown so far, over all pages. */
struct listing {
    const struct cli *cli;
    struct cli_table *table; /* for people */
    json_t *array;           /* for programs */
    void (*show)(struct listing *listing, const struct operator_dead_letter *letter);
    struct operator_dead_query query; /* of the next page */
    char last[PROTOCOL_NAME_BYTES_MAX + 1];
    uint64_t count, count_max;
};

static void show_row(struct listing *listing, const struct operator_dead_letter *letter)
{
    if (listing->array)
        json_array_append_new(listing->array, letter_json(letter));
    else
        letter_row(listing->table, letter);
}

/* How many letters the page had; the query then asks for the one behind it. */
static int show_page(struct listing *listing, struct bytes elements, struct truc_fault *fault)
{
    struct operator_dead_letter letter;
    size_t offset = 0;
    int more, count = 0;
    while ((more = operator_dead_letter_next(elements, &offset, &letter, fault)) > 0) {
        count++;
        listing->show(listing, &letter);
        text_copy(listing->last, sizeof listing->last, letter.destination);
        listing->query.after_destination = bytes_string(listing->last);
        listing->query.after_position = letter.sequence + 1;
        listing->query.after_ns = letter.time_ns;
    }
    listing->count += (uint64_t)count;
    return more < 0 ? more : count;
}

static int show_all(struct listing *listing, struct cli_client *client, struct truc_fault *fault)
{
    enum { PAGE_LETTERS = 1000 };
    struct command_answer answer = {0};
    struct bytes letters = BYTES_EMPTY;
    int count = PAGE_LETTERS, code = 0;
    while (code == 0 && count == PAGE_LETTERS && listing->count < listing->count_max) {
        uint64_t left = listing->count_max - listing->count;
        listing->query.count_max = left < PAGE_LETTERS ? (uint32_t)left : PAGE_LETTERS;
        code = dead_selection_call(client, "dead-list", &listing->query, &answer, fault);
        if (code == 0)
            code = operator_dead_letters_decode(answer.result, &letters, fault);
        if (code == 0 && (count = show_page(listing, letters, fault)) < 0)
            code = count;
    }
    return code;
}

static int end_json(const struct listing *listing)
{
    json_t *document = json_object();
    cli_json_set(document, "letters", json_incref(listing->array));
    return cli_json_print(document, listing->cli->out);
}

static int end_list(const struct listing *listing)
{
    FILE *out = listing->cli->out;
    if (listing->array)
        return end_json(listing);
    if (listing->count == 0) {
        fputs(_("nothing needs a person\n"), out);
        return 0;
    }
    int code = cli_table_print(listing->table, out);
    if (code == 0)
        fputs(_("\nWhen the cause is gone: truc dead retry --destination SYSTEM --reason TEXT\n"), out);
    return code;
}

static int list(struct listing *listing, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    static const struct cli_column columns[] = {{N_("POSITION"), true}, {N_("SINCE"), false},  {N_("FROM"), false},
                                                {N_("FOR"), false},     {N_("TYPE"), false},   {N_("SUBJECT"), false},
                                                {N_("ATTEMPTS"), true}, {N_("REASON"), false}, {N_("TEXT"), false}};
    struct cli_client *client = NULL;
    int code = cli_broker_open(listing->cli, arguments, -1, &client, fault);
    if (listing->cli->json)
        listing->array = json_array();
    else
        listing->table = cli_table_create(columns, sizeof columns / sizeof *columns);
    if (code == 0)
        code = show_all(listing, client, fault);
    cli_client_close(client);
    return code;
}

static int finish(struct listing *listing, int code, struct truc_fault *fault)
{
    cli_table_free(listing->table);
    json_decref(listing->array);
    if (code < 0 && fault->code == 0)
        (void)fault_set(fault, code, "%s", truc_error_meaning(code));
    return code < 0 ? cli_fail(listing->cli, fault) : CLI_OK;
}

int cmd_dead_list(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct listing listing = {.cli = cli, .show = show_row, .count_max = UINT64_MAX};
    int code = dead_selection_read(arguments, &listing.query, &fault);
    if (code == 0 && cli_option_number(arguments, "count", &listing.count_max, &fault) < 0)
        code = fault.code;
    if (code == 0)
        code = list(&listing, arguments, &fault);
    if (code == 0)
        code = end_list(&listing);
    return finish(&listing, code, &fault);
}

/* ---- show ---- */

enum { LABEL_COLUMN = 13 };

static void put_label(struct buffer *out, const char *name)
{
    buffer_append_string(out, "  ");
    cli_append_padded(out, bytes_string(name), LABEL_COLUMN);
    buffer_append_byte(out, ' ');
}

static void put_line(struct buffer *out, const char *name, struct bytes value)
{
    if (value.size == 0)
        return;
    put_label(out, name);
    cli_append_safe(out, value);
    buffer_append_byte(out, '\n');
}

static void show_whole(struct listing *listing, const struct operator_dead_letter *letter)
{
    BUFFER_CLEANUP struct buffer out = {0};
    char time[TIME_TEXT_BYTES], count[CLI_NUMBER_BYTES];
    if (listing->array) {
        json_array_append_new(listing->array, letter_json(letter));
        return;
    }
    if (listing->count > 1)
        buffer_append_byte(&out, '\n');
    buffer_printf(&out, _("position %s"), cli_format_count(letter->sequence, count));
    buffer_append_string(&out, _(" for "));
    cli_append_safe(&out, letter->destination);
    buffer_append_byte(&out, '\n');
    put_line(&out, _("from"), letter->sender);
    put_line(&out, _("type"), letter->type);
    put_line(&out, _("subject"), letter->subject);
    put_line(&out, _("id"), letter->id);
    put_line(&out, _("size"), bytes_string(cli_format_bytes(letter->size_bytes, count)));
    put_line(&out, _("dead since"), bytes_string(cli_format_time(letter->time_ns, time)));
    put_line(&out, _("error"), letter->code);
    if (!bytes_equal(letter->reason, letter->code)) /* the broker's own reasons are codes */
        put_line(&out, _("reason"), letter->reason);
    put_line(&out, _("text"), letter->text);
    put_label(&out, _("attempts"));
    buffer_printf(&out, _("%u, queued again %u times\n"), letter->attempts, letter->generation);
    put_label(&out, _("its record"));
    buffer_printf(&out, "truc journal show --position %llu\n", (unsigned long long)letter->sequence);
    const char *whole = buffer_string(&out);
    fputs(whole ? whole : "", listing->cli->out);
}

int cmd_dead_show(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct listing listing = {.cli = cli, .show = show_whole, .count_max = UINT64_MAX};
    int code = dead_selection_read(arguments, &listing.query, &fault);
    if (code == 0 && listing.query.position == 0) {
        code = fault_set(&fault, TRUC_E_ARGUMENT, _("which dead letter?"));
        fault_hint(&fault, _("add --position N; truc dead list has them"));
    }
    if (code == 0)
        code = list(&listing, arguments, &fault);
    if (code == 0 && listing.count == 0)
        code = fault_set(&fault, TRUC_E_NOT_FOUND, _("no such message needs a person"));
    if (code == 0 && listing.array)
        code = end_json(&listing);
    return finish(&listing, code, &fault);
}
