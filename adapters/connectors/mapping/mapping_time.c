/* mapping_time.c - see mapping_time.h: a table of the pattern's parts, one walk for checking, writing and reading each.
 * Calendar arithmetic is the proleptic Gregorian one in days since 1970; leap seconds don't exist here.
 * In the flow: functions time() and parse_time(). */
#include "mapping_time.h"

#include "fault.h"
#include "time_text.h"

enum field {
    FIELD_YEAR,
    FIELD_MONTH,
    FIELD_DAY,
    FIELD_HOUR,
    FIELD_MINUTE,
    FIELD_SECOND,
    FIELD_MILLISECOND,
    FIELD_COUNT
};
enum { YEAR_FIRST = 1970, YEAR_LAST = 2261, MINUTE_S = 60, DAY_S = 86400 };

static const struct part {
    const char *text;
    enum field field;
    int least, most;
} parts[] = {
    {"yyyy", FIELD_YEAR, YEAR_FIRST, YEAR_LAST},
    {"SSS", FIELD_MILLISECOND, 0, 999},
    {"MM", FIELD_MONTH, 1, 12},
    {"dd", FIELD_DAY, 1, 31},
    {"HH", FIELD_HOUR, 0, 23},
    {"mm", FIELD_MINUTE, 0, 59},
    {"ss", FIELD_SECOND, 0, 59},
};
enum { PART_COUNT = sizeof(parts) / sizeof(parts[0]) };

enum piece_kind { PIECE_FIELD, PIECE_ZONE, PIECE_SIGN, PIECE_UNKNOWN };

/* One piece of a pattern: a field, the zone, or a sign that stands for itself. */
struct piece {
    enum piece_kind kind;
    const struct part *part;
    uint8_t sign;
};

struct walk {
    struct bytes pattern;
    size_t at;
    bool quoted;
};

static bool starts(const struct walk *walk, const char *text)
{
    size_t size = strlen(text);
    return walk->pattern.size - walk->at >= size && memcmp(walk->pattern.data + walk->at, text, size) == 0;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool next_piece(struct walk *walk, struct piece *piece)
{
    while (walk->at < walk->pattern.size && walk->pattern.data[walk->at] == '\'') {
        walk->quoted = !walk->quoted;
        walk->at++;
    }
    if (walk->at == walk->pattern.size)
        return false;
    *piece = (struct piece){.kind = PIECE_SIGN, .sign = walk->pattern.data[walk->at]};
    size_t size = 1;
    if (!walk->quoted && is_letter(piece->sign)) {
        piece->kind = PIECE_UNKNOWN;
        if (starts(walk, "XXX")) {
            piece->kind = PIECE_ZONE;
            size = 3;
        }
        for (size_t i = 0; i < PART_COUNT && piece->kind == PIECE_UNKNOWN; i++) {
            if (!starts(walk, parts[i].text))
                continue;
            piece->kind = PIECE_FIELD;
            piece->part = &parts[i];
            size = strlen(parts[i].text);
        }
    }
    if (piece->kind != PIECE_UNKNOWN)
        walk->at += size;
    return true;
}

int mapping_time_check_pattern(struct bytes pattern, bool to_read, struct truc_fault *fault)
{
    struct walk walk = {.pattern = pattern};
    struct piece piece;
    bool seen[FIELD_COUNT] = {false};
    while (next_piece(&walk, &piece)) {
        if (piece.kind == PIECE_UNKNOWN) {
            fault_set(fault, TRUC_E_CONFIG, "'%c' is no part of a time pattern", piece.sign);
            fault_hint(fault, "known are yyyy MM dd HH mm ss SSS XXX; other letters stand in single quotes, 'T'");
            return TRUC_E_CONFIG;
        }
        if (piece.kind == PIECE_FIELD)
            seen[piece.part->field] = true;
    }
    if (to_read && !(seen[FIELD_YEAR] && seen[FIELD_MONTH] && seen[FIELD_DAY])) {
        fault_set(fault, TRUC_E_CONFIG, "a time can't be read by a pattern without yyyy, MM and dd");
        fault_hint(fault, "e.g. \"yyyyMMddHHmmss\"");
        return TRUC_E_CONFIG;
    }
    return 0;
}

static bool two_digits(const uint8_t *at, int *ret_value)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *ret_value = (at[0] - '0') * 10 + at[1] - '0';
    return true;
}

static bool read_zone(struct bytes text, int *ret_minutes, size_t *ret_size)
{
    int hours, minutes;
    if (text.size >= 1 && text.data[0] == 'Z') {
        *ret_minutes = 0;
        *ret_size = 1;
        return true;
    }
    if (text.size < 6 || (text.data[0] != '+' && text.data[0] != '-') || text.data[3] != ':')
        return false;
    if (!two_digits(text.data + 1, &hours) || !two_digits(text.data + 4, &minutes) || minutes > 59)
        return false;
    int total = hours * 60 + minutes;
    if (total > MAPPING_ZONE_MINUTES_MAX)
        return false;
    *ret_minutes = text.data[0] == '-' ? -total : total;
    *ret_size = 6;
    return true;
}

