/* watch.c - see watch.h. A message and its matter's wake-up are one transaction, a plan and its reminders another; publishing changes
 * nothing until the broker has answered. So a kill at any point repeats work, never a reminder.
 * Called by deadlines_run.c. */
#include "watch.h"

#include "told.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

enum { ARENA_BYTES_MAX = 16 * 1024 * 1024, LOG_TEXT_BYTES = 512 };

struct watch {
    struct watch_options options;
    struct reminder_world world;
    struct arena arena; /* of one matter */
    int64_t published_row;
    uint64_t next_ns;
    int failed; /* a callback could not write the store: the next work ends the adapter */
    struct truc_fault failure;
    bool warned_of_calendar;
};

static void tell(const struct watch *watch, int level, const char *format, ...) FAULT_PRINTF(3, 4);
static void tell(const struct watch *watch, int level, const char *format, ...)
{
    char text[LOG_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    watch->options.log(watch->options.context, level, text);
}

static uint64_t now(const struct watch *watch)
{
    return watch->options.clock(watch->options.context);
}

/* ---- hearing ---- */

static int keep(struct watch *watch, const struct heard *heard, struct truc_fault *fault)
{
    struct store *store = watch->options.store;
    bool is_new = false;
    int code = store_begin(store, fault);
    if (code == 0)
        code = store_hear(store, heard, &is_new, fault);
    if (code == 0)
        code = store_commit(store, fault);
    if (code < 0)
        store_roll_back(store);
    else if (is_new)
        watch->next_ns = 0;
    return code;
}

static int hear(truc_request *request, void *context)
{
    struct watch *watch = context;
    struct truc_fault fault = {0};
    struct heard heard;
    const char *reason;
    struct heard_message message = {.type = truc_request_type(request),
                                    .source = truc_request_source(request),
                                    .id = truc_request_id(request),
                                    .time_ns = truc_request_time_ns(request),
                                    .is_historical = truc_request_historical(request)};
    message.payload = truc_request_payload(request, &message.payload_bytes);
    int code = heard_read(&message, now(watch), &heard, &reason, &fault);
    if (code < 0) {
        tell(watch, LOG_WARNING, "%s %s from %s is refused: %s: %s", message.type, message.id, message.source, reason,
             fault.text);
        return truc_reject(request, code, reason, fault.text);
    }
    code = keep(watch, &heard, &fault);
    heard_free(&heard);
    if (code == TRUC_E_LIMIT)
        return truc_reject(request, code, "FACTS_LIMIT", fault.text);
    return code < 0 ? truc_retry(request, TRUC_E_UNAVAILABLE, fault.text) : truc_done(request);
}

/* ---- planning ---- */

static int find_people(struct watch *watch, const struct reminder *reminder, struct told_people *people,
                       struct truc_fault *fault)
{
    const char *accounts[] = {reminder->officer, reminder->leader, reminder->leader_above};
    struct officer *officers[] = {&people->officer, &people->leader, &people->leader_above};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof accounts / sizeof *accounts; i++)
        if (accounts[i])
            code = store_officer(watch->options.store, accounts[i], &watch->arena, officers[i], fault);
    return code;
}

static int remind(struct watch *watch, const struct dossier *dossier, const struct reminder *reminder, uint64_t now_ns,
                  struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    struct told_people people = {0};
    char id[REMINDER_ID_BYTES];
    bool is_new = false;
    reminder_id(reminder, dossier->code, id);
    int code = find_people(watch, reminder, &people, fault);
    if (code == 0 && told_payload(reminder, dossier, &people, &payload) < 0)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for a reminder");
    struct store_reminder kept = {.id = id,
                                  .type = told_type(reminder),
                                  .is_task = reminder->scope == SCOPE_TASK,
                                  .code = dossier->code,
                                  .procedure_code = dossier->procedure_code,
                                  .kind = reminder->kind,
                                  .scope = reminder->scope,
                                  .due_ns = reminder->due_ns,
                                  .new_due_ns = reminder->new_due_ns,
                                  .planned_ns = now_ns,
                                  .expires_ns = reminder->kind == REMINDER_DUE_SOON ? reminder->due_ns : 0,
                                  .payload = buffer_view(&payload)};
    if (code == 0)
        code = store_remind(watch->options.store, &kept, &is_new, fault);
    if (code == 0 && is_new)
        tell(watch, LOG_INFO, "%s for %s%s", kept.type, dossier->code,
             reminder->kind == REMINDER_ESCALATED ? ", one level up" : "");
    return code;
}

