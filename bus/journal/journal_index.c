/* journal_index.c - the search index: schema, and taking in the journal's records.
 * Reads headers and outcomes only; payloads and the persons in them never get here.
 * Questions are answered by journal_index_find.c. */
#include <inttypes.h>
#include <stdlib.h>

#include "command.h"
#include "fault.h"
#include "header.h"
#include "journal_index_private.h"
#include "record.h"

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS state(only INTEGER PRIMARY KEY CHECK(only = 1), next INTEGER, leaf BLOB, bus TEXT);"
    "CREATE TABLE IF NOT EXISTS message(sequence INTEGER PRIMARY KEY, time_ns INTEGER, kind INTEGER, id TEXT, type "
    "TEXT,"
    " subject TEXT, dossier TEXT, sender TEXT, correlation TEXT, code INTEGER, erased INTEGER DEFAULT 0,"
    " shown INTEGER DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS delivery(message INTEGER, destination TEXT, recipient TEXT, route TEXT, outcome "
    "INTEGER,"
    " outcome_sequence INTEGER DEFAULT 0, outcome_time_ns INTEGER DEFAULT 0, code INTEGER DEFAULT 0,"
    " PRIMARY KEY(message, destination, recipient)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS message_id ON message(id) WHERE id <> '';"
    "CREATE INDEX IF NOT EXISTS message_subject ON message(subject) WHERE subject <> '';"
    "CREATE INDEX IF NOT EXISTS message_dossier ON message(dossier) WHERE dossier <> '';"
    "CREATE INDEX IF NOT EXISTS message_correlation ON message(correlation) WHERE correlation <> '';"
    "CREATE INDEX IF NOT EXISTS message_time ON message(time_ns);"
    "CREATE INDEX IF NOT EXISTS delivery_open ON delivery(destination, outcome, message);";

static const char *const statements[INDEX_STATEMENT_COUNT] = {
    [INDEX_PUT_MESSAGE] = "INSERT OR REPLACE INTO message(sequence, time_ns, kind, id, type, subject, dossier, sender,"
                          " correlation, code) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [INDEX_PUT_DELIVERY] =
        "INSERT OR REPLACE INTO delivery(message, destination, recipient, route, outcome, outcome_sequence,"
        " outcome_time_ns, code) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [INDEX_SET_OUTCOME] = "UPDATE delivery SET outcome = ?3, outcome_sequence = ?4, outcome_time_ns = ?5, code = ?6"
                          " WHERE message = ?1 AND (?2 = '' OR destination = ?2)",
    [INDEX_SET_ERASED] = "UPDATE message SET erased = 1 WHERE sequence = ?1",
    [INDEX_ADD_SHOWN] = "UPDATE message SET shown = shown + 1 WHERE sequence = ?1",
    [INDEX_PUT_STATE] = "INSERT OR REPLACE INTO state(only, next, leaf, bus) VALUES(1, ?1, ?2, ?3)",
    [INDEX_GET_STATE] = "SELECT next, leaf, bus FROM state",
};

int index_fault(struct journal_index *index, const char *doing, struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_IO, "the search index can't %s: %s", doing, sqlite3_errmsg(index->database));
}

