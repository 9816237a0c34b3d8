/* scope.h - whose business something is for who asks: everybody's for operators and auditors, that of the systems it looks after for an integrator.
 * Not who may ask what (operate.c): this is about what is in the answer.
 * Asked by the verbs, and by followers.c for each event. The rules in force decide, so a reload changes what is seen at once. */
#ifndef TRUC_SCOPE_H
#define TRUC_SCOPE_H

#include "core_state.h"

bool scope_is_whole(const struct client *session);
bool scope_holds(const struct core *core, const struct client *session, struct bytes system);
/* 0, or STATE: it looks after others. Says nothing about whether such a system exists. */
int scope_check(const struct core *core, const struct client *session, struct bytes system, struct truc_fault *fault);
/* Appends the names of those systems, with commas; nothing when the scope is whole. */
void scope_describe(const struct core *core, const struct client *session, struct buffer *out);

#endif
