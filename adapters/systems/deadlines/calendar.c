/* calendar.c - see calendar.h. Working time is a running total over the days, so that every question is one look-up.
 * Adding takes the earliest instant with a total, subtracting and "next" the latest: they differ by the free time in between.
 * Called by dossier_clock.c, reminder.c, rate.c. */
#include "calendar.h"

#include "time_text.h"

#define OFFSET_NS (CALENDAR_OFFSET_S * TIME_NS_PER_S)

int64_t calendar_local_day(uint64_t at_ns)
{
    return (int64_t)(at_ns / CALENDAR_DAY_NS + (at_ns % CALENDAR_DAY_NS + OFFSET_NS) / CALENDAR_DAY_NS);
}

uint64_t calendar_day_start(int64_t day)
{
    return (uint64_t)day * CALENDAR_DAY_NS - OFFSET_NS;
}

void calendar_sum(struct calendar *calendar)
{
    uint64_t total_ns = 0;
    for (uint32_t i = 0; i < calendar->count; i++) {
        struct calendar_day *day = &calendar->days[i];
        day->before_ns = total_ns;
        if (calendar_kind_is_worked(day->kind))
            total_ns += day->hours->total_ns;
    }
}

static int uncovered(uint64_t at_ns, struct truc_fault *fault)
{
    char text[TIME_TEXT_BYTES];
    time_format_full(at_ns, text);
    fault_set(fault, TRUC_E_NOT_FOUND, "no calendar covers %.10s", text);
    fault_hint(fault, "add that year to the calendar's folder");
    return TRUC_E_NOT_FOUND;
}

const struct calendar_day *calendar_day_of(const struct calendar *calendar, uint64_t at_ns)
{
    int64_t day = calendar_local_day(at_ns) - calendar->first_day;
    return day >= 0 && day < (int64_t)calendar->count ? &calendar->days[day] : NULL;
}

static uint64_t worked_in(const struct calendar_day *day)
{
    return calendar_kind_is_worked(day->kind) ? day->hours->total_ns : 0;
}

/* Working time of one day up to a time of day. */
static uint64_t worked_until(const struct calendar_day *day, uint64_t time_ns)
{
    uint64_t total_ns = 0;
    if (!calendar_kind_is_worked(day->kind))
        return 0;
    for (uint32_t i = 0; i < day->hours->count; i++) {
        const struct calendar_session *session = &day->hours->sessions[i];
        if (time_ns > session->from_ns)
            total_ns += (time_ns < session->to_ns ? time_ns : session->to_ns) - session->from_ns;
    }
    return total_ns;
}

/* The running total at an instant. */
static int total_at(const struct calendar *calendar, uint64_t at_ns, uint64_t *ret_total_ns, struct truc_fault *fault)
{
    const struct calendar_day *day = calendar_day_of(calendar, at_ns);
    if (day == NULL)
        return uncovered(at_ns, fault);
    *ret_total_ns = day->before_ns + worked_until(day, calendar_time_of_day(at_ns));
    return 0;
}

