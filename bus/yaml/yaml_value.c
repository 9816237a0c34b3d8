/* yaml_value.c - the single values of the configuration language.
 * Not: their meaning together. Everything here is a pure function of one text.
 * In the flow: see yaml_value.h. */
#include "yaml_value.h"

#include "text.h"
#include "time_text.h"

#include <stdio.h>

enum { ID_BYTES_MAX = 64, TYPE_BYTES_MAX = 128, OFFSET_MINUTES = 7 * 60, FILE_BYTES_MAX = 200 };

const char *yaml_type_text(enum yaml_type type)
{
    static const char *const texts[] = {
        [TYPED_TEXT] = N_("a text"),
        [TYPED_ID] = N_("an id of a-z, 0-9 and '-'"),
        [TYPED_TYPE] = N_("a message type like dossier.submitted"),
        [TYPED_FILE] = N_("a file name inside the configuration's directory"),
        [TYPED_SPAN] = N_("a span like 5s, 15m, 24h or 7d"),
        [TYPED_SIZE] = N_("a size like 64KiB, 16MiB or 2GiB"),
        [TYPED_COUNT] = N_("a whole number"),
        [TYPED_FACTOR] = N_("a factor like 2 or 1.5"),
        [TYPED_DATE] = N_("a day like 2026-12-31"),
        [TYPED_INSTANT] = N_("an instant like 2026-11-20T10:00:00+07:00"),
        [TYPED_BOOL] = N_("true or false"),
        [TYPED_RATE] = N_("a rate like 50/s, 30/min or 1000/h"),
        [TYPED_WORD] = N_("one of its words"),
        [TYPED_IDS] = N_("an id, or a list of ids"),
        [TYPED_TYPES] = N_("a message type, or a list of them"),
        [TYPED_TEXTS] = N_("a text, or a list of texts"),
        [TYPED_WORDS] = N_("a list of its words"),
        [TYPED_OBJECT] = N_("a map"),
        [TYPED_OBJECTS] = N_("a list of maps"),
        [TYPED_FREE] = N_("a map"),
    };
    return texts[type];
}

static bool is_word_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool yaml_is_id(struct bytes text)
{
    if (text.size == 0 || text.size > ID_BYTES_MAX || text.data[0] < 'a' || text.data[0] > 'z')
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!is_word_character(text.data[i]))
            return false;
    return text.data[text.size - 1] != '-';
}

bool yaml_is_type(struct bytes text)
{
    size_t start = 0, dots = 0;
    if (text.size > TYPE_BYTES_MAX)
        return false;
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != '.')
            continue;
        if (!yaml_is_id(bytes_of(text.data + start, i - start)))
            return false;
        dots += i < text.size;
        start = i + 1;
    }
    return dots > 0;
}

static bool is_file(struct bytes text)
{
    if (text.size == 0 || text.size > FILE_BYTES_MAX || text.data[0] == '/')
        return false;
    size_t start = 0;
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != '/')
            continue;
        struct bytes part = bytes_of(text.data + start, i - start);
        if (part.size == 0 || part.data[0] == '.') /* "", ".", ".." and hidden files */
            return false;
        start = i + 1;
    }
    return true;
}

/* The digits at the front; the rest of the text in *ret_rest. False without digits or beyond 64 bits. */
static bool take_number(struct bytes text, uint64_t *ret_number, struct bytes *ret_rest)
{
    uint64_t number = 0;
    size_t i = 0;
    for (; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *ret_number = number;
    *ret_rest = bytes_of(text.data + i, text.size - i);
    return i > 0;
}

static bool read_unit(struct bytes text, const char *const *units, const uint64_t *factors, size_t count,
                      uint64_t *ret_number)
{
    uint64_t number;
    struct bytes rest;
    if (!take_number(text, &number, &rest))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!bytes_equal_string(rest, units[i]) || number > UINT64_MAX / factors[i])
            continue;
        *ret_number = number * factors[i];
        return true;
    }
    return false;
}

