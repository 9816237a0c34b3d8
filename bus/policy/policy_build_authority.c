/* policy_build_authority.c - who vouches for keys: the bus's authority and those outside, and what they have taken back.
 * Not whether the bus's own authority issued a system's certificate (policy_check_keys.c).
 * In the flow: see policy_build.h; before the systems, which then ask who vouches for their keys. */
#include "policy_build.h"

static int parse_revocations(struct bytes pem, void *into, struct truc_fault *fault)
{
    return revocation_list_from_pem(pem, into, fault);
}

static int parse_issuers(struct bytes pem, void *into, struct truc_fault *fault)
{
    return issuers_from_pem(pem, into, fault);
}

/* NULL after a mistake (noted). 0, or TRUC_E_MEMORY. */
static int build_revocations(struct policy_build *build, const struct yaml_node *node,
                             const struct revocation_list **ret_list)
{
    struct policy_index *index = build->policy->index;
    struct revocation_list *list = &index->revocation_lists[index->revocation_lists_count];
    int result = build_parse_key_file(build, node, parse_revocations,
                                      N_("this file holds no revocation list that can be used"), list);
    if (result <= 0)
        return result;
    build->revocation_nodes[index->revocation_lists_count++] = node;
    *ret_list = list;
    return 0;
}

/* Likewise. */
static int build_issuers(struct policy_build *build, const struct yaml_node *node, const struct issuers **ret_issuers)
{
    struct policy_index *index = build->policy->index;
    struct issuers *issuers = &index->issuers[index->issuers_count];
    int result = build_parse_key_file(build, node, parse_issuers, N_("this file holds no certificate that can be used"),
                                      issuers);
    if (result <= 0)
        return result;
    build->issuers_nodes[index->issuers_count++] = node;
    *ret_issuers = issuers;
    return 0;
}

static int build_authority(struct policy_build *build, const struct typed_value *file,
                           const struct typed_value *revocations, struct policy_authority *authority)
{
    int error = file->node != NULL ? build_issuers(build, file->node, &authority->issuers) : 0;
    if (error == 0 && revocations->node != NULL)
        error = build_revocations(build, revocations->node, &authority->revocations);
    return error;
}

static int make_room(struct policy_build *build, uint32_t outside_count)
{
    struct policy_index *index = build->policy->index;
    size_t authorities = outside_count + 1u;
    index->issuers = arena_alloc_array(build->arena, authorities, sizeof *index->issuers);
    build->issuers_nodes = arena_alloc_array(&build->scratch, authorities, sizeof *build->issuers_nodes);
    index->revocation_lists = arena_alloc_array(build->arena, authorities, sizeof *index->revocation_lists);
    build->revocation_nodes = arena_alloc_array(&build->scratch, authorities, sizeof *build->revocation_nodes);
    bool whole = index->issuers != NULL && build->issuers_nodes != NULL && index->revocation_lists != NULL &&
                 build->revocation_nodes != NULL;
    return whole ? 0 : TRUC_E_MEMORY;
}

int build_authorities(struct policy_build *build)
{
    const struct raw_bus *bus = &build->bus;
    const struct raw_authority *raw = bus->outside_authorities.objects;
    uint32_t count = bus->outside_authorities.count;
    if (count > POLICY_OUTSIDE_AUTHORITIES_MAX) {
        policy_report_error(build->report, policy_spot_node(bus->outside_authorities.node),
                            "more than %d outside authorities", POLICY_OUTSIDE_AUTHORITIES_MAX);
        count = POLICY_OUTSIDE_AUTHORITIES_MAX;
    }
    struct policy_authority *outside = arena_alloc_array(build->arena, count + 1u, sizeof *outside);
    int error = outside == NULL ? TRUC_E_MEMORY : make_room(build, count);
    if (error == 0)
        error = build_authority(build, &bus->authority, &bus->authority_revocations, &build->policy->authority);
    for (uint32_t i = 0; i < count && error == 0; i++)
        error = build_authority(build, &raw[i].file, &raw[i].revocations, &outside[i]);
    build->policy->outside_authorities = outside;
    build->policy->outside_authorities_count = count;
    return error;
}

int policy_check_issued(const struct issuers *issuers, const struct certificate *certificate, struct truc_fault *fault)
{
    int code = TRUC_E_SIGNING_KEY;
    for (size_t i = 0; i < issuers->count; i++) {
        uint64_t begin_ns = issuers->list[i].not_before_ns;
        uint64_t at_ns = certificate->not_before_ns > begin_ns ? certificate->not_before_ns : begin_ns;
        if ((code = issuers_check(issuers, certificate, at_ns, NULL, fault)) == 0)
            break;
    }
    return code;
}

/* The authority that issued it; NULL: none of them, with the last one's reason. */
static const struct policy_authority *find_issuer(const struct policy_build *build,
                                                  const struct certificate *certificate, struct truc_fault *fault)
{
    for (uint32_t i = 0; i < build->policy->outside_authorities_count; i++) {
        const struct policy_authority *authority = &build->policy->outside_authorities[i];
        if (authority->issuers != NULL && policy_check_issued(authority->issuers, certificate, fault) == 0)
            return authority;
    }
    return NULL;
}

static int take_revocation(struct policy_signing_key *key, const struct policy_authority *authority,
                           const struct certificate *certificate)
{
    uint64_t since_ns;
    if (authority->revocations == NULL)
        return 0;
    int error = revocation_list_find(authority->revocations, certificate, &since_ns);
    if (error == 0 && since_ns < key->revoked_at_ns)
        key->revoked_at_ns = since_ns;
    return error;
}

static struct policy_problem *refuse_issuer(struct policy_build *build, struct policy_spot spot,
                                            const struct truc_fault *fault)
{
    if (fault->text[0] == '\0')
        return policy_report_error(build->report, spot, "no outside authority issued this: none is listed");
    return policy_report_library(build->report, spot, N_("no outside authority issued this"),
                                 "no outside authority issued this: ", fault);
}

/* The outside certificate: of the same key, and issued by an authority that is listed. */
static int take_outside(struct policy_build *build, struct policy_signing_key *key)
{
    const struct certificate *outside = key->outside;
    struct policy_spot spot = build_certificate_spot(build, outside);
    if (!bytes_equal(key_id_view(&outside->key.id), key_id_view(&key->certificate->key.id))) {
        struct policy_problem *problem =
            policy_report_error(build->report, spot, "the outside certificate is for another key");
        policy_report_detail(build->report, problem,
                             "the bus's authority certifies the key of the outside certificate");
        return 0;
    }
    struct truc_fault fault = {0};
    const struct policy_authority *issuer = find_issuer(build, outside, &fault);
    if (issuer == NULL) {
        struct policy_problem *problem = refuse_issuer(build, spot, &fault);
        policy_report_detail(build->report, problem, "bus.yaml: outside-authorities: [certs/AUTHORITY.pem]");
        return 0;
    }
    if (outside->not_after_ns < key->not_after_ns)
        key->not_after_ns = outside->not_after_ns;
    return take_revocation(key, issuer, outside);
}

int build_vouching(struct policy_build *build, struct policy_signing_key *key)
{
    int error = take_revocation(key, &build->policy->authority, key->certificate);
    return error == 0 && key->outside != NULL ? take_outside(build, key) : error;
}
