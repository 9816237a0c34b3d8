/* policy_build_operator.c - what a predicate asks of its field: values, or an operator like {prefix: A}.
 * Not: the field (policy_build_match.c), nor reading one value by its type (policy_build_value.c).
 * In the flow: see policy_build.h. */
#include "policy_build.h"

#include "text.h"

static const char *text_of(const struct yaml_node *node)
{
    return (const char *)node->text.data;
}

/* ---- which operator, and whether the field has what it asks for ---- */

static int find_operator(const struct yaml_node *name)
{
    for (int i = 0; i < POLICY_OPERATORS_COUNT; i++)
        if (bytes_equal_string(name->text, policy_operators[i].name))
            return i;
    return -1;
}

static void refuse_operator(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *at)
{
    struct policy_problem *problem =
        policy_report_error(build->report, policy_spot_node(at),
                            "%s is compared with a value, a list, or an operator like {prefix: A}", text_of(key));
    const char *words[POLICY_OPERATORS_COUNT];
    for (int i = 0; i < POLICY_OPERATORS_COUNT; i++)
        words[i] = policy_operators[i].name;
    if (at->kind == YAML_TEXT)
        policy_report_did_you_mean(build->report, problem, text_nearest(at->text, words, POLICY_OPERATORS_COUNT));
    policy_report_detail(build->report, problem,
                         "the operators: not, at-least and at-most, prefix, exists, agency-under; truc explain match");
}

static bool is_number(const struct policy_match *match)
{
    if (match->in_header)
        return match->header_field == POLICY_HEADER_URGENCY;
    enum schema_value_kind kind = policy_match_value_absent(match).kind;
    return kind == SCHEMA_VALUE_SIGNED || kind == SCHEMA_VALUE_UNSIGNED;
}

static bool is_text(const struct policy_match *match)
{
    return policy_match_value_absent(match).kind == SCHEMA_VALUE_TEXT;
}

/* Parts of a message and fractions are there or not; they equal nothing. */
static bool is_comparable(struct policy_build *build, const struct yaml_node *key, const struct policy_match *match)
{
    const struct schema_field *field = match->in_header ? NULL : schema_path_field(&match->path);
    if (field == NULL || (field->type != SCHEMA_MESSAGE && field->type != SCHEMA_DOUBLE && field->type != SCHEMA_FLOAT))
        return true;
    struct policy_problem *problem =
        policy_report_error(build->report, policy_spot_node(key), "'%s' is of type %s: it can't be compared",
                            text_of(key) + strlen("body."), schema_type_text(field->type));
    if (field->type == SCHEMA_MESSAGE)
        policy_report_detail(build->report, problem,
                             "ask whether it is there, {exists: true}, or name a field within it: truc schema show");
    return false;
}

/* ---- values ---- */

/* A value, or a list of them. */
static int build_values(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                        struct policy_match *match)
{
    uint32_t count = node->kind == YAML_LIST ? node->count : 1;
    if (count == 0 || count > POLICY_LIST_ITEMS_MAX) {
        policy_report_error(build->report, policy_spot_node(node), "%s has %u values; between 1 and %d are allowed",
                            text_of(key), count, POLICY_LIST_ITEMS_MAX);
        return 0;
    }
    struct policy_match_value *values = arena_alloc_array(build->arena, count, sizeof *values);
    if (values == NULL)
        return TRUC_E_MEMORY;
    match->values = values;
    for (const struct yaml_node *item = node->kind == YAML_LIST ? node->first : node; item != NULL;
         item = node->kind == YAML_LIST ? item->next : NULL) {
        int read = build_match_value(build, key, item, match, &values[match->values_count]);
        if (read < 0)
            return read;
        match->values_count += (uint32_t)read;
    }
    return 0;
}

static int build_texts(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *name,
                       enum policy_match_operator operator, struct policy_match * match)
{
    if (!is_text(match)) {
        policy_report_error(build->report,
                            policy_spot_node(name),
                            operator== POLICY_MATCH_PREFIX ? N_("%s is no text, so it begins with none")
                                                           : N_("%s is no text, so it holds no agency code"),
                            text_of(key));
        return 0;
    }
    match->operator= operator;
    return build_values(build, key, name->value, match);
}

static int build_equals(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                        struct policy_match *match)
{
    return is_comparable(build, key, match) ? build_values(build, key, node, match) : 0;
}

