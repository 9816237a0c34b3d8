/* far_summary.c - the questions of the account, as SQL over the attached stores. See far_summary.h.
 * Times and personal data stay out of it: codes, counts and error names only. */
#include "far_summary.h"
#include "far_dossier.h"
#include "far_store.h"

#include <fault.h>
#include <stdio.h>
#include <string.h>

/* Each line: a dossier's code, and what is missing. */
static const char unfinished_sql[] =
    "SELECT code, 'no answer to the submission' AS what FROM portal.submissions WHERE state = 'waiting'"
    " UNION ALL SELECT s.code, 'accepted, but not at the one-stop desk' FROM portal.submissions s"
    "  WHERE s.state = 'accepted' AND NOT EXISTS (SELECT 1 FROM onestop.dossiers d WHERE d.code = s.code)"
    " UNION ALL SELECT d.code, 'open at the one-stop desk, step ' || d.place FROM onestop.dossiers d"
    "  WHERE d.state = 'open'"
    " UNION ALL SELECT p.code, 'the portal misses status ' || p.status || ' (' || p.kind || ')' FROM onestop.posts p"
    "  WHERE p.status > 0 AND p.state = 'accepted' AND NOT EXISTS"
    "  (SELECT 1 FROM portal.statuses t WHERE t.code = p.code AND t.status = p.status)"
    " UNION ALL SELECT p.code, 'the national portal misses status ' || p.status || ' (' || p.kind || ')'"
    "  FROM onestop.posts p WHERE p.status > 0 AND p.state = 'accepted' AND NOT EXISTS"
    "  (SELECT 1 FROM national.statuses t WHERE t.code = p.code AND t.status = p.status)";

/* One business effect under two message ids. */
static const char doubled_sql[] =
    "SELECT code, 'one-stop desk: the dossier came as ' || (other_ids + 1) || ' messages' FROM onestop.dossiers"
    "  WHERE other_ids > 0"
    " UNION ALL SELECT code, 'portal: status ' || status || ' of ' || at FROM portal.statuses"
    "  GROUP BY code, status, at, content HAVING count(DISTINCT message_id) > 1"
    " UNION ALL SELECT code, 'national portal: progress ' || status || ' of ' || at FROM national.statuses"
    "  WHERE at <> '' GROUP BY code, status, at, content HAVING count(DISTINCT message_id) > 1";

/* What should have stopped at the door. */
static const char leaked_sql[] =
    "SELECT d.code, 'was refused at the door, yet is at the one-stop desk' FROM onestop.dossiers d"
    "  JOIN portal.submissions s ON s.code = d.code WHERE s.state = 'refused'"
    " UNION ALL SELECT code, 'a secret dossier is at the one-stop desk' FROM onestop.dossiers WHERE secret <> 0";

/* A later event before an earlier one of the same dossier, by the time of the event. */
static const char disordered_sql[] =
    "SELECT DISTINCT a.code, 'portal: ' || b.at || ' came after ' || a.at FROM portal.statuses a"
    "  JOIN portal.statuses b ON b.code = a.code AND b.id > a.id AND b.at < a.at";

/* Answered otherwise than its class asks, or refused although right. */
static const char unexpected_sql[] =
    "SELECT code, 'class ' || class || ': answered ' || http || ' ' || error_code FROM portal.submissions"
    "  WHERE (state = 'accepted' AND class IN (2, 3, 4)) OR (state = 'refused' AND class NOT IN (2, 3, 4))"
    " UNION ALL SELECT code, kind || ': refused ' || http || ' ' || error_code FROM onestop.posts WHERE state = "
    "'refused'"
    " UNION ALL SELECT d.code, 'an unknown citizen ended as ' || d.ended FROM onestop.dossiers d"
    "  JOIN portal.submissions s ON s.code = d.code WHERE s.class = 1 AND d.state = 'ended' AND d.ended <> '3'"
    " UNION ALL SELECT d.code, 'a known citizen was not found' FROM onestop.dossiers d"
    "  JOIN portal.submissions s ON s.code = d.code WHERE s.class IN (0, 5) AND d.plan = 6";