static void warn(struct watch *watch, const struct reminder_plan *plan, const char *code)
{
    if (plan->is_apology_missed)
        tell(watch, LOG_WARNING, "%s will be late, and less than a day is left: no apology goes out any more", code);
    if (plan->lacks_calendar && !watch->warned_of_calendar)
        tell(watch, LOG_WARNING, "dates of %s and others lie outside the calendars: add the year's file", code);
    watch->warned_of_calendar = watch->warned_of_calendar || plan->lacks_calendar;
}

static int plan_matter(struct watch *watch, bool is_task, const char *code, uint64_t now_ns, struct truc_fault *fault)
{
    struct dossier dossier;
    struct reminder_plan plan;
    arena_reset(&watch->arena);
    int result = store_matter(watch->options.store, is_task, code, &watch->arena, &dossier, fault);
    if (result < 0)
        return result;
    reminder_plan(&dossier, is_task, &watch->world, now_ns, &plan);
    warn(watch, &plan, code);
    result = store_set_wake(watch->options.store, is_task, code, plan.next_ns, fault);
    for (uint32_t i = 0; result == 0 && i < plan.count;
         i++) /* an apology sets the wake-up to at once: for its new date */
        result = remind(watch, &dossier, &plan.reminders[i], now_ns, fault);
    return result;
}

static int plan_awake(struct watch *watch, uint64_t now_ns, struct truc_fault *fault)
{
    char code[HEARD_CODE_BYTES];
    bool is_task;
    int result = store_begin(watch->options.store, fault);
    for (unsigned i = 0; result == 0 && i < WATCH_MATTERS_MAX; i++) {
        result = store_awake(watch->options.store, now_ns, &is_task, code, fault);
        if (result != 1)
            break;
        result = plan_matter(watch, is_task, code, now_ns, fault);
    }
    if (result == 0)
        result = store_commit(watch->options.store, fault);
    if (result < 0)
        store_roll_back(watch->options.store);
    return result;
}

/* ---- publishing ---- */

/* What the broker said. Without an answer it waits in the store, for the next run. */
static void answered(void *context, const struct truc_outcome *outcome)
{
    struct watch *watch = context;
    bool is_refused = outcome->code != 0;
    if (outcome->code == TRUC_E_CLOSED || outcome->code == TRUC_E_CANCELLED || watch->failed)
        return;
    if (is_refused)
        tell(watch, LOG_ERR, "reminder %s was refused: %s: %s", outcome->id, truc_error_name(outcome->code),
             outcome->text);
    watch->failed = store_settle(watch->options.store, outcome->id, is_refused ? STORE_REFUSED : STORE_ACCEPTED,
                                 outcome->code, &watch->failure);
}

/* Whether there is still a reason to say it. */
static int still_true(struct watch *watch, const struct store_reminder *reminder, uint64_t now_ns, bool *ret_is_true,
                      struct truc_fault *fault)
{
    struct dossier dossier;
    struct reminder_plan plan;
    char id[REMINDER_ID_BYTES];
    int code = store_matter(watch->options.store, reminder->is_task, reminder->code, &watch->arena, &dossier, fault);
    if (code < 0)
        return code;
    if (reminder->kind == REMINDER_APOLOGY)
        dossier.promised_ns = 0; /* its own */
    reminder_plan(&dossier, reminder->is_task, &watch->world, now_ns, &plan);
    *ret_is_true = false;
    for (uint32_t i = 0; i < plan.count && !*ret_is_true; i++) {
        reminder_id(&plan.reminders[i], dossier.code, id);
        *ret_is_true = strcmp(id, reminder->id) == 0;
    }
    return 0;
}

