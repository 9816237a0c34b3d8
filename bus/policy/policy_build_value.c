/* policy_build_value.c - the single values of a predicate, typed by the field they are compared with.
 * Not: which operator takes them (policy_build_match.c).
 * In the flow: see policy_build.h. */
#include "policy_build.h"

#include "text.h"
#include "time_text.h"

#include <errno.h>
#include <stdlib.h>

enum { ENUM_SUGGESTIONS_MAX = 256 };

static const char *text_of(const struct yaml_node *node)
{
    return (const char *)node->text.data;
}

static void refuse_value(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                         const char *wanted)
{
    policy_report_error(build->report, policy_spot_node(node), "%s is %s, not '%s'", text_of(key),
                        words_by(build->report->translate, wanted), text_of(node));
}

static bool read_enum(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                      const struct schema_enum *enumeration, struct policy_match_value *value)
{
    const struct schema_enum_value *found = schema_enum_find(enumeration, node->text);
    if (found != NULL) {
        value->number = found->number;
        return true;
    }
    const char *words[ENUM_SUGGESTIONS_MAX];
    size_t count = 0;
    struct buffer list BUFFER_CLEANUP = {0};
    for (size_t i = 0; i < enumeration->value_count && count < ENUM_SUGGESTIONS_MAX; i++) {
        words[count++] = enumeration->values[i].word;
        buffer_printf(&list, "%s%s", i == 0 ? "" : ", ", enumeration->values[i].word);
    }
    struct policy_problem *problem =
        policy_report_error(build->report, policy_spot_node(node), "%s has no value '%s'", text_of(key), text_of(node));
    const char *nearest = text_nearest(node->text, words, count);
    if (nearest != NULL)
        policy_report_did_you_mean(build->report, problem, nearest);
    else
        policy_report_detail(build->report, problem, "its values: %s", policy_report_text(build->report, &list));
    return false;
}

static bool read_truth(struct bytes text, struct policy_match_value *value)
{
    value->number = bytes_equal_string(text, "true");
    return value->number != 0 || bytes_equal_string(text, "false");
}

/* A whole number, with a sign only where the field can have one. */
static bool read_number(struct bytes text, bool is_signed, struct policy_match_value *value)
{
    char copy[24], *end;
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    bool negative = copy[0] == '-';
    if ((negative && !is_signed) || copy[negative] < '0' || copy[negative] > '9')
        return false;
    errno = 0;
    if (is_signed)
        value->number = strtoll(copy, &end, 10);
    else
        value->unsigned_number = strtoull(copy, &end, 10);
    return errno == 0 && *end == 0;
}

static bool read_header_value(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                              enum policy_header_field field, struct policy_match_value *value)
{
    if (field == POLICY_HEADER_HISTORICAL) {
        bool right = read_truth(node->text, value);
        if (!right)
            refuse_value(build, key, node, N_("true or false"));
        return right;
    }
    if (field != POLICY_HEADER_URGENCY)
        return true;
    value->unsigned_number = policy_urgency_find(node->text);
    if (value->unsigned_number == 0)
        refuse_value(build, key, node, N_("normal, urgent, very-urgent or express"));
    return value->unsigned_number != 0;
}

static bool read_body_value(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                            const struct schema_field *field, struct policy_match_value *value)
{
    switch (field->type) {
    case SCHEMA_ENUM:
        return read_enum(build, key, node, field->enumeration, value);
    case SCHEMA_BOOL:
        if (read_truth(node->text, value))
            return true;
        refuse_value(build, key, node, N_("true or false"));
        return false;
    case SCHEMA_INT32:
    case SCHEMA_INT64:
    case SCHEMA_SINT32:
    case SCHEMA_SINT64:
    case SCHEMA_SFIXED32:
    case SCHEMA_SFIXED64:
        if (read_number(node->text, true, value))
            return true;
        refuse_value(build, key, node, N_("a whole number"));
        return false;
    case SCHEMA_UINT32:
    case SCHEMA_UINT64:
    case SCHEMA_FIXED32:
    case SCHEMA_FIXED64:
        if (read_number(node->text, false, value) ||
            (field->instant && time_parse_rfc3339(node->text, &value->unsigned_number) == 0))
            return true;
        refuse_value(build, key, node,
                     field->instant ? N_("an instant like 2026-11-20T10:00:00+07:00")
                                    : N_("a whole number, 0 or more"));
        return false;
    default:
        return true;
    }
}

static bool read_text(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                      const struct policy_match *match)
{
    size_t size = node->text.size;
    if (match->operator== POLICY_MATCH_AGENCY_UNDER) {
        if (size > 0 && size <= POLICY_AGENCY_BYTES_MAX)
            return true;
        refuse_value(build, key, node, N_("an agency code of at most 35 characters"));
        return false;
    }
    if (size == 0)
        policy_report_error(build->report, policy_spot_node(node), "every text begins with an empty 'prefix'");
    return size > 0;
}

int build_match_value(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                      const struct policy_match *match, struct policy_match_value *ret_value)
{
    if (node->kind != YAML_TEXT) {
        policy_report_error(build->report, policy_spot_node(node), "%s is compared with single values", text_of(key));
        return 0;
    }
    const char *text = build_keep(build, text_of(node));
    if (text == NULL)
        return TRUC_E_MEMORY;
    struct policy_match_value value = {.text = bytes_string(text)};
    bool right;
    if (match->operator== POLICY_MATCH_AGENCY_UNDER || match->operator== POLICY_MATCH_PREFIX)
        right = read_text(build, key, node, match);
    else if (match->in_header)
        right = read_header_value(build, key, node, match->header_field, &value);
    else
        right = read_body_value(build, key, node, schema_path_field(&match->path), &value);
    if (right)
        *ret_value = value;
    return right;
}