_Static_assert(FAR_DOSSIER_PLAIN == 0 && FAR_DOSSIER_UNKNOWN_CITIZEN == 1 && FAR_DOSSIER_MALFORMED == 2 &&
                   FAR_DOSSIER_SECRET == 3 && FAR_DOSSIER_FORBIDDEN == 4 && FAR_DOSSIER_REPEATED == 5,
               "the numbers of classes stand in the queries above");

static int fail(struct far_summary *summary, const char *sql, struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_IO, "%.60s…: %s", sql, sqlite3_errmsg(summary->database));
}

static int attach(struct far_summary *summary, const char *directory, const char *file, const char *name,
                  struct truc_fault *fault)
{
    char *sql = sqlite3_mprintf("ATTACH 'file:%q/%q.db?mode=ro' AS %s", directory, file, name);
    if (!sql)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the summary");
    int result = sqlite3_exec(summary->database, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(summary, sql, fault);
    sqlite3_free(sql);
    return result;
}

int far_summary_open(const char *directory, struct far_summary *ret_summary, struct truc_fault *fault)
{
    struct far_summary summary = {0};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_URI;
    if (sqlite3_open_v2(":memory:", &summary.database, flags, NULL) != SQLITE_OK) {
        sqlite3_close(summary.database);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the summary");
    }
    sqlite3_busy_timeout(summary.database, FAR_STORE_BUSY_MS);
    int result = attach(&summary, directory, "portal", "portal", fault);
    if (result == 0)
        result = attach(&summary, directory, "onestop", "onestop", fault);
    if (result == 0)
        result = attach(&summary, directory, "population", "population", fault);
    if (result == 0)
        result = attach(&summary, directory, "national-portal", "national", fault);
    if (result < 0) {
        far_summary_close(&summary);
        return result;
    }
    *ret_summary = summary;
    return 0;
}

void far_summary_close(struct far_summary *summary)
{
    sqlite3_close(summary->database);
    summary->database = NULL;
}

static int each_row(struct far_summary *summary, const char *sql, far_row each, void *context, struct truc_fault *fault)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(summary->database, sql, -1, &row, NULL) != SQLITE_OK)
        return fail(summary, sql, fault);
    int result = 0, step;
    while (result == 0 && (step = sqlite3_step(row)) != SQLITE_DONE)
        result = step == SQLITE_ROW ? each(context, row) : fail(summary, sql, fault);
    sqlite3_finalize(row);
    return result;
}

static int take_count(void *context, sqlite3_stmt *row)
{
    *(int64_t *)context = sqlite3_column_int64(row, 0);
    return 0;
}

int far_summary_unfinished(struct far_summary *summary, int64_t *ret_count, struct truc_fault *fault)
{
    char sql[sizeof unfinished_sql + 32];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM (%s)", unfinished_sql);
    int64_t count = 0;
    int result = each_row(summary, sql, take_count, &count, fault);
    if (result == 0)
        *ret_count = count;
    return result;
}

struct names {
    json_t *list;
    json_int_t count;
};

static int take_name(void *context, sqlite3_stmt *row)
{
    struct names *names = context;
    if (names->count++ >= FAR_SUMMARY_NAMES_MAX)
        return 0;
    json_t *name = json_pack("{s:s, s:s}", "dossier", far_column_text(row, 0), "what", far_column_text(row, 1));
    return json_array_append_new(names->list, name) == 0 ? 0 : TRUC_E_MEMORY;
}

