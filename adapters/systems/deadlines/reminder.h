/* reminder.h - what there is to be said at an instant about one dossier or task, and when the next thing may have to be said.
 * Pure: the time is an argument, so that tests run years in milliseconds. What was said before is the store's knowledge: each reminder has
 * an id made of what it reminds of, and the store takes an id once.
 * In the flow: dossier_clock -> reminders -> store -> bus. */
#ifndef DEADLINES_REMINDER_H
#define DEADLINES_REMINDER_H

#include "dossier_clock.h"
#include "organisation.h"

enum reminder_kind {
    REMINDER_DUE_SOON,  /* SapHetHan: to the officer and the leader */
    REMINDER_OVERDUE,   /* QuaHan: the same */
    REMINDER_ESCALATED, /* still overdue: the leader is late too, so the one above is told */
    REMINDER_APOLOGY,   /* a new date for the citizen, once in the life of a dossier */
};

enum reminder_scope {
    SCOPE_DOSSIER, /* the whole of it */
    SCOPE_STEP,    /* the present step's own date */
    SCOPE_PROMISE, /* the new date of the apology */
    SCOPE_TASK,    /* a document's */
};

enum { REMINDER_ID_BYTES = 65, REMINDERS_MAX = 8 };

struct reminder {
    enum reminder_kind kind;
    enum reminder_scope scope;
    uint64_t due_ns;
    uint64_t new_due_ns;      /* of an apology */
    uint64_t working_span_ns; /* left or late at the planned instant; 0 too when no calendar covers it */
    const char *officer, *leader, *leader_above; /* accounts; NULL: nobody is known */
    const char *step_name;
    uint32_t status; /* of the matter, as it stands */
    const struct rules *rules;
};

struct reminder_plan {
    struct reminder reminders[REMINDERS_MAX];
    uint32_t count;
    uint64_t next_ns;       /* look again then; UINT64_MAX: only when something new is heard */
    bool is_apology_missed; /* one was due, and it is too late for it */
    bool lacks_calendar;    /* some date lies outside the calendars */
};

struct reminder_world {
    const struct calendar *calendar;
    const struct rules_book *rules;
    const struct organisation *organisation;
};

/* All that is worth saying at `now_ns`, said before or not. Nothing about what ended, waits for somebody outside, or is backfill. */
void reminder_plan(const struct dossier *dossier, bool is_task, const struct reminder_world *world, uint64_t now_ns,
                   struct reminder_plan *ret_plan);

/* Same matter, kind, scope and date: the same id, on every run of every installation. An apology's id has no date: there is one. */
void reminder_id(const struct reminder *reminder, const char *code, char out[REMINDER_ID_BYTES]);

#endif
