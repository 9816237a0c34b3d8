/* policy_match.c - asking one predicate of a route.
 * Not: which routes are asked (policy_route.c). Pure; no allocation.
 * In the flow: see policy_match.h. */
#include "policy_match.h"

#include "text.h"

#include <stdio.h>

enum { FOUND_VALUE_BYTES_MAX = 64 };

static const char *const header_names[] = {
    [POLICY_HEADER_SOURCE] = "source",
    [POLICY_HEADER_SUBJECT] = "subject",
    [POLICY_HEADER_ORDERING_KEY] = "ordering-key",
    [POLICY_HEADER_CONTENT_TYPE] = "content-type",
    [POLICY_HEADER_PURPOSE_PROCEDURE] = "purpose.procedure",
    [POLICY_HEADER_PURPOSE_DOSSIER] = "purpose.dossier",
    [POLICY_HEADER_PURPOSE_LEGAL_BASIS] = "purpose.legal-basis",
    [POLICY_HEADER_URGENCY] = "urgency",
    [POLICY_HEADER_HISTORICAL] = "historical",
};

static const char *const urgency_words[] = {NULL, "normal", "urgent", "very-urgent", "express"};
enum { URGENCY_WORDS = sizeof urgency_words / sizeof urgency_words[0] };

const char *policy_header_field_name(enum policy_header_field field)
{
    return header_names[field];
}

int policy_header_field_find(struct bytes name)
{
    for (int i = 0; i < POLICY_HEADER_FIELDS_COUNT; i++)
        if (bytes_equal_string(name, header_names[i]))
            return i;
    return -1;
}

uint32_t policy_urgency_find(struct bytes word)
{
    for (uint32_t i = 1; i < URGENCY_WORDS; i++)
        if (bytes_equal_string(word, urgency_words[i]))
            return i;
    return 0;
}

