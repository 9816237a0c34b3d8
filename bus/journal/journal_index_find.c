/* journal_index_find.c - answering questions from the search index.
 * Only conditions that were asked for become part of the statement; values are bound, never written into it.
 * Used by the command line and the console's search. */
#include "fault.h"
#include "journal_index_private.h"

const char *journal_index_outcome_name(enum journal_index_outcome outcome)
{
    static const char *const names[] = {"any", "waiting", "done", "dead", "expired", "held", "refused", "discarded"};
    return (size_t)outcome < sizeof(names) / sizeof(names[0]) ? names[outcome] : "unknown";
}

static const char select_start[] = "SELECT m.sequence, m.time_ns, m.id, m.type, m.subject, m.dossier, m.sender, "
                                   "m.correlation, d.destination, d.recipient, d.route,"
                                   " m.kind, d.outcome, d.outcome_sequence, d.outcome_time_ns, d.code, m.erased,"
                                   " m.shown"
                                   " FROM message m JOIN delivery d ON d.message = m.sequence WHERE 1";

enum { CONDITIONS_MAX = 12 };

struct condition {
    const char *sql; /* with one place, "?" */
    bool is_text;
    struct bytes text;
    uint64_t number;
};

static size_t conditions_of(const struct journal_index_query *query, struct condition out[CONDITIONS_MAX])
{
    const struct condition all[] = {
        {" AND m.id = ?", true, query->id, 0},
        {" AND m.subject = ?", true, query->subject, 0},
        {" AND m.dossier = ?", true, query->dossier, 0},
        {" AND m.correlation = ?", true, query->correlation, 0},
        {" AND m.type = ?", true, query->type, 0},
        {" AND m.sender = ?", true, query->sender, 0},
        {" AND d.destination = ?", true, query->destination, 0},
        {" AND m.time_ns >= ?", false, BYTES_EMPTY, query->from_ns},
        {" AND m.time_ns < ?", false, BYTES_EMPTY, query->until_ns},
        {" AND d.outcome = ?", false, BYTES_EMPTY, query->outcome},
        {" AND m.shown >= ?", false, BYTES_EMPTY, query->shown},
        {query->oldest_first ? " AND m.sequence > ?" : " AND m.sequence < ?", false, BYTES_EMPTY,
         query->before_sequence},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].is_text ? all[i].text.size > 0 : all[i].number > 0)
            out[count++] = all[i];
    }
    return count;
}

static int statement_make(struct journal_index *index, const struct journal_index_query *query,
                          sqlite3_stmt **ret_statement, struct truc_fault *fault)
{
    struct condition conditions[CONDITIONS_MAX];
    size_t count = conditions_of(query, conditions);
    size_t limit = query->limit > 0 && query->limit < JOURNAL_INDEX_FOUND_MAX ? query->limit : JOURNAL_INDEX_FOUND_MAX;
    BUFFER_CLEANUP struct buffer sql = {0};
    sqlite3_stmt *statement = NULL;
    buffer_append_string(&sql, select_start);
    for (size_t i = 0; i < count; i++)
        buffer_append_string(&sql, conditions[i].sql);
    buffer_printf(&sql, " ORDER BY m.sequence %s, d.destination, d.recipient LIMIT %zu",
                  query->oldest_first ? "ASC" : "DESC", limit);
    const char *text = buffer_string(&sql);
    if (text == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a search");
    if (sqlite3_prepare_v2(index->database, text, -1, &statement, NULL) != SQLITE_OK)
        return index_fault(index, "be asked", fault);
    for (size_t i = 0; i < count; i++) {
        int place = (int)i + 1;
        int code = conditions[i].is_text ? index_bind_text(index, statement, place, conditions[i].text)
                   : sqlite3_bind_int64(statement, place, (sqlite3_int64)conditions[i].number) == SQLITE_OK
                       ? 0
                       : TRUC_E_MEMORY;
        if (code < 0) {
            sqlite3_finalize(statement);
            return fault_set(fault, code, "no memory for a search");
        }
    }
    *ret_statement = statement;
    return 0;
}

static const char *text_at(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text == NULL ? "" : (const char *)text;
}

static struct journal_index_row row_at(sqlite3_stmt *statement)
{
    return (struct journal_index_row){
        .sequence = (uint64_t)sqlite3_column_int64(statement, 0),
        .time_ns = (uint64_t)sqlite3_column_int64(statement, 1),
        .id = text_at(statement, 2),
        .type = text_at(statement, 3),
        .subject = text_at(statement, 4),
        .dossier = text_at(statement, 5),
        .sender = text_at(statement, 6),
        .correlation = text_at(statement, 7),
        .destination = text_at(statement, 8),
        .recipient = text_at(statement, 9),
        .route = text_at(statement, 10),
        .kind = (uint32_t)sqlite3_column_int64(statement, 11),
        .outcome = (enum journal_index_outcome)sqlite3_column_int(statement, 12),
        .outcome_sequence = (uint64_t)sqlite3_column_int64(statement, 13),
        .outcome_time_ns = (uint64_t)sqlite3_column_int64(statement, 14),
        .code = (uint32_t)sqlite3_column_int64(statement, 15),
        .payload_erased = sqlite3_column_int(statement, 16) != 0,
        .payload_shown = (uint64_t)sqlite3_column_int64(statement, 17),
    };
}

int journal_index_find(struct journal_index *index, const struct journal_index_query *query,
                       int (*visit)(void *context, const struct journal_index_row *row), void *context,
                       struct truc_fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int code = statement_make(index, query, &statement, fault);
    if (code < 0)
        return code;
    int rows = 0, result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct journal_index_row row = row_at(statement);
        code = visit(context, &row);
        if (code != 0)
            break;
        rows++;
    }
    if (code == 0 && result != SQLITE_DONE)
        code = index_fault(index, "be read", fault);
    sqlite3_finalize(statement);
    return code != 0 ? code : rows;
}
