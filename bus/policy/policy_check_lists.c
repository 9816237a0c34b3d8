/* policy_check_lists.c - which routes a system sends by, and which agreements it provides by.
 * With thousands of routes, checks that go over all of them for each of them would take as long as the square of their number.
 * In the flow: first of policy_check. */
#include "policy_check.h"

static struct policy_lists *lists_new(struct policy_build *build, uint64_t items)
{
    struct policy_lists *lists = arena_alloc(&build->scratch, sizeof *lists);
    if (lists == NULL)
        return NULL;
    lists->first = arena_alloc_array(&build->scratch, build->systems_count + 2u, sizeof *lists->first);
    lists->items = arena_alloc_array(&build->scratch, (size_t)items + 1u, sizeof *lists->items);
    return lists->first && lists->items ? lists : NULL;
}

/* Counts are two places ahead of their system; the sums before them are where each system's items begin, one place ahead. While items are
 * put there, these become the ends, which are the beginnings of the next. */
static void sum(struct policy_lists *lists, uint32_t systems)
{
    for (uint32_t i = 1; i < systems + 2u; i++)
        lists->first[i] += lists->first[i - 1];
}

static int list_routes(struct policy_build *build)
{
    uint64_t items = 0;
    for (uint32_t i = 0; i < build->routes_count; i++)
        items += build->routes[i].from_count;
    struct policy_lists *lists = build->sender_routes = lists_new(build, items);
    if (lists == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < build->routes_count; i++)
        for (uint32_t f = 0; f < build->routes[i].from_count; f++)
            lists->first[build->routes[i].from[f]->index + 2u]++;
    sum(lists, build->systems_count);
    for (uint32_t i = 0; i < build->routes_count; i++)
        for (uint32_t f = 0; f < build->routes[i].from_count; f++)
            lists->items[lists->first[build->routes[i].from[f]->index + 1u]++] = i;
    return 0;
}

static int list_agreements(struct policy_build *build)
{
    struct policy_lists *lists = build->provider_agreements = lists_new(build, build->agreements_count);
    if (lists == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < build->agreements_count; i++)
        if (build->agreements[i].provider != NULL)
            lists->first[build->agreements[i].provider->index + 2u]++;
    sum(lists, build->systems_count);
    for (uint32_t i = 0; i < build->agreements_count; i++)
        if (build->agreements[i].provider != NULL)
            lists->items[lists->first[build->agreements[i].provider->index + 1u]++] = i;
    return 0;
}

int policy_check_lists(struct policy_build *build)
{
    int code = list_routes(build);
    return code < 0 ? code : list_agreements(build);
}
