/* policy_check_ways.c - every route is taken by something and leads to somebody: no dead routes, no empty seats.
 * Not: whether it may (policy_check_routes.c: agreements, one destination a request).
 * In the flow: see policy_check.h. */
#include "policy_check.h"

#include "policy_match_set.h"

const struct yaml_node *policy_find_item(const struct typed_value *list, const char *id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (bytes_equal_string(list->items[i]->text, id))
            return list->items[i];
    return list->node;
}

static const struct yaml_node *find_match(const struct raw_route *raw, const struct policy_match *match)
{
    const struct yaml_node *key = raw->match.node->first;
    while (key->next != NULL && !bytes_equal_string(key->text, match->label))
        key = key->next;
    return key;
}

/* ---- predicates that nothing satisfies ---- */

static void note_asked(struct policy_build *build, struct policy_problem *problem, const struct policy_match *match)
{
    struct buffer asked BUFFER_CLEANUP = {0};
    policy_match_asked(match, build->report->translate, &asked);
    policy_report_detail(build->report, problem, "%s is to be %s", match->label,
                         policy_report_text(build->report, &asked));
}

static struct policy_problem *refuse_empty(struct policy_build *build, struct policy_spot spot,
                                           const struct policy_route *route, const struct policy_match *match)
{
    struct buffer asked BUFFER_CLEANUP = {0};
    policy_match_asked(match, build->report->translate, &asked);
    return policy_report_error(build->report, spot, "route '%s' never takes a message: %s can't be %s", route->name,
                               match->label, policy_report_text(build->report, &asked));
}

static void check_satisfiable(struct policy_build *build, const struct raw_route *raw, const struct policy_route *route)
{
    for (uint32_t i = 0; i < route->matches_count; i++) {
        const struct policy_match *match = &route->matches[i];
        struct policy_spot spot = policy_spot_node(find_match(raw, match));
        if (policy_match_is_empty(match)) {
            struct policy_problem *problem = refuse_empty(build, spot, route, match);
            policy_report_detail(build->report, problem, "those are all its values");
        }
        for (uint32_t j = 0; j < i; j++) {
            const struct policy_match *other = &route->matches[j];
            if (!policy_match_excludes(match, other))
                continue;
            struct policy_problem *problem =
                policy_report_error(build->report, spot,
                                    "route '%s' never takes a message: two conditions exclude each other", route->name);
            note_asked(build, problem, other);
            note_asked(build, problem, match);
        }
    }
}

/* ---- routes that another one makes needless ---- */

static bool holds_all(const struct policy_system *const *systems, uint32_t count,
                      const struct policy_system *const *wanted, uint32_t wanted_count)
{
    for (uint32_t i = 0; i < wanted_count; i++)
        if (!policy_holds_system(systems, count, wanted[i]))
            return false;
    return true;
}

static bool implied_by_any(const struct policy_route *route, const struct policy_match *match)
{
    for (uint32_t i = 0; i < route->matches_count; i++)
        if (policy_match_implies(&route->matches[i], match))
            return true;
    return false;
}

/* Every message that takes @route takes @other too. */
static bool takes_all_of(const struct policy_route *other, const struct policy_route *route)
{
    if (other->message != route->message || !holds_all(other->from, other->from_count, route->from, route->from_count))
        return false;
    for (uint32_t i = 0; i < other->matches_count; i++)
        if (!implied_by_any(route, &other->matches[i]))
            return false;
    return true;
}

/* Every system that gets something by @route gets it by @other, too, and not less of it. */
static bool serves_all_of(const struct policy_route *other, const struct policy_route *route)
{
    for (uint32_t i = 0; i < route->observe_count; i++)
        if (!policy_holds_system(other->to, other->to_count, route->observe[i]) &&
            !policy_holds_system(other->observe, other->observe_count, route->observe[i]))
            return false;
    return holds_all(other->to, other->to_count, route->to, route->to_count);
}

/* Events and commands take every route that fits; of two that lead to the same system the first declared decides how.
 * Requests that fit two are refused: policy_check_routes.c. */
static void check_needless(struct policy_build *build, uint32_t at)
{
    const struct policy_route *route = &build->routes[at];
    if (route->message == NULL || route->kind == POLICY_KIND_REQUEST || route->to_count == 0 || route->from_count == 0)
        return;
    const struct policy_lists *lists = build->sender_routes; /* who takes all of it takes that of its first sender */
    for (uint32_t i = lists->first[route->from[0]->index]; lists->items[i] < at; i++) {
        const struct policy_route *other = &build->routes[lists->items[i]];
        if (!takes_all_of(other, route) || !serves_all_of(other, route))
            continue;
        struct policy_problem *problem = policy_report_warning(
            build->report, policy_spot_line(build->raw_routes[at]->node),
            "route '%s' changes nothing: '%s' takes all its messages to the same systems", route->name, other->name);
        policy_report_detail(build->report, problem, "'%s' is in %s:%u; remove one, or declare '%s' before it",
                             other->name, other->place.file, other->place.line, route->name);
        return;
    }
}

/* ---- who is at its ends ---- */

static void check_senders(struct policy_build *build, const struct raw_route *raw, const struct policy_route *route)
{
    uint32_t suspended = 0;
    for (uint32_t i = 0; i < route->from_count; i++) {
        const struct policy_system *system = route->from[i];
        suspended += system->suspended;
        if (system->role != POLICY_ROLE_SYSTEM)
            policy_report_error(build->report, policy_spot_node(policy_find_item(&raw->from, system->id)),
                                "'%s' has the role %s: it sends no messages", system->id, policy_role_text(system));
    }
    if (suspended > 0 && suspended == route->from_count)
        policy_report_warning(build->report, policy_spot_node(raw->from.node),
                              suspended == 1 ? N_("route '%s' takes nothing for now: its sender is suspended")
                                             : N_("route '%s' takes nothing for now: all its senders are suspended"),
                              route->name);
}

static void check_receiver(struct policy_build *build, const struct raw_route *raw, const struct policy_route *route,
                           const struct policy_system *system)
{
    struct policy_spot spot = policy_spot_node(policy_find_item(&raw->to, system->id));
    if (system->role != POLICY_ROLE_SYSTEM)
        policy_report_error(build->report, spot, "'%s' has the role %s: it receives no messages", system->id,
                            policy_role_text(system));
    else if (policy_holds_system(route->from, route->from_count, system))
        policy_report_error(build->report, spot, "route '%s' gives '%s' its own messages", route->name, system->id);
    else if (system->suspended)
        policy_report_warning(build->report, spot,
                              route->kind == POLICY_KIND_REQUEST
                                  ? N_("'%s' is suspended: requests to it are refused")
                                  : N_("'%s' is suspended: what goes there waits for a person"),
                              system->id);
}

void policy_check_way(struct policy_build *build, uint32_t at)
{
    const struct raw_route *raw = build->raw_routes[at];
    const struct policy_route *route = &build->routes[at];
    check_satisfiable(build, raw, route);
    check_needless(build, at);
    check_senders(build, raw, route);
    for (uint32_t i = 0; i < route->to_count; i++)
        check_receiver(build, raw, route, route->to[i]);
}
