/* policy_difference.h - what a new configuration changes, object by object and key by key.
 * Not: whether it may come into force; a policy that was loaded is right. A moved line or a new comment is no change.
 * In the flow: `truc config diff`, before an operator lets a configuration in. */
#ifndef TRUC_POLICY_DIFFERENCE_H
#define TRUC_POLICY_DIFFERENCE_H

#include "policy.h"

enum policy_change_kind { POLICY_ADDED, POLICY_REMOVED, POLICY_CHANGED };

/* One object that is new or gone, or one key of an object that says another thing. Texts live during the call. */
struct policy_change {
    enum policy_change_kind kind;
    const char *what;                 /* "bus", "system", "route", "agreement" */
    const char *name;                 /* "" for the bus */
    const struct policy_place *place; /* in the configuration that holds it; NULL for the bus */
    struct bytes key;                 /* of a change; empty otherwise */
    struct bytes before, after;       /* empty: not given. Of an object: what it is, in a few words */
    bool needs_restart;               /* a running broker goes on as before */
};

/* Visits every change: the bus, systems, routes, agreements; what is gone before what is new or changed. Both policies
 * may use different schema sets. 0, TRUC_E_MEMORY, or what the visitor returned. */
int policy_differ(const struct policy *before, const struct policy *after,
                  int (*visit)(void *context, const struct policy_change *change), void *context);

#endif
