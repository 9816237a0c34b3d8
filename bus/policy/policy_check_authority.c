/* policy_check_authority.c - authorities are authorities, and their lists of revoked certificates are theirs.
 * Not whose key it is (policy_check_keys.c). A list past its next update is a warning: it must not keep a bus from starting.
 * In the flow: see policy_check.h. */
#include "policy_check.h"

#include "time_text.h"

static int check_signer(const struct revocation_list *list, const struct issuers *issuers, struct truc_fault *fault)
{
    int code = TRUC_E_SIGNING_KEY;
    for (size_t i = 0; code < 0 && i < issuers->count; i++)
        code = revocation_list_check(list, &issuers->list[i], fault);
    return code;
}

static void check_list(struct policy_build *build, const struct policy_authority *authority)
{
    const struct revocation_list *list = authority->revocations;
    struct policy_spot spot = policy_spot_node(build->revocation_nodes[list - build->policy->index->revocation_lists]);
    struct truc_fault fault = {0};
    if (authority->issuers == NULL)
        return;
    if (check_signer(list, authority->issuers, &fault) < 0)
        policy_report_library(build->report, spot, N_("this revocation list is not the authority's"), "", &fault);
    if (list->next_update_ns < build->options->now_ns) {
        char due[TIME_TEXT_BYTES];
        time_format_full(list->next_update_ns, due);
        struct policy_problem *problem =
            policy_report_warning(build->report, spot, "this revocation list is old: a newer one was due %s", due);
        policy_report_detail(build->report, problem, "fetch the authority's newest list and reload");
    }
}

static void check_authority(struct policy_build *build, const struct policy_authority *authority, const char *name)
{
    const struct issuers *issuers = authority->issuers;
    for (size_t i = 0; issuers != NULL && i < issuers->count; i++) {
        struct policy_spot spot = policy_spot_node(build->issuers_nodes[issuers - build->policy->index->issuers]);
        if (!issuers->list[i].is_authority)
            policy_report_error(build->report, spot, "this certificate is no authority's");
        if (i == 0) /* the others are being left behind */
            policy_warn_of_certificate_end(build, &issuers->list[i], spot, name);
    }
    if (authority->revocations != NULL)
        check_list(build, authority);
}

/* Certificates that nobody vouches for prove nothing. */
static void check_authority_is_there(struct policy_build *build)
{
    if (build->bus.node == NULL || yaml_get(build->bus.node, "ca") != NULL)
        return;
    for (uint32_t i = 0; i < build->systems_count; i++) {
        if (build->raw_systems[i]->certificates.node == NULL)
            continue;
        struct policy_problem *problem = policy_report_error(build->report, policy_spot_file(build->bus.node->file),
                                                             "lacks 'ca', which the systems' certificates need");
        policy_report_detail(build->report, problem, "ca: the certificate of the authority that issued them (PEM)");
        return;
    }
}

void policy_check_authorities(struct policy_build *build)
{
    check_authority(build, &build->policy->authority, N_("the authority's certificate"));
    check_authority_is_there(build);
    for (uint32_t i = 0; i < build->policy->outside_authorities_count; i++)
        check_authority(build, &build->policy->outside_authorities[i], N_("the outside authority's certificate"));
}
