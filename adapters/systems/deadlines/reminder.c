/* reminder.c - see reminder.h. Each scope has a beginning and a date; from these come the instants at which there is something to say.
 * An instant that is past is said if it is still true; one to come moves `next_ns`.
 * Called by watch.c, and by the tests' simulated years. */
#include "reminder.h"

#include "sha256.h"

#include <stdio.h>

struct planning {
    const struct dossier *dossier;
    const struct reminder_world *world;
    const struct rules *rules;
    struct dossier_clock clock;
    uint64_t now_ns;
    struct reminder_plan *plan;
};

static void look_again(struct planning *planning, uint64_t at_ns)
{
    if (at_ns > planning->now_ns && at_ns < planning->plan->next_ns)
        planning->plan->next_ns = at_ns;
}

static uint64_t working_span(struct planning *planning, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t span_ns;
    if (calendar_between(planning->world->calendar, from_ns, to_ns, &span_ns, NULL) == 0)
        return span_ns;
    planning->plan->lacks_calendar = true;
    return 0;
}

static struct reminder *say(struct planning *planning, enum reminder_kind kind, enum reminder_scope scope,
                            uint64_t due_ns)
{
    struct reminder_plan *plan = planning->plan;
    const struct dossier_clock *clock = &planning->clock;
    const struct organisation *organisation = planning->world->organisation;
    const char *unit = planning->dossier->unit_code;
    struct reminder *reminder = &plan->reminders[plan->count++]; /* there are fewer cases than places */
    *reminder = (struct reminder){.kind = kind,
                                  .scope = scope,
                                  .due_ns = due_ns,
                                  .officer = scope == SCOPE_STEP ? clock->step_officer : clock->officer,
                                  .step_name = clock->step_name,
                                  .status = clock->status,
                                  .rules = planning->rules};
    reminder->working_span_ns = planning->now_ns < due_ns ? working_span(planning, planning->now_ns, due_ns)
                                                          : working_span(planning, due_ns, planning->now_ns);
    reminder->leader = organisation_leader(organisation, reminder->officer, unit);
    reminder->leader_above = reminder->leader ? organisation_leader(organisation, reminder->leader, unit) : NULL;
    return reminder;
}

/* The instant before the date; of a short term its middle, so that nobody is reminded of what has just begun. */
static uint64_t soon_at(struct planning *planning, uint64_t begin_ns, uint64_t due_ns)
{
    const struct calendar *calendar = planning->world->calendar;
    uint64_t lead_ns = planning->rules->due_soon_ns, soon_ns;
    uint64_t term_ns = begin_ns < due_ns ? working_span(planning, begin_ns, due_ns) : 0;
    if (lead_ns > term_ns / 2)
        lead_ns = term_ns / 2; /* a term without working time: nothing before its end */
    if (calendar_subtract(calendar, due_ns, lead_ns, &soon_ns, NULL) == 0)
        return soon_ns;
    planning->plan->lacks_calendar = true;
    return due_ns; /* nothing to say before */
}

static uint64_t escalation_at(struct planning *planning, uint64_t due_ns)
{
    uint64_t at_ns;
    if (calendar_add(planning->world->calendar, due_ns, planning->rules->escalate_ns, &at_ns, NULL) == 0)
        return at_ns;
    planning->plan->lacks_calendar = true;
    return UINT64_MAX;
}

static void plan_scope(struct planning *planning, enum reminder_scope scope, uint64_t begin_ns, uint64_t due_ns)
{
    if (due_ns == 0)
        return;
    uint64_t soon_ns = soon_at(planning, begin_ns, due_ns), late_ns = escalation_at(planning, due_ns);
    if (planning->now_ns < due_ns) {
        if (planning->now_ns >= soon_ns)
            (void)say(planning, REMINDER_DUE_SOON, scope, due_ns);
    } else {
        struct reminder *told = say(planning, REMINDER_OVERDUE, scope, due_ns);
        if (planning->now_ns >= late_ns && told->leader_above)
            (void)say(planning, REMINDER_ESCALATED, scope, due_ns);
    }
    look_again(planning, soon_ns);
    look_again(planning, due_ns);
    look_again(planning, late_ns);
}

/* ---- apology ---- */

/* It will be late when its step is late already, or ends after the dossier's own date. */
static bool will_be_late(const struct planning *planning)
{
    const struct dossier_clock *clock = &planning->clock;
    return clock->step_due_ns != 0 && (clock->step_due_ns <= planning->now_ns || clock->step_due_ns > clock->due_ns);
}

