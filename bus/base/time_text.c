/* time_text.c - instants and spans as text and back, by the proleptic Gregorian calendar.
 * Not a clock and not a time zone database: offsets are given, or GMT+7 for people. Instants are UTC nanoseconds.
 * gmtime and timegm are not used: glibc's read the zone files and lock, and the core must do neither. */
#include "time_text.h"

#include <stdio.h>
#include <truc/error.h>

#define TIME_S_PER_DAY 86400

enum { TIME_PEOPLE_OFFSET_MINUTES = 7 * 60, TIME_OFFSET_MINUTES_MAX = 24 * 60 - 1, TIME_FRACTION_DIGITS_MAX = 9 };

struct civil {
    int64_t year;
    unsigned month, day, hour, minute, second;
};

/* Days since 1970-01-01. The year begins in March here, which puts the leap day at its end. */
static int64_t civil_days(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static struct civil civil_of(int64_t seconds)
{
    int64_t days = seconds / TIME_S_PER_DAY, rest = seconds % TIME_S_PER_DAY;
    if (rest < 0) {
        days--;
        rest += TIME_S_PER_DAY;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct civil civil = {.hour = (unsigned)(rest / 3600), .minute = (unsigned)(rest / 60 % 60)};
    civil.second = (unsigned)(rest % 60);
    civil.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
    civil.month = (unsigned)(month < 10 ? month + 3 : month - 9);
    civil.year = year + era * 400 + (civil.month <= 2);
    return civil;
}

static struct civil civil_local(uint64_t time_ns, int offset_minutes)
{
    return civil_of((int64_t)(time_ns / TIME_NS_PER_S) + (int64_t)offset_minutes * 60);
}

void time_format_clock(uint64_t time_ns, char out[TIME_TEXT_BYTES])
{
    struct civil at = civil_local(time_ns, TIME_PEOPLE_OFFSET_MINUTES);
    snprintf(out, TIME_TEXT_BYTES, "%02u:%02u:%02u.%03u (GMT+7)", at.hour, at.minute, at.second,
             (unsigned)(time_ns / TIME_NS_PER_MS % 1000));
}

void time_format_full(uint64_t time_ns, char out[TIME_TEXT_BYTES])
{
    struct civil at = civil_local(time_ns, TIME_PEOPLE_OFFSET_MINUTES);
    snprintf(out, TIME_TEXT_BYTES, "%04d-%02u-%02u %02u:%02u:%02u.%03u +07:00", (int)at.year, at.month, at.day, at.hour,
             at.minute, at.second, (unsigned)(time_ns / TIME_NS_PER_MS % 1000));
}

void time_format_rfc3339(uint64_t time_ns, char out[TIME_TEXT_BYTES])
{
    struct civil at = civil_local(time_ns, 0);
    snprintf(out, TIME_TEXT_BYTES, "%04d-%02u-%02uT%02u:%02u:%02u.%09uZ", (int)at.year, at.month, at.day, at.hour,
             at.minute, at.second, (unsigned)(time_ns % TIME_NS_PER_S));
}

void time_format_compact(uint64_t time_ns, int offset_minutes, char out[TIME_TEXT_BYTES])
{
    struct civil at = civil_local(time_ns, offset_minutes);
    snprintf(out, TIME_TEXT_BYTES, "%04d%02u%02u%02u%02u%02u", (int)at.year, at.month, at.day, at.hour, at.minute,
             at.second);
}

/* Takes exactly `digits` decimal digits from the front of *text. */
static int take_number(struct bytes *text, size_t digits, unsigned *ret_number)
{
    if (text->size < digits)
        return TRUC_E_ARGUMENT;
    unsigned number = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return TRUC_E_ARGUMENT;
        number = number * 10 + (unsigned)(text->data[i] - '0');
    }
    *text = bytes_of(text->data + digits, text->size - digits);
    *ret_number = number;
    return 0;
}

static bool take_any(struct bytes *text, const char *choices)
{
    if (text->size == 0 || text->data[0] == 0 || strchr(choices, text->data[0]) == NULL)
        return false;
    *text = bytes_of(text->data + 1, text->size - 1);
    return true;
}

static int civil_to_ns(const struct civil *at, int offset_minutes, unsigned fraction_ns, uint64_t *ret_time_ns)
{
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (at->year % 4 == 0 && at->year % 100 != 0) || at->year % 400 == 0;
    if (at->month < 1 || at->month > 12 || at->day < 1 ||
        at->day > month_days[at->month - 1] + (unsigned)(leap && at->month == 2) || at->hour > 23 || at->minute > 59 ||
        at->second > 59)
        return TRUC_E_ARGUMENT;
    int64_t seconds = civil_days(at->year, at->month, at->day) * TIME_S_PER_DAY + (int64_t)at->hour * 3600 +
                      (int64_t)at->minute * 60 + at->second - (int64_t)offset_minutes * 60;
    uint64_t time_ns;
    if (seconds < 0 || __builtin_mul_overflow((uint64_t)seconds, TIME_NS_PER_S, &time_ns) ||
        __builtin_add_overflow(time_ns, fraction_ns, &time_ns))
        return TRUC_E_ARGUMENT;
    *ret_time_ns = time_ns;
    return 0;
}

static int take_date(struct bytes *text, struct civil *at)
{
    unsigned year;
    if (take_number(text, 4, &year) < 0 || !take_any(text, "-") || take_number(text, 2, &at->month) < 0 ||
        !take_any(text, "-") || take_number(text, 2, &at->day) < 0)
        return TRUC_E_ARGUMENT;
    at->year = year;
    return 0;
}

static int take_fraction(struct bytes *text, unsigned *ret_fraction_ns)
{
    unsigned fraction = 0, digits = 0, digit;
    while (digits < TIME_FRACTION_DIGITS_MAX && take_number(text, 1, &digit) == 0) {
        fraction = fraction * 10 + digit;
        digits++;
    }
    if (digits == 0)
        return TRUC_E_ARGUMENT;
    for (; digits < TIME_FRACTION_DIGITS_MAX; digits++)
        fraction *= 10;
    *ret_fraction_ns = fraction;
    return 0;
}

static int take_offset(struct bytes *text, int *ret_offset_minutes)
{
    *ret_offset_minutes = 0;
    if (take_any(text, "Zz"))
        return 0;
    bool west = take_any(text, "-");
    unsigned hours, minutes;
    if ((!west && !take_any(text, "+")) || take_number(text, 2, &hours) < 0 || !take_any(text, ":") ||
        take_number(text, 2, &minutes) < 0 || hours > 23 || minutes > 59)
        return TRUC_E_ARGUMENT;
    *ret_offset_minutes = (int)(hours * 60 + minutes) * (west ? -1 : 1);
    return 0;
}

int time_parse_rfc3339(struct bytes text, uint64_t *ret_time_ns)
{
    struct civil at = {0};
    unsigned fraction_ns = 0;
    int offset_minutes;
    if (take_date(&text, &at) < 0 || !take_any(&text, "Tt") || take_number(&text, 2, &at.hour) < 0 ||
        !take_any(&text, ":") || take_number(&text, 2, &at.minute) < 0 || !take_any(&text, ":") ||
        take_number(&text, 2, &at.second) < 0)
        return TRUC_E_ARGUMENT;
    if (take_any(&text, ".") && take_fraction(&text, &fraction_ns) < 0)
        return TRUC_E_ARGUMENT;
    if (take_offset(&text, &offset_minutes) < 0 || text.size != 0)
        return TRUC_E_ARGUMENT;
    return civil_to_ns(&at, offset_minutes, fraction_ns, ret_time_ns);
}

static bool offset_is_sane(int offset_minutes)
{
    return offset_minutes >= -TIME_OFFSET_MINUTES_MAX && offset_minutes <= TIME_OFFSET_MINUTES_MAX;
}

int time_parse_compact(struct bytes text, int offset_minutes, uint64_t *ret_time_ns)
{
    struct civil at = {0};
    unsigned year;
    if (!offset_is_sane(offset_minutes) || take_number(&text, 4, &year) < 0 || take_number(&text, 2, &at.month) < 0 ||
        take_number(&text, 2, &at.day) < 0 || take_number(&text, 2, &at.hour) < 0 ||
        take_number(&text, 2, &at.minute) < 0 || take_number(&text, 2, &at.second) < 0 || text.size != 0)
        return TRUC_E_ARGUMENT;
    at.year = year;
    return civil_to_ns(&at, offset_minutes, 0, ret_time_ns);
}

int time_parse_date(struct bytes text, int offset_minutes, uint64_t *ret_time_ns)
{
    struct civil at = {0};
    if (!offset_is_sane(offset_minutes) || take_date(&text, &at) < 0 || text.size != 0)
        return TRUC_E_ARGUMENT;
    return civil_to_ns(&at, offset_minutes, 0, ret_time_ns);
}

static const struct span_unit {
    const char *name;
    uint64_t ns;
} span_units[] = {
    {"d", 86400 * TIME_NS_PER_S},
    {"h", 3600 * TIME_NS_PER_S},
    {"m", 60 * TIME_NS_PER_S},
    {"s", TIME_NS_PER_S},
    {"ms", TIME_NS_PER_MS},
    {"us", 1000},
    {"ns", 1},
};

enum { SPAN_UNITS = sizeof span_units / sizeof span_units[0], SPAN_UNIT_SECONDS = 3 };

int span_parse(struct bytes text, uint64_t *ret_span_ns)
{
    uint64_t number = 0;
    size_t digits = 0;
    for (; digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9'; digits++)
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(text.data[digits] - '0'), &number))
            return TRUC_E_ARGUMENT;
    if (digits == 0)
        return TRUC_E_ARGUMENT;
    struct bytes unit = bytes_of(text.data + digits, text.size - digits);
    for (size_t i = 0; i < SPAN_UNITS; i++) {
        uint64_t span_ns;
        if (!bytes_equal_string(unit, span_units[i].name))
            continue;
        if (__builtin_mul_overflow(number, span_units[i].ns, &span_ns))
            return TRUC_E_ARGUMENT;
        *ret_span_ns = span_ns;
        return 0;
    }
    return TRUC_E_ARGUMENT;
}

void span_format(uint64_t span_ns, char out[TIME_TEXT_BYTES])
{
    size_t unit = span_ns == 0 ? SPAN_UNIT_SECONDS : 0;
    while (span_ns % span_units[unit].ns != 0)
        unit++;
    snprintf(out, TIME_TEXT_BYTES, "%llu%s", (unsigned long long)(span_ns / span_units[unit].ns),
             span_units[unit].name);
}
