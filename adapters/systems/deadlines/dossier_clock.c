/* dossier_clock.c - see dossier_clock.h. Walks over the facts in the order of their own times.
 * A date that was said replaces what was computed, unless it only repeats what was said before; a pause moves what stands.
 * Called by reminder.c, rate.c, explain.c and the store. */
#include "dossier_clock.h"

#include "time_text.h"

#include <string.h>

struct walk {
    const struct dossier *dossier;
    const struct calendar *calendar;
    const struct rules_book *book;
    const struct clock_trace *trace;
    struct dossier_clock clock;
    const char *last_supplement; /* id of the last request, to know it again */
    uint64_t said_ns;            /* the date as the last message said it */
};

static void tell(const struct walk *walk, struct clock_event event)
{
    if (walk->trace)
        walk->trace->event(walk->trace->context, &event);
}

/* A day without time (00:00) ends with the office's closing; the day itself rolls to a working one (Bộ luật Dân sự 2015, Điều 148). */
static uint64_t whole_day(struct walk *walk, uint64_t due_ns)
{
    uint64_t closing_ns;
    if (calendar_time_of_day(due_ns) != 0)
        return due_ns;
    if (calendar_closing(walk->calendar, due_ns, &closing_ns, NULL) == 0)
        return closing_ns;
    walk->clock.notes |= NOTE_NO_CALENDAR;
    return due_ns + CALENDAR_DAY_NS - TIME_NS_PER_S; /* the day's end */
}

static void check_hours(struct walk *walk, uint64_t due_ns)
{
    const struct calendar_day *day = calendar_day_of(walk->calendar, due_ns);
    uint64_t time_ns = calendar_time_of_day(due_ns);
    if (day == NULL)
        walk->clock.notes |= NOTE_NO_CALENDAR;
    else if (time_ns < day->hours->sessions[0].from_ns || time_ns > day->hours->sessions[day->hours->count - 1].to_ns)
        walk->clock.notes |= NOTE_DUE_OUTSIDE_HOURS;
}

static void set_due(struct walk *walk, const struct fact *fact, uint64_t due_ns, enum clock_event_kind kind,
                    uint32_t days)
{
    struct dossier_clock *clock = &walk->clock;
    clock->base_due_ns = clock->due_ns = due_ns;
    clock->is_due_by_term = kind == EVENT_DUE_TERM;
    clock->paused_ns = 0;
    if (clock->is_paused)
        clock->paused_since_ns = fact->at_ns;
    if (clock->received_ns && due_ns < clock->received_ns)
        clock->notes |= NOTE_DUE_BEFORE_RECEIPT;
    check_hours(walk, due_ns);
    tell(walk, (struct clock_event){.kind = kind, .fact = fact, .at_ns = fact->at_ns, .due_ns = due_ns, .days = days});
}

/* A message says a date. What only repeats the last one said, or what it was moved to, is no news. */
static void take_due(struct walk *walk, const struct fact *fact)
{
    if (fact->due_ns == 0)
        return;
    uint64_t due_ns = whole_day(walk, fact->due_ns);
    if (due_ns == walk->said_ns || (due_ns == walk->clock.due_ns && !walk->clock.is_due_by_term))
        return;
    walk->said_ns = due_ns;
    set_due(walk, fact, due_ns, EVENT_DUE_SET, 0);
}

/* Without a date the procedure's term counts, in working time from the receipt. */
static void take_term(struct walk *walk, const struct fact *fact)
{
    uint32_t days = rules_term_days(walk->book, walk->dossier->procedure_code);
    uint64_t due_ns;
    if (walk->clock.base_due_ns || days == 0)
        return;
    if (calendar_add(walk->calendar, walk->clock.received_ns, days * WORKING_DAY_NS, &due_ns, NULL) == 0)
        set_due(walk, fact, due_ns, EVENT_DUE_TERM, days);
    else
        walk->clock.notes |= NOTE_NO_CALENDAR;
}

static void receive(struct walk *walk, const struct fact *fact)
{
    struct dossier_clock *clock = &walk->clock;
    if (clock->received_ns) {
        if (clock->received_ns != fact->at_ns)
            clock->notes |= NOTE_RECEIVED_AGAIN;
        return;
    }
    uint64_t from_ns = fact->at_ns;
    clock->received_ns = fact->at_ns;
    if (calendar_next(walk->calendar, fact->at_ns, &from_ns, NULL) < 0)
        clock->notes |= NOTE_NO_CALENDAR;
    tell(walk, (struct clock_event){.kind = EVENT_RECEIVED, .fact = fact, .at_ns = fact->at_ns, .other_ns = from_ns});
    if (fact->due_ns == 0)
        take_term(walk, fact);
}

/* ---- pauses ---- */

/* By the days waited, and on to a working day. */
static uint64_t moved(struct walk *walk, uint64_t due_ns, uint32_t days)
{
    uint64_t moved_ns = due_ns + days * CALENDAR_DAY_NS;
    if (due_ns == 0 || days == 0)
        return due_ns;
    if (calendar_roll(walk->calendar, moved_ns, &moved_ns, NULL) < 0)
        walk->clock.notes |= NOTE_NO_CALENDAR;
    return moved_ns;
}