/* {at-least: N}, {at-most: N}, or both: one range, so that of a list one value must lie within it. */
static int build_range(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *map,
                       struct policy_match *match)
{
    struct policy_match_value *values = arena_alloc_array(build->arena, 2, sizeof *values);
    if (values == NULL)
        return TRUC_E_MEMORY;
    values[0] = (struct policy_match_value){.number = INT64_MIN, .unsigned_number = 0};
    values[1] = (struct policy_match_value){.number = INT64_MAX, .unsigned_number = UINT64_MAX};
    match->operator= POLICY_MATCH_RANGE;
    match->values = values;
    for (const struct yaml_node *name = map->first; name != NULL; name = name->next) {
        int written = find_operator(name);
        if (written != POLICY_OPERATOR_AT_LEAST && written != POLICY_OPERATOR_AT_MOST) {
            policy_report_error(build->report, policy_spot_node(name),
                                "only at-least and at-most go together; '%s' stands alone", text_of(name));
            return 0;
        }
        if (!is_number(match)) {
            policy_report_error(build->report, policy_spot_node(name), "%s is no number: '%s' can't be asked of it",
                                text_of(key), text_of(name));
            return 0;
        }
        int read = build_match_value(build, key, name->value, match, &values[written == POLICY_OPERATOR_AT_MOST]);
        if (read <= 0)
            return read;
    }
    bool is_signed = policy_match_value_absent(match).kind == SCHEMA_VALUE_SIGNED;
    if (is_signed ? values[0].number > values[1].number : values[0].unsigned_number > values[1].unsigned_number)
        policy_report_error(build->report, policy_spot_node(map), "nothing is at least %s and at most %s",
                            (const char *)values[0].text.data, (const char *)values[1].text.data);
    else
        match->values_count = 2;
    return 0;
}

static int build_exists(struct policy_build *build, const struct yaml_node *name, struct policy_match *match)
{
    static const struct policy_match_value nothing;
    const struct yaml_node *node = name->value;
    bool yes = node->kind == YAML_TEXT && bytes_equal_string(node->text, "true");
    if (!yes && (node->kind != YAML_TEXT || !bytes_equal_string(node->text, "false"))) {
        policy_report_error(build->report, policy_spot_node(node), "'exists' is true or false");
        return 0;
    }
    match->operator= POLICY_MATCH_EXISTS;
    match->negated = !yes;
    match->values = &nothing;
    match->values_count = 1;
    return 0;
}

static int build_map(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *map,
                     struct policy_match *match);

static int build_not(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *name,
                     struct policy_match *match)
{
    const struct yaml_node *node = name->value;
    const struct yaml_node *inner = node->kind == YAML_MAP ? node->first : NULL;
    if (inner != NULL &&
        (find_operator(inner) == POLICY_OPERATOR_NOT || find_operator(inner) == POLICY_OPERATOR_EXISTS)) {
        policy_report_error(build->report, policy_spot_node(inner),
                            find_operator(inner) == POLICY_OPERATOR_EXISTS
                                ? N_("'not' does not go with '%s': write {exists: false}")
                                : N_("'not' does not go with '%s'"),
                            text_of(inner));
        return 0;
    }
    match->negated = true;
    return node->kind == YAML_MAP ? build_map(build, key, node, match) : build_equals(build, key, node, match);
}

static int build_map(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *map,
                     struct policy_match *match)
{
    const struct yaml_node *name = map->first;
    int written = name == NULL ? -1 : find_operator(name);
    if (written == POLICY_OPERATOR_AT_LEAST || written == POLICY_OPERATOR_AT_MOST)
        return build_range(build, key, map, match);
    if (written < 0) {
        refuse_operator(build, key, name == NULL ? map : name);
        return 0;
    }
    if (name->next != NULL) {
        policy_report_error(build->report, policy_spot_node(name->next),
                            "only at-least and at-most go together; '%s' stands alone", text_of(name));
        return 0;
    }
    switch ((enum policy_operator)written) {
    case POLICY_OPERATOR_AGENCY_UNDER:
        return build_texts(build, key, name, POLICY_MATCH_AGENCY_UNDER, match);
    case POLICY_OPERATOR_PREFIX:
        return build_texts(build, key, name, POLICY_MATCH_PREFIX, match);
    case POLICY_OPERATOR_EXISTS:
        return build_exists(build, name, match);
    default:
        return build_not(build, key, name, match);
    }
}

int build_operator(struct policy_build *build, const struct yaml_node *key, struct policy_match *match)
{
    const struct yaml_node *node = key->value;
    int error = node->kind == YAML_MAP ? build_map(build, key, node, match) : build_equals(build, key, node, match);
    if (error < 0 || match->values_count == 0)
        return error;
    match->label = build_keep(build, text_of(key));
    return match->label == NULL ? TRUC_E_MEMORY : 0;
}
