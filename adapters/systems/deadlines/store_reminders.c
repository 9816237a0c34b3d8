/* store_reminders.c - reminders from the moment they are planned until the broker has answered; see store.h.
 * The bytes are kept, so that after a crash the same message goes out again and the broker knows it.
 * Called by watch.c and explain.c. */
#include "store_private.h"

static int promise(struct store *store, const struct store_reminder *reminder, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_PROMISE, fault);
    if (statement == NULL)
        return TRUC_E_IO;
    (void)sqlite3_bind_int(statement, 1, reminder->is_task);
    store_bind_text(statement, 2, reminder->code);
    store_bind_time(statement, 3, reminder->new_due_ns);
    return store_run(store, statement, fault);
}

int store_remind(struct store *store, const struct store_reminder *reminder, bool *ret_is_new, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_REMINDER_PUT, fault);
    if (statement == NULL)
        return TRUC_E_IO;
    store_bind_text(statement, 1, reminder->id);
    store_bind_text(statement, 2, reminder->type);
    (void)sqlite3_bind_int(statement, 3, reminder->is_task);
    store_bind_text(statement, 4, reminder->code);
    store_bind_text(statement, 5, reminder->procedure_code);
    (void)sqlite3_bind_int(statement, 6, (int)reminder->kind);
    (void)sqlite3_bind_int(statement, 7, (int)reminder->scope);
    store_bind_time(statement, 8, reminder->due_ns);
    store_bind_time(statement, 9, reminder->new_due_ns);
    store_bind_time(statement, 10, reminder->planned_ns);
    store_bind_time(statement, 11, reminder->expires_ns);
    (void)sqlite3_bind_blob64(statement, 12, reminder->payload.data, reminder->payload.size, SQLITE_TRANSIENT);
    int code = store_run(store, statement, fault);
    *ret_is_new = code == 0 && sqlite3_changes(store->handle) > 0;
    return *ret_is_new && reminder->new_due_ns ? promise(store, reminder, fault) : code;
}

static struct store_reminder read_reminder(sqlite3_stmt *row, struct arena *arena, bool *is_full)
{
    struct bytes payload = bytes_of(sqlite3_column_blob(row, 12), (size_t)sqlite3_column_bytes(row, 12));
    struct store_reminder reminder = {.row = sqlite3_column_int64(row, 0),
                                      .id = store_text(row, 1, arena, is_full),
                                      .type = store_text(row, 2, arena, is_full),
                                      .is_task = sqlite3_column_int(row, 3) != 0,
                                      .code = store_text(row, 4, arena, is_full),
                                      .procedure_code = store_text(row, 5, arena, is_full),
                                      .kind = (enum reminder_kind)sqlite3_column_int(row, 6),
                                      .scope = (enum reminder_scope)sqlite3_column_int(row, 7),
                                      .due_ns = store_time(row, 8),
                                      .new_due_ns = store_time(row, 9),
                                      .planned_ns = store_time(row, 10),
                                      .expires_ns = store_time(row, 11),
                                      .payload = arena_copy(arena, payload),
                                      .state = (enum store_reminder_state)sqlite3_column_int(row, 13),
                                      .outcome = sqlite3_column_int(row, 14)};
    *is_full = *is_full || (payload.size > 0 && reminder.payload.data == NULL);
    return reminder;
}

int store_waiting(struct store *store, int64_t row, struct arena *arena, struct store_reminder *ret_reminder,
                  struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_REMINDER_NEXT, fault);
    bool is_full = false;
    if (statement == NULL)
        return TRUC_E_IO;
    (void)sqlite3_bind_int64(statement, 1, row);
    int result = store_row(store, statement, fault);
    if (result == 1)
        *ret_reminder = read_reminder(statement, arena, &is_full);
    (void)sqlite3_reset(statement);
    return is_full ? fault_set(fault, TRUC_E_MEMORY, "no memory for a reminder") : result;
}

int store_settle(struct store *store, const char *id, enum store_reminder_state state, int outcome,
                 struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_REMINDER_SETTLE, fault);
    if (statement == NULL)
        return TRUC_E_IO;
    store_bind_text(statement, 1, id);
    (void)sqlite3_bind_int(statement, 2, (int)state);
    (void)sqlite3_bind_int(statement, 3, outcome);
    return store_run(store, statement, fault);
}

int store_revive(struct store *store, struct truc_fault *fault)
{
    sqlite3_stmt *statement = store_statement(store, STORE_REVIVE, fault);
    if (statement == NULL)
        return TRUC_E_IO;
    (void)sqlite3_bind_int(statement, 1, TRUC_E_TOO_OLD);
    (void)sqlite3_bind_int(statement, 2, TRUC_E_CONFLICT);
    (void)sqlite3_bind_int(statement, 3, TRUC_E_EXPIRED);
    return store_run(store, statement, fault);
}

int store_each_reminder(struct store *store, bool is_task, const char *code,
                        int (*visit)(void *context, const struct store_reminder *reminder), void *context,
                        struct truc_fault *fault)
{
    enum { ARENA_BYTES_MAX = 4 * 1024 * 1024 };
    ARENA_CLEANUP struct arena arena = {.used_bytes_max = ARENA_BYTES_MAX};
    sqlite3_stmt *row = store_statement(store, STORE_REMINDERS, fault);
    bool is_full = false;
    int result;
    if (row == NULL)
        return TRUC_E_IO;
    (void)sqlite3_bind_int(row, 1, is_task);
    store_bind_text(row, 2, code);
    while ((result = store_row(store, row, fault)) == 1) {
        arena_reset(&arena);
        struct store_reminder reminder = read_reminder(row, &arena, &is_full);
        if (is_full || (result = visit(context, &reminder)) != 0)
            break;
    }
    (void)sqlite3_reset(row);
    return is_full ? fault_set(fault, TRUC_E_MEMORY, "no memory for a reminder") : result;
}
