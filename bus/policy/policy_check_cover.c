/* policy_check_cover.c - whether an agreement covers a way, and what comes nearest when none does.
 * Not which ways there are (policy_check_routes.c, policy_check_observers.c).
 * In the flow: see policy_check.h. */
#include "policy_check.h"

static bool lists_type(const struct policy_agreement *agreement, const struct schema_message *message)
{
    for (uint32_t i = 0; i < agreement->types_count; i++)
        if (agreement->messages[i] == message)
            return true;
    return false;
}

/* At least two of provider, consumer and type are right. */
static const struct policy_agreement *nearest_agreement(const struct policy_build *build,
                                                        const struct policy_system *provider,
                                                        const struct policy_system *consumer,
                                                        const struct schema_message *message)
{
    const struct policy_agreement *nearest = NULL;
    for (uint32_t i = 0; i < build->agreements_count; i++) {
        const struct policy_agreement *agreement = &build->agreements[i];
        if (agreement->provider == NULL || agreement->consumer == NULL)
            continue;
        int right =
            (agreement->provider == provider) + (agreement->consumer == consumer) + lists_type(agreement, message);
        if (right == 3) /* only 'observes' is another */
            return agreement;
        if (right == 2 && nearest == NULL)
            nearest = agreement;
    }
    return nearest;
}

void policy_refuse_uncovered(struct policy_build *build, uint32_t at, const struct policy_way *way)
{
    const struct raw_route *raw = build->raw_routes[at];
    const struct policy_route *route = &build->routes[at];
    bool asks = way->request && !way->observer;
    const struct policy_system *provider = asks ? way->to : way->sender, *consumer = asks ? way->sender : way->to;
    struct policy_problem *problem =
        policy_report_error(build->report, policy_spot_line(way->observer ? raw->observe.node : raw->node),
                            way->observer ? N_("an observer of route '%s' is covered by no agreement")
                                          : N_("route '%s' is covered by no agreement"),
                            raw->name.text != NULL ? raw->name.text : "?");
    policy_report_detail(build->report, problem,
                         way->observer && way->request ? N_("provider %s, consumer %s, type %s, observes true")
                                                       : N_("provider %s, consumer %s, type %s"),
                         provider->id, consumer->id, route->type);
    const struct policy_agreement *nearest = nearest_agreement(build, provider, consumer, route->message);
    if (nearest == NULL)
        return;
    const char *file = nearest->place.file;
    uint32_t line = nearest->place.line;
    if (nearest->provider != provider)
        policy_report_detail(build->report, problem, "the nearest, '%s', is of provider '%s' (%s:%u)", nearest->name,
                             nearest->provider->id, file, line);
    else if (nearest->consumer != consumer)
        policy_report_detail(build->report, problem, "the nearest, '%s', is for consumer '%s' (%s:%u)", nearest->name,
                             nearest->consumer->id, file, line);
    else if (!lists_type(nearest, route->message))
        policy_report_detail(build->report, problem, "the nearest, '%s', does not list this type (%s:%u)",
                             nearest->name, file, line);
    else
        policy_report_detail(build->report, problem,
                             nearest->observes ? N_("'%s' is for observers only (%s:%u)")
                                               : N_("'%s' is for asking, not for observing (%s:%u)"),
                             nearest->name, file, line);
}

bool policy_is_covered(const struct policy_build *build, const struct policy_route *route, const struct policy_way *way)
{
    const struct policy_lists *lists = build->provider_agreements;
    uint32_t provider = (way->request && !way->observer ? way->to : way->sender)->index;
    for (uint32_t at = lists->first[provider]; at < lists->first[provider + 1u]; at++) {
        const struct policy_agreement *agreement = &build->agreements[lists->items[at]];
        if (policy_agreement_covers(agreement, way) && lists_type(agreement, route->message))
            return true;
    }
    return false;
}
