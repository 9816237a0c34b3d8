/* policy_match_set.h - predicates as sets of messages: whether two exclude each other, whether one takes all of another.
 * Not: asking a message (policy_match.h). What can't be shown is answered "no": nothing is called dead by guess.
 * In the flow: truc check proves with it that routes can be taken, and that no request has two. */
#ifndef TRUC_POLICY_MATCH_SET_H
#define TRUC_POLICY_MATCH_SET_H

#include "policy_match.h"

/* No message satisfies both. */
bool policy_match_excludes(const struct policy_match *a, const struct policy_match *b);
/* Every message that satisfies @a satisfies @b. */
bool policy_match_implies(const struct policy_match *a, const struct policy_match *b);
/* No message satisfies it, whatever else is asked. */
bool policy_match_is_empty(const struct policy_match *match);

#endif