static int execute(struct journal_index *index, const char *sql, struct truc_fault *fault)
{
    return sqlite3_exec(index->database, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                             : index_fault(index, "be changed", fault);
}

/* ---- opening ---- */

static int version_get(struct journal_index *index)
{
    sqlite3_stmt *statement = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(index->database, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

static int tables_make(struct journal_index *index, struct truc_fault *fault)
{
    char version[64];
    sqlite3_snprintf(sizeof(version), version, "PRAGMA user_version = %d", INDEX_SCHEMA_VERSION);
    int found = version_get(index), code = 0;
    if (found < 0)
        return index_fault(index, "be read", fault);
    if (found != 0 && found != INDEX_SCHEMA_VERSION)
        code = execute(index, "DROP TABLE IF EXISTS state; DROP TABLE IF EXISTS message; DROP TABLE IF EXISTS delivery",
                       fault);
    if (code == 0)
        code = execute(index, schema, fault);
    return code == 0 ? execute(index, version, fault) : code;
}

static int state_load(struct journal_index *index)
{
    sqlite3_stmt *get = index->statements[INDEX_GET_STATE];
    if (sqlite3_step(get) == SQLITE_ROW) {
        index->next = (uint64_t)sqlite3_column_int64(get, 0);
        if (sqlite3_column_bytes(get, 1) == SHA256_BYTES)
            memcpy(index->last_leaf.bytes, sqlite3_column_blob(get, 1), SHA256_BYTES);
        const unsigned char *bus = sqlite3_column_text(get, 2);
        sqlite3_snprintf(sizeof(index->bus_id), index->bus_id, "%s", bus ? (const char *)bus : "");
    }
    return sqlite3_reset(get) == SQLITE_OK ? 0 : TRUC_E_IO;
}

int journal_index_open(const char *path, struct journal_index **ret_index, struct truc_fault *fault)
{
    struct journal_index *index = calloc(1, sizeof(*index));
    if (index == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the search index");
    int code = sqlite3_open(path[0] ? path : ":memory:", &index->database) == SQLITE_OK
                   ? 0
                   : index_fault(index, "be opened", fault);
    if (code == 0) {
        sqlite3_busy_timeout(index->database, INDEX_BUSY_TIMEOUT_MS);
        code = tables_make(index, fault);
    }
    for (size_t i = 0; code == 0 && i < INDEX_STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(index->database, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &index->statements[i],
                               NULL) != SQLITE_OK)
            code = index_fault(index, "be prepared", fault);
    }
    if (code == 0 && state_load(index) < 0)
        code = index_fault(index, "be read", fault);
    if (code < 0) {
        journal_index_close(index);
        return code;
    }
    *ret_index = index;
    return 0;
}

void journal_index_close(struct journal_index *index)
{
    if (index == NULL)
        return;
    for (size_t i = 0; i < INDEX_STATEMENT_COUNT; i++)
        sqlite3_finalize(index->statements[i]);
    sqlite3_close(index->database);
    buffer_free(&index->text);
    free(index);
}

uint64_t journal_index_next(const struct journal_index *index)
{
    return index->next;
}

/* ---- identity numbers ---- */

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* The size of the hash written at `at`, or 0: 32 or more lower-case hexadecimal digits with a letter among them. One in
 * ten of SHA-256 has nine digits in a row, and is evidence. */
static size_t hash_size(struct bytes text, size_t at)
{
    enum { HASH_CHARACTERS_MIN = 32 };
    size_t end = at;
    bool letters = false;
    while (end < text.size && (is_digit(text.data[end]) || (text.data[end] >= 'a' && text.data[end] <= 'f')))
        letters |= !is_digit(text.data[end++]);
    return letters && end - at >= HASH_CHARACTERS_MIN ? end - at : 0;
}

void journal_index_mask(struct bytes text, struct buffer *out)
{
    enum { CITIZEN_DIGITS = 12, OLD_CARD_DIGITS = 9, SHOWN_DIGITS = 3 };
    for (size_t at = 0, hash; at < text.size;) {
        if ((hash = hash_size(text, at)) > 0) {
            buffer_append(out, text.data + at, hash);
            at += hash;
            continue;
        }
        size_t end = at;
        while (end < text.size && is_digit(text.data[end]))
            end++;
        size_t digits = end - at;
        if (digits == CITIZEN_DIGITS || digits == OLD_CARD_DIGITS) {
            for (size_t i = 0; i < digits - SHOWN_DIGITS; i++)
                buffer_append_byte(out, '*');
            buffer_append(out, text.data + end - SHOWN_DIGITS, SHOWN_DIGITS);
        } else if (digits > 0) {
            buffer_append(out, text.data + at, digits);
        } else {
            buffer_append_byte(out, text.data[end++]);
        }
        at = end;
    }
}

/* ---- taking in ---- */

static void bind_number(sqlite3_stmt *statement, int place, uint64_t value)
{
    sqlite3_bind_int64(statement, place,
                       (sqlite3_int64)value); /* fails only on wrong places, which the tests would see */
}

int index_bind_text(struct journal_index *index, sqlite3_stmt *statement, int place, struct bytes text)
{
    buffer_clear(&index->text);
    journal_index_mask(text, &index->text);
    if (buffer_failed(&index->text))
        return buffer_failed(&index->text);
    int result = sqlite3_bind_text64(statement, place, index->text.size ? (const char *)index->text.data : "",
                                     index->text.size, SQLITE_TRANSIENT, SQLITE_UTF8);
    return result == SQLITE_OK ? 0 : TRUC_E_MEMORY;
}

static int run(struct journal_index *index, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : index_fault(index, "take a record in", index->fault);
}

/* Several texts at places 1..; returns 0 or the first failure. */
static int bind_texts(struct journal_index *index, sqlite3_stmt *statement, int place, const struct bytes *texts,
                      size_t count)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < count; i++)
        code = index_bind_text(index, statement, place + (int)i, texts[i]);
    return code;
}

struct delivery_row {
    struct bytes destination, recipient, route;
    enum journal_index_outcome outcome;
    uint32_t code;
};

static int delivery_put(struct journal_index *index, const struct journal_record *record,
                        const struct delivery_row *row)
{
    sqlite3_stmt *put = index->statements[INDEX_PUT_DELIVERY];
    const struct bytes texts[] = {row->destination, row->recipient, row->route};
    bool is_over = row->outcome != INDEX_OUTCOME_WAITING;
    bind_number(put, 1, record->sequence);
    int code = bind_texts(index, put, 2, texts, 3);
    bind_number(put, 5, row->outcome);
    bind_number(put, 6, is_over ? record->sequence : 0);
    bind_number(put, 7, is_over ? record->time_ns : 0);
    bind_number(put, 8, row->code);
    return code < 0 ? code : run(index, put);
}

static int message_put(struct journal_index *index, const struct journal_record *record, const struct header *header,
                       struct bytes sender, uint32_t refused_code)
{
    sqlite3_stmt *put = index->statements[INDEX_PUT_MESSAGE];
    const struct bytes texts[] = {header->id, header->type,          header->subject, header->purpose.dossier,
                                  sender,     header->correlation_id};
    bind_number(put, 1, record->sequence);
    bind_number(put, 2, record->time_ns);
    bind_number(put, 3, header->kind);
    int code = bind_texts(index, put, 4, texts, sizeof(texts) / sizeof(texts[0]));
    bind_number(put, 10, refused_code);
    return code < 0 ? code : run(index, put);
}

static int take_accepted(struct journal_index *index, const struct journal_record *record)
{
    struct record_accepted accepted;
    struct record_destination destination;
    struct header header;
    size_t offset = 0;
    int code = record_accepted_decode(record->body, &accepted, index->fault);
    if (code == 0)
        code = header_decode(accepted.header, &header, index->fault);
    if (code == 0)
        code = message_put(index, record, &header, header_sender(&header), 0);
    while (code == 0 && (code = record_destination_next(accepted.destinations, &offset, &destination)) > 0) {
        struct delivery_row row = {destination.system, destination.recipient, destination.route,
                                   destination.outcome == 0 ? INDEX_OUTCOME_WAITING
                                   : destination.observer   ? INDEX_OUTCOME_REFUSED
                                                            : INDEX_OUTCOME_DEAD,
                                   destination.outcome};
        code = delivery_put(index, record, &row);
    }
    return code;
}

static int take_refused(struct journal_index *index, const struct journal_record *record)
{
    struct record_refused refused;
    int code = record_refused_decode(record->body, &refused, index->fault);
    if (code < 0)
        return code;
    struct header header = {.id = refused.id, .type = refused.type, .subject = refused.subject};
    struct delivery_row row = {.outcome = INDEX_OUTCOME_REFUSED, .code = refused.code};
    code = message_put(index, record, &header, refused.sender, refused.code);
    return code < 0 ? code : delivery_put(index, record, &row);
}

static int outcome_set(struct journal_index *index, const struct journal_record *record, uint64_t message,
                       struct bytes destination, enum journal_index_outcome outcome, uint32_t error)
{
    sqlite3_stmt *set = index->statements[INDEX_SET_OUTCOME];
    bool is_over = outcome != INDEX_OUTCOME_WAITING;
    bind_number(set, 1, message);
    int code = index_bind_text(index, set, 2, destination);
    bind_number(set, 3, outcome);
    bind_number(set, 4, is_over ? record->sequence : 0);
    bind_number(set, 5, is_over ? record->time_ns : 0);
    bind_number(set, 6, error);
    return code < 0 ? code : run(index, set);
}

static int take_settled(struct journal_index *index, const struct journal_record *record)
{
    struct record_settled settled;
    struct settlement settlement;
    struct bytes encoded;
    size_t offset = 0;
    int code = record_settled_decode(record->body, &settled, index->fault);
    while (code == 0 && (code = record_settlement_next(settled.settlements, &offset, &encoded)) > 0) {
        code = settlement_decode(encoded, &settlement);
        if (code == 0 && settlement.outcome != SETTLED_RETRY) /* a retry changes nothing: it waits */
            code = outcome_set(index, record, settlement.sequence, settled.system,
                               settlement.outcome == SETTLED_DONE ? INDEX_OUTCOME_DONE : INDEX_OUTCOME_DEAD,
                               settlement.code);
    }
    return code;
}

static int take_fate(struct journal_index *index, const struct journal_record *record)
{
    struct record_fate fate;
    int code = record_fate_decode(record->body, &fate, index->fault);
    if (code < 0)
        return code;
    enum journal_index_outcome outcome = INDEX_OUTCOME_WAITING; /* redriven, released */
    if (record->kind == RECORD_DEAD)
        outcome = INDEX_OUTCOME_DEAD;
    else if (record->kind == RECORD_EXPIRED)
        outcome = INDEX_OUTCOME_EXPIRED;
    else if (record->kind == RECORD_HELD)
        outcome = INDEX_OUTCOME_HELD;
    else if (record->kind == RECORD_DISCARDED)
        outcome = INDEX_OUTCOME_DISCARDED;
    if (record->kind != RECORD_ERASED)
        return outcome_set(index, record, fate.message, fate.system, outcome, fate.code);
    bind_number(index->statements[INDEX_SET_ERASED], 1, fate.message);
    return run(index, index->statements[INDEX_SET_ERASED]);
}

/* Somebody saw the payload in clear. */
static int take_operation(struct journal_index *index, const struct journal_record *record)
{
    struct record_operation operation;
    uint64_t message;
    int code = record_operation_decode(record->body, &operation, index->fault);
    if (code < 0 || operation.code || !record_operation_message(&operation, &message))
        return code;
    bind_number(index->statements[INDEX_ADD_SHOWN], 1, message);
    return run(index, index->statements[INDEX_ADD_SHOWN]);
}

static int take_record(struct journal_index *index, const struct journal_record *record)
{
    switch (record->kind) {
    case RECORD_ACCEPTED:
        return take_accepted(index, record);
    case RECORD_REFUSED:
        return take_refused(index, record);
    case RECORD_SETTLED:
        return take_settled(index, record);
    case RECORD_DEAD:
    case RECORD_EXPIRED:
    case RECORD_REDRIVEN:
    case RECORD_HELD:
    case RECORD_RELEASED:
    case RECORD_DISCARDED:
    case RECORD_ERASED:
        return take_fate(index, record);
    case RECORD_OPERATION:
        return take_operation(index, record);
    default:
        return 0; /* nothing to search for */
    }
}

enum { BATCH_IS_FULL = 1 };

static int visit_record(void *context, const struct journal_record *record)
{
    struct journal_index *index = context;
    int code = take_record(index, record);
    if (code < 0) {
        if (index->fault != NULL && index->fault->where[0] == '\0')
            fault_where(index->fault, "record %" PRIu64, record->sequence);
        return code;
    }
    index->next = record->sequence + 1;
    index->last_leaf = journal_leaf_hash(record);
    return --index->batch_left == 0 ? BATCH_IS_FULL : 0;
}

/* The last record taken in is still what it was: else the index belongs to another journal, or to records a crash took
 * back. */
static bool index_fits(const struct journal_index *index, struct journal *journal)
{
    struct journal_record record;
    BUFFER_CLEANUP struct buffer scratch = {0};
    if (index->next == 0)
        return true;
    if (strcmp(index->bus_id, journal_bus_id(journal)) != 0 || index->next > journal_next_sequence(journal) ||
        journal_read(journal, index->next - 1, 0, &scratch, &record, NULL) < 0)
        return false;
    struct sha256_digest leaf = journal_leaf_hash(&record);
    return sha256_equal(&leaf, &index->last_leaf);
}

static int state_put(struct journal_index *index, const char *bus_id)
{
    sqlite3_stmt *put = index->statements[INDEX_PUT_STATE];
    bind_number(put, 1, index->next);
    if (sqlite3_bind_blob(put, 2, index->last_leaf.bytes, SHA256_BYTES, SQLITE_TRANSIENT) != SQLITE_OK ||
        sqlite3_bind_text(put, 3, bus_id, -1, SQLITE_TRANSIENT) != SQLITE_OK)
        return index_fault(index, "remember its place", index->fault);
    sqlite3_snprintf(sizeof(index->bus_id), index->bus_id, "%s", bus_id);
    return run(index, put);
}

int journal_index_catch_up(struct journal_index *index, struct journal *journal, size_t records_max,
                           struct truc_fault *fault)
{
    uint64_t before_next = index->next;
    struct sha256_digest before_leaf = index->last_leaf;
    index->fault = fault;
    index->batch_left = records_max ? records_max : 1;
    int code = execute(index, "BEGIN IMMEDIATE", fault);
    if (code < 0)
        return code;
    if (!index_fits(index, journal)) {
        index->next = 0;
        code = execute(index, "DELETE FROM message; DELETE FROM delivery; DELETE FROM state", fault);
    }
    uint64_t from = index->next;
    if (code == 0)
        code = journal_scan(journal, from, 0, visit_record, index, fault);
    if (code >= 0)
        code = state_put(index, journal_bus_id(journal));
    if (code == 0)
        code = execute(index, "COMMIT", fault);
    index->fault = NULL;
    if (code == 0)
        return (int)(index->next - from);
    sqlite3_exec(index->database, "ROLLBACK", NULL, NULL, NULL); /* the first failure is the one to tell */
    index->next = before_next;
    index->last_leaf = before_leaf;
    return code;
}
