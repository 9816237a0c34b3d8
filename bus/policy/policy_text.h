/* policy_text.h - what is in force, as text: one object by its keys, and what differs between two configurations.
 * Not the YAML as written (policy->files holds that): defaults are filled in, so equal texts mean equal rules.
 * In the flow: `truc route show`, `truc agreement show`, and what a reload says it will change. */
#ifndef TRUC_POLICY_TEXT_H
#define TRUC_POLICY_TEXT_H

#include "buffer.h"
#include "policy.h"

/* Append "  key  value" lines in the words of the configuration language. Failures are the buffer's. */
void policy_text_system(const struct policy_system *system, struct buffer *out); /* keys by their ids, never secret */
void policy_text_route(const struct policy_route *route, struct buffer *out);
void policy_text_agreement(const struct policy_agreement *agreement, struct buffer *out);
void policy_text_limits(const struct policy *policy, struct buffer *out);

struct policy_difference {
    uint32_t added, removed, changed;
};

/* Appends a line for each system, route and agreement that is new (+), gone (-) or changed (~), with the place in the
 * configuration that holds it, and below a change the lines that differ:
 *   ~ route verify-citizen  routes/population.yaml:3
 *       - within           5s
 *       + within           10s
 * 0 or TRUC_E_MEMORY. Both policies may use different schema sets. */
int policy_text_difference(const struct policy *before, const struct policy *after, struct buffer *out,
                           struct policy_difference *ret_difference);

#endif
