/* cmd_journal_find.c - `truc journal find`: messages by id, dossier, type, sender, destination, time or outcome.
 * Not: the truth. The index is made from the journal, brought up to date first, and may be thrown away at any time.
 * Needs no broker and no key. */
#include "cli_format.h"
#include "cli_journal.h"
#include "cli_json.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"
#include "found_index.h"
#include "text.h"

const struct cli_option cmd_journal_find_options[] = {
    {.name = "id", .value = "ID", .explanation = N_("the message's id")},
    {.name = "dossier", .value = "CODE", .explanation = N_("messages about this dossier, or sent for it")},
    {.name = "type", .value = "TYPE", .explanation = N_("messages of this type")},
    {.name = "sender", .value = "SYSTEM", .explanation = N_("messages of this system")},
    {.name = "destination", .value = "SYSTEM", .explanation = N_("messages for this system")},
    {.name = "since",
     .value = "TIME",
     .explanation = N_("2026-11-23, 2026-11-23T14:03:00+07:00, or 2h for two hours ago")},
    {.name = "until", .value = "TIME", .explanation = N_("before this time")},
    {.name = "outcome",
     .value = "WORD",
     .explanation = N_("waiting, done, dead (rejected, too), expired, held, refused or discarded")},
    {.name = "shown", .explanation = N_("only those whose payload somebody looked at in clear")},
    {.name = "count", .value = "N", .explanation = N_("at most so many; 100 when not given, the newest first")},
    {.name = "index",
     .value = "FILE",
     .explanation = N_("the index file; else in the journal directory, else in memory")},
    CLI_JOURNAL_OPTIONS,
    {.name = NULL},
};

enum { COUNT_DEFAULT = 100, OUTCOME_WORDS = INDEX_OUTCOME_DISCARDED + 1 };

static const struct cli_column columns[] = {{N_("POSITION"), true}, {N_("TIME"), false}, {N_("FROM"), false},
                                            {N_("FOR"), false},     {N_("TYPE"), false}, {N_("SUBJECT"), false},
                                            {N_("OUTCOME"), false}, {N_("CODE"), false}};
enum { COLUMNS = sizeof columns / sizeof *columns };

struct finding {
    const struct cli *cli;
    struct found_index *index;
    struct cli_table *table;
    json_t *array;
    uint64_t count;
    const char *subject_seen; /* rows with this subject have been taken already; NULL: none */
};

/* ---- the question ---- */

static int read_outcome(const char *word, enum journal_index_outcome *ret_outcome, struct truc_fault *fault)
{
    const char *words[OUTCOME_WORDS];
    if (word == NULL)
        return 0;
    for (int i = 1; i < OUTCOME_WORDS; i++) {
        words[i] = journal_index_outcome_name((enum journal_index_outcome)i);
        if (strcmp(words[i], word) == 0) {
            *ret_outcome = (enum journal_index_outcome)i;
            return 0;
        }
    }
    const char *nearest = text_nearest(bytes_string(word), words + 1, OUTCOME_WORDS - 1);
    int code = fault_set(fault, TRUC_E_ARGUMENT, _("--outcome %s: there is no such outcome"), word);
    if (nearest)
        fault_hint(fault, _("did you mean %s?"), nearest);
    else
        fault_hint(fault, _("waiting, done, dead, expired, held, refused or discarded"));
    return code;
}

static struct bytes text_option(const struct cli_arguments *arguments, const char *name)
{
    const char *text = cli_option_value(arguments, name);
    return bytes_string(text ? text : "");
}

static int read_query(const struct cli *cli, const struct cli_arguments *arguments, struct journal_index_query *query,
                      struct truc_fault *fault)
{
    uint64_t count = COUNT_DEFAULT;
    *query = (struct journal_index_query){.id = text_option(arguments, "id"),
                                          .type = text_option(arguments, "type"),
                                          .sender = text_option(arguments, "sender"),
                                          .destination = text_option(arguments, "destination"),
                                          .shown = cli_option_value(arguments, "shown") != NULL};
    int code = read_outcome(cli_option_value(arguments, "outcome"), &query->outcome, fault);
    if (code == 0)
        code = cli_option_time(arguments, "since", cli->now_ns, &query->from_ns, fault);
    if (code >= 0)
        code = cli_option_time(arguments, "until", cli->now_ns, &query->until_ns, fault);
    if (code >= 0)
        code = cli_option_number(arguments, "count", &count, fault);
    query->limit = count < JOURNAL_INDEX_FOUND_MAX ? (size_t)count : JOURNAL_INDEX_FOUND_MAX;
    return code < 0 ? code : 0;
}

/* ---- the answer ---- */

