/* rate.h - both on-time rates, as defined: the national one (Decision 766/QĐ-TTg) and the province's. They disagree, so both are kept.
 * Pure verdicts on one dossier's clock; adding them up is report.c's work.
 * In the flow: dossier_clock -> verdicts -> report, explain. */
#ifndef DEADLINES_RATE_H
#define DEADLINES_RATE_H

#include "dossier_clock.h"

enum rate_verdict { RATE_LEFT_OUT, RATE_ON_TIME, RATE_LATE };

/* Why. Each stands for one line of the report. */
enum rate_reason {
    RATE_NOT_RECEIVED,         /* left out: never received, nor refused */
    RATE_ENDED_IN_TIME,        /* handled by the date */
    RATE_ENDED_LATE,           /* handled after it */
    RATE_STILL_IN_TIME,        /* open, the date is ahead */
    RATE_STILL_LATE,           /* open, the date has passed */
    RATE_TOO_MANY_SUPPLEMENTS, /* national: asked for more than once */
    RATE_NO_DUE_DATE,          /* no date: nothing was exceeded */
    RATE_STATUS_LEFT_OUT,      /* province: 1 and 3 */
    RATE_WITHDRAWN,            /* province: 7 */
    RATE_PAUSED,               /* province: 5, 6, 8 */
    RATE_REASONS
};

struct rate_judgement {
    enum rate_verdict verdict;
    enum rate_reason reason;
    uint64_t end_ns; /* what was compared: end, or the present */
    uint64_t due_ns; /* with this; 0: with nothing */
};

/* National: handled in time, or still within the deadline. The end is the time of 9, else of 10, else of 8 or 3; the withdrawal (7) is
 * one only of what was received. The time a supplement was awaited is subtracted, as working time, by moving the date by it: a wait
 * over a weekend must not cost the office days it does not work. More requests than `rules` allow are late. Instants are compared. */
struct rate_judgement rate_national(const struct dossier_clock *clock, const struct rules *rules);
/* Province: days are compared. 9 and 10 by the day they ended, 2 and 4 by the present day, 7 on time, 5, 6 and 8 paused and on time,
 * 1 and 3 left out, without a date on time. */
struct rate_judgement rate_province(const struct dossier_clock *clock);

/* Whether the dossier belongs to a period: received or ended in it. `until_ns` is the first instant after it. */
bool rate_in_period(const struct dossier_clock *clock, uint64_t from_ns, uint64_t until_ns);

#endif
