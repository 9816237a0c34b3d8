/* cmd_journal_show.c - `truc journal show`: what the journal says, record by record, from a directory alone.
 * Not: searching by many criteria (cmd_journal_find.c) and not proof (cmd_journal_verify.c).
 * Needs no broker and no key; with a key, --payload shows contents, personal data masked. In clear shows them only a running
 * broker, which journals that (clear_view.c). */
#include "clear_view.h"
#include "cli_broker.h"
#include "cli_json.h"
#include "cli_journal.h"
#include "cli_words.h"
#include "command.h"
#include "command_table.h"
#include "header.h"
#include "map.h"
#include "record.h"
#include "record_payload.h"
#include "record_text.h"
#include "text.h"

const struct cli_option cmd_journal_show_options[] = {
    {.name = "from", .value = "N", .explanation = N_("begin at this position")},
    {.name = "count",
     .value = "N",
     .explanation = N_("so many records; 20 when not given, the last ones without --from")},
    {.name = "position", .value = "N", .explanation = N_("only this record, as POSITION says it, too")},
    {.name = "kind", .value = "KIND", .explanation = N_("only records of this kind: accepted, refused, operation, …")},
    {.name = "dossier",
     .value = "CODE",
     .explanation = N_("only what concerns this dossier: messages, receipts, refusals, dead letters")},
    {.name = "payload", .explanation = N_("contents too, personal data masked; needs the journal's key")},
    {.name = "clear",
     .explanation = N_("this message's payload, unmasked: asks the running broker, which journals who looked and why")},
    {.name = "reason", .value = "TEXT", .explanation = N_("with --clear: why; it is journaled with your name")},
    {.name = "schemas", .value = "FILE", .explanation = N_("with --clear: the descriptor set to read it by")},
    CLI_JOURNAL_OPTIONS,
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

enum { COUNT_DEFAULT = 20 };

struct show {
    const struct cli *cli;
    struct cli_journal journal;
    struct bytes dossier;  /* empty: all */
    enum record_kind kind; /* 0: all */
    bool payload;
    uint64_t count_left, shown, malformed;
    struct map messages; /* positions of the dossier's messages */
    struct truc_fault *fault;
};

/* ---- choosing ---- */

static bool receipt_concerns(const struct show *show, struct bytes body)
{
    struct record_settled settled;
    struct settlement settlement;
    struct bytes encoded;
    size_t offset = 0;
    if (record_settled_decode(body, &settled, NULL) < 0)
        return false;
    while (record_settlement_next(settled.settlements, &offset, &encoded) > 0)
        if (settlement_decode(encoded, &settlement) == 0 && map_get_number(&show->messages, settlement.sequence))
            return true;
    return false;
}

/* 1: the record concerns the dossier; 0: it doesn't; negative: out of memory. */
static int concerns(struct show *show, const struct journal_record *record)
{
    struct record_accepted accepted;
    struct record_refused refused;
    struct record_fate fate;
    struct record_operation operation;
    struct header header;
    uint64_t message;
    switch (record->kind) {
    case RECORD_ACCEPTED:
        if (record_accepted_decode(record->body, &accepted, NULL) < 0 ||
            header_decode(accepted.header, &header, NULL) < 0)
            return 0;
        if (!bytes_equal(header.subject, show->dossier) && !bytes_equal(header.purpose.dossier, show->dossier))
            return 0;
        return map_put_number(&show->messages, record->sequence, show) < 0 ? TRUC_E_MEMORY : 1;
    case RECORD_REFUSED:
        return record_refused_decode(record->body, &refused, NULL) == 0 && bytes_equal(refused.subject, show->dossier);
    case RECORD_SETTLED:
        return receipt_concerns(show, record->body);
    case RECORD_DEAD:
    case RECORD_EXPIRED:
    case RECORD_REDRIVEN:
    case RECORD_ERASED:
    case RECORD_HELD:
    case RECORD_RELEASED:
    case RECORD_DISCARDED:
        return record_fate_decode(record->body, &fate, NULL) == 0 &&
               map_get_number(&show->messages, fate.message) != NULL;
    case RECORD_OPERATION: /* somebody looked at one of its messages in clear, or tried to */
        return record_operation_decode(record->body, &operation, NULL) == 0 &&
               record_operation_message(&operation, &message) && map_get_number(&show->messages, message) != NULL;
    default:
        return 0;
    }
}

/* ---- showing ---- */

static int add_payload_json(struct show *show, const struct journal_record *record, json_t *object)
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct truc_fault fault = {0};
    int code = record_payload_append(&show->journal, record, false, &text, &fault);
    if (code == 0) {
        cli_json_set(object, "payload", json_loadb((const char *)text.data, text.size, 0, NULL));
        return 0;
    }
    cli_json_set(object, "payload", json_null());
    cli_json_set(object, "payload_absent", json_string(truc_error_name(code)));
    return code == TRUC_E_MEMORY ? code : 0;
}

static int show_json(struct show *show, const struct journal_record *record)
{
    struct truc_fault fault = {0};
    json_t *object = record_json(record, &fault);
    if (object == NULL && fault.code != TRUC_E_MEMORY) {
        show->malformed++;
        object = json_object();
        cli_json_set(object, "position", cli_json_count(record->sequence));
        cli_json_set(object, "time", cli_json_time(record->time_ns));
        cli_json_set(object, "malformed", cli_json_text(bytes_string(fault.text)));
    }
    int code = object && show->payload && record->has_payload ? add_payload_json(show, record, object) : 0;
    if (code < 0) {
        json_decref(object);
        return code;
    }
    return cli_json_print_line(object, show->cli->out);
}

