/* calendar_load.c - see calendar_load.h. Files in the order of their validity become one row of days: weekends, then holidays, swaps
 * and make-up days, at last the days that make up for holidays on weekends.
 * Called by deadlines_load.c and by tests. */
#include "calendar_load.h"

#include "calendar_file.h"
#include "sha256.h"
#include "text_files.h"
#include "time_text.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES_MAX = 16 * 1024 * 1024, FIRST_YEAR_DAY = 10957 /* 2000-01-01 */, DATE_BYTES = 11 };

/* One file on its way into the calendar. */
struct period {
    struct calendar_file file;
    int64_t from, until; /* days */
};

struct loading {
    struct policy_report *report;
    struct calendar *calendar;
    struct arena arena; /* of the YAML nodes */
    struct period *periods;
    uint32_t count;
};

static int64_t day_of(const struct typed_value *date)
{
    return calendar_local_day(date->number);
}

static const char *date_text(int64_t day, char out[TIME_TEXT_BYTES])
{
    time_format_full(calendar_day_start(day), out);
    out[DATE_BYTES - 1] = 0;
    return out;
}

static struct policy_spot spot(const struct typed_value *value)
{
    return policy_spot_node(value->node);
}

/* ---- hours ---- */

static bool take_two_digits(const char *text, unsigned most, unsigned *ret_number)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *ret_number = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
    return *ret_number <= most;
}

/* HH:MM, up to 24:00. */
static bool take_time(const char *text, uint64_t *ret_ns)
{
    unsigned hour, minute;
    if (!take_two_digits(text, 24, &hour) || text[2] != ':' || !take_two_digits(text + 3, 59, &minute) ||
        (hour == 24 && minute != 0))
        return false;
    *ret_ns = (hour * 60ull + minute) * 60 * TIME_NS_PER_S;
    return true;
}

static bool take_session(struct bytes text, struct calendar_session *ret_session)
{
    enum { SESSION_BYTES = 11, DASH = 5 };
    const char *at = (const char *)text.data;
    return text.size == SESSION_BYTES && at[DASH] == '-' && take_time(at, &ret_session->from_ns) &&
           take_time(at + DASH + 1, &ret_session->to_ns);
}

static const struct calendar_hours *read_hours(struct loading *loading, const struct typed_value *value)
{
    struct calendar_hours *hours = arena_alloc(&loading->calendar->arena, sizeof *hours);
    uint64_t end_ns = 0;
    if (hours == NULL) {
        loading->report->failed = TRUC_E_MEMORY;
        return NULL;
    }
    if (value->count > CALENDAR_SESSIONS_MAX)
        policy_report_error(loading->report, spot(value), "a day has at most %d working sessions",
                            CALENDAR_SESSIONS_MAX);
    for (uint32_t i = 0; i < value->count && i < CALENDAR_SESSIONS_MAX; i++) {
        struct calendar_session *session = &hours->sessions[i];
        const struct yaml_node *node = value->items[i];
        if (!take_session(node->text, session))
            policy_report_error(loading->report, policy_spot_node(node), "'%.*s' is no working session: HH:MM-HH:MM",
                                BYTES_PRINTF(node->text));
        else if (session->from_ns >= session->to_ns || session->from_ns < end_ns)
            policy_report_error(loading->report, policy_spot_node(node),
                                "the session '%.*s' ends before it begins, or begins before the one before has ended",
                                BYTES_PRINTF(node->text));
        end_ns = session->to_ns;
        hours->total_ns += session->to_ns - session->from_ns;
        hours->count++;
    }
    return hours;
}

/* ---- days ---- */

/* The day, if the file may speak of it; else a mistake. */
static struct calendar_day *own_day(struct loading *loading, const struct period *period, const struct typed_value *at,
                                    int64_t day)
{
    char text[TIME_TEXT_BYTES];
    if (day >= period->from && day <= period->until)
        return &loading->calendar->days[day - loading->calendar->first_day];
    policy_report_error(loading->report, spot(at), "%s lies outside the days this calendar is valid for",
                        date_text(day, text));
    return NULL;
}

/* Sets a day that must be of one of two kinds so far. */
static void set_day(struct loading *loading, const struct period *period, const struct typed_value *at, int64_t number,
                    enum calendar_day_kind wanted, enum calendar_day_kind kind, const struct typed_value *title)
{
    static const char *const kinds[] = {"a working day",       "a weekend day",
                                        "a holiday",           "free for a holiday on a weekend",
                                        "swapped for another", "worked already"};
    char text[TIME_TEXT_BYTES];
    struct calendar_day *day = own_day(loading, period, at, number);
    if (day == NULL)
        return;
    if (day->kind != wanted) {
        policy_report_error(loading->report, spot(at), "%s is %s, not %s", date_text(number, text), kinds[day->kind],
                            kinds[wanted]);
        return;
    }
    day->kind = kind;
    day->title = arena_string(&loading->calendar->arena, bytes_string(title->text));
    if (day->title == NULL)
        loading->report->failed = TRUC_E_MEMORY;
}

