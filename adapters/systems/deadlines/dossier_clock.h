/* dossier_clock.h - the clock of one dossier: received, stopped while a supplement is awaited, due, ended.
 * Pure: a function of the facts up to an instant, the calendar and the rules. It judges nothing (rate.h) and tells nobody (reminder.h).
 * In the flow: dossier -> dossier_clock -> reminders, rates, `truc-deadlines explain`. */
#ifndef DEADLINES_DOSSIER_CLOCK_H
#define DEADLINES_DOSSIER_CLOCK_H

#include "calendar.h"
#include "dossier.h"
#include "rules.h"

/* What is odd about the facts, as bits: each is named in `explain` and in the log, and none stops the clock. */
enum clock_note {
    NOTE_NOT_RECEIVED = 1 << 0,         /* facts, but no receipt among them */
    NOTE_NO_DUE_DATE = 1 << 1,          /* received, no date was said and no term is known */
    NOTE_DUE_BEFORE_RECEIPT = 1 << 2,   /* the date lies before the receipt: kept as it is */
    NOTE_ENDED_BEFORE_RECEIPT = 1 << 3, /* the end lies before the receipt */
    NOTE_SUPPLEMENT_UNASKED = 1 << 4,   /* supplemented without a request before it: moves nothing */
    NOTE_DUE_OUTSIDE_HOURS = 1 << 5,    /* a time of day at which nobody works: is the sender's time zone right? */
    NOTE_REOPENED = 1 << 6,             /* in progress again after its end */
    NOTE_STATUS_UNKNOWN = 1 << 7,       /* a fact without a status: the one before stays */
    NOTE_NO_CALENDAR = 1 << 8,          /* a date that no calendar covers was not moved to a working day */
    NOTE_RECEIVED_AGAIN = 1 << 9,       /* a second receipt with another time: the first counts */
};
enum { NOTES = 10 };

/* One thing that happened to the clock, for `explain`. */
enum clock_event_kind {
    EVENT_RECEIVED, /* at, counted from `other_ns`: the first working instant */
    EVENT_DUE_SET,  /* due_ns: by the message */
    EVENT_DUE_TERM, /* due_ns: by the procedure's term of `days` working days */
    EVENT_PAUSED,
    EVENT_RESUMED, /* `days` were waited; the date moved from other_ns to due_ns */
    EVENT_STATUS,
    EVENT_STEP, /* a step with a date of its own, due_ns */
    EVENT_ENDED,
    EVENT_REOPENED,
};

struct clock_event {
    enum clock_event_kind kind;
    const struct fact *fact;
    uint64_t at_ns, due_ns, other_ns;
    uint32_t days, status;
};

/* NULL functions are not called. */
struct clock_trace {
    void (*event)(void *context, const struct clock_event *event);
    void *context;
};

struct dossier_clock {
    uint32_t status; /* of the latest fact that said one */
    uint64_t status_ns;
    uint64_t received_ns; /* 0: never */
    uint64_t base_due_ns; /* as last said, or by the term; 0: none */
    uint64_t due_ns;      /* moved by the pauses since; the truth while nothing is awaited */
    bool is_due_by_term;
    bool is_paused; /* a supplement is awaited */
    uint64_t paused_since_ns;
    uint64_t paused_ns;       /* working time of all pauses since base_due_ns was set, an open one until as_of_ns */
    uint64_t extended_due_ns; /* base_due_ns and that working time: the date with the wait subtracted; 0: none */
    uint32_t requests;        /* for supplements */
    /* Since it was last opened; 0: not so. */
    uint64_t done_ns, delivered_ns, stopped_ns, withdrawn_ns; /* 9, 10, 8 or 3, 7 */
    bool is_live;                                             /* some message was not historical */
    const char *officer;                                      /* who has it: the last one named */
    /* The present step, if it has a date of its own. */
    const char *step_name, *step_officer;
    uint64_t step_began_ns, step_due_ns; /* step_due_ns 0: none */
    uint32_t notes;                      /* enum clock_note */
    uint64_t as_of_ns;
};

/* The state at `as_of_ns`: later facts are not looked at. `trace` may be NULL. */
void dossier_clock_run(const struct dossier *dossier, const struct calendar *calendar, const struct rules_book *book,
                       uint64_t as_of_ns, const struct clock_trace *trace, struct dossier_clock *ret_clock);

/* Received and not at an end: somebody still has to do something. */
bool dossier_clock_is_open(const struct dossier_clock *clock);
/* In 5, 6 or 8: it waits for somebody outside, so nobody is reminded. */
bool dossier_clock_is_waiting(const struct dossier_clock *clock);
/* National rule: the time of 9, else of 10, else of 8 or 3, else of the withdrawal; 0: none. */
uint64_t dossier_clock_end(const struct dossier_clock *clock);

#endif