int mapping_time_parse_zone(struct bytes zone, int *ret_offset_minutes, struct truc_fault *fault)
{
    size_t size = 0;
    int minutes;
    if (!read_zone(zone, &minutes, &size) || size != zone.size) {
        fault_set(fault, TRUC_E_CONFIG, "'%.*s' is no offset from UTC", BYTES_PRINTF(zone));
        fault_hint(fault, "write \"+07:00\" or \"Z\"");
        return TRUC_E_CONFIG;
    }
    *ret_offset_minutes = minutes;
    return 0;
}

/* Days since 1970-01-01 to a civil date and back (H. Hinnant's days_from_civil, years counted from March). */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_of(int64_t days, int values[FIELD_COUNT])
{
    int64_t z = days + 719468, era = z / 146097, of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    values[FIELD_DAY] = (int)(of_year - (153 * month + 2) / 5 + 1);
    values[FIELD_MONTH] = (int)(month < 10 ? month + 3 : month - 9);
    values[FIELD_YEAR] = (int)(year + era * 400 + (values[FIELD_MONTH] <= 2));
}

void mapping_time_write(uint64_t time_ns, struct bytes pattern, int offset_minutes, struct buffer *out)
{
    int values[FIELD_COUNT];
    int64_t seconds = (int64_t)(time_ns / TIME_NS_PER_S) + (int64_t)offset_minutes * MINUTE_S;
    int64_t days = seconds >= 0 ? seconds / DAY_S : -((DAY_S - 1 - seconds) / DAY_S);
    int64_t of_day = seconds - days * DAY_S;
    civil_of(days, values);
    values[FIELD_HOUR] = (int)(of_day / 3600);
    values[FIELD_MINUTE] = (int)(of_day / 60 % 60);
    values[FIELD_SECOND] = (int)(of_day % 60);
    values[FIELD_MILLISECOND] = (int)(time_ns % TIME_NS_PER_S / TIME_NS_PER_MS);
    struct walk walk = {.pattern = pattern};
    struct piece piece;
    while (next_piece(&walk, &piece) && piece.kind != PIECE_UNKNOWN) {
        int minutes = offset_minutes < 0 ? -offset_minutes : offset_minutes;
        if (piece.kind == PIECE_FIELD)
            buffer_printf(out, "%0*d", (int)strlen(piece.part->text), values[piece.part->field]);
        else if (piece.kind == PIECE_SIGN)
            buffer_append_byte(out, piece.sign);
        else if (minutes == 0)
            buffer_append_byte(out, 'Z');
        else
            buffer_printf(out, "%c%02d:%02d", offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
    }
}

static bool read_field(struct bytes text, size_t *at, const struct part *part, int values[FIELD_COUNT])
{
    size_t width = strlen(part->text);
    int value = 0;
    if (text.size - *at < width)
        return false;
    for (size_t i = 0; i < width; i++) {
        uint8_t c = text.data[*at + i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + c - '0';
    }
    if (value < part->least || value > part->most)
        return false;
    values[part->field] = value;
    *at += width;
    return true;
}

static bool read_pieces(struct bytes text, struct bytes pattern, int values[FIELD_COUNT], int *offset_minutes)
{
    struct walk walk = {.pattern = pattern};
    struct piece piece;
    size_t at = 0;
    while (next_piece(&walk, &piece)) {
        size_t size = 1;
        if (piece.kind == PIECE_FIELD) {
            if (!read_field(text, &at, piece.part, values))
                return false;
            continue;
        }
        if (piece.kind == PIECE_ZONE) {
            if (!read_zone(bytes_of(text.data + at, text.size - at), offset_minutes, &size))
                return false;
        } else if (at == text.size || text.data[at] != piece.sign) {
            return false;
        }
        at += size;
    }
    return at == text.size;
}

int mapping_time_read(struct bytes text, struct bytes pattern, int offset_minutes, uint64_t *ret_time_ns)
{
    int values[FIELD_COUNT] = {0}, back[FIELD_COUNT];
    if (!read_pieces(text, pattern, values, &offset_minutes))
        return TRUC_E_PAYLOAD;
    int64_t days = days_of(values[FIELD_YEAR], values[FIELD_MONTH], values[FIELD_DAY]);
    civil_of(days, back);
    if (back[FIELD_DAY] != values[FIELD_DAY])
        return TRUC_E_PAYLOAD; /* 31 April, 29 February of a common year */
    int64_t seconds = days * DAY_S + (int64_t)values[FIELD_HOUR] * 3600 + (int64_t)values[FIELD_MINUTE] * 60 +
                      values[FIELD_SECOND] - (int64_t)offset_minutes * MINUTE_S;
    if (seconds < 0)
        return TRUC_E_PAYLOAD; /* before 1970 UTC: instants on the bus are unsigned */
    unsigned long long milliseconds = (unsigned)values[FIELD_MILLISECOND];
    *ret_time_ns = (uint64_t)seconds * TIME_NS_PER_S + milliseconds * TIME_NS_PER_MS;
    return 0;
}
