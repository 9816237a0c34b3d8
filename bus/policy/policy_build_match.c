/* policy_build_match.c - a route's `match:` map into predicates, type-checked against the schema.
 * Not: asking them (policy_match.c).
 * In the flow: see policy_build.h. */
#include "policy_build.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>

enum { ASKED_VALUES_SHOWN = 8, ENUM_SUGGESTIONS_MAX = 256 };

static const char *text_of(const struct yaml_node *node)
{
    return (const char *)node->text.data;
}

/* The path in the key is underlined as a whole: the text names it whole, the hint names the step. */
static void refuse_path(struct policy_build *build, const struct yaml_node *key, struct bytes path,
                        const struct schema_message *message, const char *hint)
{
    struct policy_spot spot = policy_spot_part(key, 5, path.size > 0 ? (uint32_t)path.size : 1);
    struct policy_problem *problem =
        policy_report_error(build->report, spot, "%s has no field '%.*s'", message->type, BYTES_PRINTF(path));
    if (strncmp(hint, "did you mean", 12) == 0)
        policy_report_detail(build->report, problem, "%s", hint);
    policy_report_detail(build->report, problem, "its fields: truc schema show %s", message->type);
}

/* body.PATH: the compiled path. False after a mistake. */
static bool build_body_field(struct policy_build *build, const struct yaml_node *key,
                             const struct schema_message *message, struct policy_match *match)
{
    struct bytes path = bytes_of(key->text.data + 5, key->text.size - 5);
    struct truc_fault fault = {0};
    if (schema_path_compile(message, path, &match->path, &fault) < 0) {
        refuse_path(build, key, path, message, fault.hint);
        return false;
    }
    const struct schema_field *field = schema_path_field(&match->path);
    for (uint32_t i = 0; i < match->path.step_count; i++)
        match->personal |= match->path.steps[i]->personal != SCHEMA_PERSONAL_NONE;
    if (field->identity) {
        policy_report_error(build->report, policy_spot_node(key),
                            "'%.*s' is an identity number: nothing is routed by it", BYTES_PRINTF(path));
        return false;
    }
    if (field->type == SCHEMA_MESSAGE || field->type == SCHEMA_DOUBLE || field->type == SCHEMA_FLOAT) {
        struct policy_problem *problem =
            policy_report_error(build->report, policy_spot_node(key), "'%.*s' is of type %s: it can't be compared",
                                BYTES_PRINTF(path), schema_type_text(field->type));
        if (field->type == SCHEMA_MESSAGE)
            policy_report_detail(build->report, problem, "name a field within it: truc schema show %s", message->type);
        return false;
    }
    return true;
}

static bool build_header_field(struct policy_build *build, const struct yaml_node *key, struct policy_match *match)
{
    struct bytes name = bytes_of(key->text.data + 7, key->text.size - 7);
    int field = policy_header_field_find(name);
    match->in_header = true;
    if (field >= 0) {
        match->header_field = (enum policy_header_field)field;
        return true;
    }
    struct policy_problem *problem =
        policy_report_error(build->report, policy_spot_part(key, 7, (uint32_t)name.size),
                            "a route can't ask for the header field '%.*s'", BYTES_PRINTF(name));
    const char *names[POLICY_HEADER_FIELDS_COUNT];
    for (int i = 0; i < POLICY_HEADER_FIELDS_COUNT; i++)
        names[i] = policy_header_field_name((enum policy_header_field)i);
    policy_report_did_you_mean(build->report, problem, text_nearest(name, names, POLICY_HEADER_FIELDS_COUNT));
    return false;
}

static void refuse_value(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                         const char *wanted)
{
    policy_report_error(build->report, policy_spot_node(node), "%s is %s, not '%s'", text_of(key), wanted,
                        text_of(node));
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
    const char *nearest = text_nearest(node->text, words, count), *all = buffer_string(&list);
    if (nearest != NULL)
        policy_report_did_you_mean(build->report, problem, nearest);
    else if (all != NULL)
        policy_report_detail(build->report, problem, "its values: %s", all);
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
            refuse_value(build, key, node, "true or false");
        return right;
    }
    if (field != POLICY_HEADER_URGENCY)
        return true;
    value->unsigned_number = policy_urgency_find(node->text);
    if (value->unsigned_number == 0)
        refuse_value(build, key, node, "normal, urgent, very-urgent or express");
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
        refuse_value(build, key, node, "true or false");
        return false;
    case SCHEMA_INT32:
    case SCHEMA_INT64:
    case SCHEMA_SINT32:
    case SCHEMA_SINT64:
    case SCHEMA_SFIXED32:
    case SCHEMA_SFIXED64:
        if (read_number(node->text, true, value))
            return true;
        refuse_value(build, key, node, "a whole number");
        return false;
    case SCHEMA_UINT32:
    case SCHEMA_UINT64:
    case SCHEMA_FIXED32:
    case SCHEMA_FIXED64:
        if (read_number(node->text, false, value))
            return true;
        refuse_value(build, key, node, "a whole number, 0 or more");
        return false;
    default:
        return true;
    }
}