/* root[name] = {"count": n, "names": [...]}; adds to *total. */
static int put_names(struct far_summary *summary, json_t *root, const char *name, const char *sql, json_int_t *total,
                     struct truc_fault *fault)
{
    struct names names = {.list = json_array()};
    int result = each_row(summary, sql, take_name, &names, fault);
    if (result < 0) {
        json_decref(names.list);
        return result;
    }
    *total += names.count;
    json_t *value = json_pack("{s:I, s:o}", "count", names.count, "names", names.list);
    return json_object_set_new(root, name, value) == 0 ? 0 : TRUC_E_MEMORY;
}

/* Rows (key, number) become an object. */
static int take_pair(void *context, sqlite3_stmt *row)
{
    json_t *number = json_integer(sqlite3_column_int64(row, 1));
    return json_object_set_new(context, far_column_text(row, 0), number) == 0 ? 0 : TRUC_E_MEMORY;
}

static int put_pairs(struct far_summary *summary, json_t *root, const char *name, const char *sql,
                     struct truc_fault *fault)
{
    json_t *pairs = json_object();
    int result = each_row(summary, sql, take_pair, pairs, fault);
    if (json_object_set_new(root, name, pairs) != 0 && result == 0)
        result = TRUC_E_MEMORY;
    return result;
}

static int put_classes(struct far_summary *summary, json_t *root, struct truc_fault *fault)
{
    json_t *classes = json_object();
    if (json_object_set_new(root, "classes", classes) != 0)
        return TRUC_E_MEMORY;
    int result = 0;
    for (int class = 0; class < FAR_DOSSIER_CLASSES && result == 0; class ++) {
        char answers[256], ended[256];
        snprintf(answers, sizeof answers,
                 "SELECT CASE WHEN http = 0 THEN 'none' WHEN http < 300 THEN http ELSE trim(http || ' ' || error_code) "
                 "END, count(*)"
                 " FROM portal.submissions WHERE class = %d GROUP BY 1",
                 class);
        snprintf(ended, sizeof ended,
                 "SELECT iif(d.state = 'open', 'open', d.ended), count(*) FROM onestop.dossiers d"
                 " JOIN portal.submissions s ON s.code = d.code WHERE s.class = %d GROUP BY 1",
                 class);
        json_t *of_class = json_object();
        result = json_object_set_new(classes, far_dossier_class_name((enum far_dossier_class) class), of_class) == 0
                     ? put_pairs(summary, of_class, "answers", answers, fault)
                     : TRUC_E_MEMORY;
        if (result == 0)
            result = put_pairs(summary, of_class, "ended", ended, fault);
    }
    return result;
}

static const struct {
    const char *name, *sql;
} far_side_questions[] = {
    {"portal", "SELECT 'submitted', count(*) FROM portal.submissions"
               " UNION ALL SELECT 'posts', coalesce(sum(attempts), 0) FROM portal.submissions"
               " UNION ALL SELECT 'statuses', count(*) FROM portal.statuses"
               " UNION ALL SELECT 'repeats', coalesce(sum(repeats), 0) FROM portal.statuses"},
    {"onestop",
     "SELECT 'dossiers', count(*) FROM onestop.dossiers"
     " UNION ALL SELECT 'repeats', coalesce(sum(repeats), 0) FROM onestop.dossiers"
     " UNION ALL SELECT 'events', count(*) FROM onestop.posts WHERE status > 0"
     " UNION ALL SELECT 'events-accepted', count(*) FROM onestop.posts WHERE status > 0 AND state = 'accepted'"
     " UNION ALL SELECT 'posts', coalesce(sum(attempts), 0) FROM onestop.posts"},
    {"population", "SELECT 'calls', count(*) FROM population.calls"
                   " UNION ALL SELECT outcome, count(*) FROM population.calls GROUP BY outcome"},
    {"national-portal", "SELECT 'dossiers', count(*) FROM national.dossiers"
                        " UNION ALL SELECT 'updates', coalesce(sum(updates), 0) FROM national.dossiers"
                        " UNION ALL SELECT 'progress', count(*) FROM national.statuses"
                        "  WHERE service = 'CapNhatTienDoHoSoMC'"
                        " UNION ALL SELECT 'repeats', coalesce(sum(repeats), 0) FROM national.statuses"},
};