const char *policy_urgency_word(uint32_t urgency)
{
    return urgency < URGENCY_WORDS && urgency > 0 ? urgency_words[urgency] : NULL;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The old form begins with a number and ends with the root's letter code: 000.00.06.H56. */
static bool agency_is_old_form(struct bytes code)
{
    if (code.size == 0 || !is_digit(code.data[0]))
        return false;
    size_t last = code.size;
    while (last > 0 && code.data[last - 1] != '.')
        last--;
    return last > 0 && last < code.size && !is_digit(code.data[last]);
}

/* Without the leading parts that are all zeros: 000.00.06.H56 → 06.H56. */
static struct bytes agency_trim_zeros(struct bytes code)
{
    for (;;) {
        size_t i = 0;
        while (i < code.size && code.data[i] == '0')
            i++;
        if (i == 0 || i >= code.size || code.data[i] != '.')
            return code;
        code = bytes_of(code.data + i + 1, code.size - i - 1);
    }
}

static bool has_prefix_part(struct bytes code, struct bytes prefix)
{
    return code.size > prefix.size && code.data[prefix.size] == '.' && memcmp(code.data, prefix.data, prefix.size) == 0;
}

static bool has_suffix_part(struct bytes code, struct bytes suffix)
{
    return code.size > suffix.size && code.data[code.size - suffix.size - 1] == '.' &&
           memcmp(code.data + code.size - suffix.size, suffix.data, suffix.size) == 0;
}

bool policy_agency_is_under(struct bytes code, struct bytes under)
{
    if (code.size == 0 || under.size == 0)
        return false;
    if (bytes_equal(code, under))
        return true;
    bool root = memchr(under.data, '.', under.size) == NULL;
    if (agency_is_old_form(code))
        return (root || agency_is_old_form(under)) && has_suffix_part(code, agency_trim_zeros(under));
    if (agency_is_old_form(under)) { /* the root itself, written in the old form: 000.00.00.H56 */
        under = agency_trim_zeros(under);
        return memchr(under.data, '.', under.size) == NULL &&
               (bytes_equal(code, under) || has_prefix_part(code, under));
    }
    return has_prefix_part(code, under);
}

static bool value_equals(const struct policy_match_value *wanted, const struct schema_value *value)
{
    switch (value->kind) {
    case SCHEMA_VALUE_TEXT:
    case SCHEMA_VALUE_BYTES:
        return bytes_equal(wanted->text, value->bytes);
    case SCHEMA_VALUE_SIGNED:
    case SCHEMA_VALUE_ENUM:
        return wanted->number == value->number;
    case SCHEMA_VALUE_UNSIGNED:
        return wanted->unsigned_number == value->unsigned_number;
    case SCHEMA_VALUE_BOOL:
        return (wanted->number != 0) == value->truth;
    case SCHEMA_VALUE_REAL: /* refused at load: equality of fractions promises too much */
        return false;
    }
    return false;
}

/* Given, as far as proto3 can tell: an absent number and a 0 are the same. */
static bool value_exists(const struct policy_match *match, const struct schema_value *value)
{
    switch (value->kind) {
    case SCHEMA_VALUE_TEXT:
        return value->bytes.size > 0;
    case SCHEMA_VALUE_BYTES:
        return schema_path_field(&match->path)->type == SCHEMA_MESSAGE ? value->present : value->bytes.size > 0;
    case SCHEMA_VALUE_SIGNED:
    case SCHEMA_VALUE_ENUM:
        return value->number != 0;
    case SCHEMA_VALUE_UNSIGNED:
        return value->unsigned_number != 0;
    case SCHEMA_VALUE_BOOL:
        return value->truth;
    case SCHEMA_VALUE_REAL:
        return value->real != 0;
    }
    return false;
}

static bool in_range(const struct policy_match *match, const struct schema_value *value)
{
    const struct policy_match_value *least = &match->values[0], *most = &match->values[1];
    if (value->kind == SCHEMA_VALUE_SIGNED)
        return value->number >= least->number && value->number <= most->number;
    return value->unsigned_number >= least->unsigned_number && value->unsigned_number <= most->unsigned_number;
}

static bool begins_with(struct bytes text, struct bytes prefix)
{
    return text.size >= prefix.size && (prefix.size == 0 || memcmp(text.data, prefix.data, prefix.size) == 0);
}

static bool takes_one(enum policy_match_operator operator, const struct policy_match_value * wanted,
                      const struct schema_value *value)
{
    if (operator== POLICY_MATCH_AGENCY_UNDER)
        return policy_agency_is_under(value->bytes, wanted->text);
    return operator== POLICY_MATCH_PREFIX ? begins_with(value->bytes, wanted->text) : value_equals(wanted, value);
}

bool policy_match_takes(const struct policy_match *match, const struct schema_value *value)
{
    if (match->operator== POLICY_MATCH_EXISTS)
        return value_exists(match, value);
    if (match->operator== POLICY_MATCH_RANGE)
        return in_range(match, value);
    for (uint32_t i = 0; i < match->values_count; i++)
        if (takes_one(match->operator, & match->values[i], value))
            return true;
    return false;
}

/* A header field as if it were a payload field, so that one comparison serves both. */
static struct schema_value header_value(const struct policy_header_view *header, enum policy_header_field field)
{
    struct schema_value value = {.kind = SCHEMA_VALUE_TEXT};
    switch (field) {
    case POLICY_HEADER_URGENCY:
        return (struct schema_value){
            .kind = SCHEMA_VALUE_UNSIGNED, .present = true, .unsigned_number = header->urgency};
    case POLICY_HEADER_HISTORICAL:
        return (struct schema_value){.kind = SCHEMA_VALUE_BOOL, .present = true, .truth = header->historical};
    case POLICY_HEADER_SOURCE:
        value.bytes = header->source;
        break;
    case POLICY_HEADER_SUBJECT:
        value.bytes = header->subject;
        break;
    case POLICY_HEADER_ORDERING_KEY:
        value.bytes = header->ordering_key;
        break;
    case POLICY_HEADER_CONTENT_TYPE:
        value.bytes = header->data_content_type;
        break;
    case POLICY_HEADER_PURPOSE_PROCEDURE:
        value.bytes = header->purpose_procedure;
        break;
    case POLICY_HEADER_PURPOSE_DOSSIER:
        value.bytes = header->purpose_dossier;
        break;
    case POLICY_HEADER_PURPOSE_LEGAL_BASIS:
        value.bytes = header->purpose_legal_basis;
        break;
    case POLICY_HEADER_FIELDS_COUNT:
        break;
    }
    value.present = value.bytes.size > 0;
    return value;
}

struct schema_value policy_match_value_absent(const struct policy_match *match)
{
    static const struct policy_header_view nothing;
    struct schema_value value;
    if (match->in_header)
        return header_value(&nothing, match->header_field);
    (void)schema_path_read(&match->path, BYTES_EMPTY, &value); /* nothing in it can be malformed */
    return value;
}

struct schema_value policy_match_value_at(const struct policy_match *match, uint32_t at)
{
    struct schema_value value = policy_match_value_absent(match);
    value.present = true;
    value.bytes = match->values[at].text;
    value.number = match->values[at].number;
    value.unsigned_number = match->values[at].unsigned_number;
    value.truth = match->values[at].number != 0;
    return value;
}

static void print_text(struct bytes text, words_translate *translate, char *found, size_t size)
{
    if (!text_is_utf8(text) || text_has_control(text)) {
        snprintf(found, size, "%s", words_by(translate, N_("is something unprintable")));
        return;
    }
    size_t shown = text_cut_utf8((const char *)text.data, text.size, FOUND_VALUE_BYTES_MAX);
    char copy[FOUND_VALUE_BYTES_MAX + sizeof "…"];
    snprintf(copy, sizeof copy, "%.*s%s", (int)shown, (const char *)text.data, shown < text.size ? "…" : "");
    snprintf(found, size, words_by(translate, N_("is '%s'")), copy);
}

/* Whether it is there is all that can be told of a part of a message, and of a person's data when that is the question. */
static bool tells_presence(const struct policy_match *match)
{
    return (match->personal && match->operator== POLICY_MATCH_EXISTS) ||
           (!match->in_header && schema_path_field(&match->path)->type == SCHEMA_MESSAGE);
}

static void print_found(const struct policy_match *match, const struct schema_value *value, words_translate *translate,
                        char *found, size_t size)
{
    bool is_text = value->kind == SCHEMA_VALUE_TEXT || value->kind == SCHEMA_VALUE_BYTES;
    bool is_given = value_exists(match, value);
    if (tells_presence(match) || (is_text && !is_given && !match->personal))
        snprintf(found, size, "%s", words_by(translate, is_given ? N_("is given") : N_("is not given")));
    else if (match->personal)
        snprintf(found, size, "%s", words_by(translate, N_("is another")));
    else if (value->kind == SCHEMA_VALUE_ENUM && value->enum_value != NULL)
        snprintf(found, size, words_by(translate, N_("is '%s'")), value->enum_value->word);
    else if (match->in_header && match->header_field == POLICY_HEADER_URGENCY)
        snprintf(found, size, words_by(translate, N_("is '%s'")),
                 policy_urgency_word((uint32_t)value->unsigned_number) != NULL
                     ? policy_urgency_word((uint32_t)value->unsigned_number)
                     : "unknown");
    else if (value->kind == SCHEMA_VALUE_BOOL)
        snprintf(found, size, words_by(translate, N_("is %s")), value->truth ? "true" : "false");
    else if (value->kind == SCHEMA_VALUE_UNSIGNED)
        snprintf(found, size, words_by(translate, N_("is %llu")), (unsigned long long)value->unsigned_number);
    else if (value->kind == SCHEMA_VALUE_SIGNED || value->kind == SCHEMA_VALUE_ENUM)
        snprintf(found, size, words_by(translate, N_("is %lld")), (long long)value->number);
    else
        print_text(value->bytes, translate, found, size);
}

struct match_walk {
    const struct policy_match *match;
    struct schema_value first;
    bool seen;
};

static int walk_value(void *context, const struct schema_field *field, const struct schema_value *value)
{
    struct match_walk *walk = context;
    (void)field;
    bool takes = policy_match_takes(walk->match, value);
    if (!walk->seen || takes)
        walk->first = *value;
    walk->seen = true;
    return takes;
}

/* 1 when any value at a repeated path is taken. Only explanations want *ret_value: the one taken, or the first. */
static int match_repeated(const struct policy_match *match, struct bytes payload, struct schema_value *ret_value)
{
    struct match_walk walk = {.match = match, .first = {.kind = SCHEMA_VALUE_TEXT}};
    int result = schema_path_each(&match->path, payload, walk_value, &walk);
    *ret_value = walk.first;
    return result;
}

int policy_match_holds(const struct policy_match *match, const struct policy_header_view *header, struct bytes payload,
                       words_translate *translate, char *found, size_t found_size)
{
    struct schema_value value;
    int result;
    if (match->in_header) {
        value = header_value(header, match->header_field);
        result = policy_match_takes(match, &value);
    } else if (match->path.repeated) {
        result = match_repeated(match, payload, &value);
    } else {
        result = schema_path_read(&match->path, payload, &value);
        if (result == 0)
            result = policy_match_takes(match, &value);
    }
    if (result >= 0 && match->negated)
        result = !result;
    if (result == 0 && found != NULL)
        print_found(match, &value, translate, found, found_size);
    return result;
}