/* Working time waited since the pause began. */
static uint64_t waited(struct walk *walk, uint64_t until_ns)
{
    uint64_t span_ns;
    if (calendar_between(walk->calendar, walk->clock.paused_since_ns, until_ns, &span_ns, NULL) == 0)
        return span_ns;
    walk->clock.notes |= NOTE_NO_CALENDAR;
    return 0;
}

static void pause_begins(struct walk *walk, const struct fact *fact)
{
    walk->clock.is_paused = true;
    walk->clock.paused_since_ns = fact->at_ns;
    tell(walk, (struct clock_event){.kind = EVENT_PAUSED, .fact = fact, .at_ns = fact->at_ns});
}

static void pause_ends(struct walk *walk, const struct fact *fact)
{
    struct dossier_clock *clock = &walk->clock;
    uint64_t before_ns = clock->due_ns;
    uint32_t days = (uint32_t)(calendar_local_day(fact->at_ns) - calendar_local_day(clock->paused_since_ns));
    clock->is_paused = false;
    clock->paused_ns += waited(walk, fact->at_ns);
    clock->due_ns = moved(walk, before_ns, days);
    clock->step_due_ns = moved(walk, clock->step_due_ns, days);
    tell(walk, (struct clock_event){.kind = EVENT_RESUMED,
                                    .fact = fact,
                                    .at_ns = fact->at_ns,
                                    .due_ns = clock->due_ns,
                                    .other_ns = before_ns,
                                    .days = days});
}

/* A request is another one when its id is another, or when it comes after the one before was answered. */
static void count_request(struct walk *walk, const struct fact *fact)
{
    struct dossier_clock *clock = &walk->clock;
    const char *id = fact->supplement_id;
    bool is_known =
        clock->is_paused && (id == NULL || walk->last_supplement == NULL || strcmp(id, walk->last_supplement) == 0);
    if (!is_known)
        clock->requests++;
    if (fact->request_count > clock->requests)
        clock->requests = fact->request_count;
    if (id)
        walk->last_supplement = id;
}

/* ---- statuses ---- */

static void note_end(struct walk *walk, const struct fact *fact)
{
    struct dossier_clock *clock = &walk->clock;
    uint64_t *end = fact->status == STATUS_DONE        ? &clock->done_ns
                    : fact->status == STATUS_DELIVERED ? &clock->delivered_ns
                    : fact->status == STATUS_WITHDRAWN ? &clock->withdrawn_ns
                                                       : &clock->stopped_ns;
    if (*end)
        return;
    *end = fact->at_ns;
    clock->step_due_ns = 0;
    tell(walk, (struct clock_event){.kind = EVENT_ENDED, .fact = fact, .at_ns = fact->at_ns});
}

static void reopen(struct walk *walk, const struct fact *fact)
{
    struct dossier_clock *clock = &walk->clock;
    if (!clock->done_ns && !clock->delivered_ns && !clock->stopped_ns && !clock->withdrawn_ns)
        return;
    if (clock->done_ns || clock->delivered_ns) /* 8 and 7 are meant to be taken back, a result is not */
        clock->notes |= NOTE_REOPENED;
    clock->done_ns = clock->delivered_ns = clock->stopped_ns = clock->withdrawn_ns = 0;
    tell(walk, (struct clock_event){.kind = EVENT_REOPENED, .fact = fact, .at_ns = fact->at_ns});
}

static void take_status(struct walk *walk, const struct fact *fact, uint32_t status)
{
    struct dossier_clock *clock = &walk->clock;
    if (status == STATUS_NONE || status > STATUS_MAX) {
        clock->notes |= NOTE_STATUS_UNKNOWN;
        return;
    }
    if (status == STATUS_SUPPLEMENT) {
        count_request(walk, fact);
        if (!clock->is_paused)
            pause_begins(walk, fact);
    } else if (clock->is_paused) {
        pause_ends(walk, fact);
    }
    struct fact seen = *fact;
    seen.status = status;
    if (status >= STATUS_WITHDRAWN || status == STATUS_REFUSED)
        note_end(walk, &seen);
    else
        reopen(walk, fact);
    if (status != clock->status)
        tell(walk, (struct clock_event){.kind = EVENT_STATUS, .fact = fact, .at_ns = fact->at_ns, .status = status});
    clock->status = status;
    clock->status_ns = fact->at_ns;
}

/* A supplement ends the wait even when the sender still says 5, and a receipt is a receipt even when it says nothing. */
static uint32_t status_of(struct walk *walk, const struct fact *fact)
{
    if (fact->kind == FACT_SUPPLEMENTED) {
        if (!walk->clock.is_paused) {
            walk->clock.notes |= NOTE_SUPPLEMENT_UNASKED;
            return walk->clock.status;
        }
        return fact->status == STATUS_RECEIVED ? STATUS_RECEIVED : STATUS_IN_PROGRESS;
    }
    if (fact->kind == FACT_RECEIVED && fact->status == STATUS_NONE)
        return STATUS_RECEIVED;
    return fact->status;
}

