/* policy_check_keys.c - every key belongs to one system, and every certificate to the system that shows it.
 * Not: reading them (policy_build_system.c). An expired certificate is a warning: it must not keep a bus from starting,
 * and what it signed stays provable. What it signs from now on is refused at run time (policy_signing_key_check).
 * In the flow: see policy_check.h. */
#include "policy_check.h"

static struct policy_spot spot_of(const struct policy_build *build, const struct policy_signing_key *key)
{
    return build_certificate_spot(build, key->certificate);
}

static int check_transport_keys(struct policy_build *build)
{
    struct map taken = {0};
    int error = 0;
    for (uint32_t i = 0; i < build->systems_count; i++) {
        const struct policy_system *system = &build->systems[i];
        for (uint32_t k = 0; k < system->transport_keys_count && error == 0; k++) {
            struct bytes key = bytes_of(system->transport_keys[k], POLICY_TRANSPORT_KEY_BYTES);
            const struct policy_system *other = map_get_bytes(&taken, key);
            if (other == NULL)
                error = map_put_bytes(&taken, key, (void *)(uintptr_t)system);
            else if (other == system)
                policy_report_error(build->report, policy_spot_node(build->raw_systems[i]->transport_keys.node),
                                    "the same transport key is listed twice");
            else
                policy_report_error(build->report, policy_spot_node(build->raw_systems[i]->transport_keys.node),
                                    "a transport key of '%s' is also one of '%s'", system->id, other->id);
        }
    }
    map_free(&taken);
    return error;
}

static int check_signing_keys(struct policy_build *build)
{
    struct map taken = {0};
    int error = 0;
    for (uint32_t i = 0; i < build->systems_count; i++) {
        const struct policy_system *system = &build->systems[i];
        for (uint32_t k = 0; k < system->signing_keys_count && error == 0; k++) {
            const struct policy_signing_key *key = &system->signing_keys[k];
            struct bytes id = bytes_of(key->key_id, POLICY_KEY_ID_BYTES);
            const struct policy_system *other = map_get_bytes(&taken, id);
            if (other == NULL)
                error = map_put_bytes(&taken, id, (void *)(uintptr_t)system);
            else
                policy_report_error(build->report, spot_of(build, key),
                                    "the signing key of this certificate is also one of '%s'", other->id);
        }
    }
    map_free(&taken);
    return error;
}

/* Why the chain does not hold. The usual reasons are told from here, so that they can be told in any language. */
static void refuse_issuer(struct policy_build *build, const struct policy_signing_key *key,
                          const struct truc_fault *fault)
{
    const struct issuers *issuers = build->policy->authority.issuers;
    const struct certificate *certificate = key->certificate, *authority = &issuers->list[0];
    struct policy_spot spot = spot_of(build, key);
    if (issuers->count > 1) { /* while it is changed */
        policy_report_error(
            build->report, spot,
            "not issued by the bus's authority: the certificate of '%s' is by '%s', and by none of the %zu keys",
            certificate->subject, certificate->issuer, issuers->count);
        return;
    }
    if (!authority->is_authority) {
        policy_report_error(build->report, spot,
                            "not issued by the bus's authority: '%s' is not an authority: it may not sign certificates",
                            authority->subject);
        return;
    }
    if (!certificate->is_authority && strcmp(certificate->issuer, authority->subject) != 0) {
        policy_report_error(
            build->report, spot,
            "not issued by the bus's authority: wrong issuer: the certificate of '%s' is by '%s', not by '%s'",
            certificate->subject, certificate->issuer, authority->subject);
        return;
    }
    policy_report_library(build->report, spot, N_("this certificate is not issued by the bus's authority"),
                          "not issued by the bus's authority: ", fault);
}

static void check_subject(struct policy_build *build, const struct policy_system *system,
                          const struct policy_signing_key *key)
{
    const struct certificate *certificate = key->certificate;
    struct truc_fault fault = {0};
    int code = certificate_check_system(certificate, build->policy->bus_id, system->id, &fault);
    if (code == TRUC_E_SIGNING_KEY)
        policy_report_error(build->report, spot_of(build, key),
                            "the certificate is for '%s' (%s), not for urn:truc:%s:%s", certificate->subject,
                            certificate->uri[0] ? certificate->uri : words_by(build->report->translate, N_("no URI")),
                            build->policy->bus_id, system->id);
    else if (code < 0)
        policy_report_library(build->report, spot_of(build, key), N_("this certificate can't be checked"), "", &fault);
}