/* From `extension` behind the old date, and not before the step's. */
static uint64_t new_date(struct planning *planning)
{
    const struct dossier_clock *clock = &planning->clock;
    uint64_t date_ns;
    if (calendar_add(planning->world->calendar, clock->due_ns, planning->rules->extension_ns, &date_ns, NULL) < 0) {
        planning->plan->lacks_calendar = true;
        return 0;
    }
    return date_ns < clock->step_due_ns ? clock->step_due_ns : date_ns;
}

static void plan_apology(struct planning *planning)
{
    const struct calendar *calendar = planning->world->calendar;
    const struct rules *rules = planning->rules;
    uint64_t due_ns = planning->clock.due_ns, from_ns, until_ns;
    if (due_ns == 0 || planning->dossier->promised_ns != 0)
        return;
    if (calendar_subtract(calendar, due_ns, rules->apology_from_ns, &from_ns, NULL) < 0 ||
        calendar_subtract(calendar, due_ns, rules->apology_until_ns, &until_ns, NULL) < 0) {
        planning->plan->lacks_calendar = true;
        return;
    }
    if (until_ns > due_ns - CALENDAR_DAY_NS) /* 8 hours back from closing are this morning: a day is meant */
        until_ns = due_ns - CALENDAR_DAY_NS;
    look_again(planning, from_ns);
    if (planning->clock.step_due_ns <= until_ns)
        look_again(planning, planning->clock.step_due_ns);
    if (planning->now_ns < from_ns || !will_be_late(planning))
        return;
    if (planning->now_ns > until_ns) {
        planning->plan->is_apology_missed = planning->now_ns < due_ns;
        return;
    }
    uint64_t date_ns = new_date(planning);
    if (date_ns)
        say(planning, REMINDER_APOLOGY, SCOPE_DOSSIER, due_ns)->new_due_ns = date_ns;
}

void reminder_plan(const struct dossier *dossier, bool is_task, const struct reminder_world *world, uint64_t now_ns,
                   struct reminder_plan *ret_plan)
{
    struct planning planning = {.dossier = dossier, .world = world, .now_ns = now_ns, .plan = ret_plan};
    *ret_plan = (struct reminder_plan){.next_ns = UINT64_MAX};
    dossier_clock_run(dossier, world->calendar, world->rules, now_ns, NULL, &planning.clock);
    const struct dossier_clock *clock = &planning.clock;
    for (size_t i = 0; i < dossier->count; i++) /* a fact of a clock that is a little ahead */
        if (dossier->facts[i].at_ns > now_ns)
            look_again(&planning, dossier->facts[i].at_ns);
    if (!dossier_clock_is_open(clock) || !clock->is_live || (!is_task && dossier_clock_is_waiting(clock)))
        return;
    planning.rules = rules_at(world->rules, clock->received_ns);
    plan_scope(&planning, is_task ? SCOPE_TASK : SCOPE_DOSSIER, clock->received_ns, clock->due_ns);
    if (is_task)
        return;
    plan_scope(&planning, SCOPE_STEP, clock->step_began_ns, clock->step_due_ns);
    if (dossier->promised_ns > clock->due_ns)
        plan_scope(&planning, SCOPE_PROMISE, clock->due_ns, dossier->promised_ns);
    plan_apology(&planning);
}

void reminder_id(const struct reminder *reminder, const char *code, char out[REMINDER_ID_BYTES])
{
    enum { HASHED_BYTES = 16 };
    static const char *const kinds[] = {"due-soon", "overdue", "escalated", "apology"};
    uint64_t due_ns = reminder->kind == REMINDER_APOLOGY ? 0 : reminder->due_ns;
    uint8_t what[2 + sizeof due_ns] = {(uint8_t)reminder->kind, (uint8_t)reminder->scope};
    struct sha256 hash;
    store_le64(what + 2, due_ns);
    sha256_begin(&hash);
    sha256_add(&hash, bytes_of(what, sizeof what));
    sha256_add(&hash, bytes_string(code));
    struct sha256_digest digest = sha256_end(&hash);
    size_t size = (size_t)snprintf(out, REMINDER_ID_BYTES, "%s-", kinds[reminder->kind]);
    for (size_t i = 0; i < HASHED_BYTES; i++)
        (void)snprintf(out + size + 2 * i, 3, "%02x", digest.bytes[i]);
}