static bool read_size(struct bytes text, uint64_t *ret_number)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
    static const uint64_t factors[] = {1, 1ull << 10, 1ull << 20, 1ull << 30, 1ull << 40};
    return read_unit(text, units, factors, sizeof units / sizeof units[0], ret_number);
}

static bool read_rate(struct bytes text, struct typed_value *value)
{
    static const char *const units[] = {"/s", "/min", "/h", "/d"};
    static const uint64_t spans_s[] = {1, 60, 3600, 86400};
    struct bytes rest;
    if (!take_number(text, &value->number, &rest) || value->number == 0 || value->number > UINT32_MAX)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!bytes_equal_string(rest, units[i]))
            continue;
        value->span_ns = spans_s[i] * TIME_NS_PER_S;
        return true;
    }
    return false;
}

/* 2, 1.5 or 1.25 → percent. */
static bool read_factor(struct bytes text, uint64_t *ret_number)
{
    uint64_t whole, part = 0;
    struct bytes rest;
    if (!take_number(text, &whole, &rest) || whole > 1000)
        return false;
    if (rest.size > 0) {
        struct bytes end;
        if (rest.data[0] != '.' || rest.size > 3 || !take_number(bytes_of(rest.data + 1, rest.size - 1), &part, &end) ||
            end.size > 0)
            return false;
        if (rest.size == 2)
            part *= 10;
    }
    *ret_number = whole * 100 + part;
    return true;
}

static bool read_word(const struct yaml_key *key, struct bytes text, uint64_t *ret_number)
{
    for (uint64_t i = 0; key->words[i] != NULL; i++) {
        if (!bytes_equal_string(text, key->words[i]))
            continue;
        *ret_number = i;
        return true;
    }
    return false;
}

static bool read_bool(struct bytes text, uint64_t *ret_number)
{
    *ret_number = bytes_equal_string(text, "true");
    return *ret_number || bytes_equal_string(text, "false");
}