static void begin_days(struct loading *loading, const struct period *period)
{
    enum { THURSDAY = 3 }; /* 1970-01-01 */
    const struct calendar_hours *hours = read_hours(loading, &period->file.hours);
    for (int64_t number = period->from; number <= period->until; number++) {
        struct calendar_day *day = &loading->calendar->days[number - loading->calendar->first_day];
        bool is_weekend = period->file.weekend.number >> ((number + THURSDAY) % 7) & 1;
        *day = (struct calendar_day){
            .kind = is_weekend ? CALENDAR_WEEKEND : CALENDAR_WORKING, .hours = hours, .title = ""};
    }
}

/* A holiday keeps in `before_ns` whether it fell on a weekend, until compensate has read it. */
static void add_holiday(struct loading *loading, const struct period *period,
                        const struct calendar_file_holiday *holiday)
{
    char text[TIME_TEXT_BYTES];
    if (!holiday->from.node || !holiday->title.node)
        return;
    int64_t from = day_of(&holiday->from), until = holiday->until.node ? day_of(&holiday->until) : from;
    if (until < from)
        policy_report_error(loading->report, spot(&holiday->until), "%s is before the holiday's first day",
                            date_text(until, text));
    for (int64_t number = from; number <= until; number++) {
        struct calendar_day *day = own_day(loading, period, &holiday->from, number);
        if (day == NULL)
            return;
        bool is_weekend = day->kind == CALENDAR_WEEKEND;
        set_day(loading, period, &holiday->from, number, is_weekend ? CALENDAR_WEEKEND : CALENDAR_WORKING,
                CALENDAR_HOLIDAY, &holiday->title);
        day->before_ns = is_weekend;
    }
}

static void add_exceptions(struct loading *loading, const struct period *period)
{
    const struct calendar_file *file = &period->file;
    const struct calendar_file_holiday *holidays = file->holidays.objects;
    const struct calendar_file_swap *swaps = file->swaps.objects;
    const struct calendar_file_make_up *days = file->make_up.objects;
    for (uint32_t i = 0; i < file->holidays.count; i++)
        add_holiday(loading, period, &holidays[i]);
    for (uint32_t i = 0; i < file->swaps.count; i++) {
        if (!swaps[i].off.node || !swaps[i].worked.node || !swaps[i].basis.node)
            continue;
        set_day(loading, period, &swaps[i].off, day_of(&swaps[i].off), CALENDAR_WORKING, CALENDAR_SWAPPED,
                &swaps[i].basis);
        set_day(loading, period, &swaps[i].worked, day_of(&swaps[i].worked), CALENDAR_WEEKEND, CALENDAR_MAKE_UP,
                &swaps[i].basis);
    }
    for (uint32_t i = 0; i < file->make_up.count; i++)
        if (days[i].date.node && days[i].basis.node)
            set_day(loading, period, &days[i].date, day_of(&days[i].date), CALENDAR_WEEKEND, CALENDAR_MAKE_UP,
                    &days[i].basis);
}

/* A holiday on a weekend: the next working day is free instead (Bộ luật Lao động 2019, Điều 111 khoản 3). */
static void compensate(struct calendar *calendar)
{
    for (uint32_t i = 0; i < calendar->count; i++) {
        struct calendar_day *holiday = &calendar->days[i];
        if (holiday->kind != CALENDAR_HOLIDAY || holiday->before_ns == 0)
            continue;
        uint32_t next = i + 1;
        while (next < calendar->count && calendar->days[next].kind != CALENDAR_WORKING)
            next++;
        if (next < calendar->count) {
            calendar->days[next].kind = CALENDAR_COMPENSATION;
            calendar->days[next].title = holiday->title;
        }
    }
}

/* ---- files ---- */

static int order_of_periods(const void *left, const void *right)
{
    const struct period *a = left, *b = right;
    return (a->from > b->from) - (a->from < b->from);
}

/* Reads one file. Whether it can take part. */
static int read_file(struct loading *loading, const struct calendar_text *text, struct period *period)
{
    struct yaml_node *root = NULL;
    policy_report_add_source(loading->report, text->file, text->content);
    int code = yaml_document_read(&loading->arena, text->file, text->content, loading->report, &root);
    if (code == 0)
        code = yaml_typed_read(&loading->arena, &calendar_file_object, root, loading->report, &period->file);
    if (code == TRUC_E_CONFIG)
        return 0; /* the report has it */
    const struct calendar_file_valid *valid = period->file.valid.objects;
    if (code < 0 || !valid || !valid->from.node || !valid->until.node || !period->file.hours.node)
        return code;
    period->from = day_of(&valid->from);
    period->until = day_of(&valid->until);
    if (period->from < FIRST_YEAR_DAY || period->until < period->from)
        policy_report_error(loading->report, spot(&valid->from),
                            "the calendar begins before 2000, or ends before it begins");
    return 0;
}

