/* system_view.c - see system_view.h.
 * A key's state is asked of the policy, as the broker does for each message: nothing is judged a second way here.
 * Between policy.h and the two commands about systems. */
#include "system_view.h"

#include "certificate.h"
#include "cli_format.h"
#include "cli_json.h"

#include <string.h>

bool system_view_has_part(const struct policy_route *route, const struct policy_system *system, enum system_part part)
{
    switch (part) {
    case SYSTEM_SENDS:
        return policy_holds_system(route->from, route->from_count, system);
    case SYSTEM_RECEIVES:
        return policy_holds_system(route->to, route->to_count, system);
    case SYSTEM_OBSERVES:
        return policy_holds_system(route->observe, route->observe_count, system);
    case SYSTEM_PARTS:
        break;
    }
    return false;
}

uint32_t system_view_routes(const struct policy *policy, const struct policy_system *system, enum system_part part)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < policy->routes_count; i++)
        count += system_view_has_part(&policy->routes[i], system, part);
    return count;
}

/* A certificate that ends later may have been revoked: its last instant is then the earlier of the two. */
static uint64_t key_ends(const struct policy_signing_key *key)
{
    return key->revoked_at_ns < key->not_after_ns ? key->revoked_at_ns : key->not_after_ns;
}

uint64_t system_view_signs_until(const struct policy_system *system, uint64_t now_ns, uint32_t *ret_usable)
{
    uint64_t until_ns = 0;
    *ret_usable = 0;
    for (uint32_t i = 0; i < system->signing_keys_count; i++) {
        const struct policy_signing_key *key = &system->signing_keys[i];
        struct truc_fault fault = {0};
        if (policy_signing_key_check(key, now_ns, &fault) < 0)
            continue;
        ++*ret_usable;
        if (key_ends(key) > until_ns)
            until_ns = key_ends(key);
    }
    return until_ns;
}

const char *system_view_date(uint64_t time_ns, char out[SYSTEM_VIEW_DATE_BYTES])
{
    char text[TIME_TEXT_BYTES];
    cli_format_time(time_ns, text);
    memcpy(out, text, SYSTEM_VIEW_DATE_BYTES - 1);
    out[SYSTEM_VIEW_DATE_BYTES - 1] = '\0';
    return out;
}

static json_t *key_json(const struct policy_signing_key *key, uint64_t now_ns)
{
    json_t *object = json_object();
    struct truc_fault fault = {0};
    bool usable = policy_signing_key_check(key, now_ns, &fault) == 0;
    cli_json_set(object, "key_id", cli_json_hex(bytes_of(key->key_id, POLICY_KEY_ID_BYTES)));
    cli_json_set(object, "algorithm", json_string(signing_algorithm_name(key->verify_key->algorithm)));
    cli_json_set(object, "certificate_sha256",
                 cli_json_hex(bytes_of(key->certificate_sha256.bytes, sizeof key->certificate_sha256.bytes)));
    cli_json_set(object, "not_before", cli_json_time(key->not_before_ns));
    cli_json_set(object, "not_after", cli_json_time(key->not_after_ns));
    cli_json_set(object, "revoked_at",
                 key->revoked_at_ns == POLICY_NEVER ? json_null() : cli_json_time(key->revoked_at_ns));
    cli_json_set(object, "outside_authority", key->outside ? json_string(key->outside->issuer) : json_null());
    cli_json_set(object, "may_sign", json_boolean(usable));
    cli_json_set(object, "why_not", usable ? json_null() : json_string(fault.text));
    return object;
}

json_t *system_view_json(const struct policy_system *system, uint64_t now_ns)
{
    json_t *object = json_object(), *keys = json_array();
    for (uint32_t i = 0; i < system->signing_keys_count; i++)
        json_array_append_new(keys, key_json(&system->signing_keys[i], now_ns));
    cli_json_set(object, "system", json_string(system->id));
    cli_json_set(object, "title", json_string(system->title));
    cli_json_set(object, "contact", json_string(system->contact));
    cli_json_set(object, "role", json_string(policy_role_text(system)));
    cli_json_set(object, "suspended", json_boolean(system->suspended));
    cli_json_set(object, "transport_keys", cli_json_count(system->transport_keys_count));
    cli_json_set(object, "signing_keys", keys);
    cli_json_set(object, "file", json_string(system->place.file));
    cli_json_set(object, "line", cli_json_count(system->place.line));
    return object;
}
