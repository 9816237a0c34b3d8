/* policy_check.c - names used once, and the agreements' own rules and dates.
 * Not: routes (policy_check_routes.c), keys (policy_check_keys.c).
 * In the flow: see policy_check.h. */
#include "policy_check.h"

enum named { NAMED_SYSTEM, NAMED_ROUTE, NAMED_AGREEMENT };

static struct policy_problem *refuse_name(struct policy_build *build, const struct yaml_node *node, enum named kind)
{
    struct policy_spot spot = policy_spot_node(node);
    const char *name = (const char *)node->text.data;
    if (kind == NAMED_SYSTEM)
        return policy_report_error(build->report, spot, "the system '%s' is declared twice", name);
    if (kind == NAMED_ROUTE)
        return policy_report_error(build->report, spot, "the route '%s' is declared twice", name);
    return policy_report_error(build->report, spot, "the agreement '%s' is declared twice", name);
}

/* Notes a name that another node has taken; remembers it otherwise. */
static int check_name(struct policy_build *build, struct map *taken, const struct yaml_node *node, enum named kind)
{
    if (node == NULL)
        return 0;
    const struct yaml_node *other = map_get_bytes(taken, node->text);
    if (other == NULL)
        return map_put_bytes(taken, node->text, (void *)(uintptr_t)node);
    struct policy_problem *problem = refuse_name(build, node, kind);
    policy_report_detail(build->report, problem, "first in %s:%u", other->file, other->line);
    return 0;
}

static int check_names(struct policy_build *build)
{
    struct map systems = {0}, routes = {0}, agreements = {0};
    int error = 0;
    for (uint32_t i = 0; i < build->systems_count && error == 0; i++)
        error = check_name(build, &systems, build->raw_systems[i]->id.node, NAMED_SYSTEM);
    for (uint32_t i = 0; i < build->routes_count && error == 0; i++)
        error = check_name(build, &routes, build->raw_routes[i]->name.node, NAMED_ROUTE);
    for (uint32_t i = 0; i < build->agreements_count && error == 0; i++)
        error = check_name(build, &agreements, build->raw_agreements[i]->name.node, NAMED_AGREEMENT);
    map_free(&systems);
    map_free(&routes);
    map_free(&agreements);
    return error;
}

static const char *name_of(const struct raw_agreement *raw)
{
    return raw->name.text != NULL ? raw->name.text : "?";
}

static void check_purpose(struct policy_build *build, const struct raw_agreement *raw,
                          const struct policy_agreement *agreement)
{
    if (raw->purpose.node != NULL)
        return;
    for (uint32_t i = 0; i < agreement->types_count; i++) {
        const struct schema_message *message = agreement->messages[i];
        bool in_reply =
            !agreement->observes && !message->has_personal && message->reply != NULL && message->reply->has_personal;
        if (!message->has_personal && !in_reply)
            continue;
        struct policy_problem *problem = policy_report_error(
            build->report, policy_spot_line(raw->node),
            in_reply ? N_("agreement '%s' states no purpose, but the reply of %s carries personal data")
                     : N_("agreement '%s' states no purpose, but %s carries personal data"),
            name_of(raw), message->type);
        policy_report_detail(build->report, problem, "purpose: what the data may be used for");
        return;
    }
}

static void check_terms(struct policy_build *build, const struct raw_agreement *raw,
                        const struct policy_agreement *agreement)
{
    if (agreement->provider != NULL && agreement->provider == agreement->consumer)
        policy_report_error(build->report, policy_spot_node(raw->consumer.node),
                            "agreement '%s' has the same provider and consumer", name_of(raw));
    if (raw->basis.node != NULL && agreement->basis == POLICY_BASIS_MANDATORY && raw->legal_basis.node == NULL)
        policy_report_error(build->report, policy_spot_node(raw->basis.node),
                            "agreement '%s' is mandatory by a law that it does not name: add 'legal-basis'",
                            name_of(raw));
    if (agreement->observes && raw->reply_fields.node != NULL)
        policy_report_error(build->report, policy_spot_node(raw->reply_fields.node),
                            "'reply-fields' means nothing with 'observes': observers get no replies");
    const struct raw_rate *rate = raw->rate.objects;
    if (rate != NULL && rate->per_officer.node != NULL && !(agreement->requires & POLICY_REQUIRES_OFFICER))
        policy_report_error(build->report, policy_spot_node(rate->per_officer.node),
                            "a rate per officer needs 'requires: [officer]'");
    const struct raw_valid *valid = raw->valid.objects;
    if (valid != NULL && valid->until.node != NULL && valid->from.node != NULL &&
        valid->until.number < valid->from.number)
        policy_report_error(build->report, policy_spot_node(valid->until.node), "agreement '%s' ends before it begins",
                            name_of(raw));
}

