/* policy_check.h - the rules between the parts of a configuration: coverage, ambiguity, dates, keys.
 * Not: single values or names (those are refused where they are read).
 * In the flow: after everything is built, before a policy comes into force. */
#ifndef TRUC_POLICY_CHECK_H
#define TRUC_POLICY_CHECK_H

#include "policy_build.h"

enum {
    POLICY_WARN_AGREEMENT_DAYS = 90,      /* an agreement that ends within these is a warning, */
    POLICY_WARN_AGREEMENT_SOON_DAYS = 30, /* within these it says how to renew it, */
    POLICY_WARN_AGREEMENT_FINAL_DAYS = 7, /* and within these what will happen */
    POLICY_WARN_CERTIFICATE_DAYS = 30,
};

/* Notes mistakes and warnings in the build's report. What could not be resolved before is passed over: it is noted
 * already. 0, or TRUC_E_MEMORY. */
int policy_check(struct policy_build *build);

/* For each system the numbers of what names it, ascending: items[first[system]] to before items[first[system + 1]]. So that a route is
 * held against those of its senders only, and not against all. */
struct policy_lists {
    uint32_t *first, *items;
};
int policy_check_lists(struct policy_build *build); /* makes those of the build; TRUC_E_MEMORY */

void policy_check_routes(struct policy_build *build);
/* Whether messages ever take that route, and whether somebody is at its ends. */
void policy_check_way(struct policy_build *build, uint32_t at);
/* Whether its observers may have a copy, and none of them sends on to itself what it observes. */
void policy_check_observers(struct policy_build *build, uint32_t at);
/* Notes the way that no agreement covers, with the nearest one. */
void policy_refuse_uncovered(struct policy_build *build, uint32_t at, const struct policy_way *way);
bool policy_is_covered(const struct policy_build *build, const struct policy_route *route,
                       const struct policy_way *way);
/* Where a list of the file names that system. */
const struct yaml_node *policy_find_item(const struct typed_value *list, const char *id);
void policy_check_agreements(struct policy_build *build);
void policy_check_authorities(struct policy_build *build);
int policy_check_keys(struct policy_build *build);

/* Warns when the certificate, named at the spot, has expired or is about to. */
void policy_warn_of_certificate_end(struct policy_build *build, const struct certificate *certificate,
                                    struct policy_spot spot, const char *name);

/* Days from now until the day of @time_ns, both as days in GMT+7; 0 is today, negative is past. */
int64_t policy_days_until(uint64_t time_ns, uint64_t now_ns);

#endif
