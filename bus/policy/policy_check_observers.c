/* policy_check_observers.c - who gets copies: may they have them, and do copies never come back to where they began.
 * Not: destinations (policy_check_ways.c).
 * In the flow: see policy_check.h. */
#include "policy_check.h"

static void refuse_observer(struct policy_build *build, const struct raw_route *raw, const struct policy_route *route,
                            const struct policy_system *observer)
{
    struct policy_spot spot = policy_spot_node(policy_find_item(&raw->observe, observer->id));
    if (observer->role != POLICY_ROLE_SYSTEM)
        policy_report_error(build->report, spot, "'%s' has the role %s: it receives no messages", observer->id,
                            policy_role_text(observer));
    else if (policy_holds_system(route->from, route->from_count, observer))
        policy_report_error(build->report, spot,
                            "the observer '%s' is a sender of route '%s': it has the message already", observer->id,
                            route->name);
    else if (policy_holds_system(route->to, route->to_count, observer))
        policy_report_error(build->report, spot,
                            "the observer '%s' is a destination of route '%s': it gets the message already",
                            observer->id, route->name);
    else if (observer->suspended)
        policy_report_warning(build->report, spot, "'%s' is suspended: it gets no copies meanwhile", observer->id);
}

static void check_coverage(struct policy_build *build, uint32_t at)
{
    const struct policy_route *route = &build->routes[at];
    for (uint32_t f = 0; f < route->from_count && route->message != NULL; f++)
        for (uint32_t o = 0; o < route->observe_count; o++) {
            const struct policy_way way = {route->from[f], route->observe[o], route->kind == POLICY_KIND_REQUEST, true};
            if (way.sender != way.to && !policy_is_covered(build, route, &way))
                policy_refuse_uncovered(build, at, &way);
        }
}

/* ---- circles: who observes a type, sends it, and is observed in turn ---- */

struct circle {
    const struct policy_system *reached_from[POLICY_SYSTEMS_MAX]; /* by index: who sent it what it observes */
    bool reached[POLICY_SYSTEMS_MAX];
};

static bool reach(struct circle *circle, const struct policy_route *route, const struct policy_system *sender)
{
    bool more = false;
    for (uint32_t i = 0; i < route->observe_count; i++) {
        uint32_t index = route->observe[i]->index;
        if (circle->reached[index])
            continue;
        circle->reached[index] = true;
        circle->reached_from[index] = sender;
        more = true;
    }
    return more;
}

/* Goes on from who is reached over the routes of the type up to @at; false when nobody new is. */
static bool reach_on(const struct policy_build *build, struct circle *circle, uint32_t at)
{
    bool more = false;
    for (uint32_t i = 0; i <= at; i++) {
        const struct policy_route *route = &build->routes[i];
        if (route->message != build->routes[at].message || route->observe_count == 0)
            continue;
        for (uint32_t f = 0; f < route->from_count; f++)
            if (circle->reached[route->from[f]->index])
                more |= reach(circle, route, route->from[f]);
    }
    return more;
}

/* "portal → deadlines → portal" */
static void print_circle(const struct circle *circle, const struct policy_system *start, struct buffer *out)
{
    const struct policy_system *path[POLICY_SYSTEMS_MAX];
    uint32_t count = 0;
    const struct policy_system *system = start;
    do {
        path[count++] = system;
        system = circle->reached_from[system->index];
    } while (system != start && count < POLICY_SYSTEMS_MAX);
    buffer_append_string(out, start->id);
    while (count > 0)
        buffer_printf(out, " → %s", path[--count]->id);
}

static void check_circle(struct policy_build *build, uint32_t at)
{
    const struct policy_route *route = &build->routes[at];
    if (route->observe_count == 0 || route->message == NULL)
        return;
    for (uint32_t f = 0; f < route->from_count; f++) {
        struct circle circle = {.reached = {false}};
        reach(&circle, route, route->from[f]);
        while (reach_on(build, &circle, at)) {
        }
        if (!circle.reached[route->from[f]->index] ||
            policy_holds_system(route->observe, route->observe_count, route->from[f]))
            continue; /* the second is refused by itself */
        struct buffer text BUFFER_CLEANUP = {0};
        print_circle(&circle, route->from[f], &text);
        struct policy_problem *problem = policy_report_error(
            build->report, policy_spot_node(build->raw_routes[at]->observe.node),
            "the observers of %s go in a circle: %s", route->type, policy_report_text(build->report, &text));
        policy_report_detail(build->report, problem,
                             "who sends on what it observes would never end; let one of them be no observer");
        return;
    }
}

void policy_check_observers(struct policy_build *build, uint32_t at)
{
    const struct policy_route *route = &build->routes[at];
    for (uint32_t i = 0; i < route->observe_count; i++)
        refuse_observer(build, build->raw_routes[at], route, route->observe[i]);
    check_coverage(build, at);
    check_circle(build, at);
}