static json_t *row_json(const struct journal_index_row *row)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"id", row->id},
                 {"type", row->type},
                 {"subject", row->subject},
                 {"dossier", row->dossier},
                 {"sender", row->sender},
                 {"route", row->route},
                 {"destination", row->destination},
                 {"correlation_id", row->correlation}};
    json_t *object = json_object();
    cli_json_set(object, "position", cli_json_count(row->sequence));
    cli_json_set(object, "time", cli_json_time(row->time_ns));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cli_json_set(object, texts[i].name, cli_json_text(bytes_string(texts[i].text)));
    cli_json_set(object, "outcome", json_string(journal_index_outcome_name(row->outcome)));
    cli_json_set(object, "outcome_position",
                 row->outcome_time_ns ? cli_json_count(row->outcome_sequence) : json_null());
    cli_json_set(object, "outcome_time", cli_json_time(row->outcome_time_ns));
    cli_json_set(object, "code", json_string(row->code ? truc_error_name(-(int)row->code) : ""));
    cli_json_set(object, "payload_erased", json_boolean(row->payload_erased));
    cli_json_set(object, "payload_shown", cli_json_count(row->payload_shown));
    return object;
}

static int take_row(void *context, const struct journal_index_row *row)
{
    struct finding *finding = context;
    char time[TIME_TEXT_BYTES];
    if (finding->subject_seen && strcmp(row->subject, finding->subject_seen) == 0)
        return 0;
    finding->count++;
    if (finding->cli->json)
        return json_array_append_new(finding->array, row_json(row)) < 0 ? TRUC_E_MEMORY : 0;
    cli_table_row(finding->table);
    cli_table_count(finding->table, row->sequence);
    cli_table_text(finding->table, cli_format_moment(row->time_ns, time));
    cli_table_text(finding->table, row->sender);
    cli_table_text(finding->table, row->destination);
    cli_table_text(finding->table, row->type);
    cli_table_text(finding->table, row->subject);
    cli_table_text(finding->table, journal_index_outcome_name(row->outcome));
    cli_table_text(finding->table, row->code ? truc_error_name(-(int)row->code) : "");
    return 0;
}

static int ask(struct finding *finding, const struct journal_index_query *query, struct truc_fault *fault)
{
    return journal_index_find(finding->index->index, finding->index->journal.journal, query, take_row, finding, fault);
}

/* A dossier is what messages are about (their subject), or what they are sent for (their purpose). */
static int find(struct finding *finding, struct journal_index_query *query, const char *dossier,
                struct truc_fault *fault)
{
    if (dossier == NULL)
        return ask(finding, query, fault);
    query->subject = bytes_string(dossier);
    int code = ask(finding, query, fault);
    query->subject = BYTES_EMPTY;
    query->dossier = bytes_string(dossier);
    finding->subject_seen = dossier;
    return code < 0 ? code : ask(finding, query, fault);
}

static void finding_begin(struct finding *finding)
{
    cli_table_free(finding->table);
    finding->table = cli_table_create(columns, COLUMNS);
    json_array_clear(finding->array);
    finding->count = 0;
    finding->subject_seen = NULL;
}

/* Once more when the index turns out to be damaged. */
static int find_and_mend(struct finding *finding, const struct cli_arguments *arguments,
                         const struct journal_index_query *query, struct truc_fault *fault)
{
    const char *dossier = cli_option_value(arguments, "dossier");
    struct journal_index_query asked = *query;
    finding_begin(finding);
    int code = find(finding, &asked, dossier, fault);
    int mended = code < 0 ? found_index_mend(finding->cli, arguments, finding->index, fault) : 0;
    if (mended <= 0)
        return mended < 0 ? mended : code;
    asked = *query;
    finding_begin(finding);
    return find(finding, &asked, dossier, fault);
}

static int print(struct finding *finding)
{
    char count[CLI_NUMBER_BYTES];
    if (finding->cli->json) {
        json_t *document = json_object();
        cli_json_set(document, "messages", json_incref(finding->array));
        return cli_json_print(document, finding->cli->out);
    }
    if (finding->count == 0) {
        fputs(_("no message is so\n"), finding->cli->out);
        return 0;
    }
    int code = cli_table_print(finding->table, finding->cli->out);
    if (code == 0)
        fprintf(finding->cli->out, _("\n%s found; truc journal show --position N shows one\n"),
                cli_format_count(finding->count, count));
    return code;
}

int cmd_journal_find(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct found_index index = {.lock = NULL};
    struct journal_index_query query;
    struct finding finding = {.cli = cli, .index = &index, .array = json_array()};
    int code = read_query(cli, arguments, &query, &fault);
    if (code == 0)
        code = found_index_open(cli, arguments, &index, &fault);
    if (code == 0 && (code = find_and_mend(&finding, arguments, &query, &fault)) >= 0)
        code = print(&finding);
    if (code < 0 && fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    found_index_close(&index);
    cli_table_free(finding.table);
    json_decref(finding.array);
    if (code < 0)
        return cli_fail(cli, &fault);
    return finding.count ? CLI_OK : CLI_NOT_SO;
}
