/* store_facts.c - facts, the matters they belong to, and officers; see store.h.
 * Every write is idempotent by (sender, message id), and what names a matter follows the facts' own times, not their arrival.
 * Called by watch.c, report.c, explain.c. */
#include "store_private.h"

#include <string.h>

static int count_facts(struct store *store, bool is_task, const char *of, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_FACT_COUNT, fault);
    if (statement == NULL)
        return TRUC_E_IO;
    (void)sqlite3_bind_int(statement, 1, is_task);
    store_bind_text(statement, 2, of);
    int code = store_row(store, statement, fault);
    int count = code == 1 ? sqlite3_column_int(statement, 0) : 0;
    (void)sqlite3_reset(statement);
    return code < 0 ? code : count;
}

static int put_fact(struct store *store, const struct heard *heard, bool *ret_is_new, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_FACT_PUT, fault);
    const struct fact *fact = &heard->fact;
    if (statement == NULL)
        return TRUC_E_IO;
    store_bind_text(statement, 1, fact->source);
    store_bind_text(statement, 2, fact->message_id);
    (void)sqlite3_bind_int(statement, 3, heard->is_task);
    store_bind_text(statement, 4, heard->code);
    (void)sqlite3_bind_int(statement, 5, (int)fact->kind);
    (void)sqlite3_bind_int(statement, 6, (int)fact->status);
    store_bind_time(statement, 7, fact->at_ns);
    store_bind_time(statement, 8, fact->due_ns);
    store_bind_time(statement, 9, fact->step_began_ns);
    store_bind_time(statement, 10, fact->step_due_ns);
    (void)sqlite3_bind_int64(statement, 11, fact->request_count);
    (void)sqlite3_bind_int(statement, 12, fact->is_historical);
    store_bind_text(statement, 13, fact->step_name);
    store_bind_text(statement, 14, fact->officer);
    store_bind_text(statement, 15, fact->supplement_id);
    store_bind_text(statement, 16, fact->type);
    int code = store_run(store, statement, fault);
    *ret_is_new = code == 0 && sqlite3_changes(store->handle) > 0;
    return code;
}

static int put_matter(struct store *store, const struct heard *heard, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_MATTER_PUT, fault);
    const struct dossier *about = &heard->about;
    if (statement == NULL)
        return TRUC_E_IO;
    (void)sqlite3_bind_int(statement, 1, heard->is_task);
    store_bind_text(statement, 2, heard->code);
    store_bind_text(statement, 3, about->procedure_code);
    store_bind_text(statement, 4, about->procedure_name);
    store_bind_text(statement, 5, about->sector_code);
    store_bind_text(statement, 6, about->sector_name);
    store_bind_text(statement, 7, about->unit_code);
    store_bind_text(statement, 8, about->unit_name);
    store_bind_time(statement, 9, heard->fact.at_ns);
    return store_run(store, statement, fault);
}

static int put_officer(struct store *store, const struct officer *officer, uint64_t heard_ns, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_OFFICER_PUT, fault);
    if (statement == NULL)
        return TRUC_E_IO;
    store_bind_text(statement, 1, officer->account);
    store_bind_text(statement, 2, officer->name);
    store_bind_text(statement, 3, officer->position);
    store_bind_text(statement, 4, officer->department);
    store_bind_time(statement, 5, heard_ns);
    return store_run(store, statement, fault);
}

int store_hear(struct store *store, const struct heard *heard, bool *ret_is_new, struct truc_fault *fault)
{
    int code = put_fact(store, heard, ret_is_new, fault);
    if (code < 0 || !*ret_is_new)
        return code;
    int count = count_facts(store, heard->is_task, heard->code, fault);
    if (count > DOSSIER_FACTS_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "%s has %d facts, more than a matter may have", heard->code,
                         DOSSIER_FACTS_MAX);
    code = count < 0 ? count : put_matter(store, heard, fault);
    for (uint32_t i = 0; code == 0 && i < heard->officers_count; i++)
        code = put_officer(store, &heard->officers[i], heard->fact.at_ns, fault);
    return code;
}

/* ---- reading ---- */

static struct fact read_fact(sqlite3_stmt *row, struct arena *arena, bool *is_full)
{
    return (struct fact){.kind = (enum fact_kind)sqlite3_column_int(row, 0),
                         .status = (uint32_t)sqlite3_column_int(row, 1),
                         .at_ns = store_time(row, 2),
                         .due_ns = store_time(row, 3),
                         .step_began_ns = store_time(row, 4),
                         .step_due_ns = store_time(row, 5),
                         .request_count = (uint32_t)sqlite3_column_int64(row, 6),
                         .is_historical = sqlite3_column_int(row, 7) != 0,
                         .step_name = store_text(row, 8, arena, is_full),
                         .officer = store_text(row, 9, arena, is_full),
                         .supplement_id = store_text(row, 10, arena, is_full),
                         .type = store_text(row, 11, arena, is_full),
                         .source = store_text(row, 12, arena, is_full),
                         .message_id = store_text(row, 13, arena, is_full)};
}

static int no_room(const char *code, struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_MEMORY, "no memory for %s", code);
}