static int publish(struct watch *watch, const struct store_reminder *reminder, struct truc_fault *fault)
{
    const struct truc_outgoing message = {
        .size = sizeof message,
        .type = reminder->type,
        .subject = reminder->code,
        .payload = reminder->payload.data,
        .payload_bytes = reminder->payload.size,
        .classification = TRUC_NOT_SECRET,
        .id = reminder->id,
        .time_ns = reminder->planned_ns,
        .expires_ns = reminder->expires_ns,
        .purpose = {.procedure = reminder->procedure_code, .dossier = reminder->is_task ? NULL : reminder->code}};
    return truc_publish(watch->options.bus, &message, answered, watch, fault);
}

/* Only while connected: what waits for the bus for days is looked at again before it leaves. */
static int publish_waiting(struct watch *watch, uint64_t now_ns, struct truc_fault *fault)
{
    struct store_reminder reminder;
    int code = 0;
    while (truc_is_connected(watch->options.bus)) {
        bool is_true;
        arena_reset(&watch->arena);
        code = store_waiting(watch->options.store, watch->published_row, &watch->arena, &reminder, fault);
        if (code != 1)
            break;
        code = still_true(watch, &reminder, now_ns, &is_true, fault);
        if (code == 0)
            code = is_true ? publish(watch, &reminder, fault)
                           : store_settle(watch->options.store, reminder.id, STORE_LAPSED, 0, fault);
        if (code < 0)
            break;
        watch->published_row = reminder.row;
    }
    return code == TRUC_E_LIMIT ? 0 : code; /* the window is full: the next answer brings us here again */
}

/* ---- the whole ---- */

int watch_work(struct watch *watch, struct truc_fault *fault)
{
    uint64_t now_ns = now(watch);
    int code = 0;
    if (watch->failed) {
        if (fault)
            *fault = watch->failure;
        return watch->failed;
    }
    if (watch->next_ns <= now_ns) {
        code = plan_awake(watch, now_ns, fault);
        if (code == 0)
            code = store_next_wake(watch->options.store, &watch->next_ns, fault);
    }
    return code < 0 ? code : publish_waiting(watch, now_ns, fault);
}

uint64_t watch_next(const struct watch *watch)
{
    return watch->next_ns;
}

static void warn_of_ending_calendar(const struct watch *watch)
{
    enum { WARN_DAYS = 90 };
    const struct calendar *calendar = watch->options.book->calendar;
    int64_t left = calendar->first_day + calendar->count - calendar_local_day(now(watch));
    if (left < WARN_DAYS)
        tell(watch, LOG_WARNING, "the calendars end in %" PRId64 " days: add the next year's file", left);
}

int watch_open(const struct watch_options *options, struct watch **ret_watch, struct truc_fault *fault)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the watch");
    watch->options = *options;
    watch->arena.used_bytes_max = ARENA_BYTES_MAX;
    watch->world =
        (struct reminder_world){options->book->calendar, &options->book->rules, &options->book->organisation};
    int code = store_begin(options->store, fault);
    if (code == 0)
        code = store_wake_all(options->store, fault);
    if (code == 0)
        code = store_revive(options->store, fault);
    if (code == 0)
        code = store_commit(options->store, fault);
    for (size_t i = 0; code == 0 && heard_type(i); i++)
        code = truc_serve(options->bus, heard_type(i), hear, watch);
    if (code < 0) {
        watch_close(watch);
        return code;
    }
    warn_of_ending_calendar(watch);
    *ret_watch = watch;
    return 0;
}

void watch_close(struct watch *watch)
{
    if (watch == NULL)
        return;
    arena_free(&watch->arena);
    free(watch);
}
