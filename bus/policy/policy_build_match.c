/* policy_build_match.c - a route's `match:` map into predicates: which fields are asked, checked against the schema.
 * Not: what of a field is asked (policy_build_operator.c), nor asking it (policy_match.c).
 * In the flow: see policy_build.h. */
#include "policy_build.h"

#include "text.h"

static const char *text_of(const struct yaml_node *node)
{
    return (const char *)node->text.data;
}

/* The path in the key is underlined as a whole: the text names it whole, the suggestion names the step. */
static void refuse_path(struct policy_build *build, const struct yaml_node *key, struct bytes path,
                        const struct schema_message *message)
{
    struct policy_spot spot = policy_spot_part(key, 5, path.size > 0 ? (uint32_t)path.size : 1);
    struct policy_problem *problem =
        policy_report_error(build->report, spot, "%s has no field '%.*s'", message->type, BYTES_PRINTF(path));
    build_suggest_field(build, problem, message, path);
    policy_report_detail(build->report, problem, "its fields: truc schema show %s", message->type);
}

/* body.PATH: the compiled path. False after a mistake. */
static bool build_body_field(struct policy_build *build, const struct yaml_node *key,
                             const struct schema_message *message, struct policy_match *match)
{
    struct bytes path = bytes_of(key->text.data + 5, key->text.size - 5);
    if (schema_path_compile(message, path, &match->path, NULL) < 0) {
        refuse_path(build, key, path, message);
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
        int error = build_operator(build, key, one);
        if (error < 0)
            return error;
        count += one->values_count > 0;
    }
    route->matches = matches;
    route->matches_count = count;
    return 0;
}