static void check_neighbours(const struct loading *loading)
{
    char text[TIME_TEXT_BYTES];
    for (uint32_t i = 1; i < loading->count; i++) {
        const struct period *before = &loading->periods[i - 1], *period = &loading->periods[i];
        const struct calendar_file_valid *valid = period->file.valid.objects;
        if (valid == NULL || period->from == before->until + 1)
            continue;
        struct policy_problem *problem = policy_report_error(
            loading->report, spot(&valid->from),
            period->from <= before->until ? "the calendars overlap: the one before is valid until %s"
                                          : "days are missing: the calendar before is valid until %s",
            date_text(before->until, text));
        policy_report_detail(loading->report, problem, "that one is %s", before->file.node->file);
    }
}

static void hash_texts(const struct calendar_text *texts, uint32_t count, char out[65])
{
    struct sha256 state;
    sha256_begin(&state);
    for (uint32_t i = 0; i < count; i++)
        sha256_add(&state, texts[i].content);
    struct sha256_digest digest = sha256_end(&state);
    for (size_t i = 0; i < sizeof digest.bytes; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", digest.bytes[i]);
}

static int build(struct loading *loading)
{
    const struct period *last = &loading->periods[loading->count - 1];
    struct calendar *calendar = loading->calendar;
    int64_t days = last->until - loading->periods[0].from + 1;
    if (days > CALENDAR_DAYS_MAX) {
        policy_report_error(loading->report, policy_spot_line(last->file.node), "calendars of more than %d days",
                            CALENDAR_DAYS_MAX);
        return TRUC_E_CONFIG;
    }
    calendar->first_day = loading->periods[0].from;
    calendar->count = (uint32_t)days;
    calendar->days = arena_alloc_array(&calendar->arena, calendar->count, sizeof *calendar->days);
    if (calendar->days == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < loading->count; i++)
        begin_days(loading, &loading->periods[i]);
    for (uint32_t i = 0; i < loading->count; i++)
        add_exceptions(loading, &loading->periods[i]);
    if (loading->report->errors > 0 || loading->report->failed)
        return loading->report->failed ? loading->report->failed : TRUC_E_CONFIG;
    compensate(calendar);
    calendar_sum(calendar);
    return 0;
}

static int load(struct loading *loading, const struct calendar_text *texts, uint32_t count)
{
    if (count == 0 || count > CALENDAR_PERIODS_MAX) {
        policy_report_error(loading->report, policy_spot_file(count ? texts[0].file : "calendar"),
                            "1 to %d calendars are needed", CALENDAR_PERIODS_MAX);
        return TRUC_E_CONFIG;
    }
    loading->periods = arena_alloc_array(&loading->arena, count, sizeof *loading->periods);
    if (loading->periods == NULL)
        return TRUC_E_MEMORY;
    loading->count = count;
    for (uint32_t i = 0; i < count; i++) {
        int code = read_file(loading, &texts[i], &loading->periods[i]);
        if (code < 0)
            return code;
    }
    if (loading->report->errors > 0)
        return TRUC_E_CONFIG;
    qsort(loading->periods, count, sizeof *loading->periods, order_of_periods);
    check_neighbours(loading);
    hash_texts(texts, count, loading->calendar->version);
    return loading->report->errors > 0 ? TRUC_E_CONFIG : build(loading);
}

int calendar_load(const struct calendar_text *texts, uint32_t count, struct policy_report *report,
                  struct calendar **ret_calendar)
{
    struct loading loading = {.report = report,
                              .calendar = calloc(1, sizeof *loading.calendar),
                              .arena = {.used_bytes_max = ARENA_BYTES_MAX}};
    if (loading.calendar == NULL)
        return TRUC_E_MEMORY;
    loading.calendar->arena.used_bytes_max = ARENA_BYTES_MAX;
    int code = load(&loading, texts, count);
    arena_free(&loading.arena);
    if (code < 0) {
        calendar_free(loading.calendar);
        return code;
    }
    *ret_calendar = loading.calendar;
    return 0;
}

int calendar_load_folder(const char *path, struct policy_report *report, struct calendar **ret_calendar)
{
    ARENA_CLEANUP struct arena arena = {.used_bytes_max = ARENA_BYTES_MAX};
    struct calendar_text texts[CALENDAR_PERIODS_MAX];
    struct text_file files[CALENDAR_PERIODS_MAX];
    uint32_t count = 0;
    struct truc_fault fault = {0};
    int code = text_files_read_folder(&arena, path, files, CALENDAR_PERIODS_MAX, &count, &fault);
    if (code < 0) {
        policy_report_fault(report, policy_spot_file(path), &fault);
        return code == TRUC_E_MEMORY ? code : TRUC_E_CONFIG;
    }
    for (uint32_t i = 0; i < count; i++)
        texts[i] = (struct calendar_text){files[i].path, files[i].content};
    return calendar_load(texts, count, report, ret_calendar);
}

void calendar_free(struct calendar *calendar)
{
    if (calendar == NULL)
        return;
    arena_free(&calendar->arena);
    free(calendar);
}