/* How many days begin with a total of less than `total_ns` (or of at most that). Totals never fall, so halving finds it. */
static uint32_t days_below(const struct calendar *calendar, uint64_t total_ns, bool or_equal)
{
    uint32_t low = 0, high = calendar->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint64_t before_ns = calendar->days[middle].before_ns;
        if (before_ns < total_ns || (or_equal && before_ns == total_ns))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The time of day at which a day's own working time reaches `worked_ns`: at its earliest, or just before it goes on. */
static uint64_t time_at(const struct calendar_hours *hours, uint64_t worked_ns, bool latest)
{
    uint32_t i = 0;
    for (; i + 1 < hours->count; i++) {
        uint64_t session_ns = hours->sessions[i].to_ns - hours->sessions[i].from_ns;
        if (worked_ns < session_ns || (!latest && worked_ns == session_ns))
            break;
        worked_ns -= session_ns;
    }
    return hours->sessions[i].from_ns + worked_ns;
}

static uint64_t calendar_end(const struct calendar *calendar)
{
    return calendar_day_start(calendar->first_day + calendar->count);
}

/* The earliest instant with that total, which is not 0. */
static int earliest(const struct calendar *calendar, uint64_t total_ns, uint64_t *ret_ns, struct truc_fault *fault)
{
    uint32_t index = days_below(calendar, total_ns, false) - 1; /* the first day begins with 0 */
    const struct calendar_day *day = &calendar->days[index];
    if (total_ns > day->before_ns + worked_in(day))
        return uncovered(calendar_end(calendar), fault);
    *ret_ns = calendar_day_start(calendar->first_day + index) + time_at(day->hours, total_ns - day->before_ns, false);
    return 0;
}

/* The latest instant with that total: from it on, work goes on. */
static int latest(const struct calendar *calendar, uint64_t total_ns, uint64_t *ret_ns, struct truc_fault *fault)
{
    uint32_t index = days_below(calendar, total_ns, true) - 1;
    const struct calendar_day *day = &calendar->days[index];
    if (total_ns >= day->before_ns + worked_in(day))
        return uncovered(calendar_end(calendar), fault);
    *ret_ns = calendar_day_start(calendar->first_day + index) + time_at(day->hours, total_ns - day->before_ns, true);
    return 0;
}

int calendar_next(const struct calendar *calendar, uint64_t at_ns, uint64_t *ret_ns, struct truc_fault *fault)
{
    uint64_t total_ns;
    int code = total_at(calendar, at_ns, &total_ns, fault);
    return code < 0 ? code : latest(calendar, total_ns, ret_ns, fault);
}

int calendar_add(const struct calendar *calendar, uint64_t at_ns, uint64_t span_ns, uint64_t *ret_ns,
                 struct truc_fault *fault)
{
    uint64_t total_ns;
    if (span_ns == 0)
        return calendar_next(calendar, at_ns, ret_ns, fault);
    int code = total_at(calendar, at_ns, &total_ns, fault);
    if (code == 0 && __builtin_add_overflow(total_ns, span_ns, &total_ns))
        return uncovered(calendar_end(calendar), fault);
    return code < 0 ? code : earliest(calendar, total_ns, ret_ns, fault);
}

int calendar_subtract(const struct calendar *calendar, uint64_t at_ns, uint64_t span_ns, uint64_t *ret_ns,
                      struct truc_fault *fault)
{
    uint64_t total_ns;
    int code = total_at(calendar, at_ns, &total_ns, fault);
    if (code < 0)
        return code;
    if (span_ns == 0) {
        *ret_ns = at_ns;
        return 0;
    }
    if (span_ns > total_ns)
        return uncovered(calendar_day_start(calendar->first_day - 1), fault);
    return latest(calendar, total_ns - span_ns, ret_ns, fault);
}

int calendar_between(const struct calendar *calendar, uint64_t from_ns, uint64_t to_ns, uint64_t *ret_span_ns,
                     struct truc_fault *fault)
{
    uint64_t before_ns, after_ns;
    int code = total_at(calendar, from_ns, &before_ns, fault);
    if (code == 0)
        code = total_at(calendar, to_ns, &after_ns, fault);
    if (code < 0)
        return code;
    *ret_span_ns = after_ns > before_ns ? after_ns - before_ns : 0;
    return 0;
}

/* The first working day at or after that of `at_ns`, as a place among the days. */
static int working_day(const struct calendar *calendar, uint64_t at_ns, uint32_t *ret_index, struct truc_fault *fault)
{
    const struct calendar_day *day = calendar_day_of(calendar, at_ns);
    if (day == NULL)
        return uncovered(at_ns, fault);
    uint32_t index = (uint32_t)(day - calendar->days);
    while (index < calendar->count && !calendar_kind_is_worked(calendar->days[index].kind))
        index++;
    if (index == calendar->count)
        return uncovered(calendar_end(calendar), fault);
    *ret_index = index;
    return 0;
}

int calendar_roll(const struct calendar *calendar, uint64_t at_ns, uint64_t *ret_ns, struct truc_fault *fault)
{
    uint32_t index;
    int code = working_day(calendar, at_ns, &index, fault);
    if (code == 0)
        *ret_ns = calendar_day_start(calendar->first_day + index) + calendar_time_of_day(at_ns);
    return code;
}

int calendar_closing(const struct calendar *calendar, uint64_t at_ns, uint64_t *ret_ns, struct truc_fault *fault)
{
    uint32_t index;
    int code = working_day(calendar, at_ns, &index, fault);
    if (code < 0)
        return code;
    const struct calendar_hours *hours = calendar->days[index].hours;
    *ret_ns = calendar_day_start(calendar->first_day + index) + hours->sessions[hours->count - 1].to_ns;
    return 0;
}