/* Another agreement that goes on, without a gap, for the same two and everything this one covers. */
static bool is_succeeded(const struct policy_build *build, const struct policy_agreement *agreement)
{
    for (uint32_t i = 0; i < build->agreements_count; i++) {
        const struct policy_agreement *other = &build->agreements[i];
        if (other == agreement || other->provider != agreement->provider || other->consumer != agreement->consumer ||
            other->valid_from_ns > agreement->valid_until_ns || other->valid_until_ns <= agreement->valid_until_ns)
            continue;
        uint32_t covered = 0;
        for (uint32_t t = 0; t < agreement->types_count; t++)
            for (uint32_t o = 0; o < other->types_count; o++)
                covered += agreement->messages[t] == other->messages[o];
        if (covered == agreement->types_count)
            return true;
    }
    return false;
}

/* The nearer the end, the more it says. */
static void warn_of_near_end(struct policy_build *build, const struct raw_agreement *raw, int64_t days)
{
    const struct raw_valid *valid = raw->valid.objects;
    struct policy_spot spot = policy_spot_line(valid->until.node);
    struct policy_problem *problem =
        days == 0   ? policy_report_warning(build->report, spot, "agreement '%s' ends today", name_of(raw))
        : days == 1 ? policy_report_warning(build->report, spot, "agreement '%s' ends in 1 day", name_of(raw))
                    : policy_report_warning(build->report, spot, "agreement '%s' ends in %lld days", name_of(raw),
                                            (long long)days);
    if (days <= POLICY_WARN_AGREEMENT_SOON_DAYS)
        policy_report_detail(
            build->report, problem,
            "renew it: a later 'until', or a second agreement that begins the day after at the latest");
    if (days <= POLICY_WARN_AGREEMENT_FINAL_DAYS)
        policy_report_detail(build->report, problem, "after %s what it covers is refused: AGREEMENT_LAPSED",
                             valid->until.text);
}

static void warn_of_end(struct policy_build *build, const struct raw_agreement *raw,
                        const struct policy_agreement *agreement)
{
    const struct raw_valid *valid = raw->valid.objects;
    if (agreement->valid_until_ns == POLICY_NEVER || agreement->valid_until_ns <= agreement->valid_from_ns ||
        valid == NULL || is_succeeded(build, agreement))
        return;
    int64_t days = policy_days_until(valid->until.number, build->options->now_ns);
    struct policy_spot spot = policy_spot_line(valid->until.node);
    if (days < 0)
        policy_report_warning(build->report, spot, "agreement '%s' ended on %s: what it covered is refused",
                              name_of(raw), valid->until.text);
    else if (days <= POLICY_WARN_AGREEMENT_DAYS)
        warn_of_near_end(build, raw, days);
}

void policy_check_agreements(struct policy_build *build)
{
    for (uint32_t i = 0; i < build->agreements_count; i++) {
        check_purpose(build, build->raw_agreements[i], &build->agreements[i]);
        check_terms(build, build->raw_agreements[i], &build->agreements[i]);
        warn_of_end(build, build->raw_agreements[i], &build->agreements[i]);
    }
}

int policy_check(struct policy_build *build)
{
    int error = check_names(build);
    if (error == 0)
        error = policy_check_lists(build);
    if (error < 0)
        return error;
    policy_check_routes(build);
    policy_check_agreements(build);
    return policy_check_keys(build);
}
