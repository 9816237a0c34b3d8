/* policy.c - the look-ups of a policy, and the checks of one key or agreement against an instant.
 * Not: the decision about a message (policy_route.c). Reads only; safe from several threads.
 * In the flow: see policy.h. */
#include "policy.h"

#include "policy_index.h"
#include "policy_match.h"
#include "time_text.h"

enum { OFFSET_MINUTES_GMT7 = 7 * 60, DAY_TEXT_BYTES = 11 };

void policy_free(struct policy *policy)
{
    if (policy == NULL)
        return;
    struct policy_index *index = policy->index;
    for (uint32_t i = 0; i < index->certificates_count; i++)
        certificate_clear(&index->certificates[i]);
    for (uint32_t i = 0; i < index->issuers_count; i++)
        issuers_clear(&index->issuers[i]);
    for (uint32_t i = 0; i < index->revocation_lists_count; i++)
        revocation_list_clear(&index->revocation_lists[i]);
    map_free(&index->systems_by_id);
    map_free(&index->systems_by_key);
    map_free(&index->routes_by_name);
    map_free(&index->agreements_by_name);
    map_free(&index->types);
    map_free(&index->senders);
    schema_set_free(index->schemas_owned);
    struct arena arena = index->arena; /* holds the policy and the index themselves */
    arena_free(&arena);
}

struct sha256_digest policy_hash_files(const struct policy_file *files, size_t count)
{
    struct sha256 hash;
    sha256_begin(&hash);
    for (size_t i = 0; i < count; i++) {
        uint8_t size[8];
        struct bytes name = bytes_string(files[i].name);
        store_le32(size, (uint32_t)name.size);
        sha256_add(&hash, bytes_of(size, 4));
        sha256_add(&hash, name);
        store_le64(size, files[i].content.size);
        sha256_add(&hash, bytes_of(size, 8));
        sha256_add(&hash, files[i].content);
    }
    return sha256_end(&hash);
}

const struct policy_system *policy_system_by_id(const struct policy *policy, struct bytes id)
{
    return map_get_bytes(&policy->index->systems_by_id, id);
}

const struct policy_system *policy_system_by_transport_key(const struct policy *policy,
                                                           const uint8_t key[POLICY_TRANSPORT_KEY_BYTES])
{
    return map_get_bytes(&policy->index->systems_by_key, bytes_of(key, POLICY_TRANSPORT_KEY_BYTES));
}

const struct policy_signing_key *policy_signing_key(const struct policy_system *system,
                                                    const uint8_t key_id[POLICY_KEY_ID_BYTES])
{
    for (uint32_t i = 0; i < system->signing_keys_count; i++)
        if (memcmp(system->signing_keys[i].key_id, key_id, POLICY_KEY_ID_BYTES) == 0)
            return &system->signing_keys[i];
    return NULL;
}

bool policy_holds_system(const struct policy_system *const *systems, uint32_t count, const struct policy_system *system)
{
    for (uint32_t i = 0; i < count; i++)
        if (systems[i] == system)
            return true;
    return false;
}

bool policy_looks_after(const struct policy_system *integrator, struct bytes system_id)
{
    for (uint32_t i = 0; i < integrator->looks_after_count; i++)
        if (bytes_equal_string(system_id, integrator->looks_after[i]->id))
            return true;
    return false;
}

const char *policy_role_text(const struct policy_system *system)
{
    static const char *const roles[] = {"system", "operator", "auditor", "integrator"}; /* enum policy_role */
    return roles[system->role];
}

const struct policy_route *policy_route_by_name(const struct policy *policy, struct bytes name)
{
    return map_get_bytes(&policy->index->routes_by_name, name);
}

const struct policy_agreement *policy_agreement_by_name(const struct policy *policy, struct bytes name)
{
    return map_get_bytes(&policy->index->agreements_by_name, name);
}

const struct policy_type_rules *policy_rules_of_type(const struct policy *policy, struct bytes type)
{
    return map_get_bytes(&policy->index->types, type);
}

const struct policy_type_rules *policy_rules_of_sender(const struct policy *policy, struct bytes type,
                                                       const struct policy_system *sender)
{
    const struct policy_type_rules *rules = policy_rules_of_type(policy, type);
    const struct policy_type_rules *own =
        rules ? map_get_number(&policy->index->senders, policy_sender_key(rules, sender)) : NULL;
    return own ? own : rules ? rules->none : NULL;
}

/* 2026-12-31, the day in GMT+7. */
static void format_day(uint64_t time_ns, char out[DAY_TEXT_BYTES])
{
    char full[TIME_TEXT_BYTES];
    time_format_full(time_ns, full);
    memcpy(out, full, DAY_TEXT_BYTES - 1);
    out[DAY_TEXT_BYTES - 1] = 0;
}

int policy_signing_key_check(const struct policy_signing_key *key, uint64_t now_ns, struct truc_fault *fault)
{
    char text[TIME_TEXT_BYTES];
    if (now_ns < key->not_before_ns) {
        time_format_full(key->not_before_ns, text);
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the signing key is valid only from %s", text);
    }
    if (now_ns > key->not_after_ns) {
        time_format_full(key->not_after_ns, text);
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the signing key's certificate expired on %s", text);
    }
    if (now_ns >= key->revoked_at_ns) {
        time_format_full(key->revoked_at_ns, text);
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the signing key is revoked since %s", text);
    }
    return 0;
}

int policy_agreement_check(const struct policy_agreement *agreement, uint64_t now_ns, words_translate *translate,
                           struct truc_fault *fault)
{
    char day[DAY_TEXT_BYTES];
    if (now_ns < agreement->valid_from_ns) {
        format_day(agreement->valid_from_ns, day);
        return fault_set(fault, TRUC_E_AGREEMENT_LAPSED, words_by(translate, N_("agreement '%s' begins on %s")),
                         agreement->name, day);
    }
    if (now_ns >= agreement->valid_until_ns) {
        format_day(agreement->valid_until_ns - 1, day);
        return fault_set(fault, TRUC_E_AGREEMENT_LAPSED, words_by(translate, N_("agreement '%s' ended on %s")),
                         agreement->name, day);
    }
    return 0;
}

bool policy_agreement_covers(const struct policy_agreement *agreement, const struct policy_way *way)
{
    bool asks = way->request && !way->observer;
    if (agreement->observes && !way->observer)
        return false;
    if (way->request && way->observer && !agreement->observes) /* to ask somebody is not to see all that is asked */
        return false;
    return agreement->provider == (asks ? way->to : way->sender) &&
           agreement->consumer == (asks ? way->sender : way->to);
}

int policy_reply_check(const struct policy *policy, const struct policy_agreement *agreement, struct bytes type,
                       struct bytes payload, struct truc_fault *fault)
{
    (void)policy;
    for (uint32_t i = 0; i < agreement->types_count; i++) {
        if (!bytes_equal_string(type, agreement->types[i]) || agreement->messages[i]->reply == NULL)
            continue;
        if (agreement->reply_fields_count == 0)
            return 0;
        return schema_check_only(agreement->messages[i]->reply, payload,
                                 agreement->reply_paths + (size_t)i * agreement->reply_fields_count,
                                 agreement->reply_fields_count, fault);
    }
    return fault_set(fault, TRUC_E_NO_AGREEMENT, "agreement '%s' covers no request %.*s", agreement->name,
                     BYTES_PRINTF(type));
}