/* What YAML 1.1 reads as "nothing" when it stands without quotes. */
static bool is_null(struct bytes text)
{
    static const char *const words[] = {"~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (bytes_equal_string(text, words[i]))
            return true;
    return false;
}

static bool read_by_type(const struct yaml_key *key, const struct yaml_node *node, struct typed_value *value)
{
    struct bytes text = node->text, rest;
    switch (key->type) {
    case TYPED_ID:
        return yaml_is_id(text);
    case TYPED_TYPE:
        return yaml_is_type(text);
    case TYPED_FILE:
        return is_file(text);
    case TYPED_SPAN:
        return span_parse(text, &value->number) == 0;
    case TYPED_SIZE:
        return read_size(text, &value->number);
    case TYPED_COUNT:
        return take_number(text, &value->number, &rest) && rest.size == 0;
    case TYPED_FACTOR:
        return read_factor(text, &value->number);
    case TYPED_DATE:
        return time_parse_date(text, OFFSET_MINUTES, &value->number) == 0;
    case TYPED_INSTANT:
        return time_parse_rfc3339(text, &value->number) == 0;
    case TYPED_BOOL:
        return read_bool(text, &value->number);
    case TYPED_RATE:
        return read_rate(text, value);
    case TYPED_WORD:
        return read_word(key, text, &value->number);
    default:
        return text.size > 0 && (node->quoted || !is_null(text));
    }
}

void yaml_key_form(const struct yaml_key *key, words_translate *translate, char out[YAML_FORM_BYTES])
{
    size_t used = 0;
    if (key->words == NULL)
        snprintf(out, YAML_FORM_BYTES, "%s", words_by(translate, yaml_type_text(key->type)));
    for (size_t i = 0; key->words != NULL && key->words[i] != NULL && used < YAML_FORM_BYTES; i++)
        used += (size_t)snprintf(out + used, YAML_FORM_BYTES - used, "%s%s",
                                 i == 0                      ? ""
                                 : key->words[i + 1] == NULL ? words_by(translate, N_(" or "))
                                                             : ", ",
                                 key->words[i]);
}

static void refuse_word(const struct yaml_key *key, const struct yaml_node *node, struct policy_report *report)
{
    char form[YAML_FORM_BYTES];
    yaml_key_form(key, report->translate, form);
    size_t count = 0;
    while (key->words[count] != NULL)
        count++;
    struct policy_problem *problem = policy_report_error(report, policy_spot_node(node), "'%s' is %s, not '%s'",
                                                         key->name, form, (const char *)node->text.data);
    policy_report_did_you_mean(report, problem, text_nearest(node->text, key->words, count));
}

static void format_bound(const struct yaml_key *key, uint64_t number, char out[TIME_TEXT_BYTES])
{
    static const struct {
        uint64_t factor;
        const char *unit;
    } sizes[] = {{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}};
    if (key->type == TYPED_SPAN) {
        span_format(number, out);
        return;
    }
    if (key->type == TYPED_FACTOR) {
        if (number % 100 == 0)
            snprintf(out, TIME_TEXT_BYTES, "%llu", (unsigned long long)(number / 100));
        else
            snprintf(out, TIME_TEXT_BYTES, "%llu.%02llu", (unsigned long long)(number / 100),
                     (unsigned long long)(number % 100));
        return;
    }
    for (size_t i = 0; i < 3 && key->type == TYPED_SIZE; i++) {
        if (number % sizes[i].factor != 0 || number == 0)
            continue;
        snprintf(out, TIME_TEXT_BYTES, "%llu%s", (unsigned long long)(number / sizes[i].factor), sizes[i].unit);
        return;
    }
    snprintf(out, TIME_TEXT_BYTES, "%llu", (unsigned long long)number);
}

void yaml_key_bounds(const struct yaml_key *key, words_translate *translate, char out[YAML_FORM_BYTES])
{
    char least[TIME_TEXT_BYTES], most[TIME_TEXT_BYTES];
    out[0] = 0;
    if (key->most == 0)
        return;
    format_bound(key, key->least, least);
    format_bound(key, key->most, most);
    (void)snprintf(out, YAML_FORM_BYTES, words_by(translate, N_("between %s and %s")), least, most);
}

static bool within_bounds(const struct yaml_key *key, const struct yaml_node *node, uint64_t number,
                          struct policy_report *report)
{
    if (key->most == 0 || (number >= key->least && number <= key->most))
        return true;
    char bounds[YAML_FORM_BYTES];
    yaml_key_bounds(key, report->translate, bounds);
    policy_report_error(report, policy_spot_node(node), "'%s' is %s, not %s", key->name, bounds,
                        (const char *)node->text.data);
    return false;
}

void yaml_value_read(const struct yaml_key *key, const struct yaml_node *node, struct policy_report *report,
                     struct typed_value *ret)
{
    struct typed_value value = {.node = node, .text = (const char *)node->text.data};
    if (node->kind != YAML_TEXT) {
        policy_report_error(report, policy_spot_node(node), "an entry of '%s' is %s", key->name,
                            words_by(report->translate, yaml_type_text(key->type)));
        return;
    }
    if (!read_by_type(key, node, &value)) {
        if (key->type == TYPED_WORD)
            refuse_word(key, node, report);
        else if (node->text.size == 0)
            policy_report_error(report, policy_spot_node(node), "'%s' is empty; it is %s", key->name,
                                words_by(report->translate, yaml_type_text(key->type)));
        else
            policy_report_error(report, policy_spot_node(node), "'%s' is %s, not '%s'", key->name,
                                words_by(report->translate, yaml_type_text(key->type)), value.text);
        return;
    }
    if (within_bounds(key, node, value.number, report))
        *ret = value;
}