static int show_text(struct show *show, const struct journal_record *record)
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct truc_fault fault = {0};
    int code = record_text_line(record, &text, &fault);
    show->malformed += code < 0;
    if (show->payload && record->has_payload) {
        code = record_payload_append(&show->journal, record, true, &text, &fault);
        if (code < 0)
            buffer_printf(&text, _("    payload: %s [%s]"), fault.text, truc_error_name(code));
        buffer_append_byte(&text, '\n');
    }
    const char *whole = buffer_string(&text);
    if (whole == NULL)
        return fault_set(show->fault, TRUC_E_MEMORY, _("no memory for a record"));
    fputs(whole, show->cli->out);
    return 0;
}

static int visit(void *context, const struct journal_record *record)
{
    struct show *show = context;
    int chosen = show->dossier.size ? concerns(show, record) : 1; /* also counts those of another kind */
    if (chosen <= 0 || (show->kind && record->kind != (uint16_t)show->kind))
        return chosen < 0 ? chosen : 0;
    int code = show->cli->json ? show_json(show, record) : show_text(show, record);
    if (code < 0)
        return code;
    show->shown++;
    return --show->count_left == 0 ? 1 : 0;
}

static int show_one(struct show *show, uint64_t position)
{
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record;
    int code = journal_read(show->journal.journal, position, 0, &scratch, &record, show->fault);
    return code < 0 ? code : visit(show, &record);
}

static int show_range(struct show *show, const struct cli_arguments *arguments)
{
    uint64_t next = journal_next_sequence(show->journal.journal), from = 0, count = COUNT_DEFAULT;
    int given = cli_option_number(arguments, "count", &count, show->fault);
    if (given < 0)
        return given;
    if (show->dossier.size || show->kind)
        count = given ? count : UINT64_MAX;
    else
        from = next > count ? next - count : 0;
    if (cli_option_number(arguments, "from", &from, show->fault) < 0)
        return show->fault->code;
    show->count_left = count;
    return count == 0 ? 0 : journal_scan(show->journal.journal, from, 0, visit, show, show->fault);
}

static int read_kind(const struct cli_arguments *arguments, enum record_kind *ret_kind, struct truc_fault *fault)
{
    const char *word = cli_option_value(arguments, "kind"), *names[RECORD_KIND_MAX];
    for (int kind = 1; word && kind <= RECORD_KIND_MAX; kind++) {
        names[kind - 1] = record_kind_name((enum record_kind)kind);
        if (strcmp(names[kind - 1], word) == 0) {
            *ret_kind = (enum record_kind)kind;
            return 0;
        }
    }
    if (word == NULL)
        return 0;
    const char *nearest = text_nearest(bytes_string(word), names, RECORD_KIND_MAX);
    int code = fault_set(fault, TRUC_E_ARGUMENT, _("--kind %s: there is no such kind of record"), word);
    if (nearest)
        fault_hint(fault, _("did you mean %s?"), nearest);
    return code;
}

/* POSITION or --position: 1, 0, TRUC_E_ARGUMENT. */
static int read_position(const struct cli_arguments *arguments, uint64_t *ret_position, struct truc_fault *fault)
{
    int given = cli_option_number(arguments, "position", ret_position, fault);
    if (given != 0 || cli_operand(arguments, 0) == NULL)
        return given;
    return cli_number_parse(cli_operand(arguments, 0), ret_position) < 0
               ? fault_set(fault, TRUC_E_ARGUMENT, _("'%s' is no position: a whole number"), cli_operand(arguments, 0))
               : 1;
}

static int show_clear(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    uint64_t position = 0;
    int code = read_position(arguments, &position, &fault);
    if (code == 0)
        code = fault_set(&fault, TRUC_E_ARGUMENT, _("--clear shows one message: name its position"));
    if (code > 0)
        code = clear_view(cli, arguments, position, &fault);
    if (code < 0 && fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}

int cmd_journal_show(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    if (cli_option_value(arguments, "clear"))
        return show_clear(cli, arguments);
    struct show show = {
        .cli = cli, .fault = &fault, .count_left = 1, .payload = cli_option_value(arguments, "payload") != NULL};
    const char *dossier = cli_option_value(arguments, "dossier");
    uint64_t position = 0;
    show.dossier = bytes_string(dossier ? dossier : "");
    int code = read_kind(arguments, &show.kind, &fault);
    if (code == 0)
        code = cli_journal_open(cli, arguments, &show.journal, &fault);
    int given = code == 0 ? read_position(arguments, &position, &fault) : code;
    if (given > 0)
        code = show_one(&show, position);
    else
        code = given < 0 ? given : show_range(&show, arguments);
    if (code < 0 && fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    cli_journal_close(&show.journal);
    map_free(&show.messages);
    if (code < 0)
        return cli_fail(cli, &fault);
    if (show.shown == 0 && !cli->json)
        fputs(show.dossier.size ? _("the journal has nothing about this dossier\n") : _("no records there\n"),
              cli->out);
    return show.shown && show.malformed == 0 ? CLI_OK : CLI_NOT_SO;
}
