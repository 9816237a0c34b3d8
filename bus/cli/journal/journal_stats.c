/* journal_stats.c - one pass over a journal's records.
 * Not: an index. It reads all of it, at the disk's speed, and remembers sums.
 * See journal_stats.h. */
#include "journal_stats.h"

#include "cli_words.h"
#include "header.h"
#include "time_text.h"

#include <stdio.h>
#include <stdlib.h>

#define OTHERS "(others)"

enum { PEOPLE_OFFSET_MINUTES = 7 * 60, DAY_BYTES = 11 };

struct collecting {
    struct journal_stats *stats;
    uint64_t bytes; /* of the record at hand */
};

/* ---- tables ---- */

static struct journal_stats_row *add_row(struct arena *arena, struct journal_stats_table *table, struct bytes name)
{
    struct journal_stats_row *row = arena_alloc(arena, sizeof *row);
    char *copy = row ? arena_string(arena, name) : NULL;
    if (table->rows == NULL)
        table->rows = arena_alloc_array(arena, JOURNAL_STATS_ROWS_MAX + 1, sizeof *table->rows);
    if (copy == NULL || table->rows == NULL || map_put_bytes(&table->by_name, bytes_string(copy), row) < 0)
        return NULL;
    row->name = copy;
    table->rows[table->count++] = row;
    return row;
}

/* The row of that name; NULL when out of memory. */
static struct journal_stats_row *row_of(struct journal_stats *stats, struct journal_stats_table *table,
                                        struct bytes name)
{
    struct journal_stats_row *row = map_get_bytes(&table->by_name, name);
    if (row == NULL && table->count >= JOURNAL_STATS_ROWS_MAX) {
        name = bytes_string(OTHERS);
        row = map_get_bytes(&table->by_name, name);
    }
    return row ? row : add_row(&stats->arena, table, name);
}

static int name_order(const void *a, const void *b)
{
    const struct journal_stats_row *left = *(struct journal_stats_row *const *)a;
    const struct journal_stats_row *right = *(struct journal_stats_row *const *)b;
    return strcmp(left->name, right->name);
}

static void sort(struct journal_stats_table *table)
{
    if (table->count > 1)
        qsort(table->rows, table->count, sizeof(struct journal_stats_row *), name_order);
}

/* ---- records ---- */

static int count_destinations(struct journal_stats *stats, struct bytes elements)
{
    struct record_destination destination = {0};
    size_t offset = 0;
    int more;
    while ((more = record_destination_next(elements, &offset, &destination)) > 0) {
        struct journal_stats_row *row = row_of(stats, &stats->systems, destination.system);
        if (row == NULL)
            return TRUC_E_MEMORY;
        row->received += destination.outcome == 0;
    }
    return more;
}

static int count_accepted(struct collecting *collecting, struct bytes body, struct journal_stats_row *day)
{
    struct journal_stats *stats = collecting->stats;
    struct record_accepted accepted = {0};
    struct header header = {0};
    int code = record_accepted_decode(body, &accepted, NULL);
    if (code == 0)
        code = header_decode(accepted.header, &header, NULL);
    if (code < 0)
        return code;
    struct journal_stats_row *type = row_of(stats, &stats->types, header.type);
    struct journal_stats_row *sender = row_of(stats, &stats->systems, header_sender(&header));
    if (type == NULL || sender == NULL)
        return TRUC_E_MEMORY;
    struct journal_stats_row *const rows[] = {type, sender};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i]->messages++;
        rows[i]->bytes += collecting->bytes;
    }
    day->messages++;
    stats->all.messages++;
    return count_destinations(stats, accepted.destinations);
}

static int count_refused(struct collecting *collecting, struct bytes body, struct journal_stats_row *day)
{
    struct journal_stats *stats = collecting->stats;
    struct record_refused refused = {0};
    int code = record_refused_decode(body, &refused, NULL);
    if (code < 0)
        return code;
    uint64_t count = refused.count ? refused.count : 1;
    struct journal_stats_row *sender = row_of(stats, &stats->systems, refused.sender);
    struct journal_stats_row *name = row_of(stats, &stats->codes, bytes_string(truc_error_name(-(int)refused.code)));
    if (sender == NULL || name == NULL)
        return TRUC_E_MEMORY;
    sender->refused += count;
    name->refused += count;
    name->records++;
    day->refused += count;
    stats->all.refused += count;
    return 0;
}

static struct journal_stats_row *day_of(struct journal_stats *stats, uint64_t time_ns)
{
    char compact[TIME_TEXT_BYTES], day[DAY_BYTES];
    time_format_compact(time_ns, PEOPLE_OFFSET_MINUTES, compact);
    snprintf(day, sizeof day, "%.4s-%.2s-%.2s", compact, compact + 4, compact + 6);
    return row_of(stats, &stats->days, bytes_string(day));
}

static bool is_wanted(const struct journal_stats *stats, uint64_t time_ns)
{
    return time_ns >= stats->from_ns && (stats->until_ns == 0 || time_ns < stats->until_ns);
}