static int build_value(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                       struct policy_match *match, struct policy_match_value *values)
{
    if (node->kind != YAML_TEXT) {
        policy_report_error(build->report, policy_spot_node(node), "%s is compared with single values", text_of(key));
        return 0;
    }
    struct policy_match_value value = {0};
    const char *text = build_keep(build, text_of(node));
    if (text == NULL)
        return TRUC_E_MEMORY;
    value.text = bytes_string(text);
    bool right;
    if (match->operator== POLICY_MATCH_AGENCY_UNDER) {
        right = value.text.size > 0 && value.text.size <= POLICY_AGENCY_BYTES_MAX;
        if (!right)
            refuse_value(build, key, node, "an agency code of at most 35 characters");
    } else {
        right = match->in_header ? read_header_value(build, key, node, match->header_field, &value)
                                 : read_body_value(build, key, node, schema_path_field(&match->path), &value);
    }
    if (right)
        values[match->values_count++] = value;
    return 0;
}

/* "full or partial"; "agency under H56" */
static const char *asked_text(struct policy_build *build, const struct policy_match *match)
{
    struct buffer text BUFFER_CLEANUP = {0};
    if (match->operator== POLICY_MATCH_AGENCY_UNDER)
        buffer_append_string(&text, "an agency under ");
    for (uint32_t i = 0; i < match->values_count && i < ASKED_VALUES_SHOWN; i++)
        buffer_printf(&text, "%s%s",
                      i == 0                         ? ""
                      : i + 1 == match->values_count ? " or "
                                                     : ", ",
                      (const char *)match->values[i].text.data);
    if (match->values_count > ASKED_VALUES_SHOWN)
        buffer_append_string(&text, ", …");
    const char *asked = match->personal ? "another value" : buffer_string(&text);
    return asked == NULL ? NULL : build_keep(build, asked);
}

/* {agency-under: CODE} or {agency-under: [CODE, …]}: its values; NULL after a mistake. */
static const struct yaml_node *agency_under(struct policy_build *build, const struct yaml_node *key,
                                            const struct yaml_node *map, struct policy_match *match)
{
    static const char *const operators[] = {"agency-under"};
    const struct yaml_node *name = map->first;
    if (name == NULL || name->next != NULL || strcmp(text_of(name), operators[0]) != 0) {
        struct policy_problem *problem =
            policy_report_error(build->report, policy_spot_node(name == NULL ? map : name),
                                "%s is compared with a value, a list, or {agency-under: CODE}", text_of(key));
        if (name != NULL)
            policy_report_did_you_mean(build->report, problem, text_nearest(name->text, operators, 1));
        return NULL;
    }
    bool text = match->in_header ? match->header_field < POLICY_HEADER_URGENCY
                                 : schema_path_field(&match->path)->type == SCHEMA_STRING;
    if (!text) {
        policy_report_error(build->report, policy_spot_node(name), "%s is no text, so it holds no agency code",
                            text_of(key));
        return NULL;
    }
    match->operator= POLICY_MATCH_AGENCY_UNDER;
    return name->value;
}

static int build_values(struct policy_build *build, const struct yaml_node *key, struct policy_match *match)
{
    const struct yaml_node *node = key->value;
    if (node->kind == YAML_MAP)
        node = agency_under(build, key, node, match);
    if (node == NULL)
        return 0;
    uint32_t count = node->kind == YAML_LIST ? node->count : 1;
    if (count == 0 || count > POLICY_LIST_ITEMS_MAX) {
        policy_report_error(build->report, policy_spot_node(node), "%s has %u values; between 1 and %d are allowed",
                            text_of(key), count, POLICY_LIST_ITEMS_MAX);
        return 0;
    }
    struct policy_match_value *values = arena_alloc_array(build->arena, count, sizeof *values);
    if (values == NULL)
        return TRUC_E_MEMORY;
    if (node->kind != YAML_LIST) {
        int error = build_value(build, key, node, match, values);
        if (error < 0)
            return error;
    }
    for (const struct yaml_node *item = node->kind == YAML_LIST ? node->first : NULL; item != NULL; item = item->next) {
        int error = build_value(build, key, item, match, values);
        if (error < 0)
            return error;
    }
    match->values = values;
    match->label = build_keep(build, text_of(key));
    match->asked = asked_text(build, match);
    return match->label == NULL || match->asked == NULL ? TRUC_E_MEMORY : 0;
}

static bool build_field(struct policy_build *build, const struct yaml_node *key, const struct schema_message *message,
                        struct policy_match *match)
{
    if (strncmp(text_of(key), "body.", 5) == 0)
        return build_body_field(build, key, message, match);
    if (strncmp(text_of(key), "header.", 7) == 0)
        return build_header_field(build, key, match);
    struct policy_problem *problem = policy_report_error(build->report, policy_spot_node(key),
                                                         "'%s' is neither body.FIELD nor header.FIELD", text_of(key));
    struct schema_path path;
    if (schema_path_compile(message, key->text, &path, NULL) == 0)
        policy_report_detail(build->report, problem, "did you mean 'body.%s'?", text_of(key));
    return false;
}

int build_matches(struct policy_build *build, const struct yaml_node *match, struct policy_route *route)
{
    if (match->count > POLICY_MATCHES_MAX) {
        policy_report_error(build->report, policy_spot_node(match), "more than %d conditions", POLICY_MATCHES_MAX);
        return 0;
    }
    struct policy_match *matches = arena_alloc_array(build->arena, match->count + 1u, sizeof *matches);
    if (matches == NULL)
        return TRUC_E_MEMORY;
    uint32_t count = 0;
    for (const struct yaml_node *key = match->first; key != NULL; key = key->next) {
        struct policy_match *one = &matches[count];
        *one = (struct policy_match){0};
        if (!build_field(build, key, route->message, one))
            continue;
        int error = build_values(build, key, one);
        if (error < 0)
            return error;
        count += one->values_count > 0;
    }
    route->matches = matches;
    route->matches_count = count;
    return 0;
}