static void take_step(struct walk *walk, const struct fact *fact)
{
    struct dossier_clock *clock = &walk->clock;
    if (fact->officer)
        clock->officer = fact->officer;
    if (fact->kind != FACT_PROGRESS)
        return;
    clock->step_name = fact->step_name;
    clock->step_officer = fact->officer ? fact->officer : clock->officer;
    clock->step_began_ns = fact->step_began_ns ? fact->step_began_ns : fact->at_ns;
    clock->step_due_ns = fact->step_due_ns ? whole_day(walk, fact->step_due_ns) : 0;
    if (clock->step_due_ns)
        tell(walk, (struct clock_event){
                       .kind = EVENT_STEP, .fact = fact, .at_ns = fact->at_ns, .due_ns = clock->step_due_ns});
}

static void take(struct walk *walk, const struct fact *fact)
{
    walk->clock.is_live = walk->clock.is_live || !fact->is_historical;
    if (fact->kind == FACT_RECEIVED)
        receive(walk, fact);
    take_step(walk, fact);
    if (fact->kind == FACT_RECEIVED && (walk->clock.done_ns || walk->clock.delivered_ns))
        walk->clock.notes |= NOTE_ENDED_BEFORE_RECEIPT; /* one of the two times is wrong; the end stays an end */
    else
        take_status(walk, fact, status_of(walk, fact));
    take_due(walk, fact);
}

/* ---- a document's task ---- */

enum { TASK_REFUSED = 2, TASK_ASSIGNED = 4, TASK_IN_PROGRESS = 5, TASK_DONE = 6, TASK_RECALLED = 15 };

static void take_task(struct walk *walk, const struct fact *fact)
{
    struct dossier_clock *clock = &walk->clock;
    clock->is_live = clock->is_live || !fact->is_historical;
    if (fact->officer)
        clock->officer = fact->officer;
    if (!clock->received_ns) /* some systems only tell of the assignment */
        clock->received_ns = fact->at_ns;
    if (fact->status == TASK_REFUSED || fact->status == TASK_RECALLED) {
        clock->stopped_ns = fact->at_ns;
    } else if (fact->status == TASK_DONE && !clock->done_ns) {
        clock->done_ns = fact->at_ns;
    } else if (fact->status == TASK_ASSIGNED || fact->status == TASK_IN_PROGRESS) {
        reopen(walk, fact);
    }
    clock->status = fact->status;
    clock->status_ns = fact->at_ns;
    take_due(walk, fact);
}

/* The date by which the work must be done when the time waited is subtracted from it. */
static void extend(struct walk *walk)
{
    struct dossier_clock *clock = &walk->clock;
    clock->extended_due_ns = clock->base_due_ns;
    if (clock->base_due_ns && clock->paused_ns &&
        calendar_add(walk->calendar, clock->base_due_ns, clock->paused_ns, &clock->extended_due_ns, NULL) < 0)
        clock->notes |= NOTE_NO_CALENDAR;
}

void dossier_clock_run(const struct dossier *dossier, const struct calendar *calendar, const struct rules_book *book,
                       uint64_t as_of_ns, const struct clock_trace *trace, struct dossier_clock *ret_clock)
{
    struct walk walk = {.dossier = dossier,
                        .calendar = calendar,
                        .book = book,
                        .trace = trace && trace->event ? trace : NULL,
                        .clock = {.as_of_ns = as_of_ns}};
    for (size_t i = 0; i < dossier->count && dossier->facts[i].at_ns <= as_of_ns; i++) {
        if (dossier->facts[i].kind >= FACT_TASK_GIVEN)
            take_task(&walk, &dossier->facts[i]);
        else
            take(&walk, &dossier->facts[i]);
    }
    struct dossier_clock *clock = &walk.clock;
    if (clock->is_paused)
        clock->paused_ns += waited(&walk, as_of_ns);
    extend(&walk);
    if (clock->received_ns == 0)
        clock->notes |= NOTE_NOT_RECEIVED;
    else if (clock->base_due_ns == 0)
        clock->notes |= NOTE_NO_DUE_DATE;
    *ret_clock = walk.clock;
}

uint64_t dossier_clock_end(const struct dossier_clock *clock)
{
    return clock->done_ns        ? clock->done_ns
           : clock->delivered_ns ? clock->delivered_ns
           : clock->stopped_ns   ? clock->stopped_ns
                                 : clock->withdrawn_ns;
}

bool dossier_clock_is_open(const struct dossier_clock *clock)
{
    return clock->received_ns != 0 && dossier_clock_end(clock) == 0;
}

bool dossier_clock_is_waiting(const struct dossier_clock *clock)
{
    return clock->is_paused || clock->status == STATUS_FEE;
}
