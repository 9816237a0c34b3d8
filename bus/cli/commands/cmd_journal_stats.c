/* cmd_journal_stats.c - `truc journal stats`: how much of what is in the journal, in tables.
 * Not: the counting (journal_stats.h). Reads the whole journal; needs no broker and no key.
 * What is printed names no person, dossier or message. */
#include "cli_format.h"
#include "cli_journal.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"
#include "journal_stats.h"

const struct cli_option cmd_journal_stats_options[] = {
    {.name = "since",
     .value = "TIME",
     .explanation = N_("2026-11-23, 2026-11-23T14:03:00+07:00, or 2h for two hours ago")},
    {.name = "until", .value = "TIME", .explanation = N_("before this time")},
    CLI_JOURNAL_OPTIONS,
    {.name = NULL},
};

enum { DAY_BYTES = sizeof "26/11/2026" };
enum column { COLUMN_NAME, COLUMN_RECORDS, COLUMN_MESSAGES, COLUMN_RECEIVED, COLUMN_REFUSED, COLUMN_BYTES };

static void add_row(struct cli_table *table, const char *name, const struct journal_stats_row *row,
                    const enum column *columns, size_t count)
{
    const uint64_t counts[] = {[COLUMN_RECORDS] = row->records,
                               [COLUMN_MESSAGES] = row->messages,
                               [COLUMN_RECEIVED] = row->received,
                               [COLUMN_REFUSED] = row->refused};
    char bytes[CLI_NUMBER_BYTES];
    cli_table_row(table);
    for (size_t i = 0; i < count; i++)
        if (columns[i] == COLUMN_NAME)
            cli_table_text(table, name);
        else if (columns[i] == COLUMN_BYTES)
            cli_table_text(table, cli_format_bytes(row->bytes, bytes));
        else
            cli_table_count(table, counts[columns[i]]);
}

/* Days are counted as 2026-11-26, which sorts; people read 26/11/2026. */
static const char *day_for_people(const char *name, char out[DAY_BYTES])
{
    (void)snprintf(out, DAY_BYTES, "%.2s/%.2s/%.4s", name + 8, name + 5, name);
    return out;
}

static int print_table(const struct cli *cli, const char *name_is, const char *messages_are,
                       const struct journal_stats_table *rows, const enum column *columns, size_t count, bool are_days)
{
    const char *const titles[] = {[COLUMN_NAME] = name_is,          [COLUMN_RECORDS] = N_("RECORDS"),
                                  [COLUMN_MESSAGES] = messages_are, [COLUMN_RECEIVED] = N_("RECEIVED"),
                                  [COLUMN_REFUSED] = N_("REFUSED"), [COLUMN_BYTES] = N_("BYTES")};
    struct cli_column shown[COLUMN_BYTES + 1];
    for (size_t i = 0; i < count; i++)
        shown[i] = (struct cli_column){titles[columns[i]], columns[i] != COLUMN_NAME};
    if (rows->count == 0)
        return 0;
    struct cli_table *table = cli_table_create(shown, count);
    for (size_t i = 0; i < rows->count; i++) {
        char day[DAY_BYTES];
        const char *name = rows->rows[i]->name;
        add_row(table, are_days ? day_for_people(name, day) : name, rows->rows[i], columns, count);
    }
    fputc('\n', cli->out);
    int code = cli_table_print(table, cli->out);
    cli_table_free(table);
    return code;
}

static int print_kinds(const struct cli *cli, const struct journal_stats *stats)
{
    static const struct cli_column titles[] = {{N_("KIND"), false}, {N_("RECORDS"), true}, {N_("BYTES"), true}};
    static const enum column columns[] = {COLUMN_NAME, COLUMN_RECORDS, COLUMN_BYTES};
    struct cli_table *table = cli_table_create(titles, 3);
    for (unsigned kind = 0; kind <= RECORD_KIND_MAX; kind++)
        if (stats->kinds[kind].records > 0)
            add_row(table, kind ? record_kind_name((enum record_kind)kind) : _("unknown"), &stats->kinds[kind], columns,
                    3);
    int code = cli_table_print(table, cli->out);
    cli_table_free(table);
    return code;
}

static int print_text(const struct cli *cli, const struct journal_stats *stats)
{
    static const enum column by_type[] = {COLUMN_NAME, COLUMN_MESSAGES, COLUMN_BYTES};
    static const enum column by_system[] = {COLUMN_NAME, COLUMN_MESSAGES, COLUMN_BYTES, COLUMN_RECEIVED,
                                            COLUMN_REFUSED};
    static const enum column by_day[] = {COLUMN_NAME, COLUMN_RECORDS, COLUMN_MESSAGES, COLUMN_REFUSED, COLUMN_BYTES};
    static const enum column by_code[] = {COLUMN_NAME, COLUMN_REFUSED};
    char records[CLI_NUMBER_BYTES], bytes[CLI_NUMBER_BYTES], first[TIME_TEXT_BYTES], last[TIME_TEXT_BYTES];
    if (stats->all.records == 0) {
        fputs(_("no records of that time\n"), cli->out);
        return 0;
    }
    fprintf(cli->out, _("%s records, %s, from %s to %s\n"), cli_format_count(stats->all.records, records),
            cli_format_bytes(stats->all.bytes, bytes), cli_format_time(stats->first_ns, first),
            cli_format_time(stats->last_ns, last));
    if (stats->malformed)
        fprintf(cli->out, _("%s of them can't be read: truc journal verify\n"),
                cli_format_count(stats->malformed, records));
    fputc('\n', cli->out);
    int code = print_kinds(cli, stats);
    if (code == 0)
        code = print_table(cli, N_("TYPE"), N_("MESSAGES"), &stats->types, by_type, 3, false);
    if (code == 0)
        code = print_table(cli, N_("SYSTEM"), N_("SENT"), &stats->systems, by_system, 5, false);
    if (code == 0)
        code = print_table(cli, N_("DAY"), N_("MESSAGES"), &stats->days, by_day, 5, true);
    if (code == 0)
        code = print_table(cli, N_("REFUSED BECAUSE"), "", &stats->codes, by_code, 2, false);
    return code;
}

int cmd_journal_stats(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct cli_journal journal = {0};
    struct journal_stats stats = {.from_ns = 0};
    int code = cli_option_time(arguments, "since", cli->now_ns, &stats.from_ns, &fault);
    if (code >= 0)
        code = cli_option_time(arguments, "until", cli->now_ns, &stats.until_ns, &fault);
    if (code >= 0)
        code = cli_journal_open(cli, arguments, &journal, &fault);
    if (code == 0)
        code = journal_stats_collect(journal.journal, &stats, &fault);
    if (code == 0) {
        code = cli->json ? cli_json_print(journal_stats_json(&stats), cli->out) : print_text(cli, &stats);
        if (code < 0)
            fault_set(&fault, code, "%s", truc_error_meaning(code));
    }
    journal_stats_free(&stats);
    cli_journal_close(&journal);
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}