static int put_far_sides(struct far_summary *summary, json_t *root, struct truc_fault *fault)
{
    json_t *sides = json_object();
    if (json_object_set_new(root, "far-sides", sides) != 0)
        return TRUC_E_MEMORY;
    int result = 0;
    for (size_t i = 0; i < sizeof far_side_questions / sizeof far_side_questions[0] && result == 0; i++)
        result = put_pairs(summary, sides, far_side_questions[i].name, far_side_questions[i].sql, fault);
    return result;
}

/* Microseconds: how long accepted submissions waited for their answer, and until the dossier lay at the desk. */
static const char answer_times[] = "SELECT answer_us FROM portal.submissions WHERE state = 'accepted' ORDER BY 1";
static const char arrival_times[] = "SELECT (d.received_ns - s.submitted_ns) / 1000 FROM onestop.dossiers d"
                                    " JOIN portal.submissions s ON s.code = d.code ORDER BY 1";

static int put_quantile(struct far_summary *summary, json_t *root, const char *name, const char *times, int permille,
                        struct truc_fault *fault)
{
    char sql[1024];
    snprintf(sql, sizeof sql, "SELECT * FROM (%s) LIMIT 1 OFFSET (SELECT (count(*) - 1) * %d / 1000 FROM (%s))", times,
             permille, times);
    int64_t time_us = 0;
    int result = each_row(summary, sql, take_count, &time_us, fault);
    if (result == 0 && json_object_set_new(root, name, json_integer(time_us)) != 0)
        result = TRUC_E_MEMORY;
    return result;
}

static int put_times(struct far_summary *summary, json_t *root, const char *name, const char *times,
                     struct truc_fault *fault)
{
    json_t *quantiles = json_object();
    if (json_object_set_new(root, name, quantiles) != 0)
        return TRUC_E_MEMORY;
    int result = put_quantile(summary, quantiles, "p50", times, 500, fault);
    if (result == 0)
        result = put_quantile(summary, quantiles, "p99", times, 990, fault);
    return result < 0 ? result : put_quantile(summary, quantiles, "most", times, 1000, fault);
}

int far_summary_write(struct far_summary *summary, json_t **ret_root, bool *ret_complete, struct truc_fault *fault)
{
    static const struct {
        const char *name, *sql;
    } lists[] = {
        {"unfinished", unfinished_sql},   {"doubled", doubled_sql},       {"leaked", leaked_sql},
        {"out-of-order", disordered_sql}, {"unexpected", unexpected_sql},
    };
    json_t *root = json_object();
    int result = root ? put_classes(summary, root, fault) : TRUC_E_MEMORY;
    if (result == 0)
        result = put_pairs(summary, root, "statuses-at-portal",
                           "SELECT 1, count(*) FROM portal.submissions WHERE state = 'accepted'"
                           " UNION ALL SELECT status, count(*) FROM portal.statuses GROUP BY status",
                           fault);
    if (result == 0)
        result = put_far_sides(summary, root, fault);
    if (result == 0)
        result = put_times(summary, root, "answer-us", answer_times, fault);
    if (result == 0)
        result = put_times(summary, root, "arrival-us", arrival_times, fault);
    json_int_t wrong = 0;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && result == 0; i++)
        result = put_names(summary, root, lists[i].name, lists[i].sql, &wrong, fault);
    if (result == 0 && json_object_set_new(root, "complete", json_boolean(wrong == 0)) != 0)
        result = TRUC_E_MEMORY;
    if (result < 0) {
        json_decref(root);
        if (result == TRUC_E_MEMORY)
            fault_set(fault, result, "no memory for the summary");
        return result;
    }
    *ret_root = root;
    *ret_complete = wrong == 0;
    return 0;
}
