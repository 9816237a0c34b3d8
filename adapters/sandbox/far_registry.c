/* far_registry.c - filling, matching and the message log. See far_registry.h.
 * The old 9-digit number is made of the new one: synthetic like it. */
#include "far_registry.h"
#include "far_clock.h"

#include <fault.h>
#include <stdio.h>
#include <string.h>
#include <text.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS made_of (one INTEGER PRIMARY KEY CHECK (one = 1), seed INTEGER, count INTEGER);"
    "CREATE TABLE IF NOT EXISTS citizens ("
    " number TEXT PRIMARY KEY, old_number TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL, birth TEXT NOT NULL,"
    " sex TEXT NOT NULL, home TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS citizens_old ON citizens (old_number);"
    "CREATE TABLE IF NOT EXISTS calls ("
    " id INTEGER PRIMARY KEY, message_id TEXT NOT NULL, operation TEXT NOT NULL, officer TEXT NOT NULL,"
    " procedure TEXT NOT NULL, number_tail TEXT NOT NULL, outcome TEXT NOT NULL, at_ns INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS calls_message ON calls (message_id);";

static int fold(const char *name, struct buffer *out, struct truc_fault *fault)
{
    int result = text_fold_vietnamese(bytes_string(name), out);
    if (result < 0)
        return fault_set(fault, result, "tên không phải UTF-8");
    return buffer_string(out) ? 0 : fault_set(fault, TRUC_E_MEMORY, "hết bộ nhớ");
}

static int add_citizen(struct far_store *store, const struct far_citizen *citizen, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer folded = {0};
    int result = fold(citizen->name, &folded, fault);
    if (result < 0)
        return result;
    result = far_store_run(store,
                           "INSERT INTO citizens (number, old_number, name, folded, birth, sex, home)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?)",
                           FAR_VALUES(far_text(citizen->number), far_text(citizen->number + 3), far_text(citizen->name),
                                      far_text(buffer_string(&folded)), far_text(citizen->birth),
                                      far_text(citizen->sex), far_text(citizen->home)),
                           fault);
    return result < 0 ? result : 0;
}

static int add_citizens(struct far_store *store, uint64_t seed, uint32_t count, struct truc_fault *fault)
{
    int result = far_store_begin(store, fault);
    if (result < 0)
        return result;
    for (uint32_t place = 0; place < count && result == 0; place++) {
        struct far_citizen citizen = far_citizen_of(seed, place);
        result = add_citizen(store, &citizen, fault);
    }
    if (result == 0)
        result = far_store_run(store, "INSERT INTO made_of (one, seed, count) VALUES (1, ?, ?)",
                               FAR_VALUES(far_number((int64_t)seed), far_number(count)), fault);
    if (result < 0) {
        far_store_rollback(store);
        return result;
    }
    return far_store_commit(store, fault);
}

static int fill_once(struct far_store *store, uint64_t seed, uint32_t count, struct truc_fault *fault)
{
    int64_t filled, same;
    int result = far_store_number(store, "SELECT count(*) FROM made_of", FAR_NO_VALUES, 0, &filled, fault);
    if (result < 0)
        return result;
    if (filled == 0)
        return add_citizens(store, seed, count, fault);
    result = far_store_number(store, "SELECT count(*) FROM made_of WHERE seed = ? AND count = ?",
                              FAR_VALUES(far_number((int64_t)seed), far_number(count)), 0, &same, fault);
    if (result == 0 && same == 0)
        result = fault_set(fault, TRUC_E_STATE, "population.db was filled with another seed or number of citizens");
    return result;
}

int far_registry_open(struct far_store *store, const char *directory, uint64_t seed, uint32_t count,
                      struct truc_fault *fault)
{
    if (count > FAR_CITIZENS_MAX / 2)
        return fault_set(fault, TRUC_E_LIMIT, "at most %d citizens", FAR_CITIZENS_MAX / 2);
    int result = far_store_open(store, directory, "population", schema, fault);
    if (result < 0)
        return result;
    result = fill_once(store, seed, count, fault);
    if (result < 0)
        far_store_close(store);
    return result;
}

struct candidate {
    const struct far_query *query;
    const char *folded;
    struct far_citizen citizen;
    bool matches;
};

static int compare_citizen(void *context, sqlite3_stmt *row)
{
    struct candidate *candidate = context;
    const char *birth = far_column_text(row, 3);
    if (strcmp(far_column_text(row, 2), candidate->folded) != 0 ||
        strncmp(birth, candidate->query->birth, strlen(candidate->query->birth)) != 0)
        return 0;
    struct far_citizen *citizen = &candidate->citizen;
    snprintf(citizen->number, sizeof citizen->number, "%s", far_column_text(row, 0));
    snprintf(citizen->name, sizeof citizen->name, "%s", far_column_text(row, 1));
    snprintf(citizen->birth, sizeof citizen->birth, "%s", birth);
    snprintf(citizen->sex, sizeof citizen->sex, "%s", far_column_text(row, 4));
    snprintf(citizen->home, sizeof citizen->home, "%s", far_column_text(row, 5));
    candidate->matches = true;
    return 1; /* enough */
}

int far_registry_find(struct far_store *store, const struct far_query *query, struct far_citizen *ret_citizen,
                      struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer folded = {0};
    int result = fold(query->name, &folded, fault);
    if (result < 0)
        return result;
    struct candidate candidate = {.query = query, .folded = buffer_string(&folded)};
    const char *sql = query->is_old_number
                          ? "SELECT number, name, folded, birth, sex, home FROM citizens WHERE old_number = ?"
                          : "SELECT number, name, folded, birth, sex, home FROM citizens WHERE number = ?";
    result = far_store_query(store, sql, FAR_VALUES(far_text(query->number)), compare_citizen, &candidate, fault);
    if (result < 0)
        return result;
    if (candidate.matches)
        *ret_citizen = candidate.citizen;
    return candidate.matches;
}

int far_registry_log(struct far_store *store, const char *message_id, const char *operation, const char *officer,
                     const char *procedure, const char *number, const char *outcome, struct truc_fault *fault)
{
    size_t size = strlen(number);
    size_t officer_size = strlen(officer);
    int result =
        far_store_run(store,
                      "INSERT INTO calls (message_id, operation, officer, procedure, number_tail, outcome, at_ns)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?)",
                      FAR_VALUES(far_text(message_id), far_text(operation),
                                 far_text(officer_size > 3 ? officer + officer_size - 3 : officer), far_text(procedure),
                                 far_text(size > 3 ? number + size - 3 : ""), far_text(outcome),
                                 far_number((int64_t)far_clock_wall_ns())),
                      fault);
    return result < 0 ? result : 0;
}
