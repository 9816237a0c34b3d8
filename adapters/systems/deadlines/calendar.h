/* calendar.h - the working time of the province's offices, and the arithmetic of legal terms in it.
 * Not a clock and not the files (calendar_load.h): pure functions of instants. Instants are UTC nanoseconds, days are those of GMT+7.
 * In the flow: config/calendar/ -> calendar -> due dates, reminders, rates. */
#ifndef DEADLINES_CALENDAR_H
#define DEADLINES_CALENDAR_H

#include "arena.h"
#include "bytes.h"
#include "fault.h"

enum {
    CALENDAR_SESSIONS_MAX = 4,      /* of one day: a lunch break makes two */
    CALENDAR_DAYS_MAX = 366 * 60,   /* from the first calendar's beginning to the last one's end */
    CALENDAR_PERIODS_MAX = 120,     /* calendars put together */
    CALENDAR_OFFSET_S = 7 * 60 * 60 /* GMT+7, all year */
};

#define CALENDAR_DAY_NS  (86400ull * 1000000000ull)
#define CALENDAR_HOUR_NS (3600ull * 1000000000ull)
#define WORKING_DAY_NS   (8 * CALENDAR_HOUR_NS) /* 8 working hours are a working day, whatever one office's hours are */

enum calendar_day_kind {
    CALENDAR_WORKING,
    CALENDAR_WEEKEND,
    CALENDAR_HOLIDAY,
    CALENDAR_COMPENSATION, /* a holiday fell on a weekend: the next working day is free instead */
    CALENDAR_SWAPPED,      /* free, because another day is worked instead */
    CALENDAR_MAKE_UP,      /* a weekend day that is worked */
};

struct calendar_session {
    uint64_t from_ns, to_ns; /* since local midnight */
};

struct calendar_hours {
    struct calendar_session sessions[CALENDAR_SESSIONS_MAX];
    uint32_t count;
    uint64_t total_ns;
};

struct calendar_day {
    enum calendar_day_kind kind;
    const struct calendar_hours *hours;
    const char *title;  /* of the holiday, or why it is worked; "" else */
    uint64_t before_ns; /* working time of all days before this one */
};

/* Days without gap from first_day on. Made by calendar_load; everything lives in the arena. */
struct calendar {
    struct arena arena;
    int64_t first_day; /* days since 1970-01-01, local */
    uint32_t count;
    struct calendar_day *days;
    char version[65]; /* SHA-256 of the files, in hexadecimal: which calendar a date was computed with */
};

/* Whether people work on such a day. */
static inline bool calendar_kind_is_worked(enum calendar_day_kind kind)
{
    return kind == CALENDAR_WORKING || kind == CALENDAR_MAKE_UP;
}

/* Fills each day's before_ns from kinds and hours. */
void calendar_sum(struct calendar *calendar);

/* All: 0, or TRUC_E_NOT_FOUND with the day that no calendar covers. */

/* The first instant at or after `at_ns` that is worked: before opening the opening, in the lunch break the afternoon's start, after
 * closing the next working morning. */
int calendar_next(const struct calendar *calendar, uint64_t at_ns, uint64_t *ret_ns, struct truc_fault *fault);
/* The instant at which `span_ns` of working time have passed since `at_ns`; a full day ends at closing, not at the next opening. */
int calendar_add(const struct calendar *calendar, uint64_t at_ns, uint64_t span_ns, uint64_t *ret_ns,
                 struct truc_fault *fault);
/* The latest instant from which `span_ns` of working time are left until `at_ns`. */
int calendar_subtract(const struct calendar *calendar, uint64_t at_ns, uint64_t span_ns, uint64_t *ret_ns,
                      struct truc_fault *fault);
/* Working time from one instant to the other; 0 when the second is not later. */
int calendar_between(const struct calendar *calendar, uint64_t from_ns, uint64_t to_ns, uint64_t *ret_span_ns,
                     struct truc_fault *fault);
/* The same time of day on the first working day at or after that of `at_ns`. */
int calendar_roll(const struct calendar *calendar, uint64_t at_ns, uint64_t *ret_ns, struct truc_fault *fault);
/* Closing time of the first working day at or after that of `at_ns`: the end of a term that is given as a day. */
int calendar_closing(const struct calendar *calendar, uint64_t at_ns, uint64_t *ret_ns, struct truc_fault *fault);

/* The day an instant is in; NULL when no calendar covers it. */
const struct calendar_day *calendar_day_of(const struct calendar *calendar, uint64_t at_ns);

/* Days since 1970-01-01 in GMT+7, and back: the day's first instant. No calendar is needed. */
int64_t calendar_local_day(uint64_t at_ns);
uint64_t calendar_day_start(int64_t day);
static inline uint64_t calendar_time_of_day(uint64_t at_ns)
{
    return at_ns - calendar_day_start(calendar_local_day(at_ns));
}

#endif