/* A payload's size stands in its record: it need not be read for that. */
static uint64_t payload_bytes(const struct journal_record *record)
{
    struct record_accepted accepted = {0};
    return record->has_payload && record_accepted_decode(record->body, &accepted, NULL) == 0 ? accepted.payload_bytes
                                                                                             : 0;
}

static int visit(void *context, const struct journal_record *record)
{
    struct collecting *collecting = context;
    struct journal_stats *stats = collecting->stats;
    if (!is_wanted(stats, record->time_ns))
        return 0;
    struct journal_stats_row *day = day_of(stats, record->time_ns);
    if (day == NULL)
        return TRUC_E_MEMORY;
    collecting->bytes = record->body.size + payload_bytes(record);
    struct journal_stats_row *const rows[] = {&stats->kinds[record->kind <= RECORD_KIND_MAX ? record->kind : 0], day,
                                              &stats->all};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i]->records++;
        rows[i]->bytes += collecting->bytes;
    }
    stats->first_ns = stats->first_ns ? stats->first_ns : record->time_ns;
    stats->last_ns = record->time_ns;
    int code = record->kind == RECORD_ACCEPTED  ? count_accepted(collecting, record->body, day)
               : record->kind == RECORD_REFUSED ? count_refused(collecting, record->body, day)
                                                : 0;
    if (code == TRUC_E_MEMORY)
        return code;
    stats->malformed += code < 0;
    return 0;
}

int journal_stats_collect(struct journal *journal, struct journal_stats *stats, struct truc_fault *fault)
{
    struct collecting collecting = {.stats = stats};
    stats->arena.used_bytes_max = JOURNAL_STATS_MEMORY_MAX;
    int code = journal_scan(journal, 0, 0, visit, &collecting, fault);
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, _("no memory for the journal's numbers"));
    sort(&stats->types);
    sort(&stats->systems);
    sort(&stats->days);
    sort(&stats->codes);
    return code;
}

void journal_stats_free(struct journal_stats *stats)
{
    struct journal_stats_table *const tables[] = {&stats->types, &stats->systems, &stats->days, &stats->codes};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        map_free(&tables[i]->by_name);
    arena_free(&stats->arena);
    *stats = (struct journal_stats){0};
}

/* ---- JSON ---- */

enum { SHOW_RECORDS = 1, SHOW_MESSAGES = 2, SHOW_RECEIVED = 4, SHOW_REFUSED = 8, SHOW_BYTES = 16 };

static json_t *row_json(const char *name_is, const char *name, const struct journal_stats_row *row, unsigned shown)
{
    json_t *object = json_object();
    if (name_is)
        cli_json_set(object, name_is, cli_json_text(bytes_string(name)));
    if (shown & SHOW_RECORDS)
        cli_json_set(object, "records", cli_json_count(row->records));
    if (shown & SHOW_MESSAGES)
        cli_json_set(object, "messages", cli_json_count(row->messages));
    if (shown & SHOW_RECEIVED)
        cli_json_set(object, "received", cli_json_count(row->received));
    if (shown & SHOW_REFUSED)
        cli_json_set(object, "refused", cli_json_count(row->refused));
    if (shown & SHOW_BYTES)
        cli_json_set(object, "bytes", cli_json_count(row->bytes));
    return object;
}

static json_t *table_json(const char *name_is, const struct journal_stats_table *table, unsigned shown)
{
    json_t *array = json_array();
    for (size_t i = 0; i < table->count; i++)
        json_array_append_new(array, row_json(name_is, table->rows[i]->name, table->rows[i], shown));
    return array;
}

static json_t *kinds_json(const struct journal_stats *stats)
{
    json_t *array = json_array();
    for (unsigned kind = 0; kind <= RECORD_KIND_MAX; kind++)
        if (stats->kinds[kind].records > 0)
            json_array_append_new(array, row_json("kind", kind ? record_kind_name((enum record_kind)kind) : "unknown",
                                                  &stats->kinds[kind], SHOW_RECORDS | SHOW_BYTES));
    return array;
}

json_t *journal_stats_json(const struct journal_stats *stats)
{
    json_t *document = row_json(NULL, NULL, &stats->all, SHOW_RECORDS | SHOW_MESSAGES | SHOW_REFUSED | SHOW_BYTES);
    cli_json_set(document, "first", cli_json_time(stats->first_ns));
    cli_json_set(document, "last", cli_json_time(stats->last_ns));
    cli_json_set(document, "malformed", cli_json_count(stats->malformed));
    cli_json_set(document, "kinds", kinds_json(stats));
    cli_json_set(document, "types", table_json("type", &stats->types, SHOW_MESSAGES | SHOW_BYTES));
    cli_json_set(document, "systems",
                 table_json("system", &stats->systems, SHOW_MESSAGES | SHOW_RECEIVED | SHOW_REFUSED | SHOW_BYTES));
    cli_json_set(document, "days",
                 table_json("day", &stats->days, SHOW_RECORDS | SHOW_MESSAGES | SHOW_REFUSED | SHOW_BYTES));
    cli_json_set(document, "refusals", table_json("code", &stats->codes, SHOW_RECORDS | SHOW_REFUSED));
    return document;
}