static int read_facts(struct store *store, bool is_task, const char *code, struct arena *arena, struct dossier *dossier,
                      struct truc_fault *fault)
{
    int most = count_facts(store, is_task, code, fault);
    sqlite3_stmt *statement = store_statement(store, STORE_FACTS, fault);
    if (most < 0 || statement == NULL)
        return TRUC_E_IO;
    struct fact *facts = arena_alloc_array(arena, (size_t)most + 1, sizeof *facts);
    bool is_full = facts == NULL;
    int result = 0;
    (void)sqlite3_bind_int(statement, 1, is_task);
    store_bind_text(statement, 2, code);
    while (!is_full && dossier->count < (size_t)most && (result = store_row(store, statement, fault)) == 1)
        facts[dossier->count++] = read_fact(statement, arena, &is_full);
    (void)sqlite3_reset(statement);
    if (is_full)
        return no_room(code, fault);
    facts_sort(facts, dossier->count);
    dossier->facts = facts;
    return result < 0 ? result : 0;
}

int store_matter(struct store *store, bool is_task, const char *code, struct arena *arena, struct dossier *ret_dossier,
                 struct truc_fault *fault)
{
    sqlite3_stmt *row = store_statement(store, STORE_MATTER, fault);
    bool is_full = false;
    if (row == NULL)
        return TRUC_E_IO;
    (void)sqlite3_bind_int(row, 1, is_task);
    store_bind_text(row, 2, code);
    int result = store_row(store, row, fault);
    if (result <= 0)
        return result < 0 ? result : fault_set(fault, TRUC_E_NOT_FOUND, "nothing is known of %s", code);
    *ret_dossier = (struct dossier){.code = store_text(row, 0, arena, &is_full),
                                    .procedure_code = store_text(row, 1, arena, &is_full),
                                    .procedure_name = store_text(row, 2, arena, &is_full),
                                    .sector_code = store_text(row, 3, arena, &is_full),
                                    .sector_name = store_text(row, 4, arena, &is_full),
                                    .unit_code = store_text(row, 5, arena, &is_full),
                                    .unit_name = store_text(row, 6, arena, &is_full),
                                    .promised_ns = store_time(row, 7)};
    (void)sqlite3_reset(row);
    return is_full ? no_room(code, fault) : read_facts(store, is_task, code, arena, ret_dossier, fault);
}

int store_officer(struct store *store, const char *account, struct arena *arena, struct officer *ret_officer,
                  struct truc_fault *fault)
{
    sqlite3_stmt *row = store_statement(store, STORE_OFFICER, fault);
    bool is_full = false;
    if (row == NULL)
        return TRUC_E_IO;
    store_bind_text(row, 1, account);
    int result = store_row(store, row, fault);
    *ret_officer = (struct officer){.account = account};
    if (result == 1)
        *ret_officer = (struct officer){account, store_text(row, 1, arena, &is_full),
                                        store_text(row, 2, arena, &is_full), store_text(row, 3, arena, &is_full)};
    (void)sqlite3_reset(row);
    return result < 0 ? result : is_full ? no_room(account, fault) : 0;
}

int store_each_dossier(struct store *store, uint64_t from_ns, uint64_t until_ns,
                       int (*visit)(void *context, const char *code), void *context, struct truc_fault *fault)
{
    sqlite3_stmt *row = store_statement(store, STORE_MATTERS_IN, fault);
    int result;
    if (row == NULL)
        return TRUC_E_IO;
    store_bind_time(row, 1, from_ns);
    store_bind_time(row, 2, until_ns);
    while ((result = store_row(store, row, fault)) == 1 &&
           (result = visit(context, (const char *)sqlite3_column_text(row, 0))) == 0)
        continue;
    (void)sqlite3_reset(row);
    return result;
}

/* ---- when to look again ---- */

int store_set_wake(struct store *store, bool is_task, const char *code, uint64_t wake_ns, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_WAKE_SET, fault);
    if (statement == NULL)
        return TRUC_E_IO;
    (void)sqlite3_bind_int(statement, 1, is_task);
    store_bind_text(statement, 2, code);
    store_bind_time(statement, 3, wake_ns);
    return store_run(store, statement, fault);
}

int store_next_wake(struct store *store, uint64_t *ret_wake_ns, struct truc_fault *fault)
{
    sqlite3_stmt *row = store_statement(store, STORE_WAKE_NEXT, fault);
    if (row == NULL)
        return TRUC_E_IO;
    int result = store_row(store, row, fault);
    *ret_wake_ns = result == 1 ? store_time(row, 0) : UINT64_MAX;
    (void)sqlite3_reset(row);
    return result < 0 ? result : 0;
}

int store_awake(struct store *store, uint64_t now_ns, bool *ret_is_task, char ret_code[HEARD_CODE_BYTES],
                struct truc_fault *fault)
{
    sqlite3_stmt *row = store_statement(store, STORE_WAKE_NEXT, fault);
    if (row == NULL)
        return TRUC_E_IO;
    int result = store_row(store, row, fault);
    if (result == 1 && store_time(row, 0) > now_ns)
        result = 0;
    if (result == 1) {
        const char *code = (const char *)sqlite3_column_text(row, 2);
        *ret_is_task = sqlite3_column_int(row, 1) != 0;
        memcpy(ret_code, code, strnlen(code, HEARD_CODE_BYTES - 1));
        ret_code[strnlen(code, HEARD_CODE_BYTES - 1)] = 0;
    }
    (void)sqlite3_reset(row);
    return result;
}

int store_wake_all(struct store *store, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_WAKE_ALL, fault);
    return statement ? store_run(store, statement, fault) : TRUC_E_IO;
}
