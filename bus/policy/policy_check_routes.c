/* policy_check_routes.c - every route may do what it says: one destination a request, an agreement for every way.
 * Not: whether anything ever takes it (policy_check_ways.c), nor agreements by themselves (policy_check.c).
 * In the flow: see policy_check.h. */
#include "policy_check.h"

#include "policy_match_set.h"

static const char *name_of(const struct raw_route *raw)
{
    return raw->name.text != NULL ? raw->name.text : "?";
}

static void check_request(struct policy_build *build, const struct raw_route *raw, const struct policy_route *route)
{
    if (raw->to.node != NULL && raw->to.count != 1)
        policy_report_error(build->report, policy_spot_node(raw->to.node),
                            "%s is a request: it has exactly one destination, not %u", route->type, raw->to.count);
    if (raw->within.node == NULL && yaml_get(raw->node, "within") == NULL) { /* a wrong span was told already */
        struct policy_problem *problem =
            policy_report_error(build->report, policy_spot_line(raw->node),
                                "route '%s' lacks 'within': %s is a request", name_of(raw), route->type);
        policy_report_detail(build->report, problem, "within: 5s means an answer, or a named error, in that time");
    }
    if (raw->expire.node != NULL)
        policy_report_error(build->report, policy_spot_node(raw->expire.node),
                            "'expire' is for events and commands; a request has 'within'");
}

static void check_kind(struct policy_build *build, const struct raw_route *raw, const struct policy_route *route)
{
    if (route->message == NULL)
        return;
    if (route->kind == POLICY_KIND_REQUEST)
        check_request(build, raw, route);
    else if (raw->within.node != NULL)
        policy_report_error(build->report, policy_spot_node(raw->within.node),
                            route->kind == POLICY_KIND_EVENT ? N_("'within' is for requests; %s is an event")
                                                             : N_("'within' is for requests; %s is a command"),
                            route->type);
}

static void check_coverage(struct policy_build *build, uint32_t at)
{
    const struct policy_route *route = &build->routes[at];
    for (uint32_t f = 0; f < route->from_count && route->message != NULL; f++)
        for (uint32_t t = 0; t < route->to_count; t++) {
            const struct policy_way way = {route->from[f], route->to[t], route->kind == POLICY_KIND_REQUEST, false};
            if (way.sender != way.to && !policy_is_covered(build, route, &way))
                policy_refuse_uncovered(build, at, &way);
        }
}

static const struct policy_system *shared_sender(const struct policy_route *a, const struct policy_route *b)
{
    for (uint32_t i = 0; i < a->from_count; i++)
        for (uint32_t j = 0; j < b->from_count; j++)
            if (a->from[i] == b->from[j])
                return a->from[i];
    return NULL;
}

/* The sender whose requests both routes may take; NULL when that can't happen. */
static const struct policy_system *overlap(const struct policy_route *a, const struct policy_route *b)
{
    if (a->message != b->message)
        return NULL;
    for (uint32_t i = 0; i < a->matches_count; i++)
        for (uint32_t j = 0; j < b->matches_count; j++)
            if (policy_match_excludes(&a->matches[i], &b->matches[j]))
                return NULL;
    return shared_sender(a, b);
}

static void check_ambiguity(struct policy_build *build, uint32_t at)
{
    const struct policy_route *route = &build->routes[at];
    if (route->message == NULL || route->kind != POLICY_KIND_REQUEST)
        return;
    for (uint32_t i = 0; i < at; i++) {
        const struct policy_system *sender = overlap(&build->routes[i], route);
        if (sender == NULL)
            continue;
        struct policy_problem *problem =
            policy_report_error(build->report, policy_spot_line(build->raw_routes[at]->node),
                                "routes '%s' and '%s' may both take the request %s from %s", build->routes[i].name,
                                route->name, route->type, sender->id);
        policy_report_detail(build->report, problem, "'%s' is in %s:%u", build->routes[i].name,
                             build->routes[i].place.file, build->routes[i].place.line);
        policy_report_detail(
            build->report, problem,
            "a request has one destination: let 'match' ask one field of both, for A here and {not: A} there");
    }
}

static void count_new(const struct policy_system *const *systems, uint32_t systems_count, bool *seen, uint32_t *count)
{
    for (uint32_t i = 0; i < systems_count; i++) {
        *count += !seen[systems[i]->index];
        seen[systems[i]->index] = true;
    }
}

/* The union of the destinations of one type must fit into a decision. Checked at the type's last route. */
static void check_destinations(struct policy_build *build, uint32_t at)
{
    const struct policy_route *route = &build->routes[at];
    bool seen[POLICY_SYSTEMS_MAX] = {false};
    uint32_t count = 0;
    for (uint32_t i = 0; i <= at && route->message != NULL; i++) {
        if (build->routes[i].message != route->message)
            continue;
        count_new(build->routes[i].to, build->routes[i].to_count, seen, &count);
        count_new(build->routes[i].observe, build->routes[i].observe_count, seen, &count);
    }
    if (count > POLICY_DESTINATIONS_MAX)
        policy_report_error(build->report, policy_spot_line(build->raw_routes[at]->node),
                            "the routes of %s lead to %u systems, more than %d", route->type, count,
                            POLICY_DESTINATIONS_MAX);
}

void policy_check_routes(struct policy_build *build)
{
    for (uint32_t i = 0; i < build->routes_count; i++) {
        check_kind(build, build->raw_routes[i], &build->routes[i]);
        check_coverage(build, i);
        check_ambiguity(build, i);
        policy_check_way(build, i);
        policy_check_observers(build, i);
        check_destinations(build, i);
    }
}
