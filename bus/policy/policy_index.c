/* policy_index.c - building the look-up tables of a policy, once, after everything else is in place.
 * Not: asking them (policy.c).
 * In the flow: the last step of policy_build. */
#include "policy_index.h"

/* The tables point into the policy, which is not const for its owner; maps hold plain pointers. */
static int put(struct map *map, struct bytes key, const void *value)
{
    return map_put_bytes(map, key, (void *)(uintptr_t)value);
}

static int index_systems(struct policy *policy)
{
    struct policy_index *index = policy->index;
    int error = 0;
    for (uint32_t i = 0; i < policy->systems_count && error == 0; i++) {
        const struct policy_system *system = &policy->systems[i];
        error = put(&index->systems_by_id, bytes_string(system->id), system);
        for (uint32_t k = 0; k < system->transport_keys_count && error == 0; k++)
            error =
                put(&index->systems_by_key, bytes_of(system->transport_keys[k], POLICY_TRANSPORT_KEY_BYTES), system);
    }
    return error;
}

static struct policy_type_rules *rules_for(struct policy *policy, const char *type)
{
    struct policy_index *index = policy->index;
    struct policy_type_rules *rules = map_get_bytes(&index->types, bytes_string(type));
    if (rules != NULL)
        return rules;
    struct policy_type_rules *none = arena_alloc(&index->arena, sizeof *none);
    rules = arena_alloc(&index->arena, sizeof *rules);
    if (rules == NULL || none == NULL)
        return NULL;
    none->type = rules->type = type;
    rules->none = none;
    rules->number = (uint32_t)index->types.count;
    return map_put_bytes(&index->types, bytes_string(type), rules) < 0 ? NULL : rules;
}

static struct policy_type_rules *sender_rules_for(struct policy *policy, const struct policy_type_rules *of_type,
                                                  const struct policy_system *sender)
{
    struct policy_index *index = policy->index;
    uint64_t key = policy_sender_key(of_type, sender);
    struct policy_type_rules *rules = map_get_number(&index->senders, key);
    if (rules != NULL)
        return rules;
    rules = arena_alloc(&index->arena, sizeof *rules);
    if (rules == NULL)
        return NULL;
    rules->type = of_type->type;
    return map_put_number(&index->senders, key, rules) < 0 ? NULL : rules;
}

/* Both passes over a type's rules: with room the rule is added, before that it is counted. */
static int note_route(struct policy *policy, const struct policy_type_rules *of_type, const struct policy_route *route)
{
    for (uint32_t i = 0; i < route->from_count; i++) {
        struct policy_type_rules *rules = sender_rules_for(policy, of_type, route->from[i]);
        if (rules == NULL)
            return TRUC_E_MEMORY;
        if (rules->routes != NULL && rules->routes_count > 0 && rules->routes[rules->routes_count - 1] == route)
            continue; /* it names the sender twice */
        if (rules->routes != NULL)
            rules->routes[rules->routes_count] = route;
        rules->routes_count++;
    }
    return 0;
}

static int note_agreement(struct policy *policy, const struct policy_type_rules *of_type,
                          const struct policy_agreement *agreement)
{
    const struct policy_system *const ends[] = {agreement->provider, agreement->consumer};
    for (uint32_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct policy_type_rules *rules = ends[i] ? sender_rules_for(policy, of_type, ends[i]) : NULL;
        if (ends[i] == NULL || (i > 0 && ends[i] == ends[0]))
            continue;
        if (rules == NULL)
            return TRUC_E_MEMORY;
        if (rules->agreements != NULL)
            rules->agreements[rules->agreements_count] = agreement;
        rules->agreements_count++;
    }
    return 0;
}

/* First pass: how many rules each type has. */
static int count_rules(struct policy *policy)
{
    for (uint32_t i = 0; i < policy->routes_count; i++) {
        struct policy_type_rules *rules = rules_for(policy, policy->routes[i].type);
        if (rules == NULL)
            return TRUC_E_MEMORY;
        rules->routes_count++;
        if (note_route(policy, rules, &policy->routes[i]) < 0)
            return TRUC_E_MEMORY;
    }
    for (uint32_t i = 0; i < policy->agreements_count; i++) {
        for (uint32_t j = 0; j < policy->agreements[i].types_count; j++) {
            struct policy_type_rules *rules = rules_for(policy, policy->agreements[i].types[j]);
            if (rules == NULL)
                return TRUC_E_MEMORY;
            rules->agreements_count++;
            if (note_agreement(policy, rules, &policy->agreements[i]) < 0)
                return TRUC_E_MEMORY;
        }
    }
    return 0;
}

static int make_room(struct policy *policy, const struct map *all)
{
    size_t at = 0;
    struct policy_type_rules *rules;
    while ((rules = map_next(all, &at)) != NULL) {
        rules->routes = arena_alloc_array(&policy->index->arena, rules->routes_count + 1u, sizeof *rules->routes);
        rules->agreements =
            arena_alloc_array(&policy->index->arena, rules->agreements_count + 1u, sizeof *rules->agreements);
        if (rules->routes == NULL || rules->agreements == NULL)
            return TRUC_E_MEMORY;
        rules->routes_count = rules->agreements_count = 0;
    }
    return 0;
}

static int index_rules(struct policy *policy)
{
    int error = count_rules(policy);
    if (error == 0)
        error = make_room(policy, &policy->index->types);
    if (error == 0)
        error = make_room(policy, &policy->index->senders);
    for (uint32_t i = 0; i < policy->routes_count && error == 0; i++) {
        const struct policy_route *route = &policy->routes[i];
        struct policy_type_rules *rules = map_get_bytes(&policy->index->types, bytes_string(route->type));
        rules->routes[rules->routes_count++] = route;
        if ((error = note_route(policy, rules, route)) < 0)
            return error;
        error = put(&policy->index->routes_by_name, bytes_string(route->name), route);
    }
    for (uint32_t i = 0; i < policy->agreements_count && error == 0; i++) {
        const struct policy_agreement *agreement = &policy->agreements[i];
        for (uint32_t j = 0; j < agreement->types_count; j++) {
            struct policy_type_rules *rules = map_get_bytes(&policy->index->types, bytes_string(agreement->types[j]));
            rules->agreements[rules->agreements_count++] = agreement;
            if ((error = note_agreement(policy, rules, agreement)) < 0)
                return error;
        }
        error = put(&policy->index->agreements_by_name, bytes_string(agreement->name), agreement);
    }
    return error;
}

int policy_index_build(struct policy *policy)
{
    int error = index_systems(policy);
    return error < 0 ? error : index_rules(policy);
}
