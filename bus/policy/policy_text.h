/* policy_text.h - what is in force, as text: one object by its keys.
 * Not the YAML as written (policy->files holds that): defaults are filled in, so equal texts mean equal rules.
 * In the flow: what a new configuration changes (policy_difference.h). */
#ifndef TRUC_POLICY_TEXT_H
#define TRUC_POLICY_TEXT_H

#include "buffer.h"
#include "policy.h"

enum { POLICY_TEXT_INDENT = 2, POLICY_TEXT_KEY_WIDTH = 16 }; /* of a line: "  key              value" */

/* Append "  key  value" lines in the words of the configuration language. Failures are the buffer's. */
void policy_text_system(const struct policy_system *system, struct buffer *out); /* keys by their ids, never secret */
void policy_text_route(const struct policy_route *route, struct buffer *out);
void policy_text_agreement(const struct policy_agreement *agreement, struct buffer *out);
void policy_text_bus(const struct policy *policy, struct buffer *out); /* identity, addresses, authority, limits */
/* "dossier.submitted: portal, national-portal → onestop" */
void policy_text_way(const struct policy_route *route, struct buffer *out);

#endif