static void check_certificate(struct policy_build *build, const struct policy_system *system,
                              const struct policy_signing_key *key)
{
    const struct certificate *certificate = key->certificate;
    const struct issuers *issuers = build->policy->authority.issuers;
    struct truc_fault fault = {0};
    /* Without a bus id there is one mistake, in bus.yaml, and not one in each system. */
    if (*build->policy->bus_id)
        check_subject(build, system, key);
    if (issuers == NULL)
        return;
    /* What is revoked signs nothing any more: its authority may be gone. */
    if (key->revoked_at_ns > build->options->now_ns && policy_check_issued(issuers, certificate, &fault) < 0)
        refuse_issuer(build, key, &fault);
    if (key->revoked_at_ns == POLICY_NEVER)
        policy_warn_of_certificate_end(build, certificate, spot_of(build, key), N_("this certificate"));
    if (key->revoked_at_ns == POLICY_NEVER && key->outside != NULL)
        policy_warn_of_certificate_end(build, key->outside, build_certificate_spot(build, key->outside),
                                       N_("the outside certificate"));
}

static bool has_key_in_force(const struct policy_build *build, const struct policy_system *system)
{
    for (uint32_t k = 0; k < system->signing_keys_count; k++) {
        const struct policy_signing_key *key = &system->signing_keys[k];
        if (build->options->now_ns <= key->not_after_ns && build->options->now_ns < key->revoked_at_ns)
            return true;
    }
    return false;
}

static void check_system(struct policy_build *build, const struct raw_system *raw, const struct policy_system *system)
{
    for (uint32_t k = 0; k < system->signing_keys_count; k++)
        check_certificate(build, system, &system->signing_keys[k]);
    if (raw->certificates.node == NULL && system->role == POLICY_ROLE_SYSTEM)
        policy_report_warning(build->report, policy_spot_file(raw->node->file),
                              "the system '%s' has no certificate: nothing it sends or confirms is accepted",
                              system->id);
    else if (system->signing_keys_count > 0 && !has_key_in_force(build, system))
        policy_report_warning(build->report, policy_spot_node(raw->certificates.node),
                              "no certificate of '%s' is in force: nothing it sends or confirms is accepted",
                              system->id);
}

/* Only an integrator looks after systems, and one that looks after none sees nothing. */
static void check_looks_after(struct policy_build *build, const struct raw_system *raw,
                              const struct policy_system *system)
{
    struct policy_problem *problem;
    if (system->role != POLICY_ROLE_INTEGRATOR && raw->systems.node != NULL) {
        problem = policy_report_error(build->report, policy_spot_line(raw->systems.node),
                                      "'systems' is for integrators, and '%s' has the role %s", system->id,
                                      policy_role_text(system));
        policy_report_detail(build->report, problem, "what a system sends and receives is said by routes");
    } else if (system->role == POLICY_ROLE_INTEGRATOR && raw->systems.node == NULL) {
        problem = policy_report_error(build->report, policy_spot_file(raw->node->file),
                                      "the integrator '%s' looks after no system", system->id);
        policy_report_detail(build->report, problem, "name them: systems: [portal, onestop]");
    }
    for (uint32_t i = 0; i < system->looks_after_count; i++)
        if (system->looks_after[i]->role != POLICY_ROLE_SYSTEM)
            policy_report_error(build->report,
                                policy_spot_node(policy_find_item(&raw->systems, system->looks_after[i]->id)),
                                "'%s' is no system: its role is %s", system->looks_after[i]->id,
                                policy_role_text(system->looks_after[i]));
}

int policy_check_keys(struct policy_build *build)
{
    for (uint32_t i = 0; i < build->systems_count; i++) {
        check_system(build, build->raw_systems[i], &build->systems[i]);
        check_looks_after(build, build->raw_systems[i], &build->systems[i]);
    }
    policy_check_authorities(build);
    int error = check_transport_keys(build);
    return error < 0 ? error : check_signing_keys(build);
}
